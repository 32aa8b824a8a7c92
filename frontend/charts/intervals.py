"""Intervals below each other, one row each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.charts.scales import Domain, Estimate, domain, percent

ROW = 44


@dataclass(frozen=True)
class Row:
    """One line of a chart of intervals."""

    name: str
    estimate: Estimate | None
    look: str = "model"
    url: str = ""


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
