"""A project's answers to one question as arrays, in one pass over its labels."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from annotate.models import Annotator, Project
from annotate.quality.intervals import Array, IntArray
from annotate.quality.votes import NOBODY, Votes
from annotate.questions import Question

TIMINGS = ("active", "focused", "wall")
LENGTH_DIFFERENCE = 0.05  # two completions that differ by less in bytes are equally long
_HEADER_BYTES = 19  # of a binary COPY: signature, flags, length of the extension

# Answers are told apart by their hash of 64 bits, so that the texts need not be read.
_LABELS = """
    COPY (
        SELECT label.id, label.item_id, label.annotator_id::bigint,
            (extract(epoch FROM label.created_at) * 1000000)::bigint,
            COALESCE((label.active_seconds * 1000)::bigint, -1),
            COALESCE((label.focused_seconds * 1000)::bigint, -1),
            COALESCE((label.wall_seconds * 1000)::bigint, -1),
            (label.purpose = 'review')::int::bigint,
            COALESCE((array_position(label."order", %s::smallint)
                > array_position(label."order", %s::smallint))::int, -1)::bigint,
            hashtextextended((label.answers -> %s)::text, 0)
        FROM annotate_annotation AS label JOIN annotate_item AS item ON item.id = label.item_id
        WHERE label.project_id = %s AND label.purpose IN ('work', 'review')
            AND label.form_id = ANY(%s) AND label.answers ? %s
            AND item.waits_for IS DISTINCT FROM 'archive'
            AND NOT EXISTS (SELECT FROM annotate_annotation AS successor
                WHERE successor.supersedes_id = label.id)
    ) TO STDOUT (FORMAT BINARY)
"""
# The size of a text is known without reading it.
_LENGTHS = """
    COPY (
        SELECT item.id, octet_length(one.text)::bigint, octet_length(two.text)::bigint
        FROM annotate_item AS item
        JOIN annotate_completion AS one ON one.item_id = item.id AND one.position = %s
        JOIN annotate_completion AS two ON two.item_id = item.id AND two.position = %s
        WHERE item.project_id = %s
    ) TO STDOUT (FORMAT BINARY)
"""


@dataclass(frozen=True)
class Given:
    """Who answered a question, and how; ``timing`` names the seconds that were taken most often."""

    annotators: list[Annotator]
    votes: Votes
    timing: str


@dataclass(frozen=True)
class _Parts:
    """The units that each different answer is about, one after the other.

    ``size`` and ``start`` by answer; ``unit``, a place among the ``units`` of an item, and ``value``,
    one among the classes, by part. ``scale`` are the classes' numbers.
    """

    size: IntArray
    start: IntArray
    unit: IntArray
    value: IntArray
    units: int
    scale: Array


def load(project: Project, question: Question[Any]) -> Given | None:
    """None where nobody has answered, or answers are no values that could be compared."""
    first, second = getattr(question.config, "pair", (0, 1))
    forms = [form.pk for form in project.forms.all() if _means(form.parsed, question)]
    names = (question.name, project.pk, forms, question.name)
    rows = _rows(_LABELS, [first, second, *names])
    if rows is None:
        return None
    rows = [column[np.lexsort((rows[0], rows[3], rows[2]))] for column in rows]
    answer, parts = _answers(question, rows[0], rows[9])
    if not parts.units:
        return None
    lengths = _rows(_LENGTHS, [first, second, project.pk]) if question.signed else None
    return _given(question, rows, answer, parts, lengths)


def _means(form: Any, question: Question[Any]) -> bool:
    earlier = form.named(question.name)
    return earlier is not None and earlier.meaning == question.meaning


def _rows(query: str, parameters: list[Any]) -> list[IntArray] | None:
    """The columns of a COPY of big integers; None when there is no row."""
    # psycopg's own cursor: Django's wrapper for DEBUG takes no parameters with a COPY.
    with connection.cursor() as cursor, cursor.cursor.copy(query, parameters) as copy:
        stream = b"".join(bytes(part) for part in copy)
    columns = int.from_bytes(stream[_HEADER_BYTES : _HEADER_BYTES + 2], signed=True)
    if columns < 0:  # the end of the file comes at once
        return None
    layout = [("fields", ">i2")]
    for number in range(columns):
        layout += [(f"bytes {number}", ">i4"), (str(number), ">i8")]
    row = np.dtype(layout)
    count = (len(stream) - _HEADER_BYTES) // row.itemsize
    table = np.frombuffer(stream, dtype=row, count=count, offset=_HEADER_BYTES)
    return [table[str(number)].astype(np.int64) for number in range(columns)]


def _answers(question: Question[Any], label: IntArray, code: IntArray) -> tuple[IntArray, _Parts]:
    """A code from 0 for each label's answer, and what each different answer says."""
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    ids = label[first].tolist()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, answers -> %s FROM annotate_annotation WHERE id = ANY(%s)",
            [question.name, ids],
        )
        answers = {pk: json.loads(answer) for pk, answer in cursor.fetchall()}
    return which, _parts(question, [question.values(answers[pk]) for pk in ids])


