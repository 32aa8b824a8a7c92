import numpy as np
import pytest

from routing.rewards.features import SURFACE, Side, differences, features, scaling, surface


def column(name, prompt, completion):
    return surface([prompt], [completion])[0, SURFACE.index(name)]


def test_surface_features_have_the_values_worked_by_hand():
    text = "The cat, the dog.\nTwo lines"
    length, new, lines, finished, variety = surface(["A cat?"], [text])[0]
    assert length == pytest.approx(np.log(27 + 1))
    assert new == pytest.approx(np.log(4 + 1))  # the dog two lines
    assert lines == pytest.approx(np.log(2))
    assert finished == 0
    assert variety == pytest.approx(5 / np.sqrt(6 + 1))


@pytest.mark.parametrize("text", ["Done.", "Done?  \n", "“Yes.”", "好的。", "`code`", "نعم؟"])
def test_a_finished_text_says_so(text):
    assert column("finished", "", text) == 1


def test_a_script_without_spaces_has_a_word_in_each_character():
    assert column("log new words", "我", "我爱猫") == pytest.approx(np.log(3))


def test_an_empty_completion_has_no_length():
    assert surface(["prompt"], [""])[0].tolist() == [0, 0, 0, 0, 0]


def test_features_are_embedding_product_surface_and_cosine():
    prompts = np.array([[0.6, 0.8]], dtype=np.float32)
    side = Side(np.array([[1.0, 0.0]], dtype=np.float32), np.full((1, 5), 7, dtype=np.float32))
    assert features(prompts, side)[0] == pytest.approx([1, 0, 0.6, 0, 7, 7, 7, 7, 7, 0.6])


def sides(n=20_000, dimension=2):
    draw = np.random.default_rng(0)
    made = [draw.standard_normal((n, dimension)).astype(np.float32) for _ in range(3)]
    surfaces = [draw.standard_normal((n, 5)).astype(np.float32) for _ in range(2)]
    return made[0], Side(made[1], surfaces[0]), Side(made[2], surfaces[1])


def test_scaling_is_the_mean_and_deviation_of_all_completions():
    prompts, first, second = sides()
    both = np.concatenate((features(prompts, first), features(prompts, second)))
    scales = scaling(prompts, first, second)
    np.testing.assert_allclose(scales.mean, both.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(scales.scale, both.std(axis=0), rtol=1e-4)


def test_a_feature_that_never_varies_is_not_divided_by_nothing():
    prompts, first, second = sides(10)
    still = [Side(side.vectors, np.zeros((10, 5), dtype=np.float32)) for side in (first, second)]
    assert scaling(prompts, *still).scale[4:9].tolist() == [1] * 5


def test_differences_turn_their_sign_when_the_completions_are_swapped():
    prompts, first, second = sides()
    scale = scaling(prompts, first, second).scale
    there, back = (
        differences(prompts, *pair, scale) for pair in ((first, second), (second, first))
    )
    np.testing.assert_allclose(there, -back, atol=1e-6)
    expected = (features(prompts, first) - features(prompts, second)) / scale
    np.testing.assert_allclose(there, expected, atol=1e-5)
