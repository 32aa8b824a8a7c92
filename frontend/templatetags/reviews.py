"""What the pages about reviewing draw and write."""

from django import template
from django.utils.safestring import SafeString

from frontend import charts
from frontend.reviews.listing import Votes

register = template.Library()


@register.filter
def apart(share: float) -> str:
    """The share that goes against the commonest answer, from the share of that."""
    return charts.percent(1 - share)


@register.simple_tag
def votes_bar(votes: Votes) -> SafeString | str:
    return charts.bar(votes.groups, label=votes.words) if votes.groups else ""


@register.filter
def points(difference: float | None) -> str:
    """A difference of two shares in points, with its sign; a dash where it is not known."""
    if difference is None:
        return "\N{EN DASH}"
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")
