"""Files of a project, where pages list or show them."""

from django import template

from frontend.reading.files import address, kind_of

register = template.Library()
register.filter("kind", kind_of)
register.filter("address", address)
