"""Answers as they come from the database, arranged into the arrays that methods work on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from annotate.aggregation.catalogue import Data, Pairs, Settled
from annotate.aggregation.methods.votes import Numbers, Votes
from annotate.questions import Question
from annotate.questions.base.question import Found

Unit = tuple[int, str]  # an item, and what of it is answered: "" or a completion


class Given(NamedTuple):
    """One annotator's answer to one question of one item, taken apart by unit."""

    item: int
    annotator: int
    votes: Mapping[str, float]
    values: Mapping[str, float]


def given(question: Question[Any], item: int, annotator: int, answer: Any) -> Given:
    return Given(item, annotator, question.votes(answer), question.values(answer))


@dataclass(frozen=True)
class Arranged:
    """``data`` with what its indices stand for: ids of annotators, and units by item id."""

    data: Data
    annotators: list[int]
    units: list[Unit]

    def by_item(self, settled: Settled) -> dict[int, dict[str, Found]]:
        """What was found, by item id and unit."""
        found: dict[int, dict[str, Found]] = {}
        shares, value, deviation = (
            None if part is None else part.tolist()
            for part in (settled.shares, settled.value, settled.deviation)
        )
        for place, (item, unit) in enumerate(self.units):
            found.setdefault(item, {})[unit] = Found(
                None if shares is None else shares[place],
                None if value is None else value[place],
                None if deviation is None else deviation[place],
                settled.plain,
            )
        return found


def arrange(
    question: Question[Any],
    answers: Iterable[Given],
    *,
    things: Mapping[int, tuple[int, int]] | None = None,
    kept: Mapping[int, Mapping[str, float]] | None = None,
) -> Arranged:
    """Arrays of ``answers``. ``things`` gives ids of what an item compares; ``kept`` what an earlier
    fit kept with items."""
    classes = {value: place for place, value in enumerate(question.classes)}
    annotators: dict[int, int] = {}
    units: dict[Unit, int] = {}
    voted: list[tuple[int, int, int]] = []
    valued: list[tuple[int, int, float]] = []
    for item, annotator, votes, values in answers:
        who = annotators.setdefault(annotator, len(annotators))
        for unit, value in votes.items():
            place = units.setdefault((item, unit), len(units))
            voted.append((place, who, classes[value]))
        for unit, value in values.items():
            place = units.setdefault((item, unit), len(units))
            valued.append((place, who, value))
    many, people = len(units), len(annotators)
    data = Data(
        Votes(*_columns(voted), many, people, len(classes)),
        _numbers(valued, many, people),
        _pairs(list(units), things) if things is not None else None,
        _kept(list(units), kept) if kept else {},
    )
    return Arranged(data, list(annotators), list(units))


def _columns(rows: Sequence[tuple[int, int, int]]) -> tuple[Any, Any, Any]:
    table = np.array(rows, dtype=np.intp).reshape(-1, 3)
    item, annotator, label = (np.ascontiguousarray(table[:, column]) for column in range(3))
    return item, annotator, label


def _numbers(rows: Sequence[tuple[int, int, float]], items: int, annotators: int) -> Numbers:
    table = np.array(rows, dtype=float).reshape(-1, 3)
    item, annotator = (np.ascontiguousarray(table[:, n]).astype(np.intp) for n in (0, 1))
    return Numbers(item, annotator, np.ascontiguousarray(table[:, 2]), items, annotators)


def _pairs(units: list[Unit], things: Mapping[int, tuple[int, int]]) -> Pairs:
    numbers: dict[int, int] = {}
    ends = [[numbers.setdefault(end, len(numbers)) for end in things[item]] for item, _ in units]
    table = np.array(ends, dtype=np.intp).reshape(-1, 2)
    return Pairs(table[:, 0].copy(), table[:, 1].copy(), len(numbers))


def _kept(units: list[Unit], kept: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    names = {name for one in kept.values() for name in one}
    return {
        name: np.array([kept.get(item, {}).get(name, np.nan) for item, _ in units])
        for name in names
    }
