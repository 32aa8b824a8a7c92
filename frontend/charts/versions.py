"""Lines over versions, with an interval at every point."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.charts.scales import Domain, Estimate, domain, percent

LEFT, RIGHT = 11.0, 97.0  # per cent of the width between which values by version are drawn
TOP, BOTTOM, HEIGHT = 16, 212, 240


@dataclass(frozen=True)
class Series:
    """Values by place on the horizontal axis; None where there is none. ``look`` is a CSS class."""

    name: str
    values: Sequence[Estimate | None]
    look: str

    @property
    def last(self) -> Estimate | None:
        return next((value for value in reversed(self.values) if value is not None), None)


def by_version(
    places: Sequence[str], series: Sequence[Series], *, label: str, always: Sequence[float] = ()
) -> SafeString:
    """Lines over the versions, an interval at every point."""
    shown = domain((value for one in series for value in one.values), always=always)
    return format_html(
        '<svg class="chart lines" role="img" aria-label="{}" width="100%" height="{}">{}{}{}</svg>',
        label,
        HEIGHT,
        _grid(shown),
        _places(places),
        format_html_join(
            "", "{}", ((_line(one, n, series, shown),) for n, one in enumerate(series))
        ),
    )


def _x(place: int, count: int) -> float:
    """Per cent from the left; a lone place stands in the middle."""
    return LEFT + (RIGHT - LEFT) * ((place + 0.5) / count)


def _y(value: float, shown: Domain) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * shown.share(value), 1)


def _grid(shown: Domain) -> SafeString:
    return format_html_join(
        "",
        '<line x1="0" x2="100%" y1="{0}" y2="{0}" class="grid"></line>'
        '<text x="0" y="{1}" class="tick">{2}</text>',
        ((y := _y(tick, shown), y - 4, percent(tick, places=0)) for tick in shown.ticks),
    )


def _places(places: Sequence[str]) -> SafeString:
    count, every = len(places), max(1, math.ceil(len(places) / 12))
    return format_html_join(
        "",
        '<text x="{}%" y="{}" text-anchor="middle" class="tick">{}</text>',
        (
            (f"{_x(n, count):.2f}", HEIGHT - 6, name)
            for n, name in enumerate(places)
            if (count - 1 - n) % every == 0
        ),
    )


def _line(one: Series, number: int, series: Sequence[Series], shown: Domain) -> SafeString:
    """A line from point to point, moved a little so that the series' intervals do not cover."""
    count = len(one.values)
    aside = (number - (len(series) - 1) / 2) * min(1.2, 12 / max(count, 1))
    points = [
        (f"{_x(place, count) + aside:.2f}", value)
        for place, value in enumerate(one.values)
        if value is not None
    ]
    return format_html(
        '<g class="{}">{}{}</g>',
        one.look,
        format_html_join(
            "",
            '<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="path"></line>',
            (
                (x1, _y(a.value, shown), x2, _y(b.value, shown))
                for (x1, a), (x2, b) in pairwise(points)
            ),
        ),
        format_html_join(
            "",
            '<line x1="{0}%" x2="{0}%" y1="{1}" y2="{2}" class="interval"></line>'
            '<circle cx="{0}%" cy="{3}" r="4" class="point"><title>{4}: {5}</title></circle>',
            (
                (
                    x,
                    _y(value.least, shown),
                    _y(value.most, shown),
                    _y(value.value, shown),
                    one.name,
                    percent(value.value),
                )
                for x, value in points
            ),
        ),
    )
