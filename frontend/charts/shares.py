"""Parts of a whole, as one stacked bar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

BAR = 14


@dataclass(frozen=True)
class Part:
    """One part of a whole, and where the rows behind it are."""

    name: str
    count: int
    look: str
    url: str = ""
    share: float = field(default=0, compare=False)


def parts(counts: Iterable[Part]) -> list[Part]:
    """The parts with their shares of the whole; empty ones stay, with a share of 0."""
    listed = list(counts)
    total = sum(part.count for part in listed)
    return [
        Part(part.name, part.count, part.look, part.url, part.count / total if total else 0)
        for part in listed
    ]


def bar(whole: Sequence[Part], *, label: str) -> SafeString:
    """One stacked bar of the shares that ``parts`` gave."""
    start, pieces = 0.0, []
    for part in whole:
        width = 100 * part.share
        if width:
            pieces.append((f"{start:.2f}", f"{width:.2f}", BAR, part.look, part.name, part.count))
        start += width
    return format_html(
        '<svg class="chart bar" role="img" aria-label="{}" width="100%" height="{}">'
        '<rect class="rest" width="100%" height="{}"></rect>{}</svg>',
        label,
        BAR,
        BAR,
        format_html_join(
            "",
            '<rect x="{}%" width="{}%" height="{}" class="fill {}"><title>{}: {}</title></rect>',
            pieces,
        ),
    )


def meter(share: float, *, label: str) -> SafeString:
    """How much of something is used up, as one thin bar; 1 is all of it."""
    return format_html(
        '<svg class="budget-bar" role="img" aria-label="{}" width="100%" height="4">'
        '<rect class="rest" width="100%" height="4"></rect>'
        '<rect class="fill{}" width="{}%" height="4"></rect></svg>',
        label,
        " full" if share >= 1 else "",
        f"{100 * min(1.0, max(0.0, share)):.2f}",
    )
