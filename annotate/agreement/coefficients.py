"""Coefficients of agreement, as sums over units and what is made of them.

Each coefficient says which ``parts`` of a unit add up, and how ``figures`` come of their sums. So
one set of drawn items serves all coefficients at once, and a bootstrap is a matrix product.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from annotate.agreement.tables import Array

METRICS = ("nominal", "ordinal", "interval", "ratio")
MOST_RANKED = 15


class Figures(NamedTuple):
    """Of each of several tables; NaN where it is not defined.

    ``observed`` is the share of agreement there was and ``chance`` the share that chance would
    give, both between 0 and 1 and weighted as the coefficient weighs differences. Coefficients
    beyond chance are (observed - chance) / (1 - chance).
    """

    value: Array
    observed: Array
    chance: Array


def divided(above: Array, below: Array) -> Array:
    """Division that gives NaN for nothing by nothing."""
    found: Array = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def beyond_chance(observed: Array, chance: Array) -> Figures:
    """Not defined where chance alone gives perfect agreement."""
    room = np.where(chance < 1 - 1e-12, 1 - chance, 0)
    return Figures(divided(observed - chance, room), observed, chance)


def differences(values: Array, metric: str) -> Array:
    """Squared differences of every two values (Krippendorff 2011, section E), but for ordinal.

    Ordinal ones depend on how often each value occurs. Raises ``ValueError`` for ratios of
    negative values, and for metrics that there are not.
    """
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    first, second = values[:, None], values[None, :]
    if metric == "interval":
        return np.asarray((first - second) ** 2)
    if metric != "ratio":
        raise ValueError(f"unknown metric {metric!r}; use one of {', '.join(METRICS)}")
    if (values < 0).any():
        raise ValueError(f"ratios of {values.min():g} mean nothing; use interval")
    total = first + second
    return (
        np.asarray(np.divide(first - second, total, out=np.zeros_like(total), where=total > 0)) ** 2
    )


def quadratic(values: Array) -> Array:
    """Weights of partial agreement: 1 for the same value, 0 for the two ends of the scale."""
    return _as_weights(differences(values, "interval"))


def linear(values: Array) -> Array:
    return _as_weights(np.abs(values[:, None] - values[None, :]))


def _as_weights(apart: Array) -> Array:
    most = apart.max(initial=0)
    return np.ones_like(apart) if most == 0 else 1 - apart / most


class Coefficient(ABC):
    """``least``: how many answers a unit must have to play a part; ``counted``: to count in n."""

    least: ClassVar[int] = 2
    counted: ClassVar[int] = 2

    @abstractmethod
    def parts(self, counts: Array) -> Array:
        """What adds up over units: counts (units, values) to (units, parts)."""

    @abstractmethod
    def figures(self, sums: Array) -> Figures:
        """Of sums (tables, parts)."""


@dataclass(frozen=True, eq=False)
class Alpha(Coefficient):
    """Krippendorff's alpha by given distances (values, values), 0 on the diagonal.

    Each answer is paired with every other one of its unit, weighted so that a unit counts as many
    times as it has answers (Hayes and Krippendorff 2007).
    """

    distances: Array

    def parts(self, counts: Array) -> Array:
        answers = counts.sum(axis=1, keepdims=True)
        apart = ((counts @ self.distances) * counts).sum(axis=1, keepdims=True)
        return np.hstack([apart / np.maximum(answers - 1, 1), np.where(answers > 1, counts, 0)])

    def figures(self, sums: Array) -> Figures:
        apart, totals = sums[:, 0], sums[:, 1:]
        expected = ((totals @ self.distances) * totals).sum(axis=1)
        return _alpha(apart, expected, totals.sum(axis=1), self.distances.max(initial=0))


class OrdinalAlpha(Coefficient):
    """Krippendorff's alpha by ranks: values differ by how many answers lie between them."""

    def parts(self, counts: Array) -> Array:
        """Coincidences, how often two values met in a unit: the upper half of their matrix."""
        first, second = np.triu_indices(counts.shape[1])
        met = counts[:, first] * counts[:, second]
        met[:, first == second] -= counts
        return np.asarray(met / np.maximum(counts.sum(axis=1, keepdims=True) - 1, 1))

    def figures(self, sums: Array) -> Figures:
        size = round((2 * sums.shape[1] + 0.25) ** 0.5 - 0.5)
        first, second = np.triu_indices(size)
        met = np.zeros((len(sums), size, size))
        met[:, first, second] = met[:, second, first] = sums
        totals = met.sum(axis=2)
        number = totals.sum(axis=1)
        # Ranks from the middle one keep the squares small.
        ranks = np.cumsum(totals, axis=1) - totals / 2 - number[:, None] / 2
        squares = (totals * ranks**2).sum(axis=1)
        together = np.einsum("ti,tij,tj->t", ranks, met, ranks)
        expected = 2 * (number * squares - (totals * ranks).sum(axis=1) ** 2)
        most = (ranks.max(axis=1, initial=0) - ranks.min(axis=1, initial=0)) ** 2
        return _alpha(2 * (squares - together), expected, number, most)


