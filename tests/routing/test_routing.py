"""The active policy applied: routes, reservations, decisions, and what waits for what."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate import ledger
from annotate.assignment import claim
from annotate.models import Budget, Item, LedgerEntry
from annotate.models.budgets import Unit
from routing.features import look_at
from routing.models import Judge, JudgeCall, RoutingDecision, RoutingPolicy
from routing.policies import InvalidPolicy, decide, make_policy
from routing.routing import (
    NoPolicy,
    decision_counts,
    recent_decisions,
    route_all,
    route_due,
    set_labels_budget,
    set_policy,
)
from tests.factories import make_annotation, make_item, make_member, make_project
from tests.routing.routed import answer, ask, due, make_items, make_judge, reasons, routes
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(default_route=None)


@pytest.fixture
def judge(project):
    return make_judge(project)


def test_nothing_is_routed_without_a_policy(project):
    [item] = make_items(project, 1)
    assert not due(project)
    assert route_due(project) == 0
    assert routes([item]) == [(None, None)]
    with pytest.raises(NoPolicy):
        route_all(project)


def test_items_that_arrive_with_a_route_are_left_alone(project):
    item = make_item(project, route="judge")
    set_policy(project, "all_human")
    assert not due(project)
    assert route_all(project) == 0
    assert routes([item]) == [("judge", None)]


def test_all_human_reserves_labels_and_pay_and_makes_items_claimable(project):
    project.pay_per_label_usd = Decimal("0.5")
    project.save()
    items = make_items(project, 2, overlap=3)
    set_policy(project, "all_human")
    assert due(project)
    assert route_all(project) == 2
    assert not due(project)
    assert routes(items) == [("human", None)] * 2
    assert LedgerEntry.objects.total(Unit.LABELS) == 6
    assert LedgerEntry.objects.total(Unit.USD) == 3
    assert claim(make_member(project)) is not None


def test_a_decision_says_policy_score_reason_and_features(project, judge):
    item = make_item(project, prompt="abcd", completions=("ab", "abcde"))
    policy = set_policy(project, "random", {"share": 1.0})
    route_all(project)
    decision = RoutingDecision.objects.get()
    assert (decision.policy, decision.item, decision.route) == (policy, item, "human")
    assert decision.reason == "drawn for people"
    assert 0 <= decision.score < 1
    assert decision.features == {
        "evaluation": 0,
        "turns": 1,
        "contexts": 0,
        "prompt_length": 4,
        "shorter_length": 2,
        "longer_length": 5,
        "length_difference": 3,
        "judge_confidence": None,
        "order_consistency": None,
        "judge_agreement": None,
        "people_labels": 0,
    }


def test_the_judge_is_asked_first_and_people_where_it_is_unsure(project, judge):
    items = make_items(project, 3)
    set_policy(project, "confidence", {"threshold": 0.7, "random_share": 0})
    route_all(project)
    assert routes(items) == [("judge", "judge")] * 3
    assert JudgeCall.objects.filter(judge=judge, state="waiting").count() == 6
    assert not due(project)
    answer(judge, items[0], confidence=0.9)
    answer(judge, items[1], confidence=0.6)
    assert due(project)
    assert route_all(project) == 2
    assert routes(items) == [("judge", None), ("both", None), ("judge", "judge")]
    assert reasons(items) == ["judge is sure", "judge is unsure", "judge first"]
    assert RoutingDecision.objects.count() == 5
    assert not due(project)


def test_orders_that_contradict_each_other_outweigh_any_stated_confidence(project, judge):
    item = make_item(project)
    set_policy(project, "confidence", {"random_share": 0})
    route_all(project)
    for order in (0, 1):
        ask(
            judge,
            item,
            state="answered",
            order=order,
            confidence=0.99,
            verdict={"overall": {"value": 1, "both_bad": False}},
        )
    make_annotation(item, judge.annotator, value=0)
    route_all(project)
    assert reasons([item]) == ["judge's orders disagree"]
    [decision] = recent_decisions(project, reason="judge's orders disagree")
    assert decision.score == 0
    assert decision.features["order_consistency"] == 0


def test_an_item_that_the_judge_fails_on_or_cannot_decide_goes_to_people(project, judge):
    items = make_items(project, 3)
    set_policy(project, "all_judge")
    route_all(project)
    ask(judge, items[0], state="failed", order=0)
    ask(judge, items[0], state="answered", order=1)
    ask(judge, items[1], state="answered", order=0)
    ask(judge, items[1], state="answered", order=1)
    ask(judge, items[2], state="failed", order=0)
    ask(judge, items[2], state="waiting", order=1)
    route_all(project)
    assert routes(items) == [("human", None), ("human", None), ("judge", "judge")]
    assert reasons(items) == ["judge failed", "judge is undecided", "all to the judge"]


def test_a_label_that_changes_nothing_adds_no_decision(project, judge):
    item = make_item(project)
    set_policy(project, "all_judge")
    route_all(project)
    answer(judge, item, confidence=None)
    assert route_all(project) == 1
    assert routes([item]) == [("judge", None)]
    assert RoutingDecision.objects.count() == 1


def test_the_budget_is_reached_exactly_and_what_is_left_waits_until_it_is_raised(project):
    items = make_items(project, 5, overlap=2)
    set_labels_budget(project, 7)
    set_policy(project, "all_human")
    route_all(project)
    assert sorted(map(str, reasons(items))) == ["all to people"] * 3 + ["budget"] * 2
    assert LedgerEntry.objects.total(Unit.LABELS) == 6
    assert Item.objects.filter(route="human", waits_for=None).count() == 3
    assert Item.objects.filter(route=None, waits_for="budget").count() == 2
    assert not due(project)
    assert route_all(project) == 0

    set_labels_budget(project, 9)
    assert due(project)
    route_all(project)
    assert LedgerEntry.objects.total(Unit.LABELS) == 8
    assert Item.objects.filter(waits_for="budget").count() == 1
    assert RoutingDecision.objects.filter(reason="budget").count() == 2


def test_a_new_period_lets_go_what_waited_for_budget(project):
    make_items(project, 3)
    Budget.objects.create(project=project, unit=Unit.LABELS, cap=2, period=Budget.Period.DAY)
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        set_policy(project, "all_human")
        route_all(project)
        assert Item.objects.filter(route="human").count() == 2
        assert not due(project)
    with time_machine.travel(datetime(2026, 3, 2, 0, 1, tzinfo=UTC), tick=False):
        assert due(project)
        route_all(project)
        assert Item.objects.filter(route="human").count() == 3


def test_money_for_pay_holds_people_back_as_well(project):
    project.pay_per_label_usd = Decimal("0.3")
    project.save()
    make_items(project, 5)
    Budget.objects.create(project=project, unit=Unit.USD, cap=1)
    set_policy(project, "all_human")
    route_all(project)
    assert Item.objects.filter(route="human").count() == 3
    assert ledger.remaining(project, Unit.USD) == Decimal("0.1")


def test_the_judges_label_stays_while_an_unsure_item_waits_for_budget(project, judge):
    item = make_item(project)
    set_labels_budget(project, 0)
    set_policy(project, "confidence", {"random_share": 0})
    route_all(project)
    answer(judge, item, confidence=0.2)
    route_all(project)
    assert routes([item]) == [("judge", "budget")]
    set_labels_budget(project, 1)
    route_all(project)
    assert routes([item]) == [("both", None)]


def test_the_evaluation_share_goes_both_ways_and_waits_with_the_reason_budget(project, judge):
    items = make_items(project, 2, evaluation=True)
    set_labels_budget(project, 1)
    set_policy(project, "all_judge")
    route_all(project)
    assert sorted(map(str, routes(items))) == ["('both', None)", "(None, 'budget')"]
    assert sorted(reasons(items)) == ["budget", "evaluation share"]


def test_a_new_policy_looks_again_at_what_waits_and_leaves_the_rest(project, judge):
    routed, waiting, asked = make_items(project, 3)
    set_policy(project, "all_human")
    set_labels_budget(project, 1)
    Item.objects.filter(pk=routed.pk).update(route="human")
    Item.objects.filter(pk=waiting.pk).update(waits_for="budget")
    Item.objects.filter(pk=asked.pk).update(route="judge", waits_for="judge")
    set_labels_budget(project, 0)
    set_policy(project, "all_judge")
    assert due(project)
    route_all(project)
    assert routes([routed, waiting, asked]) == [
        ("human", None),
        ("judge", "judge"),
        ("judge", "judge"),
    ]
    assert not due(project)


def test_switching_on_makes_versions_and_leaves_new_items_to_the_policy(judge, project):
    project.default_route = "human"
    project.save()
    first = set_policy(project, "random", {"share": 0.25})
    second = set_policy(project, "all_human")
    project.refresh_from_db()
    assert project.default_route is None
    assert (first.version, second.version) == (1, 2)
    assert first.settings == {"seed": 0, "share": 0.25}
    assert RoutingPolicy.objects.active_for(project) == second
    assert (first.judge, second.judge) == (judge, None)


def test_a_policy_that_needs_a_judge_says_so(project):
    with pytest.raises(InvalidPolicy, match="needs a judge"):
        set_policy(project, "confidence")
    make_judge(project, "one")
    other = make_judge(project, "two")
    with pytest.raises(InvalidPolicy, match="several judges; name one"):
        set_policy(project, "confidence")
    assert set_policy(project, "confidence", judge=other).judge == other
    Judge.objects.filter(pk=other.pk).update(active=False)
    with pytest.raises(InvalidPolicy, match="is off"):
        set_policy(project, "random", judge=Judge.objects.get(pk=other.pk))
    with pytest.raises(InvalidPolicy, match="another project"):
        set_policy(make_project(), "confidence", judge=other)


def test_a_replay_on_the_same_inputs_equals_what_was_done_live(project, judge):
    items = make_items(project, 40)
    settings = {"threshold": 0.75, "random_share": 0.1, "seed": 5}
    set_labels_budget(project, 12)
    Item.objects.filter(pk__in=[item.pk for item in items[:4]]).update(evaluation=True)
    # Everything but the judge's labels is there when they are asked for, as in a replay.
    for number, item in enumerate(items):
        answer(judge, item, confidence=(number * 37 % 100) / 100)
    fresh = list(Item.objects.filter(project=project).order_by("pk"))
    replayed = decide(
        make_policy("confidence", settings),
        look_at(project, fresh, judge.annotator),
        allowance=12,
    )
    set_policy(project, "confidence", settings)
    route_all(project)
    live = {
        decision.item_id: (decision.route, decision.reason, decision.score)
        for decision in RoutingDecision.objects.current()
    }
    assert live == {d.item: (d.route, d.reason, d.score) for d in replayed}
    assert LedgerEntry.objects.total(Unit.LABELS) == 12


@pytest.mark.django_db(transaction=True)
def test_many_that_route_at_once_decide_each_item_once_and_keep_to_the_budget():
    project = make_project(default_route=None)
    make_items(project, 60)
    set_labels_budget(project, 25)
    set_policy(project, "all_human")
    in_threads(6, lambda _: route_all(project))
    assert Item.objects.filter(route="human").count() == 25
    assert RoutingDecision.objects.count() == 60
    assert LedgerEntry.objects.total(Unit.LABELS) == 25


def test_a_batch_costs_the_same_number_of_queries_for_ten_items_and_for_two_hundred(
    project, judge, django_assert_max_num_queries
):
    set_policy(project, "random", {"share": 0.5})
    for count in (10, 200):
        make_items(project, count)
        with django_assert_max_num_queries(45):
            assert route_due(project) == count


def buffers_read(query):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
        [(plan,)] = cursor.fetchall()
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]


def test_looking_for_what_is_due_reads_as_little_when_much_waits_for_budget(project):
    set_labels_budget(project, 0)
    set_policy(project, "all_human")
    make_items(project, 1)
    route_all(project)
    read = []
    for count in (20, 400):
        make_items(project, count, waits_for="budget")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE annotate_item")
        with CaptureQueriesContext(connection) as seen:
            assert not due(project)
        read.append(sum(buffers_read(q["sql"]) for q in seen if '"annotate_item"' in q["sql"]))
    assert read[1] <= read[0] + 5


def test_pages_get_counts_and_recent_decisions_of_this_project_only(project, judge):
    other = make_project(default_route=None)
    make_items(other, 1)
    set_policy(other, "all_human")
    route_all(other)
    items = make_items(project, 3)
    set_policy(project, "confidence", {"random_share": 0})
    route_all(project)
    answer(judge, items[0], confidence=0.1)
    route_all(project)
    assert [(s.route, s.reason, s.items) for s in decision_counts(project)] == [
        ("judge", "judge first", 2),
        ("both", "judge is unsure", 1),
    ]
    newest = recent_decisions(project, limit=2)
    older = recent_decisions(project, before=newest[-1].pk)
    ids = [decision.pk for decision in newest + older]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4
    assert newest[0].reason == "judge is unsure"
    assert [d.item for d in recent_decisions(project, route="both")] == [items[0]]
