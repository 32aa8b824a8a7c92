"""From a project's labels to what is written beside its annotators."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import time_machine
from django.utils import timezone

from annotate.gold import set_gold
from annotate.jobs import KINDS, run_job
from annotate.models import Annotation, AnnotatorQuality, Item, QualityReport
from annotate.quality.labels import load
from annotate.quality.report import due_projects, refresh
from tests.factories import make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db
RATINGS = [
    {
        "kind": "rating",
        "name": "help",
        "title": "Helpful?",
        "minimum": 1,
        "maximum": 3,
        "labels": ["bad", "fair", "good"],
    },
    {"kind": "text", "name": "why", "title": "Why?", "required": False},
]


def overall(project):
    return load(project, project.questions["overall"])


def preference(value):
    return {"overall": {"value": value, "both_bad": False}}


def crowd(project, *, items=12, people=3, dissent=0):
    """Items on which all prefer the second completion, but the first person on ``dissent`` of them."""
    who = [make_annotator(project, name=f"p{n}") for n in range(people)]
    for n in range(items):
        item = make_item(project)
        for place, one in enumerate(who):
            make_annotation(item, one, value=-2 if place == 0 and n < dissent else 1)
    return who


# ---------------------------------------------------------------------------------------- loading


def test_sides_of_preferences_are_told_apart():
    """-1 and 1 have the same hash as numbers of jsonb: they must not be taken for one answer."""
    project = make_project()
    who = make_annotator(project)
    for value in (-2, -1, 0, 1, 2):
        make_annotation(make_item(project), who, value=value)
    votes = overall(project).votes
    assert votes.value.tolist() == [0, 0, 1, 2, 2]
    assert len(set(votes.answer.tolist())) == 5


def test_what_is_no_current_work_stays_out():
    project = make_project()
    who, item = make_annotator(project), make_item(project)
    first = make_annotation(item, who, value=1)
    make_annotation(item, who, value=-1, supersedes=first)
    make_annotation(make_item(project), who, purpose=Annotation.Purpose.QUALIFICATION)
    archived = make_item(project, route=None, waits_for=Item.WaitsFor.ARCHIVE)
    make_annotation(archived, who)
    make_annotation(make_item(make_project()), make_annotator(make_project()))
    assert overall(project).votes.value.tolist() == [0]


def test_an_answer_of_both_bad_has_no_side_and_is_left_out():
    project = make_project()
    who = make_annotator(project)
    make_annotation(make_item(project), who)
    make_annotation(make_item(project), who, answers={"overall": {"value": None, "both_bad": True}})
    assert overall(project).votes.value.tolist() == [2]


def test_order_length_and_seconds_come_along():
    project = make_project()
    who = make_annotator(project)
    same = make_item(project, completions=("0123456789" * 10, "0123456789" * 10 + "0"))
    left = make_item(project, completions=("a" * 100, "b" * 50))
    right = make_item(project, completions=("a", "ßßß"))
    make_annotation(same, who, order=[0, 1], active_seconds=2.5, wall_seconds=9)
    make_annotation(left, who, order=[1, 0], active_seconds=4)
    make_annotation(right, who, active_seconds=None)
    given = overall(project)
    assert given.votes.turned.tolist() == [0, 1, -1]
    assert given.votes.longer.tolist() == [-1, 0, 2]
    assert given.timing == "active"
    assert np.isnan(given.votes.seconds).tolist() == [False, False, True]
    assert given.votes.seconds[:2].tolist() == [2.5, 4]


def test_the_pair_that_is_compared_says_what_came_first():
    questions = [
        {"kind": "preference", "name": "overall", "title": "?", "points": 3, "pair": [2, 1]}
    ]
    project = make_project(questions=questions)
    item = make_item(project, completions=("a", "bb", "cccc"))
    make_annotation(item, make_annotator(project), value=-1, order=[1, 0, 2])
    votes = overall(project).votes
    # The pair's first completion is C, which is longer and stands behind B on the page.
    assert (votes.value.tolist(), votes.turned.tolist(), votes.longer.tolist()) == ([0], [1], [0])


def test_ratings_are_a_unit_for_each_completion():
    project = make_project(questions=RATINGS)
    for values in ([1, 3], [2, None]):
        item = make_item(project)
        make_annotation(item, make_annotator(project), answers={"help": {"values": values}})
    votes = load(project, project.questions["help"]).votes
    assert sorted(zip(votes.unit.tolist(), votes.value.tolist(), strict=True)) == [
        (0, 0),
        (1, 2),
        (2, 1),
    ]
    assert votes.scale.tolist() == [1, 2, 3]


def test_a_question_that_meant_something_else_before_is_not_mixed_in():
    project = make_project()
    who = make_annotator(project)
    make_annotation(make_item(project), who)
    wider = [{"kind": "preference", "name": "overall", "title": "?", "points": 7}]
    project.forms.create(version=2, questions=wider)
    project = type(project).objects.get(pk=project.pk)
    make_annotation(make_item(project), who, value=3)
    assert len(overall(project).votes) == 1


def test_the_last_review_is_what_counts():
    project = make_project()
    item, reviewer = make_item(project), make_annotator(project, name="reviewer")
    for _ in range(3):
        make_annotation(item, make_annotator(project), value=1)
    review = make_annotation(item, reviewer, value=1, purpose="review")
    make_annotation(item, reviewer, value=-1, purpose="review", supersedes=review)
    votes = overall(project).votes
    assert votes.agreed.tolist() == [0, 0, 0]


def test_without_a_label_there_is_nothing_to_load():
    project = make_project()
    assert overall(project) is None
    make_annotation(make_item(project), make_annotator(project), answers={"why": {"text": "x"}})
    assert load(project, project.questions["why"]) is None


# ---------------------------------------------------------------------------------------- the report


def test_a_report_says_how_everybody_agrees_with_the_others():
    project = make_project()
    who = crowd(project, items=12, dissent=3)
    refresh(project)
    rows = {row.annotator_id: row for row in AnnotatorQuality.objects.filter(question="overall")}
    odd = rows[who[0].pk]
    assert (odd.answers, odd.compared, odd.hits) == (12, 12, 9)
    assert odd.low < odd.agreement < odd.high
    # Where the first one dissents, the other two are left with two who differ.
    assert (rows[who[1].pk].compared, rows[who[1].pk].hits) == (9, 9)
    report = QualityReport.objects.get(project=project, question="overall")
    assert [each["words"] for each in report.classes] == ["A better", "tie", "B better"]
    assert (report.labels, report.annotators) == (36, 3)


def test_words_of_the_scale_name_the_classes():
    project = make_project(questions=RATINGS)
    make_annotation(
        make_item(project), make_annotator(project), answers={"help": {"values": [1, 3]}}
    )
    refresh(project)
    report = QualityReport.objects.get(question="help")
    assert [each["words"] for each in report.classes] == ["bad", "fair", "good"]
    assert QualityReport.objects.get(question="why").annotators == 0


def test_gold_is_shown_with_an_interval_once_there_is_enough_of_it():
    project = make_project()
    who = crowd(project, items=12, dissent=3)
    for item in project.items.all():
        set_gold(item, preference(1))
    refresh(project)
    gold = AnnotatorQuality.objects.get(annotator=who[0], question="overall").data["gold"]
    assert (gold["hits"], gold["n"], gold["value"]) == (9, 12, 0.75)
    assert gold["low"] < 0.75 < gold["high"]
    project.items.exclude(pk=project.items.first().pk).update(route=None, waits_for="archive")
    refresh(project)
    gold = AnnotatorQuality.objects.get(annotator=who[1], question="overall").data["gold"]
    assert gold == {"hits": 1, "n": 1}


def test_a_second_report_takes_the_place_of_the_first():
    project = make_project()
    who = crowd(project)
    refresh(project)
    Annotation.objects.filter(annotator=who[2]).delete()
    refresh(project)
    assert AnnotatorQuality.objects.filter(question="overall").count() == 2
    assert QualityReport.objects.filter(question="overall").count() == 1


def test_a_question_that_the_form_has_no_more_loses_its_report():
    project = make_project()
    crowd(project)
    refresh(project)
    project.forms.create(version=2, questions=RATINGS)
    refresh(type(project).objects.get(pk=project.pk))
    assert set(QualityReport.objects.values_list("question", flat=True)) == {"help", "why"}
    assert not AnnotatorQuality.objects.exists()


def test_other_projects_stay_out_of_reach():
    here, there = make_project(), make_project()
    crowd(here)
    crowd(there, items=3)
    refresh(there)
    refresh(here)
    assert AnnotatorQuality.objects.filter(project=there, question="overall").count() == 3
    assert QualityReport.objects.get(project=there, question="overall").labels == 9


# ----------------------------------------------------------------------------------------- the job


def test_a_project_is_due_when_labels_have_come_and_its_report_has_stood_a_while():
    project = make_project()
    assert due_projects() == []
    crowd(project, items=1)
    assert due_projects() == [project.pk]
    refresh(project)
    assert due_projects() == []
    make_annotation(make_item(project), make_annotator(project))
    assert due_projects() == []
    with time_machine.travel(timezone.now()):
        QualityReport.objects.update(made_at=timezone.now() - timedelta(seconds=11))
        assert due_projects() == [project.pk]
        QualityReport.objects.update(seconds_spent=1)  # two questions, so that two seconds
        assert due_projects() == []
        QualityReport.objects.update(made_at=timezone.now() - timedelta(seconds=61))
        assert due_projects() == [project.pk]


def test_new_gold_makes_a_project_due():
    project = make_project()
    crowd(project, items=1)
    refresh(project)
    QualityReport.objects.update(made_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert due_projects() == []
    set_gold(project.items.get(), preference(1))
    assert due_projects() == [project.pk]


def test_the_job_makes_the_report():
    project = make_project()
    crowd(project, items=2)
    run_job("quality", project.pk)
    assert QualityReport.objects.filter(project=project).count() == 2
    assert KINDS["quality"].slow


def test_a_report_reads_labels_in_as_many_queries_for_many_as_for_few(django_assert_num_queries):
    project = make_project()
    crowd(project, items=2)
    refresh(project)
    with django_assert_num_queries(22):
        refresh(project)
    crowd(make_project())
    for item in [make_item(project) for _ in range(20)]:
        make_annotation(item, project.annotators.first())
    with django_assert_num_queries(22):
        refresh(project)