def _alpha(apart: Array, expected: Array, number: Array, most: Array | float) -> Figures:
    """1 - (n - 1) apart / expected; shares are of the largest distance."""
    most = np.broadcast_to(most, np.shape(number))
    known = np.where(expected > 1e-12 * np.maximum(most, 1e-300), expected, 0)
    value = 1 - divided((number - 1) * apart, known)
    pairs = number * np.maximum(number - 1, 0)
    return Figures(value, 1 - divided(apart, number * most), 1 - divided(expected, pairs * most))


def alpha(values: Array, metric: str, *, totals: Array | None = None) -> Coefficient:
    """``totals`` says how often each value was given in units with several answers.

    With more values than a scale of words has, ordinal ranks are those of ``totals`` in every
    replicate too: the figure is the same, and the matrix of coincidences need not be kept.
    """
    if metric != "ordinal":
        return Alpha(differences(values, metric))
    if totals is None or len(values) <= MOST_RANKED:
        return OrdinalAlpha()
    return Alpha(differences(np.cumsum(totals) - totals / 2, "interval"))


class Agreement(Coefficient):
    """Share of the pairs of answers to the same unit that are equal, and of all pairs that are."""

    def parts(self, counts: Array) -> Array:
        answers = counts.sum(axis=1, keepdims=True)
        equal = (counts * (counts - 1)).sum(axis=1, keepdims=True)
        return np.hstack([equal, answers * (answers - 1), np.where(answers > 1, counts, 0)])

    def figures(self, sums: Array) -> Figures:
        share = divided(sums[:, 0], sums[:, 1])
        totals = sums[:, 2:]
        number = totals.sum(axis=1)
        by_chance = divided((totals * (totals - 1)).sum(axis=1), number * (number - 1))
        return Figures(share, share, by_chance)


@dataclass(frozen=True, eq=False)
class _OfShares(Coefficient):
    """Agreement of each unit, and how the answers spread: the mean of the units' shares.

    As Gwet (2014, chapter 2) has it for any number of answers a unit: units with one answer tell
    of the spread alone. ``weights`` (values, values) is the identity for the plain coefficients.
    """

    weights: Array
    least = 1

    def parts(self, counts: Array) -> Array:
        answers = counts.sum(axis=1, keepdims=True)
        alike = (counts * (counts @ self.weights - 1)).sum(axis=1, keepdims=True)
        several = answers > 1
        share = np.where(several, alike / np.maximum(answers * (answers - 1), 1), 0)
        return np.hstack([share, several, counts / answers, np.ones_like(answers)])

    def figures(self, sums: Array) -> Figures:
        observed = divided(sums[:, 0], sums[:, 1])
        spread = sums[:, 2:-1] / np.maximum(sums[:, -1:], 1)
        return beyond_chance(observed, self.chance(spread))

    @abstractmethod
    def chance(self, spread: Array) -> Array:
        """Agreement by chance of the shares (tables, values) that the values have."""


class Fleiss(_OfShares):
    """Fleiss' kappa (1971): chance draws every answer from the answers of all."""

    def chance(self, spread: Array) -> Array:
        return np.asarray(((spread @ self.weights) * spread).sum(axis=1))


class Gwet(_OfShares):
    """Gwet's AC1, with weights AC2 (2008, 2014): chance only where annotators guess.

    Stays near the raw agreement where nearly all answers are the same, where kappa falls to 0.
    """

    def chance(self, spread: Array) -> Array:
        size = spread.shape[1]
        if size < 2:
            return np.ones(len(spread))
        uneven = (spread * (1 - spread)).sum(axis=1)
        return np.asarray(self.weights.sum() / (size * (size - 1)) * uneven)


@dataclass(frozen=True, eq=False)
class Cohen(Coefficient):
    """Cohen's kappa (1960; weighted 1968) of two annotators: each has a spread of their own.

    Counts are by cell: what the one said times the number of values plus what the other said.
    """

    weights: Array
    least = counted = 1

    def parts(self, counts: Array) -> Array:
        return counts

    def figures(self, sums: Array) -> Figures:
        size = len(self.weights)
        cells = divided(sums, np.repeat(sums.sum(axis=1, keepdims=True), sums.shape[1], axis=1))
        cells = cells.reshape(-1, size, size)
        observed = np.einsum("tij,ij->t", cells, self.weights)
        chance = np.einsum("ti,ij,tj->t", cells.sum(axis=2), self.weights, cells.sum(axis=1))
        return beyond_chance(observed, chance)


@dataclass(frozen=True, eq=False)
class SameAnswer(Cohen):
    """Share of a pair's units with the same answer, beside what their spreads would give.

    ``kept`` (values,) is 0 for values that are left out, of the one and of the other.
    """

    kept: Array | None = None

    def figures(self, sums: Array) -> Figures:
        if self.kept is not None:
            sums = sums * np.outer(self.kept, self.kept).ravel()
        found = super().figures(sums)
        return found._replace(value=found.observed)


def of_table(coefficient: Coefficient, counts: Array) -> Figures:
    """Of one table (units, values), each figure as an array of one."""
    kept = counts[counts.sum(axis=1) >= coefficient.least]
    return coefficient.figures(coefficient.parts(kept).sum(axis=0, keepdims=True))


def krippendorff_alpha(counts: Array, values: Array, metric: str = "nominal") -> float:
    """Agreement beyond chance: 1 perfect, 0 chance. NaN when no two answers differ or none meet.

    ``counts`` has shape (units, values): how often a unit got each of the ascending ``values``.
    """
    return float(of_table(alpha(values, metric), counts).value[0])
