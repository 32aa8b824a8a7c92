"""One judge call's life in the database: taken, paid for, answered or given up.

No transaction stays open while a judge is asked. Money moves in transactions of its own, before
anything is sent and after what came back is stored, so that a lock on a budget and a lock on an
item are never held together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotate import ledger
from annotate.assignment import route_items
from annotate.jobs import worker_name
from annotate.labels import add_label
from annotate.models import Item, Worker
from annotate.models.budgets import Unit
from annotate.models.projects import Route
from routing.judges.base import Verdict, View
from routing.judges.faults import Fault, Usage
from routing.judges.reconcile import reconcile
from routing.models import Judge, JudgeCall, RoutingPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

State = JudgeCall.State
MOST_LOSSES = 1
_MILLION = Decimal(1_000_000)
_CENT = Decimal("0.000001")  # the ledger's smallest amount
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TakenAway(Exception):
    """The call was declared lost while this process still had it: it is another's now."""


class PriceUnknown(Exception):
    """There is a USD budget and nobody knows what a call costs."""


# ------------------------------------------------------------------------------- taking and losing

# The calls that this process has in hand. A row that names this process and is not here belongs to
# an earlier one of the same name, or to a thread that died.
_in_hand: set[int] = set()


def waiting(judge: Judge) -> Any:
    """Calls that are free to be taken."""
    return JudgeCall.objects.free().filter(judge=judge)


@transaction.atomic
def take(judge: Judge, *, limit: int) -> list[JudgeCall]:
    """Free calls, from now on this process's."""
    calls = list(
        waiting(judge)
        .select_related("item")
        .prefetch_related("item__completions")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("pk")[:limit]
    )
    _in_hand.update(call.pk for call in calls)
    now = timezone.now()
    mine = {"state": State.RESERVED, "worker": worker_name(), "started_at": now}
    JudgeCall.objects.filter(pk__in=[call.pk for call in calls]).update(**mine)
    for call in calls:
        call.state, call.worker, call.started_at = State.RESERVED, worker_name(), now
        call.judge = judge
    return calls


def let_go(calls: Iterable[JudgeCall]) -> None:
    """These calls are over for this process; what it left in flight is lost."""
    _in_hand.difference_update(call.pk for call in calls)


def put_back(calls: Iterable[JudgeCall]) -> None:
    """Let others take calls that were not sent."""
    for call in calls:
        _own(call).update(state=State.WAITING, worker="", reserved_usd=None)


def orphans(judge: Judge | None = None) -> Any:
    """Calls in flight, or still to be settled, that no living process has in hand."""
    calls = JudgeCall.objects.all() if judge is None else JudgeCall.objects.filter(judge=judge)
    gone = ~Q(worker__in=Worker.objects.alive().values("name"))
    dropped = Q(worker=worker_name()) & ~Q(pk__in=list(_in_hand))
    return calls.filter(gone | dropped, Q(state=State.RESERVED) | Q(reserved_usd__isnull=False))


def _has_in_hand(call: JudgeCall) -> bool:
    """Asked again once the row is locked: a thread may have taken it since ``orphans`` looked."""
    return call.worker == worker_name() and call.pk in _in_hand


def recover(judge: Judge, *, offline: bool) -> int:
    """Take up what processes that died left behind; how many calls were lost.

    What was in flight may have been answered and charged: its reservation counts as spent. It is
    asked once more and after a second loss given up. Offline judges cost nothing and start again.
    """
    settle_all(orphans(judge).exclude(state=State.RESERVED))
    lost = 0
    for pk in list(orphans(judge).filter(state=State.RESERVED).values_list("pk", flat=True)):
        lost += _lose(judge, pk, offline=offline)
    return lost


