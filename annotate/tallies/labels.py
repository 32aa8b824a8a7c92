"""How many labels came when, and from where: the kept sums and what is not folded yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from annotate.models import Project, Watermark
from annotate.tallies.folding import LABELS, folded_to

# The mark is named twice: as a number it lets the server see how few rows come after it, as a
# subquery it is the mark of the same moment as the kept sums.
_ALL = f"""
    SELECT hour, annotator_id, assigned, labels, first, active_seconds
    FROM annotate_labeltally WHERE project_id = %(project)s
    UNION ALL
    SELECT hour, annotator_id, assigned, labels, first, active_seconds FROM ({
    LABELS.format(
        rows='''label.id > %(mark)s AND label.id > COALESCE((
            SELECT folded_to FROM annotate_watermark
            WHERE project_id = %(project)s AND kind = 'labels'), 0)'''
    )
}) AS new
"""  # noqa: S608  # made of constants
_BY_SOURCE = f"""
    SELECT {{bucket}} AS bucket,
        CASE WHEN who.kind = 'llm' THEN CASE WHEN who.id = ANY(%(judges)s)
                THEN 'judges' ELSE 'imports' END
            WHEN label.assigned THEN 'people' ELSE 'imports' END AS source,
        who.kind, sum(label.labels)::bigint, sum(label.first)::bigint
    FROM ({_ALL}) AS label JOIN annotate_annotator AS who ON who.id = label.annotator_id
    WHERE label.hour >= %(since)s
    GROUP BY 1, 2, 3 ORDER BY 1
"""  # noqa: S608  # likewise
_BY_ANNOTATOR = f"""
    SELECT label.annotator_id, sum(label.labels)::bigint, sum(label.active_seconds)
    FROM ({_ALL}) AS label
    WHERE label.hour >= %(since)s AND label.hour < %(until)s
    GROUP BY 1
"""  # noqa: S608  # likewise
BUCKETS = {"day": "date_trunc('day', label.hour, 'UTC')", "hour": "label.hour"}
LONG_AGO = datetime.min.replace(tzinfo=UTC)
FAR_AHEAD = datetime.max.replace(tzinfo=UTC)


class Given(NamedTuple):
    """Labels of one bucket of time (UTC, named by its start), source and kind of annotator.

    ``first`` of them were the first that a person, or an LLM, gave to the item.
    """

    start: datetime
    source: str
    kind: str
    labels: int
    first: int


@dataclass(frozen=True)
class Work:
    """What one annotator has done in a period."""

    labels: int
    active_seconds: float


def labels_by_source(
    project: Project, bucket: str, *, judges: Sequence[int] = (), since: datetime | None = None
) -> list[Given]:
    """Labels by "day" or "hour" and by source: people's here, judges', and imports.

    ``judges`` are ids of annotators that are judges of the project; other LLMs were imported.
    """
    parameters = {"judges": list(judges), "since": since or LONG_AGO}
    rows = _rows(_BY_SOURCE.format(bucket=BUCKETS[bucket]), project, parameters)
    return [Given(*row) for row in rows]


def work_by_annotator(
    project: Project, *, since: datetime | None = None, until: datetime | None = None
) -> dict[int, Work]:
    """By annotator id, from ``since`` until before ``until``, both whole hours."""
    parameters = {"since": since or LONG_AGO, "until": until or FAR_AHEAD}
    return {pk: Work(n, seconds) for pk, n, seconds in _rows(_BY_ANNOTATOR, project, parameters)}


def _rows(query: str, project: Project, parameters: dict[str, Any]) -> list[Any]:
    mark = folded_to(project, Watermark.Kind.LABELS)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters | {"project": project.pk, "mark": mark})
        return list(cursor.fetchall())
