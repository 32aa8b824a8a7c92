"""Storing items and labels that come in files: in batches, by COPY, so that a second run adds nothing.

A batch is one transaction. It holds the project's import lock, so two imports take turns batch by
batch, and it looks up what is there before it writes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone

from annotate.formats.base import (
    BadLine,
    Importer,
    Json,
    ParsedItem,
    ParsedLabel,
    brief,
    check_strings,
    shorten,
)
from annotate.garbage import collection_paused
from annotate.hashes import canonical_json, item_hash, prompt_hash_of_json, text_hash
from annotate.models import Annotation, Annotator, Item, Project
from annotate.questions import Answers, IncompleteAnswers, Questions
from annotate.sampling import in_evaluation_share

BATCH_LINES = 2_500
BATCH_BYTES = 16 * 2**20
LONGEST_LINE = 64 * 2**20
MOST_FAULTS = 1_000
LONGEST_FAULT = 500
JOBS = ("aggregate", "route")


@dataclass
class Result:
    """What came of an import so far. ``faults`` holds the first thousand."""

    lines: int = 0
    added: int = 0
    present: int = 0
    labels: int = 0
    labels_present: int = 0
    bad: int = 0
    conflicts: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def summary(self) -> str:
        """What came of it in one line."""
        parts = [
            f"{self.added:,} items added",
            f"{self.present:,} there already" if self.present else "",
            f"{self.labels:,} labels added",
            f"{self.labels_present:,} labels there already" if self.labels_present else "",
            f"{self.conflicts:,} conflicts" if self.conflicts else "",
            f"{self.bad:,} faults" if self.bad else "",
        ]
        return ", ".join(part for part in parts if part) + "."

    def add(self, other: "Result") -> None:
        """Count what ``other`` counted as well."""
        for name, value in vars(other).items():
            if name != "faults":
                setattr(self, name, getattr(self, name) + value)
        self.faults += other.faults[: MOST_FAULTS - len(self.faults)]

    def fault(self, line: int, message: str, *, conflict: bool = False) -> None:
        """Count what is wrong with a line, and note it while there is room."""
        if conflict:
            self.conflicts += 1
        else:
            self.bad += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append({"line": line, "message": shorten(message, LONGEST_FAULT)})


class Lines(Protocol):
    """A binary file that is read line by line."""

    def readline(self, limit: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


@dataclass
class Place:
    """How far into a file an import has come: the next line's number and its byte offset."""

    line: int = 1
    offset: int = 0


@dataclass(slots=True)
class _Label:
    parsed: ParsedLabel
    answers: Answers
    raw: str | None

    @property
    def annotator(self) -> tuple[str, str, int]:
        return self.parsed.kind, self.parsed.annotator, self.parsed.version


@dataclass(slots=True)
class _Row:
    """One line of a batch on its way into the database."""

    line: int
    item: ParsedItem
    key: str
    prompt_hash: str
    text_hashes: list[str]
    labels: list[_Label]
    # JSON texts of messages, contexts and metadata.
    json: tuple[str, str, str]
    pk: int = 0

    @property
    def texts(self) -> str:
        return "".join((self.prompt_hash, *self.text_hashes))


def import_file(
    project: Project,
    file: Lines,
    importer: Importer,
    *,
    place: Place | None = None,
    result: Result | None = None,
    stored: Callable[[Place, Result], None] | None = None,
) -> Iterator[Place]:
    """Import a JSON Lines file from ``place`` on; yields after each batch, to be stopped there.

    While one batch is stored the next is read and parsed beside it. ``stored`` runs inside each
    batch's transaction: what it writes stands exactly when the batch does. Raises ``RefusedFile``
    when the format cannot use such records at all.
    """
    result = result if result is not None else Result()
    place = place or Place()
    if place.offset:
        _go_to(file, place, importer)
    reader = _Reader(project.questions, importer)
    with ThreadPoolExecutor(1, thread_name_prefix="import") as beside:
        coming = beside.submit(reader.read, file, place)
        while (batch := coming.result()) is not None:
            coming = beside.submit(reader.read, file, batch.end)
            result.add(batch.result)
            with transaction.atomic():
                _lock(project)
                with collection_paused():
                    _store(project, batch.rows, result)
                if stored is not None:
                    stored(batch.end, result)
            yield batch.end


