"""A batch of items settled by the project's methods, under what their last fits learnt."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import connection

from annotate.aggregation.arranging import Answers, Arranged, arrange
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.combining import Label, Source, combine
from annotate.aggregation.method import Method, Own, Shared
from annotate.aggregation.stretched import arrange_marks
from annotate.models import Aggregate, AggregationFit, Annotation, Annotator, Project
from annotate.questions import Question, Questions
from annotate.questions.base.marks import Settlement
from annotate.questions.base.question import Combined

REVIEW = "review"
KEPT = "kept"
# By hand, for a label to be folded in within milliseconds; JSON columns come as texts.
_LABELS = """
    SELECT label.item_id, label.annotator_id, label.answers, annotator.kind, label.purpose
    FROM annotate_annotation AS label
    JOIN annotate_annotator AS annotator ON annotator.id = label.annotator_id
    WHERE label.item_id = ANY(%s) AND label.purpose IN ('work', 'review')
    AND NOT EXISTS (SELECT FROM annotate_annotation AS successor
        WHERE successor.supersedes_id = label.id)
    ORDER BY label.item_id, label.id
"""
_LEARNT = """
    SELECT fit.question, fit.source, fit.method, fit.parameters, (
        SELECT jsonb_object_agg(known.annotator_id, known.data) FROM annotate_reliability AS known
        WHERE known.fit_id = fit.id AND known.annotator_id = ANY(%s))
    FROM annotate_aggregationfit AS fit WHERE fit.project_id = %s AND fit.current
"""
Key = tuple[str, str]  # question, source
Kept = Mapping[Key, Mapping[int, Mapping[str, float]]]


@dataclass(frozen=True)
class Row:
    """A label as it counts."""

    item: int
    annotator: int
    label: Label


@dataclass(frozen=True)
class Outcome:
    """One aggregate: what was found, by which method, and what the method keeps with the item."""

    combined: Combined
    method: str
    kept: Mapping[str, float]


@dataclass(frozen=True)
class Learnt:
    """What a fit says of the annotators at hand."""

    method: Method
    shared: Shared
    newcomer: Mapping[str, Any]
    annotators: Mapping[int, Mapping[str, Any]]

    def is_as(self, other: "Learnt | None") -> bool:
        """Whether it was learnt of the same answers; annotators are then the same too."""
        return self is other or (
            other is not None
            and (self.method, self.shared) == (other.method, other.shared)
            and str(self.newcomer) == str(other.newcomer)
        )

    def own(self, annotators: list[int]) -> Own:
        """Arrays by name, newcomers' where an annotator is not in the fit."""
        nothing: Mapping[str, Any] = {}
        return {
            name: np.array(
                [self.annotators.get(pk, nothing).get(name, usual[0]) for pk in annotators],
                dtype=float,
            ).reshape(len(annotators), *np.shape(usual[0]))
            for name, usual in self.newcomer.items()
        }


def chosen_method(project: Project, question: Question[Any]) -> Method | None:
    """The project's method for a question, or the kind's default; None where nothing aggregates."""
    if not question.methods:
        return None
    name = project.aggregation.get(question.name)
    return METHODS[name if name in question.methods else question.methods[0]]


def plain_method(question: Question[Any]) -> Method:
    """What stands in before the first fit: it needs none."""
    if question.marked:
        return METHODS["support"]
    return METHODS["majority" if question.classes else "mean"]


def current_rows(items: list[int]) -> dict[int, list[Row]]:
    """The items' current labels of work and review, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LABELS, [items])
        rows = cursor.fetchall()
    found: dict[int, list[Row]] = defaultdict(list)
    for item, annotator, answers, kind, purpose in rows:
        human = kind == Annotator.Kind.HUMAN
        label = Label(json.loads(answers), human, purpose == Annotation.Purpose.REVIEW)
        found[item].append(Row(item, annotator, label))
    return found


def settle(
    questions: Questions,
    rows: Mapping[int, list[Row]],
    fits: Mapping[Key, Learnt],
    *,
    kept: Kept | None = None,
) -> dict[int, dict[Key, Outcome]]:
    """Aggregates by item, question and source. ``kept`` replaces what is stored with the items."""
    found = {
        item: combine(questions, (row.label for row in of_item)) for item, of_item in rows.items()
    }
    outcomes: dict[int, dict[Key, Outcome]] = {item: {} for item in rows}
    for question in questions:
        reviewed = {item for item in rows if _is_reviewed(rows[item], question.name)}
        for source in Source.values:
            key = question.name, source
            there = [item for item in found if key in found[item]]
            alone = reviewed if source != Source.JUDGES else set()
            for item in alone.intersection(there):
                one = _reviewed(question, found[item][key], rows[item])
                outcomes[item][key] = Outcome(replace(one, confidence=1.0), REVIEW, {})
            left = [item for item in there if item not in alone]
            if source == Source.ALL:
                twins = _twins(question.name, left, found, fits)
                for item, twin in twins.items():
                    outcomes[item][key] = outcomes[item][twin]
                left = [item for item in left if item not in twins]
            if not question.methods:
                outcomes_of = {item: Outcome(found[item][key], "", {}) for item in left}
            else:
                answers = _answers(question, source, (rows[item] for item in left))
                outcomes_of = _settled(question, key, left, found, answers, fits.get(key), kept)
            for item, outcome in outcomes_of.items():
                outcomes[item][key] = outcome
    return outcomes


def _twins(
    question: str,
    items: list[int],
    found: Mapping[int, Mapping[Key, Combined]],
    fits: Mapping[Key, Learnt],
) -> dict[int, Key]:
    """Items on which all together are one source alone, where the fit is that source's too."""
    whole = fits.get((question, Source.ALL))
    same = [
        key
        for key in ((question, Source.PEOPLE), (question, Source.JUDGES))
        if (fits.get(key) is None if whole is None else whole.is_as(fits.get(key)))
    ]
    return {
        item: key
        for item in items
        for key in same
        if found[item][question, Source.ALL] is found[item].get(key)
    }