@transaction.atomic
def _lose(judge: Judge, pk: int, *, offline: bool) -> bool:
    item_id = JudgeCall.objects.values_list("item", flat=True).get(pk=pk)
    item = Item.objects.select_for_update(no_key=True).get(pk=item_id)
    call = orphans(judge).select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
    if call is None or call.state != State.RESERVED or _has_in_hand(call):
        return False
    if call.reserved_usd is not None:
        call.cost_usd = (call.cost_usd or Decimal(0)) + call.reserved_usd
    call.reserved_usd = None
    call.losses += not offline
    if call.losses > MOST_LOSSES:
        call.state, call.finished_at = State.FAILED, timezone.now()
        call.fault = "lost: the process that asked was killed, twice"
    else:
        call.state = State.WAITING if offline else State.LOST
    call.save(update_fields=["cost_usd", "reserved_usd", "losses", "state", "fault", "finished_at"])
    conclude(judge, item)
    return True


def _own(call: JudgeCall) -> Any:
    """The call's row while it is still this process's."""
    return JudgeCall.objects.filter(
        pk=call.pk, state=State.RESERVED, worker=call.worker, started_at=call.started_at
    )


# ------------------------------------------------------------------------------------------- money


def price(judge: Judge, usage: Usage) -> Decimal | None:
    """USD, rounded up to what the ledger can hold; None when a price is unknown."""
    if judge.input_price_usd is None or judge.output_price_usd is None:
        return None
    exact = (
        judge.input_price_usd * usage.input_tokens + judge.output_price_usd * usage.output_tokens
    ) / _MILLION
    return exact.quantize(_CENT, rounding=ROUND_UP)


def has_usd_budget(judge: Judge) -> bool:
    return judge.project.budgets.filter(unit=Unit.USD).exists()


class CallMeter:
    """Counts a call's tries in its row and pays for each: reserve before, settle after."""

    def __init__(self, call: JudgeCall, judge: Judge) -> None:
        self.call, self.judge = call, judge

    def begin(self, most: Usage) -> None:
        """Raises ``BudgetReached``, ``PriceUnknown`` and ``TakenAway``; then nothing is sent."""
        amount = price(self.judge, most)
        if amount is None and has_usd_budget(self.judge):
            raise PriceUnknown
        with transaction.atomic():
            if amount:
                reference = reference_of(self.call.pk, self.call.tries + 1)
                ledger.reserve(
                    self.judge.project,
                    Unit.USD,
                    amount,
                    reference=reference,
                    annotator=self.judge.annotator,
                )
            counted = _own(self.call).update(tries=F("tries") + 1, reserved_usd=amount or None)
            if not counted:
                raise TakenAway
        self.call.tries += 1
        self.call.reserved_usd = amount or None

    def failed(self, fault: Fault) -> None:
        spent = self.spent(fault.usage)
        if self.call.reserved_usd is not None:
            settle(self.call, spent or Decimal(0))
        if spent is not None:
            self.call.cost_usd = (self.call.cost_usd or Decimal(0)) + spent
            _own(self.call).update(cost_usd=self.call.cost_usd)

    def spent(self, usage: Usage | None) -> Decimal | None:
        """What a try cost; where the endpoint did not say, what was reserved for it."""
        if usage is None:
            return self.call.reserved_usd
        return price(self.judge, usage)


def count_tries(calls: Iterable[JudgeCall]) -> None:
    """For calls that cost nothing and are asked together."""
    JudgeCall.objects.filter(pk__in=[call.pk for call in calls]).update(tries=F("tries") + 1)


def reference_of(call: int, number: int) -> str:
    return f"call:{call}:{number}"


def settle(call: JudgeCall, spent: Decimal) -> None:
    """Replace the last try's reservation by what it cost."""
    reference = reference_of(call.pk, call.tries)
    with transaction.atomic():
        ledger.settle(call.judge.project, Unit.USD, spent, reference=reference)
        JudgeCall.objects.filter(pk=call.pk).update(reserved_usd=None)
    call.reserved_usd = None


def settle_all(calls: Any) -> None:
    """Settle calls that came back, whose row says at how much."""
    for call in calls.filter(reserved_usd__isnull=False).select_related("judge__project"):
        settle(call, call.reserved_usd)


