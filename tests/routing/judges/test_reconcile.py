import pytest

from annotate.questions import parse_questions
from routing.judges.orders import swapped
from routing.judges.reconcile import reconcile
from routing.models import JudgeCall

OVERALL = {"kind": "preference", "name": "overall", "title": "Which?", "points": 5}
FORCED = {**OVERALL, "name": "forced", "points": 4}
RATING = {"kind": "rating", "name": "help", "title": "Helpful?", "minimum": 1, "maximum": 5}


def call(order, confidence=None, **answers):
    return JudgeCall(shown_order=order, confidence=confidence, verdict=answers, raw={})


def preference(value):
    return {"value": value, "both_bad": False}


def test_verdicts_are_turned_into_the_items_own_order_before_they_are_combined():
    questions = parse_questions([OVERALL, RATING])
    found = reconcile(
        questions,
        [
            call([0, 1], 0.9, overall=preference(-2), help={"values": [5, 1]}),
            call([1, 0], 0.7, overall=preference(1), help={"values": [2, 5]}),
        ],
    )
    assert found.answers["overall"]["value"] in (-1, -2)
    assert found.answers["help"] == {"values": [5, 2]}
    assert found.raw["consistent"] is True
    assert found.raw["confidence"] == 0.8
    assert found.raw["orders"][1]["answers"]["overall"]["value"] == -1


def test_a_side_and_a_tie_are_not_consistent_but_no_contradiction():
    questions = parse_questions([OVERALL])
    calls = [call([0, 1], 0.6, overall=preference(-2)), call([1, 0], 0.6, overall=preference(0))]
    found = reconcile(questions, calls)
    assert found.answers["overall"]["value"] == -1
    assert (found.raw["consistent"], found.raw["confidence"]) == (False, 0.6)


def test_a_contradiction_is_a_tie_where_there_is_one_and_has_no_confidence():
    questions = parse_questions([OVERALL])
    calls = [call([0, 1], 0.9, overall=preference(-2)), call([1, 0], 0.9, overall=preference(-2))]
    found = reconcile(questions, calls)
    assert found.answers["overall"]["value"] == 0
    assert (found.raw["consistent"], found.raw["confidence"]) == (False, 0.0)


def test_without_ties_the_judge_is_undecided_even_if_it_answered_something_else():
    questions = parse_questions([{**FORCED, "name": "overall"}, RATING])
    ratings = {"values": [3, 3]}
    calls = [
        call([0, 1], overall=preference(-1), help=ratings),
        call([1, 0], overall=preference(-1), help=ratings),
    ]
    assert reconcile(questions, calls).answers is None


def test_a_contradicted_question_that_is_not_the_main_one_is_left_out():
    questions = parse_questions([OVERALL, FORCED])
    calls = [
        call([0, 1], overall=preference(-1), forced=preference(-1)),
        call([1, 0], overall=preference(1), forced=preference(-1)),
    ]
    assert set(reconcile(questions, calls).answers) == {"overall"}


def test_what_only_one_order_answered_is_left_out():
    questions = parse_questions([OVERALL, RATING])
    calls = [
        call([0, 1], overall=preference(-1), help={"values": [3, 4]}),
        call([1, 0], overall=preference(1)),
    ]
    assert set(reconcile(questions, calls).answers) == {"overall"}


def test_one_order_alone_says_nothing_about_consistency():
    found = reconcile(parse_questions([OVERALL]), [call([0, 1], 0.7, overall=preference(1))])
    assert (found.raw["consistent"], found.raw["confidence"]) == (None, 0.7)


@pytest.mark.parametrize(
    ("pairs", "completions", "order"),
    [
        ([(0, 1)], 2, [1, 0]),
        ([(0, 1)], 4, [1, 0, 2, 3]),
        ([(0, 1), (2, 3)], 4, [1, 0, 3, 2]),
        ([(0, 1), (1, 2)], 3, [0, 1, 2]),
        ([], 3, [2, 1, 0]),
    ],
)
def test_the_second_order_swaps_what_is_compared(pairs, completions, order):
    preferences = [{**OVERALL, "name": f"q{n}", "pair": list(pair)} for n, pair in enumerate(pairs)]
    assert swapped(parse_questions([*preferences, RATING]), completions) == order
