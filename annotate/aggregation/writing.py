"""Aggregates and summaries of a batch of items, written by one statement.

By hand: a label is folded in within milliseconds, most of which models and their queries would take.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from annotate.aggregation.settling import KEPT, Key, Outcome

VERSION = 2  # of what is stored with an aggregate, and of the methods that make it
_WRITE = """
    WITH made AS (
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::float8[],
            %s::smallint[], %s::float8[], %s::float8[], %s::text[], %s::text[])
        AS made(item, question, source, count, mean, majority, share, confidence, method, data)),
    gone AS (
        DELETE FROM annotate_aggregate AS old WHERE old.item_id = ANY(%s::bigint[])
        AND NOT EXISTS (SELECT FROM made WHERE made.item = old.item_id
            AND made.question = old.question AND made.source = old.source)),
    summed AS (
        INSERT INTO annotate_itemsummary
            (item_id, project_id, people, judges, disagreement, confidence)
        SELECT item, %s, people, judges, disagreement, confidence
        FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::float8[], %s::float8[])
            AS summary(item, people, judges, disagreement, confidence)
        ON CONFLICT (item_id) DO UPDATE SET people = excluded.people, judges = excluded.judges,
            disagreement = excluded.disagreement, confidence = excluded.confidence)
    INSERT INTO annotate_aggregate (project_id, item_id, question, source, count, mean, majority,
        share, confidence, method, data, version, updated_at)
    SELECT %s, item, question, source, count, mean, majority, share, confidence, method,
        data::jsonb, %s, %s
    FROM made
    ON CONFLICT (item_id, question, source) DO UPDATE SET count = excluded.count,
        mean = excluded.mean, majority = excluded.majority, share = excluded.share,
        confidence = excluded.confidence, method = excluded.method, data = excluded.data,
        version = excluded.version, updated_at = excluded.updated_at
"""


@dataclass(frozen=True)
class Summary:
    """An item's ``ItemSummary``, but for the margin, which is others' to write."""

    item: int
    people: int
    judges: int
    disagreement: float | None
    confidence: float | None


def write(
    project_id: int,
    items: list[int],
    outcomes: Mapping[int, Mapping[Key, Outcome]],
    summaries: Sequence[Summary],
) -> None:
    """Aggregates of ``items`` that nothing supports any more go."""
    summed = (
        (one.item, one.people, one.judges, one.disagreement, one.confidence) for one in summaries
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [
                *_columns(_aggregates(outcomes), 10),
                items,
                project_id,
                *_columns(summed, 5),
                project_id,
                VERSION,
                timezone.now(),
            ],
        )


def _columns(rows: Iterable[tuple[Any, ...]], many: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(many)]


def _aggregates(outcomes: Mapping[int, Mapping[Key, Outcome]]) -> Iterator[tuple[Any, ...]]:
    for item, of_item in outcomes.items():
        for (question, source), outcome in of_item.items():
            combined = outcome.combined
            data = combined.data | ({KEPT: dict(outcome.kept)} if outcome.kept else {})
            yield (
                item,
                question,
                source,
                combined.count,
                combined.mean,
                combined.majority,
                combined.share,
                combined.confidence,
                outcome.method,
                json.dumps(data),
            )
