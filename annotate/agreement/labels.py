"""A project's current labels as arrays, in one pass over the table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from annotate.agreement.tables import IntArray
from annotate.models import Annotator, Project
from annotate.questions import Answer, Question

Mask = npt.NDArray[np.bool_]
_HEADER_BYTES = 19  # of a binary COPY: signature, flags, length of the extension


@dataclass(frozen=True)
class Labels:
    """The labels that answer one question: arrays of the same length.

    ``item`` and ``annotator`` are places in the project's ``items`` and ``annotators``, ``answer``
    one in ``answers``, where each different answer stands once; ``day`` counts from 1970.
    """

    item: IntArray
    annotator: IntArray
    day: IntArray
    answer: IntArray
    answers: Sequence[Answer]

    def __len__(self) -> int:
        return len(self.item)

    def where(self, kept: Mask) -> "Labels":
        return Labels(
            item=self.item[kept],
            annotator=self.annotator[kept],
            day=self.day[kept],
            answer=self.answer[kept],
            answers=self.answers,
        )

    def joined(self, others: "Labels") -> "Labels":
        """With others, of the same ``answers``."""
        return Labels(
            item=np.concatenate([self.item, others.item]),
            annotator=np.concatenate([self.annotator, others.annotator]),
            day=np.concatenate([self.day, others.day]),
            answer=np.concatenate([self.answer, others.answer]),
            answers=self.answers,
        )


@dataclass(frozen=True)
class ProjectLabels:
    """``items`` are ids, ascending, of the items with a label; archived ones are left out."""

    project: Project
    items: IntArray
    annotators: Sequence[Annotator]
    of: dict[str, Labels]
    # What is made of the labels once and used again, by question.
    made: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def human(self) -> Mask:
        """By annotator."""
        kinds = [annotator.kind == Annotator.Kind.HUMAN for annotator in self.annotators]
        return np.array(kinds, dtype=bool)

    def by_people(self, question: str) -> Labels:
        labels = self.of[question]
        return labels.where(self.human[labels.annotator])


def name_of(annotator: Annotator) -> str:
    """A user is a number; names that came with a file, and those of LLMs, are what they are."""
    return f"person {annotator.pk}" if annotator.user_id is not None else str(annotator)


# A label that a later one supersedes is not current. Answers are told apart by a hash of 64 bits,
# so that they need not all be read; of their text, since the hash of a jsonb is the same for -1 and
# 1. Zero is no answer, or one to a question of another kind.
_LABELS = """
    COPY (
        SELECT label.id, label.item_id, label.annotator_id::bigint,
            ((label.created_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01')::bigint
            {columns}
        FROM annotate_annotation AS label JOIN annotate_item AS item ON item.id = label.item_id
        WHERE label.project_id = %s AND label.purpose = 'work'
            AND item.waits_for IS DISTINCT FROM 'archive'
            AND NOT EXISTS (SELECT FROM annotate_annotation AS successor
                WHERE successor.supersedes_id = label.id)
    ) TO STDOUT (FORMAT BINARY)
"""
_COLUMN = """
    , CASE WHEN label.form_id = ANY(%s) AND label.answers ? %s
        THEN hashtextextended((label.answers -> %s)::text, 0) ELSE 0 END
"""


def load(project: Project) -> ProjectLabels:
    """Everything that has been answered to questions that can be compared."""
    questions = [question for question in project.questions if question.compared]
    forms = list(project.forms.all())
    given: list[Any] = []
    for question in questions:
        alike = [form.pk for form in forms if _asks(form.parsed.named(question.name), question)]
        given += [alike, question.name, question.name]
    query = _LABELS.format(columns=_COLUMN * len(questions))
    rows = _rows(query, [*given, project.pk], columns=4 + len(questions))
    ids, item, annotator, day = rows[:4]
    items, item = np.unique(item, return_inverse=True)
    people, annotator = np.unique(annotator, return_inverse=True)
    known = Annotator.objects.in_bulk(people.tolist())
    of = {}
    for question, answer in zip(questions, rows[4:], strict=True):
        kept = answer != 0
        code, answers = _answers(question.name, ids[kept], answer[kept])
        of[question.name] = Labels(item[kept], annotator[kept], day[kept], code, answers)
    return ProjectLabels(project, items, [known[pk] for pk in people.tolist()], of)


def _asks(earlier: Question[Any] | None, question: Question[Any]) -> bool:
    return earlier is not None and earlier.kind == question.kind


def _rows(query: str, parameters: list[Any], *, columns: int) -> list[IntArray]:
    """The columns of a COPY of big integers."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for number in range(columns):
        layout += [(f"bytes {number}", ">i4"), (str(number), ">i8")]
    row = np.dtype(layout)
    # psycopg's own cursor: Django's wrapper for DEBUG takes no parameters with a COPY.
    with connection.cursor() as cursor, cursor.cursor.copy(query, parameters) as copy:
        stream = b"".join(bytes(part) for part in copy)
    count = (len(stream) - _HEADER_BYTES) // row.itemsize
    table = np.frombuffer(stream, dtype=row, count=count, offset=_HEADER_BYTES)
    return [table[str(number)].astype(np.int64) for number in range(columns)]


def _answers(question: str, label: IntArray, code: IntArray) -> tuple[IntArray, list[Answer]]:
    """Codes from 0 and what each stands for, read from one of its labels."""
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    ids = label[first].tolist()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, answers -> %s FROM annotate_annotation WHERE id = ANY(%s)", [question, ids]
        )
        answers = {pk: json.loads(answer) for pk, answer in cursor.fetchall()}
    return which, [answers[pk] for pk in ids]