def import_items(
    project: Project, records: Iterable[Json], importer: Importer, *, result: Result | None = None
) -> Result:
    """Import records that are in memory already; they are numbered from 1. One transaction."""
    result = result if result is not None else Result()
    lines = [json.dumps(record) for record in records]
    rows = _Reader(project.questions, importer).rows(enumerate(lines, start=1), result)
    with transaction.atomic():
        _lock(project)
        _store(project, rows, result)
    return result


# ---------------------------------------------------------------------------------------- reading


def _go_to(file: Lines, place: Place, importer: Importer) -> None:
    """Pass over what was imported before, and let the format recall what it needs of it."""
    if not importer.recalls:
        file.seek(place.offset)
        return
    file.seek(0)
    left = place.offset
    while left > 0 and (line := file.readline(min(left, LONGEST_LINE))):
        importer.look_back(line)
        left -= len(line)


def _read_lines(file: Lines, place: Place) -> tuple[list[tuple[int, bytes]], Place]:
    """The next lines with their numbers, and the place behind them."""
    lines: list[tuple[int, bytes]] = []
    number, size = place.line, 0
    while len(lines) < BATCH_LINES and size < BATCH_BYTES:
        line = file.readline(LONGEST_LINE)
        if not line:
            break
        size += len(line)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line, skipped = _TOO_LONG, _skip_line(file)
            size += skipped
        lines.append((number, line))
        number += 1
    return lines, Place(number, place.offset + size)


def _skip_line(file: Lines) -> int:
    """Pass over the rest of a line; how many bytes it had."""
    skipped = 0
    while part := file.readline(LONGEST_LINE):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


_TOO_LONG = b"\x00"


def _refuse_constant(name: str) -> None:
    raise BadLine(f"{name} is no JSON; write a number or null")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


@dataclass(slots=True)
class _Batch:
    rows: list[_Row]
    # Lines and faults of this batch alone.
    result: Result
    end: Place


class _Reader:
    """Turns lines into rows that are ready to be stored. Asks the database nothing."""

    def __init__(self, questions: Questions, importer: Importer) -> None:
        self.questions = questions
        self.importer = importer
        self.needed = max(question.least_completions for question in questions)

    def read(self, file: Lines, place: Place) -> _Batch | None:
        """The batch at ``place``, where ``file`` stands; None at the file's end."""
        lines, end = _read_lines(file, place)
        if not lines:
            return None
        result = Result()
        with collection_paused():
            return _Batch(self.rows(lines, result), result, end)

    def rows(self, lines: Iterable[tuple[int, bytes | str]], result: Result) -> list[_Row]:
        found = []
        for number, line in lines:
            if not line.strip():
                continue
            result.lines += 1
            try:
                row = self._row(number, _text(line), result)
            except BadLine as fault:
                result.fault(number, str(fault))
            else:
                if row is not None:
                    found.append(row)
        return found

    def _row(self, number: int, line: str, result: Result) -> _Row | None:
        record = _record(line)
        check_strings(line, record)
        item = self.importer.parse(record)
        if item is None:
            return None
        if len(item.completions) < self.needed:
            raise BadLine(
                f"has {len(item.completions)} completions, but the form asks about "
                f"{self.needed}; add the others"
            )
        messages = canonical_json(item.messages)
        contexts = canonical_json(item.contexts) if item.contexts else "[]"
        metadata = _json(item.metadata) if item.metadata else "{}"
        prompt = prompt_hash_of_json(messages, contexts)
        texts = [text_hash(completion.text) for completion in item.completions]
        return _Row(
            line=number,
            item=item,
            key=item.key or item_hash(prompt, texts)[:32],
            prompt_hash=prompt,
            text_hashes=texts,
            labels=[
                label
                for place, parsed in enumerate(item.labels, start=1)
                if (label := self._label(number, place, parsed, item, result)) is not None
            ],
            json=(messages, contexts, metadata),
        )

    def _label(
        self, number: int, place: int, parsed: ParsedLabel, item: ParsedItem, result: Result
    ) -> _Label | None:
        """None for a label that does not fit the form; the item and its other labels stay."""
        try:
            raw = None if parsed.raw is None else _json(parsed.raw)
            answers = self.questions.parse(
                parsed.answers, completions=len(item.completions), complete=False
            )
        except (IncompleteAnswers, BadLine) as fault:
            result.fault(number, f"label {place} by {brief(parsed.annotator)}: {fault}")
            return None
        return _Label(parsed, answers, raw)


