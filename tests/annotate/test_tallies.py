"""Kept sums say what counting every row says, whenever they are read."""

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction

from annotate import ledger
from annotate.assignment import claim, raise_overlap, submit, undo
from annotate.jobs import KINDS, due_projects
from annotate.models import (
    Annotation,
    Item,
    ItemTally,
    LabelTally,
    LedgerEntry,
    LedgerTally,
    Watermark,
)
from annotate.models.budgets import Unit
from annotate.models.projects import Route
from annotate.tallies import folding, items, labels, spending
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
)
from tests.running import wait_for

ANSWERS = {"overall": {"value": 1, "both_bad": False}}
Kind = Watermark.Kind


@pytest.fixture
def moved(monkeypatch):
    """Folding that does not wait a second."""
    monkeypatch.setattr(folding, "WAIT", timedelta(0))


ELSEWHERE = """
    SELECT count(*) FROM pg_stat_activity AS other JOIN annotate_watermark AS mark
    ON other.backend_xid::text::bigint < mark.horizon WHERE other.datname <> current_database()
"""


def nothing_older_elsewhere():
    """Whether no test beside this one, in its own database, is in an older transaction."""
    with connection.cursor() as cursor:
        cursor.execute(ELSEWHERE)
        return cursor.fetchone() == (0,)


def step(project, kind=Kind.LABELS):
    wait_for(nothing_older_elsewhere)
    return folding.fold(project, kind)


def fold(project, kind=Kind.LABELS, *, steps=6):
    for _ in range(steps):
        step(project, kind)


def totals(project, judges=()):
    return {
        (given.start.isoformat(), given.source): (given.labels, given.first)
        for given in labels.labels_by_source(project, "day", judges=judges)
    }


