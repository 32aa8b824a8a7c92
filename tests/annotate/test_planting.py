"""Gold among the work: how often, to whom, at what price, and what its labels count for."""

from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate import budgets, ledger
from annotate.aggregation import aggregate_stale
from annotate.assignment import (
    EnoughLabels,
    LeaseLost,
    MemberPaused,
    claim,
    expire_overdue,
    skip,
    submit,
    take_up_again,
    undo,
)
from annotate.assignment.planting import is_due
from annotate.gold import gold_accuracy
from annotate.gold_checks import running
from annotate.members import reinstate
from annotate.models import Annotation, Assignment, AuditEntry, Item, LedgerEntry
from annotate.models.budgets import Unit
from annotate.quality.labels import load
from annotate.snapshots import current_ids
from annotate.tallies.items import count_items
from annotate.tallies.labels import work_by_annotator
from tests.annotate.golden import RIGHT, WRONG, make_gold
from tests.factories import make_item, make_member, make_project
from tests.threads import in_threads

PLANTED = Assignment.Purpose.PLANTED


def label(member, answers=RIGHT):
    """Claim and submit; the assignment, or None when nothing is left."""
    if (assignment := claim(member)) is None:
        return None
    submit(assignment, answers, key=assignment.key)
    return assignment


def planting(*, gold=20, items=60, every=3, **fields):
    """A project that plants, and an annotator in it."""
    project = make_project(gold_every=every, **fields)
    for _ in range(items):
        make_item(project)
    for _ in range(gold):
        make_gold(project)
    return project, make_member(project)


def always_due(monkeypatch, due=True):
    monkeypatch.setattr("annotate.assignment.claiming.is_due", lambda every, since: due)


# ------------------------------------------------------------------------------------- how often


def test_gaps_between_planted_items_are_even_from_one_to_twice_the_number_less_one():
    gaps = Counter()
    for _ in range(6_000):
        since = 0
        while not is_due(4, since):
            since += 1
        gaps[since + 1] += 1
    assert sorted(gaps) == list(range(1, 8))
    mean = sum(gap * n for gap, n in gaps.items()) / 6_000
    assert 3.8 < mean < 4.2
    assert max(gaps.values()) < 1.4 * min(gaps.values())


@pytest.mark.django_db
def test_about_one_item_in_so_many_is_gold_and_none_comes_twice():
    _, member = planting(gold=30, items=60, every=3)
    handed = [label(member) for _ in range(60)]
    gold = [one.item_id for one in handed if one.purpose == PLANTED]
    assert 12 <= len(gold) <= 30
    assert len(set(gold)) == len(gold)


@pytest.mark.django_db
def test_without_planting_a_claim_asks_as_many_queries_as_with_gold_that_is_not_planted():
    counts = []
    for gold in (0, 5):
        _, member = planting(gold=gold, every=None)
        claim(member)  # the first sets cursors
        submit_open(member)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert claim(member).purpose == Assignment.Purpose.WORK
        counts.append(len(queries))
    assert counts[0] == counts[1]


def submit_open(member):
    assignment = claim(member)
    submit(assignment, RIGHT, key=assignment.key)


@pytest.mark.django_db
def test_when_no_work_is_left_no_gold_is_handed_out_either(monkeypatch):
    always_due(monkeypatch)
    _, member = planting(gold=3, items=1)
    assert [label(member).purpose for _ in range(4)] == [PLANTED] * 3 + ["work"]
    assert claim(member) is None
    make_gold(member.project)
    assert claim(member) is None


@pytest.mark.django_db
def test_when_gold_has_run_out_work_goes_on(monkeypatch):
    always_due(monkeypatch)
    _, member = planting(gold=1, items=3)
    assert [label(member).purpose for _ in range(4)] == [PLANTED, "work", "work", "work"]


@pytest.mark.django_db
def test_gold_that_asks_for_tags_goes_to_those_who_have_them_alone(monkeypatch):
    always_due(monkeypatch)
    project, member = planting(gold=0, items=3)
    make_gold(project, queue="german")
    assert label(member).purpose == "work"
    member.queues = ["", "german"]
    member.save()
    assert label(member).purpose == PLANTED


@pytest.mark.django_db
def test_researchers_who_label_get_no_planted_gold(monkeypatch):
    always_due(monkeypatch)
    project, _ = planting(gold=3, items=3)
    assert label(make_member(project, role="researcher")).purpose == "work"


# ----------------------------------------------------------------------------------- what it takes


@pytest.mark.django_db
def test_gold_that_is_planted_is_never_handed_out_as_work():
    project, member = planting(gold=3, items=2, every=None)
    assert label(member)
    assert label(member)
    assert claim(member) is None
    assert count_items(project)[1] == 2


@pytest.mark.django_db
def test_planted_gold_takes_no_seat_whatever_becomes_of_it(monkeypatch):
    always_due(monkeypatch)
    project, member = planting(gold=1, items=2)
    gold, work = project.items.get(gold__isnull=False), project.items.filter(gold=None)
    before = set(work.values_list("seats_left", flat=True))
    assignment = claim(member)
    assert assignment.item_id == gold.pk
    assert set(work.values_list("seats_left", flat=True)) == before
    skip(assignment)
    gold.refresh_from_db()
    assert (gold.overlap, gold.seats_left, gold.returned) == (0, 0, None)
    assert claim(member).purpose == "work"