def _text(line: bytes | str) -> str:
    if isinstance(line, str):
        return line
    if line is _TOO_LONG:
        raise BadLine(f"is longer than {LONGEST_LINE // 2**20} MiB; shorten it")
    try:
        text = line.decode()
    except UnicodeDecodeError as fault:
        raise BadLine(
            f"is not UTF-8 (byte {fault.start + 1} is 0x{line[fault.start]:02x}); save it as UTF-8"
        ) from fault
    return text.removeprefix("\ufeff")


def _record(line: str) -> Json:
    try:
        record = _decode(line)
    except RecursionError as fault:
        raise BadLine("is nested too deeply; flatten it") from fault
    except json.JSONDecodeError as fault:
        raise BadLine(
            f"is not JSON ({fault.msg} at character {fault.colno}); write one object a line"
        ) from fault
    except ValueError as fault:
        if isinstance(fault, BadLine):
            raise
        raise BadLine("has a number with too many digits; write it as a text") from fault
    if not isinstance(record, dict):
        raise BadLine(f"is {brief(record)}; write one JSON object a line")
    return record


def _json(value: object) -> str:
    try:
        return canonical_json(value)
    except ValueError as fault:
        raise BadLine("has a number that is too large for JSON; write it as a text") from fault


# ---------------------------------------------------------------------------------------- storing


def _lock(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('annotate.import'), %s)", [project.pk]
        )


def _store(project: Project, rows: Sequence[_Row], result: Result) -> None:
    new, old = _known_and_new(project, rows, result)
    annotators = _Annotators(project)
    annotators.load(label.parsed for row in rows for label in row.labels)
    writer = _Writer(project, annotators)
    for row in new:
        _drop_repeats(row, result)
    writer.add(new)
    result.added += len(new)
    result.labels += sum(len(row.labels) for row in new)
    for rows_of_items in _without_repeated_items(old):
        _add_labels(rows_of_items, writer, result)


def _known_and_new(
    project: Project, rows: Sequence[_Row], result: Result
) -> tuple[list[_Row], list[_Row]]:
    """Rows of items that are to be added, and of those that are there; conflicts are left out."""
    there = _items_with_keys(project, [row.key for row in rows])
    new: dict[str, _Row] = {}
    old = []
    for row in rows:
        if row.key in there:
            row.pk, texts = there[row.key]
        elif row.key in new:
            texts = new[row.key].texts
        else:
            new[row.key] = row
            continue
        if texts != row.texts:
            result.fault(
                row.line,
                f"key {brief(row.key)} is that of an item with other texts; "
                "give one of them another key",
                conflict=True,
            )
            continue
        result.present += 1
        old.append(row)
    _draw_ids(list(new.values()))
    for row in old:
        row.pk = row.pk or new[row.key].pk
    return list(new.values()), old


def _items_with_keys(project: Project, keys: list[str]) -> dict[str, tuple[int, str]]:
    """Ids and joined hashes of the texts of those items that are there, by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item.key, item.id, item.prompt_hash || COALESCE((
                SELECT string_agg(completion.text_hash, '' ORDER BY completion.position)
                FROM annotate_completion AS completion WHERE completion.item_id = item.id), '')
            FROM annotate_item AS item WHERE item.project_id = %s AND item.key = ANY(%s)
            """,
            [project.pk, keys],
        )
        return {key: (pk, texts) for key, pk, texts in cursor.fetchall()}


