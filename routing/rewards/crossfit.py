"""The penalty by cross-validation, and a prediction for every pair from a head that never saw its prompt.

The heads without one fold are not fitted from the start: they take a few steps from the head over
all pairs, each with that head's Hessian less the fold's own part, all of them in one pass over the
data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from routing.rewards.fit import Fit, Pairs, newton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.rewards.arrays import FloatArray, IntArray

# Enough for choosing and predicting: the logits move by less than 1e-3.
FOLD_TOLERANCE = 1e-4
FOLD_STEPS = 12


@dataclass(frozen=True)
class CrossFit:
    """``fit`` is the head over all pairs with the best penalty, ``penalties[chosen]``.

    ``logits`` (n,) and ``fold_weights`` (folds, d) come from heads without the row's fold, each
    with the penalty that does best on the other folds: the fold's own labels choose nothing.
    ``losses`` is the mean out-of-fold loss under each penalty.
    """

    fit: Fit
    chosen: int
    logits: FloatArray
    fold_weights: FloatArray
    losses: list[float]


@torch.inference_mode()
def cross_fit(
    pairs: Pairs,
    folds: IntArray,
    penalties: Sequence[torch.Tensor],
    *,
    count: int,
) -> CrossFit:
    """Fit under each of ``penalties``, strongest first; ``folds`` (n,) lie in 0 … ``count`` - 1."""
    parts = torch.from_numpy(folds)
    fits: list[Fit] = []
    without: list[torch.Tensor] = []
    logits: list[torch.Tensor] = []
    for penalty in penalties:
        fits.append(newton(pairs, penalty, start=fits[-1].weights if fits else None))
        without.append(_without_each_fold(pairs, parts, penalty, fits[-1], count))
        logits.append(_out_of_fold(pairs, parts, without[-1]))
    losses = torch.stack([_fold_losses(pairs, parts, column, count) for column in logits])
    total = losses.sum(1)
    chosen = int(total.argmin())
    best_elsewhere = (total[:, None] - losses).argmin(0)
    picked = torch.stack([without[int(best_elsewhere[k])][:, k] for k in range(count)])
    return CrossFit(
        fit=fits[chosen],
        chosen=chosen,
        logits=_out_of_fold(pairs, parts, picked.T).numpy(),
        fold_weights=picked.numpy(),
        losses=(total / pairs.total).tolist(),
    )


def _without_each_fold(
    pairs: Pairs, parts: torch.Tensor, penalty: torch.Tensor, fit: Fit, count: int
) -> torch.Tensor:
    """Weights (d, count): column ``k`` is fitted to all pairs but those of fold ``k``."""
    columns = torch.from_numpy(fit.weights).clone()[:, None].repeat(1, count)
    factors = _factors(pairs, parts, penalty, columns[:, 0], count)
    if not factors:
        return columns
    totals = torch.stack([pairs.weights[parts != k].sum() for k in range(count)]).clamp(min=1)
    for _ in range(FOLD_STEPS):
        _, gradient = pairs.loss_and_gradient(columns, left_out=parts)
        gradient += penalty[:, None] * columns
        todo = (gradient.abs().amax(0) / totals > FOLD_TOLERANCE).nonzero()[:, 0].tolist()
        if not todo:
            return columns
        for k in todo:
            columns[:, k] -= torch.cholesky_solve(gradient[:, k : k + 1], factors[k])[:, 0]
    for k in todo:
        rest = pairs.rows(parts != k)
        refit = newton(rest, penalty, start=fit.weights, tolerance=FOLD_TOLERANCE)
        columns[:, k] = torch.from_numpy(refit.weights)
    return columns


def _factors(
    pairs: Pairs, parts: torch.Tensor, penalty: torch.Tensor, beta: torch.Tensor, count: int
) -> list[torch.Tensor]:
    """Cholesky factors of the penalised Hessian without each fold in turn."""
    own = [pairs.rows(parts == k).hessian(beta).double() for k in range(count)]
    if not own:
        return []
    total = torch.stack(own).sum(0) + torch.diag(penalty)
    # A fold's part taken off in float32 may leave a hair less than the penalty.
    slack = 1e-6 * torch.diag(torch.diag(total))
    return [torch.linalg.cholesky(total - part + slack) for part in own]


def _out_of_fold(pairs: Pairs, parts: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    logits = pairs.differences @ columns.to(pairs.differences.dtype)
    return logits.gather(1, parts[:, None])[:, 0]


def _fold_losses(
    pairs: Pairs, parts: torch.Tensor, logits: torch.Tensor, count: int
) -> torch.Tensor:
    entropy = torch.nn.functional.softplus(logits) - pairs.targets * logits
    losses = torch.zeros(count, dtype=torch.float64)
    return losses.index_add(0, parts, (pairs.weights * entropy).double())
