"""Accuracy against a truth that is itself only known with a probability."""

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Reliability, Votes, counts, own, reliability, worth


def accuracy(votes: Votes, posterior: Floats, chances: Floats) -> Reliability:
    """The share of each annotator's answers that are right, by ``posterior`` (items, classes).

    ``chances`` (answers, classes) is the probability of each answer given each true class. The
    interval counts an answer only as far as the others' answers tell what is true: an answer that
    nobody else gave one beside says nothing of its annotator.
    """
    answers = counts(votes.annotator, (votes.annotators,))
    right = counts(votes.annotator, (votes.annotators,), own(votes, posterior))
    value = np.where(answers > 0, right / np.maximum(answers, 1), np.nan)
    others = without_own(votes, posterior, chances)
    wrong = (1 - others) / max(votes.classes - 1, 1)
    share = np.nan_to_num(value, nan=0.5)[votes.annotator]
    slope = np.where(votes.has_others, others - wrong, 0.0)
    return reliability(value, worth(votes, value, slope, share * others + (1 - share) * wrong))


def without_own(votes: Votes, posterior: Floats, chances: Floats) -> Floats:
    """How probable each answer's class is by all the other answers to its item: (answers,)."""
    others = posterior[votes.item] / np.maximum(chances, 1e-12)
    own_class = others[np.arange(len(votes)), votes.label]
    return np.asarray(own_class / np.maximum(others.sum(axis=1), 1e-300))
