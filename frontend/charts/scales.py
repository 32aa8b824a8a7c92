"""What every chart stands on: numbers with intervals, round limits, and how values are written."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and what it was computed on."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    @property
    def least(self) -> float:
        return self.value if self.low is None else self.low

    @property
    def most(self) -> float:
        return self.value if self.high is None else self.high


@dataclass(frozen=True)
class Domain:
    """What part of the numbers a chart shows, and where its lines are."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one, never outside."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def percent(value: float, *, places: int = 1) -> str:
    """A share as people read it: 71.2 %, never broken before the sign."""
    return f"{100 * value:.{places}f}\N{NO-BREAK SPACE}%"


def domain(
    estimates: Iterable[Estimate | None], *, always: Sequence[float] = (), most_ticks: int = 5
) -> Domain:
    """Round limits that hold every interval and the values named in ``always``."""
    given = [estimate for estimate in estimates if estimate is not None]
    values = [v for e in given for v in (e.least, e.most)] + list(always)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 1e-9:
        low, high = low - 0.05, high + 0.05
    step = next((s for s in STEPS if (high - low) / s <= most_ticks - 1), STEPS[-1])
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(number * step, 6) for number in range(first, last + 1))
    return Domain(ticks[0], ticks[-1], ticks)
