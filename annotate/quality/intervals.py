"""Shares with their intervals, and tests that allow for many being made at once.

numpy has no incomplete beta function, and scipy is no dependency at run time: it is here, as a
continued fraction (Abramowitz and Stegun 26.5.8; Numerical Recipes, section 6.4).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
_TINY = 1e-300
_log_gamma = np.vectorize(math.lgamma, otypes=[float])
_erfc = np.vectorize(math.erfc, otypes=[float])


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval, computed on ``n``."""

    value: float
    low: float
    high: float
    n: int

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 5),
            "low": round(self.low, 5),
            "high": round(self.high, 5),
            "n": self.n,
        }


def normal_tail(z: Array) -> Array:
    """Probability that a standard normal is at least ``z``."""
    return np.asarray(0.5 * _erfc(np.asarray(z, dtype=float) / math.sqrt(2)))


def beta_cdf(a: Any, b: Any, x: Any) -> Array:
    """Regularised incomplete beta function, element by element; ``a`` and ``b`` above 0."""
    a, b, x = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (a, b, x)))
    inside = (x > 0) & (x < 1)
    found = np.where(x >= 1, 1.0, 0.0)
    if not inside.any():
        return found
    a, b, x = a[inside], b[inside], x[inside]
    # The fraction is quick on one side of the mean; the other one is its mirror image.
    mirrored = x > (a + 1) / (a + b + 2)
    a, b = np.where(mirrored, b, a), np.where(mirrored, a, b)
    x = np.where(mirrored, 1 - x, x)
    front = np.exp(
        _log_gamma(a + b) - _log_gamma(a) - _log_gamma(b) + a * np.log(x) + b * np.log1p(-x)
    )
    part = front * _fraction(a, b, x) / a
    found[inside] = np.clip(np.where(mirrored, 1 - part, part), 0, 1)
    return found


def _fraction(a: Array, b: Array, x: Array) -> Array:
    """Lentz's method for the continued fraction of the incomplete beta function."""
    c = np.ones_like(x)
    d = 1 / _away_from_0(1 - (a + b) * x / (a + 1))
    value = d.copy()
    for m in range(1, 2_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_0(1 + term * d)
            c = _away_from_0(1 + term / c)
            value = value * c * d
        if np.all(np.abs(c * d - 1) < 1e-13):
            break
    return np.asarray(value)


def _away_from_0(values: Array) -> Array:
    return np.where(np.abs(values) < _TINY, _TINY, values)


def beta_quantile(a: Any, b: Any, share: float) -> Array:
    """Where ``beta_cdf`` reaches ``share``, by halving."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    low, high = np.zeros(a.shape), np.ones(a.shape)
    for _ in range(40):
        middle = (low + high) / 2
        above = beta_cdf(a, b, middle) >= share
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray((low + high) / 2)


def at_least(hits: Any, n: Any, share: Any) -> Array:
    """Probability of ``hits`` or more out of ``n`` (both may be broken numbers) at ``share``."""
    hits, n, share = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (hits, n, share))
    )
    some = hits > 0
    found = np.ones(hits.shape)
    found[some] = beta_cdf(hits[some], (n - hits)[some] + 1, share[some])
    return found


def at_most(hits: Any, n: Any, share: Any) -> Array:
    """Probability of ``hits`` or fewer out of ``n`` at ``share``."""
    return at_least(np.asarray(n) - np.asarray(hits), n, 1 - np.asarray(share))


def wilson(hits: float, n: float) -> Interval:
    """A share with Wilson's interval (1927)."""
    share, spread = hits / n, Z * Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half), round(n))


def median(values: Array) -> Interval:
    """The median with the interval between two order statistics, by the normal approximation."""
    ordered, n = np.sort(values), len(values)
    half = Z * math.sqrt(n) / 2
    low = ordered[max(0, math.floor(n / 2 - half) - 1)]
    high = ordered[min(n - 1, math.ceil(n / 2 + half))]
    return Interval(float(np.median(ordered)), float(low), float(high), n)


def mean(values: Array) -> Interval:
    """The mean with the normal interval; of two values or more."""
    n, middle = len(values), float(values.mean())
    half = Z * float(values.std(ddof=1)) / math.sqrt(n)
    return Interval(middle, middle - half, middle + half, n)


# ------------------------------------------------------------------------ shrinking towards a group

PRECISIONS = np.geomspace(2, 50, 20)
LEAST_GROUP = 5
LEAST_ADDED = 0.5


@dataclass(frozen=True)
class Prior:
    """A beta distribution of the shares within a group: what one expects of a newcomer."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)


def prior_of(hits: Array, n: Array) -> Prior:
    """What the group says of its members before they have answered (empirical Bayes).

    Its mean is the group's share. Its precision, 2 to 50 answers' worth, is the geometric mean of a
    grid, weighted by how probable it makes the counts: a group that tells little of its spread
    weighs little. A group of under five weighs as much as two answers.
    """
    some = n > 0
    hits, n = hits[some], n[some]
    share = (hits.sum() + 0.5) / (n.sum() + 1.0)
    if len(n) < LEAST_GROUP:
        return Prior(2 * share, 2 * (1 - share))
    logs = np.array([_marginal(hits, n, share * each, each) for each in PRECISIONS])
    weights = np.exp(logs - logs.max())
    precision = math.exp(float(weights @ np.log(PRECISIONS)) / float(weights.sum()))
    return Prior(float(share * precision), float((1 - share) * precision))


def _marginal(hits: Array, n: Array, a: float, precision: float) -> float:
    """Log probability of the counts under a beta-binomial distribution, but for a constant."""
    b = precision - a
    together = _log_gamma(hits + a) + _log_gamma(n - hits + b) - _log_gamma(n + precision)
    alone = math.lgamma(a) + math.lgamma(b) - math.lgamma(precision)
    return float(together.sum() - len(n) * alone)


def shrunk(hits: Array, n: Array, prior: Prior) -> tuple[Array, Array, Array]:
    """Posterior means and their 95 % intervals: few answers stay near the group, many do not.

    Half an answer of either kind is the least that is added, so that a group which always agrees
    makes nobody certain.
    """
    a, b = hits + max(prior.a, LEAST_ADDED), n - hits + max(prior.b, LEAST_ADDED)
    tail = (1 - LEVEL) / 2
    return a / (a + b), beta_quantile(a, b, tail), beta_quantile(a, b, 1 - tail)


# ------------------------------------------------------------------------------ many tests at once


def discoveries(p: Array, rate: float) -> Mask:
    """Which of many tests stand out when ``rate`` of those named may be false.

    Benjamini and Hochberg (1995); NaN where nothing was tested.
    """
    found = np.zeros(len(p), dtype=bool)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    limits = rate * np.arange(1, len(order) + 1) / max(len(order), 1)
    below = np.flatnonzero(p[order] <= limits)
    if len(below):
        found[order[: below[-1] + 1]] = True
    return found


def kolmogorov(distance: float) -> float:
    """Probability that the largest distance of a Brownian bridge from 0 is above ``distance``."""
    if distance < 0.2:
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * distance) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))
