"""Items' aggregates and summaries brought up to date, in short transactions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from django.db import connection, transaction

from annotate.aggregation.combining import Source
from annotate.aggregation.settling import Kept, Key, Outcome, Row, current_rows, learnt, settle
from annotate.aggregation.writing import Summary, write
from annotate.models import Item, Project
from annotate.questions import Question, Questions

BATCH = 500
REWRITE = 1_000
# Materialized: else a plan may ask the limited part more than once, and take more than the limit.
_TAKE_STALE = """
    WITH due AS MATERIALIZED (
        SELECT id FROM annotate_item WHERE project_id = %s AND stale
        ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE annotate_item AS item SET stale = false FROM due WHERE item.id = due.id
    RETURNING item.id
"""


def aggregate_stale(project: Project, *, limit: int = BATCH) -> int:
    """Recompute up to ``limit`` stale items in one short transaction; how many there were.

    Labels are folded in with what the last fits learnt of annotators: nothing is fitted here.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_STALE, [project.pk, limit])
            items = sorted(pk for (pk,) in cursor.fetchall())
        if items:
            _write(project, items)
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
    fits = learnt(project, {row.annotator for of_item in rows.values() for row in of_item})
    outcomes = settle(project.questions, rows, fits, kept=kept)
    main = main_question(project.questions)
    summaries = [_summary(item, rows.get(item, ()), outcomes.get(item, {}), main) for item in items]
    write(project.pk, items, outcomes, summaries)


def main_question(questions: Questions) -> Question[Any] | None:
    """What an item's disagreement and confidence are about."""
    aggregated = (question for question in questions if question.methods)
    return questions.main_preference() or next(aggregated, None)


def _summary(
    item: int,
    rows: Sequence[Row],
    outcomes: Mapping[Key, Outcome],
    main: Question[Any] | None,
) -> Summary:
    work = [row.label for row in rows if not row.label.review]
    people = [label for label in work if label.human]
    apart = best = None
    if main is not None:
        apart = disagreement(main, (label.answers.get(main.name) for label in people))
        best = outcomes.get((main.name, Source.PEOPLE)) or outcomes.get((main.name, Source.JUDGES))
    return Summary(
        item=item,
        people=len(people),
        judges=len(work) - len(people),
        disagreement=apart,
        confidence=None if best is None else best.combined.confidence,
    )


def disagreement(question: Question[Any], answers: Iterable[Any]) -> float | None:
    """1 - the share of the largest class, by unit and then averaged; None under two answers.

    Of answers that mark parts of texts the mean distance of two.
    """
    if question.marked:
        return _mean_distance(question, [answer for answer in answers if answer is not None])
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


def _mean_distance(question: Question[Any], answers: Sequence[Any]) -> float | None:
    apart = [question.distance(one, other) for one, other in combinations(answers, 2)]
    return sum(apart) / len(apart) if apart else None
