"""Times as people read them."""

from django import template

register = template.Library()
MINUTE, HOUR = 60, 3600


@register.filter
def spell(seconds: float) -> str:
    """45 s, 12 min, 3 h 20 min."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
