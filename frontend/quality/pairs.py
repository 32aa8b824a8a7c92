"""Every two people as a map of their agreement, with its table."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotate.models import Project
from frontend.charts import Estimate
from frontend.quality.agreement import ALPHA, OF, estimate_in, items_url
from frontend.quality.agreement_spans import share_in

Json = dict[str, Any]
MOST_PEOPLE = 14  # of the map; the table has all pairs
CELL, NAMES, LONGEST_NAME = 40, 132, 14


@dataclass(frozen=True)
class Pair:
    """Two people on the items that both labelled."""

    first: str
    second: str
    items: int
    kappa: Estimate | None
    weighted: Estimate | None
    same: Estimate | None
    chance: float | None
    url: str


@dataclass(frozen=True)
class Pairs:
    """``left_out`` counts pairs that met on fewer than ``least`` items, ``beyond`` those not listed."""

    pairs: list[Pair]
    left_out: int
    beyond: int
    least: int
    kappa: str

    @property
    def people(self) -> list[str]:
        """Those of the map: who has the most items in common with others."""
        common: dict[str, int] = {}
        for pair in self.pairs:
            for name in (pair.first, pair.second):
                common[name] = common.get(name, 0) + pair.items
        return sorted(common, key=lambda name: (-common[name], name))[:MOST_PEOPLE]

    @property
    def map(self) -> SafeString:
        people = self.people
        known = {frozenset((pair.first, pair.second)): pair for pair in self.pairs}
        return format_html(
            '<svg class="chart heat" role="group" aria-label="{} of every two people"'
            ' width="{}" height="{}">{}{}</svg>',
            self.kappa,
            NAMES + CELL * len(people),
            CELL * len(people),
            format_html_join(
                "",
                '<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>',
                _names(people),
            ),
            format_html_join("", "{}", ((cell,) for cell in _cells(people, known))),
        )


def pairs_of(project: Project, found: Json) -> Pairs:
    given = found["pairs"]
    rows = [
        Pair(
            first=row["first"]["name"],
            second=row["second"]["name"],
            items=row["n"],
            kappa=estimate_in(row.get("cohen", row.get("alpha"))),
            weighted=estimate_in(row.get("cohen_quadratic")),
            same=estimate_in(share_in(row)),
            chance=share_in(row)["chance"],
            url=items_url(
                project, annotator=row["first"]["annotator"], other=row["second"]["annotator"]
            ),
        )
        for row in given["pairs"]
    ]
    whole = any("cohen" not in row for row in given["pairs"])
    kappa = ALPHA if whole else f"Cohen{OF} κ"
    return Pairs(rows, given["left_out"], given["beyond"], given["least_items"], kappa)


def _names(people: list[str]) -> Iterator[tuple[object, ...]]:
    """Rows by name and number; a column is named by its number, where it begins."""
    for place, name in enumerate(people):
        y = CELL * place + CELL / 2 + 4
        yield NAMES - 8, y, "end", "name", f"{_short(name)} · {place + 1}"
        yield NAMES + CELL * place + CELL / 2, y, "middle", "tick", place + 1


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"


def _cells(people: list[str], known: dict[frozenset[str], Pair]) -> Iterator[SafeString]:
    for (column, first), (row, second) in combinations(enumerate(people), 2):
        x, y = NAMES + CELL * column, CELL * row
        pair = known.get(frozenset((first, second)))
        if pair is None or pair.kappa is None:
            yield format_html(
                '<rect x="{}" y="{}" width="{}" height="{}" class="unknown"></rect>',
                x + 1,
                y + 1,
                CELL - 2,
                CELL - 2,
            )
        else:
            yield _cell(x, y, pair, pair.kappa)


def _cell(x: int, y: int, pair: Pair, kappa: Estimate) -> SafeString:
    value = kappa.value
    return format_html(
        '<a href="{}"><title>{} and {}: {} on {} items</title>'
        '<rect x="{}" y="{}" width="{}" height="{}" class="{}" fill-opacity="{}"></rect>'
        '<text x="{}" y="{}" text-anchor="middle" class="{}">{}</text></a>',
        pair.url,
        pair.first,
        pair.second,
        f"{value:.2f}",
        f"{pair.items:,}",
        x + 1,
        y + 1,
        CELL - 2,
        CELL - 2,
        "below" if value < 0 else "cell",
        f"{min(1.0, 0.08 + 0.92 * abs(value)):.2f}",
        x + CELL / 2,
        y + CELL / 2 + 4,
        "on" if abs(value) > 0.55 else "off",
        f"{value:.2f}".replace("-", "\N{MINUS SIGN}").replace("0.", ".", 1),
    )
