"""How alike a judge and people answer, held against how alike people do on the same items.

Shares of pairs are means over units of means within them, so that an item with five labels weighs
as much as one with two. Both sides of a comparison come from the same units: their difference has an
interval of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from annotate.agreement.coefficients import (
    Coefficient,
    Cohen,
    Figures,
    SameAnswer,
    differences,
    divided,
)
from annotate.agreement.estimates import Estimate, estimates
from annotate.agreement.labels import Mask, name_of
from annotate.agreement.numbers import Numbers
from annotate.agreement.spans import Spans
from annotate.agreement.spans_judged import judged
from annotate.agreement.tables import Array, IntArray, group
from annotate.agreement.wholes import Wholes
from annotate.models import Annotator

Who = Literal["judge", "people", "difference"]
WHO: tuple[Who, ...] = ("judge", "people", "difference")
Found = dict[str, Estimate]


def against_people(
    people: Numbers | Wholes | Spans,
    judges: Numbers | Wholes | Spans,
    annotators: Sequence[Annotator],
) -> list[dict[str, Any]]:
    """Each judge that has labelled what people have, the one with the most such items first."""
    rows = []
    for number in np.unique(judges.annotator).tolist():
        judge = judges.where((judges.annotator == number) & np.isin(judges.item, people.item))
        if len(judge):
            rows.append(
                {
                    "annotator": annotators[number].pk,
                    "name": name_of(annotators[number]),
                    "n": len(np.unique(judge.item)),
                    **{name: figure.as_json for name, figure in _figures(people, judge).items()},
                }
            )
    return sorted(rows, key=lambda row: (-row["n"], row["annotator"]))


def _figures(people: Any, judge: Any) -> Found:
    if isinstance(people, Wholes):
        return _wholes(people, judge)
    if isinstance(people, Spans):
        return judged(people, judge)
    units, first = np.unique(judge.unit, return_index=True)
    people = people.where(np.isin(people.unit, units))
    counts, item = people.table
    said = judge.value[first][np.isin(units, people.unit)]
    values = _Table(item, counts, said)
    if people.signed:
        classes, place = np.unique(people.sides, return_inverse=True)
        sides = _Table(item, counts @ np.eye(len(classes))[place], place[said])
        return {
            **sides.pairwise("agreement", Shares, 1 - np.eye(len(classes))),
            **values.pairwise("alpha", Alphas, _differences(people, counts)),
            **sides.without_one(),
            **sides.majority(tie=classes == 0),
        }
    return {
        **values.pairwise("agreement", Shares, 1 - np.eye(counts.shape[1])),
        **values.pairwise("alpha", Alphas, _differences(people, counts)),
        **values.without_one(),
        **values.majority(),
    }


def _differences(people: Numbers, counts: Array) -> Array:
    """By the question's metric; ranks are those of people's answers."""
    if people.metric != "ordinal":
        return differences(people.values, people.metric)
    totals = counts.sum(axis=0)
    return differences(np.cumsum(totals) - totals / 2, "interval")


def _wholes(people: Wholes, judge: Wholes) -> Found:
    """Answers that only a distance compares: people alone, and with the judge among them."""
    alone = people.where(np.isin(people.item, judge.item))
    both = alone.joined(judge).figures()
    return {f"{name}_people": figure for name, figure in alone.figures().items()} | {
        f"{name}_with_judge": figure for name, figure in both.items()
    }


@dataclass(frozen=True)
class _Table:
    """Units that the judge and people answered: people's counts (units, classes), the judge's class."""

    item: IntArray
    counts: Array
    said: IntArray

    def pairwise(
        self, name: str, kind: "Callable[[Array, Who], Coefficient]", distances: Array
    ) -> Found:
        both = np.hstack([self.counts, np.eye(self.counts.shape[1])[self.said]])
        units = group(np.arange(both.shape[1], dtype=float), both, item=self.item)
        return estimates(units, {_name(name, who): kind(distances, who) for who in WHO})

    def without_one(self) -> Found:
        """Of each person left out, and of the judge: the share that takes the others' majority.

        Every person counts once. A mean by unit would not do: of two against one only the one has
        a majority of the others to meet, and always misses it.
        """
        size = self.counts.shape[1]
        hits = np.zeros((len(self.counts), 3))
        for left_out in range(size):
            others = self.counts.copy()
            others[:, left_out] -= 1
            most, clear = _majority(others)
            times = np.where((self.counts[:, left_out] > 0) & clear, self.counts[:, left_out], 0)
            hits[:, 0] += times * (most == self.said)
            hits[:, 1] += times * (most == left_out)
            hits[:, 2] += times
        known = hits[:, 2] > 0
        units = group(np.arange(3.0), hits[known], item=self.item[known])
        return estimates(units, {_name("majority_of_others", who): WithoutOne(who) for who in WHO})

    def majority(self, *, tie: Mask | None = None) -> Found:
        """The judge against what most people said: units where two answers lead say nothing."""
        most, clear = _majority(self.counts)
        size = self.counts.shape[1]
        same = np.eye(size)
        found = self._cells(most, clear, {"majority": SameAnswer(same), "cohen": Cohen(same)})
        if tie is not None and tie.any():
            sided = clear & ~tie[most] & ~tie[self.said]
            found |= self._cells(most, sided, {"majority_without_ties": SameAnswer(same)})
        return found

    def _cells(self, most: IntArray, kept: Mask, wanted: dict[str, Coefficient]) -> Found:
        size = self.counts.shape[1]
        cells = np.eye(size * size)[(self.said * size + most)[kept]]
        units = group(np.arange(size * size, dtype=float), cells, item=self.item[kept])
        return estimates(units, wanted)


def _name(figure: str, who: Who) -> str:
    return figure if who == "judge" else f"{figure}_{who}"


def _majority(counts: Array) -> tuple[IntArray, Mask]:
    """By unit the class that most chose, and whether none was chosen as often."""
    most = counts.argmax(axis=1)
    highest = counts.max(axis=1, keepdims=True)
    return most, ((counts == highest).sum(axis=1) == 1) & (highest[:, 0] > 0)


@dataclass(frozen=True, eq=False)
class _Pairwise(Coefficient):
    """Mean distance of the judge from each person, and of people from each other.

    Counts are people's by class, then the judge's one answer; units want two people.
    """

    distances: Array
    who: Who
    least = counted = 3

    def parts(self, counts: Array) -> Array:
        size = counts.shape[1] // 2
        people, judge = counts[:, :size], counts[:, size:]
        answers = people.sum(axis=1, keepdims=True)
        from_people = ((judge @ self.distances) * people).sum(axis=1, keepdims=True)
        among_them = ((people @ self.distances) * people).sum(axis=1, keepdims=True)
        return np.hstack(
            [from_people / answers, among_them / (answers * (answers - 1)), people / answers, judge]
        )

    def _means(self, sums: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Distances from and among people; the classes' shares for people and judge; units."""
        size = len(self.distances)
        units = sums[:, 2 + size :].sum(axis=1)
        means = divided(sums, np.repeat(units[:, None], sums.shape[1], axis=1))
        return means[:, 0], means[:, 1], means[:, 2 : 2 + size], means[:, 2 + size :], units

    def _apart(self, one: Array, other: Array) -> Array:
        return np.asarray(((one @ self.distances) * other).sum(axis=1))


