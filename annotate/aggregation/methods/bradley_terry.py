"""Noisy Bradley-Terry: strengths of what is compared, ties, and annotators who may not have looked.

R. A. Bradley and M. E. Terry 1952; ties as P. V. Rao and L. L. Kupper 1967; unreliable annotators as
X. Chen, P. N. Bennett, K. Collins-Thompson and E. Horvitz, *Pairwise Ranking Aggregation in a
Crowdsourced Setting*, WSDM 2013, with a habit in place of a reversed answer.

An item compares two things by d = strength of the second - strength of the first + what is special
to the item. An attentive annotator answers second with logistic(d - t), first with logistic(-d - t),
else a tie; with probability 1 - r an annotator answers out of habit. Strengths are normal around 0 with
a fitted variance: things that recur inform each other, those that do not are left with their own
answers. EM with one reweighted least-squares step a round, solved by conjugate gradients.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from annotate.aggregation.methods.numbers import Floats, normal_cdf
from annotate.aggregation.methods.votes import (
    Indices,
    InvalidVotes,
    Reliability,
    Votes,
    counts,
    reliability,
    worth,
)

ITERATIONS, TOLERANCE = 100, 1e-5
SOLVER_STEPS = 30
RELIABLE, UNRELIABLE = 3.0, 1.0  # answers' worth of prior for each annotator's reliability
HABIT_PRIOR = 2.0
# Of what is special to an item, on the scale of logits: a few answers each tell too little to fit it.
ITEM_VARIANCE = 0.25
LEAST_TIE, MOST_TIE = 1e-3, 8.0
LONGEST_STEP = 1.5
NODES = np.linspace(-5.0, 5.0, 41)
# Gauss-Hermite: averages over a normal distribution, exact for polynomials up to degree 9.
POINTS = np.array(
    [-2.856970013872806, -1.355626179974266, 0.0, 1.355626179974266, 2.856970013872806]
)
WEIGHTS = np.array(
    [0.011257411327721, 0.222075922005613, 0.533333333333333, 0.222075922005613, 0.011257411327721]
)


@dataclass(frozen=True)
class Comparisons:
    """Votes about pairs of things: ``first`` and ``second`` (items,) are indices below ``things``.

    The classes are first, tie, second; or first, second where there are no ties.
    """

    votes: Votes
    first: Indices
    second: Indices
    things: int

    def __post_init__(self) -> None:
        if self.votes.classes not in (2, 3):
            raise InvalidVotes(f"{self.votes.classes} classes; use 3, or 2 without ties.")
        for name, thing in (("first", self.first), ("second", self.second)):
            if thing.shape != (self.votes.items,):
                raise InvalidVotes(f"{name} has shape {thing.shape}; name one thing an item.")
            if len(thing) and (thing.min() < 0 or thing.max() >= self.things):
                raise InvalidVotes(f"{name} goes beyond the {self.things} things.")


@dataclass(frozen=True)
class Annotators:
    """``attentive`` (annotators,) is the share of answers that compare; ``habit`` (annotators,
    classes) the shares of the others."""

    attentive: Floats
    habit: Floats


@dataclass(frozen=True)
class Rest:
    """What is known of an item's difference without its own answers: N(mean, variance), (items,)."""

    mean: Floats
    variance: Floats


@dataclass(frozen=True)
class BradleyTerry:
    """``strength`` (things,) with ``variance``; ``tie`` is t; ``rest`` by item."""

    strength: Floats
    variance: Floats
    tie: float
    annotators: Annotators
    newcomer: Annotators
    rest: Rest
    unknown: float  # variance of the difference of an item of which nothing is known
    log_likelihood: float
    iterations: int


@dataclass(frozen=True)
class _State:
    difference: Floats  # (items,)
    spread: Floats  # its standard deviation
    strength: Floats
    diagonal: Floats  # of the things' precision
    weight: Floats  # of the items' working answers
    moved: Floats  # how far the item's own answers pull its ends apart
    tie: float
    strength_variance: float = 1.0
    log_likelihood: float = field(default=-np.inf)


