"""One label made of several, per question and source, recomputed for items whose labels changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from annotate.models import Aggregate, Annotation, Annotator, Item, Project
from annotate.questions import Answer, Answers, Question, Questions
from annotate.questions.base.question import Combined

VERSION = 1
BATCH = 500
Source = Aggregate.Source


class Label(NamedTuple):
    """One annotator's answers, with what decides how they count."""

    answers: Answers
    human: bool
    review: bool = False


@dataclass(slots=True)
class _Answers:
    """What was answered to one question of one item."""

    people: list[Answer] = field(default_factory=list)
    judges: list[Answer] = field(default_factory=list)
    review: Answer | None = None


def combine(questions: Questions, labels: Iterable[Label]) -> dict[tuple[str, str], Combined]:
    """Aggregates of one item's labels, oldest first, by (question, source).

    Where a question was reviewed, the last review stands for people and for all; judges' answers
    keep an aggregate of their own. Questions that the form does not have are left out.
    """
    given: dict[str, _Answers] = {}
    for label in labels:
        for name, answer in label.answers.items():
            answers = given.setdefault(name, _Answers())
            if label.review:
                answers.review = answer
            else:
                (answers.people if label.human else answers.judges).append(answer)
    return {
        (name, source): combined
        for name, answers in given.items()
        if (question := questions.named(name)) is not None
        for source, combined in _by_source(question, answers).items()
    }


def _by_source(question: Question[Any], given: _Answers) -> dict[str, Combined]:
    people = [given.review] if given.review is not None else given.people
    found: dict[str, Combined] = {}
    if people:
        found[Source.PEOPLE] = found[Source.ALL] = question.combine(people)
    if given.judges:
        found[Source.JUDGES] = question.combine(given.judges)
        if not people:
            found[Source.ALL] = found[Source.JUDGES]
        elif given.review is None:
            found[Source.ALL] = question.combine([*people, *given.judges])
    return found


def aggregate_stale(project: Project, *, limit: int = BATCH) -> int:
    """Recompute up to ``limit`` stale items in one short transaction; how many there were."""
    with transaction.atomic():
        stale = Item.objects.stale().filter(project=project).order_by("pk")
        items = list(
            stale.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)[
                :limit
            ]
        )
        if items:
            _store(items, list(_aggregates(project, items)))
            Item.objects.filter(pk__in=items).update(stale=False)
        return len(items)


def _store(items: list[int], aggregates: list[Aggregate]) -> None:
    kept = Aggregate.objects.bulk_create(
        aggregates,
        update_conflicts=True,
        unique_fields=["item", "question", "source"],
        update_fields=["count", "mean", "majority", "share", "data", "version", "updated_at"],
    )
    Aggregate.objects.filter(item__in=items).exclude(
        pk__in=[aggregate.pk for aggregate in kept]
    ).delete()


def _aggregates(project: Project, items: list[int]) -> Iterator[Aggregate]:
    rows = (
        Annotation.objects.current()
        .filter(item__in=items)
        .exclude(purpose=Annotation.Purpose.QUALIFICATION)
        .order_by("item_id", "pk")
        .values_list("item_id", "answers", "annotator__kind", "purpose")
    )
    now = timezone.now()
    for item, group in groupby(rows, key=itemgetter(0)):
        labels = (
            Label(answers, kind == Annotator.Kind.HUMAN, purpose == Annotation.Purpose.REVIEW)
            for _, answers, kind, purpose in group
        )
        for (question, source), combined in combine(project.questions, labels).items():
            yield Aggregate(
                project=project,
                item_id=item,
                question=question,
                source=source,
                count=combined.count,
                mean=combined.mean,
                majority=combined.majority,
                share=combined.share,
                data=combined.data,
                version=VERSION,
                updated_at=now,
            )
