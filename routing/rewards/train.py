"""From labelled pairs to a head and its out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from routing.rewards.crossfit import cross_fit
from routing.rewards.features import Side, differences, scaling
from routing.rewards.fit import Pairs, penalised_hessian
from routing.rewards.folds import Folds
from routing.rewards.head import Head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.rewards.arrays import FloatArray
    from routing.rewards.recipes import Recipe


class NothingToLearn(Exception):
    """There is no pair with a label."""


@dataclass(frozen=True)
class LabelledPairs:
    """n pairs. ``prompts`` (n, e) are the prompts' vectors and ``keys`` their hashes.

    ``targets`` (n,) in [0, 1] is the share of votes for the first, a tie half a vote to each;
    ``weights`` (n,) the number of votes.
    """

    prompts: FloatArray
    first: Side
    second: Side
    keys: Sequence[str]
    targets: FloatArray
    weights: FloatArray


@dataclass(frozen=True)
class Trained:
    """``margins`` (n,): first reward less second, out of fold. ``losses`` for each penalty."""

    head: Head
    margins: FloatArray
    losses: dict[float, float]


def train(
    rows: LabelledPairs,
    *,
    recipe: Recipe,
    encoder: str,
    window: str,
) -> Trained:
    """Fit ``recipe`` to ``rows``. Raises ``NothingToLearn``."""
    if not float(np.sum(rows.weights)) > 0:
        raise NothingToLearn("No pair has a label; label or import some first.")
    scales = scaling(rows.prompts, rows.first, rows.second)
    x = differences(rows.prompts, rows.first, rows.second, scales.scale)
    pairs = Pairs.of(x, rows.targets, rows.weights)
    folds = Folds.over(rows.keys)
    penalties = recipe.penalties(rows.prompts.shape[1])
    crossed = cross_fit(
        pairs,
        folds.of(rows.keys),
        penalties,
        count=folds.count,
    )
    head = Head(
        recipe=recipe.name,
        encoder=encoder,
        window=window,
        l2=recipe.grid[crossed.chosen],
        mean=scales.mean,
        scale=scales.scale,
        weights=crossed.fit.weights,
        factor=_factor(pairs, crossed.fit.weights, penalties[crossed.chosen]),
        folds=folds,
        fold_weights=crossed.fold_weights,
    )
    return Trained(head, crossed.logits, dict(zip(recipe.grid, crossed.losses, strict=True)))


def _factor(pairs: Pairs, weights: FloatArray, penalty: torch.Tensor) -> FloatArray:
    hessian = penalised_hessian(pairs, torch.from_numpy(weights), penalty)
    return np.asarray(torch.linalg.cholesky(hessian).numpy())
