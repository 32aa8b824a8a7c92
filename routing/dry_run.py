"""What a policy would do with the items that are open now, before it is switched on.

Routing is a pure function, so that this is the function itself: nothing is stored, reserved or sent.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from annotate.models import Item, Project
from annotate.models.items import CLAIMABLE
from annotate.models.projects import Route
from routing.features import look_at
from routing.judges.quality import quality
from routing.models import Judge
from routing.policies import Case, Decision, JudgeState, decide, make_policy
from routing.routing import allowance, policy_judge

MOST_ITEMS = 1000
EXAMPLES = 20
TO_PEOPLE, TO_JUDGE = (Route.HUMAN, Route.BOTH), (Route.JUDGE, Route.BOTH)
WaitsFor = Item.WaitsFor


@dataclass(frozen=True)
class Example:
    item: Item
    decision: Decision


@dataclass(frozen=True)
class Part:
    """How many of the items looked at would get this route for this reason, and labels of people."""

    route: str | None
    reason: str
    items: int
    labels: int


@dataclass(frozen=True)
class DryRun:
    """``open`` items would be decided on; ``looked_at`` of them were, drawn by hash.

    ``hypothetical``: nothing waits for a policy, so that routed items stand for those to come.
    Labels and costs are of the items looked at; ``judge_usd`` is None where nobody knows its price.
    """

    open: int
    looked_at: int
    hypothetical: bool
    parts: Sequence[Part]
    examples: Sequence[Example]
    labels: int
    pay_usd: Decimal
    judge_items: int
    judge_usd: Decimal | None

    @property
    def whole(self) -> bool:
        return self.looked_at == self.open


def dry_run(
    project: Project, kind: str, settings: Mapping[str, Any], *, judge: Judge | None = None
) -> DryRun:
    """Raises ``InvalidPolicy`` as switching the policy on would."""
    policy = make_policy(kind, settings)
    judge = policy_judge(project, kind, judge)
    rows = waiting_for_policy(project)
    count = rows.count()
    hypothetical = not count
    if hypothetical:
        rows = Item.objects.filter(CLAIMABLE, project=project)
        count = rows.count()
    items = _draw(rows, project)
    cases = look_at(project, items, judge.annotator if judge else None)
    left = None if hypothetical else _scaled(allowance(project), len(items), count)
    decisions = decide(policy, cases, allowance=left)
    labels = sum(
        case.cost for case, one in zip(cases, decisions, strict=True) if one.route in TO_PEOPLE
    )
    asked = _asked(cases, decisions)
    return DryRun(
        open=count,
        looked_at=len(items),
        hypothetical=hypothetical,
        parts=_parts(cases, decisions),
        examples=[Example(*pair) for pair in zip(items, decisions, strict=True)][:EXAMPLES],
        labels=labels,
        pay_usd=labels * project.pay_per_label_usd,
        judge_items=asked,
        judge_usd=_price(judge, asked),
    )


def waiting_for_policy(project: Project) -> "QuerySet[Item]":
    """What a new policy looks at: items without a route, and those that wait by an earlier one's word."""
    waits = Q(waits_for__in=(WaitsFor.JUDGE, WaitsFor.BUDGET, WaitsFor.POLICY))
    fresh = Q(route__isnull=True, waits_for__isnull=True)
    rows: QuerySet[Item] = Item.objects.filter(waits | fresh, project=project)
    return rows


def _draw(rows: "QuerySet[Item]", project: Project) -> list[Item]:
    """Up to ``MOST_ITEMS`` by the hash of their prompts, from a place that is the project's own."""
    start = hashlib.sha256(f"dry run {project.pk}".encode()).hexdigest()
    after = rows.filter(prompt_hash__gte=start).order_by("prompt_hash", "pk")
    before = rows.filter(prompt_hash__lt=start).order_by("prompt_hash", "pk")
    found = list(after[:MOST_ITEMS])
    return found + list(before[: MOST_ITEMS - len(found)])


def _scaled(left: int | None, looked_at: int, count: int) -> int | None:
    """The share of the budget that falls to the items looked at."""
    return None if left is None or not count else math.floor(left * looked_at / count)


def _parts(cases: Sequence[Case], decisions: Sequence[Decision]) -> list[Part]:
    items: Counter[tuple[str | None, str]] = Counter()
    labels: Counter[tuple[str | None, str]] = Counter()
    for case, decision in zip(cases, decisions, strict=True):
        items[decision.route, decision.reason] += 1
        labels[decision.route, decision.reason] += case.cost * (decision.route in TO_PEOPLE)
    return [Part(*key, number, labels[key]) for key, number in items.most_common()]


def _asked(cases: Sequence[Case], decisions: Sequence[Decision]) -> int:
    """Items that the judge would have to label first."""
    return sum(
        one.route in TO_JUDGE and case.judge == JudgeState.PENDING
        for case, one in zip(cases, decisions, strict=True)
    )


def _price(judge: Judge | None, items: int) -> Decimal | None:
    """By what the judge's labels have cost so far."""
    if judge is None or not items or not (judge.input_price_usd or judge.output_price_usd):
        known = judge is None or not items or judge.input_price_usd is not None
        return Decimal(0) if known else None
    per_thousand = quality(judge).cost_per_thousand_usd
    return None if per_thousand is None else (per_thousand * items / 1000).quantize(Decimal("0.01"))
