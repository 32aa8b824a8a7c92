"""Correcting one's own labels: superseded, never overwritten; no seat, no pay."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from annotate.assignment import (
    NotCorrectable,
    Timing,
    claim,
    correct,
    correction_key,
    expire_overdue,
    submit,
    take_up_again,
    undo,
)
from annotate.models import (
    Annotation,
    Assignment,
    Budget,
    BudgetPeriod,
    Item,
    LedgerEntry,
    Membership,
    Project,
)
from annotate.models.budgets import Unit
from tests.factories import make_annotation, make_item, make_member, make_project

pytestmark = pytest.mark.django_db
BETTER = {"overall": {"value": 2, "both_bad": False}}
WORSE = {"overall": {"value": -1, "both_bad": False}}


@pytest.fixture
def project():
    return make_project(pay_per_label_usd=Decimal("0.5"))


@pytest.fixture
def member(project):
    return make_member(project)


def label(member, **item):
    make_item(member.project, **item)
    assignment = claim(member)
    return submit(assignment, BETTER, key=assignment.key, timing=Timing(3, 4, 5))


def corrected(annotation, member, answers=WORSE, **more):
    return correct(annotation, answers, membership=member, key=correction_key(annotation), **more)


def test_a_correction_supersedes_and_leaves_the_label_as_it_was(member):
    first = label(member, overlap=2)
    Item.objects.update(stale=False)
    seats = Item.objects.get().seats_left
    second = corrected(first, member, timing=Timing(1, 2, 3))
    first.refresh_from_db()
    assert (second.supersedes, second.answers, first.answers) == (first, WORSE, BETTER)
    assert (second.order, second.form, second.guidelines) == (
        first.order,
        first.form,
        first.guidelines,
    )
    assert (second.purpose, second.attempt, second.assignment) == ("work", 1, first.assignment)
    assert (second.active_seconds, first.active_seconds) == (1, 3)
    assert (Item.objects.get().stale, Item.objects.get().seats_left) == (True, seats)
    assert Assignment.objects.get().state == "submitted"


def test_a_correction_is_not_paid_again(member):
    first = label(member)
    entries = list(LedgerEntry.objects.values_list("pk", "amount"))
    corrected(first, member)
    assert list(LedgerEntry.objects.values_list("pk", "amount")) == entries


def test_a_correction_can_be_corrected(member):
    first = label(member)
    second = corrected(first, member)
    third = corrected(second, member, BETTER)
    assert third.supersedes == second
    assert list(Annotation.objects.current()) == [third]


def test_the_same_correction_twice_is_one(member):
    first = label(member)
    assert corrected(first, member) == corrected(first, member)
    assert Annotation.objects.count() == 2


def test_answers_as_before_add_nothing(member):
    first = label(member)
    assert corrected(first, member, BETTER) == first
    assert Annotation.objects.count() == 1


def test_of_two_tabs_the_first_correction_stands(member):
    first = label(member)
    second = corrected(first, member)
    third = corrected(first, member, {"overall": {"value": 0, "both_bad": False}})
    assert third == second
    assert third.answers == WORSE


def test_a_key_of_another_label_is_refused(member):
    first, other = label(member), label(member)
    with pytest.raises(NotCorrectable, match="another label"):
        correct(first, WORSE, membership=member, key=correction_key(other))


def refused(annotation, member):
    with pytest.raises(NotCorrectable) as refusal:
        corrected(Annotation.objects.get(pk=annotation.pk), member)
    assert Annotation.objects.filter(supersedes=annotation).count() == 0
    return str(refusal.value)


def test_it_is_refused_where_the_project_takes_none(member):
    first = label(member)
    Project.objects.update(corrections=False)
    member.project.refresh_from_db()
    assert "takes no corrections" in refused(first, member)


def test_it_is_refused_while_the_member_is_paused(member):
    first = label(member)
    member.paused_at = timezone.now()
    assert "paused" in refused(first, member)


def test_it_is_refused_once_a_reviewer_has_decided(member, project):
    first = label(member)
    make_annotation(
        first.item, make_member(project).user.annotator_or_new, answers=WORSE, purpose="review"
    )
    assert "reviewer has decided" in refused(first, member)


def test_it_is_refused_once_the_item_is_archived(member):
    first = label(member)
    Item.objects.update(route=None, waits_for="archive", seats_left=0)
    assert "taken out" in refused(first, member)


def test_answers_of_a_test_stay_as_they_were_given(member):
    first = label(member)
    test = make_annotation(
        make_item(member.project),
        first.annotator,
        answers=BETTER,
        purpose="qualification",
        assignment=first.assignment,
        key="test",
    )
    assert "as they were given" in refused(test, member)


def test_planted_gold_is_corrected_like_work_and_stays_planted(member):
    """Its annotator is not to tell it from work."""
    work = label(member)
    planted = make_annotation(
        make_item(member.project),
        work.annotator,
        answers=BETTER,
        purpose="planted",
        assignment=work.assignment,
        key="planted",
    )
    assert corrected(planted, member).purpose == "planted"


def test_it_is_refused_while_the_label_is_taken_back(member):
    first = label(member)
    undo(member)
    assert "taken this label back" in refused(first, member)


def test_a_correction_can_be_taken_back_like_the_label_it_corrects(member):
    first = label(member)
    second = corrected(first, member)
    assignment = undo(member)
    third = submit(assignment, BETTER, key=assignment.key)
    assert third.supersedes == second


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_make_one(member):
    first = label(member)
    answers = [{"overall": {"value": n, "both_bad": False}} for n in (-2, -1, 0, 1)]
    stored, start = [], threading.Barrier(len(answers))

    def run(given):
        start.wait()
        stored.append(corrected(first, Membership.objects.get(), given).pk)
        connection.close()

    threads = [threading.Thread(target=run, args=[given]) for given in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(stored)) == 1
    assert Annotation.objects.count() == 2


# ------------------------------------------------------------------- a lease that ran out at work


def ran_out(member, **item):
    make_item(member.project, **item)
    assignment = claim(member)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_overdue() == 1
    assignment.refresh_from_db()
    assignment.project = member.project
    return assignment


def test_a_lease_is_taken_up_again_while_its_seat_is_free(member):
    assignment = ran_out(member)
    assert Item.objects.get().seats_left == 1
    assert take_up_again(assignment) > timezone.now()
    assert Assignment.objects.get().state == "open"
    assert Item.objects.get().seats_left == 0
    assert claim(member) == assignment


def test_a_seat_that_somebody_else_has_is_not_taken_up(member, project):
    assignment = ran_out(member)
    claim(make_member(project))
    assert take_up_again(assignment) is None
    assignment.refresh_from_db()
    assert assignment.state == "expired"


def test_nobody_who_is_paused_takes_one_up(member):
    assignment = ran_out(member)
    Membership.objects.update(paused_at=timezone.now())
    assert take_up_again(assignment) is None


def test_no_third_item_is_open_at_once(member, project):
    assignment = ran_out(member)
    for _ in range(2):
        make_item(project)
    own = Item.objects.filter(pk=assignment.item_id)
    own.update(seats_left=0)
    claim(member, besides=claim(member))
    own.update(seats_left=1)
    assert take_up_again(assignment) is None
    assert own.get().seats_left == 1


def test_its_pay_is_held_again_and_goes_back_when_it_runs_out_again(member, project):
    Budget.objects.create(project=project, unit=Unit.USD, cap=Decimal("0.5"))
    assignment = ran_out(member)
    assert BudgetPeriod.objects.get().committed == 0
    take_up_again(assignment)
    assert BudgetPeriod.objects.get().committed == Decimal("0.5")
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_overdue()
    assert BudgetPeriod.objects.get().committed == 0


def test_without_pay_for_it_nothing_is_taken_up(member, project):
    Budget.objects.create(project=project, unit=Unit.USD, cap=Decimal("0.5"))
    assignment = ran_out(member)
    Budget.objects.update(cap=0)
    assert take_up_again(assignment) is None
    assert Item.objects.get().seats_left == 1
