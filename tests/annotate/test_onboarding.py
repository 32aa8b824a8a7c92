"""From guidelines to work: what a test asks, when it is passed, and what its answers count for."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from annotate import onboarding
from annotate.assignment import (
    LeaseLost,
    NothingToUndo,
    NotQualified,
    claim,
    expire_overdue,
    renew,
    skip,
    submit,
    take_up_again,
    undo,
)
from annotate.gold import gold_accuracy, set_gold
from annotate.gold_uses import change_use
from annotate.members import grant_try, qualify
from annotate.models import Annotation, Assignment, AuditEntry, Gold, Membership
from annotate.onboarding import NoTest, Step, answer_test, begin_test
from annotate.project_settings import change_settings
from annotate.snapshots import current_ids
from tests.annotate.golden import RIGHT, WRONG, make_gold
from tests.factories import make_annotation, make_item, make_member, make_project

pytestmark = pytest.mark.django_db
TEST, EXAMPLE = Gold.Use.QUALIFICATION, Gold.Use.EXAMPLE


def project_with_test(*, gold=4, size=2, share=0.5, tries=2, items=2, **fields):
    project = make_project(
        qualification_pass=share, qualification_size=size, qualification_tries=tries, **fields
    )
    for _ in range(items):
        make_item(project)
    for _ in range(gold):
        make_gold(project, TEST)
    return project, make_member(project)


def take(member, *rights):
    """A whole try; the items it asked."""
    test = begin_test(member)
    for assignment, right in zip(test.open, rights, strict=True):
        answer_test(member, assignment, RIGHT if right else WRONG, key=assignment.key)
    member.refresh_from_db()
    return [assignment.item_id for assignment in test.open]


# ------------------------------------------------------------------------------------------ the way


def test_the_way_has_only_steps_with_something_in_them():
    member = make_member(make_project())
    assert onboarding.way_of(member).steps == (Step.GUIDELINES, Step.WORK)
    make_gold(member.project, EXAMPLE)
    assert onboarding.way_of(member).steps == (Step.GUIDELINES, Step.EXAMPLES, Step.WORK)
    member.project.qualification_pass = 0.5
    assert onboarding.way_of(member).steps == tuple(Step)


def test_the_present_step_is_the_first_that_is_ahead():
    project, member = project_with_test()
    make_gold(project, EXAMPLE)
    found = [onboarding.way_of(member).present]
    for step in (Step.GUIDELINES, Step.EXAMPLES):
        onboarding.pass_step(member, step)
        found.append(onboarding.way_of(member).present)
    take(member, True, True)
    found.append(onboarding.way_of(member).present)
    assert found == list(Step)


def test_a_step_is_dated_once():
    _, member = project_with_test()
    onboarding.pass_step(member, Step.GUIDELINES)
    first = member.guidelines_read_at
    onboarding.pass_step(member, Step.GUIDELINES)
    member.refresh_from_db()
    assert member.guidelines_read_at == first


# ----------------------------------------------------------------------------------------- who may


def test_nobody_is_given_work_before_the_test_is_passed():
    _, member = project_with_test()
    with pytest.raises(NotQualified):
        claim(member)
    take(member, True, True)
    assert claim(member).purpose == Assignment.Purpose.WORK


@pytest.mark.parametrize("role", ["researcher", "admin"])
def test_researchers_and_admins_are_not_tested(role):
    project, _ = project_with_test()
    member = make_member(project, role=role)
    assert claim(member)
    assert Step.TEST not in onboarding.way_of(member).steps
    with pytest.raises(NoTest):
        begin_test(member)


def test_those_who_gave_labels_before_the_test_was_switched_on_need_none():
    project = make_project()
    for _ in range(2):
        make_item(project)
    old, idle, imported = make_member(project), make_member(project), make_member(project)
    first = claim(old)
    submit(first, RIGHT, key=first.key)
    make_annotation(first.item, imported.user.annotator_or_new)
    change_settings(project, {"qualification_pass": 0.8})
    qualified = Membership.objects.filter(project=project, qualified_at__isnull=False)
    assert list(qualified) == [old]
    change_settings(project, {"qualification_pass": 0.9})
    assert claim(old)
    with pytest.raises(NotQualified):
        claim(idle)


# ---------------------------------------------------------------------------------------- the test


def test_the_share_of_right_answers_decides():
    _, member = project_with_test(gold=8, size=4, share=0.75)
    take(member, True, True, False, True)
    assert member.qualified_at
    _, member = project_with_test(gold=8, size=4, share=0.76)
    take(member, True, True, False, True)
    assert member.qualified_at is None


def test_a_try_draws_at_random_and_a_second_asks_other_items():
    project, member = project_with_test(gold=6, size=3)
    first, second = take(member, False, False, False), take(member, False, False, False)
    assert set(first).isdisjoint(second)
    drawn = {tuple(sorted(take(make_member(project), *[False] * 3))) for _ in range(12)}
    assert len(drawn) > 1


def test_where_items_are_few_a_second_try_asks_them_again():
    _, member = project_with_test(gold=2, size=5, tries=2)
    assert set(take(member, False, False)) == set(take(member, True, True))
    assert member.qualified_at
    tries = Annotation.objects.filter(annotator=member.user.annotator).values_list("attempt")
    assert sorted(tries) == [(1,), (1,), (2,), (2,)]


def test_a_try_that_runs_goes_on_where_it_stood():
    _, member = project_with_test(size=3, gold=3)
    test = begin_test(member)
    answer_test(member, test.open[0], RIGHT, key=test.open[0].key)
    again = begin_test(member)
    assert [one.annotation.item_id for one in again.scored] == [test.open[0].item_id]
    assert [one.pk for one in again.open] == [one.pk for one in test.open[1:]]
    member.refresh_from_db()
    assert member.qualification_attempt == 1


def test_an_answer_counts_once_and_only_while_it_is_asked_for():
    _, member = project_with_test()
    test = begin_test(member)
    one = test.open[0]
    first = answer_test(member, one, WRONG, key=one.key)
    assert answer_test(member, one, RIGHT, key=one.key) == first
    with pytest.raises(LeaseLost):
        answer_test(member, one, RIGHT, key="another")
    make_member(member.project)
    work = make_member(member.project, role="admin")
    lent = claim(work)
    with pytest.raises(LeaseLost):
        answer_test(work, lent, RIGHT, key=lent.key)


def test_when_all_tries_are_used_a_researcher_can_give_another_or_pass_by_hand():
    project, member = project_with_test(gold=2, tries=1)
    take(member, False, False)
    with pytest.raises(NoTest, match="all tries"):
        begin_test(member)
    assert grant_try(member)
    assert not grant_try(member)
    take(member, False, False)
    assert onboarding.last_test(member).attempt == 2
    assert qualify(member)
    assert not qualify(member)
    assert claim(member)
    actions = AuditEntry.objects.of(project).filter(details__user=member.user_id)
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "member.test",
        "member.try",
        "member.test",
        "member.qualify",
    ]


def test_a_try_that_lost_items_does_not_count():
    _, member = project_with_test(gold=6, size=2, tries=1)
    test = begin_test(member)
    answer_test(member, test.open[0], RIGHT, key=test.open[0].key)
    change_use(test.open[1].item, Gold.Use.EXAMPLE)
    assert onboarding.running_test(member) is None
    assert onboarding.tries_left(member) == 1
    take(member, True, True)
    assert (member.qualified_at is not None, member.qualification_attempt) == (True, 1)
    assert onboarding.last_test(member).attempt == 2
    assert not onboarding.tries_left(member)


def test_what_a_try_asked_and_came_to_is_on_record():
    _, member = project_with_test()
    items = take(member, True, False)
    entry = AuditEntry.objects.get(action="member.test")
    assert entry.details["items"] == items
    assert (entry.details["passed"], entry.details["right"]) == (True, "50 % of 2")


def test_without_items_there_is_no_test_and_nobody_slips_in():
    _, member = project_with_test(gold=0)
    with pytest.raises(NoTest, match="no items yet"):
        begin_test(member)
    with pytest.raises(NotQualified):
        claim(member)
    assert member.qualification_attempt == 0


def test_a_test_asks_nothing_that_the_annotator_has_had_as_work():
    project, member = project_with_test(gold=1, items=1)
    item = project.items.get(gold=None)
    qualify(member)
    assignment = claim(member)
    submit(assignment, RIGHT, key=assignment.key)
    set_gold(item, RIGHT, use=TEST)
    Membership.objects.update(qualified_at=None)
    member.refresh_from_db()
    assert item.pk not in take(member, True)


# ------------------------------------------------------------------------- what its answers count for


def test_answers_to_a_test_are_nothing_elses_data_and_are_not_paid():
    project, member = project_with_test(pay_per_label_usd=1)
    seats = list(project.items.order_by("pk").values_list("seats_left", flat=True))
    take(member, True, True)
    assert list(project.items.order_by("pk").values_list("seats_left", flat=True)) == seats
    assert gold_accuracy(project) == {}
    assert current_ids(project) == []
    assert not project.ledger.exists()
    assert not project.items.stale().exists()


def test_no_way_of_work_answers_skips_or_reopens_an_item_of_a_test():
    _, member = project_with_test(size=2)
    test = begin_test(member)
    first, second = test.open
    skip(first)
    with pytest.raises(LeaseLost):
        submit(second, RIGHT, key=second.key)
    assert renew(first)
    assert len(onboarding.running_test(member).open) == 2
    change_use(first.item, Gold.Use.EXAMPLE)  # takes it out of the test
    assert take_up_again(first) is None
    with pytest.raises(LeaseLost):
        submit(first, RIGHT, key=first.key)
    assert not Annotation.objects.exists()


def test_an_undo_does_not_reopen_a_test():
    _, member = project_with_test()
    take(member, True, True)
    with pytest.raises(NothingToUndo):
        undo(member)


def test_an_open_test_is_no_work_and_is_not_taken_back_overnight():
    _, member = project_with_test()
    begin_test(member)
    qualify(member)
    assert claim(member).purpose == "work"
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert expire_overdue() == 1
    assert len(onboarding.running_test(member).open) == 2
