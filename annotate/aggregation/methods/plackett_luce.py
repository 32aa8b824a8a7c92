"""Plackett-Luce: strengths of what is ranked, from rankings that may have ties.

R. L. Plackett 1975, R. D. Luce 1959; fitted by D. R. Hunter's minorisation, *MM Algorithms for
Generalized Bradley-Terry Models*, 2004. A group of ties is chosen at once from all that is left, each of
it against all of that (N. Breslow's treatment in Cox regression, whose partial likelihood this is).
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Indices, InvalidVotes, counts

ITERATIONS, TOLERANCE = 2_000, 1e-9


@dataclass(frozen=True)
class Rankings:
    """Row n puts ``thing[n]`` at ``place[n]`` (small is best, equal is tied) in ``ranking[n]``."""

    ranking: Indices
    thing: Indices
    place: Floats
    rankings: int
    things: int

    def __post_init__(self) -> None:
        for name, below in (("ranking", self.rankings), ("thing", self.things)):
            index = getattr(self, name)
            if index.shape != self.place.shape:
                raise InvalidVotes(f"{name} and place differ in length.")
            if len(index) and (index.min() < 0 or index.max() >= below):
                raise InvalidVotes(f"{name} goes beyond {below}.")

    @classmethod
    def of(cls, orders: list[list[list[int]]], *, things: int) -> "Rankings":
        """From lists of groups, best first: ``[[[2], [0, 1]]]`` ranks 2 above the tied 0 and 1."""
        rows = [
            (number, thing, place)
            for number, order in enumerate(orders)
            for place, group in enumerate(order)
            for thing in group
        ]
        ranking, thing, place = (
            (np.array(part) for part in zip(*rows, strict=True))
            if rows
            else (np.empty(0), np.empty(0), np.empty(0))
        )
        return cls(
            ranking.astype(np.intp), thing.astype(np.intp), place.astype(float), len(orders), things
        )


@dataclass(frozen=True)
class PlackettLuce:
    """``strength`` (things,): logarithms with mean 0; ``deviation`` their standard errors.

    ``agreement`` (rankings,) is Kendall's tau-b of each ranking with the strengths, NaN where a
    ranking says nothing.
    """

    strength: Floats
    deviation: Floats
    agreement: Floats
    log_likelihood: float
    iterations: int


def plackett_luce(
    rankings: Rankings,
    *,
    weights: Floats | None = None,
    prior: float = 0.1,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
) -> PlackettLuce:
    """``weights`` (rankings,) say how much each ranking counts, such as its annotator's reliability.

    ``prior`` adds that many wins and losses of everything against a thing of strength 1, which keeps
    what always wins finite; 0 is maximum likelihood.
    """
    stages = Stages(rankings, weights)
    strength, number = strengths(stages, prior=prior, iterations=iterations, tolerance=tolerance)
    logs = np.log(strength)
    centred = logs - logs.mean() if rankings.things else logs
    covariance = np.linalg.pinv(stages.information(strength, prior), 1e-9, hermitian=True)
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    agreement = _taus(rankings, centred)
    return PlackettLuce(centred, deviation, agreement, stages.log_likelihood(strength), number)


def strengths(
    stages: "Stages", *, prior: float, iterations: int, tolerance: float
) -> tuple[Floats, int]:
    """The strength of each thing, not as a logarithm, and how many updates it took."""
    strength, number = np.ones(stages.things), 0
    while number < iterations and stages.things:
        number += 1
        after = (stages.wins + prior) / np.maximum(
            stages.pressure(strength) + 2 * prior / (1 + strength), 1e-300
        )
        after = np.where(stages.wins + prior > 0, after, 1e-12)
        if not prior:
            after /= np.exp(np.log(after).mean())
        moved = np.abs(np.log(after) - np.log(strength)).max()
        strength = after
        if moved < tolerance:
            break
    return strength, number


class Stages:
    """The rows by ranking and place: what is left at a stage is a run to the ranking's end."""

    def __init__(self, rankings: Rankings, weights: Floats | None) -> None:
        order = np.lexsort((rankings.place, rankings.ranking))
        self.things = rankings.things
        self.thing, ranking = rankings.thing[order], rankings.ranking[order]
        place = rankings.place[order]
        rows = np.arange(len(order))
        new = np.ones(len(order), dtype=bool)
        new[1:] = (ranking[1:] != ranking[:-1]) | (place[1:] != place[:-1])
        self.begin = rows[new][np.cumsum(new) - 1] if len(rows) else rows  # of the row's group
        last = np.searchsorted(ranking, np.arange(rankings.rankings), side="right")
        self.end = last[ranking]
        weight = np.ones(rankings.rankings) if weights is None else weights
        # A thing chosen from itself alone says nothing.
        chosen = (self.end - self.begin > 1).astype(float)
        self.weight = weight[ranking] * chosen
        self.wins = counts(self.thing, (self.things,), self.weight)

    def left(self, strength: Floats) -> Floats:
        """The summed strength of what each row was chosen from."""
        total = np.concatenate([[0.0], np.cumsum(strength[self.thing])])
        return np.asarray(np.maximum(total[self.end] - total[self.begin], 1e-300))

    def pressure(self, strength: Floats) -> Floats:
        """By thing: the sum of weight / left over all choices in which it was still there."""
        each = np.concatenate([[0.0], np.cumsum(self._by_begin(self.weight / self.left(strength)))])
        return counts(self.thing, (self.things,), self._until(each))

    def _by_begin(self, of_rows: Floats) -> Floats:
        return counts(self.begin, (len(self.begin),), of_rows)

    def _until(self, running: Floats) -> Floats:
        """Sums over the stages of the row's ranking up to its own group's."""
        first = np.searchsorted(self.end, self.end, side="left")
        return np.asarray(running[self.begin + 1] - running[first])

    def information(self, strength: Floats, prior: float) -> Floats:
        """Observed information of the logarithms: (things, things)."""
        found = np.zeros((self.things, self.things))
        left = self.left(strength)
        for row in np.flatnonzero(self.weight):
            there = self.thing[self.begin[row] : self.end[row]]
            share = strength[there] / left[row]
            block = np.diag(share) - np.outer(share, share)
            np.add.at(found, np.ix_(there, there), self.weight[row] * block)
        chance = strength / (1 + strength)
        return np.asarray(found + np.diag(2 * prior * chance * (1 - chance)))

    def log_likelihood(self, strength: Floats) -> float:
        chosen = np.log(strength[self.thing]) - np.log(self.left(strength))
        return float((self.weight * chosen).sum())


def _taus(rankings: Rankings, strength: Floats) -> Floats:
    found = np.full(rankings.rankings, np.nan)
    for number in range(rankings.rankings):
        rows = rankings.ranking == number
        found[number] = kendall_tau(-rankings.place[rows], strength[rankings.thing[rows]])
    return found


def kendall_tau(first: Floats, second: Floats) -> float:
    """Tau-b of two lists of values: agreement of their orders, ties in either allowed for."""
    a = np.sign(first[:, None] - first[None, :])
    b = np.sign(second[:, None] - second[None, :])
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size else float("nan")
