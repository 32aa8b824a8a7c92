"""Bradley-Terry with soft targets and an L2 penalty, fitted by Newton's method to convergence.

A pair has the difference ``x`` of its two completions' features; the first wins with probability
``p = 1 / (1 + exp(-x·β))``. Minimised is ``Σ -w (t log p + (1 - t) log(1 - p)) + ½ Σ l2 β²`` over
the pairs, ``t`` the target in [0, 1] and ``w`` the weight. There is no intercept, so swapping the
two completions of a pair (and ``t`` for ``1 - t``) changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from routing.rewards.features import chunks

if TYPE_CHECKING:
    from routing.rewards.arrays import FloatArray

MAX_STEPS = 100
# A step with an old Hessian is worth it while it shrinks the gradient at least this much.
GOOD_SHRINK = 4.0
# Few pairs are computed in double precision, since they may be told apart without noise.
FEW_NUMBERS = 2_000_000
# What single precision leaves of a loss: a step that promises less than this is no failure.
PRECISION = 1e-6


class NotConverged(Exception):
    """Newton's method ran out of steps."""


@dataclass(frozen=True)
class Fit:
    """``weights`` (d,) at the minimum, with the penalised Hessian (d, d) found on the way there."""

    weights: FloatArray
    hessian: FloatArray
    loss: float
    gradient: float  # largest component, divided by the sum of the pairs' weights
    steps: int
    hessians: int


