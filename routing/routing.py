"""Sends items where the active policy says, in batches, and keeps every decision as a row.

Policies decide, purely; here is everything else. A batch is one short transaction: its items are
locked in the order of their ids, people's labels and their pay are reserved, routes are set and the
decisions stored, so that whatever dies in between has done nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q

from annotate import audit
from annotate.assignment import route_items
from annotate.jobs import hint
from annotate.ledger import item_reference, remaining, reserve_all
from annotate.models import Annotation, Budget, Item, Project, User
from annotate.models.budgets import Unit
from annotate.models.projects import Route
from routing.features import look_at
from routing.judging import want_routed
from routing.models import Judge, JudgeCall, RoutingDecision, RoutingPolicy
from routing.policies import (
    POLICIES,
    Case,
    Decision,
    InvalidPolicy,
    Policy,
    decide,
    make_policy,
)
from routing.policies.deciding import OUT_OF_BUDGET

BATCH = 500
TO_PEOPLE = (Route.HUMAN, Route.BOTH)
WaitsFor = Item.WaitsFor


class NoPolicy(Exception):
    """The project has no policy that is on."""


# ------------------------------------------------------------------------------------- policies


@transaction.atomic
def set_policy(
    project: Project,
    kind: str,
    settings: Mapping[str, Any] | None = None,
    *,
    judge: Judge | None = None,
    user: User | None = None,
) -> RoutingPolicy:
    """Switch a new version of a policy on, and the one before off; new items are left to it.

    Where a judge is needed and none is named, it is the project's only active one. Items that wait
    are looked at again. Raises ``InvalidPolicy``.
    """
    policy = make_policy(kind, settings)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    judge = policy_judge(project, kind, judge)
    versions = RoutingPolicy.objects.filter(project=project)
    before = _switch_off(project)
    Project.objects.filter(pk=project.pk).update(default_route=None)
    project.default_route = None
    row = RoutingPolicy.objects.create(
        project=project,
        version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
        kind=kind,
        settings=settings_as_json(policy),
        judge=judge,
        active=True,
        created_by=user,
    )
    audit.record(
        "policy.on",
        project=project,
        target=row,
        by=user,
        before=before and str(before),
        after=str(row),
        settings=row.settings,
        judge=str(judge) if judge else None,
    )
    hint(project.pk, "route")
    return row


def _switch_off(project: Project) -> RoutingPolicy | None:
    """The policy that was on."""
    before = RoutingPolicy.objects.active_for(project)
    RoutingPolicy.objects.filter(project=project, active=True).update(active=False)
    return before


@transaction.atomic
def switch_off(project: Project, *, default_route: str | None, user: User | None = None) -> None:
    """Let no policy decide: items that come in get ``default_route``, None leaves them unrouted.

    Items that have a route keep it; those that wait go on waiting for a policy or for somebody to
    route them by hand. Raises ``NoPolicy`` when none is on.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = _switch_off(project)
    if before is None:
        raise NoPolicy
    Project.objects.filter(pk=project.pk).update(default_route=default_route)
    project.default_route = default_route
    audit.record(
        "policy.off",
        project=project,
        target=before,
        by=user,
        before=str(before),
        after=None,
        default_route=default_route,
    )


def settings_as_json(policy: Policy[Any]) -> dict[str, Any]:
    """All settings, defaults too, so that a version says what it decided with."""
    return dict(vars(policy.settings))


def policy_judge(project: Project, kind: str, judge: Judge | None) -> Judge | None:
    """The judge that a policy asks: ``judge``, or where one is needed the only active one.

    Raises ``InvalidPolicy``.
    """
    judge = judge or _only_judge(project, kind)
    if judge is not None and judge.project_id != project.pk:
        raise InvalidPolicy(f"Judge {judge} belongs to another project; name one of this project.")
    if judge is not None and not judge.active:
        raise InvalidPolicy(f"Judge {judge} is off; switch it on or name another one.")
    return judge


def _only_judge(project: Project, kind: str) -> Judge | None:
    if not POLICIES[kind].needs_judge:
        return None
    judges = list(Judge.objects.active().filter(project=project).order_by("pk")[:2])
    if not judges:
        raise InvalidPolicy(f"Policy {kind!r} needs a judge; create one with create_judge.")
    if len(judges) > 1:
        raise InvalidPolicy(f"Policy {kind!r}: the project has several judges; name one.")
    return judges[0]


