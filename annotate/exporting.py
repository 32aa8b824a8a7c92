"""Writing a snapshot to a file: items and labels in pages, in constant memory."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, TextIO

import numpy as np
from django.db import connection

from annotate.aggregation import Label, combine
from annotate.aggregation.frozen import Combinations, Frozen, learn
from annotate.aggregation.settling import Row
from annotate.formats import exporter
from annotate.formats.base import (
    ExportedItem,
    ExportedLabel,
    Exporter,
    ParsedCompletion,
    Setting,
)
from annotate.garbage import collection_paused
from annotate.models import Annotation, Annotator, Gold, Snapshot
from annotate.questions import Answers, Questions
from annotate.snapshots import Ids, unpack_array

PAGE = 250
_raw_decode = json.JSONDecoder().raw_decode


class _Given(NamedTuple):
    """A label with the id of who gave it."""

    annotator: int
    label: ExportedLabel


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
    items = snapshot.project.items.filter(pk__lte=snapshot.last_item).count()
    return items - len(_archived(snapshot))


def _archived(snapshot: Snapshot) -> Ids:
    """Ids of the items that were archived when the snapshot was taken."""
    packed = bytes(snapshot.archived_ids)
    return unpack_array(packed) if packed else np.zeros(0, dtype=np.int64)


def write_snapshot(
    snapshot: Snapshot,
    format_: Exporter,
    file: TextIO,
    *,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Write every item of ``snapshot``; ``progress`` hears after each page how many are done."""
    result = Result()
    pages = _pages(snapshot)
    file.write(format_.head)
    while True:
        with collection_paused():
            if (items := next(pages, None)) is None:
                break
            rows = [row for item in items for row in format_.rows(item)]
            if rows:
                file.write(format_.between if result.rows else "")
                file.write(format_.between.join(map(format_.written, rows)))
        result.rows += len(rows)
        result.items += len(items)
        if progress is not None:
            progress(result.items)
    if result.rows or format_.head:
        file.write(format_.tail)
    result.left_out = dict(format_.left_out)
    return result


def _has_chats(snapshot: Snapshot) -> bool:
    [(found,)] = _rows(
        """
        SELECT EXISTS (
            SELECT FROM annotate_item WHERE project_id = %s AND id <= %s AND id <> ALL(%s)
            AND (jsonb_array_length(messages) <> 1 OR messages->0->>'role' <> 'user'))
        """,
        [snapshot.project_id, snapshot.last_item, _archived(snapshot).tolist()],
    )
    return bool(found)


# Read by hand-written SQL: models and their converters take as long as all the rest.


def _rows(query: str, parameters: list[Any]) -> list[Any]:
    """JSON columns come as texts."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def _decode(text: str) -> Any:
    return _raw_decode(text)[0]


def _pages(snapshot: Snapshot) -> Iterator[list[ExportedItem]]:
    """Each page is read by statements of its own: nothing is held open in between."""
    ids, archived = unpack_array(snapshot.annotation_ids), _archived(snapshot)
    questions, frozen = snapshot.form.parsed, None
    if snapshot.methods:
        frozen = learn(questions, snapshot.methods["questions"], ids)
    after = 0
    while page := _items(snapshot, after=after):
        after = page[-1][0]
        gone = _are_among([row[0] for row in page], archived)
        page = [row for row, left_out in zip(page, gone, strict=True) if not left_out]
        pks = [row[0] for row in page]
        completions, given, gold = _completions(pks), _labels(pks, ids), _gold(pks)
        aggregates = _aggregates(questions, frozen, given)
        yield [
            _item(
                row,
                completions[row[0]],
                [one.label for one in given[row[0]]],
                aggregates.get(row[0], {}),
                gold.get(row[0]),
            )
            for row in page
        ]


def _items(snapshot: Snapshot, *, after: int) -> list[Any]:
    return _rows(
        """
        SELECT id, key, source, messages, contexts, metadata, evaluation, overlap, queue,
            tags
        FROM annotate_item WHERE project_id = %s AND id > %s AND id <= %s
        ORDER BY id LIMIT %s
        """,
        [snapshot.project_id, after, snapshot.last_item, PAGE],
    )


def _item(
    row: Any,
    completions: list[ParsedCompletion],
    labels: list[ExportedLabel],
    aggregates: Combinations,
    gold: tuple[Answers, str, str] | None,
) -> ExportedItem:
    _, key, source, messages, contexts, metadata, evaluation, overlap, queue, tags = row
    return ExportedItem(
        completions=completions,
        labels=labels,
        aggregates=aggregates,
        key=key,
        source=source,
        messages=_decode(messages),
        contexts=_decode(contexts),
        metadata=_decode(metadata),
        evaluation=evaluation,
        overlap=overlap,
        queue=queue,
        tags=tags,
        gold=gold[0] if gold else None,
        gold_note=gold[1] if gold else "",
        gold_use=gold[2] if gold else Gold.Use.CHECK,
    )


def _aggregates(
    questions: Questions, frozen: Frozen | None, given: dict[int, list[_Given]]
) -> dict[int, Combinations]:
    """By the snapshot's methods; by votes and plain means where it names none."""
    rows = {
        item: [Row(item, one.annotator, _counted(one.label)) for one in of_item]
        for item, of_item in given.items()
    }
    if frozen is not None:
        return frozen.aggregates(rows)
    return {
        item: combine(questions, (row.label for row in of_item)) for item, of_item in rows.items()
    }