def _parts(question: Question[Any], given: list[dict[str, float]]) -> _Parts:
    if question.signed:
        given = [{name: float(np.sign(v)) for name, v in part.items()} for part in given]
        scale = np.array([-1.0, 0.0, 1.0])
    else:
        said = {value for part in given for value in part.values()}
        scale = np.array(sorted({*map(float, question.scale), *said}))
    names = sorted({name for part in given for name in part})
    unit_of = {name: place for place, name in enumerate(names)}
    value_of = {value: place for place, value in enumerate(scale.tolist())}
    size = np.array([len(part) for part in given], dtype=np.int64)
    flat = [(unit_of[name], value_of[value]) for part in given for name, value in part.items()]
    unit, value = np.array(flat, dtype=np.int64).reshape(-1, 2).T
    return _Parts(size, np.cumsum(size) - size, unit, value, len(names), scale)


def _given(
    question: Question[Any],
    rows: list[IntArray],
    answer: IntArray,
    parts: _Parts,
    lengths: list[IntArray] | None,
) -> Given:
    _, item, who, at, *timings, review, turned, _ = rows
    items, item = np.unique(item, return_inverse=True)
    ids, who = np.unique(who, return_inverse=True)
    known = Annotator.objects.in_bulk(ids.tolist())
    annotators = [known[pk] for pk in ids.tolist()]
    timing, seconds = _timing(timings)
    # Each label stands as often as its answer has parts.
    repeats = parts.size[answer]
    label = np.repeat(np.arange(len(answer)), repeats)
    part = parts.start[answer[label]] + np.arange(len(label))
    part -= np.repeat(np.cumsum(repeats) - repeats, repeats)
    unit = item[label] * parts.units + parts.unit[part]
    value = parts.value[part]
    work = review[label] == 0
    longer = _longer(items, lengths)[item] if lengths is not None else np.full(len(item), NOBODY)
    reviewed, reviewer = (np.full(len(items) * parts.units, NOBODY) for _ in range(2))
    latest = np.flatnonzero(~work)[np.argsort(at[label[~work]], kind="stable")]
    reviewed[unit[latest]], reviewer[unit[latest]] = value[latest], who[label[latest]]
    kept = label[work]
    votes = Votes(
        classes=len(parts.scale),
        signed=question.signed,
        scale=parts.scale if question.metric != "nominal" else np.zeros(0),
        unit=unit[work],
        item=item[kept],
        annotator=who[kept],
        value=value[work],
        answer=answer[kept],
        at=at[kept] / 1e6,
        turned=turned[kept],
        longer=longer[kept],
        seconds=seconds[kept],
        review=reviewed,
        reviewer=reviewer,
        people=np.array([each.kind == Annotator.Kind.HUMAN for each in annotators], dtype=bool),
    )
    return Given(annotators, votes, timing)


def _timing(taken: list[IntArray]) -> tuple[str, Array]:
    """The kind of seconds that most labels have; of two the one nearer to the work itself."""
    best = max(range(len(TIMINGS)), key=lambda kind: (int((taken[kind] >= 0).sum()), -kind))
    return TIMINGS[best], np.where(taken[best] >= 0, taken[best] / 1000, np.nan)


def _longer(items: IntArray, lengths: list[IntArray]) -> IntArray:
    """By item, the class that takes the longer completion: 0 or 2, -1 where neither is."""
    ids, first, second = lengths
    apart = np.abs(first - second) > LENGTH_DIFFERENCE * np.maximum(first, second)
    side = np.where(apart, np.where(first > second, 0, 2), NOBODY)
    order = np.argsort(ids)
    places = np.searchsorted(ids[order], items).clip(max=len(ids) - 1)
    found = order[places]
    return np.where(ids[found] == items, side[found], NOBODY)
