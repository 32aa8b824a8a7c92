import numpy as np
import pytest
import torch

from routing.rewards.crossfit import cross_fit
from routing.rewards.fit import Pairs, fit_pairs, penalties

D = 8


def planted(n=600, *, strength=1.0, folds=5, seed=0):
    draw = np.random.default_rng(seed)
    differences = draw.standard_normal((n, D)).astype(np.float32)
    margins = differences @ (strength * draw.standard_normal(D))
    targets = (draw.random(n) < 1 / (1 + np.exp(-margins))).astype(np.float32)
    return differences, targets, draw.integers(0, folds, n)


def crossed(differences, targets, folds, *, grid=(1.0,), count=5):
    return cross_fit(
        Pairs.of(differences, targets), folds, [penalties(l2, D) for l2 in grid], count=count
    )


def test_fold_heads_are_those_fitted_from_the_start_without_the_fold():
    differences, targets, folds = planted()
    found = crossed(differences, targets, folds)
    for fold in range(5):
        rest = folds != fold
        alone = fit_pairs(differences[rest], targets[rest], l2=1.0)
        np.testing.assert_allclose(found.fold_weights[fold], alone.weights, atol=5e-3)
        np.testing.assert_allclose(
            found.logits[~rest], differences[~rest] @ alone.weights, atol=2e-2
        )


def test_few_and_separable_pairs_are_cross_fitted_as_well():
    differences, _, folds = planted(30)
    targets = (differences[:, 0] > 0).astype(np.float32)
    found = crossed(differences, targets, folds, grid=(0.01,))
    for fold in range(5):
        rest = folds != fold
        alone = fit_pairs(differences[rest], targets[rest], l2=0.01)
        right = np.sign(differences[~rest] @ alone.weights)
        assert (np.sign(found.logits[~rest]) == right).all()


def test_labels_of_a_fold_do_not_reach_its_own_predictions():
    differences, targets, folds = planted()
    grid = (1000.0, 10.0, 0.1)
    before = crossed(differences, targets, folds, grid=grid)
    flipped = np.where(folds == 2, 1 - targets, targets)
    after = crossed(differences, flipped, folds, grid=grid)
    own = folds == 2
    # All that may differ is the start of the steps, so their end differs within the tolerance.
    assert np.abs(before.logits[own] - after.logits[own]).max() < 0.05
    assert np.abs(before.logits[~own] - after.logits[~own]).max() > 0.5


def test_noise_gets_the_strongest_penalty_and_a_clear_signal_a_weak_one():
    grid = (10_000.0, 100.0, 0.1)
    noise = crossed(*planted(strength=0.0), grid=grid)
    signal = crossed(*planted(strength=3.0), grid=grid)
    assert (noise.chosen, signal.chosen) == (0, 2)
    assert noise.losses[0] == pytest.approx(np.log(2), abs=0.01)


def test_a_single_prompt_cannot_predict_itself():
    differences, targets, _ = planted(40)
    found = crossed(differences, targets, np.zeros(40, dtype=np.int64), count=1)
    np.testing.assert_allclose(found.logits, 0, atol=1e-3)
    assert np.abs(found.fit.weights).max() > 0.1


def test_gradients_of_many_heads_at_once_are_those_of_each_alone():
    differences, targets, folds = planted(100)
    pairs, parts = Pairs.of(differences, targets), torch.from_numpy(folds)
    columns = torch.randn(D, 5, dtype=torch.float64)
    loss, gradient = pairs.loss_and_gradient(columns, left_out=parts)
    for fold in range(5):
        rest = pairs.rows(parts != fold)
        alone, own = rest.loss_and_gradient(columns[:, fold : fold + 1])
        assert float(loss[fold]) == pytest.approx(float(alone[0]), rel=1e-5)
        torch.testing.assert_close(gradient[:, fold], own[:, 0], rtol=1e-4, atol=1e-4)
