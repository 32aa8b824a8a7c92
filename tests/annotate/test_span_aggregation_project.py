"""Aggregates of a project's marks: stored, folded in, fitted, reviewed, frozen and compared."""

import numpy as np
import pytest

from annotate.aggregation import aggregate_stale
from annotate.aggregation.choosing import choose_method
from annotate.aggregation.comparing import compare
from annotate.aggregation.fitting import fit_is_due, fit_project
from annotate.aggregation.frozen import learn, methods_of
from annotate.aggregation.settling import current_rows
from annotate.models import Aggregate, Annotation, Gold, ItemSummary, Reliability
from tests.annotate.planted_spans import answer
from tests.factories import make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db
TEXT = "x" * 60
LABELS = [
    {"value": "wrong", "label": "Wrong"},
    {"value": "dull", "label": "Dull"},
    {"value": "fact", "label": "A fact", "missing": True},
]
QUESTION = {"kind": "spans", "name": "errors", "title": "What is wrong?", "labels": LABELS}


@pytest.fixture
def project():
    return make_project(questions=[QUESTION])


def mark(item, annotator, *marks, missing=(), **fields):
    answers = {"errors": answer(*marks, missing=missing)}
    return make_annotation(item, annotator, answers=answers, **fields)


def item_of(project, *answers, kind="human"):
    item = make_item(project, completions=(TEXT,))
    for marks in answers:
        mark(item, make_annotator(project, kind=kind), *marks)
    return item


def data_of(item, source="people"):
    return Aggregate.objects.get(item=item, question="errors", source=source).data


def test_people_s_marks_become_spans_with_their_support(project):
    wrong = (0, 10, "wrong")
    item = item_of(project, [wrong], [(4, 12, "wrong")], [wrong, (20, 30, "dull")])
    aggregate_stale(project)
    found = Aggregate.objects.get(item=item, source="people")
    assert (found.method, found.count, found.confidence) == ("support", 3, None)
    support = pytest.approx((4 * 2 / 3 + 6 * 3 / 3) / 10, abs=1e-4)
    assert found.data["spans"] == [
        {"completion": 0, "start": 0, "end": 10, "label": "wrong", "support": support}
    ]
    assert found.data["missing"] == []
    assert found.share == pytest.approx((4 * 2 / 3 + 6 + 2 * 2 / 3 + 10 * 2 / 3) / 22)
    assert found.data["counts"] == {"wrong": 3, "dull": 1}


def test_an_item_in_which_nobody_marks_anything_is_agreed_on(project):
    item = item_of(project, [], [])
    aggregate_stale(project)
    found = Aggregate.objects.get(item=item, source="people")
    assert (found.share, found.data["spans"], found.data["nothing"]) == (1, [], 2)


def test_people_and_judges_have_aggregates_of_their_own(project):
    item = item_of(project, [(0, 10, "wrong")])
    mark(item, make_annotator(project, kind="llm"), (5, 10, "wrong"))
    aggregate_stale(project)
    starts = {
        source: data_of(item, source)["spans"][0]["start"] for source in ("people", "judges", "all")
    }
    assert starts == {"people": 0, "judges": 5, "all": 5}


def test_a_review_stands_alone(project):
    item = item_of(project, [(0, 10, "wrong")], [(0, 10, "wrong")])
    mark(item, make_annotator(project), (30, 40, "dull"), purpose=Annotation.Purpose.REVIEW)
    aggregate_stale(project)
    found = Aggregate.objects.get(item=item, source="people")
    assert (found.method, found.confidence, found.data["answers"]) == ("review", 1, 1)
    [span] = found.data["spans"]
    assert (span["start"], span["end"], span["label"]) == (30, 40, "dull")


def test_an_item_s_disagreement_is_how_far_apart_its_marks_are(project):
    item = item_of(project, [(0, 10, "wrong")], [(5, 15, "wrong")], [])
    aggregate_stale(project)
    assert ItemSummary.objects.get(item=item).disagreement == pytest.approx((0.5 + 1 + 1) / 3)


