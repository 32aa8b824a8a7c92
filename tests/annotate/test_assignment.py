"""Claim, submit, skip, expire, undo."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Count, F, QuerySet
from django.utils import timezone

from annotate.assignment import (
    LeaseLost,
    MemberPaused,
    NothingToUndo,
    claim,
    expire_overdue,
    let_go,
    raise_overlap,
    renew,
    route_items,
    set_overlaps,
    skip,
    submit,
    undo,
)
from annotate.models import Annotation, Annotator, Assignment, Item, Membership, Project, User
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.threads import in_threads

ANSWERS = {"overall": {"value": 1, "both_bad": False}}


@pytest.fixture
def project(db):
    return make_project()


@pytest.fixture
def member(project):
    return make_member(project)


def seats(item):
    item.refresh_from_db()
    return item.seats_left


def test_a_claim_takes_the_least_rank_and_one_seat(project, member):
    make_item(project, rank=2)
    first = make_item(project, rank=1)
    assignment = claim(member)
    assert assignment.item == first
    assert seats(first) == 0
    assert sorted(assignment.order) == [0, 1]


def test_a_second_claim_gives_the_same_open_item_back(project, member):
    make_item(project), make_item(project)
    assert claim(member) == claim(member)


def test_a_prefetch_gives_another_item_and_at_most_two_are_open(project, member):
    for _ in range(3):
        make_item(project)
    first = claim(member)
    second = claim(member, besides=first)
    assert second != first
    assert claim(member, besides=first) == second
    assert Assignment.objects.open().count() == 2


def test_nothing_is_left_when_every_seat_is_taken(project, member):
    make_item(project)
    claim(member)
    assert claim(make_member(project)) is None


def test_a_paused_member_finishes_what_is_open_and_is_given_nothing_more(project, member):
    make_item(project), make_item(project)
    opened = claim(member)
    Membership.objects.filter(pk=member.pk).update(
        paused_at=timezone.now(), paused_reason="Please read the guidelines again."
    )
    assert claim(member) == opened
    submit(opened, ANSWERS, key=opened.key)
    with pytest.raises(MemberPaused, match="read the guidelines again"):
        claim(member)
    assert Assignment.objects.open().count() == 0


def test_an_item_of_another_project_or_route_is_never_claimed(project, member):
    make_item(make_project())
    make_item(project, route="judge")
    make_item(project, route=None)
    assert claim(member) is None


def test_an_item_that_the_annotator_has_labelled_already_is_passed(project, member):
    item = make_item(project, overlap=2)
    make_annotation(item, member.user.annotator_or_new)
    assert claim(member) is None


def test_a_claim_wraps_once_to_items_before_the_cursor(project, member):
    late = make_item(project, rank=5)
    submit_next(member)
    early = make_item(project, rank=1)
    assert claim(member).item == early
    assert late.annotations.count() == 1


def test_a_new_ranking_starts_the_cursor_anew(project, member):
    items = [make_item(project, rank=n) for n in range(4)]
    submit_next(member)
    for n, item in enumerate(reversed(items)):
        Item.objects.filter(pk=item.pk).update(rank=n)
    Project.objects.filter(pk=project.pk).update(ranking=F("ranking") + 1)
    assert claim(member).item == items[3]


def test_a_claim_takes_the_least_rank_over_the_members_queues(project, member):
    member.queues = ["", "law"]
    member.save()
    make_item(project, rank=2)
    law = make_item(project, rank=1, queue="law")
    make_item(project, rank=0, queue="medicine")
    assert claim(member).item == law


def submit_next(member, **kwargs):
    assignment = claim(member)
    return submit(assignment, ANSWERS, key=assignment.key, **kwargs)


def test_a_submission_is_stored_once_whatever_comes_again(project, member):
    make_item(project)
    assignment = claim(member)
    first = submit(assignment, ANSWERS, key=assignment.key)
    other = {"overall": {"value": -2, "both_bad": False}}
    assert submit(assignment, other, key=assignment.key) == first
    assert Annotation.objects.get().answers == ANSWERS
    assert Item.objects.get().stale


def test_a_key_of_another_turn_is_refused(project, member):
    make_item(project)
    assignment = claim(member)
    with pytest.raises(LeaseLost):
        submit(assignment, ANSWERS, key=f"{assignment.pk}-7")


def test_a_skipped_item_is_hidden_from_its_annotator_and_offered_to_others(project, member):
    item = make_item(project)
    skip(claim(member))
    assert seats(item) == 1
    assert claim(member) is None
    assert claim(make_member(project)).item == item


def test_skipping_twice_returns_one_seat(project, member):
    item = make_item(project)
    assignment = claim(member)
    skip(assignment)
    skip(assignment)
    assert seats(item) == 1


def overdue(assignment):
    Assignment.objects.filter(pk=assignment.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def test_an_expired_lease_returns_its_seat_and_may_reopen(project, member):
    item = make_item(project)
    assignment = claim(member)
    overdue(assignment)
    assert expire_overdue() == 1
    assert seats(item) == 1
    again = claim(member)
    assert again == assignment
    assert seats(item) == 0


def test_a_seat_that_an_imported_label_has_taken_does_not_come_back(project, member):
    item = make_item(project)
    assignment = claim(member)
    make_annotation(item, make_annotator(project))
    skip(assignment)
    assert seats(item) == 0
    raise_overlap(item, 3)
    assert seats(item) == 2


def test_a_returned_item_is_found_behind_the_cursor_first(project, member):
    other = make_member(project)
    lost = make_item(project, rank=1)
    left = claim(other)
    assert left.item == lost
    make_item(project, rank=2), make_item(project, rank=3)
    submit_next(member)
    skip(left)
    assert claim(member).item == lost


def test_a_late_submission_takes_its_seat_again_while_one_is_left(project, member):
    item = make_item(project)
    assignment = claim(member)
    overdue(assignment)
    expire_overdue()
    submit(assignment, ANSWERS, key=assignment.key)
    assert seats(item) == 0


def test_a_late_submission_whose_seat_has_gone_is_refused(project, member):
    make_item(project)
    assignment = claim(member)
    overdue(assignment)
    expire_overdue()
    claim(make_member(project))
    with pytest.raises(LeaseLost):
        submit(assignment, ANSWERS, key=assignment.key)
    assert not Annotation.objects.exists()


def test_renewing_lengthens_only_an_open_lease(project, member):
    make_item(project)
    assignment = claim(member)
    assert renew(assignment) > assignment.expires_at
    submit(assignment, ANSWERS, key=assignment.key)
    assert renew(assignment) is None


def test_undo_reopens_with_a_new_key_and_the_next_submission_supersedes(project, member):
    item = make_item(project)
    first = submit_next(member)
    assignment = undo(member)
    assert assignment.state == "open"
    assert seats(item) == 0
    second = submit(assignment, {"overall": {"value": -2, "both_bad": False}}, key=assignment.key)
    assert second.supersedes == first
    assert list(Annotation.objects.current()) == [second]


def test_undo_lets_the_prefetched_item_go_without_hiding_it(project, member):
    make_item(project, rank=1)
    next_item = make_item(project, rank=2)
    submit_next(member)
    assert claim(member).item == next_item
    reopened = undo(member)
    assert seats(next_item) == 1
    submit(reopened, ANSWERS, key=reopened.key)
    assert claim(member).item == next_item


def test_an_undone_assignment_that_expires_or_is_skipped_keeps_its_annotation(project, member):
    item = make_item(project)
    submit_next(member)
    skip(undo(member))
    assert Assignment.objects.get().state == "submitted"
    overdue(undo(member))
    expire_overdue()
    assert Assignment.objects.get().state == "submitted"
    assert seats(item) == 0
    assert item.annotations.current().count() == 1


def test_an_old_submission_cannot_be_undone(project, member):
    make_item(project)
    submit_next(member)
    Assignment.objects.update(closed_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(NothingToUndo):
        undo(member)


def test_a_raised_overlap_offers_the_item_to_those_who_passed_it(project, member):
    item = make_item(project)
    submit_next(make_member(project))
    make_item(project)
    submit_next(member)
    raise_overlap(item, 2)
    assert claim(member).item == item


def test_an_item_routed_to_people_late_is_found_behind_the_cursor(project, member):
    late = make_item(project, rank=1, route="judge")
    make_item(project, rank=2), make_item(project, rank=3)
    submit_next(member)
    route_items({late.pk: "both"})
    assert claim(member).item == late


@pytest.mark.django_db(transaction=True)
def test_fifty_threads_never_go_beyond_overlap_and_strand_nothing():
    project = make_project(overlap=2)
    for n in range(60):
        make_item(project, rank=n % 7)
    members = [make_member(project) for _ in range(50)]

    def work(number):
        done, lost = 0, set()
        while (assignment := claim(members[number])) is not None:
            if (assignment.pk + number) % 9 == 0:
                skip(assignment)
            elif (assignment.pk + number) % 7 == 0 and assignment.pk not in lost:
                lost.add(assignment.pk)
                overdue(assignment)
                expire_overdue()
            else:
                submit(assignment, ANSWERS, key=assignment.key)
                done += 1
        return done

    assert sum(in_threads(50, work)) == 120
    per_item = Annotation.objects.values("item").annotate(n=Count("id")).values_list("n", flat=True)
    assert list(per_item) == [2] * 60
    assert not Item.objects.exclude(seats_left=0).exists()
    twice = Annotation.objects.values("item", "annotator").annotate(n=Count("id")).filter(n__gt=1)
    assert not twice.exists()


@pytest.mark.django_db(transaction=True)
def test_threads_that_want_the_last_seats_get_exactly_those():
    project = make_project(overlap=15)
    make_item(project)
    members = [make_member(project) for _ in range(20)]
    got = in_threads(20, lambda number: claim(members[number]))
    assert sum(assignment is not None for assignment in got) == 15


def test_a_newcomer_s_two_tabs_at_once_are_one_annotator(db, monkeypatch):
    user = make_user()
    other = Annotator.objects.for_user(User.objects.get(pk=user.pk))
    looked, get = [], QuerySet.get

    def not_there_yet(rows, **conditions):
        looked.append(conditions)
        if len(looked) == 1:
            raise Annotator.DoesNotExist
        return get(rows, **conditions)

    monkeypatch.setattr(QuerySet, "get", not_there_yet)
    assert Annotator.objects.for_user(user) == other
    assert user.annotator_or_new == other


@pytest.mark.django_db(transaction=True)
def test_two_tabs_of_one_annotator_get_the_same_open_item():
    project = make_project()
    for _ in range(10):
        make_item(project)
    member = make_member(project)
    got = in_threads(8, lambda _: claim(member).pk)
    assert len(set(got)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_annotation_and_one_answer():
    project = make_project()
    item = make_item(project)
    assignment = claim(make_member(project))
    got = in_threads(8, lambda _: submit(assignment, ANSWERS, key=assignment.key).pk)
    assert len(set(got)) == 1
    assert seats(item) == 0
    assert Counter(Annotation.objects.values_list("key", flat=True)) == {assignment.key: 1}


# -------------------------------------------------------------------------------- archived items


def archive(item):
    Item.objects.filter(pk=item.pk).update(route=None, waits_for=Item.WaitsFor.ARCHIVE)


def test_an_item_that_is_let_go_comes_back_with_its_seat(project, member):
    item = make_item(project)
    assignment = claim(member)
    let_go([item.pk])
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED
    assert seats(item) == 1
    assert claim(member).pk == assignment.pk


def test_letting_go_leaves_a_label_that_is_being_corrected(project, member):
    item = make_item(project)
    assignment = claim(member)
    submit(assignment, ANSWERS, key=assignment.key)
    undo(member)
    let_go([item.pk])
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.SUBMITTED
    assert seats(item) == 0


def test_an_archived_item_is_never_claimed(project, member):
    item = make_item(project, returned=5)
    archive(item)
    assert claim(member) is None


def test_whoever_had_an_archived_item_open_cannot_submit_it(project, member):
    item = make_item(project)
    assignment = claim(member)
    archive(item)
    let_go([item.pk])
    with pytest.raises(LeaseLost):
        submit(assignment, ANSWERS, key=assignment.key)
    assert not Annotation.objects.exists()


def test_overlap_is_lowered_only_while_the_seats_are_free(project, member):
    item = make_item(project, overlap=3)
    full = make_item(project, overlap=2, rank=1, seats_left=0)
    claim(member)
    assert set_overlaps({item.pk: 0, full.pk: 1}) == set()
    assert set_overlaps({item.pk: 2, full.pk: 3}) == {item.pk, full.pk}
    assert (seats(item), seats(full)) == (1, 3)
    assert set_overlaps({item.pk: 2}) == set()
