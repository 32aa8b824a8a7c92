"""Sending many items elsewhere, wanting more labels, archiving and restoring."""

from decimal import Decimal

import pytest
from django.http import QueryDict

from annotate.assignment import LeaseLost, claim, submit
from annotate.ledger import remaining
from annotate.models import Assignment, Budget, Item, LedgerEntry
from routing.bulk.actions import Chosen, preview, run
from routing.bulk.base import Cost, InvalidSetting
from routing.bulk.kinds import KINDS
from routing.judging import due_judges, plan, want_items
from routing.models import JudgeCall, RoutingDecision
from routing.routing import due_projects, route_all, route_due, set_labels_budget, set_policy
from routing.selection import Selection
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.rows import make_judge
from tests.routing.test_bulk import all_of, column, do, take_back

pytestmark = pytest.mark.django_db
ANSWERS = {"overall": {"value": 1, "both_bad": False}}
Waits = Item.WaitsFor


@pytest.fixture
def project():
    return make_project()


def places(project):
    return list(project.items.order_by("pk").values_list("route", "waits_for"))


# ------------------------------------------------------------------------------------------ routes


def test_items_go_to_judges_who_are_asked_at_once_and_back_to_people(project):
    judge = make_judge(project)
    items = [make_item(project) for _ in range(3)]
    action = do(all_of(project), "route", to="judge")
    assert column(project, "route") == ["judge"] * 3
    assert JudgeCall.objects.filter(judge=judge).values("item").distinct().count() == 3
    assert claim(make_member(project)) is None
    take_back(action)
    assert column(project, "route") == ["human"] * 3
    assert not JudgeCall.objects.exists()
    assert claim(make_member(project)).item == items[0]


def test_items_that_come_to_people_late_are_offered_behind_every_cursor(project):
    late = make_item(project, route="judge", rank=0)
    make_item(project, rank=1)
    member = make_member(project)
    first = claim(member)
    submit(first, ANSWERS, key=first.key)
    assert claim(member) is None
    do(all_of(project, "route=judge"), "route", to="human")
    assert claim(member).item == late


def test_a_call_that_cost_something_already_is_not_dropped(project):
    judge, item = make_judge(project), make_item(project, route="judge")
    plan(judge)
    call = JudgeCall.objects.first()
    JudgeCall.objects.filter(pk=call.pk).update(tries=1)
    do(all_of(project), "route", to="human")
    assert list(JudgeCall.objects.filter(item=item)) == [call]


def test_items_of_the_evaluation_share_keep_going_both_ways(project):
    make_item(project, route="both", evaluation=True)
    action = do(all_of(project), "route", to="human")
    assert action.left == {"is in the evaluation share, which goes both ways": 1}
    assert column(project, "route") == ["both"]


def test_the_policy_decides_again_and_its_old_decision_no_longer_stands(project):
    item = make_item(project, route=None)
    policy = set_policy(project, "all_human")
    route_all(project)
    old = RoutingDecision.objects.get(item=item)
    action = do(all_of(project), "route", to="policy")
    old.refresh_from_db()
    assert not old.current
    route_all(project)
    decisions = RoutingDecision.objects.filter(item=item, policy=policy)
    assert decisions.count() == 2
    assert decisions.current().get() != old
    back = take_back(action)
    assert back.left == {"was changed by somebody since": 1}


def test_without_a_policy_that_is_on_nothing_is_left_to_one(project):
    make_item(project)
    action = do(all_of(project), "route", to="policy")
    assert action.left == {"no policy is on to decide": 1}


def test_a_decision_stands_again_when_a_change_is_taken_back(project):
    item = make_item(project, route=None)
    set_policy(project, "all_human")
    route_all(project)
    action = do(all_of(project), "route", to="judge")
    assert not RoutingDecision.objects.current().filter(item=item).exists()
    take_back(action)
    assert RoutingDecision.objects.current().filter(item=item).exists()


def test_a_budget_is_never_passed_by_sending_items_to_people(project):
    for _ in range(3):
        make_item(project, route="judge", overlap=2)
    set_labels_budget(project, 5)
    action = do(all_of(project), "route", to="human")
    assert action.left == {"no budget is left for its labels": 1}
    assert column(project, "route") == ["human", "human", "judge"]
    assert remaining(project, "labels") == 1


def test_a_preview_says_what_a_change_costs(project):
    make_judge(project)
    make_item(project, route=None, overlap=3)
    make_item(project, route="judge", overlap=2)
    make_item(project, route="human")
    found = preview(all_of(project), KINDS["route"], {"to": "both"})
    assert found.cost == Cost(labels=5, judged=2)
    assert not JudgeCall.objects.exists()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("route", {"to": "moon"}),
        ("overlap", {"to": "0"}),
        ("overlap", {"to": "many"}),
        ("overlap", {"to": "101"}),
        ("gold", {"least": "-1"}),
    ],
)
def test_settings_that_cannot_be_are_refused(kind, data):
    with pytest.raises(InvalidSetting):
        KINDS[kind].read(data)


# ----------------------------------------------------------------------------------------- overlap


def test_more_labels_are_wanted_and_the_item_is_offered_anew(project):
    item = make_item(project)
    first, second = make_member(project), make_member(project)
    assignment = claim(first)
    submit(assignment, ANSWERS, key=assignment.key)
    assert claim(second) is None
    action = do(all_of(project), "overlap", to="2")
    assert claim(second).item == item
    back = take_back(action)
    assert back.left == {"has got labels since, or somebody is at work on it": 1}


