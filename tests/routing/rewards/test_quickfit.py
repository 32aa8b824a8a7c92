"""The quick choice of a penalty against cross-validation that refits."""

import numpy as np
import pytest
import torch

from routing.rewards.crossfit import cross_fit
from routing.rewards.fit import Pairs, newton
from routing.rewards.quickfit import left_out_logits, quick_fit


def made_up(n=200, d=12, *, noise=1.0, seed=0):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, d))
    logits = x @ draw.normal(size=d) * noise
    targets = (draw.random(n) < 1 / (1 + np.exp(-logits))).astype(float)
    weights = draw.integers(1, 4, size=n).astype(float)
    return Pairs.of(x, targets, weights), draw.integers(0, 10, size=n)


def penalties(d, *values):
    return [torch.full((d,), float(value), dtype=torch.float64) for value in values]


@pytest.mark.parametrize("seed", range(3))
def test_left_out_logits_are_those_of_heads_fitted_without_the_fold(seed):
    pairs, folds = made_up(seed=seed)
    [penalty] = penalties(12, 5)
    parts = torch.from_numpy(folds)
    whole = newton(pairs, penalty)
    quick = left_out_logits(pairs, parts, torch.from_numpy(whole.weights), penalty)
    for fold in range(10):
        without = newton(pairs.rows(parts != fold), penalty)
        exact = pairs.differences[parts == fold] @ torch.from_numpy(without.weights).to(
            pairs.differences.dtype
        )
        assert quick[parts == fold] == pytest.approx(exact.numpy(), abs=0.1)
        before = pairs.differences[parts == fold] @ torch.from_numpy(whole.weights).to(
            pairs.differences.dtype
        )
        assert (quick[parts == fold] - exact).abs().max() < (before - exact).abs().max() / 4


@pytest.mark.parametrize("noise", [0.2, 1.0])
def test_the_penalty_is_the_one_that_refitting_chooses(noise):
    pairs, folds = made_up(noise=noise)
    grid = penalties(12, 1000, 100, 10, 1, 0.1)
    exact, quick = cross_fit(pairs, folds, grid, count=10), quick_fit(pairs, folds, grid)
    assert quick.chosen == exact.chosen
    assert quick.losses == pytest.approx(exact.losses[: len(quick.losses)], rel=0.01)
    assert quick.fit.weights == pytest.approx(exact.fit.weights, abs=1e-3)


def test_weaker_penalties_are_not_tried_once_they_only_do_worse():
    pairs, folds = made_up(n=30, noise=0.0)
    result = quick_fit(pairs, folds, penalties(12, 1e4, 1e2, 1, 1e-1, 1e-2, 1e-3))
    assert len(result.losses) == result.chosen + 3 < 6
