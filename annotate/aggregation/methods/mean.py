"""The plain mean, with the noise that answers about the same item show."""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Numbers, Reliability, counts

LEAST = 1e-6


@dataclass(frozen=True)
class Mean:
    """``value`` (items,), NaN without answers, and its standard error ``deviation``; ``noise`` is
    the variance of an answer around the true value."""

    value: Floats
    deviation: Floats
    noise: float


def noise_of(numbers: Numbers) -> float:
    """The variance within items; 1 where no item has two answers."""
    many = counts(numbers.item, (numbers.items,))
    freedom = float(np.maximum(many - 1, 0).sum())
    if not freedom:
        return 1.0
    means = counts(numbers.item, (numbers.items,), numbers.value) / np.maximum(many, 1)
    return max(LEAST, float(((numbers.value - means[numbers.item]) ** 2).sum()) / freedom)


def mean(numbers: Numbers, noise: float) -> Mean:
    many = counts(numbers.item, (numbers.items,))
    total = counts(numbers.item, (numbers.items,), numbers.value)
    value = np.where(many > 0, total / np.maximum(many, 1), np.nan)
    return Mean(value, np.sqrt(noise / np.maximum(many, 1)), noise)


def correlation(numbers: Numbers) -> Reliability:
    """The correlation of an annotator's answers with the mean of the others', 0 at the least.

    Fisher's interval. NaN where fewer than three items were answered by others too.
    """
    shape = (numbers.items,)
    many = counts(numbers.item, shape)[numbers.item]
    total = counts(numbers.item, shape, numbers.value)[numbers.item]
    shared = many > 1
    who, own = numbers.annotator[shared], numbers.value[shared]
    others = (total[shared] - own) / (many[shared] - 1)
    annotators = (numbers.annotators,)
    n = counts(who, annotators)
    safe = np.maximum(n, 1)
    own = own - (counts(who, annotators, own) / safe)[who]
    others = others - (counts(who, annotators, others) / safe)[who]
    spread = np.sqrt(counts(who, annotators, own**2) * counts(who, annotators, others**2))
    known = (n > 2) & (spread > 1e-12)
    together = counts(who, annotators, own * others)
    value = np.where(known, together / np.maximum(spread, 1e-12), np.nan)
    middle = np.arctanh(np.clip(np.nan_to_num(value), -0.9999, 0.9999))
    width = 1.96 / np.sqrt(np.maximum(n - 3, 0.25))
    low = np.where(known, np.maximum(np.tanh(middle - width), 0.0), 0.0)
    high = np.where(known, np.maximum(np.tanh(middle + width), 0.0), 1.0)
    value = np.maximum(value, 0.0)
    return Reliability(value, np.fmin(low, value), np.fmax(high, value))
