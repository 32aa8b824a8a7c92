"""Adding new labels and ledger entries to the kept sums, each exactly once.

Rows are taken in the order of their ids, up to a mark. Ids are drawn before a transaction commits,
so a lower one may appear after a higher one. The mark therefore moves only to where nothing can
appear any more: the highest id is noted (``ceiling``), a second later the first transaction that
has not begun (``horizon``), and once no older transaction runs, all ids below the ceiling are
either there or never will be. The second is for whoever has drawn an id and no transaction number
yet, which happens within one statement.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotate.models import LabelTally, LedgerTally, Project, Watermark

Kind = Watermark.Kind
TAIL = 500  # rows that are read anew each time before it is worth folding them
BATCH = 20_000
WAIT = timedelta(seconds=1)

TABLES = {Kind.LABELS: "annotate_annotation", Kind.LEDGER: "annotate_ledgerentry"}

# Labels of work, corrections left out; {rows} says which. An item's first label of a kind is the
# one with the lowest id, whatever its date.
LABELS = """
    SELECT label.project_id, date_trunc('hour', label.created_at, 'UTC') AS hour,
        label.annotator_id, label.assignment_id IS NOT NULL AS assigned,
        count(*) AS labels,
        count(*) FILTER (WHERE NOT EXISTS (
            SELECT 1 FROM annotate_annotation AS other
            JOIN annotate_annotator AS another ON another.id = other.annotator_id
            WHERE other.item_id = label.item_id AND other.id < label.id
            AND other.purpose = 'work' AND other.supersedes_id IS NULL
            AND another.kind = who.kind)) AS first,
        COALESCE(sum(label.active_seconds), 0) AS active_seconds
    FROM annotate_annotation AS label
    JOIN annotate_annotator AS who ON who.id = label.annotator_id
    WHERE label.project_id = %(project)s AND {rows}
    AND label.purpose = 'work' AND label.supersedes_id IS NULL
    GROUP BY 1, 2, 3, 4
"""
# A settlement counts on the day of the reservation that it settles.
LEDGER = """
    SELECT entry.project_id,
        (COALESCE(reserved.created_at, entry.created_at) AT TIME ZONE 'UTC')::date AS day,
        entry.unit, entry.kind,
        CASE WHEN entry.kind = 'pay' THEN 'people'
            WHEN entry.reference LIKE 'call:%%' THEN 'judges'
            WHEN split_part(entry.reference, ':', 1) IN ('item', 'assignment', 'annotation')
            THEN 'held'
            ELSE 'other' END AS source,
        entry.annotator_id, count(*) AS entries, sum(entry.amount) AS amount
    FROM annotate_ledgerentry AS entry
    LEFT JOIN annotate_ledgerentry AS reserved
        ON entry.kind = 'settlement' AND reserved.kind = 'reservation'
        AND reserved.project_id = entry.project_id AND reserved.unit = entry.unit
        AND reserved.reference = entry.reference
    WHERE entry.project_id = %(project)s AND {rows}
    GROUP BY 1, 2, 3, 4, 5, 6
