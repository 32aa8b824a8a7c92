"""GLAD: annotators have an ability, items an ease; an answer is right with logistic(ability * ease).

J. Whitehill, P. Ruvolo, T. Wu, J. Bergsma and J. Movellan, *Whose Vote Should Count More*, NIPS 2009.
MAP by generalised EM: abilities and logarithms of ease have normal priors with mean 1 and variance 1,
and take a Newton step each in every round. True classes are equally likely beforehand.
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Votes, counts, own, softmax

PRIOR = 1.0
ITERATIONS, TOLERANCE = 100, 1e-6
LONGEST_STEP = 1.0
STEEPEST = 30.0  # of ability · ease: beyond it a probability is 0 or 1 to double precision


@dataclass(frozen=True)
class Glad:
    """``posterior`` (items, classes), ``ability`` (annotators,), ``log_ease`` (items,)."""

    posterior: Floats
    ability: Floats
    log_ease: Floats
    log_likelihood: float
    iterations: int


def glad(
    votes: Votes,
    *,
    start: Floats | None = None,
    known: bool = False,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
) -> Glad:
    """Fit abilities and eases; ``start`` gives abilities, which stay as they are if ``known``.

    Ends when the expected log posterior grows by less than ``tolerance`` an answer.
    """
    ability = np.full(votes.annotators, PRIOR) if start is None else start
    log_ease = np.full(votes.items, PRIOR)
    before, number = -np.inf, 0
    while True:
        posterior, likelihood = expect(votes, ability, log_ease)
        goal = likelihood - ((ability - PRIOR) ** 2).sum() / 2 - ((log_ease - PRIOR) ** 2).sum() / 2
        if number >= iterations or goal - before <= tolerance * len(votes):
            return Glad(posterior, ability, log_ease, likelihood, number)
        before, number = goal, number + 1
        right = own(votes, posterior)
        if not known:
            ability = ability + _ability_step(votes, right, ability, log_ease)
        log_ease = log_ease + _ease_step(votes, right, ability, log_ease)


def expect(votes: Votes, ability: Floats, log_ease: Floats) -> tuple[Floats, float]:
    """The posterior (items, classes) under known parameters, and the log likelihood."""
    if votes.classes < 2:
        return np.ones((votes.items, votes.classes)), 0.0
    steep = _steep(votes, ability, log_ease)
    spread = np.log(votes.classes - 1)
    shape = (votes.items, votes.classes)
    code = votes.item * votes.classes + votes.label
    posterior, total = softmax(counts(code, shape, steep + spread))
    wrong = float(np.logaddexp(0, steep).sum()) + len(votes) * spread
    return posterior, float(total.sum()) - wrong - votes.items * np.log(votes.classes)


def chances(votes: Votes, ability: Floats, log_ease: Floats) -> Floats:
    """The probability of each answer given each true class: (answers, classes)."""
    right = _sigmoid(_steep(votes, ability, log_ease))
    found = np.repeat((1 - right)[:, None] / max(votes.classes - 1, 1), votes.classes, axis=1)
    found[np.arange(len(votes)), votes.label] = right
    return np.asarray(found)


def _steep(votes: Votes, ability: Floats, log_ease: Floats) -> Floats:
    steep = ability[votes.annotator] * np.exp(log_ease)[votes.item]
    return np.clip(steep, -STEEPEST, STEEPEST, out=steep)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def _ability_step(votes: Votes, right: Floats, ability: Floats, log_ease: Floats) -> Floats:
    ease = np.exp(log_ease)[votes.item]
    chance = _sigmoid(_steep(votes, ability, log_ease))
    shape = (votes.annotators,)
    slope = counts(votes.annotator, shape, (right - chance) * ease) - (ability - PRIOR)
    bend = counts(votes.annotator, shape, chance * (1 - chance) * ease**2) + 1
    return np.clip(slope / bend, -LONGEST_STEP, LONGEST_STEP)


def _ease_step(votes: Votes, right: Floats, ability: Floats, log_ease: Floats) -> Floats:
    steep = _steep(votes, ability, log_ease)
    chance = _sigmoid(steep)
    pull = (right - chance) * steep
    shape = (votes.items,)
    slope = counts(votes.item, shape, pull) - (log_ease - PRIOR)
    bend = counts(votes.item, shape, chance * (1 - chance) * steep**2)
    bend += np.maximum(-counts(votes.item, shape, pull), 0.0) + 1
    return np.clip(slope / bend, -LONGEST_STEP, LONGEST_STEP)