@dataclass(frozen=True)
class Pairs:
    """What is fitted: differences (n, d), targets and weights (n,), all of one float type."""

    differences: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor

    @classmethod
    def of(
        cls, differences: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> Pairs:
        n = len(differences)
        dtype = np.float64 if differences.size <= FEW_NUMBERS else np.float32
        given = (differences, targets, np.ones(n) if weights is None else weights)
        pairs = cls(*(torch.from_numpy(np.ascontiguousarray(part, dtype=dtype)) for part in given))
        if pairs.targets.shape != (n,) or pairs.weights.shape != (n,):
            raise ValueError(f"{n} differences need {n} targets and {n} weights.")
        if n and not (float(pairs.targets.min()) >= 0 and float(pairs.targets.max()) <= 1):
            raise ValueError("Targets lie between 0 and 1.")
        if n and float(pairs.weights.min()) < 0:
            raise ValueError("Weights are not negative.")
        return pairs

    @property
    def total(self) -> float:
        return max(float(self.weights.sum(dtype=torch.float64)), 1e-12)

    def rows(self, mask: torch.Tensor) -> Pairs:
        return Pairs(self.differences[mask], self.targets[mask], self.weights[mask])

    def loss_and_gradient(
        self, columns: torch.Tensor, *, left_out: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Without penalty, float64, for each column of ``columns`` (d, k): shapes (k,), (d, k).

        With ``left_out`` (n,) column ``i`` does not see the pairs where that is ``i``.
        """
        betas = columns.to(self.differences.dtype)
        loss = torch.zeros(betas.shape[1], dtype=torch.float64)
        gradient = torch.zeros(betas.shape, dtype=torch.float64)
        for rows in chunks(len(self.targets)):
            x, t, w = self.differences[rows], self.targets[rows, None], self.weights[rows, None]
            if left_out is not None:
                w = w * (left_out[rows, None] != torch.arange(betas.shape[1]))
            logits = x @ betas
            entropy = torch.nn.functional.softplus(logits) - t * logits
            loss += (w * entropy).sum(0, dtype=torch.float64)
            gradient += x.T @ (w * (torch.sigmoid(logits) - t))
        return loss, gradient

    def hessian(self, weights: torch.Tensor) -> torch.Tensor:
        """Unpenalised X'SX (d, d)."""
        d = self.differences.shape[1]
        column = weights.to(self.differences.dtype)
        total = torch.zeros((d, d), dtype=column.dtype)
        for rows in chunks(len(self.targets)):
            x = self.differences[rows]
            p = torch.sigmoid(x @ column)
            scaled = x * torch.sqrt(self.weights[rows] * p * (1 - p))[:, None]
            total.addmm_(scaled.T, scaled)
        return total


def fit_pairs(
    differences: FloatArray,
    targets: FloatArray,
    *,
    weights: FloatArray | None = None,
    l2: float | FloatArray = 1.0,
    start: Fit | None = None,
    tolerance: float = 1e-6,
) -> Fit:
    """The weights that minimise the penalised loss.

    ``l2`` is one positive penalty, or one for each feature; ``start`` an earlier fit with the same
    penalty to begin from. Converged when no component of the gradient is above ``tolerance`` times
    the sum of the pairs' weights. Raises ``NotConverged``.
    """
    pairs = Pairs.of(differences, targets, weights)
    penalty = penalties(l2, pairs.differences.shape[1])
    if start is None:
        return newton(pairs, penalty, tolerance=tolerance)
    return newton(pairs, penalty, start=start.weights, hessian=start.hessian, tolerance=tolerance)


def penalties(l2: float | FloatArray, d: int) -> torch.Tensor:
    penalty = torch.as_tensor(np.broadcast_to(np.asarray(l2, dtype=np.float64), (d,)).copy())
    if d and float(penalty.min()) <= 0:
        raise ValueError("The penalty l2 is positive.")
    return penalty


@torch.inference_mode()
def newton(
    pairs: Pairs,
    penalty: torch.Tensor,
    *,
    start: FloatArray | None = None,
    hessian: FloatArray | None = None,
    tolerance: float = 1e-6,
) -> Fit:
    """Newton steps, halved until the loss falls; a Hessian is kept while its steps do well.

    ``hessian``, penalty included, is a guess to take the first steps with.
    """
    d = pairs.differences.shape[1]
    beta = torch.zeros(d, dtype=torch.float64) if start is None else double(start)
    loss, gradient = _penalised(pairs, beta, penalty)
    curvature = None if hessian is None else double(hessian)
    factor = None if curvature is None else torch.linalg.cholesky(curvature)
    hessians = 0
    for step in range(MAX_STEPS):
        size = float(gradient.abs().max()) / pairs.total if d else 0.0
        if fresh := curvature is None or factor is None:
            curvature, hessians = penalised_hessian(pairs, beta, penalty), hessians + 1
            factor = torch.linalg.cholesky(curvature)
        if size <= tolerance:
            return Fit(beta.numpy(), curvature.numpy(), float(loss), size, step, hessians)
        direction = torch.cholesky_solve(gradient[:, None], factor)[:, 0]
        moved = _line_search(pairs, beta, penalty, direction, loss, float(gradient @ direction))
        if moved is None and fresh:
            raise NotConverged(f"No step lowers the loss; the gradient is still {size:.1e}.")
        shrink = 0.0
        if moved is not None:
            beta, loss, gradient = moved
            after = float(gradient.abs().max()) / pairs.total
            shrink = size / max(after, 1e-300) if after > tolerance else GOOD_SHRINK
        if shrink < GOOD_SHRINK:
            factor = None
    raise NotConverged(f"Not converged after {MAX_STEPS} steps; raise l2.")


def _line_search(
    pairs: Pairs,
    beta: torch.Tensor,
    penalty: torch.Tensor,
    direction: torch.Tensor,
    loss: torch.Tensor,
    slope: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
    size = 1.0
    for _ in range(30):
        moved = beta - size * direction
        new_loss, new_gradient = _penalised(pairs, moved, penalty)
        # The slack is float32's: near the minimum the loss no longer tells steps apart.
        if float(new_loss) <= float(loss) - 1e-4 * size * slope + 1e-7 * abs(float(loss)):
            return moved, new_loss, new_gradient
        size /= 2
    return None


def _penalised(
    pairs: Pairs, beta: torch.Tensor, penalty: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    loss, gradient = pairs.loss_and_gradient(beta[:, None])
    return loss[0] + (penalty * beta * beta).sum() / 2, gradient[:, 0] + penalty * beta


def penalised_hessian(pairs: Pairs, beta: torch.Tensor, penalty: torch.Tensor) -> torch.Tensor:
    return pairs.hessian(beta).double() + torch.diag(penalty)


def double(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float64))
