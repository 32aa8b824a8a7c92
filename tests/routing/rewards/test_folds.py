import numpy as np

from routing.rewards.folds import FOLDS, Folds, hash_fold


def test_ten_folds_by_hash_do_not_depend_on_what_else_there_is():
    prompts = [f"prompt {i}" for i in range(60)]
    folds = Folds.over(prompts)
    assert folds.count == FOLDS
    alone = [int(folds.of([prompt])[0]) for prompt in prompts]
    assert alone == folds.of(prompts).tolist() == [hash_fold(prompt) for prompt in prompts]
    assert set(alone) == set(range(FOLDS))


def test_few_prompts_have_a_fold_each():
    folds = Folds.over(["b", "a", "b", "c"])
    assert folds.count == 3
    assert folds.of(["a", "b", "c", "b"]).tolist() == [0, 1, 2, 1]


def test_a_prompt_outside_the_folds_is_left_out_by_none():
    assert Folds.over(["a", "b"]).of(["new"]).tolist() == [-1]


def test_hash_folds_are_about_equally_large():
    sizes = np.bincount([hash_fold(str(i)) for i in range(10_000)])
    assert sizes.min() > 900