def _draw_ids(rows: Sequence[_Row]) -> None:
    for row, pk in zip(rows, _ids("annotate_item", len(rows)), strict=True):
        row.pk = pk


def _ids(table: str, number: int) -> list[int]:
    """Ids of rows to come, out of the table's own sequence."""
    if not number:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, number],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _drop_repeats(row: _Row, result: Result) -> None:
    """Of several labels by one annotator on one line the first stands."""
    if len(row.labels) > 1:
        kept: dict[Any, Answers] = {}
        row.labels = [label for label in row.labels if _is_new(row, label, kept, result)]


def _is_new(row: _Row, label: _Label, there: dict[Any, Answers], result: Result) -> bool:
    """Whether no such label is there yet; another answer by the same annotator is a conflict."""
    name = (*label.annotator, label.parsed.purpose)
    if name not in there:
        there[name] = label.answers
        return True
    if there[name] == label.answers:
        result.labels_present += 1
    else:
        result.fault(
            row.line,
            f"{label.parsed.annotator} has labelled this item already, with another answer "
            f"({brief(there[name])}, not {brief(label.answers)}); the first one stays",
            conflict=True,
        )
    return False


def _without_repeated_items(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Groups of rows in which no item comes twice."""
    left = list(rows)
    while left:
        group: dict[int, _Row] = {}
        later = []
        for row in left:
            if row.pk in group:
                later.append(row)
            else:
                group[row.pk] = row
        yield list(group.values())
        left = later


def _add_labels(rows: Sequence[_Row], writer: "_Writer", result: Result) -> None:
    """Add to items that are there what they do not have yet."""
    rows = [row for row in rows if row.labels]
    if not rows:
        return
    locked = Item.objects.select_for_update(no_key=True).filter(pk__in=[row.pk for row in rows])
    seats = dict(locked.order_by("pk").values_list("pk", "seats_left"))
    there = _labels_of(list(seats))
    for row in rows:
        before = there.setdefault(row.pk, {})
        row.labels = [label for label in row.labels if _is_new(row, label, before, result)]
    changed = [row for row in rows if row.labels]
    writer.add_annotations(changed)
    result.labels += sum(len(row.labels) for row in changed)
    _take_seats({row.pk: max(seats[row.pk] - _seats(row), 0) for row in changed})


def _labels_of(items: list[int]) -> dict[int, dict[Any, Answers]]:
    """Current answers by item and (kind, name, version, purpose) of who gave them."""
    found: dict[int, dict[Any, Answers]] = {}
    current = Annotation.objects.current().filter(item__in=items)
    for item, answers, *who in current.values_list(
        "item", "answers", "annotator__kind", "annotator__name", "annotator__version", "purpose"
    ):
        found.setdefault(item, {})[tuple(who)] = answers
    return found


def _seats(row: _Row) -> int:
    """How many seats the row's labels take: only people's work does."""
    return sum(
        label.parsed.kind == Annotator.Kind.HUMAN
        and label.parsed.purpose == Annotation.Purpose.WORK
        for label in row.labels
    )


def _take_seats(seats: Mapping[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_item AS item SET seats_left = new.seats, stale = true
            FROM unnest(%s::bigint[], %s::smallint[]) AS new(id, seats) WHERE item.id = new.id
            """,
            [list(seats), list(seats.values())],
        )


