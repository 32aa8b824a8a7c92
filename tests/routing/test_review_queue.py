"""Which items wait for a reviewer, in what order; and what a decision closes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.adjudication import last_review
from annotate.aggregation import aggregate_stale
from annotate.models import Annotation, AuditEntry
from routing.bulk.actions import Chosen, do_now, preview, undo
from routing.bulk.actions import run as run_bulk
from routing.bulk.kinds import KINDS
from routing.models import Review, ReviewVisit
from routing.review_queue import Place, Queue
from routing.reviewing import decide, keep_all, look_at, open_opinions
from routing.selection import Selection
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.rows import make_review, make_reward_model

pytestmark = pytest.mark.django_db
QUESTIONS = [
    {"kind": "preference", "name": "overall", "title": "Better?", "points": 5},
    {"kind": "preference", "name": "safe", "title": "Safer?", "points": 3, "required": False},
]


def side(value):
    return {"value": value, "both_bad": False}


@pytest.fixture
def project():
    return make_project(questions=QUESTIONS)


@pytest.fixture
def people(project):
    return [make_annotator(project) for _ in range(5)]


@pytest.fixture
def reviewer(project):
    return make_member(project, role="researcher").user


def labelled(project, people, *values, safe=(), **fields):
    item = make_item(project, **fields)
    for n, value in enumerate(values):
        answers = {"overall": side(value)}
        if n < len(safe):
            answers["safe"] = side(safe[n])
        make_annotation(item, people[n], answers=answers)
    aggregate_stale(project)
    return item


def ids(queue, **place):
    return [one.item for one in queue.page(**place).entries]


def test_items_without_a_strict_majority_come_first_most_disputed_first(project, people):
    labelled(project, people, 1, 1, -1)
    even = labelled(project, people, 1, -1)
    three_ways = labelled(project, people, 1, 0, -1)
    labelled(project, people, 1, 1)
    labelled(project, people, 1)
    assert ids(Queue.of(project, "")) == [three_ways.pk, even.pk]
    assert len(ids(Queue.of(project, "least=0.3"))) == 3


@pytest.mark.parametrize("query", ["least=0", "least=x", "least=nan", "least=7", "why=odd"])
def test_what_makes_no_sense_is_left_out(project, query):
    assert Queue.of(project, query) == Queue.of(project, "")


def test_another_question_has_a_list_of_its_own(project, people):
    item = labelled(project, people, 1, 1, safe=(1, -1))
    assert ids(Queue.of(project, "")) == []
    assert ids(Queue.of(project, "question=safe")) == [item.pk]


def test_a_decision_takes_an_item_off_the_lists_of_its_questions_alone(project, people, reviewer):
    item = labelled(project, people, 1, -1, safe=(1, -1))
    decide(item, {"overall": side(1)}, by=reviewer, reason="x", after=None)
    aggregate_stale(project)
    assert ids(Queue.of(project, "")) == []
    assert ids(Queue.of(project, "question=safe")) == [item.pk]
    assert ids(Queue.of(project, "why=decided")) == [item.pk]


def test_conditions_of_the_list_of_items_narrow_the_queue(project, people):
    tagged = labelled(project, people, 1, -1, tags=["law"])
    item = make_item(project)
    for annotator, value in zip(people[2:4], (1, -1), strict=True):
        make_annotation(item, annotator, value=value)
    aggregate_stale(project)
    assert ids(Queue.of(project, "tag=law")) == [tagged.pk]
    assert ids(Queue.of(project, f"annotator={people[2].pk}")) == [item.pk]


def test_archived_items_and_those_of_other_projects_are_no_part_of_it(project, people):
    labelled(project, people, 1, -1, waits_for="archive", route=None)
    other = make_project(questions=QUESTIONS)
    labelled(other, [make_annotator(other) for _ in range(2)], 1, -1)
    assert ids(Queue.of(project, "")) == []


def test_pages_begin_after_a_place_and_go_back(project, people, monkeypatch):
    monkeypatch.setattr("routing.review_queue.SIZE", 2)
    all_items = [labelled(project, people, 1, -1).pk for _ in range(5)][::-1]
    queue = Queue.of(project, "")
    first = queue.page()
    second = queue.page(after=first.later)
    third = queue.page(after=second.later)
    assert [one.item for one in first.entries + second.entries + third.entries] == all_items
    assert third.later is None
    assert queue.page(before=third.earlier).entries == second.entries
    assert queue.page(before=second.earlier) == queue.page()


def test_a_place_is_read_back_as_written():
    assert Place.read(str(Place(1 / 3, 7))) == Place(1 / 3, 7)
    assert [
        Place.read(text) for text in ("", "x:1", "nan:1", "1:0", "0.5:99999999999999999999")
    ] == [None] * 5


def test_next_passes_over_what_others_have_open_and_starts_again_at_the_end(
    project, people, reviewer
):
    last, middle, first = (labelled(project, people, 1, -1) for _ in range(3))
    queue = Queue.of(project, "")
    other = make_member(project, role="admin").user
    look_at(middle, other)
    assert queue.next(None, user=reviewer) == first.pk
    assert queue.next(first.pk, user=reviewer) == last.pk
    assert queue.next(last.pk, user=reviewer) == first.pk
    assert queue.next(last.pk, user=reviewer, backwards=True) == first.pk
    ReviewVisit.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert queue.next(first.pk, user=reviewer) == middle.pk


def test_who_opens_an_item_is_told_who_else_has_it_open(project, people, reviewer):
    item = labelled(project, people, 1, -1)
    other = make_member(project, role="admin").user
    assert look_at(item, reviewer) == []
    assert [visit.user for visit in look_at(item, other)] == [reviewer]


def test_a_page_of_the_queue_takes_one_query(project, people):
    for _ in range(3):
        labelled(project, people, 1, -1)
    queue = Queue.of(project, "")
    assert queue.question is not None
    with CaptureQueriesContext(connection) as queries:
        queue.page()
    assert len(queries) == 1


# ----------------------------------------------------------------- what the reward model disputes


def test_disputed_labels_are_listed_by_item_least_likely_first(project, people):
    model = make_reward_model(project, promoted=True)
    items = [labelled(project, people, 1, 1) for _ in range(3)]
    for item, chance in zip(items, (0.08, 0.02, 0.05), strict=True):
        for label in item.annotations.all():
            make_review(label, model, probability=chance)
    queue = Queue.of(project, "why=model")
    assert ids(queue) == [items[1].pk, items[2].pk, items[0].pk]
    assert queue.count() == (3, False)


def test_a_decision_closes_what_the_model_disputed(project, people, reviewer):
    model = make_reward_model(project, promoted=True)
    item = labelled(project, people, 1, -2)
    reviews = [make_review(label, model) for label in item.annotations.order_by("pk")]
    decide(item, {"overall": side(2)}, by=reviewer, reason="x", after=None)
    states = [Review.objects.get(pk=review.pk).state for review in reviews]
    assert states == ["kept", "corrected"]


def test_labels_that_stand_close_without_a_decision(project, people, reviewer):
    model = make_reward_model(project, promoted=True)
    item = labelled(project, people, 1, 1)
    for label in item.annotations.all():
        make_review(label, model)
    assert keep_all(item, by=reviewer) == 2
    assert last_review(item) is None
    assert set(Review.objects.values_list("state", flat=True)) == {"kept"}


def test_what_was_looked_at_before_is_kept_with_the_decision(project, people, reviewer):
    first, second = (labelled(project, people, 1, -1) for _ in range(2))
    open_opinions(first, reviewer)
    since = ReviewVisit.objects.get(item=first).opinions_at
    assert open_opinions(first, reviewer) == since
    seen = [
        decide(item, {"overall": side(1)}, by=reviewer, reason="x", after=None).suggestions
        for item in (first, second)
    ]
    assert [one["informed"] for one in seen] == [True, False]


# ------------------------------------------------------------------------------ settling by majority


def test_items_are_settled_by_majority_and_that_is_taken_back(project, people, reviewer):
    clear = labelled(project, people, 1, 2, -1)
    even = labelled(project, people, 1, -1, 1, -1)
    known = labelled(project, people, 1, 1, -1)
    decide(known, {"overall": side(-1)}, by=reviewer, reason="x", after=None)
    kind = KINDS["settle"]
    settings = kind.read({"least": "3", "reason": "Settled by majority."})
    chosen = Chosen(Selection.of(project, ""))
    found = preview(chosen, kind, settings, by=reviewer)
    assert (found.changed, sum(found.left.values())) == (1, 2)
    action = do_now(chosen, kind, settings, by=reviewer)
    decision = last_review(clear)
    assert decision.answers == {"overall": side(1)}
    assert decision.raw["settled"] == "majority"
    assert last_review(even) is None
    assert last_review(known).answers == {"overall": side(-1)}
    undo(action, by=reviewer)
    while run_bulk(project):
        pass
    assert last_review(clear).answers == {}
    assert last_review(known).answers == {"overall": side(-1)}


def test_settling_takes_as_many_queries_for_many_items_as_for_one(project, people, reviewer):
    kind, counts = KINDS["settle"], []
    settings = kind.read({"least": "3", "reason": "x"})
    for many in (1, 2, 8):
        items = [labelled(project, people, 1, 1, -1) for _ in range(many)]
        with CaptureQueriesContext(connection) as queries:
            chosen = Chosen(Selection(project), tuple(item.pk for item in items))
            do_now(chosen, kind, settings, by=reviewer)
        counts.append(len(queries))
    assert counts[1] == counts[2]  # the first one meets empty caches
    assert AuditEntry.objects.filter(action="items.settle").count() == 3
    assert Annotation.objects.filter(purpose="review").count() == 11