def crowd(project, *, items=25):
    """Two who see what is there, and one who marks something else."""
    people = [make_annotator(project) for _ in range(3)]
    made = []
    for number in range(items):
        item = make_item(project, completions=(TEXT,))
        start = number % 4 * 10
        for person in people[:2]:
            mark(item, person, (start, start + 9, "wrong"))
        mark(item, people[2], ((start + 20) % 50, (start + 20) % 50 + 5, "dull"))
        made.append(item)
    return made, people


@pytest.mark.parametrize("method", ["weighted_support", "dawid_skene_characters"])
def test_methods_learn_who_marks_well_and_rewrite_the_aggregates(project, method):
    items, people = crowd(project)
    choose_method(project, project.questions["errors"], method)
    while aggregate_stale(project):
        pass
    assert fit_is_due(project)
    fits = fit_project(project)
    assert not fit_is_due(project)
    assert {(fit.source, fit.labels, fit.items) for fit in fits} == {
        ("people", 75, 25),
        ("all", 75, 25),
    }
    known = {row.annotator_id: row for row in Reliability.objects.filter(fit=fits[0])}
    assert [known[person.pk].labels for person in people] == [25, 25, 25]
    assert known[people[0].pk].value == pytest.approx(known[people[1].pk].value)
    assert known[people[0].pk].low > known[people[2].pk].high
    found = Aggregate.objects.get(item=items[0], source="people")
    assert found.method == method
    assert [(span["start"], span["label"]) for span in found.data["spans"]] == [(0, "wrong")]
    item = item_of(project)  # a new label is folded in with what was learnt
    for person in (people[0], people[2]):
        mark(item, person, *([(0, 9, "wrong")] if person == people[0] else []))
    aggregate_stale(project)
    labels = [span["label"] for span in data_of(item)["spans"]]
    assert labels == ["wrong"]


def test_a_snapshot_s_labels_are_settled_by_themselves(project):
    items, _ = crowd(project, items=12)
    choose_method(project, project.questions["errors"], "dawid_skene_characters")
    names = methods_of(project)["questions"]
    ids = np.array(sorted(project.annotations.values_list("pk", flat=True)))
    frozen = learn(project.questions, names, ids)
    found = frozen.aggregates(current_rows([item.pk for item in items]))
    combined = found[items[1].pk]["errors", "people"]
    assert [(span["start"], span["end"]) for span in combined.data["spans"]] == [(10, 19)]
    assert combined.confidence > 0.9


def test_methods_are_compared_with_votes_and_with_what_is_known(project):
    items, people = crowd(project, items=12)
    Gold.objects.create(
        item=items[0], form=project.form, answers={"errors": answer((0, 9, "wrong"))}
    )
    mark(items[1], people[0], (30, 35, "dull"), purpose=Annotation.Purpose.REVIEW)
    found = compare(project)["questions"]["errors"]
    rows = {row["method"]: row for row in found["methods"]}
    assert list(rows) == ["support", "weighted_support", "dawid_skene_characters"]
    # Two stretches an item, "wrong" and "dull"; gold holds of one item, a review of another.
    assert rows["support"]["known"] == 4
    assert rows["support"]["right"] == 2 + 0
    assert rows["support"]["changed"] == 0
    assert rows["support"]["units"] == 2 * 12  # without what nobody marked


def test_a_threshold_of_the_form_is_kept_to():
    project = make_project(questions=[QUESTION | {"support": 0.3}])
    item = item_of(project, [(0, 10, "wrong")], [], [])
    aggregate_stale(project)
    assert [span["support"] for span in data_of(item)["spans"]] == [pytest.approx(1 / 3, abs=1e-3)]


def test_the_words_of_an_aggregate_say_what_was_agreed(project):
    item = item_of(project, [(0, 10, "wrong")], [(0, 10, "wrong")])
    for _ in range(2):
        mark(item, make_annotator(project), (0, 10, "wrong"), missing=["fact"])
    mark(item, make_annotator(project), missing=["fact"])
    question = project.questions["errors"]
    aggregate_stale(project)
    assert question.summary(data_of(item)).startswith("1 span (Wrong), 1 missing (A fact); ")
    nothing = item_of(project, [], [], [(0, 1, "dull")])
    aggregate_stale(project)
    assert question.summary(data_of(nothing)).startswith("nothing marked by most; ")
