import numpy as np
import pytest

from routing.rewards.evaluate import Bootstrap, Rows, compare, evaluate

VOTES = np.array([[2, 0, 1], [0, 0, 3], [1, 1, 1], [0, 2, 0], [1, 0, 0]], dtype=float)
KEYS = ["p", "p", "q", "q", "r"]
ROWS = Rows(KEYS, VOTES)


def test_targets_and_majorities_have_the_values_worked_by_hand():
    assert ROWS.targets == pytest.approx([2 / 3, 0, 0.5, 0.5, 1])
    assert ROWS.majority.tolist() == [1, -1, 0, 0, 1]


def test_metrics_have_the_values_worked_by_hand():
    metrics = evaluate(ROWS, np.array([1.0, 2.0, 0.0, 0.0, 0.0]), guesses={})
    assert (metrics["rows"], metrics["decided"], metrics["prompts"]) == (5, 3, 3)
    assert metrics["accuracy"]["value"] == pytest.approx((1 + 0 + 0.5) / 3)
    p1, p2 = 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(-2))
    losses = [
        -2 / 3 * np.log(p1) - 1 / 3 * np.log(1 - p1),
        -np.log(1 - p2),
        np.log(2),
        np.log(2),
        np.log(2),
    ]
    assert metrics["log_loss"]["value"] == pytest.approx(np.mean(losses))
    squares = [(p1 - 2 / 3) ** 2, p2**2, 0, 0, 0.25]
    assert metrics["brier"]["value"] == pytest.approx(np.mean(squares))
    gaps = abs(p1 - 2 / 3) + p2 + 0.5  # three bins; in that of ½ are two ties and one sure win
    assert metrics["ece"]["value"] == pytest.approx(gaps / 5)


def test_baselines_are_compared_where_they_have_a_guess():
    guesses = {"longer": np.array([1.0, 1, 1, 1, 0]), "judge": np.array([1, np.nan, 1, 1, 1.0])}
    metrics = evaluate(ROWS, np.array([3.0, -1, 0, 0, -1]), guesses=guesses)
    longer, judge = metrics["baselines"]["longer"], metrics["baselines"]["judge"]
    assert longer["rows"] == 3
    assert longer["accuracy"]["value"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert longer["difference"]["value"] == pytest.approx((0 + 1 - 0.5) / 3)
    assert judge["rows"] == 2
    assert (judge["accuracy"]["value"], judge["model"]["value"]) == (1.0, 0.5)


def test_a_baseline_without_any_guess_has_no_accuracy():
    metrics = evaluate(ROWS, np.zeros(5), guesses={"judge": np.full(5, np.nan)})
    assert metrics["baselines"]["judge"]["rows"] == 0
    assert metrics["baselines"]["judge"]["accuracy"] is None


def test_nothing_to_evaluate_gives_no_figures():
    metrics = evaluate(Rows([], np.zeros((0, 3))), np.zeros(0), guesses={})
    assert metrics["rows"] == 0
    assert metrics["accuracy"] is None
    assert metrics["ece"] is None


def test_rows_of_one_prompt_are_drawn_together():
    values = np.repeat([0.0, 1.0], 100)
    clustered = Bootstrap(["a"] * 100 + ["b"] * 100).mean(values)
    spread = Bootstrap([str(i) for i in range(200)]).mean(values)
    assert clustered.high - clustered.low == 1
    assert spread.high - spread.low < 0.2


def test_intervals_hold_the_truth_about_95_times_in_100():
    draw = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        values = draw.standard_normal(80)
        interval = Bootstrap([str(i) for i in range(80)], seed=seed, repeats=400).mean(values)
        held += interval.low <= 0 <= interval.high
    assert 180 <= held <= 198


def labelled(n=400):
    draw = np.random.default_rng(1)
    first = draw.random(n) < 0.5
    rows = Rows([str(i) for i in range(n)], np.column_stack((first, np.zeros(n), ~first)) * 1.0)
    return rows, np.where(first, 1.0, -1.0), draw


def test_a_version_that_is_clearly_worse_is_called_worse():
    rows, right, draw = labelled()
    noisy = right * np.where(draw.random(len(right)) < 0.3, -1, 1)
    found = compare(rows, right, noisy)
    assert found.worse
    assert found.accuracy.high < 0 < found.log_loss.low
    assert not compare(rows, noisy, right).worse


def test_a_version_that_differs_by_chance_is_not_worse():
    rows, right, draw = labelled()
    first, second = (right * np.where(draw.random(len(right)) < 0.3, -1, 1) for _ in range(2))
    assert not compare(rows, first, second).worse


def test_without_shared_rows_nothing_is_worse():
    found = compare(Rows([], np.zeros((0, 3))), np.zeros(0), np.zeros(0))
    assert (found.rows, found.worse, found.accuracy) == (0, False, None)
