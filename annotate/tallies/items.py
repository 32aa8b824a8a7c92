"""How many items there are, where they go and how many labels are wanted.

Items change with every label, so no sum of them can be folded. A small project is counted anew
each time; of a large one the last count stands until it is a while old, and a job makes the next.
What is wanted hardly changes by labelling: a claim takes a seat and lends it, a submission turns
what was lent into a label. So the count holds until items come, go or are routed.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from annotate.models import ItemTally, Project, Watermark
from annotate.tallies.folding import LABELS, folded_to

SMALL = 20_000  # items that are counted while somebody waits: some 5 ms
PATIENCE = 50  # a count stands for so many times as long as it took
LEAST_LIFE = timedelta(seconds=10)

_LENT = """
    SELECT count(*) FROM annotate_assignment AS lent
    WHERE lent.project_id = %(project)s AND lent.state = 'open' AND lent.purpose = 'work'
    AND NOT EXISTS (
        SELECT 1 FROM annotate_annotation AS label WHERE label.assignment_id = lent.id)
"""
# One statement, so that all parts are of one moment.
_COUNT = f"""
    SELECT items, seats + COALESCE(given, 0) + lent, for_judges, undecided
    FROM (SELECT COALESCE(sum(n) FILTER (WHERE live), 0)::bigint AS items,
            COALESCE(sum(seats) FILTER (WHERE route IN ('human', 'both')), 0)::bigint AS seats,
            COALESCE(sum(n) FILTER (WHERE route IN ('judge', 'both')), 0)::bigint AS for_judges,
            COALESCE(sum(n) FILTER (WHERE route IS NULL AND live), 0)::bigint AS undecided
        FROM (SELECT route, waits_for IS DISTINCT FROM 'archive' AS live,
                count(*) AS n, sum(seats_left) AS seats
            FROM annotate_item WHERE project_id = %(project)s
            GROUP BY route, waits_for) AS by_route) AS items,
        ({_LENT}) AS lent(lent),
        (SELECT sum(labels)::bigint FROM (
            SELECT labels, annotator_id FROM annotate_labeltally WHERE project_id = %(project)s
            UNION ALL SELECT labels, annotator_id FROM ({
    LABELS.format(
        rows='''label.id > %(mark)s AND label.id > COALESCE((
                    SELECT folded_to FROM annotate_watermark
                    WHERE project_id = %(project)s AND kind = 'labels'), 0)'''
    )
}) AS new) AS label
            JOIN annotate_annotator AS who ON who.id = label.annotator_id AND who.kind = 'human'
        ) AS given(given)
"""  # noqa: S608  # made of constants


@dataclass(frozen=True)
class ItemCounts:
    """``wanted`` are people's labels when every seat is taken; archived items are left out."""

    items: int
    wanted: int
    for_judges: int
    undecided: int
    # Null: counted just now.
    counted_at: datetime | None = None
    # Whether it is time to count again, in the background.
    due: bool = False


def item_counts(project: Project) -> ItemCounts:
    """The last count of a large project, or one made now."""
    kept = ItemTally.objects.filter(project=project).first()
    if kept is not None and kept.items > SMALL:
        return _kept(kept)
    counts = count_items(project)
    return ItemCounts(*counts, due=counts[0] > SMALL)


def _kept(kept: ItemTally) -> ItemCounts:
    life = max(LEAST_LIFE, timedelta(seconds=PATIENCE * kept.seconds_spent))
    return ItemCounts(
        kept.items,
        kept.wanted,
        kept.for_judges,
        kept.undecided,
        counted_at=kept.counted_at,
        due=timezone.now() > kept.counted_at + life,
    )


def count_items(project: Project) -> tuple[int, int, int, int]:
    """Items, people's labels wanted, items for judges, items without a route."""
    mark = folded_to(project, Watermark.Kind.LABELS)
    items, wanted, for_judges, undecided = _row(_COUNT, {"project": project.pk, "mark": mark})
    return items, wanted, for_judges, undecided


def lent(project: Project) -> int:
    """Items that somebody is working on, but for those taken back to be corrected."""
    [number] = _row(_LENT, {"project": project.pk})
    return int(number)


def keep_count(project: Project) -> None:
    """Count the items of a project and keep it."""
    began, now = time.monotonic(), timezone.now()
    items, wanted, for_judges, undecided = count_items(project)
    ItemTally.objects.update_or_create(
        project=project,
        defaults={
            "items": items,
            "wanted": wanted,
            "for_judges": for_judges,
            "undecided": undecided,
            "counted_at": now,
            "seconds_spent": time.monotonic() - began,
        },
    )


def _row(query: str, parameters: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()
