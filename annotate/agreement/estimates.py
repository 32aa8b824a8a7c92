"""Figures with their intervals: items are drawn anew a thousand times, with all that is theirs."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotate.agreement.coefficients import Coefficient, Figures
from annotate.agreement.tables import Array, Units

REPLICATES = 1_000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where it is not defined. ``n`` counts items.

    ``observed`` is the share of agreement behind it, ``chance`` the share that chance would give.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    observed: float | None = None
    chance: float | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def known(number: float) -> float | None:
    """None for NaN, which JSON has no word for."""
    return None if math.isnan(number) else float(number)


def interval(replicates: Array) -> tuple[float | None, float | None]:
    """Percentiles of the replicates that are defined."""
    given = replicates[~np.isnan(replicates)]
    if not len(given):
        return None, None
    low, high = np.quantile(given, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def estimate(figures: Figures, replicates: Array, n: int) -> Estimate:
    """Of the figures of one table and the values of its replicates."""
    value = known(figures.value[0])
    low, high = (None, None) if value is None or n < 2 else interval(replicates)
    return Estimate(value, low, high, n, known(figures.observed[0]), known(figures.chance[0]))


def estimates(
    units: Units,
    coefficients: Mapping[str, Coefficient],
    *,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Estimate]:
    """Every coefficient of the same units, by name; those on the same units share the draws."""
    found: dict[str, Estimate] = {}
    for least in {coefficient.least for coefficient in coefficients.values()}:
        alike = {name: one for name, one in coefficients.items() if one.least == least}
        found |= _together(units.with_answers(least), alike, seed=seed, replicates=replicates)
    return {name: found[name] for name in coefficients}


def _together(
    units: Units, coefficients: Mapping[str, Coefficient], *, seed: int, replicates: int
) -> dict[str, Estimate]:
    n = {name: units.items(one.counted) for name, one in coefficients.items()}
    if not len(units.weight):
        return {name: Estimate(None, None, None, 0) for name in coefficients}
    parts = [units.by_kind(one.parts(units.counts)) for one in coefficients.values()]
    ends = np.cumsum([0, *(part.shape[1] for part in parts)])
    table = np.hstack(parts)
    drawn = np.vstack([weights @ table for weights in units.draws(replicates, seed=seed)])
    sums = units.weight[None, :] @ table
    return {
        name: estimate(
            one.figures(sums[:, start:end]), one.figures(drawn[:, start:end]).value, n[name]
        )
        for (name, one), start, end in zip(coefficients.items(), ends, ends[1:], strict=False)
    }