"""
_ADD = {
    Kind.LABELS: f"""
        INSERT INTO annotate_labeltally AS tally
            (project_id, hour, annotator_id, assigned, labels, first, active_seconds)
        {LABELS.format(rows="label.id > %(low)s AND label.id <= %(high)s")}
        ON CONFLICT (project_id, hour, annotator_id, assigned) DO UPDATE SET
            labels = tally.labels + excluded.labels, first = tally.first + excluded.first,
            active_seconds = tally.active_seconds + excluded.active_seconds
    """,
    Kind.LEDGER: f"""
        INSERT INTO annotate_ledgertally AS tally
            (project_id, day, unit, kind, source, annotator_id, entries, amount)
        {LEDGER.format(rows="entry.id > %(low)s AND entry.id <= %(high)s")}
        ON CONFLICT (project_id, unit, day, source, kind, annotator_id) DO UPDATE SET
            entries = tally.entries + excluded.entries, amount = tally.amount + excluded.amount
    """,
}


def folded_to(project: Project, kind: str) -> int:
    """Rows above this id are not in the tallies yet."""
    marks = Watermark.objects.filter(project=project, kind=kind)
    return marks.values_list("folded_to", flat=True).first() or 0


def due_projects(kind: str) -> Iterator[int]:
    """Ids of projects in which folding is under way or has become worth while."""
    query = f"""
        SELECT project.id FROM annotate_project AS project
        LEFT JOIN annotate_watermark AS mark ON mark.project_id = project.id AND mark.kind = %s
        WHERE mark.ceiling IS NOT NULL OR EXISTS (
            SELECT 1 FROM {TABLES[Kind(kind)]} AS one
            WHERE one.project_id = project.id AND one.id > COALESCE(mark.folded_to, 0)
            OFFSET %s)
    """  # noqa: S608  # a table's name out of a constant
    with connection.cursor() as cursor:
        cursor.execute(query, [kind, TAIL])
        yield from [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def fold(project: Project, kind: str) -> bool:
    """One step on the way: note the ceiling, or the horizon, or fold a batch; whether to go on."""
    Watermark.objects.get_or_create(project=project, kind=kind)
    mark = Watermark.objects.select_for_update().get(project=project, kind=kind)
    if mark.ceiling is None:
        return _note_ceiling(mark)
    if mark.horizon is None:
        return _note_horizon(mark)
    if _oldest_running() < mark.horizon:
        return False
    return _fold_batch(mark)


def _note_ceiling(mark: Watermark) -> bool:
    """False: what follows has to wait a moment."""
    [highest] = _row(
        f"SELECT max(id) FROM {TABLES[Kind(mark.kind)]} WHERE project_id = %s",  # noqa: S608  # likewise
        [mark.project_id],
    )
    if highest is not None and highest > mark.folded_to:
        mark.ceiling, mark.seen_at = highest, timezone.now()
        mark.save(update_fields=["ceiling", "seen_at"])
    return False


def _note_horizon(mark: Watermark) -> bool:
    if mark.seen_at is None or timezone.now() < mark.seen_at + WAIT:
        return False
    [mark.horizon] = _row("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    mark.save(update_fields=["horizon"])
    return True


def _oldest_running() -> int:
    [oldest] = _row("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int(oldest)


def _fold_batch(mark: Watermark) -> bool:
    assert mark.ceiling is not None
    [last] = _row(
        f"""SELECT max(id) FROM (SELECT id FROM {TABLES[Kind(mark.kind)]}
            WHERE project_id = %s AND id > %s AND id <= %s ORDER BY id LIMIT %s) AS batch""",  # noqa: S608  # likewise
        [mark.project_id, mark.folded_to, mark.ceiling, BATCH],
    )
    high = mark.ceiling if last is None else last
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD[Kind(mark.kind)],
            {"project": mark.project_id, "low": mark.folded_to, "high": high},
        )
    mark.folded_to = high
    if high == mark.ceiling:
        mark.ceiling = mark.seen_at = mark.horizon = None
    mark.save(update_fields=["folded_to", "ceiling", "seen_at", "horizon"])
    return mark.ceiling is not None


def _row(query: str, parameters: Sequence[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return tuple(cursor.fetchone())


@transaction.atomic
def forget(project: Project) -> None:
    """Drop what is kept of a project; the job makes it anew."""
    for kind in Kind:
        Watermark.objects.get_or_create(project=project, kind=kind)
    marks = Watermark.objects.select_for_update().filter(project=project).order_by("pk")
    marks.filter(pk__in=[mark.pk for mark in marks]).update(
        folded_to=0, ceiling=None, seen_at=None, horizon=None
    )
    LabelTally.objects.filter(project=project).delete()
    LedgerTally.objects.filter(project=project).delete()
