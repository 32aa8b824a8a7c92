"""Answers that mark parts of texts, arranged: a unit is a stretch of a text with one label.

Texts are cut at the ends of all marks of an item, so that units follow from several answers at once.
Every answer to the item votes on each: marked with the label, or not. In a fit, what nobody marked
counts too, as one unit an item with the length of it all, over the labels that occur.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from annotate.aggregation.arranging import Answers, Arranged
from annotate.aggregation.joining import join
from annotate.aggregation.method import Data, Settled
from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Numbers, Votes
from annotate.agreement.tables import meetings
from annotate.marking import Given, Texts, given, placed, spread
from annotate.questions import Answer, Question
from annotate.stretches import IntArray, Marks, Stretches, cut


@dataclass(frozen=True)
class Units:
    """What is voted on: first stretches with a label, then what is missing, then what is left over.

    ``text`` and ``label`` (units,); ``stretch`` -1 but for stretches; ``start`` and ``end`` in code
    points.
    """

    text: IntArray
    label: IntArray
    stretch: IntArray
    start: IntArray
    end: IntArray
    stretched: int
    missing: int


@dataclass(frozen=True)
class Stretched(Arranged):
    """``items`` has the id of each unit's item; ``units`` are not named."""

    question: Question[Any]
    texts: Texts
    given: Given
    marks: Marks
    severity: IntArray
    stretches: Stretches
    of: Units
    answered: IntArray

    @property
    def answers(self) -> int:
        return int(self.answered.sum())

    @property
    def answers_by_annotator(self) -> IntArray:
        return self.answered

    def said_of(self, known: Mapping[int, Answer]) -> Floats:
        """Of each unit 1 where the answer that is known of its item marks most of it, else 0.

        NaN where nothing is known of the item, and for what nobody marked.
        """
        items = np.array(sorted(set(known) & set(self.texts.items.tolist())), dtype=np.int64)
        said = given(self.question, [known[item] for item in items.tolist()])
        names = {name: place for place, name in enumerate(self.given.labels)}
        found = placed(
            said, np.arange(len(items)), np.searchsorted(self.texts.items, items), self.texts
        )
        label = np.array([names.get(name, -1) for name in said.labels], dtype=np.int64)
        share = np.zeros(len(self.items))
        _add_shared(share, self.of, replace(found.marks, label=label[found.marks.label]))
        lacking = found.missing.text * len(names) + label[found.missing.label]
        given_ones = slice(self.of.stretched, self.of.stretched + self.of.missing)
        place = self.of.text[given_ones] * len(names) + self.of.label[given_ones]
        share[given_ones] = np.isin(place, lacking)
        truth = (share > 0.5).astype(float)
        truth[~np.isin(np.array(self.items), items)] = np.nan
        truth[given_ones.stop :] = np.nan
        return truth

    def by_item(self, settled: Settled) -> dict[int, Any]:
        """A ``Settlement`` by item id; items of which nothing is marked are left out."""
        assert settled.shares is not None
        return join(self, settled.shares[:, 1], plain=settled.plain)


def _add_shared(share: Floats, units: Units, marks: Marks) -> None:
    """Add to each stretch the share of it that ``marks`` cover with its label."""
    stretched = slice(0, units.stretched)
    labels = int(max(units.label.max(initial=0), marks.label.max(initial=0))) + 2
    key = np.concatenate(
        [units.text[stretched] * labels + units.label[stretched], marks.text * labels + marks.label]
    )
    one, other = meetings(key)
    unit, mark = np.minimum(one, other), np.maximum(one, other) - units.stretched
    both = (unit < units.stretched) & (mark >= 0)
    unit, mark = unit[both], mark[both]
    first = np.maximum(units.start[unit], marks.start[mark])
    shared = np.maximum(np.minimum(units.end[unit], marks.end[mark]) - first, 0)
    np.add.at(share, unit, shared / np.maximum(units.end - units.start, 1)[unit])


