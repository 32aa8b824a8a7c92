"""Where an item goes: its route, or what it waits for, and the decision that stands for it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from annotate.assignment import let_go, route_items
from annotate.ledger import item_reference, reserve_all
from annotate.models import Item, Project
from annotate.models.budgets import Unit
from annotate.models.projects import Route
from routing.bulk.base import Batch, Left
from routing.judging import want_items, want_routed
from routing.models import JudgeCall, RoutingDecision, RoutingPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# {"route": str | None, "waits_for": str | None, "decision": id | None}
Place = dict[str, Any]
PEOPLE, JUDGES = (Route.HUMAN, Route.BOTH), (Route.JUDGE, Route.BOTH)
WaitsFor = Item.WaitsFor


def place(route: str | None, waits_for: str | None = None, decision: int | None = None) -> Place:
    return {"route": route, "waits_for": waits_for, "decision": decision}


def places(items: Sequence[Item]) -> dict[int, Place]:
    rows = RoutingDecision.objects.current().filter(item__in=items)
    decisions = dict(rows.values_list("item_id", "pk"))
    return {item.pk: place(item.route, item.waits_for, decisions.get(item.pk)) for item in items}


def say(state: Place) -> str:
    if state["route"]:
        waits = state["waits_for"]
        then = f", waits for {WaitsFor(waits).label}" if waits else ""
        return f"goes to {Route(state['route']).label}{then}"
    if state["waits_for"] == WaitsFor.ARCHIVE:
        return "archived"
    if state["waits_for"]:
        return f"waits for {WaitsFor(state['waits_for']).label}"
    return "not yet routed"


def set_places(batch: Batch, targets: Mapping[int, Place]) -> dict[int, Left]:
    """Send locked items where they are to go; those for which a budget has nothing left stay."""
    left = _without_budget(batch, targets)
    targets = {pk: target for pk, target in targets.items() if pk not in left}
    let_go([pk for pk, target in targets.items() if target["waits_for"] == WaitsFor.ARCHIVE])
    _drop_calls(batch.project, [pk for pk, t in targets.items() if t["route"] not in JUDGES])
    for (route, waits_for), ids in _grouped(targets).items():
        rows = Item.objects.filter(pk__in=ids)
        if route is None:
            rows.update(route=None, waits_for=waits_for)
        else:
            rows.update(waits_for=waits_for)
            route_items(dict.fromkeys(ids, route))
    _stand(targets)
    _ask_judges(batch.project, targets)
    return left


def new_labels(batch: Batch, targets: Mapping[int, Place]) -> int:
    """How many labels people are asked for who were not before."""
    return sum(
        batch.by_id[pk].seats_left
        for pk, target in targets.items()
        if target["route"] in PEOPLE and batch.by_id[pk].route not in PEOPLE
    )


def newly_judged(batch: Batch, targets: Mapping[int, Place]) -> int:
    return sum(
        target["route"] in JUDGES and batch.by_id[pk].route not in JUDGES
        for pk, target in targets.items()
    )


def _grouped(targets: Mapping[int, Place]) -> dict[tuple[str | None, str | None], list[int]]:
    groups: dict[tuple[str | None, str | None], list[int]] = {}
    for pk, target in targets.items():
        groups.setdefault((target["route"], target["waits_for"]), []).append(pk)
    return groups


def _without_budget(batch: Batch, targets: Mapping[int, Place]) -> dict[int, Left]:
    """Reserve labels and pay of what newly goes to people, as a policy does."""
    project, wanted = batch.project, {}
    for pk, target in targets.items():
        item = batch.by_id[pk]
        if target["route"] in PEOPLE and item.route not in PEOPLE and item.seats_left:
            labels = Decimal(item.seats_left)
            amounts = {Unit.LABELS: labels, Unit.USD: labels * project.pay_per_label_usd}
            wanted[pk] = {str(unit): amount for unit, amount in amounts.items() if amount}
    if not wanted:
        return {}
    standing = reserve_all(project, {item_reference(pk): n for pk, n in wanted.items()})
    return {
        pk: Left("no budget is left for its labels")
        for pk in wanted
        if item_reference(pk) not in standing
    }


def _drop_calls(project: Project, items: Iterable[int]) -> None:
    """Calls that nobody has made yet cost nothing so far, and are made anew when they are wanted."""
    JudgeCall.objects.filter(
        judge__project=project, item__in=list(items), state=JudgeCall.State.WAITING, tries=0
    ).delete()


def _stand(targets: Mapping[int, Place]) -> None:
    """A policy's decision stands only for items that go where it sent them."""
    kept = [target["decision"] for target in targets.values() if target["decision"]]
    current = RoutingDecision.objects.current().filter(item__in=list(targets))
    current.exclude(pk__in=kept).update(current=False)
    RoutingDecision.objects.filter(pk__in=kept, item__in=list(targets)).update(current=True)


def _ask_judges(project: Project, targets: Mapping[int, Place]) -> None:
    judged = [pk for pk, target in targets.items() if target["route"] in JUDGES]
    if judged:
        want_routed(project, judged)
    waiting = [pk for pk, t in targets.items() if t["waits_for"] == WaitsFor.JUDGE]
    policy = RoutingPolicy.objects.active_for(project) if waiting else None
    if policy is not None and policy.judge is not None:
        want_items(policy.judge, waiting)
    else:
        Item.objects.filter(pk__in=waiting).update(waits_for=WaitsFor.POLICY)
