"""Writing a snapshot to a file: items and labels in pages, in constant memory."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

import numpy as np
from django.db import connection

from annotate.aggregation import Label, combine
from annotate.formats import exporter
from annotate.formats.base import (
    ExportedItem,
    ExportedLabel,
    Exporter,
    ParsedCompletion,
    Setting,
)
from annotate.models import Annotation, Annotator, Completion, Item, Snapshot
from annotate.questions import Questions
from annotate.snapshots import Ids, unpack_array

PAGE = 1_000


@dataclass
class Result:
    """What came of an export; ``left_out`` counts by reason."""

    rows: int = 0
    items: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def summary(self) -> str:
        left = ", ".join(f"{number:,} {reason}" for reason, number in self.left_out.items())
        return f"{self.rows:,} rows" + (f"; left out: {left}." if left else ".")


def exporter_for(snapshot: Snapshot, name: str, options: dict[str, str]) -> Exporter:
    """Raises ``RefusedFile`` for what the format does not have."""
    setting = Setting(overlap=snapshot.project.overlap, chats=_has_chats(snapshot))
    return exporter(name, snapshot.form.parsed, options, setting)


def item_count(snapshot: Snapshot) -> int:
    return snapshot.project.items.filter(pk__lte=snapshot.last_item).count()


def write_snapshot(
    snapshot: Snapshot,
    format_: Exporter,
    file: TextIO,
    *,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Write every item of ``snapshot``; ``progress`` hears after each page how many are done."""
    result = Result()
    for items in _pages(snapshot):
        rows = [row for item in items if (row := format_.row(item)) is not None]
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        result.rows += len(rows)
        result.items += len(items)
        if progress is not None:
            progress(result.items)
    result.left_out = dict(format_.left_out)
    return result


def _has_chats(snapshot: Snapshot) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM annotate_item WHERE project_id = %s AND id <= %s
                AND (jsonb_array_length(messages) <> 1 OR messages->0->>'role' <> 'user'))
            """,
            [snapshot.project_id, snapshot.last_item],
        )
        return bool(cursor.fetchone()[0])


def _pages(snapshot: Snapshot) -> Iterator[list[ExportedItem]]:
    """Each page is read by statements of its own: nothing is held open in between."""
    ids = unpack_array(snapshot.annotation_ids)
    questions = snapshot.form.parsed
    columns = ("pk", "key", "source", "messages", "contexts", "metadata", "evaluation", "overlap")
    items = Item.objects.filter(project=snapshot.project_id, pk__lte=snapshot.last_item)
    after = 0
    while page := list(items.filter(pk__gt=after).order_by("pk").values_list(*columns)[:PAGE]):
        pks = [row[0] for row in page]
        completions, labels = _completions(pks), _labels(pks, ids)
        yield [_item(row, completions[row[0]], labels[row[0]], questions) for row in page]
        after = pks[-1]


def _item(
    row: tuple[Any, ...],
    completions: list[ParsedCompletion],
    labels: list[ExportedLabel],
    questions: Questions,
) -> ExportedItem:
    _, *columns = row
    aggregates = combine(
        questions,
        (
            Label(
                label.answers,
                human=label.kind == Annotator.Kind.HUMAN,
                review=label.purpose == Annotation.Purpose.REVIEW,
            )
            for label in labels
        ),
    )
    return ExportedItem(completions, labels, aggregates, *columns)


def _completions(items: list[int]) -> dict[int, list[ParsedCompletion]]:
    rows = Completion.objects.filter(item__in=items).order_by("item_id", "position")
    found = defaultdict(list)
    for item, text, generator in rows.values_list("item_id", "text", "generator"):
        found[item].append(ParsedCompletion(text, generator))
    return found


LABEL_COLUMNS = (
    "annotator__name",
    "annotator__kind",
    "annotator__version",
    "annotator__description",
    "purpose",
    "answers",
    "created_at",
    "wall_seconds",
    "active_seconds",
    "focused_seconds",
    "order",
    "raw",
)


def _labels(items: list[int], snapshot_ids: Ids) -> dict[int, list[ExportedLabel]]:
    """Those labels of ``items`` that are in the snapshot, oldest first."""
    annotations = Annotation.objects.filter(item__in=items).order_by("pk")
    rows = list(annotations.values_list("pk", "item_id", *LABEL_COLUMNS))
    found = defaultdict(list)
    for row, kept in zip(rows, _are_among([row[0] for row in rows], snapshot_ids), strict=True):
        if kept:
            found[row[1]].append(ExportedLabel(*row[2:]))
    return found


def _are_among(ids: list[int], snapshot_ids: Ids) -> list[bool]:
    """Which of ``ids`` are among the sorted ``snapshot_ids``."""
    if not len(snapshot_ids):
        return [False] * len(ids)
    places = np.searchsorted(snapshot_ids, ids).clip(max=len(snapshot_ids) - 1)
    return list(snapshot_ids[places] == ids)
