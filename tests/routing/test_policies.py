"""Policies are pure: the same cases give the same decisions, each with its reason."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.policies import (
    POLICIES,
    Case,
    InvalidPolicy,
    JudgeState,
    Signal,
    decide,
    make_policy,
    setting_fields,
)

REASONS = {
    "evaluation share",
    "random share",
    "budget",
    "all to people",
    "all to the judge",
    "drawn for people",
    "drawn for the judge",
    "judge first",
    "judge is sure",
    "judge is unsure",
    "judge's orders disagree",
    "other judges disagree",
    "judge's confidence is unknown",
    "judge is undecided",
    "judge failed",
}


def case(number, **fields):
    return Case(item=number, key=f"item-{number}", **fields)


def sure_of(confidence, **fields):
    return fields | {
        "judge": JudgeState.LABELLED,
        "confidence": confidence,
        "signal": Signal.STATED if confidence is not None else Signal.NONE,
    }


def outcome(decisions):
    return [(decision.route, decision.reason) for decision in decisions]


def confidence(**settings):
    return make_policy("confidence", {"random_share": 0} | settings)


def test_all_human_sends_everything_to_people():
    decisions = decide(make_policy("all_human"), [case(1), case(2)])
    assert outcome(decisions) == [("human", "all to people")] * 2


def test_all_judge_sends_everything_to_the_judge_and_waits_for_its_labels():
    pending, labelled = decide(make_policy("all_judge"), [case(1), case(2, **sure_of(0.1))])
    assert (pending.route, pending.waits_for) == ("judge", "judge")
    assert (labelled.route, labelled.waits_for) == ("judge", None)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(JudgeState.UNDECIDED, "judge is undecided"), (JudgeState.FAILED, "judge failed")],
)
@pytest.mark.parametrize("kind", ["all_judge", "confidence"])
def test_what_a_judge_cannot_label_goes_to_people(kind, state, reason):
    policy = make_policy(kind, {"random_share": 0})
    assert outcome(decide(policy, [case(1, judge=state)])) == [("human", reason)]


def test_confidence_asks_the_judge_first_and_people_where_it_is_unsure():
    cases = [case(1), case(2, **sure_of(0.8)), case(3, **sure_of(0.799))]
    assert outcome(decide(confidence(threshold=0.8), cases)) == [
        ("judge", "judge first"),
        ("judge", "judge is sure"),
        ("both", "judge is unsure"),
    ]


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (Signal.STATED, "judge is unsure"),
        (Signal.ORDERS, "judge's orders disagree"),
        (Signal.JUDGES, "other judges disagree"),
    ],
)
def test_the_reason_names_what_the_confidence_is_read_from(signal, reason):
    unsure = case(1, judge=JudgeState.LABELLED, confidence=0.0, signal=signal)
    assert outcome(decide(confidence(), [unsure])) == [("both", reason)]


def test_an_unknown_confidence_is_said_to_be_unknown_and_people_are_asked():
    [decision] = decide(confidence(), [case(1, **sure_of(None))])
    assert (decision.route, decision.score) == ("both", None)
    assert decision.reason == "judge's confidence is unknown"


def test_a_budget_goes_to_the_least_confident_first():
    cases = [case(n, **sure_of(score)) for n, score in enumerate([0.6, 0.1, 0.5, 0.2, 0.9])]
    decisions = decide(confidence(threshold=0.7), cases, allowance=2)
    assert outcome(decisions) == [
        (None, "budget"),
        ("both", "judge is unsure"),
        (None, "budget"),
        ("both", "judge is unsure"),
        ("judge", "judge is sure"),
    ]
    assert [decision.waits_for for decision in decisions] == ["budget", None, "budget", None, None]


def test_the_evaluation_share_goes_both_ways_and_is_paid_before_all_else():
    cases = [case(1, **sure_of(0.0)), case(2, evaluation=True), case(3, evaluation=True, cost=2)]
    decisions = decide(confidence(), cases, allowance=3)
    assert outcome(decisions) == [
        (None, "budget"),
        ("both", "evaluation share"),
        ("both", "evaluation share"),
    ]


def test_the_evaluation_share_waits_when_the_budget_is_reached():
    [decision] = decide(make_policy("all_judge"), [case(1, evaluation=True)], allowance=0)
    assert (decision.route, decision.reason, decision.waits_for) == (None, "budget", "budget")


def test_an_item_that_costs_more_than_is_left_is_passed_over_for_one_that_fits():
    decisions = decide(make_policy("all_human"), [case(1, cost=3), case(2, cost=2)], allowance=2)
    assert outcome(decisions) == [(None, "budget"), ("human", "all to people")]


def test_a_random_share_is_kept_for_both_and_says_so():
    policy = confidence(random_share=0.2)
    decisions = decide(policy, [case(n, **sure_of(0.99)) for n in range(2000)])
    kept = [d for d in decisions if d.reason == "random share"]
    assert {d.route for d in kept} == {"both"}
    assert 340 <= len(kept) <= 460  # five standard deviations around 400


def test_random_draws_its_share_by_the_seed():
    cases = [case(n) for n in range(2000)]

    def drawn(seed, share=0.25):
        policy = make_policy("random", {"share": share, "seed": seed})
        return {d.item for d in decide(policy, cases) if d.route == "human"}

    assert 400 <= len(drawn(1)) <= 600
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert drawn(1) < drawn(1, share=0.5)


states = st.sampled_from(list(JudgeState))
cases_of_any_kind = st.lists(
    st.builds(
        lambda evaluation, cost, judge, confidence: (
            {
                "evaluation": evaluation,
                "cost": cost,
                "judge": judge,
            }
            | (sure_of(confidence) if judge == JudgeState.LABELLED else {})
        ),
        st.booleans(),
        st.integers(0, 4),
        states,
        st.none() | st.floats(0, 1),
    ),
    max_size=30,
).map(lambda rows: [case(n, **row) for n, row in enumerate(rows)])


@pytest.mark.parametrize("kind", POLICIES)
@given(cases=cases_of_any_kind, allowance=st.none() | st.integers(0, 40), seed=st.integers(0, 99))
def test_decisions_keep_to_the_budget_have_reasons_and_do_not_depend_on_the_order(
    kind, cases, allowance, seed
):
    policy = make_policy(kind, {"seed": seed})
    decisions = decide(policy, cases, allowance=allowance)
    assert [d.item for d in decisions] == [c.item for c in cases]
    assert {d.reason for d in decisions} <= REASONS
    cost = {c.item: c.cost for c in cases}
    spent = sum(cost[d.item] for d in decisions if d.route in ("human", "both"))
    waiting = [d for d in decisions if d.route is None]
    if allowance is None:
        assert waiting == []
    else:
        assert spent <= allowance
        assert all(cost[d.item] > allowance - spent for d in waiting)
    assert all(d.reason == "budget" and d.waits_for == "budget" for d in waiting)
    shuffled = random.Random(seed).sample(cases, len(cases))  # noqa: S311  # no secret
    again = decide(policy, shuffled, allowance=allowance)
    assert sorted(again, key=lambda d: d.item) == sorted(decisions, key=lambda d: d.item)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("hyper", {}, "There is no policy 'hyper'; use one of all_human"),
        ("random", {"share": 1.5}, "setting 'share' is 1.5; write a number between 0 and 1"),
        ("random", {"share": float("nan")}, "between 0 and 1"),
        ("random", {"share": "half"}, "setting 'share' is 'half'; write a number"),
        ("random", {"share": True}, "write a number"),
        ("random", {"seed": 0.5}, "setting 'seed' is 0.5; write a whole number"),
        ("random", {"seed": -1}, "a number of at least 0"),
        ("confidence", {"treshold": 0.5}, "unknown setting 'treshold'; use random_share, seed"),
    ],
)
def test_wrong_settings_are_refused_with_a_remedy(kind, settings, message):
    with pytest.raises(InvalidPolicy, match=message):
        make_policy(kind, settings)


@pytest.mark.parametrize("kind", POLICIES)
def test_each_policy_says_what_it_does_and_what_its_settings_mean(kind):
    policy = POLICIES[kind]
    assert policy.kind == kind
    assert policy.title
    assert policy.about.endswith(".")
    assert all(field.help.endswith(".") for field in setting_fields(policy))
    assert make_policy(kind, vars(policy.Settings())).settings == policy.Settings()
