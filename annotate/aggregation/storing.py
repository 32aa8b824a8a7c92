"""Aggregates and summaries of items written, in short transactions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotate.aggregation.combining import Source
from annotate.aggregation.settling import KEPT, Kept, Key, Outcome, Row, current_rows, settle
from annotate.models import Aggregate, Item, ItemSummary, Project
from annotate.questions import Question, Questions

VERSION = 2
BATCH = 500
REWRITE = 1_000


def aggregate_stale(project: Project, *, limit: int = BATCH) -> int:
    """Recompute up to ``limit`` stale items in one short transaction; how many there were.

    Labels are folded in with what the last fits learnt of annotators: nothing is fitted here.
    """
    with transaction.atomic():
        stale = Item.objects.stale().filter(project=project).order_by("pk")
        items = list(
            stale.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)[
                :limit
            ]
        )
        if items:
            _write(project, items)
            Item.objects.filter(pk__in=items).update(stale=False)
        return len(items)


def rewrite(project: Project, *, after: int, kept: Kept | None = None) -> int | None:
    """Recompute the next items that have aggregates, after a fit; the last one, None if none is left.

    ``kept`` is what the fit keeps with items.
    """
    made = Item.objects.filter(project=project, pk__gt=after, aggregates__isnull=False)
    items = list(made.order_by("pk").values_list("pk", flat=True).distinct()[:REWRITE])
    if not items:
        return None
    with transaction.atomic():
        locked = Item.objects.select_for_update(no_key=True).filter(pk__in=items).order_by("pk")
        list(locked.values_list("pk", flat=True))
        _write(project, items, kept=kept)
    return items[-1]


def _write(project: Project, items: list[int], *, kept: Kept | None = None) -> None:
    rows = current_rows(items)
    outcomes = settle(project, rows, kept=kept)
    _store(items, list(_aggregates(project, outcomes)))
    main = main_question(project.questions)
    ItemSummary.objects.bulk_create(
        [
            _summary(project, item, rows.get(item, ()), outcomes.get(item, {}), main)
            for item in items
        ],
        update_conflicts=True,
        unique_fields=["item"],
        update_fields=["people", "judges", "disagreement", "confidence"],
    )


def _aggregates(
    project: Project, outcomes: Mapping[int, Mapping[Key, Outcome]]
) -> Iterator[Aggregate]:
    now = timezone.now()
    for item, of_item in outcomes.items():
        for (question, source), outcome in of_item.items():
            combined = outcome.combined
            yield Aggregate(
                project=project,
                item_id=item,
                question=question,
                source=source,
                count=combined.count,
                mean=combined.mean,
                majority=combined.majority,
                share=combined.share,
                confidence=combined.confidence,
                method=outcome.method,
                data=combined.data | ({KEPT: dict(outcome.kept)} if outcome.kept else {}),
                version=VERSION,
                updated_at=now,
            )


def _store(items: list[int], aggregates: list[Aggregate]) -> None:
    kept = Aggregate.objects.bulk_create(
        aggregates,
        update_conflicts=True,
        unique_fields=["item", "question", "source"],
        update_fields=[
            "count",
            "mean",
            "majority",
            "share",
            "confidence",
            "method",
            "data",
            "version",
            "updated_at",
        ],
    )
    Aggregate.objects.filter(item__in=items).exclude(
        pk__in=[aggregate.pk for aggregate in kept]
    ).delete()


def main_question(questions: Questions) -> Question[Any] | None:
    """What an item's disagreement and confidence are about."""
    aggregated = (question for question in questions if question.methods)
    return questions.main_preference() or next(aggregated, None)


def _summary(
    project: Project,
    item: int,
    rows: Sequence[Row],
    outcomes: Mapping[Key, Outcome],
    main: Question[Any] | None,
) -> ItemSummary:
    work = [row.label for row in rows if not row.label.review]
    people = [label for label in work if label.human]
    apart = best = None
    if main is not None:
        apart = disagreement(main, (label.answers.get(main.name) for label in people))
        best = outcomes.get((main.name, Source.PEOPLE)) or outcomes.get((main.name, Source.JUDGES))
    return ItemSummary(
        item_id=item,
        project=project,
        people=len(people),
        judges=len(work) - len(people),
        disagreement=apart,
        confidence=None if best is None else best.combined.confidence,
    )


def disagreement(question: Question[Any], answers: Iterable[Any]) -> float | None:
    """1 - the share of the largest class, by unit and then averaged; None under two answers."""
    units: dict[str, list[float]] = {}
    for answer in answers:
        if answer is not None:
            for unit, value in (question.votes(answer) or question.values(answer)).items():
                units.setdefault(unit, []).append(value)
    apart = [
        1 - max(Counter(values).values()) / len(values)
        for values in units.values()
        if len(values) > 1
    ]
    return sum(apart) / len(apart) if apart else None
