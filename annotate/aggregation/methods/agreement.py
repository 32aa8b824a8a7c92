"""Majority and weighted vote: how far each annotator is right follows from agreeing with others.

Of two annotators with accuracies a and b, who err in all ways alike, a share a b + (1 - a)(1 - b) / (K - 1)
of answers about the same item agree. All pairs together give the common accuracy, and with it each
annotator's own: closed forms, no iteration.
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Reliability, Votes, counts, own, reliability, softmax

UNKNOWN = 0.75  # the common accuracy, as long as no two answers about an item are there
MOST = 0.99
PULL = 4.0  # answers' worth of the common accuracy in every annotator's own


@dataclass(frozen=True)
class Agreement:
    """``share`` (annotators,) of the others' answers that agree, NaN without others; ``answers``
    with others; ``accuracy`` (annotators,) and ``common`` as they follow from it."""

    share: Floats
    answers: Floats
    accuracy: Floats
    common: float


def agreement(votes: Votes) -> Agreement:
    """Agreement with the others who answered the same items; an item counts once an answer."""
    received = votes.received
    same = own(votes, received) - 1
    others = received.sum(axis=1)[votes.item] - 1
    shares = np.where(others > 0, same / np.maximum(others, 1), 0.0)
    answers = counts(votes.annotator, (votes.annotators,), (others > 0).astype(float))
    total = counts(votes.annotator, (votes.annotators,), shares)
    share = np.where(answers > 0, total / np.maximum(answers, 1), np.nan)
    if not answers.sum():
        unknown = np.full(votes.annotators, UNKNOWN)
        return Agreement(share, answers, unknown, UNKNOWN)
    common = common_accuracy(float(total.sum() / answers.sum()), votes.classes)
    return Agreement(share, answers, _accuracies(share, answers, common, votes.classes), common)


def common_accuracy(agreed: float, classes: int) -> float:
    """The accuracy that makes two annotators agree in a share ``agreed`` of cases."""
    if classes < 2:
        return MOST
    wrong = 1 / (classes - 1)
    # (1 + w) a² - 2 w a + w = agreed, the larger root; below chance agreement there is none
    inside = wrong**2 - (1 + wrong) * (wrong - agreed)
    root = (wrong + np.sqrt(max(inside, 0.0))) / (1 + wrong)
    return float(np.clip(root, 1 / classes + 0.01, MOST))


def _accuracies(share: Floats, answers: Floats, common: float, classes: int) -> Floats:
    wrong = (1 - common) / max(classes - 1, 1)
    alone = np.nan_to_num((share - wrong) / max(common - wrong, 1e-9), nan=common)
    pulled = (answers * np.clip(alone, 0.0, 1.0) + PULL * common) / (answers + PULL)
    return np.asarray(np.clip(pulled, 0.01, MOST))


def agreement_reliability(found: Agreement, classes: int) -> Reliability:
    """The accuracies with intervals: the variance of the agreed share, carried over."""
    wrong = (1 - found.common) / max(classes - 1, 1)
    slope = max(found.common - wrong, 1e-3)
    share = np.clip(np.nan_to_num(found.share, nan=0.5), 0.02, 0.98)
    spread = share * (1 - share) / np.maximum(found.answers, 1) / slope**2
    inner = np.clip(found.accuracy, 0.02, 0.98)
    known = np.minimum(inner * (1 - inner) / spread, found.answers)
    value = np.where(found.answers > 0, found.accuracy, np.nan)
    return reliability(value, np.where(found.answers > 0, known, 0.0))


def vote(votes: Votes, accuracies: Floats) -> tuple[Floats, float]:
    """The posterior (items, classes) when annotators err in all ways alike, classes equally likely.

    With one accuracy for all, the majority is the most probable class. Also the log likelihood.
    """
    if votes.classes < 2:
        return np.ones((votes.items, votes.classes)), 0.0
    wrong = np.log((1 - accuracies) / (votes.classes - 1))
    weights = (np.log(accuracies) - wrong)[votes.annotator]
    shape = (votes.items, votes.classes)
    scores = counts(votes.item * votes.classes + votes.label, shape, weights)
    posterior, total = softmax(scores - np.log(votes.classes))
    return posterior, float(total.sum() + wrong[votes.annotator].sum())
