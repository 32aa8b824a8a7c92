import numpy as np
import pytest

from routing.rewards.features import Side, differences
from routing.rewards.head import Head
from routing.rewards.recipes import RECIPES, UnknownRecipe, recipe
from routing.rewards.train import LabelledPairs, NothingToLearn, train

DIMENSION = 6


def labelled(n=1500, *, prompts=100, seed=0):
    """Pairs whose first wins by a planted direction of the embedding and by length."""
    draw = np.random.default_rng(seed)
    units = draw.standard_normal((prompts + 2 * n, DIMENSION)).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    which = draw.integers(0, prompts, n)
    surfaces = draw.standard_normal((2, n, 5)).astype(np.float32)
    first = Side(units[prompts : prompts + n], surfaces[0])
    second = Side(units[prompts + n :], surfaces[1])
    truth = np.arange(1, DIMENSION + 1) / 2
    margins = (first.vectors - second.vectors) @ truth + surfaces[0, :, 0] - surfaces[1, :, 0]
    return LabelledPairs(
        prompts=units[which],
        first=first,
        second=second,
        keys=[f"prompt {i}" for i in which],
        targets=(draw.random(n) < 1 / (1 + np.exp(-margins))).astype(np.float32),
        weights=np.ones(n),
    )


def trained(rows):
    return train(rows, recipe=recipe("bt"), encoder="planted", window="none")


@pytest.fixture(scope="module")
def rows():
    return labelled()


@pytest.fixture(scope="module")
def result(rows):
    return trained(rows)


def test_out_of_fold_predictions_find_the_planted_preference(rows, result):
    right = (result.margins > 0) == (rows.targets > 0.5)
    assert right.mean() > 0.7


def test_the_same_labels_give_the_same_head(rows, result):
    again = trained(rows)
    np.testing.assert_array_equal(again.head.weights, result.head.weights)


def test_a_head_comes_back_from_its_bytes(rows, result):
    again = Head.from_bytes(result.head.to_bytes())
    assert (again.recipe, again.encoder, again.folds) == ("bt", "planted", result.head.folds)
    np.testing.assert_array_equal(
        again.scores(rows.prompts, rows.first), result.head.scores(rows.prompts, rows.first)
    )
    np.testing.assert_allclose(
        again.spreads(rows.prompts, rows.first),
        result.head.spreads(rows.prompts, rows.first),
        rtol=1e-4,
    )


def test_a_pickle_in_the_bytes_is_refused():
    import io
    import pickle

    stored = io.BytesIO()
    np.save(stored, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for harmful in (stored.getvalue(), pickle.dumps({})):
        with pytest.raises((ValueError, AttributeError, TypeError)):
            Head.from_bytes(harmful)


def test_a_margin_is_the_difference_of_two_scores(rows, result):
    margins, _ = result.head.margins(rows.prompts, rows.first, rows.second)
    first, second = (result.head.scores(rows.prompts, side) for side in (rows.first, rows.second))
    np.testing.assert_allclose(margins, first - second, atol=1e-4)


def test_the_average_completion_of_the_training_rows_has_no_reward(rows, result):
    both = [result.head.scores(rows.prompts, side) for side in (rows.first, rows.second)]
    assert np.concatenate(both).mean() == pytest.approx(0, abs=1e-4)


def test_variances_are_those_of_the_inverse_hessian(rows, result):
    head = result.head
    _, variances = head.margins(rows.prompts, rows.first, rows.second)
    x = differences(rows.prompts, rows.first, rows.second, head.scale)
    covariance = np.linalg.inv(head.factor @ head.factor.T)
    np.testing.assert_allclose(variances, np.einsum("nd,de,ne->n", x, covariance, x), rtol=1e-3)


def test_more_labels_leave_less_spread(rows, result):
    fewer = trained(labelled(200)).head
    _, little = fewer.margins(rows.prompts, rows.first, rows.second)
    _, much = result.head.margins(rows.prompts, rows.first, rows.second)
    assert much.mean() < little.mean()


def test_a_stored_head_repeats_its_out_of_fold_predictions(rows, result):
    again = Head.from_bytes(result.head.to_bytes())
    found = again.out_of_fold(rows.prompts, rows.first, rows.second, rows.keys)
    np.testing.assert_allclose(found, result.margins, atol=1e-3)


def test_a_prompt_that_no_fold_has_is_given_to_the_head_itself():
    few = labelled(200, prompts=5)
    head = trained(few).head
    unseen = head.out_of_fold(few.prompts, few.first, few.second, ["new"] * 200)
    margins, _ = head.margins(few.prompts, few.first, few.second)
    np.testing.assert_allclose(unseen, margins, atol=1e-4)


def test_few_labels_still_learn_from_length():
    few = labelled(60, prompts=30)
    only_length = few.first.surface[:, 0] > few.second.surface[:, 0]
    few = LabelledPairs(
        few.prompts, few.first, few.second, few.keys, only_length.astype(float), few.weights
    )
    result = trained(few)
    assert ((result.margins > 0) == only_length).mean() > 0.8


def test_no_label_at_all_is_nothing_to_learn():
    few = labelled(10)
    none = LabelledPairs(few.prompts, few.first, few.second, few.keys, few.targets, np.zeros(10))
    with pytest.raises(NothingToLearn, match="label or import"):
        trained(none)


def test_recipes_are_found_by_name():
    assert recipe("bt") is RECIPES["bt"]
    with pytest.raises(UnknownRecipe, match="use one of bt"):
        recipe("guess")