def _is_reviewed(rows: Iterable[Row], question: str) -> bool:
    return any(row.label.review and question in row.label.answers for row in rows)


def _reviewed(question: Question[Any], combined: Combined, rows: Iterable[Row]) -> Combined:
    """Of an item that was reviewed: what its last review says stands alone."""
    if not question.marked:
        return combined
    given = [row for row in rows if row.label.review and question.name in row.label.answers]
    last = (given[-1].item, given[-1].annotator, given[-1].label.answers[question.name])
    found = _by_item(
        arrange_marks(question, Answers.of([last])), Learnt(plain_method(question), {}, {}, {})
    )
    return _made(question, combined, found.get(given[-1].item))


def _answers(question: Question[Any], source: str, items: Iterable[Iterable[Row]]) -> Answers:
    return Answers.of(
        (row.item, row.annotator, row.label.answers[question.name])
        for rows in items
        for row in rows
        if not row.label.review
        and question.name in row.label.answers
        and source in (Source.ALL, Source.PEOPLE if row.label.human else Source.JUDGES)
    )


def _settled(
    question: Question[Any],
    key: Key,
    items: list[int],
    combined: Mapping[int, Mapping[Key, Combined]],
    answers: Answers,
    fit: Learnt | None,
    kept: Kept | None,
) -> dict[int, Outcome]:
    if not items:
        return {}
    fit = fit or Learnt(plain_method(question), {}, {}, {})
    with_items: Mapping[int, Mapping[str, float]] = {}
    if fit.method.needs_pairs:
        with_items = _stored(key, items) if kept is None else kept.get(key, {})
    if question.marked:
        found = _by_item(arrange_marks(question, answers), fit)
    else:
        found = _by_item(arrange(question, answers, kept=with_items), fit)
    return {
        item: Outcome(
            _made(question, combined[item][key], found.get(item)),
            fit.method.name,
            with_items.get(item, {}),
        )
        for item in items
    }


def _made(question: Question[Any], combined: Combined, found: Any) -> Combined:
    if question.marked:
        return question.settle_marks(combined, found or Settlement())
    return question.settle(combined, found or {})


def _by_item(arranged: Arranged, fit: Learnt) -> dict[int, Any]:
    own = fit.own(arranged.annotators)
    return arranged.by_item(fit.method.settle(arranged.data, fit.shared, own))


def _stored(key: Key, items: list[int]) -> dict[int, Mapping[str, float]]:
    question, source = key
    rows = Aggregate.objects.filter(item__in=items, question=question, source=source)
    found = rows.values_list("item_id", f"data__{KEPT}")
    return {item: kept for item, kept in found if kept}


def learnt(project: Project, annotators: Iterable[int]) -> dict[Key, Learnt]:
    """What the current fits say of the annotators named, where they fit questions and methods as
    they are now."""
    with connection.cursor() as cursor:
        cursor.execute(_LEARNT, [list(annotators), project.pk])
        rows = cursor.fetchall()
    found = {}
    for question_name, source, method_name, parameters, known in rows:
        fit = json.loads(parameters)
        if fits_question(project, question_name, method_name, fit):
            by_annotator = {int(pk): data for pk, data in json.loads(known or "{}").items()}
            method = METHODS[method_name]
            found[question_name, source] = Learnt(
                method, fit["shared"], fit["newcomer"], by_annotator
            )
    return found


def fits_question(project: Project, name: str, method: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a fit is of the question's method and classes as they are now."""
    question = project.questions.named(name)
    chosen = None if question is None else chosen_method(project, question)
    return (
        question is not None
        and chosen is not None
        and chosen.name == method
        and parameters.get("classes") == list(question.classes)
    )


def current_fits(project: Project) -> list[AggregationFit]:
    """Those that fit the project's questions and methods as they are now."""
    fits = AggregationFit.objects.filter(project=project, current=True)
    return [fit for fit in fits if fits_question(project, fit.question, fit.method, fit.parameters)]
