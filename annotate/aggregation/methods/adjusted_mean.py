"""Means on a scale that annotators use in ways of their own: an offset, a slope and a noise each.

An answer is offset + slope · (true value) + noise. True values are N(μ, τ²) over the items, offsets
N(0, σ²), slopes N(1, 0.3²); noise variances are drawn towards the common one. Fitted by EM, as in
P. Welinder, S. Branson, S. Belongie and P. Perona, *The Multidimensional Wisdom of Crowds*, 2010, in one
dimension.
"""

from dataclasses import dataclass

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Numbers, Reliability, counts

ITERATIONS, TOLERANCE = 200, 1e-6
SLOPE_VARIANCE = 0.09
NOISE_PULL = 4.0  # answers' worth of the common noise in each annotator's
LEAST = 1e-6


@dataclass(frozen=True)
class Scales:
    """How annotators use the scale: each (annotators,). ``noise`` is a variance."""

    offset: Floats
    slope: Floats
    noise: Floats


@dataclass(frozen=True)
class AdjustedMean:
    """``value`` and ``deviation`` (items,) of the posterior; ``centre`` and ``spread`` are μ and τ²."""

    value: Floats
    deviation: Floats
    scales: Scales
    newcomer: Scales
    centre: float
    spread: float
    log_likelihood: float
    iterations: int


def adjusted_mean(
    numbers: Numbers,
    *,
    start: Scales | None = None,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
) -> AdjustedMean:
    """Fit scales and values; ends when no value moves by more than ``tolerance`` of their spread."""
    many = counts(numbers.annotator, (numbers.annotators,))
    centre, spread, common = _beginning(numbers)
    one = np.ones(numbers.annotators)
    scales = start or Scales(0 * one, one, common * one)
    offset_variance, number = 0.1 * spread + LEAST, 0
    value, variance, likelihood = values(numbers, scales, centre, spread)
    while number < iterations and len(numbers):
        number += 1
        scales, errors = _scales(numbers, many, value, variance, scales, offset_variance, common)
        common = max(LEAST, float(errors.sum() / len(numbers)))
        used = many > 0
        offset_variance = max(LEAST, float((scales.offset[used] ** 2).mean()) + 0.01 * common)
        centre = float(value.mean())
        spread = max(LEAST, float(((value - centre) ** 2 + variance).mean()))
        before = value
        value, variance, likelihood = values(numbers, scales, centre, spread)
        if np.abs(value - before).max() < tolerance * np.sqrt(spread):
            break
    newcomer = Scales(np.zeros(1), np.ones(1), np.array([common + offset_variance]))
    deviation = np.sqrt(variance)
    return AdjustedMean(value, deviation, scales, newcomer, centre, spread, likelihood, number)


def values(
    numbers: Numbers, scales: Scales, centre: float, spread: float
) -> tuple[Floats, Floats, float]:
    """Posterior means and variances (items,) under known scales, and a log likelihood of the answers."""
    who, shape = numbers.annotator, (numbers.items,)
    slope, noise = scales.slope[who], scales.noise[who]
    precision = 1 / spread + counts(numbers.item, shape, slope**2 / noise)
    aside = numbers.value - scales.offset[who]
    value = (centre / spread + counts(numbers.item, shape, slope * aside / noise)) / precision
    error = aside - slope * value[numbers.item]
    likelihood = -0.5 * float((error**2 / noise + np.log(2 * np.pi * noise)).sum())
    return value, 1 / precision, likelihood


def scale_reliability(numbers: Numbers, fitted: AdjustedMean) -> Reliability:
    """The squared correlation of an annotator's answers with the true values.

    1 where the answers are the true values on whatever scale, 0 where they are noise. The interval
    is Fisher's for a correlation, from the answers to items that others answered too.
    """
    signal = fitted.scales.slope**2 * fitted.spread
    value = signal / (signal + fitted.scales.noise)
    others = np.bincount(numbers.item, minlength=numbers.items)[numbers.item] > 1
    known = counts(numbers.annotator, (numbers.annotators,), others.astype(float))
    many = counts(numbers.annotator, (numbers.annotators,))
    middle = np.arctanh(np.sqrt(np.clip(value, 0, 0.9999)))
    width = 1.96 / np.sqrt(np.maximum(known - 3, 0.25))
    low = np.where(known > 3, np.tanh(np.maximum(middle - width, 0)) ** 2, 0.0)
    high = np.where(known > 3, np.tanh(middle + width) ** 2, 1.0)
    value = np.where(many > 0, value, np.nan)
    return Reliability(value, np.fmin(low, value), np.fmax(high, value))


def _beginning(numbers: Numbers) -> tuple[float, float, float]:
    """Centre, variance of the values and variance of the noise, from the items' plain means."""
    if not len(numbers):
        return 0.0, 1.0, 1.0
    shape = (numbers.items,)
    many = counts(numbers.item, shape)
    means = counts(numbers.item, shape, numbers.value) / np.maximum(many, 1)
    within = numbers.value - means[numbers.item]
    freedom = float(np.maximum(many - 1, 0).sum())
    total = float(numbers.value.var())
    noise = float((within**2).sum()) / freedom if freedom else total / 2
    noise = max(LEAST, noise)
    return float(numbers.value.mean()), max(total - noise, 0.1 * total, LEAST), noise


def _scales(
    numbers: Numbers,
    many: Floats,
    value: Floats,
    variance: Floats,
    scales: Scales,
    offset_variance: float,
    common: float,
) -> tuple[Scales, Floats]:
    """Each annotator's regression of answers on values, with priors; and the squared errors."""
    who, shape = numbers.annotator, (numbers.annotators,)
    known, left = value[numbers.item], variance[numbers.item]
    noise = scales.noise
    s1 = counts(who, shape, known)
    s2 = counts(who, shape, known**2 + left)
    y1 = counts(who, shape, numbers.value)
    y2 = counts(who, shape, numbers.value * known)
    a = many + noise / offset_variance
    d = s2 + noise / SLOPE_VARIANCE
    e = y2 + noise / SLOPE_VARIANCE
    determinant = np.maximum(a * d - s1**2, 1e-12)
    offset = (d * y1 - s1 * e) / determinant
    slope = (a * e - s1 * y1) / determinant
    error = (numbers.value - offset[who] - slope[who] * known) ** 2 + slope[who] ** 2 * left
    errors = counts(who, shape, error)
    noise = np.maximum((errors + NOISE_PULL * common) / (many + NOISE_PULL), LEAST)
    return Scales(offset, slope, noise), errors
