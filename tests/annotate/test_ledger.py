"""A budget can be reached, never passed; nothing is reserved or paid twice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from annotate import ledger
from annotate.assignment import claim, raise_overlap, submit, undo
from annotate.ledger import BudgetReached
from annotate.models import Annotation, Budget, LedgerEntry
from annotate.models.budgets import Unit
from tests.factories import make_item, make_member, make_project
from tests.threads import in_threads

ANSWERS = {"overall": {"value": 1, "both_bad": False}}


def labels(**amounts):
    return {name: Decimal(amount) for name, amount in amounts.items()}


def set_budget(project, cap, *, unit=Unit.LABELS, period=Budget.Period.TOTAL):
    return Budget.objects.create(project=project, unit=unit, cap=Decimal(cap), period=period)


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_reach_the_budget_and_do_not_pass_it():
    project = make_project()
    budget = set_budget(project, 25)
    refused = []

    def run(number):
        for step in range(3):
            try:
                ledger.reserve(project, Unit.LABELS, Decimal(1), reference=f"{number}:{step}")
            except BudgetReached:
                refused.append(number)

    in_threads(20, run)
    assert ledger.committed(budget) == 25
    assert LedgerEntry.objects.total(Unit.LABELS) == 25
    assert len(refused) == 35


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("capped", [True, False])
def test_the_same_reference_reserved_at_once_by_many_costs_once(capped):
    project = make_project()
    if capped:
        set_budget(project, 2)
    in_threads(8, lambda _: ledger.reserve(project, Unit.LABELS, Decimal(2), reference="item:1"))
    assert LedgerEntry.objects.total(Unit.LABELS) == 2


@pytest.mark.django_db(transaction=True)
def test_settling_and_reserving_at_once_adds_up():
    project = make_project()
    budget = set_budget(project, 10, unit=Unit.USD)
    for number in range(10):
        ledger.reserve(project, Unit.USD, Decimal(1), reference=f"call:{number}")

    def run(number):
        ledger.settle(project, Unit.USD, Decimal("0.25"), reference=f"call:{number}")
        ledger.reserve_many(project, Unit.USD, {f"more:{number}": Decimal("0.5")})

    in_threads(10, run)
    spent = LedgerEntry.objects.total(Unit.USD)
    assert ledger.committed(budget) == spent
    assert Decimal("2.5") <= spent <= 10


@pytest.mark.django_db
def test_what_fits_is_reserved_in_order_and_what_does_not_is_passed_over():
    project = make_project()
    set_budget(project, 5)
    granted = ledger.reserve_many(project, Unit.LABELS, labels(a=3, b=3, c=2, d=1))
    assert granted == {"a", "c"}
    assert ledger.remaining(project, Unit.LABELS) == 0


@pytest.mark.django_db
def test_a_reference_reserved_before_stands_and_costs_nothing_again():
    project = make_project()
    budget = set_budget(project, 3)
    assert ledger.reserve_many(project, Unit.LABELS, labels(a=3)) == {"a"}
    assert ledger.reserve_many(project, Unit.LABELS, labels(a=3, b=1)) == {"a"}
    assert ledger.committed(budget) == 3


@pytest.mark.django_db
def test_nothing_is_taken_of_one_unit_when_the_other_does_not_reach():
    project = make_project()
    set_budget(project, 10)
    set_budget(project, 3, unit=Unit.USD)
    wanted = {
        name: {Unit.LABELS: Decimal(2), Unit.USD: Decimal(usd)}
        for name, usd in {"a": 2, "b": 2, "c": 1}.items()
    }
    assert ledger.reserve_all(project, wanted) == {"a", "c"}
    assert ledger.remaining(project, Unit.LABELS) == 6
    assert ledger.remaining(project, Unit.USD) == 0


@pytest.mark.django_db
def test_the_tightest_of_several_budgets_decides():
    project = make_project()
    set_budget(project, 100)
    set_budget(project, 2, period=Budget.Period.DAY)
    assert ledger.remaining(project, Unit.LABELS) == 2
    with pytest.raises(BudgetReached, match="no 3 left"):
        ledger.reserve(project, Unit.LABELS, Decimal(3), reference="a")


@pytest.mark.django_db
def test_a_budget_by_the_day_begins_anew_the_next_day_and_one_in_all_does_not():
    project = make_project()
    in_all = set_budget(project, 5)
    daily = set_budget(project, 3, period=Budget.Period.DAY)
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        ledger.reserve(project, Unit.LABELS, Decimal(3), reference="a")
        assert ledger.remaining(project, Unit.LABELS) == 0
    with time_machine.travel(datetime(2026, 3, 2, 0, 1, tzinfo=UTC), tick=False):
        assert ledger.remaining(project, Unit.LABELS) == 2
        ledger.reserve(project, Unit.LABELS, Decimal(2), reference="b")
        assert (ledger.committed(in_all), ledger.committed(daily)) == (5, 2)


@pytest.mark.django_db
def test_a_budget_that_is_set_later_counts_what_was_reserved_before_it():
    project = make_project()
    ledger.reserve(project, Unit.LABELS, Decimal(4), reference="a")
    ledger.reserve(project, Unit.LABELS, Decimal(4), reference="b")
    ledger.settle(project, Unit.LABELS, Decimal(1), reference="b")
    budget = set_budget(project, 7)
    assert ledger.remaining(project, Unit.LABELS) == 2
    assert ledger.reserve_many(project, Unit.LABELS, labels(c=3, d=2)) == {"d"}
    assert ledger.committed(budget) == 7


@pytest.mark.django_db
def test_a_settlement_counts_in_the_period_of_its_reservation():
    project = make_project()
    daily = set_budget(project, 10, unit=Unit.USD, period=Budget.Period.DAY)
    with time_machine.travel(datetime(2026, 3, 1, 23, 59, tzinfo=UTC), tick=False):
        ledger.reserve(project, Unit.USD, Decimal(4), reference="call")
    with time_machine.travel(datetime(2026, 3, 2, 0, 1, tzinfo=UTC), tick=False):
        ledger.settle(project, Unit.USD, Decimal(1), reference="call")
        assert ledger.committed(daily) == 0
        ledger.reserve(project, Unit.USD, Decimal(2), reference="next")
        assert ledger.committed(daily) == 2
    first = daily.periods.get(starts_on="2026-03-01")
    assert first.committed == 1


@pytest.mark.django_db
def test_a_second_settlement_changes_nothing():
    project = make_project()
    budget = set_budget(project, 10, unit=Unit.USD)
    ledger.reserve(project, Unit.USD, Decimal(4), reference="call")
    for spent in ("1.5", "3"):
        ledger.settle(project, Unit.USD, Decimal(spent), reference="call")
    assert ledger.committed(budget) == Decimal("1.5")
    assert LedgerEntry.objects.total(Unit.USD) == Decimal("1.5")


@pytest.mark.django_db
def test_projects_do_not_share_a_budget():
    mine, other = make_project(), make_project()
    set_budget(mine, 1)
    set_budget(other, 1)
    for project in (mine, other):
        ledger.reserve(project, Unit.LABELS, Decimal(1), reference="item:1")
        assert ledger.remaining(project, Unit.LABELS) == 0


def label_it(member):
    assignment = claim(member)
    return submit(assignment, ANSWERS, key=assignment.key)


@pytest.mark.django_db
def test_pay_that_was_reserved_with_the_item_is_counted_once():
    project = make_project(pay_per_label_usd=Decimal("0.5"), overlap=2)
    budget = set_budget(project, 1, unit=Unit.USD)
    item = make_item(project)
    ledger.reserve(project, Unit.USD, Decimal(1), reference=ledger.item_reference(item.pk))
    for _ in range(2):
        label_it(make_member(project))
    assert ledger.committed(budget) == 1
    assert LedgerEntry.objects.filter(kind="pay").total(Unit.USD) == 1
    assert LedgerEntry.objects.total(Unit.USD) == 1


@pytest.mark.django_db
def test_pay_for_a_label_that_nobody_reserved_is_counted_as_well():
    project = make_project(pay_per_label_usd=Decimal("0.5"))
    budget = set_budget(project, 10, unit=Unit.USD)
    item = make_item(project)
    ledger.reserve(project, Unit.USD, Decimal("0.5"), reference=ledger.item_reference(item.pk))
    label_it(make_member(project))
    raise_overlap(item, 2)
    label_it(make_member(project))
    make_item(project)
    label_it(make_member(project))
    assert ledger.committed(budget) == Decimal("1.5")
    assert LedgerEntry.objects.total(Unit.USD) == Decimal("1.5")


@pytest.mark.django_db
def test_a_correction_is_not_paid_again():
    project = make_project(pay_per_label_usd=Decimal("0.5"))
    member = make_member(project)
    make_item(project)
    label_it(member)
    again = undo(member)
    submit(again, ANSWERS, key=again.key)
    assert Annotation.objects.count() == 2
    assert LedgerEntry.objects.total(Unit.USD) == Decimal("0.5")
