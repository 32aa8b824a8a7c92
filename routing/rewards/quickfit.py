"""A head with its penalty chosen by approximate cross-validation, for replays that fit hundreds.

Each penalty is fitted once, to all pairs. What the head would say of a fold without its labels is
one Newton step away, in closed form: with ``M = X H⁻¹ Xᵀ`` over the fold's rows, ``S`` their
curvatures and ``r`` their residuals, the logits fall by ``M (I - S M)⁻¹ r`` (the approximate
leave-one-out of Rad and Maleki, 2020, over whole folds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from routing.rewards.fit import Fit, Pairs, newton, penalised_hessian

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.rewards.arrays import IntArray


# Choosing and comparing need no more; the logits move by less than 1e-3.
TOLERANCE = 1e-5
# Weaker penalties are not tried once the loss has risen so often: it has one minimum.
RISES = 2


@dataclass(frozen=True)
class QuickFit:
    """``fit`` has the best penalty, ``penalties[chosen]``; ``losses`` are the mean left-out ones."""

    fit: Fit
    chosen: int
    losses: list[float]


@torch.inference_mode()
def quick_fit(pairs: Pairs, folds: IntArray, penalties: Sequence[torch.Tensor]) -> QuickFit:
    """Fit under ``penalties``, strongest first, until they only do worse.

    ``folds`` (n,) names each pair's fold.
    """
    parts = torch.from_numpy(folds)
    fits: list[Fit] = []
    losses: list[float] = []
    for penalty in penalties:
        start = fits[-1].weights if fits else None
        fits.append(newton(pairs, penalty, start=start, tolerance=TOLERANCE))
        logits = left_out_logits(pairs, parts, torch.from_numpy(fits[-1].weights), penalty)
        entropy = torch.nn.functional.softplus(logits) - pairs.targets * logits
        losses.append(float((pairs.weights * entropy).sum(dtype=torch.float64)) / pairs.total)
        if len(losses) - 1 - _least(losses) >= RISES:
            break
    chosen = _least(losses)
    return QuickFit(fits[chosen], chosen, losses)


def _least(losses: Sequence[float]) -> int:
    return min(range(len(losses)), key=losses.__getitem__)


def left_out_logits(
    pairs: Pairs, parts: torch.Tensor, weights: torch.Tensor, penalty: torch.Tensor
) -> torch.Tensor:
    """What a head fitted without a pair's fold would say of it, to first order; shape (n,)."""
    x = pairs.differences
    logits = x @ weights.to(x.dtype)
    p = torch.sigmoid(logits)
    curvatures = pairs.weights * p * (1 - p)
    residuals = pairs.weights * (pairs.targets - p)
    factor = torch.linalg.cholesky(penalised_hessian(pairs, weights, penalty)).to(x.dtype)
    half = torch.linalg.solve_triangular(factor, x.T, upper=False)
    moved = logits.clone()
    for fold in sorted(set(parts.tolist())):
        rows = (parts == fold).nonzero()[:, 0]
        m = half[:, rows].T @ half[:, rows]
        inner = torch.eye(len(rows), dtype=x.dtype) - curvatures[rows, None] * m
        moved[rows] -= m @ torch.linalg.solve(inner, residuals[rows])
    return moved
