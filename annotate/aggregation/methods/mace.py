"""MACE: an annotator either knows the answer or falls back on a habit, whatever is asked.

D. Hovy, T. Berg-Kirkpatrick, A. Vaswani and E. Hovy, *Learning Whom to Trust with MACE*, NAACL 2013.
Variational EM with its priors: Beta(½, ½) on knowing, Dirichlet(10, …) on the habits; or plain EM. True
classes are equally likely beforehand.
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats, digamma
from annotate.aggregation.methods.votes import (
    Reliability,
    Votes,
    counts,
    own,
    reliability,
    softmax,
    worth,
)

KNOWING_PRIOR, HABIT_PRIOR = 0.5, 10.0
SMOOTHING = 0.01  # of plain EM, shared by the classes
RESTARTS, ITERATIONS, TOLERANCE = 10, 50, 1e-7
NOISE = 0.5


@dataclass(frozen=True)
class Habits:
    """Weights of knowing (annotators,) and of falling back on each class (annotators, classes).

    Exponentials of expected logarithms, as variational inference has them: they sum to a little
    less than 1. ``competence`` (annotators,) is the expected share of answers known.
    """

    knowing: Floats
    habit: Floats
    competence: Floats


@dataclass(frozen=True)
class Mace:
    """``posterior`` (items, classes); the habits of annotators and of somebody unknown."""

    posterior: Floats
    habits: Habits
    newcomer: Habits
    log_likelihood: float
    iterations: int


def mace(
    votes: Votes,
    *,
    start: Habits | None = None,
    restarts: int = RESTARTS,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
    seed: int = 0,
    variational: bool = True,
) -> Mace:
    """The best of several random starts, or the one from ``start``, by the likelihood."""
    if start is not None:
        return _run(votes, start, iterations, tolerance, variational)
    starts = (_random(votes, seed + number) for number in range(max(1, restarts)))
    runs = (_run(votes, one, iterations, tolerance, variational) for one in starts)
    return max(runs, key=lambda run: run.log_likelihood)


def expect(votes: Votes, habits: Habits) -> tuple[Floats, float]:
    """The posterior (items, classes) under known habits, and the log likelihood."""
    known = habits.habit + habits.knowing[:, None]
    gain = (np.log(known) - np.log(habits.habit)).reshape(-1)[votes.code]
    shape = (votes.items, votes.classes)
    scores = counts(votes.item * votes.classes + votes.label, shape, gain)
    posterior, total = softmax(scores)
    constant = float(np.vdot(votes.given, np.log(habits.habit)))
    return posterior, float(total.sum()) + constant - votes.items * np.log(votes.classes)


def mace_reliability(votes: Votes, fitted: Mace) -> Reliability:
    """Competence: the probability that an annotator knows an answer, not counting lucky habits."""
    habits, answers = fitted.habits, votes.given.sum(axis=1)
    value = np.where(answers > 0, habits.competence, np.nan)
    habit = (habits.habit / habits.habit.sum(axis=1, keepdims=True)).reshape(-1)[votes.code]
    share = habits.competence[votes.annotator]
    chance_if_true = share + (1 - share) * habit
    at_own = own(votes, fitted.posterior) / np.maximum(chance_if_true, 1e-12)
    elsewhere = (1 - own(votes, fitted.posterior)) / np.maximum((1 - share) * habit, 1e-12)
    others = at_own / np.maximum(at_own + elsewhere, 1e-300)
    slope = np.where(votes.has_others, others - habit, 0.0)
    return reliability(value, worth(votes, value, slope, share * others + (1 - share) * habit))


def _random(votes: Votes, seed: int) -> Habits:
    draw = np.random.default_rng(seed)
    knowing = draw.uniform(1, 2 + NOISE, (votes.annotators, 2))
    knowing /= knowing.sum(axis=1, keepdims=True)
    habit = draw.uniform(1, 2 + NOISE, (votes.annotators, votes.classes))
    habit /= habit.sum(axis=1, keepdims=True)
    return Habits(knowing[:, 1], knowing[:, :1] * habit, knowing[:, 1])


def _run(
    votes: Votes, habits: Habits, iterations: int, tolerance: float, variational: bool
) -> Mace:
    estimate = _variational if variational else _plain
    before, number = -np.inf, 0
    while True:
        posterior, likelihood = expect(votes, habits)
        if number >= iterations or abs(likelihood - before) <= tolerance * len(votes):
            break
        known = _known(votes, posterior, habits)
        habits, before, number = estimate(votes.given, known), likelihood, number + 1
    known = _known(votes, posterior, habits)
    together = estimate(votes.given.sum(axis=0)[None], known.sum(axis=0)[None])
    return Mace(posterior, habits, together, likelihood, number)


def _known(votes: Votes, posterior: Floats, habits: Habits) -> Floats:
    """Expected numbers of answers that were known, by annotator and class given.

    An answer of class c is known only where c is true; then with the share that knowing has in it.
    """
    shape = (votes.annotators, votes.classes)
    right = counts(votes.code, shape, own(votes, posterior))
    knowing = habits.knowing[:, None]
    return np.asarray(right * knowing / (knowing + habits.habit))


def _variational(given: Floats, known: Floats) -> Habits:
    by_habit = np.maximum(given - known, 0.0)
    right, fallen = known.sum(axis=1), by_habit.sum(axis=1)
    total = digamma(right + fallen + 2 * KNOWING_PRIOR)
    knowing = np.exp(digamma(right + KNOWING_PRIOR) - total)
    falling = np.exp(digamma(fallen + KNOWING_PRIOR) - total)
    classes = by_habit + HABIT_PRIOR
    habit = np.exp(digamma(classes) - digamma(classes.sum(axis=1))[:, None])
    competence = (right + KNOWING_PRIOR) / (right + fallen + 2 * KNOWING_PRIOR)
    return Habits(knowing, falling[:, None] * habit, competence)


def _plain(given: Floats, known: Floats) -> Habits:
    by_habit = np.maximum(given - known, 0.0)
    right, fallen = known.sum(axis=1), by_habit.sum(axis=1)
    smoothing = SMOOTHING / given.shape[1]
    knowing = (right + smoothing) / (right + fallen + 2 * smoothing)
    classes = by_habit + smoothing
    habit = classes / classes.sum(axis=1, keepdims=True)
    return Habits(knowing, (1 - knowing)[:, None] * habit, knowing)
