"""Rows on their way into the tables, by COPY."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from annotate.formats.base import ParsedLabel
from annotate.hashes import canonical_json
from annotate.importing.rows import Label, Row
from annotate.models import Annotation, Annotator, Project
from annotate.sampling import in_evaluation_share


def new_ids(table: str, number: int) -> list[int]:
    """Ids of rows to come, out of the table's own sequence."""
    if not number:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, number],
        )
        return [pk for (pk,) in cursor.fetchall()]


def seats_taken(row: Row) -> int:
    """How many seats the row's labels take: only people's work does."""
    return sum(
        label.parsed.kind == Annotator.Kind.HUMAN
        and label.parsed.purpose == Annotation.Purpose.WORK
        for label in row.labels
    )


class Annotators:
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


class Writer:
    """Writes rows by COPY."""

    def __init__(self, project: Project, annotators: Annotators) -> None:
        self.project = project
        self.annotators = annotators
        self.form = project.form
        self.guidelines = project.guidelines
        self.now = timezone.now()

    def add(self, rows: Sequence[Row]) -> None:
        _copy("annotate_item", _ITEM_COLUMNS, map(self._item, rows))
        ids = new_ids("annotate_completion", sum(len(row.text_hashes) for row in rows))
        _copy("annotate_completion", _COMPLETION_COLUMNS, self._completions(rows, ids))
        self.add_annotations(rows)

    def add_annotations(self, rows: Sequence[Row]) -> None:
        labels = [(row, label) for row in rows for label in row.labels]
        if labels:
            ids = new_ids("annotate_annotation", len(labels))  # no query may run during a COPY
            _copy("annotate_annotation", _ANNOTATION_COLUMNS, self._annotations(labels, ids))

    def _item(self, row: Row) -> tuple[Any, ...]:
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
            max(overlap - seats_taken(row), 0),
            item.queue,
            0.0,
            list(item.tags),
            bool(row.labels),
            self.now,
        )

    @staticmethod
    def _completions(rows: Sequence[Row], ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        ids = iter(ids)
        for row in rows:
            pairs = zip(row.item.completions, row.text_hashes, strict=True)
            for position, (completion, digest) in enumerate(pairs):
                media = canonical_json(completion.media) if completion.media else None
                yield (
                    next(ids),
                    row.pk,
                    position,
                    completion.text,
                    completion.generator,
                    digest,
                    media,
                    None if completion.steps is None else canonical_json(completion.steps),
                )

    def _annotations(
        self, labels: Sequence[tuple[Row, Label]], pks: Sequence[int]
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
                label.suggestions,
                parsed.reason,
                parsed.created_at or self.now,
            )


_ITEM_COLUMNS = (
    "id, project_id, key, source, messages, contexts, metadata, prompt_hash, evaluation, route, "
    "overlap, seats_left, queue, rank, tags, stale, created_at"
)
_COMPLETION_COLUMNS = "id, item_id, position, text, generator, text_hash, media, steps"
_ANNOTATION_COLUMNS = (
    "id, project_id, item_id, annotator_id, purpose, attempt, answers, form_id, guidelines_id, "
    'key, "order", active_seconds, focused_seconds, wall_seconds, raw, suggestions, reason, '
    "created_at"
)


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """``rows`` must not query: the connection is busy with the COPY."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
