"""Rankings of many items at once: Plackett-Luce for each, told as ranks, and who ranks like others.

The items of a project share nothing: all are fitted together by the updates of ``plackett_luce``,
which reach across no ranking, and standard errors come of one small matrix an item.
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.mean import mean
from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.plackett_luce import Rankings, Stages, kendall_tau, strengths
from annotate.aggregation.methods.votes import Indices, Numbers, Reliability, counts

PRIOR = 0.5  # wins and losses of each thing against one of average strength
TOLERANCE, ITERATIONS = 1e-6, 500


@dataclass(frozen=True)
class Ranks:
    """``rank`` (things,), from 1, with its standard error ``deviation``; both NaN without rankings."""

    rank: Floats
    deviation: Floats


def _rankings(numbers: Numbers, owner: Indices) -> tuple[Rankings, Indices]:
    """Each annotator's answers to the things of one item are a ranking; and by ranking who gave it."""
    code = owner[numbers.item] * numbers.annotators + numbers.annotator
    codes, ranking = np.unique(code, return_inverse=True)
    found = Rankings(
        ranking.astype(np.intp), numbers.item, numbers.value, len(codes), numbers.items
    )
    return found, (codes % max(numbers.annotators, 1)).astype(np.intp)


def expected_ranks(numbers: Numbers, owner: Indices) -> Ranks:
    """The rank each thing is expected to get in a ranking of its item by the fitted strengths.

    ``owner`` (things,) names the item of each. A thing's expected rank is 1 and the sum, over the
    others, of the probability that they are put before it; errors are the delta method's. ``PRIOR``
    keeps what always wins finite.
    """
    if not len(numbers):
        nothing = np.full(numbers.items, np.nan)
        return Ranks(nothing, nothing)
    stages = Stages(_rankings(numbers, owner)[0], None)
    strength, _ = strengths(stages, prior=PRIOR, iterations=ITERATIONS, tolerance=TOLERANCE)
    place = _places(owner)
    there = np.zeros((int(owner.max()) + 1, int(place.max()) + 1), dtype=bool)
    there[owner, place] = counts(numbers.item, (numbers.items,)) > 0
    padded = np.ones(there.shape)
    padded[owner, place] = strength
    before = padded[:, None, :] / (padded[:, :, None] + padded[:, None, :])
    before *= (there[:, :, None] & there[:, None, :]) * (1 - np.eye(there.shape[1]))
    slope = before * (1 - before)  # of rank i by the logarithm of strength j
    slope -= slope.sum(axis=2, keepdims=True) * np.eye(there.shape[1])
    covariance = np.linalg.inv(_information(stages, strength, owner, place, padded))
    variance = np.einsum("nij,njk,nik->ni", slope, covariance, slope)
    rank = np.where(there, 1 + before.sum(axis=2), np.nan)
    deviation = np.where(there, np.sqrt(np.maximum(variance, 0.0)), np.nan)
    return Ranks(rank[owner, place], deviation[owner, place])


def _places(owner: Indices) -> Indices:
    """Of each thing its number, from 0, among those of its item."""
    order = np.argsort(owner, kind="stable")
    starts = np.flatnonzero(np.diff(owner[order], prepend=-1))
    run = np.arange(len(owner)) - np.repeat(starts, np.diff(starts, append=len(owner)))
    place = np.empty(len(owner), dtype=np.intp)
    place[order] = run
    return place


def _information(
    stages: Stages, strength: Floats, owner: Indices, place: Indices, padded: Floats
) -> Floats:
    """Observed information of the logarithms by item, with the prior's: (items, size, size)."""
    size = padded.shape[1]
    chance = padded / (1 + padded)
    found = (2 * PRIOR * chance * (1 - chance))[:, :, None] * np.eye(size)
    rows = np.flatnonzero(stages.weight)
    left = (stages.end - stages.begin)[rows]
    row, one = _runs(rows, stages.begin[rows], left)
    thing = stages.thing[one]
    share = strength[thing] / stages.left(strength)[row]
    weighed = stages.weight[row] * share
    code = (owner[thing] * size + place[thing]) * size
    found += counts(code + place[thing], found.shape, weighed)
    pair, other = _runs(np.arange(len(row)), stages.begin[row], np.repeat(left, left))
    others = strength[stages.thing[other]] / stages.left(strength)[row[pair]]
    found -= counts(code[pair] + place[stages.thing[other]], found.shape, weighed[pair] * others)
    return found


def _runs(name: Indices, begin: Indices, length: Indices) -> tuple[Indices, Indices]:
    """Of every run all of its members: the run's name, and ``begin``, ``begin`` + 1, …"""
    within = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    return np.repeat(name, length), np.repeat(begin, length) + within


def agreement_with_others(numbers: Numbers, owner: Indices) -> Reliability:
    """The mean of Kendall's tau-b of an annotator's rankings with the mean ranks of the others.

    0 at the least. The interval is that of a mean over rankings; NaN where nobody else ranked.
    """
    many = counts(numbers.item, (numbers.items,))[numbers.item]
    means = mean(numbers, 1.0).value[numbers.item]
    others = np.where(many > 1, (means * many - numbers.value) / np.maximum(many - 1, 1), np.nan)
    found, who = _rankings(numbers, owner)
    order = np.argsort(found.ranking, kind="stable")
    ends = np.flatnonzero(np.diff(found.ranking[order])) + 1
    taus = np.array([_tau(found.place[rows], others[rows]) for rows in np.split(order, ends)])
    return _means(who, taus, numbers.annotators) if len(numbers) else _nothing(numbers.annotators)


def _tau(own: Floats, others: Floats) -> float:
    known = ~np.isnan(others)
    return kendall_tau(own[known], others[known])


def _nothing(annotators: int) -> Reliability:
    return Reliability(np.full(annotators, np.nan), np.zeros(annotators), np.ones(annotators))


def _means(who: Indices, taus: Floats, annotators: int) -> Reliability:
    known = ~np.isnan(taus)
    who, taus = who[known], taus[known]
    many = counts(who, (annotators,))
    value = np.where(many > 0, counts(who, (annotators,), taus) / np.maximum(many, 1), np.nan)
    squares = counts(who, (annotators,), (taus - value[who]) ** 2)
    # One ranking's worth of the widest spread, so that few that agree are not taken for certain.
    error = np.sqrt((squares + 1) / np.maximum(many, 1) / np.maximum(many, 1))
    low, high = np.maximum(value - 1.96 * error, 0.0), np.minimum(value + 1.96 * error, 1.0)
    value = np.maximum(value, 0.0)
    return Reliability(
        value,
        np.where(many > 0, np.fmin(low, value), 0.0),
        np.where(many > 0, np.fmax(high, value), 1.0),
    )