def bradley_terry(
    data: Comparisons,
    *,
    start: Annotators | None = None,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
) -> BradleyTerry:
    """Fit everything; ``start`` has the annotators begin as an earlier fit left them."""
    votes = data.votes
    people = start or Annotators(
        np.full(votes.annotators, RELIABLE / (RELIABLE + UNRELIABLE)),
        np.full((votes.annotators, votes.classes), 1 / votes.classes),
    )
    tie = 0.5 if votes.classes == 3 else 0.0
    state = _State(
        np.zeros(votes.items),
        np.ones(votes.items),
        np.zeros(data.things),
        np.ones(data.things),
        np.zeros(votes.items),
        np.zeros(votes.items),
        tie,
    )
    number = 0
    while number < iterations and len(votes):
        number += 1
        looked, likelihood = _looked(votes, state, people)
        grown = likelihood - state.log_likelihood
        people = _annotators(votes, looked)
        state = _step(data, replace(state, log_likelihood=likelihood), looked)
        if number > 3 and abs(grown) < tolerance * len(votes):
            break
    looked, likelihood = _looked(votes, state, people)
    return BradleyTerry(
        strength=state.strength,
        variance=1 / state.diagonal,
        tie=state.tie,
        annotators=people,
        newcomer=_together(votes, looked),
        rest=_rest(data, state),
        unknown=2 * state.strength_variance + ITEM_VARIANCE,
        log_likelihood=likelihood,
        iterations=number,
    )


def settle(
    votes: Votes, rest: Rest, annotators: Annotators, tie: float
) -> tuple[Floats, Floats, Floats]:
    """The posterior of each item's class and difference, on a grid: exact but for its steps.

    (items, classes); mean and standard deviation of the difference, (items,). An item's class is
    what attentive annotators would answer most often.
    """
    spread = np.sqrt(rest.variance)
    logs = np.empty((len(NODES), votes.items))
    for place, node in enumerate(NODES):
        chance = _mixed(votes, (rest.mean + spread * node)[votes.item], annotators, tie)
        logs[place] = counts(votes.item, (votes.items,), np.log(chance)) - node**2 / 2
    shares = np.exp(logs - logs.max(axis=0))
    shares /= shares.sum(axis=0)
    where = rest.mean + spread * NODES[:, None]
    mean = (shares * where).sum(axis=0)
    deviation = np.sqrt(np.maximum((shares * (where - mean) ** 2).sum(axis=0), 1e-12))
    step = spread * (NODES[1] - NODES[0])
    edge = tie_zone(tie)
    below = _share_below(shares, where, step, -edge)
    above = 1 - _share_below(shares, where, step, edge)
    classes = [below, above] if votes.classes == 2 else [below, 1 - below - above, above]
    posterior = np.maximum(np.stack(classes, axis=1), 0.0)
    return posterior / posterior.sum(axis=1, keepdims=True), mean, deviation


def tie_zone(tie: float) -> float:
    """How far from 0 the difference may be while a tie is the likeliest answer; 0 if it never is."""
    odds = np.exp(tie)
    return float(np.log((odds**2 - 2) / odds)) if odds > 2 else 0.0


def attention(data: Comparisons, fitted: BradleyTerry) -> Reliability:
    """The share of an annotator's answers that compare, with an interval."""
    votes, people = data.votes, fitted.annotators
    looked, habit = _parts(votes, fitted.rest.mean[votes.item], people, fitted.tie)
    share = people.attentive[votes.annotator]
    answers = votes.given.sum(axis=1)
    value = np.where(answers > 0, people.attentive, np.nan)
    known = worth(votes, value, looked - habit, share * looked + (1 - share) * habit)
    return reliability(value, known)


