"""Preferences: scales, sides, pairs of several completions, and what several come to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.questions import InvalidAnswer, parse_question

QUICK = settings(max_examples=60)


def preference(points=5, **config):
    return parse_question(
        {"kind": "preference", "name": "q", "title": "Q?", "points": points} | config
    )


def value(number):
    return {"value": number, "both_bad": False}


@pytest.mark.parametrize(
    ("points", "scale"),
    [(2, [-1, 1]), (3, [-1, 0, 1]), (4, [-2, -1, 1, 2]), (5, [-2, -1, 0, 1, 2])],
)
def test_an_odd_scale_has_a_tie_and_an_even_one_has_none(points, scale):
    assert preference(points).scale == scale


@pytest.mark.parametrize(
    "raw",
    [
        value(3),
        value(-3),
        value(1.0),
        value(True),
        value("1"),
        value(None),
        {},
        [],
        None,
        {"value": 1, "strength": 2},
        {"value": 1, "both_bad": 1},
        {"value": 1, "both_bad": True},
    ],
)
def test_a_value_off_the_scale_is_refused(raw):
    with pytest.raises(InvalidAnswer):
        preference(5).parse(raw, completions=2)


def test_both_bad_needs_no_value_where_it_is_asked():
    bad = {"value": None, "both_bad": True}
    question = preference(5, both_bad=True)
    assert question.parse(bad, completions=2) == bad
    with pytest.raises(InvalidAnswer):
        question.parse({"value": None}, completions=2)


def test_a_preference_changes_its_sign_with_the_order():
    assert preference().permute(value(-2), [1, 0]) == value(2)
    assert preference().permute(value(-2), [0, 1]) == value(-2)
    assert preference().permute({"value": None, "both_bad": True}, [1, 0])["value"] is None


def test_a_pair_of_several_completions_is_turned_by_its_own_places():
    question = preference(pair=[0, 2])
    assert question.permute(value(1), [1, 0, 2]) == value(1)
    assert question.permute(value(1), [2, 1, 0]) == value(-1)
    with pytest.raises(InvalidAnswer, match="completion 3 of an item that has 2"):
        question.parse(value(1), completions=2)
    assert question.least_completions == 3


def test_preferences_combine_to_mean_majority_and_share():
    combined = preference(both_bad=True).combine(
        [value(-2), value(-1), value(1), value(0), {"value": None, "both_bad": True}]
    )
    assert combined.count == 5
    assert combined.mean == -0.5
    assert combined.majority == -1
    assert combined.share == 0.5
    assert combined.data == {
        "distribution": {"-2": 1, "-1": 1, "0": 1, "1": 1},
        "first": 2,
        "tie": 1,
        "second": 1,
        "both_bad": 1,
    }


@pytest.mark.parametrize(
    ("values", "majority"),
    [([1], 1), ([1, -1], None), ([0, 0, 1], 0), ([2, 1, -2], 1), ([1, 0], None), ([0], 0)],
)
def test_the_majority_is_a_side_that_more_chose_than_any_other(values, majority):
    assert preference().combine([value(n) for n in values]).majority == majority


def test_only_both_bad_has_no_mean_and_no_majority():
    combined = preference(both_bad=True).combine([{"value": None, "both_bad": True}])
    assert (combined.mean, combined.majority, combined.share) == (None, None, None)


@pytest.mark.parametrize(
    ("points", "orders", "verdict"),
    [
        (5, [1, 1], 1),
        (5, [1, 2], 2),
        (5, [2, 2], 2),
        (5, [-2, -1], -2),
        (5, [0, 1], 1),
        (5, [0, 0], 0),
        (5, [1, -1], 0),
        (5, [2, -1], 0),
        (4, [1, -1], None),
        (4, [2, 2], 2),
        (3, [0, -1], -1),
    ],
)
def test_a_judge_s_orders_give_their_mean_and_a_tie_where_they_disagree(points, orders, verdict):
    reconciled = preference(points).reconcile([value(n) for n in orders])
    assert reconciled == (None if verdict is None else value(verdict))


@given(values=st.lists(st.sampled_from([-2, -1, 0, 1, 2]), min_size=1, max_size=9))
@QUICK
def test_aggregates_do_not_depend_on_the_order_of_answers_or_completions(values):
    question = preference()
    answers = [value(n) for n in values]
    combined = question.combine(answers)
    assert question.combine(answers[::-1]) == combined
    mirrored = question.combine([question.permute(answer, [1, 0]) for answer in answers])
    assert mirrored.mean == -combined.mean
    assert mirrored.majority == (None if combined.majority is None else -combined.majority)
    assert mirrored.share == combined.share