# ----------------------------------------------------------------------------------------- answers


def view_of(call: JudgeCall) -> View:
    """The call's item as the judge is to see it."""
    completions = list(call.item.completions.all())
    return View.of(call.item, [completions[position] for position in call.shown_order])


@dataclass(frozen=True)
class Came:
    """What came of a call: a verdict or a fault, and what became of its item through it."""

    call: JudgeCall
    result: Verdict | Fault
    outcome: str = ""  # "labelled", "undecided", "failed"; empty while another order is awaited
    cost_usd: Decimal = Decimal(0)


def store(call: JudgeCall, judge: Judge, result: Verdict | Fault, *, seconds: float) -> Came:
    """Keep what came back, give the item its label or its people, then settle the bill."""
    meter = CallMeter(call, judge)
    spent = meter.spent(result.usage)
    reserved = call.reserved_usd is not None
    fields: dict[str, Any] = {
        "finished_at": timezone.now(),
        "seconds_spent": round(seconds, 3),
        "reserved_usd": (spent or Decimal(0)) if reserved else None,
        "cost_usd": spent if call.cost_usd is None else call.cost_usd + (spent or Decimal(0)),
    }
    if result.usage is not None:
        fields |= {
            "input_tokens": Coalesce(F("input_tokens"), Value(0)) + result.usage.input_tokens,
            "output_tokens": Coalesce(F("output_tokens"), Value(0)) + result.usage.output_tokens,
        }
    if isinstance(result, Fault):
        fields |= {
            "state": State.FAILED,
            "fault": storable(f"{result.code}: {result}"),
            "raw": storable_json(result.raw),
        }
    else:
        fields |= {
            "state": State.ANSWERED,
            "fault": "",
            "verdict": result.answers,
            "confidence": result.confidence,
            "raw": storable_json(result.raw),
        }
    with transaction.atomic():
        item = Item.objects.select_for_update(no_key=True).get(pk=call.item_id)
        if not _own(call).update(**fields):
            raise TakenAway
        outcome = conclude(judge, item)
    if reserved:
        settle(call, spent or Decimal(0))
    return Came(call, result, outcome, fields["cost_usd"] or Decimal(0))


def conclude(judge: Judge, item: Item) -> str:
    """What a locked item's calls add up to: its label, people instead, or nothing yet."""
    calls = list(JudgeCall.objects.filter(judge=judge, item=item).order_by("order", "sample"))
    states = {call.state for call in calls}
    if State.FAILED in states:
        _drop(call for call in calls if call.state in JudgeCall.FREE)
        _send_to_people(item, judge)
        return "failed"
    if states != {State.ANSWERED}:
        return ""
    reconciled = reconcile(judge.form.parsed, calls)
    if reconciled.answers is None:
        _send_to_people(item, judge)
        return "undecided"
    add_label(
        item,
        judge.annotator,
        reconciled.answers,
        form=judge.form,
        guidelines=judge.guidelines,
        raw=reconciled.raw,
    )
    return "labelled"


def _drop(calls: Iterable[JudgeCall]) -> None:
    """Calls that need no answer any more; those that cost something stay as what they are."""
    free = JudgeCall.objects.filter(pk__in=[call.pk for call in calls], state__in=JudgeCall.FREE)
    free.filter(tries=0).delete()
    free.update(state=State.FAILED, fault="not asked again: the other order failed")


def _send_to_people(item: Item, judge: Judge) -> None:
    """An item that waits for its judge by a policy's word is left to the policy and its budget."""
    waits = item.waits_for == Item.WaitsFor.JUDGE
    if waits and RoutingPolicy.objects.filter(project=item.project_id, active=True).exists():
        return
    if item.route == Route.JUDGE:
        others = Judge.objects.active().filter(project=item.project_id).exclude(pk=judge.pk)
        route_items({item.pk: Route.BOTH if others.exists() else Route.HUMAN})


def storable(text: str) -> str:
    """Without the characters that PostgreSQL cannot hold."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(part) for part in value]
    return value
