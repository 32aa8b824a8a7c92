"""Agreement of answers that only a distance compares: whole texts with spans, rankings, steps.

Alpha as for numbers, with the question kind's own distance in the place of squared differences.
What chance would give is the mean distance of any two answers: of all of them while there are few
different ones, else of pairs drawn at random.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotate.agreement.estimates import REPLICATES, Estimate, interval, known
from annotate.agreement.labels import Labels, Mask
from annotate.agreement.tables import Array, IntArray, meetings
from annotate.questions import Question

MOST_ANSWERS = 500  # different ones, of which every two are compared
DRAWN_PAIRS = 100_000
SEED = 0


@dataclass
class Distances:
    """The kind's distance of any two of a question's answers; each is asked for once."""

    question: Question[Any]
    labels: Labels
    known: dict[int, float] = field(default_factory=dict)

    def __call__(self, first: IntArray, second: IntArray) -> Array:
        size = len(self.labels.answers)
        code = np.minimum(first, second) * size + np.maximum(first, second)
        codes, place = np.unique(code, return_inverse=True)
        return np.array([self._of(one, size) for one in codes.tolist()], dtype=float)[place]

    def _of(self, code: int, size: int) -> float:
        if code not in self.known:
            one, other = divmod(code, size)
            answers = self.labels.answers
            apart = 0.0 if one == other else self.question.distance(answers[one], answers[other])
            self.known[code] = float(apart)
        return self.known[code]


@dataclass(frozen=True)
class Wholes:
    """Labels whose answers are compared whole."""

    labels: Labels
    distance: Distances

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, kept: Mask) -> "Wholes":
        return Wholes(self.labels.where(kept), self.distance)

    def joined(self, others: "Wholes") -> "Wholes":
        return Wholes(self.labels.joined(others.labels), self.distance)

    @property
    def item(self) -> IntArray:
        return self.labels.item

    @property
    def annotator(self) -> IntArray:
        return self.labels.annotator

    @property
    def day(self) -> IntArray:
        return self.labels.day

    def figures(self, names: Iterable[str] | None = None) -> dict[str, Estimate]:
        """``alpha``, and the share of pairs of answers between which there is no distance."""
        found = _figures(*self._pairable())
        return found if names is None else {n: one for n, one in found.items() if n in set(names)}

    def _pairable(self) -> tuple[IntArray, IntArray, Distances]:
        """Items from 0 and answers, of the items with two labels or more."""
        _, item, times = np.unique(self.item, return_inverse=True, return_counts=True)
        several = times[item] > 1
        item = np.unique(item[several], return_inverse=True)[1]
        return item, self.labels.answer[several], self.distance


def _figures(item: IntArray, answer: IntArray, distance: Distances) -> dict[str, Estimate]:
    items = int(item.max(initial=-1)) + 1
    if not items:
        return dict.fromkeys(("alpha", "agreement"), Estimate(None, None, None, 0))
    answers = np.bincount(item)
    one, other = meetings(item)
    apart = distance(answer[one], answer[other])
    within = item[one]
    observed = np.bincount(within, apart * 2 / (answers[within] - 1), minlength=items)
    same = np.bincount(within, apart == 0, minlength=items)
    pairs = answers * (answers - 1) / 2
    chance = _Chance(item, answer, distance)
    rng = np.random.default_rng(SEED)
    drawn = [np.ones(items), *(_draw(rng, items) for _ in range(REPLICATES))]
    rows = np.array(
        [(w @ observed / (w @ answers), *chance.of(w), w @ same / (w @ pairs)) for w in drawn]
    )
    return _estimates(rows, items)


def _draw(rng: np.random.Generator, items: int) -> Array:
    return np.bincount(rng.integers(items, size=items), minlength=items).astype(float)


def _estimates(rows: Array, items: int) -> dict[str, Estimate]:
    """``rows`` (the table and its replicates): distance there was, by chance, equal by chance, equal."""
    apart, by_chance, equal_by_chance, equal = rows.T
    value = np.full(len(rows), np.nan)
    np.divide(apart, by_chance, out=value, where=by_chance > 0)
    found = {
        "alpha": (1 - value, equal[0], equal_by_chance[0]),
        "agreement": (equal, equal[0], equal_by_chance[0]),
    }
    return {
        name: Estimate(
            known(values[0]),
            *(interval(values[1:]) if known(values[0]) is not None and items > 1 else (None, None)),
            items,
            float(observed),
            float(chance),
        )
        for name, (values, observed, chance) in found.items()
    }


class _Chance:
    """Mean distance, and share without any, of two of the answers, items weighted."""

    def __init__(self, item: IntArray, answer: IntArray, distance: Distances) -> None:
        self.item = item
        codes, self.code = np.unique(answer, return_inverse=True)
        self.apart: Array | None = None
        if len(codes) <= MOST_ANSWERS:
            size = len(codes)
            one, other = np.divmod(np.arange(size * size), size)
            self.apart = distance(codes[one], codes[other]).reshape(size, size)
            return
        rng = np.random.default_rng(SEED)
        first = rng.integers(len(answer), size=DRAWN_PAIRS)
        second = (first + rng.integers(1, len(answer), size=DRAWN_PAIRS)) % len(answer)
        self.pairs = item[first], item[second]
        self.drawn = distance(answer[first], answer[second])

    def of(self, weights: Array) -> tuple[float, float]:
        if self.apart is None:
            weight = weights[self.pairs[0]] * weights[self.pairs[1]]
            return weight @ self.drawn / weight.sum(), weight @ (self.drawn == 0) / weight.sum()
        totals = np.bincount(self.code, weights[self.item], minlength=len(self.apart))
        number = totals.sum()
        pairs = number * (number - 1)
        equal = totals @ (self.apart == 0) @ totals - number
        return totals @ self.apart @ totals / pairs, equal / pairs
