"""One label made of several: by source, with reviews, kept up to date by a job."""

import pytest

from annotate.aggregation import Label, aggregate_stale, combine
from annotate.labels import add_label
from annotate.models import Aggregate, Annotation, Item
from annotate.questions import parse_questions
from tests.factories import PAIRWISE, make_annotation, make_annotator, make_item, make_project

QUESTIONS = parse_questions(PAIRWISE)


def label(number, *, human=True, review=False):
    return Label({"overall": {"value": number, "both_bad": False}}, human, review)


def means(labels):
    return {source: found.mean for (_, source), found in combine(QUESTIONS, labels).items()}


def test_people_and_judges_are_kept_apart_and_together():
    labels = [label(-2), label(-1), label(2, human=False)]
    assert means(labels) == {"people": -1.5, "judges": 2.0, "all": -1 / 3}


def test_a_source_without_answers_has_no_aggregate():
    assert means([label(1)]) == {"people": 1.0, "all": 1.0}
    assert means([label(1, human=False)]) == {"judges": 1.0, "all": 1.0}
    assert means([]) == {}


def test_the_last_review_stands_alone_and_the_judges_keep_theirs():
    labels = [
        label(-2),
        label(-2),
        label(-1, human=False),
        label(0, review=True),
        label(2, review=True),
    ]
    assert means(labels) == {"people": 2.0, "judges": -1.0, "all": 2.0}
    assert combine(QUESTIONS, labels)["overall", "people"].count == 1


def test_a_review_of_a_judge_s_label_wins_though_no_person_had_labelled():
    assert means([label(-2, human=False), label(1, review=True)]) == {
        "people": 1.0,
        "judges": -2.0,
        "all": 1.0,
    }


def test_what_is_not_answered_is_absent_and_unknown_questions_are_left_out():
    labels = [
        Label({"why": {"text": "So."}}, human=True),
        Label({"gone": {"value": 1}}, human=True),
        label(1),
    ]
    found = combine(QUESTIONS, labels)
    assert {question for question, _ in found} == {"why", "overall"}
    assert found["overall", "people"].count == 1


@pytest.fixture
def project(db):
    return make_project()


def test_stale_items_are_recomputed_in_batches_until_none_is_left(project):
    person = make_annotator(project)
    for number in range(5):
        make_annotation(make_item(project), person, value=number - 2)
    assert [aggregate_stale(project, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert Aggregate.objects.filter(source="people").count() == 5
    assert not Item.objects.stale().exists()


def test_a_new_label_changes_the_aggregate_in_place(project):
    item = make_item(project)
    make_annotation(item, make_annotator(project), value=-1)
    aggregate_stale(project)
    before = Aggregate.objects.get(source="people")
    make_annotation(item, make_annotator(project), value=2)
    aggregate_stale(project)
    after = Aggregate.objects.get(source="people")
    assert after.pk == before.pk
    assert (after.count, after.mean, after.majority, after.share) == (2, 0.5, None, 0.5)


def test_only_what_stands_counts_and_qualification_never_does(project):
    item, person = make_item(project), make_annotator(project)
    first = make_annotation(item, person, value=-2)
    make_annotation(item, person, value=1, supersedes=first)
    make_annotation(
        item, make_annotator(project), value=2, purpose=Annotation.Purpose.QUALIFICATION
    )
    aggregate_stale(project)
    assert Aggregate.objects.get(source="people").mean == 1


def test_aggregates_that_nothing_supports_any_more_go(project):
    item = make_item(project)
    annotation = make_annotation(item, make_annotator(project, kind="llm"), value=1)
    aggregate_stale(project)
    assert Aggregate.objects.count() == 2
    annotation.delete()
    Item.objects.update(stale=True)
    aggregate_stale(project)
    assert not Aggregate.objects.exists()


def test_another_project_stays_out_of_it(project):
    other = make_project()
    make_annotation(make_item(other), make_annotator(other))
    assert aggregate_stale(project) == 0
    assert Item.objects.stale().filter(project=other).exists()


def test_the_best_aggregate_is_people_s_where_there_is_one(project):
    both, judged = make_item(project), make_item(project)
    judge = make_annotator(project, kind="llm")
    make_annotation(both, make_annotator(project), value=1)
    for item in (both, judged):
        make_annotation(item, judge, value=-1)
    aggregate_stale(project)
    best = dict(Aggregate.objects.best().values_list("item", "source"))
    assert best == {both.pk: "people", judged.pk: "judges"}


def test_a_second_label_by_the_same_annotator_does_not_replace_the_first(project):
    item, judge = make_item(project), make_annotator(project, kind="llm")
    first, new = add_label(
        item, judge, {"overall": {"value": 1, "both_bad": False}}, form=project.form
    )
    again, newer = add_label(
        item, judge, {"overall": {"value": -1, "both_bad": False}}, form=project.form
    )
    assert (first, new, newer) == (again, True, False)