def arrange_marks(
    question: Question[Any], answers: Answers, *, texts: Texts | None = None
) -> Stretched:
    """``texts``, for a fit, are all texts of the items; else only those with marks are known."""
    items, owner = np.unique(answers.item, return_inverse=True)
    annotators, who = np.unique(answers.annotator, return_inverse=True)
    known = given(question, answers.distinct)
    whole = texts is not None
    texts = texts or _texts(question, items, known, answers.code, owner)
    found = placed(known, answers.code, owner, texts)
    stretches = cut(found.marks, labels=max(len(known.labels), 1))
    units, voted = _units(stretches, found.missing, items if whole else items[:0])
    of_unit = _owners(units, texts, len(items))
    votes = _votes(of_unit, owner, who, voted, len(annotators))
    return Stretched(
        data=Data(
            votes,
            Numbers(owner[:0], who[:0], np.empty(0), votes.items, len(annotators)),
            owner=of_unit,
            weight=_weights(units, texts, of_unit, known),
        ),
        annotators=annotators.tolist(),
        items=items[of_unit].tolist(),
        units=[],
        question=question,
        texts=texts,
        given=known,
        marks=found.marks,
        severity=found.severity,
        stretches=stretches,
        of=units,
        answered=np.bincount(who, minlength=len(annotators)),
    )


def _texts(
    question: Question[Any], items: IntArray, known: Given, code: IntArray, owner: IntArray
) -> Texts:
    """Of the marks alone: the lengths are not needed where nothing is fitted."""
    answer, row = spread(known, code)
    rows = np.unique(np.stack([owner[answer], known.target[row]], axis=1), axis=0)
    return Texts(items, items[rows[:, 0]], rows[:, 1], np.zeros(len(rows), dtype=np.int64))


def _units(
    stretches: Stretches, missing: Marks, left: IntArray
) -> tuple[Units, tuple[IntArray, IntArray]]:
    """The units, and (unit, answer) of the votes for "marked"; ``left``: items of what is left over."""
    labels = stretches.labels
    codes, unit = np.unique(stretches.stretch * labels + stretches.label, return_inverse=True)
    stretch, label = np.divmod(codes, labels)
    places, lacking = np.unique(missing.text * labels + missing.label, return_inverse=True)
    nothing, without = np.full(len(places), -1), np.full(len(left), -1)
    start = stretches.start[stretch]
    units = Units(
        text=np.concatenate([stretches.text[stretch], places // labels, without]),
        label=np.concatenate([label, places % labels, without]),
        stretch=np.concatenate([stretch, nothing, without]),
        start=np.concatenate([start, nothing, without]),
        end=np.concatenate([start + stretches.length[stretch], nothing, without]),
        stretched=len(codes),
        missing=len(places),
    )
    voted = np.concatenate([unit, len(codes) + lacking])
    return units, (voted, np.concatenate([stretches.answer, missing.answer]))


def _owners(units: Units, texts: Texts, items: int) -> IntArray:
    """The place of each unit's item; what is left over stands in the order of the items."""
    given_ones = units.stretched + units.missing
    return np.concatenate([texts.owner[units.text[:given_ones]], np.arange(items)])[
        : len(units.text)
    ]


def _votes(
    of_unit: IntArray,
    owner: IntArray,
    who: IntArray,
    voted: tuple[IntArray, IntArray],
    annotators: int,
) -> Votes:
    """Every answer to an item votes on all its units."""
    order = np.argsort(owner, kind="stable")
    many = np.bincount(owner, minlength=int(of_unit.max(initial=-1)) + 1)
    starts = np.cumsum(many) - many
    rank = np.empty(len(owner), dtype=np.int64)
    rank[order] = np.arange(len(owner)) - starts[owner[order]]
    times = many[of_unit]
    offset = np.cumsum(times) - times
    unit = np.repeat(np.arange(len(of_unit)), times)
    answer = order[starts[of_unit[unit]] + np.arange(len(unit)) - offset[unit]]
    label = np.zeros(len(unit), dtype=np.intp)
    label[offset[voted[0]] + rank[voted[1]]] = 1
    return Votes(unit, who[answer], label, len(of_unit), annotators, 2)


def _weights(units: Units, texts: Texts, of_unit: IntArray, known: Given) -> Floats:
    """Lengths, a typical stretch as 1; something missing counts as much."""
    length = (units.end - units.start).astype(float)
    typical = max(float(length[: units.stretched].mean()) if units.stretched else 1.0, 1.0)
    weight = length / typical
    weight[units.stretched : units.stretched + units.missing] = 1.0
    left = units.stretched + units.missing
    if left < len(weight):
        labels = len(np.unique(known.label[known.start >= 0]))
        sizes = np.bincount(texts.owner, texts.length, minlength=len(texts.items)) * labels
        covered = np.bincount(
            of_unit[: units.stretched], length[: units.stretched], minlength=len(texts.items)
        )
        weight[left:] = np.maximum(sizes - covered, 0.0)[of_unit[left:]] / typical
    return weight
