"""What people are paid is covered by the budget from the moment they are given an item."""

import contextlib
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate import ledger
from annotate.assignment import (
    BudgetSpent,
    LeaseLost,
    claim,
    expire_overdue,
    raise_overlap,
    release,
    skip,
    submit,
    undo,
)
from annotate.models import Annotation, Assignment, Budget, Item, LedgerEntry, Membership
from annotate.models.budgets import Unit
from tests.factories import make_item, make_member, make_project
from tests.threads import in_threads

ANSWERS = {"overall": {"value": 1, "both_bad": False}}
HALF = Decimal("0.5")
pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(pay_per_label_usd=HALF)


@pytest.fixture
def budget(project):
    """Enough for two labels."""
    return Budget.objects.create(project=project, unit=Unit.USD, cap=Decimal("1.2"))


def label(member):
    assignment = claim(member)
    return submit(assignment, ANSWERS, key=assignment.key)


def reserve(item, amount):
    ledger.reserve(
        item.project, Unit.USD, Decimal(amount), reference=ledger.item_reference(item.pk)
    )


def spent(project):
    return LedgerEntry.objects.filter(project=project).total(Unit.USD)


def let_lapse(assignment):
    Assignment.objects.filter(pk=assignment.pk).update(expires_at="2026-01-01T00:00Z")
    assert expire_overdue() == 1


def test_a_lease_holds_its_pay_and_a_label_is_paid_with_it(project, budget):
    make_item(project)
    member = make_member(project)
    claim(member)
    assert ledger.committed(budget) == HALF
    annotation = label(member)
    assert ledger.committed(budget) == spent(project) == HALF
    paid = LedgerEntry.objects.get(kind="pay")
    assert (paid.amount, paid.annotator) == (HALF, annotation.annotator)


def test_nobody_is_given_an_item_that_the_budget_does_not_pay(project, budget):
    for _ in range(3):
        make_item(project)
    first, second, third = (make_member(project) for _ in range(3))
    claim(first), claim(second)
    with pytest.raises(BudgetSpent, match="budget for pay is spent"):
        claim(third)
    assert Item.objects.filter(seats_left=1).count() == 1
    assert Assignment.objects.count() == 2
    label(first)
    with pytest.raises(BudgetSpent):
        claim(first)
    Budget.objects.update(cap=2)
    assert claim(third) is not None


def test_where_nothing_is_left_to_do_the_budget_is_not_to_blame(project, budget):
    make_item(project)
    label(make_member(project))
    Budget.objects.update(cap=0)
    assert claim(make_member(project)) is None


@pytest.mark.parametrize("end", [skip, release, let_lapse])
def test_a_lease_that_ends_without_a_label_gives_its_pay_back(project, budget, end):
    for _ in range(2):
        make_item(project)
    member = make_member(project)
    for _ in range(2):
        end(claim(member))
        assert ledger.committed(budget) == spent(project) == 0
    assert not Assignment.objects.filter(pay_held=True).exists()


def test_an_item_that_comes_back_is_paid_anew(project, budget):
    make_item(project)
    member = make_member(project)
    for _ in range(3):
        release(claim(member))
    label(member)
    assert ledger.committed(budget) == spent(project) == HALF


def test_a_label_that_comes_after_its_lease_is_paid_where_the_budget_still_can(project, budget):
    make_item(project)
    make_item(project)
    assignments = [claim(make_member(project)) for _ in range(2)]
    for assignment in assignments:
        let_lapse(assignment)
    submit(assignments[0], ANSWERS, key=assignments[0].key)
    assert ledger.committed(budget) == spent(project) == HALF
    Budget.objects.update(cap="0.9")
    with pytest.raises(BudgetSpent):
        submit(assignments[1], ANSWERS, key=assignments[1].key)
    assert Annotation.objects.count() == 1
    assert ledger.committed(budget) == spent(project) == HALF


