"""Answers as they come from the database, arranged into the arrays that methods work on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.aggregation.method import Data, Pairs, Settled
from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Indices, Numbers, Votes
from annotate.questions import Answer, Question
from annotate.questions.base.question import Found

Ids = npt.NDArray[np.int64]
Kept = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Answers:
    """Answers to one question: ids of items and annotators, and numbers into the ``distinct`` ones.

    All answers of a large project are a few dozen different ones.
    """

    item: Ids
    annotator: Ids
    code: Indices
    distinct: list[Answer]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, Answer]]) -> "Answers":
        """From (item, annotator, answer)."""
        numbers: dict[str, int] = {}
        distinct: list[Answer] = []
        table = []
        for item, annotator, answer in rows:
            text = str(answer)
            if text not in numbers:
                numbers[text] = len(distinct)
                distinct.append(answer)
            table.append((item, annotator, numbers[text]))
        columns = np.array(table, dtype=np.int64).reshape(-1, 3)
        return cls(columns[:, 0], columns[:, 1], columns[:, 2].astype(np.intp), distinct)

    def __len__(self) -> int:
        return len(self.item)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Answers":
        return Answers(self.item[chosen], self.annotator[chosen], self.code[chosen], self.distinct)


@dataclass(frozen=True)
class Arranged:
    """``data`` with what its indices stand for: ids of annotators; of units, the item and what of it
    is answered ("" or a completion)."""

    data: Data
    annotators: list[int]
    items: list[int]
    units: list[str]

    @property
    def answers(self) -> int:
        return max(len(self.data.votes), len(self.data.numbers))

    @property
    def answers_by_annotator(self) -> Ids:
        """How many of their answers count, ratings by completion."""
        given = self.data.votes if len(self.data.votes) else self.data.numbers
        return np.bincount(given.annotator, minlength=given.annotators)

    def by_item(self, settled: Settled) -> dict[int, Any]:
        """What was found, by item id and unit."""
        found: dict[int, dict[str, Found]] = {}
        shares, value, deviation = (
            None if part is None else part.tolist()
            for part in (settled.shares, settled.value, settled.deviation)
        )
        for place, (item, unit) in enumerate(zip(self.items, self.units, strict=True)):
            found.setdefault(item, {})[unit] = Found(
                None if shares is None else shares[place],
                None if value is None else value[place],
                None if deviation is None else deviation[place],
                settled.plain,
            )
        return found

    def kept(self, columns: Mapping[str, Floats]) -> dict[int, dict[str, float]]:
        """What a fit keeps with items, by item id."""
        names = list(columns)
        rows = zip(*(columns[name].tolist() for name in names), strict=True)
        return {
            item: dict(zip(names, row, strict=True))
            for item, row in zip(self.items, rows, strict=False)
        }


def arrange(
    question: Question[Any],
    answers: Answers,
    *,
    things: Mapping[int, tuple[int, int]] | None = None,
    kept: Kept | None = None,
) -> Arranged:
    """Arrays of ``answers``. ``things`` gives ids of what an item compares; ``kept`` is what an earlier
    fit kept with items."""
    classes = {value: place for place, value in enumerate(question.classes)}
    votes = [
        {unit: float(classes[value]) for unit, value in question.votes(answer).items()}
        for answer in answers.distinct
    ]
    values = [question.values(answer) for answer in answers.distinct]
    names = sorted({unit for of_answer in (*votes, *values) for unit in of_answer})
    units = max(1, len(names))  # of an item at most: itself, its completions, parts of their texts
    voted, valued = (_rows(answers, by_answer, names) for by_answer in (votes, values))
    keys = np.concatenate([voted[0], valued[0]])
    places, index = np.unique(keys, return_inverse=True)
    owner = np.unique(places // units, return_inverse=True)[1].astype(np.intp)
    annotators, who = np.unique(answers.annotator, return_inverse=True)
    many, people, split = len(places), len(annotators), len(voted[0])
    items = (places // units).tolist()
    data = Data(
        Votes(index[:split], who[voted[1]], voted[2].astype(np.intp), many, people, len(classes)),
        Numbers(index[split:], who[valued[1]], valued[2], many, people),
        None if things is None else _pairs(items, things),
        _kept(items, kept) if kept else {},
        owner,
    )
    unit_names = [names[place] for place in (places % units).tolist()]
    return Arranged(data, annotators.tolist(), items, unit_names)


def _rows(
    answers: Answers, by_answer: list[dict[str, float]], names: list[str]
) -> tuple[Ids, Indices, Floats]:
    """Of all units answered: item and unit in one number, row of the answer, and the number given.

    By unit, then by row. Answers about parts of texts name thousands of units, each in few items.
    """
    place_of = {name: place for place, name in enumerate(names)}
    sizes = np.array([len(of_answer) for of_answer in by_answer], np.int64)
    places = np.array([place_of[name] for one in by_answer for name in one], np.int64)
    numbers = np.array([number for one in by_answer for number in one.values()], float)
    # Each row stands as often as its answer has units; ``part`` says where the unit is described.
    repeats = sizes[answers.code]
    rows = np.repeat(np.arange(len(answers)), repeats)
    starts = np.cumsum(sizes) - sizes
    within = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    part = np.repeat(starts[answers.code], repeats) + within
    order = np.lexsort((rows, places[part]))
    rows, part = rows[order], part[order]
    keys = answers.item[rows] * max(1, len(names)) + places[part]
    return keys, rows.astype(np.intp), numbers[part]


def _pairs(items: list[int], things: Mapping[int, tuple[int, int]]) -> Pairs:
    ends = np.array([things[item] for item in items], dtype=np.int64).reshape(-1, 2)
    found, index = np.unique(ends, return_inverse=True)
    index = index.reshape(-1, 2)
    return Pairs(index[:, 0].copy(), index[:, 1].copy(), len(found))


def _kept(items: list[int], kept: Kept) -> dict[str, Floats]:
    names = {name for one in kept.values() for name in one}
    return {
        name: np.array([kept.get(item, {}).get(name, np.nan) for item in items]) for name in names
    }
