"""Agreement within parts of a project: by source, tag, share, model, and over time."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection

from annotate.agreement.labels import Mask, ProjectLabels
from annotate.agreement.numbers import BRIEF, Numbers
from annotate.agreement.spans import Spans
from annotate.agreement.tables import IntArray
from annotate.agreement.wholes import Wholes

Measured = Numbers | Wholes | Spans
LEAST_ITEMS = 10  # that several people labelled: fewer say nothing
MOST_SLICES = 25
DAYS_BY_DAY = 31  # longer stretches are shown by week
DAYS_BY_WEEK = 400
EPOCH = date(1970, 1, 1)

_SOURCES = "SELECT id, source FROM annotate_item WHERE project_id = %s AND source <> ''"
_TAGS = "SELECT id, unnest(tags) FROM annotate_item WHERE project_id = %s AND tags <> '{}'"
_SHARES = """
    SELECT id, CASE WHEN evaluation THEN 'evaluation' ELSE 'training' END
    FROM annotate_item WHERE project_id = %s
"""
_GENERATORS = """
    SELECT DISTINCT completion.item_id, completion.generator
    FROM annotate_completion AS completion JOIN annotate_item AS item ON item.id = completion.item_id
    WHERE item.project_id = %s AND completion.generator <> ''
"""
_QUERIES = {"source": _SOURCES, "tag": _TAGS, "share": _SHARES, "generator": _GENERATORS}
DIMENSIONS = tuple(_QUERIES)

Members = dict[str, IntArray]


def members(labels: ProjectLabels) -> dict[str, Members]:
    """By dimension and name of slice, the places of its items among ``labels.items``."""
    return {dimension: _members(labels, query) for dimension, query in _QUERIES.items()}


def _members(labels: ProjectLabels, query: str) -> Members:
    with connection.cursor() as cursor:
        cursor.execute(query, [labels.project.pk])
        rows = cursor.fetchall()
    if not rows or not len(labels.items):
        return {}
    item = np.array([pk for pk, _ in rows], dtype=np.int64)
    place = np.minimum(np.searchsorted(labels.items, item), len(labels.items) - 1)
    labelled = labels.items[place] == item
    names, code = np.unique(np.array([name for _, name in rows]), return_inverse=True)
    return {
        str(name): place[labelled & (code == number)] for number, name in enumerate(names.tolist())
    }


def slices(people: Measured, of: Mapping[str, Members], *, items: int) -> dict[str, dict[str, Any]]:
    """Figures of each dimension's largest slices; ``left_out`` counts those with too few items."""
    pairable = _pairable(people, items)
    return {dimension: _dimension(people, pairable, found) for dimension, found in of.items()}


def _pairable(people: Measured, items: int) -> Mask:
    """By item, whether several people labelled it."""
    labels = np.unique(people.item * (people.annotator.max(initial=0) + 1) + people.annotator)
    item = labels // (people.annotator.max(initial=0) + 1)
    return np.bincount(item, minlength=items) > 1


def _dimension(people: Measured, pairable: Mask, of: Members) -> dict[str, Any]:
    sizes = {name: int(pairable[places].sum()) for name, places in of.items()}
    enough = [name for name, size in sizes.items() if size >= LEAST_ITEMS]
    shown = sorted(enough, key=lambda name: (-sizes[name], name))[:MOST_SLICES]
    return {
        "slices": {name: _brief(people, pairable, of[name]) for name in shown},
        "left_out": sum(size > 0 for size in sizes.values()) - len(shown),
    }


def _brief(people: Measured, pairable: Mask, places: IntArray) -> dict[str, Any]:
    within = np.zeros_like(pairable)
    within[places] = True
    found = people.where((within & pairable)[people.item]).figures(BRIEF)
    return {name: figure.as_json for name, figure in found.items()}


def over_time(people: Measured, *, items: int) -> dict[str, Any]:
    """Figures by the day, week or month in which an item got its last label."""
    pairable = _pairable(people, items)
    last = np.zeros(items, dtype=np.int64)
    np.maximum.at(last, people.item, people.day)
    days = np.unique(last[pairable])
    if not len(days):
        return {"by": "day", "periods": []}
    by = _unit(int(days[-1] - days[0]))
    starts = {int(day): _start(EPOCH + timedelta(days=int(day)), by) for day in days}
    return {"by": by, "periods": list(_periods(people, pairable, last, starts))}


def _unit(days: int) -> str:
    if days <= DAYS_BY_DAY:
        return "day"
    return "week" if days <= DAYS_BY_WEEK else "month"


def _start(day: date, by: str) -> date:
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day


def _periods(
    people: Measured, pairable: Mask, last: IntArray, starts: dict[int, date]
) -> Iterator[dict[str, Any]]:
    for start in sorted(set(starts.values())):
        days = [day for day, begins in starts.items() if begins == start]
        places = np.flatnonzero(pairable & np.isin(last, days))
        labels = int(np.isin(people.item, places).sum())
        yield {
            "from": start.isoformat(),
            "items": len(places),
            "answers": labels,
            **_brief(people, pairable, places),
        }
