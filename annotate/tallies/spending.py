"""What the ledger comes to, by day, source and annotator: the kept sums and what is not folded yet."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from annotate.models import LedgerTally, Project, Watermark
from annotate.tallies.folding import LEDGER, folded_to

Source = LedgerTally.Source
_ALL = f"""
    SELECT day, kind, source, annotator_id, entries, amount FROM annotate_ledgertally
    WHERE project_id = %(project)s AND unit = %(unit)s
    UNION ALL
    SELECT day, kind, source, annotator_id, entries, amount FROM ({
    LEDGER.format(
        rows='''entry.unit = %(unit)s AND entry.id > %(mark)s AND entry.id > COALESCE((
            SELECT folded_to FROM annotate_watermark
            WHERE project_id = %(project)s AND kind = 'ledger'), 0)'''
    )
}) AS new
"""  # noqa: S608  # made of constants
_BY_DAY = f"""
    SELECT day, source, sum(amount)::numeric,
        COALESCE(sum(entries) FILTER (WHERE kind <> 'settlement'), 0)::bigint
    FROM ({_ALL}) AS entry GROUP BY 1, 2 ORDER BY 1
"""  # noqa: S608  # likewise
_BY_ANNOTATOR = f"""
    SELECT annotator_id, source, sum(amount)::numeric,
        COALESCE(sum(entries) FILTER (WHERE kind <> 'settlement'), 0)::bigint
    FROM ({_ALL}) AS entry
    WHERE day >= %(since)s AND day <= %(until)s AND source IN ('people', 'judges')
    GROUP BY 1, 2
"""  # noqa: S608  # likewise
_BY_KIND = f"""
    SELECT source, kind, sum(amount)::numeric, sum(entries)::bigint
    FROM ({_ALL}) AS entry WHERE day >= %(since)s AND day <= %(until)s GROUP BY 1, 2
"""  # noqa: S608  # likewise


@dataclass(frozen=True)
class Spent:
    """``entries`` are what was paid for: labels or tries of judge calls, settlements left out."""

    amount: Decimal = Decimal(0)
    entries: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.amount + other.amount, self.entries + other.entries)


def by_day(project: Project, unit: str) -> dict[date, dict[str, Spent]]:
    """Every day (UTC) on which something moved, oldest first, by source."""
    days: dict[date, dict[str, Spent]] = {}
    for day, source, amount, entries in _rows(_BY_DAY, project, unit):
        days.setdefault(day, {})[source] = Spent(amount, entries)
    return days


def by_annotator(
    project: Project, unit: str, *, since: date = date.min, until: date = date.max
) -> dict[tuple[int | None, str], Spent]:
    """By annotator id and source ("people", "judges"), from ``since`` to ``until`` included.

    Nobody (None) stands for calls that were entered without saying whose they were.
    """
    rows = _rows(_BY_ANNOTATOR, project, unit, since=since, until=until)
    return {(pk, source): Spent(amount, entries) for pk, source, amount, entries in rows}


def by_kind(
    project: Project, unit: str, *, since: date = date.min, until: date = date.max
) -> dict[tuple[str, str], Spent]:
    """By source and kind of entry, settlements counted too."""
    rows = _rows(_BY_KIND, project, unit, since=since, until=until)
    return {(source, kind): Spent(amount, entries) for source, kind, amount, entries in rows}


def _rows(query: str, project: Project, unit: str, **more: Any) -> list[Any]:
    mark = folded_to(project, Watermark.Kind.LEDGER)
    parameters: dict[str, Any] = {"project": project.pk, "unit": unit, "mark": mark, **more}
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