def test_a_raised_overlap_is_taken_back_while_the_seats_are_free(project):
    item = make_item(project)
    action = do(all_of(project), "overlap", to="3")
    take_back(action)
    item.refresh_from_db()
    assert (item.overlap, item.seats_left) == (1, 1)


def test_extra_labels_come_out_of_the_budget_and_their_pay_too(project):
    project.pay_per_label_usd = Decimal("0.5")
    project.save()
    Budget.objects.create(project=project, unit="usd", period="total", cap=Decimal(2))
    for _ in range(3):
        make_item(project)
    action = do(all_of(project), "overlap", to="3")
    assert (action.done, action.left) == (2, {"no budget is left for its labels": 1})
    assert remaining(project, "usd") == 0
    member = make_member(project)
    member.refresh_from_db()
    assignment = claim(member)
    submit(assignment, ANSWERS, key=assignment.key)
    paid = LedgerEntry.objects.filter(kind="pay").total("usd")
    settled = LedgerEntry.objects.filter(kind="settlement").total("usd")
    assert (paid, settled) == (Decimal("0.5"), Decimal("-0.5"))
    assert remaining(project, "usd") == 0


# --------------------------------------------------------------------------------------- archiving


def test_an_archived_item_is_neither_claimed_nor_routed_nor_judged(project):
    judge = make_judge(project)
    make_item(project, route="both")
    make_item(project, route=None)
    set_policy(project, "all_human")
    plan(judge)
    do(all_of(project), "archive")
    assert places(project) == [(None, Waits.ARCHIVE)] * 2
    assert claim(make_member(project)) is None
    assert list(due_projects()) == []
    assert route_due(project) == 0
    assert want_items(judge, column(project, "pk")) == 0
    assert due_judges(project) == []
    assert not JudgeCall.objects.exists()


def test_calls_that_were_tried_wait_until_the_item_is_restored(project):
    judge = make_judge(project)
    make_item(project, route="judge")
    plan(judge)
    JudgeCall.objects.update(tries=1, state=JudgeCall.State.LOST)
    do(all_of(project), "archive")
    assert due_judges(project) == []
    do(all_of(project, "archived=only"), "restore")
    assert due_judges(project) == [judge]


def test_a_policy_that_takes_over_leaves_archived_items_alone(project):
    make_item(project, route=None, waits_for=Waits.ARCHIVE)
    make_item(project, route=None, waits_for=Waits.BUDGET)
    set_policy(project, "all_human")
    route_all(project)
    assert places(project) == [(None, Waits.ARCHIVE), ("human", None)]


def test_whoever_has_an_item_open_loses_it_with_its_seat_back(project):
    make_item(project)
    assignment = claim(make_member(project))
    do(all_of(project), "archive")
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED
    with pytest.raises(LeaseLost):
        submit(assignment, ANSWERS, key=assignment.key)
    do(all_of(project, "archived=only"), "restore")
    assert submit(assignment, ANSWERS, key=assignment.key)


def test_items_go_back_to_where_they_went_and_are_offered(project):
    judge = make_judge(project)
    for route in ("human", "judge", "both", None):
        make_item(project, route=route)
    do(all_of(project), "archive")
    action = do(all_of(project, "archived=only"), "restore")
    assert action.done == 4
    assert places(project) == [("human", None), ("judge", None), ("both", None), (None, None)]
    assert JudgeCall.objects.filter(judge=judge).values("item").distinct().count() == 2
    assert claim(make_member(project)) is not None


def test_an_item_archived_elsewhere_is_restored_to_the_default_route(project):
    make_item(project, route=None, waits_for=Waits.ARCHIVE)
    do(all_of(project, "archived=only"), "restore")
    assert places(project) == [("human", None)]


def test_archiving_is_taken_back_and_labels_were_never_touched(project):
    item = make_item(project, waits_for=None)
    label = make_annotation(item, make_annotator(project))
    action = do(all_of(project), "archive")
    take_back(action)
    assert places(project) == [("human", None)]
    assert list(item.annotations.all()) == [label]


@pytest.mark.parametrize("kind", ["route", "overlap", "gold"])
def test_nothing_else_is_done_to_archived_items(project, kind):
    make_item(project, route=None, waits_for=Waits.ARCHIVE)
    action = do(all_of(project, "archived=only"), kind, to="9" if kind == "overlap" else "human")
    assert action.left == {"is archived": 1}


def test_items_that_waited_for_the_judge_wait_again(project):
    judge = make_judge(project)
    item = make_item(project, route=None)
    set_policy(project, "confidence", {"random_share": 0}, judge=judge)
    route_all(project)
    assert places(project) == [("judge", Waits.JUDGE)]
    action = do(all_of(project), "archive")
    assert not JudgeCall.objects.filter(item=item).exists()
    take_back(action)
    assert places(project) == [("judge", Waits.JUDGE)]
    assert JudgeCall.objects.filter(item=item).exists()


def test_selections_are_read_from_query_strings_alone(project):
    item = make_item(project, source="a&b")
    chosen = Chosen(Selection.of(project, QueryDict("source=a%26b")))
    do(chosen, "tag", tag="x")
    item.refresh_from_db()
    assert item.tags == ["x"]
    assert not run(project)