class Shares(_Pairwise):
    """Share of equal answers of the judge and a person, or of two people."""

    def figures(self, sums: Array) -> Figures:
        judge_apart, people_apart, people, judge, _ = self._means(sums)
        if self.who == "difference":
            return _only(people_apart - judge_apart)
        if self.who == "judge":
            return Figures(1 - judge_apart, 1 - judge_apart, 1 - self._apart(judge, people))
        return Figures(1 - people_apart, 1 - people_apart, 1 - self._apart(people, people))


class Alphas(_Pairwise):
    """Krippendorff's alpha over pairs of answers, each unit with the weight of one pair."""

    def figures(self, sums: Array) -> Figures:
        judge_apart, people_apart, people, judge, units = self._means(sums)
        with_judge = self._alpha(judge_apart, (people + judge) / 2, units)
        among_people = self._alpha(people_apart, people, units)
        if self.who == "difference":
            return _only(with_judge.value - among_people.value)
        return with_judge if self.who == "judge" else among_people

    def _alpha(self, apart: Array, spread: Array, units: Array) -> Figures:
        number, most = 2 * units, self.distances.max(initial=0) or np.nan
        chance = self._apart(spread, spread) * divided(number, number - 1)
        return Figures(
            1 - divided(apart, np.nan_to_num(chance)), 1 - apart / most, 1 - chance / most
        )


@dataclass(frozen=True, eq=False)
class WithoutOne(Coefficient):
    """Counts are the judge's hits, people's hits and how many people were left out in turn."""

    who: Who
    least = counted = 1

    def parts(self, counts: Array) -> Array:
        return counts

    def figures(self, sums: Array) -> Figures:
        judge, people = divided(sums[:, 0], sums[:, 2]), divided(sums[:, 1], sums[:, 2])
        return _only({"judge": judge, "people": people, "difference": judge - people}[self.who])


def _only(value: Array) -> Figures:
    """A figure that chance has no single value for."""
    return Figures(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
