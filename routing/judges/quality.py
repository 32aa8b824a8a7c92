"""How far a judge can be trusted: agreement with people, its two orders, its bias and its price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Avg, Count, Q, Sum

from annotate.models import Annotation, Annotator, Project
from routing.models import Judge, JudgeCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n`` with a 95 % Wilson interval; all None when there is nothing to count."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def low(self) -> float | None:
        return self._bounds()[0] if self.n else None

    @property
    def high(self) -> float | None:
        return self._bounds()[1] if self.n else None

    def _bounds(self) -> tuple[float, float]:
        return wilson(self.hits, self.n)


@dataclass(frozen=True)
class Agreement:
    """Of an LLM annotator with people's majority on the main preference of the project.

    ``decided`` counts the items on which both take a side; ``all`` takes a tie for a third answer.
    """

    decided: Share
    all: Share


@dataclass(frozen=True)
class Quotes:
    """What became of the parts of texts that a judge quoted for a question."""

    question: str
    of: int
    absent: int
    ambiguous: int

    @property
    def refused(self) -> Share:
        return Share(self.absent + self.ambiguous, self.of)


@dataclass(frozen=True)
class Quality:
    """``bias``: share of answers for the completion shown first, less that for the second, over
    calls that took a side; 0 is best. ``consistency``: both orders took the same side."""

    agreement: Agreement
    labels: int
    answered: int
    failed: int
    undecided: int
    waiting: int
    consistency: Share
    bias: float | None
    # Quotes of parts of texts that could not be placed, of all: by question, absent or ambiguous.
    quotes: Sequence[Quotes]
    cost_usd: Decimal | None
    cost_per_thousand_usd: Decimal | None
    seconds_per_call: float | None


_AGREEMENT = """
    SELECT label.annotator_id,
        count(*) FILTER (WHERE label.side <> 0 AND people.majority <> 0),
        count(*) FILTER (WHERE label.side <> 0 AND label.side = people.majority),
        count(*),
        count(*) FILTER (WHERE label.side = people.majority)
    FROM (
        SELECT annotation.item_id, annotation.annotator_id,
            sign((annotation.answers -> %(question)s ->> 'value')::int)::int AS side
        FROM annotate_annotation AS annotation
        WHERE annotation.annotator_id = ANY(%(annotators)s)
            AND annotation.project_id = %(project)s AND annotation.purpose = 'work'
            AND NOT EXISTS (SELECT 1 FROM annotate_annotation AS later
                WHERE later.supersedes_id = annotation.id)
            AND NOT EXISTS (SELECT 1 FROM annotate_item AS item
                WHERE item.id = annotation.item_id AND item.waits_for = 'archive')
    ) AS label
    JOIN annotate_aggregate AS people ON people.item_id = label.item_id
        AND people.question = %(question)s AND people.source = 'people'
    WHERE label.side IS NOT NULL AND people.majority IS NOT NULL
    GROUP BY label.annotator_id
