"""How well predictions do, with 95 % intervals that resample whole prompts.

Accuracy is counted on decided rows: those whose votes have a majority that is not a tie. Log loss,
Brier score and calibration error are taken on all rows against the share of the votes for the
first completion, a tie half a vote to each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.rewards.arrays import BoolArray, FloatArray

REPEATS = 1000
# Very many prompts are resampled less often, so that the draws fit in memory.
FEWEST_REPEATS = 200
MOST_DRAWS = 20_000_000
BINS = 10


@dataclass(frozen=True)
class Interval:
    """A value with the limits between which 95 % of the resampled values lie."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Rows:
    """n judged pairs: ``votes`` (n, 3) for the first, a tie, the second; ``keys`` of the prompts."""

    keys: Sequence[str]
    votes: FloatArray

    def __len__(self) -> int:
        return len(self.votes)

    @property
    def targets(self) -> FloatArray:
        """Share of the votes for the first completion, a tie half a vote to each."""
        totals = np.maximum(self.votes.sum(axis=1), 1e-12)
        return np.asarray((self.votes[:, 0] + self.votes[:, 1] / 2) / totals)

    @property
    def majority(self) -> FloatArray:
        """1 first, -1 second, 0 a tie or no majority."""
        first, tie, second = self.votes.T
        return np.asarray(
            np.where((first > second) & (first > tie), 1.0, 0.0)
            - np.where((second > first) & (second > tie), 1.0, 0.0)
        )

    def only(self, mask: BoolArray) -> Rows:
        return Rows(
            [key for key, kept in zip(self.keys, mask, strict=True) if kept], self.votes[mask]
        )


class Bootstrap:
    """Resamples of the prompts: how often each is drawn, shape (repeats, prompts)."""

    def __init__(self, keys: Sequence[str], *, seed: int = 0, repeats: int = REPEATS) -> None:
        distinct, self.prompt = np.unique(np.array(keys, dtype=str), return_inverse=True)
        self.prompts = len(distinct)
        draw = np.random.default_rng(seed)
        repeats = min(repeats, max(FEWEST_REPEATS, MOST_DRAWS // max(self.prompts, 1)))
        drawn = draw.integers(0, max(self.prompts, 1), size=(repeats, self.prompts))
        self.draws = np.zeros((repeats, self.prompts), dtype=np.float32)
        np.add.at(self.draws, (np.arange(repeats)[:, None], drawn), 1)

    def totals(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sums of the rows' ``values`` (n, k): over all rows (k,), in each resample (repeats, k)."""
        sums = np.zeros((self.prompts, values.shape[1]))
        np.add.at(sums, self.prompt, values)
        return sums.sum(axis=0), self.draws @ sums

    def mean(self, values: FloatArray, mask: FloatArray | None = None) -> Interval | None:
        """Mean of ``values`` (n,) over the rows of ``mask``; None without any."""
        weights = np.ones(len(values)) if mask is None else np.asarray(mask, dtype=np.float64)
        total, resampled = self.totals(np.column_stack((values * weights, weights)))
        if total[1] == 0:
            return None
        drawn = resampled[resampled[:, 1] > 0]
        return _interval(total[0] / total[1], drawn[:, 0] / drawn[:, 1])

    def calibration_error(self, probabilities: FloatArray, targets: FloatArray) -> Interval | None:
        """Expected calibration error over ten bins of the favoured side's probability."""
        if not len(targets):
            return None
        favoured = np.where(probabilities >= 0.5, probabilities, 1 - probabilities)
        right = np.where(probabilities >= 0.5, targets, 1 - targets)
        bins = np.minimum(((favoured - 0.5) * 2 * BINS).astype(int), BINS - 1)
        gaps = np.zeros((len(targets), BINS))
        gaps[np.arange(len(targets)), bins] = favoured - right
        total, resampled = self.totals(gaps)
        sizes = self.totals(np.ones((len(targets), 1)))[1]
        return _interval(
            np.abs(total).sum() / len(targets), np.abs(resampled).sum(axis=1) / sizes[:, 0]
        )


def evaluate(
    rows: Rows, margins: FloatArray, *, guesses: Mapping[str, FloatArray], seed: int = 0
) -> dict[str, Any]:
    """Metrics as JSON of predictions ``margins`` (n,), first reward less second.

    ``guesses`` are baselines by name: 1 first, -1 second, 0 cannot say (counts half), NaN no guess.
    Each is compared with the predictions on the decided rows for which it has a guess.
    """
    bootstrap = Bootstrap(rows.keys, seed=seed)
    probabilities, targets = sigmoid(margins), rows.targets
    return {
        "rows": len(rows),
        "decided": int((rows.majority != 0).sum()),
        "prompts": bootstrap.prompts,
        "accuracy": _json(bootstrap.mean(hits(rows, margins), rows.majority != 0)),
        "log_loss": _json(bootstrap.mean(log_losses(targets, margins))),
        "brier": _json(bootstrap.mean((probabilities - targets) ** 2)),
        "ece": _json(bootstrap.calibration_error(probabilities, targets)),
        "baselines": {
            name: _baseline(rows, margins, np.asarray(guess, dtype=np.float64), bootstrap)
            for name, guess in guesses.items()
        },
    }


def _baseline(
    rows: Rows, margins: FloatArray, guess: FloatArray, bootstrap: Bootstrap
) -> dict[str, Any]:
    """``difference`` is the model's accuracy less the baseline's, on the same rows."""
    shared = (rows.majority != 0) & ~np.isnan(guess)
    baseline, model = hits(rows, np.nan_to_num(guess)), hits(rows, margins)
    return {
        "rows": int(shared.sum()),
        "accuracy": _json(bootstrap.mean(baseline, shared)),
        "model": _json(bootstrap.mean(model, shared)),
        "difference": _json(bootstrap.mean(model - baseline, shared)),
    }


@dataclass(frozen=True)
class Comparison:
    """New version less old on the same rows: accuracy (more is better), log loss (less is better)."""

    rows: int
    accuracy: Interval | None
    log_loss: Interval | None

    @property
    def worse(self) -> bool:
        """Whether the new version is worse beyond the interval in either."""
        less_often_right = self.accuracy is not None and self.accuracy.high < 0
        return less_often_right or (self.log_loss is not None and self.log_loss.low > 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "accuracy": _json(self.accuracy),
            "log_loss": _json(self.log_loss),
            "worse": self.worse,
        }


def compare(rows: Rows, old: FloatArray, new: FloatArray, *, seed: int = 0) -> Comparison:
    """Two versions' out-of-fold margins (n,) on ``rows``, paired within each resample of prompts."""
    if not len(rows):
        return Comparison(0, None, None)
    bootstrap = Bootstrap(rows.keys, seed=seed)
    targets = rows.targets
    return Comparison(
        len(rows),
        bootstrap.mean(hits(rows, new) - hits(rows, old), rows.majority != 0),
        bootstrap.mean(log_losses(targets, new) - log_losses(targets, old)),
    )


def hits(rows: Rows, margins: FloatArray) -> FloatArray:
    """1 where the sign is that of the majority, ½ where the margin is 0, else 0."""
    return np.asarray((1 + np.sign(margins) * rows.majority) / 2)


def log_losses(targets: FloatArray, margins: FloatArray) -> FloatArray:
    return np.asarray(np.logaddexp(0, margins) - targets * margins)


def sigmoid(margins: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(margins, -700, 700))))


def _interval(value: float, resampled: FloatArray) -> Interval:
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Interval(float(value), float(low), float(high))


def _json(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else interval.as_json()