def _share_below(shares: Floats, where: Floats, step: Floats, edge: float) -> Floats:
    """Mass below an edge; a node's mass is spread evenly over its step."""
    inside = np.clip((edge - where) / step + 0.5, 0.0, 1.0)
    return np.asarray((shares * inside).sum(axis=0))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def _attentive(votes: Votes, difference: Floats, tie: float) -> tuple[Floats, Floats, Floats]:
    """Chance of each answer by comparing, with logistic(d + tie) and logistic(d - tie)."""
    high, low = _sigmoid(difference + tie), _sigmoid(difference - tie)
    if votes.classes == 2:
        return np.where(votes.label == 1, low, 1 - high), high, low
    chance = np.choose(votes.label, [1 - high, high - low, low])
    return np.maximum(chance, 1e-12), high, low


def _parts(
    votes: Votes, difference: Floats, people: Annotators, tie: float
) -> tuple[Floats, Floats]:
    chance, _, _ = _attentive(votes, difference, tie)
    return chance, people.habit.reshape(-1)[votes.code]


def _mixed(votes: Votes, difference: Floats, people: Annotators, tie: float) -> Floats:
    chance, habit = _parts(votes, difference, people, tie)
    share = people.attentive[votes.annotator]
    return np.asarray(share * chance + (1 - share) * habit)


def _looked(votes: Votes, state: _State, people: Annotators) -> tuple[Floats, float]:
    """How probable it is that each answer compares, and the log likelihood."""
    chance = np.zeros(len(votes))
    for node, share in zip(POINTS, WEIGHTS, strict=True):
        at = (state.difference + node * state.spread)[votes.item]
        chance += share * _attentive(votes, at, state.tie)[0]
    habit = people.habit.reshape(-1)[votes.code]
    share = people.attentive[votes.annotator]
    mixed = share * chance + (1 - share) * habit
    return share * chance / mixed, float(np.log(mixed).sum())


def _pulled(votes: Votes, state: _State) -> tuple[Floats, Floats]:
    """Slope and bend of each answer's log chance in d, averaged over what d may be.

    At the likeliest d alone the variances come out too small, as they do wherever answers are few
    to an item.
    """
    slope, bend = np.zeros(len(votes)), np.zeros(len(votes))
    for node, share in zip(POINTS, WEIGHTS, strict=True):
        at = (state.difference + node * state.spread)[votes.item]
        _, high, low = _attentive(votes, at, state.tie)
        upper, lower = high * (1 - high), low * (1 - low)
        if votes.classes == 2:
            slope += share * np.where(votes.label == 1, 1 - low, -high)
            bend += share * lower
        else:
            slope += share * np.choose(votes.label, [-high, 1 - high - low, 1 - low])
            bend += share * np.choose(votes.label, [upper, upper + lower, lower])
    return slope, bend


def _annotators(votes: Votes, looked: Floats) -> Annotators:
    right = counts(votes.annotator, (votes.annotators,), looked)
    by_habit = counts(votes.code, (votes.annotators, votes.classes), 1 - looked)
    total = votes.given.sum(axis=1)
    attentive = (right + RELIABLE) / (total + RELIABLE + UNRELIABLE)
    habit = by_habit + HABIT_PRIOR
    return Annotators(attentive, habit / habit.sum(axis=1, keepdims=True))


def _together(votes: Votes, looked: Floats) -> Annotators:
    by_habit = counts(votes.label, (1, votes.classes), 1 - looked) + HABIT_PRIOR
    attentive = (looked.sum() + RELIABLE) / (len(votes) + RELIABLE + UNRELIABLE)
    return Annotators(np.array([attentive]), by_habit / by_habit.sum())


