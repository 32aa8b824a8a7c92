"""Charts of one person: the course of a figure over time, confusion as a map, answers as bars."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.charts import Domain, Estimate

LEFT, RIGHT = 11.0, 97.0  # per cent of the width between which values are drawn
TOP, BOTTOM, HEIGHT = 16, 172, 200
CELL, NAMES = 44, 22


@dataclass(frozen=True)
class Point:
    """One part of somebody's labels: when, the figure, and what others reach meanwhile."""

    when: str
    estimate: Estimate
    others: float | None = None


def course(
    points: Sequence[Point], shown: Domain, *, label: str, write: Callable[[float], str]
) -> SafeString:
    """A line through the points with their intervals, and a quiet one for the others."""

    def y(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * shown.share(value), 1)

    xs = [LEFT + (RIGHT - LEFT) * (n + 0.5) / len(points) for n in range(len(points))]
    every = max(1, math.ceil(len(points) / 6))
    others = [(x, y(p.others)) for x, p in zip(xs, points, strict=True) if p.others is not None]
    return format_html(
        '<svg class="chart lines" role="img" aria-label="{}" width="100%" height="{}">{}{}'
        '<g class="usual">{}</g><g class="people">{}{}</g></svg>',
        label,
        HEIGHT,
        format_html_join(
            "",
            '<line x1="0" x2="100%" y1="{0}" y2="{0}" class="grid"></line>'
            '<text x="0" y="{1}" class="tick">{2}</text>',
            ((y(tick), y(tick) - 4, write(tick)) for tick in shown.ticks),
        ),
        format_html_join(
            "",
            '<text x="{}%" y="{}" text-anchor="middle" class="tick">{}</text>',
            (
                (f"{x:.2f}", HEIGHT - 6, p.when)
                for n, (x, p) in enumerate(zip(xs, points, strict=True))
                if n % every == 0
            ),
        ),
        _lines(others),
        _lines([(x, y(p.estimate.value)) for x, p in zip(xs, points, strict=True)]),
        format_html_join(
            "",
            '<line x1="{0}%" x2="{0}%" y1="{1}" y2="{2}" class="interval"></line>'
            '<circle cx="{0}%" cy="{3}" r="4" class="point"><title>{4}: {5}</title></circle>',
            (
                (
                    f"{x:.2f}",
                    y(p.estimate.least),
                    y(p.estimate.most),
                    y(p.estimate.value),
                    p.when,
                    write(p.estimate.value),
                )
                for x, p in zip(xs, points, strict=True)
            ),
        ),
    )


def _lines(places: Sequence[tuple[float, float]]) -> SafeString:
    return format_html_join(
        "",
        '<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="path"></line>',
        ((f"{x1:.2f}", y1, f"{x2:.2f}", y2) for (x1, y1), (x2, y2) in pairwise(places)),
    )


def heat(counts: Sequence[Sequence[int]], names: Sequence[str], *, label: str) -> SafeString:
    """A map of counts: rows are what the others agree on, columns what was answered.

    A cell is as strong as its share of the row.
    """
    size = len(names)
    width = 100 / (size + 1)
    cells = []
    for row, given in enumerate(counts):
        total = sum(given) or 1
        for column, count in enumerate(given):
            part = count / total
            cells.append(
                (
                    f"{width * (column + 1):.2f}",
                    NAMES + row * CELL,
                    f"{width:.2f}",
                    CELL,
                    f"{0.06 + 0.94 * part:.3f}" if count else "0",
                    f"{width * (column + 1.5):.2f}",
                    NAMES + row * CELL + CELL // 2 + 5,
                    "on" if part > 0.55 else "off",
                    f"{count:,}",
                )
            )
    return format_html(
        '<svg class="chart confusion" role="img" aria-label="{}" width="100%" height="{}">{}{}{}</svg>',
        label,
        NAMES + CELL * size + 2,
        format_html_join(
            "",
            '<text x="{}%" y="14" text-anchor="middle" class="tick">{}</text>',
            ((f"{width * (n + 1.5):.2f}", name) for n, name in enumerate(names)),
        ),
        format_html_join(
            "",
            '<text x="0" y="{}" class="tick">{}</text>',
            ((NAMES + n * CELL + CELL // 2 + 4, name) for n, name in enumerate(names)),
        ),
        format_html_join(
            "",
            '<rect x="{}%" y="{}" width="{}%" height="{}" fill-opacity="{}" class="cell"></rect>'
            '<text x="{}%" y="{}" text-anchor="middle" class="{}">{}</text>',
            cells,
        ),
    )


def twin_bars(own: float, others: float | None) -> SafeString:
    """One's own share of an answer above that of the others."""
    bars = [("0", "people", own)] + ([] if others is None else [("9", "usual", others)])
    return format_html(
        '<svg class="chart twin" aria-hidden="true" width="100%" height="16">{}</svg>',
        format_html_join(
            "",
            '<rect x="0" y="{}" width="{}%" height="7" class="fill {}"></rect>',
            ((top, f"{100 * share:.1f}", look) for top, look, share in bars),
        ),
    )