"""
_NONE = Agreement(Share(0, 0), Share(0, 0))


def agreements(project: Project, annotators: Iterable[Annotator]) -> dict[int, Agreement]:
    """Agreement by annotator id, imported LLM labels included, in one query."""
    wanted = [annotator.pk for annotator in annotators]
    found = dict.fromkeys(wanted, _NONE)
    main = project.questions.main_preference()
    if main is None or not wanted:
        return found
    parameters: dict[str, Any] = {
        "annotators": wanted,
        "project": project.pk,
        "question": main.name,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AGREEMENT, parameters)
        for pk, decided, same_side, everything, same in cursor.fetchall():
            found[pk] = Agreement(Share(same_side, decided), Share(same, everything))
    return found


def quality(judge: Judge) -> Quality:
    """All figures of one judge: five queries, and one where it quotes."""
    [agreement] = agreements(judge.project, [judge.annotator]).values()
    calls = JudgeCall.objects.filter(judge=judge)
    states = calls.aggregate(
        answered=Count("pk", filter=Q(state=JudgeCall.State.ANSWERED)),
        failed=Count("pk", filter=Q(state=JudgeCall.State.FAILED)),
        waiting=Count("pk", filter=Q(state__in=JudgeCall.OPEN)),
        cost=Sum("cost_usd"),
        seconds=Avg("seconds_spent"),
    )
    labels = (
        Annotation.objects.work()
        .filter(annotator=judge.annotator)
        .aggregate(
            labels=Count("pk"),
            same=Count("pk", filter=Q(raw__consistent=True)),
            other=Count("pk", filter=Q(raw__consistent=False)),
        )
    )
    items = calls.filter(state=JudgeCall.State.ANSWERED).values("item").distinct()
    undecided = (
        items.exclude(item__annotations__annotator=judge.annotator_id)
        .exclude(item__in=calls.exclude(state=JudgeCall.State.ANSWERED).values("item"))
        .count()
    )
    known = judge.input_price_usd is not None and judge.output_price_usd is not None
    cost = (states["cost"] or Decimal(0)) if known else None
    return Quality(
        agreement=agreement,
        labels=labels["labels"],
        answered=states["answered"],
        failed=states["failed"],
        undecided=undecided,
        waiting=states["waiting"],
        consistency=Share(labels["same"], labels["same"] + labels["other"] + undecided),
        bias=_bias(judge),
        quotes=quotes(judge),
        cost_usd=cost,
        cost_per_thousand_usd=(
            (cost * 1000 / labels["labels"]).quantize(Decimal("0.0001"))
            if cost is not None and labels["labels"]
            else None
        ),
        seconds_per_call=states["seconds"],
    )


_SIDES = """
    SELECT count(*) FILTER (WHERE side < 0), count(*) FILTER (WHERE side > 0)
    FROM (
        SELECT (verdict -> %(question)s ->> 'value')::int AS side
        FROM routing_judgecall
        WHERE judge_id = %(judge)s AND state = 'answered' AND cardinality(shown_order) > 1
            AND item_id IN (SELECT item_id FROM routing_judgecall
                WHERE judge_id = %(judge)s AND state = 'answered' AND "order" = 1)
    ) AS verdicts
"""


def _bias(judge: Judge) -> float | None:
    """Over items that were asked in both orders, where a judge without bias gives 0."""
    main = judge.form.parsed.main_preference()
    if main is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SIDES, {"judge": judge.pk, "question": main.name})
        first, second = cursor.fetchone()
    return (first - second) / (first + second) if first + second else None


_QUOTES = """
    SELECT one.question, sum((one.tally ->> 'of')::int), sum((one.tally ->> 'absent')::int),
        sum((one.tally ->> 'ambiguous')::int)
    FROM routing_judgecall AS call, jsonb_each(call.raw -> 'unlocated') AS one (question, tally)
    WHERE call.judge_id = %s AND call.state IN ('answered', 'failed')
    GROUP BY one.question ORDER BY one.question
"""


def quotes(judge: Judge) -> list[Quotes]:
    """Of the last try of each call, also of those that failed because nothing could be placed."""
    if not judge.form.parsed.needs_texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_QUOTES, [judge.pk])
        return [Quotes(*row) for row in cursor.fetchall()]


def wilson(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval for a share (Wilson 1927)."""
    share = hits / n
    scale = 1 + z * z / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def as_json(quality: Quality) -> dict[str, Any]:
    """Figures for programs and command lines."""

    def share(one: Share) -> dict[str, Any]:
        return {"n": one.n, "value": one.value, "low": one.low, "high": one.high}

    return {
        "agreement": share(quality.agreement.decided),
        "agreement_with_ties": share(quality.agreement.all),
        "consistency": share(quality.consistency),
        "position_bias": quality.bias,
        "quotes": {
            one.question: {
                "n": one.of,
                "absent": one.absent,
                "ambiguous": one.ambiguous,
                "refused": share(one.refused),
            }
            for one in quality.quotes
        },
        "labels": quality.labels,
        "answered_calls": quality.answered,
        "failed_calls": quality.failed,
        "undecided_items": quality.undecided,
        "waiting_calls": quality.waiting,
        "cost_usd": None if quality.cost_usd is None else float(quality.cost_usd),
        "cost_per_thousand_usd": (
            None if quality.cost_per_thousand_usd is None else float(quality.cost_per_thousand_usd)
        ),
        "seconds_per_call": quality.seconds_per_call,
    }
