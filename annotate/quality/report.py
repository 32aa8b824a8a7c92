"""Looks at a project's labels and writes down what they say of each annotator."""

import time
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from annotate.gold import Tally, gold_accuracy_by_question
from annotate.models import AnnotatorQuality, Project, QualityReport
from annotate.quality.intervals import wilson
from annotate.quality.labels import Given, load
from annotate.quality.study import COPIES, LEAST_COMPARED, Person, Study, study
from annotate.questions import Question
from annotate.questions.base.question import letter

LEAST_LIFE_SECONDS = 10.0
PATIENCE = 30  # a report stands for so many times as long as it took
BATCH = 500
LEAST_GOLD = LEAST_COMPARED
Gold = dict[int, dict[str, Tally]]


def due_projects() -> Iterable[int]:
    """Projects with labels or gold since their report, once that has stood for a while."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT project.id FROM annotate_project AS project
            LEFT JOIN LATERAL (
                SELECT min(last_annotation) AS last, min(made_at) AS made,
                    sum(seconds_spent) AS spent
                FROM annotate_qualityreport WHERE project_id = project.id) AS report ON true
            WHERE (report.made IS NULL OR report.made
                    < now() - make_interval(secs => GREATEST(%(least)s, spent * %(patience)s)))
                AND (EXISTS (SELECT FROM annotate_annotation AS label
                        WHERE label.project_id = project.id AND label.id > COALESCE(report.last, 0))
                    OR EXISTS (SELECT FROM annotate_gold AS gold
                        JOIN annotate_item AS item ON item.id = gold.item_id
                        WHERE item.project_id = project.id AND gold.created_at > report.made))
            """,
            {"least": LEAST_LIFE_SECONDS, "patience": PATIENCE},
        )
        return [pk for (pk,) in cursor.fetchall()]


def refresh(project: Project) -> None:
    """Make the reports of all questions anew. Reads every label once for each question."""
    last = project.annotations.aggregate(last=Max("pk"))["last"] or 0
    gold = gold_accuracy_by_question(project)
    for question in project.questions:
        began = time.monotonic()
        given = load(project, question) if question.compared else None
        found = study(given.votes) if given else None
        report = {"last_annotation": last, "seconds_spent": 0.0, **_report(question, given, found)}
        rows = _rows(project, question, given, found, gold) if given and found else []
        with transaction.atomic():
            _store(project, question, rows)
            report["seconds_spent"] = time.monotonic() - began
            QualityReport.objects.update_or_create(
                project=project, question=question.name, defaults=report
            )
    for kept in (QualityReport, AnnotatorQuality):
        rows_of = kept.objects.filter(project=project)
        rows_of.exclude(question__in=project.questions.names).delete()


def _report(question: Question[Any], given: Given | None, found: Study | None) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "classes": classes_of(question, given) if given else [],
        "labels": len(given.votes) if given else 0,
        "annotators": len(given.annotators) if given else 0,
        "prior_a": found.prior.a if found else 0.0,
        "prior_b": found.prior.b if found else 0.0,
        "tested": found.tested if found else {},
        "made_at": timezone.now(),
    }


def classes_of(question: Question[Any], given: Given) -> list[dict[str, Any]]:
    """The classes that answers are compared by, in words."""
    if question.signed:
        a, b = (letter(position) for position in getattr(question.config, "pair", (0, 1)))
        return [
            {"value": -1, "words": f"{a} better"},
            {"value": 0, "words": "tie"},
            {"value": 1, "words": f"{b} better"},
        ]
    scale = given.votes.scale.tolist() or list(range(given.votes.classes))
    return [{"value": value, "words": question.value_words(value)} for value in scale]


def _rows(
    project: Project, question: Question[Any], given: Given, found: Study, gold: Gold
) -> list[AnnotatorQuality]:
    return [
        AnnotatorQuality(
            project=project,
            question=question.name,
            annotator=annotator,
            answers=person.answers,
            compared=person.compared,
            hits=person.hits,
            agreement=person.agreement.value if person.agreement else None,
            low=person.agreement.low if person.agreement else None,
            high=person.agreement.high if person.agreement else None,
            seconds=person.seconds,
            signs=person.signs,
            data=_data(person, given, gold.get(annotator.pk, {}).get(question.name)),
        )
        for annotator, person in zip(given.annotators, found.people, strict=True)
        if person.answers
    ]


def _data(person: Person, given: Given, gold: Tally | None) -> dict[str, Any]:
    data = dict(person.data)
    if "pace" in data:
        data["pace"] = {**data["pace"], "of": given.timing}
    if COPIES in data:
        data[COPIES] = [{**one, "with": given.annotators[one["with"]].pk} for one in data[COPIES]]
    if gold:
        right, n = gold
        right = round(right, 2)  # of answers that are right in part, a part
        data["gold"] = {"hits": right, "n": n}
        if n >= LEAST_GOLD:
            data["gold"] = {"hits": right, **wilson(right, n).as_json}
    return data


def _store(project: Project, question: Question[Any], rows: list[AnnotatorQuality]) -> None:
    columns = (
        "answers",
        "compared",
        "hits",
        "agreement",
        "low",
        "high",
        "seconds",
        "signs",
        "data",
    )
    there = AnnotatorQuality.objects.filter(project=project, question=question.name)
    there.exclude(annotator__in=[row.annotator_id for row in rows]).delete()
    AnnotatorQuality.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["project", "question", "annotator"],
        update_fields=columns,
    )