def _step(data: Comparisons, state: _State, looked: Floats) -> _State:
    """One reweighted least-squares step for strengths and items, then ties and the variances."""
    votes = data.votes
    slope, bend = _pulled(votes, state)
    pull = counts(votes.item, (votes.items,), looked * slope)
    weight = counts(votes.item, (votes.items,), looked * bend)
    effective = weight / (1 + weight * ITEM_VARIANCE)
    ends = counts(data.first, (data.things,), effective)
    ends += counts(data.second, (data.things,), effective)
    diagonal = ends + 1 / state.strength_variance
    goal = (weight * state.difference + pull) / (1 + weight * ITEM_VARIANCE)
    strength = _solve(data, effective, diagonal, goal, state.strength)
    strength = state.strength + np.clip(strength - state.strength, -LONGEST_STEP, LONGEST_STEP)
    apart = strength[data.second] - strength[data.first]
    moved = goal - effective * apart
    special = ITEM_VARIANCE * moved
    met = ends > 0
    ends_variance = 1 / np.maximum(diagonal[data.first] - effective, 1e-9)
    ends_variance += 1 / np.maximum(diagonal[data.second] - effective, 1e-9)
    prior = 1 / (ends_variance + ITEM_VARIANCE)
    return _State(
        spread=1 / np.sqrt(weight + prior),
        difference=apart + special,
        strength=strength,
        diagonal=diagonal,
        weight=effective,
        moved=moved,
        tie=_tie(votes, state, looked) if votes.classes == 3 else 0.0,
        strength_variance=_variance(strength[met], 1 / diagonal[met]),
        log_likelihood=state.log_likelihood,
    )


def _variance(values: Floats, left: Floats) -> float:
    """Of a normal prior around 0, with a variance of 1 for one more."""
    return float(((values**2 + left).sum() + 1.0) / (len(values) + 1.0))


def _solve(
    data: Comparisons, weight: Floats, diagonal: Floats, goal: Floats, start: Floats
) -> Floats:
    """Strengths that fit the items' working answers, by conjugate gradients."""

    def product(x: Floats) -> Floats:
        return diagonal * x - _gather(data, weight, x)

    shape = (data.things,)
    wanted = counts(data.second, shape, goal) - counts(data.first, shape, goal)
    x = start
    residual = wanted - product(x)
    direction = residual / diagonal
    fit = float(residual @ direction)
    for _ in range(SOLVER_STEPS):
        if fit < 1e-12 * max(len(x), 1):
            break
        ahead = product(direction)
        step = fit / float(direction @ ahead)
        x = x + step * direction
        residual = residual - step * ahead
        scaled = residual / diagonal
        fit, before = float(residual @ scaled), fit
        direction = scaled + fit / before * direction
    return x


def _gather(data: Comparisons, weight: Floats, x: Floats) -> Floats:
    shape = (data.things,)
    found = counts(data.first, shape, weight * x[data.second])
    return np.asarray(found + counts(data.second, shape, weight * x[data.first]))


def _tie(votes: Votes, state: _State, looked: Floats) -> float:
    """A Newton step for the width of ties."""
    total, curve = 0.0, -1e-9
    for node, share in zip(POINTS, WEIGHTS, strict=True):
        at = (state.difference + node * state.spread)[votes.item]
        _, high, low = _attentive(votes, at, state.tie)
        upper, lower = high * (1 - high), low * (1 - low)
        between = np.maximum(high - low, 1e-9)
        ratio = (upper + lower) / between
        slope = np.choose(votes.label, [-high, ratio, -(1 - low)])
        bent = (upper * (1 - 2 * high) - lower * (1 - 2 * low)) / between - ratio**2
        bend = np.choose(votes.label, [-upper, bent, -lower])
        total += share * float(looked @ slope)
        curve += share * float(looked @ bend)
    step = float(np.clip(total / max(-curve, 1e-9), -0.5, 0.5))
    return float(np.clip(state.tie + step, LEAST_TIE, MOST_TIE))


def _rest(data: Comparisons, state: _State) -> Rest:
    """Each item's difference by all other items: its own answers taken out of both ends."""
    moved = state.moved
    second = np.maximum(state.diagonal[data.second] - state.weight, 1e-9)
    first = np.maximum(state.diagonal[data.first] - state.weight, 1e-9)
    mean = state.strength[data.second] - moved / second
    mean = mean - (state.strength[data.first] + moved / first)
    return Rest(mean, 1 / first + 1 / second + ITEM_VARIANCE)


def chance_second_is_stronger(fitted: BradleyTerry, first: Indices, second: Indices) -> Floats:
    """That the second of two things is the stronger one, whether or not they were compared."""
    difference = fitted.strength[second] - fitted.strength[first]
    return normal_cdf(difference / np.sqrt(fitted.variance[first] + fitted.variance[second]))
