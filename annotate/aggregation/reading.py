"""All answers to a question of a project, for fits and comparisons: in pages, without a transaction."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from annotate.aggregation.arranging import Answers, Arranged, Ids, arrange
from annotate.aggregation.combining import Source
from annotate.aggregation.stretched import arrange_marks
from annotate.marking import read_texts
from annotate.models import Project
from annotate.questions import Question

PAGE = 50_000
_ANSWERS = """
    SELECT label.id, label.item_id, label.annotator_id, annotator.kind = 'human',
        label.answers -> %(question)s
    FROM annotate_annotation AS label
    JOIN annotate_annotator AS annotator ON annotator.id = label.annotator_id
    JOIN annotate_item AS item ON item.id = label.item_id
    WHERE label.project_id = %(project)s AND label.id > %(after)s AND label.purpose = 'work'
    AND label.answers ? %(question)s AND item.waits_for IS DISTINCT FROM 'archive'
    AND NOT EXISTS (SELECT FROM annotate_annotation AS successor
        WHERE successor.supersedes_id = label.id)
    ORDER BY label.id LIMIT %(page)s
"""
_FROZEN = """
    SELECT label.id, label.item_id, label.annotator_id, annotator.kind = 'human',
        label.answers -> %(question)s
    FROM annotate_annotation AS label
    JOIN annotate_annotator AS annotator ON annotator.id = label.annotator_id
    WHERE label.id = ANY(%(ids)s) AND label.purpose = 'work' AND label.answers ? %(question)s
    ORDER BY label.id
"""
_THINGS = """
    SELECT item.id, first.text_hash || item.prompt_hash, second.text_hash || item.prompt_hash
    FROM annotate_item AS item
    JOIN annotate_completion AS first ON first.item_id = item.id AND first.position = %s
    JOIN annotate_completion AS second ON second.item_id = item.id AND second.position = %s
    WHERE item.id = ANY(%s)
"""


@dataclass(frozen=True)
class Read:
    """Current answers of work on live items; ``human`` (answers,) tells people's from judges'."""

    answers: Answers
    human: npt.NDArray[np.bool_]

    def by(self, source: str) -> Answers:
        if source == Source.ALL:
            return self.answers
        return self.answers.where(self.human if source == Source.PEOPLE else ~self.human)


def read_answers(project: Project, question: Question[Any]) -> Read:
    """What stands now."""

    def pages() -> Iterator[list[Any]]:
        after = 0
        while rows := _page(project, question.name, after):
            after = rows[-1][0]
            yield rows

    return _read(pages())


def read_frozen(ids: Ids, question: Question[Any]) -> Read:
    """What stood in a snapshot, by the ids of its labels."""
    starts = range(0, len(ids), PAGE)
    return _read(
        _rows(_FROZEN, {"ids": ids[start : start + PAGE].tolist(), "question": question.name})
        for start in starts
    )


def _read(pages: Iterable[list[Any]]) -> Read:
    """Every different answer is decoded once."""
    numbers: dict[str, int] = {}
    tables = [np.empty((0, 4), dtype=np.int64)]
    for rows in pages:
        table = [
            (item, annotator, human, numbers.setdefault(text, len(numbers)))
            for _, item, annotator, human, text in rows
        ]
        tables.append(np.array(table, dtype=np.int64).reshape(-1, 4))
    columns = np.concatenate(tables)
    distinct = [json.loads(text) for text in numbers]
    answers = Answers(columns[:, 0], columns[:, 1], columns[:, 3].astype(np.intp), distinct)
    return Read(answers, columns[:, 2].astype(bool))


def _page(project: Project, question: str, after: int) -> list[Any]:
    return _rows(
        _ANSWERS, {"question": question, "project": project.pk, "after": after, "page": PAGE}
    )


def _rows(query: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def read_things(question: Question[Any], items: list[int]) -> dict[int, tuple[int, int]]:
    """Numbers of the texts that each item compares: the same text below the same prompt is one thing."""
    numbers: dict[str, int] = {}
    found = {}
    assert question.positions is not None
    for start in range(0, len(items), PAGE):
        with connection.cursor() as cursor:
            cursor.execute(_THINGS, [*question.positions, items[start : start + PAGE]])
            for item, first, second in cursor.fetchall():
                found[item] = (
                    numbers.setdefault(first, len(numbers)),
                    numbers.setdefault(second, len(numbers)),
                )
    return found


def arrange_whole(question: Question[Any], answers: Answers, *, things: bool) -> Arranged:
    """All answers to a question for a fit, with what it takes to know of the items.

    ``things``: with what their items compare.
    """
    items = np.unique(answers.item)
    if question.marked:
        return arrange_marks(question, answers, texts=read_texts(question, items))
    known = read_things(question, items.tolist()) if things else None
    return arrange(question, answers, things=known)
