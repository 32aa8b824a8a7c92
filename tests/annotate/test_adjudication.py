"""Decisions on items: who supersedes whom, and what they count for."""

import json
from io import StringIO

import pytest
from django.db.models import OuterRef

from annotate.adjudication import (
    AlreadyDecided,
    LongReason,
    NoReason,
    decide,
    decided,
    last_review,
    withdraw,
)
from annotate.aggregation import aggregate_stale
from annotate.exporting import exporter_for, write_snapshot
from annotate.gold import NotGold
from annotate.models import Aggregate, Annotation, AuditEntry, Gold, Item
from annotate.snapshots import current_ids, take_snapshot
from tests.background import do_all_jobs
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.threads import in_threads

QUESTIONS = [
    {"kind": "preference", "name": "overall", "title": "Better?", "points": 5},
    {"kind": "preference", "name": "safe", "title": "Safer?", "points": 3, "required": False},
    {"kind": "text", "name": "why", "title": "Why?", "required": False},
]


def side(value):
    return {"value": value, "both_bad": False}


@pytest.fixture
def project(db):
    return make_project(questions=QUESTIONS)


@pytest.fixture
def item(project):
    item = make_item(project)
    for value in (1, 1, -1):
        answers = {"overall": side(value), "safe": side(value)}
        make_annotation(item, make_annotator(project), answers=answers)
    return item


@pytest.fixture
def reviewer(project):
    return make_member(project, role="researcher").user


def settled(item, question="overall"):
    aggregate_stale(item.project)
    return Aggregate.objects.get(item=item, question=question, source="people")


def test_a_decision_wins_over_all_labels_on_the_questions_it_answers_alone(item, reviewer):
    decide(item, {"overall": side(-2)}, by=reviewer, reason="B is wrong.", after=None)
    assert (settled(item).majority, settled(item).method) == (-1, "review")
    assert settled(item, "safe").majority == 1


def test_a_decision_is_an_annotation_of_its_own_with_its_reason(item, reviewer):
    decision = decide(
        item, {"overall": side(-2)}, by=reviewer, reason=" B is wrong.\0 ", after=None
    )
    assert (decision.purpose, decision.reason) == ("review", "B is wrong.")
    assert decision.annotator.user == reviewer
    assert Annotation.objects.count() == 4
    assert decision.pk in current_ids(item.project)


def test_another_reviewers_decision_supersedes_the_one_before(item, project, reviewer):
    first = decide(
        item, {"overall": side(-2), "safe": side(-1)}, by=reviewer, reason="a", after=None
    )
    other = make_member(project, role="admin").user
    second = decide(item, {"overall": side(2)}, by=other, reason="b", after=first.pk)
    third = decide(item, {"overall": side(0)}, by=reviewer, reason="c", after=second.pk)
    assert second.supersedes == first
    assert third.supersedes == second
    assert last_review(item) == third
    assert settled(item).majority == 0
    assert settled(item, "safe").majority == 1  # left open again: the labels count


def test_whoever_did_not_know_of_a_decision_is_told_and_nothing_is_stored(item, reviewer):
    first = decide(item, {"overall": side(-2)}, by=reviewer, reason="a", after=None)
    with pytest.raises(AlreadyDecided) as told:
        decide(item, {"overall": side(2)}, by=make_user(), reason="b", after=None)
    assert told.value.decision == first
    assert Annotation.objects.filter(purpose="review").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_decides():
    project = make_project(questions=QUESTIONS)
    item = make_item(project)
    users = [make_member(project, role="researcher").user for _ in range(4)]

    def one(number):
        try:
            decide(item, {"overall": side(1)}, by=users[number], reason="x", after=None)
        except AlreadyDecided:
            return "told"
        return "stored"

    assert sorted(in_threads(4, one)) == ["stored", "told", "told", "told"]


@pytest.mark.parametrize(("reason", "refusal"), [(" \n ", NoReason), ("x" * 2001, LongReason)])
def test_a_reason_is_owed_and_has_a_limit(item, reviewer, reason, refusal):
    with pytest.raises(refusal):
        decide(item, {"overall": side(1)}, by=reviewer, reason=reason, after=None)


def test_a_decision_can_be_made_gold_in_the_same_step(item, reviewer):
    decide(item, {"overall": side(-2)}, by=reviewer, reason="B lies.", after=None, gold=True)
    gold = Gold.objects.get(item=item)
    assert (gold.answers, gold.note) == ({"overall": side(-2)}, "B lies.")


def test_what_cannot_be_gold_leaves_no_decision_behind(item, reviewer):
    answers = {"why": {"text": "Free text."}}
    with pytest.raises(NotGold):
        decide(item, answers, by=reviewer, reason="x", after=None, gold=True)
    assert last_review(item) is None


def test_a_decision_that_is_taken_back_lets_the_labels_count_again(item, project, reviewer):
    first = decide(item, {"overall": side(-2)}, by=reviewer, reason="a", after=None)
    empty = withdraw(item, by=reviewer, reason="A slip.")
    assert (empty.supersedes, empty.answers, empty.reason) == (first, {}, "A slip.")
    assert settled(item).majority == 1
    assert empty.pk not in current_ids(project)
    assert withdraw(item, by=reviewer) is None
    again = decide(item, {"overall": side(2)}, by=reviewer, reason="b", after=empty.pk)
    assert again.supersedes == empty


def test_decided_asks_for_what_stands(item, project, reviewer):
    def found(question=""):
        return Item.objects.filter(decided(project, OuterRef("pk"), question)).count()

    decide(item, {"overall": side(-2)}, by=reviewer, reason="a", after=None)
    assert (found(), found("overall"), found("safe")) == (1, 1, 0)
    withdraw(item, by=reviewer)
    assert (found(), found("overall")) == (0, 0)


def test_jobs_and_exports_know_of_a_decision_and_nothing_of_one_that_was_taken_back(
    item, project, reviewer
):
    decide(item, {"overall": side(-2)}, by=reviewer, reason="B is wrong.", after=None)
    do_all_jobs(project)
    [row] = exported(project)
    [decision] = [label for label in row["labels"] if label.get("purpose") == "review"]
    assert decision["reason"] == "B is wrong."
    assert row["aggregates"]["overall"]["people"]["majority"] == -1
    withdraw(item, by=reviewer)
    do_all_jobs(project)
    [row] = exported(project)
    assert [label.get("purpose") for label in row["labels"]] == [None] * 3
    assert row["aggregates"]["overall"]["people"]["majority"] == 1


def exported(project):
    file = StringIO()
    snapshot = take_snapshot(project)
    write_snapshot(snapshot, exporter_for(snapshot, "tandem", {}), file)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_deciding_and_taking_back_stand_in_the_audit_log(item, reviewer):
    decide(item, {"overall": side(-2)}, by=reviewer, reason="B lies.", after=None)
    withdraw(item, by=reviewer)
    said = [(entry.action, entry.target_id) for entry in AuditEntry.objects.order_by("pk")]
    assert said == [("review.decide", item.pk), ("review.withdraw", item.pk)]
    assert AuditEntry.objects.earliest("pk").details["reason"] == "B lies."
