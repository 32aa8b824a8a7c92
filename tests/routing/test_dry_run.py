"""What a policy would do: the same decisions as the real thing, and nothing done."""

from collections import Counter
from decimal import Decimal

import pytest

from annotate.models import Budget, Item, LedgerEntry
from annotate.models.budgets import Unit
from routing import dry_run as dry
from routing.dry_run import dry_run
from routing.models import RoutingDecision, RoutingPolicy
from routing.policies import InvalidPolicy
from routing.routing import route_all, set_policy
from tests.factories import make_annotation, make_item, make_project
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(default_route=None, pay_per_label_usd=Decimal("0.5"))


def counted(found):
    return Counter({(part.route, part.reason): part.items for part in found.parts})


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("all_human", {}), ("random", {"share": 0.4}), ("all_judge", {"random_share": 0.2})],
)
def test_what_is_shown_is_what_would_be_decided(project, kind, settings):
    judge = make_judge(project)
    for n in range(40):
        make_item(project, evaluation=n % 10 == 0)
    found = dry_run(project, kind, settings, judge=judge)
    assert (found.open, found.looked_at, found.hypothetical) == (40, 40, False)
    assert not RoutingDecision.objects.exists()
    assert not Item.objects.filter(route__isnull=False).exists()
    set_policy(project, kind, settings, judge=judge)
    route_all(project)
    rows = RoutingDecision.objects.current().values_list("route", "reason")
    assert counted(found) == Counter(rows)


def test_nothing_is_stored_reserved_or_switched(project):
    for _ in range(3):
        make_item(project)
    Budget.objects.create(project=project, unit=Unit.LABELS, cap=100)
    dry_run(project, "all_human", {})
    assert not RoutingPolicy.objects.exists()
    assert not RoutingDecision.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_labels_and_pay_are_counted_within_the_budget(project):
    for _ in range(4):
        make_item(project, overlap=2)
    found = dry_run(project, "all_human", {})
    assert (found.labels, found.pay_usd) == (8, Decimal(4))
    Budget.objects.create(project=project, unit=Unit.LABELS, cap=5)
    found = dry_run(project, "all_human", {})
    assert found.labels == 4
    assert counted(found)[None, "budget"] == 2


def test_the_judge_s_items_and_their_price_by_what_it_has_cost(project):
    judge = make_judge(project, input_price_usd=1, output_price_usd=1)
    for _ in range(5):
        make_item(project)
    found = dry_run(project, "all_judge", {}, judge=judge)
    assert (found.judge_items, found.judge_usd) == (5, None)
    done = make_item(project)
    make_annotation(done, judge.annotator)
    judge.calls.create(
        item=done, order=0, shown_order=[0, 1], state="answered", cost_usd=Decimal("0.02")
    )
    found = dry_run(project, "all_judge", {}, judge=judge)
    assert (found.judge_items, found.judge_usd) == (5, Decimal("0.10"))


def test_a_free_judge_costs_nothing(project):
    judge = make_judge(project, input_price_usd=0, output_price_usd=0)
    make_item(project)
    assert dry_run(project, "all_judge", {}, judge=judge).judge_usd == 0


def test_items_with_a_route_stand_for_those_to_come_where_none_waits(project):
    make_item(project, route="human")
    make_item(project, route="judge")
    found = dry_run(project, "all_human", {})
    assert found.hypothetical
    assert found.open == 1


def test_archived_items_are_left_out(project):
    make_item(project, waits_for=Item.WaitsFor.ARCHIVE)
    assert dry_run(project, "all_human", {}).open == 0


def test_of_many_items_a_part_is_looked_at_with_its_part_of_the_budget(project, monkeypatch):
    monkeypatch.setattr(dry, "MOST_ITEMS", 10)
    for _ in range(40):
        make_item(project)
    Budget.objects.create(project=project, unit=Unit.LABELS, cap=20)
    found = dry_run(project, "all_human", {})
    assert (found.open, found.looked_at, found.whole) == (40, 10, False)
    assert found.labels == 5
    assert len(found.examples) == 10
    assert len({one.item.pk for one in found.examples}) == 10


def test_what_could_not_be_switched_on_cannot_be_tried(project):
    with pytest.raises(InvalidPolicy, match="needs a judge"):
        dry_run(project, "all_judge", {})
    with pytest.raises(InvalidPolicy, match="share"):
        dry_run(project, "random", {"share": 3}, judge=make_judge(project))
    make_judge(project, name="other", active=False)
    resting = project.judges.get(name="other")
    with pytest.raises(InvalidPolicy, match="is off"):
        dry_run(project, "all_judge", {}, judge=resting)


def test_it_takes_as_many_queries_for_many_items_as_for_one(project, django_assert_num_queries):
    judge = make_judge(project, input_price_usd=0, output_price_usd=0)
    for size in (1, 30):
        for _ in range(size):
            make_item(project)
        with django_assert_num_queries(9):
            dry_run(project, "all_judge", {}, judge=judge)