def test_a_label_taken_back_and_left_stays_paid_once(project, budget):
    make_item(project)
    member = make_member(project)
    label(member)
    skip(undo(member))
    again = undo(member)
    submit(again, ANSWERS, key=again.key)
    assert ledger.committed(budget) == spent(project) == HALF


def test_what_was_reserved_with_the_item_covers_its_seats_and_no_more(project, budget):
    item = make_item(project, overlap=2)
    reserve(item, 1)
    first, second, third = (make_member(project) for _ in range(3))
    claim(first), claim(second)
    assert ledger.committed(budget) == 1
    assert not Assignment.objects.filter(pay_held=True).exists()
    raise_overlap(item, 3)
    with pytest.raises(BudgetSpent):
        claim(third)
    Budget.objects.update(cap=2)
    assert claim(third).pay_held
    for member in (first, second, third):
        label(member)
    assert ledger.committed(budget) == spent(project) == Decimal("1.5")


def test_an_item_whose_pay_was_reserved_is_found_behind_one_that_is_not_paid(project, budget):
    Budget.objects.update(cap=HALF)
    make_item(project, rank=1)
    reserved = make_item(project, rank=2)
    reserve(reserved, HALF)
    member = make_member(project)
    assert claim(member).item == reserved
    label(member)
    with pytest.raises(BudgetSpent):
        claim(member)


def test_a_member_s_own_pay_counts_and_stays_what_it_was_when_the_item_was_given(project, budget):
    make_item(project)
    make_item(project)
    dear, free = make_member(project), make_member(project)
    Membership.objects.filter(pk=dear.pk).update(pay_per_label_usd=Decimal("1.1"))
    Membership.objects.filter(pk=free.pk).update(pay_per_label_usd=0)
    claim(dear)
    assert ledger.committed(budget) == Decimal("1.1")
    Membership.objects.filter(pk=dear.pk).update(pay_per_label_usd=9)
    label(dear)
    label(free)
    assert ledger.committed(budget) == spent(project) == Decimal("1.1")


def test_without_a_budget_nothing_is_held_and_labels_are_paid_all_the_same(project):
    make_item(project)
    member = make_member(project)
    claim(member)
    assert not LedgerEntry.objects.exists()
    label(member)
    assert spent(project) == HALF


def test_a_claim_asks_no_more_where_there_is_a_budget_but_no_pay():
    plain, capped = make_project(), make_project()
    Budget.objects.create(project=capped, unit=Unit.USD, cap=1)
    counts = []
    for project in (plain, capped):
        make_item(project)
        member = make_member(project)
        with CaptureQueriesContext(connection) as seen:
            claim(member)
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_threads_at_work_reach_the_budget_and_never_pass_it():
    project = make_project(pay_per_label_usd=HALF, overlap=3)
    budget = Budget.objects.create(project=project, unit=Unit.USD, cap=Decimal("10.2"))
    daily = Budget.objects.create(
        project=project, unit=Unit.USD, cap=Decimal("10.4"), period=Budget.Period.DAY
    )
    for number in range(12):
        item = make_item(project, rank=number)
        if number % 4 == 0:
            reserve(item, "1.5")
    members = [make_member(project) for _ in range(12)]
    passed = []

    def work(number):
        done = 0
        with contextlib.suppress(BudgetSpent, LeaseLost):
            while (assignment := claim(members[number])) is not None:
                passed.extend(one for one in (budget, daily) if ledger.committed(one) > one.cap)
                if (assignment.pk + number) % 5 == 0:
                    skip(assignment)
                    continue
                if (assignment.pk + number) % 7 == 0:
                    release(assignment)
                submit(assignment, ANSWERS, key=assignment.key)
                done += 1
        return done

    given = sum(in_threads(12, work))
    assert passed == []
    assert given == Annotation.objects.count()
    assert LedgerEntry.objects.filter(kind="pay").total(Unit.USD) == given * HALF
    assert ledger.committed(budget) == ledger.committed(daily) == spent(project) <= budget.cap
