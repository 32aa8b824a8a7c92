"""Filters that show stored texts."""

from django import template

from frontend import markdown

register = template.Library()
register.filter("markdown", markdown.render)
register.filter("raw", markdown.raw)
register.filter("exactly", markdown.exactly)