def _counted(label: ExportedLabel) -> Label:
    return Label(
        label.answers,
        human=label.kind == Annotator.Kind.HUMAN,
        review=label.purpose == Annotation.Purpose.REVIEW,
    )


def _completions(items: list[int]) -> dict[int, list[ParsedCompletion]]:
    found = defaultdict(list)
    for item, text, generator, media, steps in _rows(
        """
        SELECT item_id, text, generator, media, steps FROM annotate_completion
        WHERE item_id = ANY(%s) ORDER BY item_id, position
        """,
        [items],
    ):
        given = None if steps is None else [(start, end) for start, end in _decode(steps)]
        files = _decode(media) if media else ()
        found[item].append(ParsedCompletion(text, generator, files, given))
    return found


def _gold(items: list[int]) -> dict[int, tuple[Answers, str, str]]:
    """Answers, note and use by item."""
    rows = _rows(
        "SELECT item_id, answers, note, use FROM annotate_gold WHERE item_id = ANY(%s)", [items]
    )
    return {item: (_decode(answers), note, use) for item, answers, note, use in rows}


def _labels(items: list[int], snapshot_ids: Ids) -> dict[int, list[_Given]]:
    """Those labels of ``items`` that are in the snapshot, oldest first."""
    rows = _rows(
        """
        SELECT label.id, label.item_id, annotator.name, annotator.kind, annotator.version,
            annotator.description, label.purpose, label.answers, label.created_at,
            label.wall_seconds, label.active_seconds, label.focused_seconds, label."order", label.raw,
            label.suggestions, label.reason, label.annotator_id
        FROM annotate_annotation AS label
        JOIN annotate_annotator AS annotator ON annotator.id = label.annotator_id
        WHERE label.item_id = ANY(%s) ORDER BY label.id
        """,
        [items],
    )
    found = defaultdict(list)
    for row, kept in zip(rows, _are_among([row[0] for row in rows], snapshot_ids), strict=True):
        if kept:
            found[row[1]].append(_Given(row[-1], _label(row[:-1])))
    return found


def _label(row: Any) -> ExportedLabel:
    _, _, name, kind, version, description, purpose, answers, created, *more = row
    wall, active, focused, order, raw, suggestions, reason = more
    return ExportedLabel(
        name,
        kind,
        version,
        description,
        purpose,
        _decode(answers),
        created,
        wall,
        active,
        focused,
        order,
        None if raw is None else _decode(raw),
        None if suggestions is None else _decode(suggestions),
        reason,
    )


def _are_among(ids: list[int], snapshot_ids: Ids) -> list[bool]:
    """Which of ``ids`` are among the sorted ``snapshot_ids``."""
    if not len(snapshot_ids):
        return [False] * len(ids)
    places = np.searchsorted(snapshot_ids, ids).clip(max=len(snapshot_ids) - 1)
    return list(snapshot_ids[places] == ids)