@pytest.mark.django_db
def test_an_overdue_planted_lease_can_still_be_submitted_and_comes_up_again(monkeypatch):
    always_due(monkeypatch)
    _, member = planting(gold=1, items=2)
    assignment = claim(member)
    Assignment.objects.update(expires_at=assignment.opened_at)
    assert expire_overdue() == 1
    again = claim(member)
    assert (again.pk, again.purpose) == (assignment.pk, PLANTED)
    Assignment.objects.update(expires_at=assignment.opened_at)
    expire_overdue()
    assert take_up_again(assignment)
    Assignment.objects.update(expires_at=assignment.opened_at)
    expire_overdue()
    assert submit(assignment, RIGHT, key=assignment.key).purpose == Annotation.Purpose.PLANTED


@pytest.mark.django_db
def test_a_planted_label_can_be_taken_back_like_any_other(monkeypatch):
    always_due(monkeypatch)
    _, member = planting(gold=1, items=2)
    assignment = label(member)
    assert undo(member).pk == assignment.pk
    assignment.refresh_from_db()
    corrected = submit(assignment, WRONG, key=assignment.key)
    assert corrected.supersedes.answers == RIGHT
    assert corrected.purpose == Annotation.Purpose.PLANTED


@pytest.mark.django_db
def test_planted_labels_measure_people_and_are_nothing_elses_data(monkeypatch):
    always_due(monkeypatch)
    project, member = planting(gold=2, items=2)
    other = make_member(project)
    for one in (member, other):
        label(one)
        label(one)
    aggregate_stale(project)
    assert gold_accuracy(project)[member.user.annotator.pk] == (2, 2)
    assert current_ids(project) == []
    assert not project.aggregates.exists()
    assert work_by_annotator(project) == {}
    assert not Item.objects.stale().exists()
    assert load(project, project.questions["overall"]) is None


@pytest.mark.django_db
def test_planted_gold_is_paid_like_work_and_within_the_budget(monkeypatch):
    always_due(monkeypatch)
    project, member = planting(gold=3, items=3, pay_per_label_usd=Decimal("0.5"))
    budgets.set_budget(project, unit=Unit.USD, period="total", cap=Decimal(1))
    label(member)
    label(member)
    paid = LedgerEntry.objects.filter(project=project, kind=LedgerEntry.Kind.PAY)
    assert [entry.amount for entry in paid] == [Decimal("0.5")] * 2
    assert ledger.remaining(project, Unit.USD) == 0
    with pytest.raises(Exception, match="budget for pay is spent"):
        claim(member)


@pytest.mark.django_db
def test_a_cap_counts_what_the_annotator_sees_and_lets_go_on_when_raised(monkeypatch):
    always_due(monkeypatch)
    _, member = planting(gold=1, items=3, most_labels_each=2)
    label(member)
    label(member)
    with pytest.raises(EnoughLabels, match="all 2 labels"):
        claim(member)
    member.most_labels = 3
    member.save()
    assert label(member)
    with pytest.raises(EnoughLabels):
        claim(member)


# --------------------------------------------------------------------------------------- the pause


@pytest.fixture
def checked(db, monkeypatch, django_capture_on_commit_callbacks):
    """A project that pauses below 70 % of the last four, and ``answer(right)``, one gold item each."""
    always_due(monkeypatch)
    _, member = planting(gold=20, items=3, gold_pass=0.7, gold_window=4)

    def answer(*rights):
        for right in rights:
            with django_capture_on_commit_callbacks(execute=True):
                assert label(member, RIGHT if right else WRONG).purpose == PLANTED
        member.refresh_from_db()
        return member.paused_at is not None

    return member, answer


def test_nobody_is_paused_before_the_window_is_full(checked):
    _, answer = checked
    assert not answer(False, False, False)
    assert answer(False)


def test_exactly_the_share_asked_for_is_enough(checked):
    member, answer = checked
    member.project.gold_pass = 0.75
    member.project.save()
    assert not answer(True, False, True, True)
    assert answer(False)


def test_a_pause_says_why_and_what_to_do_and_who_paused(checked):
    member, answer = checked
    answer(True, False, False, False)
    with pytest.raises(
        MemberPaused, match=r"Of the last 4 items .* you got 1 right; 70 % are asked"
    ):
        claim(member)
    entry = AuditEntry.objects.get(action="member.pause")
    assert (entry.actor, entry.actor_id, entry.target_id) == ("planted gold", None, member.pk)


def test_who_is_let_go_on_starts_with_an_empty_window(checked):
    member, answer = checked
    answer(False, False, False, False)
    reinstate(member)
    assert not answer(False, False, False)
    assert answer(False)


def test_a_label_whose_gold_is_gone_is_passed_over(checked):
    member, answer = checked
    answer(False, False, False)
    first = Annotation.objects.order_by("pk").first()
    first.item.gold.delete()
    assert not answer(True)
    annotator = member.user.annotator.pk
    assert running(member.project, annotator).items == 3


# ---------------------------------------------------------------------------------------- together


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_item_beyond_its_seats_and_no_gold_twice():
    project, _ = planting(gold=8, items=30, every=2, overlap=2, gold_pass=0.9, gold_window=50)
    members = [make_member(project) for _ in range(6)]

    def work(number):
        member, n = members[number % len(members)], 0
        while n < 12:
            assignment = claim(member)
            if assignment is None:
                break
            try:
                submit(assignment, RIGHT, key=assignment.key)
            except LeaseLost:
                continue
            n += 1

    in_threads(12, work)  # two tabs each
    labels = Annotation.objects.filter(project=project)
    work_of = Counter(labels.work().values_list("item_id", flat=True))
    assert max(work_of.values()) <= 2
    assert labels.filter(purpose=Annotation.Purpose.PLANTED).count() > 10
    for item in project.items.all():
        taken = item.assignments.filter(purpose="work", state__in=("open", "submitted")).count()
        assert item.seats_left == max(item.overlap - taken, 0)
