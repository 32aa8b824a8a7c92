"""Figures of items as their pages write them."""

from django import template

register = template.Library()
DASH = "\N{EN DASH}"


@register.filter
def figure(value: float | None) -> str:
    """A figure of a list's column to two places."""
    return f"{value:.2f}" if isinstance(value, float) else DASH