def at(day, hour=12, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


# ---------------------------------------------------------------------------------------- labels


def plant(project):
    """Two days of labels by a person, an imported person, a judge and an imported LLM."""
    person, named = make_member(project), make_annotator(project)
    judge, llm = (make_annotator(project, kind="llm") for _ in range(2))
    rows = [make_item(project, overlap=3) for _ in range(2)]
    lent = make_assignment(rows[0], person)
    make_annotation(
        rows[0], lent.annotator, assignment=lent, created_at=at(1, 23, 59), active_seconds=30
    )
    make_annotation(rows[0], named, created_at=at(2, 0, 0))
    make_annotation(rows[1], named, created_at=at(2, 1, 30))
    make_annotation(rows[0], judge, created_at=at(2, 5))
    make_annotation(rows[0], llm, created_at=at(2, 6))
    make_annotation(rows[0], named, purpose=Annotation.Purpose.REVIEW, created_at=at(2, 7))
    return judge


EXPECTED = {
    ("2026-03-01T00:00:00+00:00", "people"): (1, 1),
    ("2026-03-02T00:00:00+00:00", "imports"): (3, 1),
    ("2026-03-02T00:00:00+00:00", "judges"): (1, 1),
}


def summed(found):
    """Imports of people and of LLMs are rows of their own; sum them."""
    sums = {}
    for given in found:
        key = (given.start.isoformat(), given.source)
        n, first = sums.get(key, (0, 0))
        sums[key] = (n + given.labels, first + given.first)
    return sums


@pytest.mark.django_db
def test_labels_are_counted_by_utc_day_and_source_before_anything_is_folded():
    project = make_project()
    judge = plant(project)
    assert summed(labels.labels_by_source(project, "day", judges=[judge.pk])) == EXPECTED


@pytest.mark.django_db(transaction=True)
def test_folded_labels_count_the_same(moved):
    project = make_project()
    judge = plant(project)
    fold(project)
    assert LabelTally.objects.filter(project=project).count() == 5
    assert folding.folded_to(project, Kind.LABELS) == Annotation.objects.latest("pk").pk
    assert summed(labels.labels_by_source(project, "day", judges=[judge.pk])) == EXPECTED


@pytest.mark.django_db(transaction=True)
def test_what_comes_after_a_fold_is_counted_with_it_and_folded_into_it(moved):
    project = make_project()
    who = make_annotator(project)
    for _ in range(3):
        make_annotation(make_item(project), who, created_at=at(2))
        fold(project)
        make_annotation(make_item(project), who, created_at=at(2))
    assert totals(project) == {("2026-03-02T00:00:00+00:00", "imports"): (6, 6)}
    [tally] = LabelTally.objects.filter(project=project)
    assert tally.labels == 5


@pytest.mark.django_db(transaction=True)
def test_a_fold_goes_on_in_batches_until_it_is_through(moved, monkeypatch):
    monkeypatch.setattr(folding, "BATCH", 2)
    project = make_project()
    who = make_annotator(project)
    for _ in range(5):
        make_annotation(make_item(project), who, created_at=at(2))
    steps = [step(project) for _ in range(5)]
    assert steps == [False, True, True, True, False]
    assert LabelTally.objects.get().labels == 5


@pytest.mark.django_db
def test_a_correction_is_no_new_label_and_a_review_none_at_all():
    project = make_project()
    member = make_member(project)
    make_item(project)
    assignment = claim(member)
    submit(assignment, ANSWERS, key=assignment.key)
    again = undo(member)
    submit(again, ANSWERS, key=again.key)
    assert Annotation.objects.count() == 2
    assert sum(n for n, _ in totals(project).values()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_label_that_commits_late_under_a_lower_id_is_folded_once(moved):
    """Its id is drawn before the others', and it appears when they have been seen."""
    project = make_project()
    who, item = make_annotator(project), make_item(project)
    others = [make_item(project) for _ in range(3)]
    drawn, go = threading.Event(), threading.Event()

    def late():
        try:
            with transaction.atomic():
                make_annotation(item, who, created_at=at(3))
                drawn.set()
                go.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert drawn.wait(10)
    for other in others:
        make_annotation(other, who, created_at=at(3))
    fold(project)
    assert folding.folded_to(project, Kind.LABELS) == 0
    assert totals(project) == {("2026-03-03T00:00:00+00:00", "imports"): (3, 3)}
    go.set()
    thread.join(20)
    assert totals(project) == {("2026-03-03T00:00:00+00:00", "imports"): (4, 4)}
    fold(project)
    assert LabelTally.objects.get().labels == 4
    assert totals(project) == {("2026-03-03T00:00:00+00:00", "imports"): (4, 4)}


@pytest.mark.django_db(transaction=True)
def test_the_horizon_waits_a_moment_after_the_ceiling():
    project = make_project()
    make_annotation(make_item(project), make_annotator(project))
    fold(project)
    assert Watermark.objects.get().horizon is None
    Watermark.objects.update(seen_at=Watermark.objects.get().seen_at - timedelta(seconds=2))
    fold(project)
    assert LabelTally.objects.get().labels == 1


@pytest.mark.django_db(transaction=True)
def test_forgetting_leads_to_the_same_sums(moved):
    project = make_project()
    judge = plant(project)
    fold(project)
    LabelTally.objects.update(labels=99)
    call_command("recount", project.slug)
    assert summed(labels.labels_by_source(project, "day", judges=[judge.pk])) == EXPECTED
    fold(project)
    assert summed(labels.labels_by_source(project, "day", judges=[judge.pk])) == EXPECTED


@pytest.mark.django_db
def test_folding_is_due_once_there_is_enough_to_fold_or_when_it_has_begun(monkeypatch):
    monkeypatch.setattr(folding, "TAIL", 2)
    small, large = make_project(), make_project()
    who = {project: make_annotator(project) for project in (small, large)}
    for project, size in ((small, 2), (large, 3)):
        for _ in range(size):
            make_annotation(make_item(project), who[project])
    assert due_projects(KINDS["fold-labels"]) == {large.pk}
    folding.fold(small, Kind.LABELS)
    assert due_projects(KINDS["fold-labels"]) == {small.pk, large.pk}


@pytest.mark.django_db
def test_work_is_summed_by_annotator_within_a_period_and_a_project():
    project = make_project()
    judge = plant(project)
    plant(make_project())
    found = labels.work_by_annotator(project, since=at(1, 0), until=at(2, 5))
    assert sorted((work.labels, work.active_seconds) for work in found.values()) == [
        (1, 30),
        (2, 0),
    ]
    assert labels.work_by_annotator(project)[judge.pk].labels == 1


@pytest.mark.django_db
def test_hours_can_be_asked_for_since_some_time():
    project = make_project()
    judge = plant(project)
    found = labels.labels_by_source(project, "hour", judges=[judge.pk], since=at(2, 1))
    assert [(given.start.hour, given.source) for given in found] == [
        (1, "imports"),
        (5, "judges"),
        (6, "imports"),
    ]


# ---------------------------------------------------------------------------------------- ledger


def spend(project):
    """On 1 March: 3 labels held, a call of 0.5 that is settled at 0.2 a minute after midnight;
    on 2 March 0.1 paid of what is held, and a call in flight."""
    judge = make_annotator(project, kind="llm")
    person = make_member(project).user.annotator_or_new
    with time_machine.travel(at(1, 23, 59), tick=False):
        ledger.reserve(project, Unit.USD, Decimal("0.3"), reference="item:1")
        ledger.reserve(project, Unit.LABELS, Decimal(3), reference="item:1")
        ledger.reserve(project, Unit.USD, Decimal("0.5"), reference="call:1:1", annotator=judge)
    with time_machine.travel(at(2, 0, 1), tick=False):
        ledger.settle(project, Unit.USD, Decimal("0.2"), reference="call:1:1")
        ledger.reserve(project, Unit.USD, Decimal("0.4"), reference="call:2:1", annotator=judge)
        for kind, amount, whose in (("pay", "0.1", person), ("settlement", "-0.1", None)):
            LedgerEntry.objects.create(
                project=project,
                kind=kind,
                unit=Unit.USD,
                amount=Decimal(amount),
                reference="annotation:5",
                annotator=whose,
            )
    return judge, person


def by_day(project):
    return {
        (day.day, source): (spent.amount, spent.entries)
        for day, sources in spending.by_day(project, Unit.USD).items()
        for source, spent in sources.items()
    }


SPENT = {
    (1, "held"): (Decimal("0.3"), 1),
    (1, "judges"): (Decimal("0.2"), 1),
    (2, "judges"): (Decimal("0.4"), 1),
    (2, "people"): (Decimal("0.1"), 1),
    (2, "held"): (Decimal("-0.1"), 0),
}


@pytest.mark.django_db
def test_a_settlement_counts_on_the_day_of_what_it_settles():
    project = make_project()
    spend(project)
    assert by_day(project) == SPENT
    assert spending.by_day(project, Unit.LABELS) == {
        date(2026, 3, 1): {"held": spending.Spent(Decimal(3), 1)}
    }


@pytest.mark.django_db(transaction=True)
def test_folded_entries_come_to_the_same_and_settlements_find_their_day_later(moved):
    project = make_project()
    spend(project)
    fold(project, Kind.LEDGER)
    assert LedgerTally.objects.exists()
    assert by_day(project) == SPENT
    with time_machine.travel(at(4), tick=False):
        ledger.settle(project, Unit.USD, Decimal("0.35"), reference="call:2:1")
    expected = SPENT | {(2, "judges"): (Decimal("0.35"), 1)}
    assert by_day(project) == expected
    fold(project, Kind.LEDGER)
    assert by_day(project) == expected
    everything = sum(amount for amount, _ in expected.values())
    assert everything == LedgerEntry.objects.filter(project=project).total(Unit.USD)


@pytest.mark.django_db
def test_money_is_summed_by_whose_answers_it_paid_for():
    project = make_project()
    judge, person = spend(project)
    found = spending.by_annotator(project, Unit.USD)
    assert {key: spent.amount for key, spent in found.items()} == {
        (judge.pk, "judges"): Decimal("0.6"),
        (person.pk, "people"): Decimal("0.1"),
    }
    first = spending.by_annotator(project, Unit.USD, until=date(2026, 3, 1))
    assert {key: spent.amount for key, spent in first.items()} == {
        (judge.pk, "judges"): Decimal("0.2")
    }


# ----------------------------------------------------------------------------------------- items


@pytest.mark.django_db
def test_items_are_counted_by_where_they_go_without_the_archived():
    project = make_project()
    member = make_member(project)
    make_annotation(make_item(project, overlap=2, seats_left=1), make_annotator(project))
    make_assignment(make_item(project, overlap=3), member)
    make_item(project, route=Route.BOTH)
    make_item(project, route=Route.JUDGE)
    make_item(project, route=None)
    make_item(project, route=None, waits_for=Item.WaitsFor.ARCHIVE)
    make_item(make_project())
    # 1 label + 1 seat, 1 lent + 2 seats, 1 seat
    assert items.count_items(project) == (5, 6, 2, 1)
    assert items.lent(project) == 1


@pytest.mark.django_db
def test_what_is_wanted_stays_the_same_while_people_label():
    project = make_project(overlap=2)
    member = make_member(project)
    for _ in range(2):
        make_item(project)
    wanted = [items.count_items(project)[1]]
    assignment = claim(member)
    wanted.append(items.count_items(project)[1])
    submit(assignment, ANSWERS, key=assignment.key)
    wanted.append(items.count_items(project)[1])
    undo(member)
    wanted.append(items.count_items(project)[1])
    assert wanted == [4, 4, 4, 4]
    for item in Item.objects.filter(project=project):
        raise_overlap(item, 3)
    assert items.count_items(project)[1] == 6


@pytest.mark.django_db
def test_a_small_project_is_counted_anew_and_a_large_one_keeps_its_count_for_a_while(monkeypatch):
    monkeypatch.setattr(items, "SMALL", 2)
    project = make_project()
    for _ in range(2):
        make_item(project)
    assert items.item_counts(project) == items.ItemCounts(2, 2, 0, 0)
    make_item(project)
    assert items.item_counts(project).due
    items.keep_count(project)
    make_item(project)
    kept = items.item_counts(project)
    assert (kept.items, kept.due) == (3, False)
    ItemTally.objects.update(counted_at=kept.counted_at - timedelta(minutes=1))
    assert items.item_counts(project).due
