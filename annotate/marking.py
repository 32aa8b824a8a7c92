"""What answers mark, as arrays, with the texts that it is in: for agreement and aggregation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from annotate.offsets import COMPLETION, CONTEXT, Target
from annotate.questions import Answer, Question
from annotate.stretches import IntArray, Marks

KINDS = (COMPLETION, CONTEXT)
MOST_TEXTS = 1 << 16  # of one kind in an item
PAGE = 20_000
_COMPLETIONS = """
    SELECT item_id, 0, position, length(text) FROM annotate_completion WHERE item_id = ANY(%s)
"""
_CONTEXTS = """
    SELECT item.id, 1, passage.number - 1, length(passage.value ->> 'text')
    FROM annotate_item AS item,
        jsonb_array_elements(item.contexts) WITH ORDINALITY AS passage(value, number)
    WHERE item.id = ANY(%s)
"""


@dataclass(frozen=True)
class Texts:
    """Texts in which parts can be marked: ``item`` (texts,) ids, ``target`` codes, ``length``.

    In the order of (item, target); an item's place in ``items`` is ``owner``.
    """

    items: IntArray
    item: IntArray
    target: IntArray
    length: IntArray

    def __len__(self) -> int:
        return len(self.item)

    @property
    def owner(self) -> IntArray:
        return np.searchsorted(self.items, self.item)

    def find(self, owner: IntArray, target: IntArray) -> IntArray:
        """Places of texts, -1 where there is none such; ``owner`` are places in ``items``."""
        size = len(KINDS) * MOST_TEXTS
        known, wanted = self.owner * size + self.target, owner * size + target
        place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        there = known[place] == wanted if len(known) else np.zeros(len(wanted), dtype=bool)
        return np.where(there, place, -1)


def code_of(target: Target) -> int:
    return KINDS.index(target.kind) * MOST_TEXTS + target.place


def target_of(code: int) -> Target:
    kind, place = divmod(code, MOST_TEXTS)
    return Target(KINDS[kind], place)


def read_texts(question: Question[Any], items: IntArray) -> Texts:
    """The texts of ``items`` (ascending ids) in which ``question`` has parts marked."""
    query = _COMPLETIONS
    if question.may_mark(Target(CONTEXT, 0)):
        query += f"UNION ALL {_CONTEXTS}"
    rows: list[tuple[int, int, int, int]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(items), PAGE):
            page = items[start : start + PAGE].tolist()
            cursor.execute(query, [page] * query.count("%s"))
            rows += cursor.fetchall()
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    target = table[:, 1] * MOST_TEXTS + table[:, 2]
    asked = [code for code in np.unique(target).tolist() if question.may_mark(target_of(code))]
    table, target = table[kept := np.isin(target, asked)], target[kept]
    order = np.lexsort((target, table[:, 0]))
    return Texts(items, table[order, 0], target[order], table[order, 3])


@dataclass(frozen=True)
class Given:
    """The marks of different answers, each (marks,), in the order of the answers.

    ``start`` and ``end`` are -1 for what is missing; ``severity`` is a place in ``severities``.
    ``sizes`` says how many each answer has; ``labels`` are what ``label`` numbers.
    """

    answer: IntArray
    target: IntArray
    start: IntArray
    end: IntArray
    label: IntArray
    severity: IntArray
    sizes: IntArray
    labels: tuple[str, ...]
    severities: tuple[str, ...]


def given(question: Question[Any], answers: Sequence[Answer]) -> Given:
    """Labels that the question does not have any more come after those that it has."""
    labels = {name: place for place, name in enumerate(question.mark_labels)}
    severities: dict[str, int] = {}
    rows: list[tuple[int, ...]] = []
    sizes = []
    for place, answer in enumerate(answers):
        marks = question.marks(answer)
        sizes.append(len(marks))
        rows += [
            (
                place,
                code_of(target),
                -1 if start is None else start,
                -1 if end is None else end,
                labels.setdefault(label, len(labels)),
                severities.setdefault(severity, len(severities)),
            )
            for target, start, end, label, severity in marks
        ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    return Given(
        answer=table[:, 0],
        target=table[:, 1],
        start=table[:, 2],
        end=table[:, 3],
        label=table[:, 4],
        severity=table[:, 5],
        sizes=np.array(sizes, dtype=np.int64),
        labels=tuple(labels),
        severities=tuple(severities),
    )


class Placed(NamedTuple):
    """The marks of many answers, the ``severity`` of each, and what is said to be missing."""

    marks: Marks
    missing: Marks
    severity: IntArray


def spread(marks: Given, code: IntArray) -> tuple[IntArray, IntArray]:
    """Of answers that are the ones ``code`` names: of all their marks, whose it is and which."""
    times = marks.sizes[code]
    answer = np.repeat(np.arange(len(code)), times)
    starts = np.cumsum(marks.sizes) - marks.sizes
    within = np.arange(len(answer)) - np.repeat(np.cumsum(times) - times, times)
    return answer, starts[code[answer]] + within


def placed(marks: Given, code: IntArray, owner: IntArray, texts: Texts) -> Placed:
    """Without what is in none of ``texts``.

    ``code`` (answers,) names each one's answer, ``owner`` its item among ``texts.items``.
    """
    answer, row = spread(marks, code)
    text = texts.find(owner[answer], marks.target[row])
    start, end = marks.start[row], marks.end[row]
    found = Marks(answer, text, start, end, marks.label[row])
    ranged = (text >= 0) & (start >= 0) & (end > start)
    lacking = (text >= 0) & (start < 0)
    return Placed(found.where(ranged), found.where(lacking), marks.severity[row][ranged])
