import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from routing.rewards.fit import fit_pairs


def planted(n=2000, d=12, *, seed=0):
    draw = np.random.default_rng(seed)
    truth = draw.standard_normal(d)
    differences = draw.standard_normal((n, d)).astype(np.float32)
    chances = 1 / (1 + np.exp(-differences @ truth))
    return differences, (draw.random(n) < chances).astype(np.float32), chances, truth


def test_one_pair_gives_the_weight_worked_by_hand():
    # The minimum of -log p(b) + l2 b²/2 has 1 - p(b) = l2 b; with b = ln 3 that is 1/4 = l2 ln 3.
    fit = fit_pairs(np.ones((1, 1)), np.ones(1), l2=0.25 / np.log(3))
    assert fit.weights == pytest.approx([np.log(3)], abs=1e-5)


def test_a_tie_moves_nothing():
    fit = fit_pairs(np.ones((1, 1)), np.array([0.5]))
    assert fit.weights == pytest.approx([0.0])


def test_weights_are_those_of_scikit_learn():
    differences, targets, _, _ = planted()
    ours = fit_pairs(differences, targets, l2=2.0, tolerance=1e-8)
    theirs = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=1000)
    theirs.fit(differences.astype(np.float64), targets)
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=1e-4)


def test_soft_targets_are_those_of_scikit_learn_with_both_labels_weighted():
    differences, _, chances, _ = planted(500)
    votes = np.random.default_rng(1).integers(1, 6, size=500).astype(np.float32)
    ours = fit_pairs(differences, chances, weights=votes, l2=3.0, tolerance=1e-8)
    theirs = LogisticRegression(C=1 / 3, fit_intercept=False, tol=1e-10, max_iter=1000)
    theirs.fit(
        np.concatenate((differences, differences)).astype(np.float64),
        np.repeat([1, 0], 500),
        sample_weight=np.concatenate((votes * chances, votes * (1 - chances))),
    )
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=1e-4)


def test_each_feature_may_have_its_own_penalty():
    differences, targets, _, _ = planted(300, 2)
    fit = fit_pairs(differences, targets, l2=np.array([1e6, 1e-3]))
    assert abs(fit.weights[0]) < 0.01 < abs(fit.weights[1])


def test_swapping_the_two_completions_of_a_pair_changes_nothing():
    differences, targets, _, _ = planted(200)
    swapped = differences.copy()
    swapped[::2] *= -1
    turned = np.where(np.arange(200) % 2 == 0, 1 - targets, targets)
    np.testing.assert_allclose(
        fit_pairs(differences, targets).weights, fit_pairs(swapped, turned).weights, atol=1e-5
    )


def test_a_weight_of_two_is_the_pair_twice():
    differences, targets, _, _ = planted(100)
    twice = fit_pairs(np.tile(differences, (2, 1)), np.tile(targets, 2))
    weighted = fit_pairs(differences, targets, weights=np.full(100, 2.0))
    np.testing.assert_allclose(twice.weights, weighted.weights, atol=1e-5)


def test_labels_that_a_line_separates_converge_under_the_penalty():
    differences = np.random.default_rng(0).standard_normal((50, 80)).astype(np.float32)
    fit = fit_pairs(differences, (differences[:, 0] > 0).astype(float), l2=1e-3)
    assert fit.gradient <= 1e-6
    assert np.isfinite(fit.weights).all()


def test_an_earlier_fit_leads_to_the_same_weights_without_a_new_hessian():
    differences, targets, _, _ = planted(5000)
    earlier = fit_pairs(differences[:4800], targets[:4800], l2=1.0)
    warm, cold = (fit_pairs(differences, targets, l2=1.0, start=start) for start in (earlier, None))
    np.testing.assert_allclose(warm.weights, cold.weights, atol=1e-4)
    assert warm.hessians == 0 < cold.hessians


def test_many_pairs_come_within_half_a_point_of_the_best_accuracy():
    differences, targets, _, _ = planted(20_000)
    unseen, labels, chances, _ = planted(20_000, seed=0)
    fit = fit_pairs(differences[:15_000], targets[:15_000])
    margins = unseen[15_000:] @ fit.weights
    right = labels[15_000:] == 1
    best = ((chances[15_000:] > 0.5) == right).mean()
    assert ((margins > 0) == right).mean() > best - 0.005


def test_no_pair_at_all_gives_zero_weights():
    assert fit_pairs(np.zeros((0, 3)), np.zeros(0)).weights == pytest.approx([0, 0, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.array([1.2, 0])}, "between 0 and 1"),
        ({"targets": np.array([1.0])}, "2 targets"),
        ({"weights": np.array([-1.0, 1])}, "not negative"),
        ({"l2": 0.0}, "positive"),
    ],
)
def test_odd_input_is_refused(change, message):
    arguments = {"differences": np.ones((2, 1)), "targets": np.array([1.0, 0]), **change}
    with pytest.raises(ValueError, match=message):
        fit_pairs(**arguments)
