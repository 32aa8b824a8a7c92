"""One item as a reviewer sees it: every label beside the others, and what judges and model say.

What judges, the reward model and the names of the generators say stays hidden until it is asked for, so
that a reviewer decides without it; whether it was asked for is kept with the decision.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate.gold import agreed
from annotate.models import Annotation, Annotator, Gold, Reliability
from annotate.models.annotations import Aggregate
from annotate.models.projects import SuggestFrom
from frontend.charts import Estimate
from frontend.items.history import pseudonym
from frontend.judges.figures import estimate_of
from frontend.reviews.listing import group_of, looks_of
from routing.judges.quality import agreements
from routing.models import JudgeCall, Review
from routing.suggestions import Suggestion, questions_of, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annotate.models import Item
    from annotate.questions import Answers, Question, Questions


@dataclass(frozen=True)
class Cell:
    """An answer; ``look`` is shared by those that come to the same, ``apart`` marks a minority."""

    words: str = ""
    look: str = ""
    apart: bool = False


@dataclass(frozen=True)
class LabelRow:
    """One annotator's label: a cell by question, free texts apart."""

    label: Annotation
    who: str
    cells: list[Cell]
    texts: list[tuple[str, str]]
    reliability: Estimate | None = None
    # Of a judge: how sure it was, how often it takes people's side, and what came beside the answer.
    sure: float | None = None
    agreement: Estimate | None = None
    # Of a label that the reward model disputes: the probability that it gives it.
    probability: float | None = None


@dataclass(frozen=True)
class Labels:
    """Rows below the titles of the questions that any of them answers."""

    titles: list[str]
    rows: list[LabelRow]

    @property
    def has_reliability(self) -> bool:
        return any(row.reliability is not None for row in self.rows)

    @property
    def has_sure(self) -> bool:
        return any(row.sure is not None for row in self.rows)

    @property
    def has_texts(self) -> bool:
        return any(row.texts for row in self.rows)


def labels_of_people(item: Item) -> Labels:
    labels = list(_labels(item, Annotator.Kind.HUMAN))
    known = _reliability(item, [label.annotator_id for label in labels])
    return _side_by_side(item.project.questions, labels, reliability=known)


def labels_of_judges(item: Item) -> Labels:
    labels = list(_labels(item, Annotator.Kind.LLM))
    agreed_with = agreements(item.project, [label.annotator for label in labels]) if labels else {}
    rows = JudgeCall.objects.filter(item=item, state=JudgeCall.State.ANSWERED)
    sure: dict[int, list[float]] = {}
    for annotator, confidence in rows.values_list("judge__annotator", "confidence"):
        if confidence is not None:
            sure.setdefault(annotator, []).append(confidence)
    return _side_by_side(
        item.project.questions,
        labels,
        sure={pk: sum(all_) / len(all_) for pk, all_ in sure.items()},
        agreement={pk: estimate_of(one.decided) for pk, one in agreed_with.items()},
    )


def _labels(item: Item, kind: str) -> Iterable[Annotation]:
    rows = Annotation.objects.current().work().filter(item=item, annotator__kind=kind)
    found: Iterable[Annotation] = rows.select_related("annotator__user").order_by("pk")
    return found


def _reliability(item: Item, annotators: Sequence[int]) -> dict[int, Estimate]:
    """On the main question, by the fit that stands for people's labels."""
    from annotate.aggregation.storing import main_question

    main = main_question(item.project.questions)
    if main is None or not annotators:
        return {}
    rows = Reliability.objects.filter(
        fit__project=item.project_id,
        fit__question=main.name,
        fit__source=Aggregate.Source.PEOPLE,
        fit__current=True,
        annotator__in=annotators,
        value__isnull=False,
    )
    return {
        row.annotator_id: Estimate(row.value, row.low, row.high, row.labels)
        for row in rows
        if row.value is not None
    }


def _side_by_side(
    questions: Questions,
    labels: Sequence[Annotation],
    *,
    reliability: dict[int, Estimate] | None = None,
    sure: dict[int, float] | None = None,
    agreement: dict[int, Estimate | None] | None = None,
) -> Labels:
    asked = [one for one in questions if any(one.name in label.answers for label in labels)]
    compared = [one for one in asked if one.compared]
    columns = [_column(one, labels) for one in compared]
    return Labels(
        [one.config.title for one in compared],
        [
            LabelRow(
                label,
                pseudonym(label.annotator),
                [column[place] for column in columns],
                _texts(label, asked),
                (reliability or {}).get(label.annotator_id),
                (sure or {}).get(label.annotator_id),
                (agreement or {}).get(label.annotator_id),
            )
            for place, label in enumerate(labels)
        ],
    )


def _column(question: Question[Any], labels: Sequence[Annotation]) -> list[Cell]:
    """The cells of one question, by label."""
    groups = [
        group_of(question, label.answers[question.name]) if question.name in label.answers else ""
        for label in labels
    ]
    ranked = Counter(group for group in groups if group).most_common()
    common = ranked[0][0] if ranked and 2 * ranked[0][1] > sum(n for _, n in ranked) else None
    looks = looks_of(question, [group for group, _ in ranked])
    return [
        Cell(
            _words(question, label),
            looks[group],
            apart=common is not None and group != common,
        )
        if group
        else Cell()
        for label, group in zip(labels, groups, strict=True)
    ]


def _words(question: Question[Any], label: Annotation) -> str:
    """By the form that the answer was given to."""
    given = questions_of(label.form_id).named(question.name)
    return (given or question).words(label.answers[question.name])


def _texts(label: Annotation, asked: Sequence[Question[Any]]) -> list[tuple[str, str]]:
    texts = ((one, label.answers.get(one.name)) for one in asked if not one.compared)
    return [(one.config.title, _words(one, label)) for one, answer in texts if answer]


# ------------------------------------------------------------------------------------------ opinions


@dataclass(frozen=True)
class Opinions:
    judges: Labels
    # The side that the promoted reward model takes, in words.
    side: str
    model: Suggestion | None
    disputed: list[LabelRow]
    generators: list[str]

    @property
    def any(self) -> bool:
        return bool(self.judges.rows or self.model or self.disputed)


def opinions_on(item: Item) -> Opinions:
    model = suggestion(item, SuggestFrom.MODEL, item.project.questions)
    generators = [one.generator for one in item.completions.all()]
    side = _side(item, model) if model else ""
    return Opinions(labels_of_judges(item), side, model, _disputed(item), generators)


def _side(item: Item, model: Suggestion) -> str:
    """Without a strength, which a model knows nothing of."""
    [(name, answer)] = model.answers.items()
    return f"{group_of(item.project.questions[name], answer)} better"


def _disputed(item: Item) -> list[LabelRow]:
    """The open reviews of the item's labels."""
    rows = Review.objects.filter(annotation__item=item, state=Review.State.OPEN)
    main = item.project.questions.main_preference()
    found = []
    for review in rows.select_related("annotation__annotator").order_by("probability"):
        label = review.annotation
        words = _words(main, label) if main is not None and main.name in label.answers else ""
        who = pseudonym(label.annotator)
        found.append(LabelRow(label, who, [Cell(words)], [], probability=review.probability))
    return found


# ---------------------------------------------------------------------------------- what is filled in


def majority(item: Item) -> Answers:
    """What most people say, to the questions that have a majority; empty where none has."""
    found = agreed(item.project, [item.pk], least=2)[item.pk]
    return found.answers


def gold_of(item: Item) -> Gold | None:
    return Gold.objects.filter(item=item).first()
