"""One label made of several, per question and source, recomputed for items whose labels changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from annotate.models import Aggregate, Annotation, Annotator, Item, Project
from annotate.questions import Answer

VERSION = 1
BATCH = 500
Source = Aggregate.Source


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
    annotations = (
        Annotation.objects.current()
        .filter(item__in=items)
        .exclude(purpose=Annotation.Purpose.QUALIFICATION)
        .select_related("annotator")
        .order_by("item_id", "pk")
    )
    now = timezone.now()
    for item, group in groupby(annotations, key=lambda annotation: annotation.item_id):
        for (question, source), answers in _by_source(group).items():
            if question not in project.questions.names:
                continue
            combined = project.questions[question].combine(answers)
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


def _by_source(annotations: Iterable[Annotation]) -> dict[tuple[str, str], list[Answer]]:
    """Answers by (question, source). Where a question was reviewed, the review stands alone."""
    work: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    reviews: dict[str, list[Answer]] = defaultdict(list)
    for annotation in annotations:
        human = annotation.annotator.kind == Annotator.Kind.HUMAN
        for question, answer in annotation.answers.items():
            if annotation.purpose == Annotation.Purpose.REVIEW:
                reviews[question].append(answer)
                continue
            work[question, Source.PEOPLE if human else Source.JUDGES].append(answer)
            work[question, Source.ALL].append(answer)
    for question, answers in reviews.items():
        work[question, Source.PEOPLE] = work[question, Source.ALL] = answers[-1:]
    return work
