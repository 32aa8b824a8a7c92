"""Dawid and Skene: every annotator has a confusion matrix, fitted by EM.

A. P. Dawid and A. M. Skene, *Maximum Likelihood Estimation of Observer Error-Rates Using the EM
Algorithm*, Journal of the Royal Statistical Society C 28(1), 1979.
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Votes, counts

SMOOTHING = 0.01
ITERATIONS = 100
TOLERANCE = 1e-5


@dataclass(frozen=True)
class DawidSkene:
    """``prevalence`` (classes,) of the true classes; ``confusion`` (annotators, true, given).

    ``newcomer`` (true, given) is what to expect of somebody unknown: all annotators together.
    ``posterior`` (items, classes); ``log_likelihood`` of the answers.
    """

    posterior: Floats
    prevalence: Floats
    confusion: Floats
    newcomer: Floats
    log_likelihood: float
    iterations: int


def dawid_skene(
    votes: Votes,
    *,
    start: tuple[Floats, Floats] | None = None,
    prior: float | Floats = SMOOTHING,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
    weight: Floats | None = None,
) -> DawidSkene:
    """EM from the shares of the votes, or from the prevalence and confusion of ``start``.

    ``prior`` is added to every annotator's numbers of answers (Dirichlet): the same to every cell, or
    by cell (true, given), which steadies annotators of whom little is known. Ends when the lower bound
    of the log likelihood (crowd-kit's criterion) grows by less than ``tolerance`` an answer.
    ``weight`` (items,) says how many items alike each stands for.
    """
    posterior = np.ascontiguousarray(votes.shares.T)
    found = _confused(votes, posterior, weight)
    prevalence, confusion = start or (
        _mean(posterior, weight) if votes.items else np.full(votes.classes, 1 / votes.classes),
        _normal(found, prior),
    )
    before, number, likelihood = -np.inf, 0, 0.0
    answers = len(votes) if weight is None else float(weight[votes.item].sum())
    while len(votes):
        posterior, likelihood, entropy = _expect(votes, prevalence, confusion, weight)
        found = _confused(votes, posterior, weight)
        number += 1
        after = _mean(posterior, weight), _normal(found, prior)
        bound = entropy + _expected(found, _weighed(posterior, weight), *after)
        if number >= iterations or bound - before < tolerance * answers:
            break
        before, (prevalence, confusion) = bound, after
    newcomer = _normal(found.sum(axis=0), prior)
    rows = np.ascontiguousarray(posterior.T)
    return DawidSkene(rows, prevalence, confusion, newcomer, likelihood, number)


def expect(votes: Votes, prevalence: Floats, confusion: Floats) -> tuple[Floats, float]:
    """The posterior (items, classes) under known parameters, and the log likelihood."""
    posterior, likelihood, _ = _expect(votes, prevalence, confusion)
    return np.ascontiguousarray(posterior.T), likelihood


def chances(votes: Votes, confusion: Floats) -> Floats:
    """The probability of each answer given each true class: (answers, classes)."""
    return np.asarray(confusion[votes.annotator, :, votes.label])


# Inside, the posterior is (classes, items): each class is one piece of memory. Classes are compared
# with the first one, and the last sum follows from the others: one pass over the answers fewer.


def _weighed(posterior: Floats, weight: Floats | None) -> Floats:
    return posterior if weight is None else np.asarray(posterior * weight)


def _mean(posterior: Floats, weight: Floats | None) -> Floats:
    if weight is None:
        return np.asarray(posterior.mean(axis=1))
    return np.asarray(posterior @ weight / max(float(weight.sum()), 1e-300))


def _given(votes: Votes, weight: Floats | None) -> Floats:
    if weight is None:
        return votes.given
    return counts(votes.code, (votes.annotators, votes.classes), weight[votes.item])


def _expect(
    votes: Votes, prevalence: Floats, confusion: Floats, weight: Floats | None = None
) -> tuple[Floats, float, float]:
    """Posterior, log likelihood, and the posterior's entropy."""
    logs = np.log(confusion).transpose(1, 0, 2).reshape(votes.classes, -1)
    prior = np.log(np.maximum(prevalence, 1e-300))
    scores = np.zeros((votes.classes, votes.items))
    for true in range(1, votes.classes):
        against_first = (logs[true] - logs[0])[votes.code]
        scores[true] = np.bincount(votes.item, against_first, minlength=votes.items)
        scores[true] += prior[true] - prior[0]
    items = votes.items if weight is None else float(weight.sum())
    first = float(_given(votes, weight).reshape(-1) @ logs[0]) + items * float(prior[0])
    most = scores.max(axis=0)
    scores -= most
    posterior = np.exp(scores)
    total = posterior.sum(axis=0)
    posterior /= total
    logs_of_total = float(_weighed(np.log(total), weight).sum())
    entropy = logs_of_total - float(np.vdot(_weighed(posterior, weight), scores))
    return posterior, first + float(_weighed(most, weight).sum()) + logs_of_total, entropy


def _expected(found: Floats, posterior: Floats, prevalence: Floats, confusion: Floats) -> float:
    """The expected log probability of answers and true classes."""
    prior = np.log(np.maximum(prevalence, 1e-300))
    return float(np.vdot(found, np.log(confusion))) + float(posterior.sum(axis=1) @ prior)


def _confused(votes: Votes, posterior: Floats, weight: Floats | None = None) -> Floats:
    """Expected numbers of answers by annotator, true and given class."""
    posterior = _weighed(posterior, weight)
    found = np.empty((votes.annotators, votes.classes, votes.classes))
    found[:, 0] = _given(votes, weight)
    shape = (votes.annotators, votes.classes)
    for true in range(1, votes.classes):
        found[:, true] = counts(votes.code, shape, posterior[true][votes.item])
        found[:, 0] -= found[:, true]
    return np.maximum(found, 0.0, out=found)  # what rounding left below


def _normal(found: Floats, prior: float | Floats) -> Floats:
    """Rows as shares, after what the prior adds."""
    total = found + np.maximum(prior, 1e-10)
    return np.asarray(total / total.sum(axis=-1, keepdims=True))


def equal_errors(accuracy: float, classes: int, answers: float) -> Floats:
    """A prior worth so many answers a row: right with a common accuracy, wrong in all ways alike."""
    row = np.full((classes, classes), (1 - accuracy) / max(classes - 1, 1))
    np.fill_diagonal(row, accuracy)
    return answers * row