class _Annotators:
    """Ids of those who labelled, by kind, name and version; who is new is added."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.ids: dict[tuple[str, str, int], int] = {}

    def load(self, labels: Iterable[ParsedLabel]) -> None:
        wanted: dict[tuple[str, str, int], ParsedLabel] = {}
        for label in labels:
            who = (label.kind, label.annotator, label.version)
            if who not in wanted or (label.description and not wanted[who].description):
                wanted[who] = label
        if not wanted:
            return
        self._read(wanted)
        missing = [label for who, label in wanted.items() if who not in self.ids]
        if missing:
            Annotator.objects.bulk_create(
                (
                    Annotator(
                        project=self.project,
                        kind=label.kind,
                        name=label.annotator,
                        version=label.version,
                        description=label.description,
                    )
                    for label in missing
                ),
                ignore_conflicts=True,
            )
            self._read(wanted)

    def _read(self, wanted: Iterable[tuple[str, str, int]]) -> None:
        names = {name for _, name, _ in wanted}
        found = Annotator.objects.filter(project=self.project, name__in=names)
        for pk, *who in found.values_list("pk", "kind", "name", "version"):
            self.ids[tuple(who)] = pk  # type: ignore[index]  # (str, str, int), as selected


class _Writer:
    """Writes rows by COPY."""

    def __init__(self, project: Project, annotators: _Annotators) -> None:
        self.project = project
        self.annotators = annotators
        self.form = project.form
        self.guidelines = project.guidelines
        self.now = timezone.now()

    def add(self, rows: Sequence[_Row]) -> None:
        _copy("annotate_item", _ITEM_COLUMNS, map(self._item, rows))
        ids = _ids("annotate_completion", sum(len(row.text_hashes) for row in rows))
        _copy("annotate_completion", _COMPLETION_COLUMNS, self._completions(rows, ids))
        self.add_annotations(rows)

    def add_annotations(self, rows: Sequence[_Row]) -> None:
        labels = [(row, label) for row in rows for label in row.labels]
        if labels:
            ids = _ids("annotate_annotation", len(labels))  # no query may run during a COPY
            _copy("annotate_annotation", _ANNOTATION_COLUMNS, self._annotations(labels, ids))

    def _item(self, row: _Row) -> tuple[Any, ...]:
        project, item = self.project, row.item
        overlap = item.overlap or project.overlap
        messages, contexts, metadata = row.json
        return (
            row.pk,
            project.pk,
            row.key,
            item.source,
            messages,
            contexts,
            metadata,
            row.prompt_hash,
            in_evaluation_share(row.prompt_hash, project.evaluation_share),
            project.default_route,
            overlap,
            max(overlap - _seats(row), 0),
            "",
            0.0,
            bool(row.labels),
            self.now,
        )

    @staticmethod
    def _completions(rows: Sequence[_Row], ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        ids = iter(ids)
        for row in rows:
            pairs = zip(row.item.completions, row.text_hashes, strict=True)
            for position, (completion, digest) in enumerate(pairs):
                yield next(ids), row.pk, position, completion.text, completion.generator, digest

    def _annotations(
        self, labels: Sequence[tuple[_Row, _Label]], pks: Sequence[int]
    ) -> Iterator[tuple[Any, ...]]:
        guidelines = self.guidelines.pk if self.guidelines else None
        for pk, (row, label) in zip(pks, labels, strict=True):
            parsed = label.parsed
            yield (
                pk,
                self.project.pk,
                row.pk,
                self.annotators.ids[label.annotator],
                parsed.purpose,
                1,
                canonical_json(label.answers),
                self.form.pk,
                guidelines,
                "",
                parsed.order,
                parsed.active_seconds,
                parsed.focused_seconds,
                parsed.wall_seconds,
                label.raw,
                parsed.created_at or self.now,
            )


_ITEM_COLUMNS = (
    "id, project_id, key, source, messages, contexts, metadata, prompt_hash, evaluation, route, "
    "overlap, seats_left, queue, rank, stale, created_at"
)
_COMPLETION_COLUMNS = "id, item_id, position, text, generator, text_hash"
_ANNOTATION_COLUMNS = (
    "id, project_id, item_id, annotator_id, purpose, attempt, answers, form_id, guidelines_id, "
    'key, "order", active_seconds, focused_seconds, wall_seconds, raw, created_at'
)


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """``rows`` must not query: the connection is busy with the COPY."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