def set_labels_budget(project: Project, labels: int) -> Budget:
    """Cap people's labels in all."""
    budget, _ = Budget.objects.update_or_create(
        project=project,
        unit=Unit.LABELS,
        period=Budget.Period.TOTAL,
        defaults={"cap": Decimal(labels)},
    )
    return budget


def allowance(project: Project) -> int | None:
    """How many more labels people may give now: what labels and money both allow; None without caps."""
    labels, usd = remaining(project, Unit.LABELS), remaining(project, Unit.USD)
    caps = [] if labels is None else [int(labels)]
    if usd is not None and project.pay_per_label_usd:
        caps.append(int(usd // project.pay_per_label_usd))
    return min(caps, default=None)


# ---------------------------------------------------------------------------------- what is due


def due_projects() -> Iterator[int]:
    """Ids of projects whose policy has something to decide."""
    policies = RoutingPolicy.objects.filter(active=True).select_related("project", "judge")
    for policy in policies:
        if _changed_policy(policy) or any(_due(policy, allowance(policy.project))):
            yield policy.project_id


def _due(policy: RoutingPolicy, left: int | None) -> Iterator[int]:
    """Ids of items to decide on, those that were left by an earlier policy or for budget first."""
    items = Item.objects.filter(project=policy.project_id).order_by("pk")
    fits = Q() if left is None else Q(seats_left__lte=left)
    yield from _ids(items.filter(waits_for=WaitsFor.POLICY))
    yield from _ids(items.filter(fits, waits_for=WaitsFor.BUDGET))
    yield from _ids(items.undecided())
    if policy.judge is not None:
        yield from _ids(_judged(items.filter(waits_for=WaitsFor.JUDGE), policy.judge))


def _ids(items: Any) -> Iterator[int]:
    return iter(items.values_list("pk", flat=True)[:BATCH])


def _judged(items: Any, judge: Judge) -> Any:
    """Those with which the judge is done: there is its label, or no call that may still bring one."""
    calls = JudgeCall.objects.filter(judge=judge, item=OuterRef("pk"))
    label = Annotation.objects.work().filter(annotator=judge.annotator_id, item=OuterRef("pk"))
    over = Exists(calls) & ~Exists(calls.filter(state__in=JudgeCall.OPEN))
    return items.filter(Exists(label) | over)


def _changed_policy(policy: RoutingPolicy) -> bool:
    """Whether items wait by the word of an earlier policy: this one has not decided anything yet."""
    return not policy.decisions.exists() and _waiting(policy.project_id).exists()


def _waiting(project_id: int) -> Any:
    return Item.objects.filter(project=project_id, waits_for__in=(WaitsFor.JUDGE, WaitsFor.BUDGET))


def _take_over(policy: RoutingPolicy) -> None:
    """Have everything that waits looked at again, in batches."""
    waiting = _waiting(policy.project_id)
    while ids := list(waiting.values_list("pk", flat=True)[:BATCH]):
        waiting.filter(pk__in=ids).update(waits_for=WaitsFor.POLICY)  # if it waits still


# ------------------------------------------------------------------------------------- deciding


def route_due(project: Project) -> int:
    """Decide on one batch of what is due, if a policy is on; how many items were looked at."""
    row = RoutingPolicy.objects.active_for(project)
    if row is None:
        return 0
    project = Project.objects.get(pk=project.pk)
    if _changed_policy(row):
        _take_over(row)
    left = allowance(project)
    ids = list(dict.fromkeys(islice(_due(row, left), BATCH)))
    items = list(Item.objects.filter(pk__in=ids).order_by("pk"))
    cases = look_at(project, items, row.judge.annotator if row.judge else None)
    decisions = decide(make_policy(row.kind, row.settings), cases, allowance=left)
    _apply(project, row, items, cases, decisions)
    return len(ids)


def route_all(project: Project) -> int:
    """Decide on all that is due now; how many items were looked at."""
    if RoutingPolicy.objects.active_for(project) is None:
        raise NoPolicy
    total = 0
    while count := route_due(project):
        total += count
    return total


@transaction.atomic
def _apply(
    project: Project,
    policy: RoutingPolicy,
    items: Sequence[Item],
    cases: Sequence[Case],
    decisions: Sequence[Decision],
) -> None:
    unchanged = _lock_unchanged(items)
    by_item = {d.item: d for d in decisions if d.item in unchanged}
    by_item = _reserve(project, by_item, unchanged)
    routes = {
        pk: decision.route
        for pk, decision in by_item.items()
        if decision.route is not None and decision.route != unchanged[pk].route
    }
    route_items(routes)
    want_routed(project, [pk for pk, route in routes.items() if route != Route.HUMAN])
    waits: dict[str | None, list[int]] = {}
    for pk, decision in by_item.items():
        waits.setdefault(decision.waits_for, []).append(pk)
    _wait_for(waits)
    _store(policy, by_item, {case.item: case for case in cases})


def _lock_unchanged(items: Sequence[Item]) -> dict[int, Item]:
    """The items, locked in the order of their ids, that nobody has routed since they were read."""
    rows = Item.objects.select_for_update(no_key=True).filter(pk__in=[i.pk for i in items])
    locked = {item.pk: item for item in rows.order_by("pk")}
    return {
        item.pk: locked[item.pk]
        for item in items
        if item.pk in locked
        and (item.route, item.waits_for) == (locked[item.pk].route, locked[item.pk].waits_for)
    }


def _reserve(
    project: Project, decisions: Mapping[int, Decision], items: Mapping[int, Item]
) -> dict[int, Decision]:
    """The decisions, those to people turned into waiting where their labels cannot be had."""
    wanted: dict[str, dict[str, Decimal]] = {}
    for pk, decision in decisions.items():
        if decision.route in TO_PEOPLE and items[pk].seats_left:
            labels = Decimal(items[pk].seats_left)
            amounts = {Unit.LABELS: labels, Unit.USD: labels * project.pay_per_label_usd}
            wanted[item_reference(pk)] = {unit: n for unit, n in amounts.items() if n}
    standing = reserve_all(project, wanted) if wanted else set()
    return {
        pk: replace(decision, route=None, reason=OUT_OF_BUDGET, waits_for=WaitsFor.BUDGET)
        if item_reference(pk) in wanted.keys() - standing
        else decision
        for pk, decision in decisions.items()
    }


def _wait_for(waits: Mapping[Any, Iterable[int]]) -> None:
    for reason, ids in waits.items():
        Item.objects.filter(pk__in=list(ids)).update(waits_for=reason)


def _store(
    policy: RoutingPolicy, decisions: Mapping[int, Decision], cases: Mapping[int, Case]
) -> None:
    """Add the decisions, but for those that only say again what stands."""
    last = RoutingDecision.objects.current().filter(item__in=decisions)
    said = {
        (item, policy_id, route, reason)
        for item, policy_id, route, reason in last.values_list(
            "item_id", "policy_id", "route", "reason"
        )
    }
    new = [
        decision
        for pk, decision in decisions.items()
        if (pk, policy.pk, decision.route, decision.reason) not in said
    ]
    last.filter(item__in=[decision.item for decision in new]).update(current=False)
    RoutingDecision.objects.bulk_create(
        RoutingDecision(
            policy=policy,
            item_id=decision.item,
            route=decision.route,
            score=decision.score,
            reason=decision.reason,
            features=dict(cases[decision.item].features),
        )
        for decision in new
    )


# ------------------------------------------------------------------------------- for the pages


@dataclass(frozen=True)
class Share:
    """How many items stand at a decision of this route and reason; None is "waits"."""

    route: str | None
    reason: str
    items: int


def decision_counts(project: Project) -> list[Share]:
    """Where items stand and why, most frequent first."""
    rows = (
        RoutingDecision.objects.current()
        .filter(policy__in=list(project.policies.values_list("pk", flat=True)))
        .values_list("route", "reason")
        .annotate(items=Count("pk"))
        .order_by("-items", "reason")
    )
    return [Share(*row) for row in rows]


def recent_decisions(
    project: Project,
    *,
    route: str | None = None,
    reason: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[RoutingDecision]:
    """Newest first, of one route and reason if they are given; ``before`` is the last id of a page."""
    rows = RoutingDecision.objects.filter(policy__project=project)
    if route:
        rows = rows.filter(route=route)
    if reason:
        rows = rows.filter(reason=reason)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.select_related("item", "policy").order_by("-pk")[:limit])
