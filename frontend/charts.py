"""Charts drawn on the server as SVG, each with the figures beside it for a table.

Across, everything is placed in per cent and text keeps its size, so a chart fits any width without
a script. Looks come from classes: the Content Security Policy allows no style in the page.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LEFT, RIGHT = 11.0, 97.0  # per cent of the width between which values by version are drawn
TOP, BOTTOM, HEIGHT = 16, 212, 240
ROW, BAR = 44, 14
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and what it was computed on."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    @property
    def least(self) -> float:
        return self.value if self.low is None else self.low

    @property
    def most(self) -> float:
        return self.value if self.high is None else self.high


@dataclass(frozen=True)
class Series:
    """Values by place on the horizontal axis; None where there is none. ``look`` is a CSS class."""

    name: str
    values: Sequence[Estimate | None]
    look: str

    @property
    def last(self) -> Estimate | None:
        return next((value for value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True)
class Row:
    """One line of a chart of intervals."""

    name: str
    estimate: Estimate | None
    look: str = "model"
    url: str = ""


@dataclass(frozen=True)
class Part:
    """One part of a whole, and where the rows behind it are."""

    name: str
    count: int
    look: str
    url: str = ""
    share: float = field(default=0, compare=False)


@dataclass(frozen=True)
class Domain:
    """What part of the numbers a chart shows, and where its lines are."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one, never outside."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def percent(value: float, *, places: int = 1) -> str:
    """A share as people read it: 71.2 %, never broken before the sign."""
    return f"{100 * value:.{places}f}\N{NO-BREAK SPACE}%"


def domain(
    estimates: Iterable[Estimate | None], *, always: Sequence[float] = (), most_ticks: int = 5
) -> Domain:
    """Round limits that hold every interval and the values named in ``always``."""
    given = [estimate for estimate in estimates if estimate is not None]
    values = [v for e in given for v in (e.least, e.most)] + list(always)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 1e-9:
        low, high = low - 0.05, high + 0.05
    step = next((s for s in STEPS if (high - low) / s <= most_ticks - 1), STEPS[-1])
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(number * step, 6) for number in range(first, last + 1))
    return Domain(ticks[0], ticks[-1], ticks)


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


def intervals(
    rows: Sequence[Row],
    *,
    label: str,
    always: Sequence[float] = (),
    marks: Sequence[float] = (),
    as_percent: bool = True,
) -> SafeString:
    """One line a row: its name, below it the interval and the value. ``marks`` stand out."""
    shown = domain((row.estimate for row in rows), always=[*always, *marks])
    height = ROW * len(rows) + 22
    return format_html(
        '<svg class="chart rows" role="img" aria-label="{}" width="100%" height="{}">{}{}{}</svg>',
        label,
        height,
        _columns(shown, height, as_percent=as_percent),
        format_html_join(
            "",
            '<line x1="{0}%" x2="{0}%" y1="0" y2="{1}" class="mark"></line>',
            ((_across(mark, shown), height - 18) for mark in marks),
        ),
        format_html_join(
            "", "{}", ((_row(row, n, shown, as_percent=as_percent),) for n, row in enumerate(rows))
        ),
    )


def _across(value: float, shown: Domain) -> str:
    return f"{2 + 96 * shown.share(value):.2f}"


def _columns(shown: Domain, height: int, *, as_percent: bool) -> SafeString:
    last = len(shown.ticks) - 1
    anchors = ["start", *["middle"] * (last - 1), "end"]
    return format_html_join(
        "",
        '<line x1="{0}%" x2="{0}%" y1="0" y2="{1}" class="grid"></line>'
        '<text x="{2}%" y="{3}" text-anchor="{4}" class="tick">{5}</text>',
        (
            (
                _across(tick, shown),
                height - 18,
                {0: "0", last: "100"}.get(n, _across(tick, shown)),
                height - 4,
                anchors[n],
                percent(tick, places=0) if as_percent else f"{tick:g}",
            )
            for n, tick in enumerate(shown.ticks)
        ),
    )


def _row(row: Row, number: int, shown: Domain, *, as_percent: bool) -> SafeString:
    top = number * ROW
    name = format_html('<text x="0" y="{}" class="name">{}</text>', top + 16, row.name)
    if row.estimate is None:
        return format_html(
            '<g class="none">{}<text x="100%" y="{}" text-anchor="end" class="value">not yet</text></g>',
            name,
            top + 16,
        )
    value = row.estimate
    return format_html(
        '<g class="{}">{}<text x="100%" y="{}" text-anchor="end" class="value">{}</text>'
        '<line x1="{}%" x2="{}%" y1="{}" y2="{}" class="interval"></line>'
        '<circle cx="{}%" cy="{}" r="5" class="point"></circle></g>',
        row.look,
        name,
        top + 16,
        percent(value.value) if as_percent else f"{value.value:.2f}",
        _across(value.least, shown),
        _across(value.most, shown),
        top + 31,
        top + 31,
        _across(value.value, shown),
        top + 31,
    )
