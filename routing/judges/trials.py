"""Trying a judge out: it answers about a few items, is paid up to a cap, and labels nothing.

Money is reserved before a call is sent and settled after, in the ledger like that of any call; what
a worker that died had sent stays paid.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog
from django.db import OperationalError, transaction
from django.utils import timezone

from annotate import audit, ledger
from annotate.ledger import BudgetReached
from annotate.models import Aggregate, Item, Project
from annotate.models.budgets import Unit
from routing.judges.base import InvalidJudge, Kind, Verdict, View
from routing.judges.calls import price, storable, storable_json
from routing.judges.faults import Broken, Fault, Misconfigured, Usage
from routing.judges.freezing import frozen_for
from routing.trial_models import JudgeTrial, JudgeTrialCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annotate.models import User
    from routing.models import Judge

log = structlog.get_logger(__name__)

MOST_ITEMS = 20
STRETCH_SECONDS = 8.0
State, CallState = JudgeTrial.State, JudgeTrialCall.State


class CapReached(Exception):
    """The next call might cost more than the trial may still spend."""


# --------------------------------------------------------------------------------------- starting


@transaction.atomic
def start_trial(
    judge: Judge, *, items: int, cap_usd: Decimal, user: User | None = None
) -> JudgeTrial:
    """Have a judge tried out on ``items`` of its project, those that people have labelled first.

    Raises ``InvalidJudge`` where it could not be paid for, or there is nothing to ask about.
    """
    if not 1 <= items <= MOST_ITEMS:
        raise InvalidJudge(f"A trial of {items} items; use 1 to {MOST_ITEMS}.")
    if judge.input_price_usd is None or judge.output_price_usd is None:
        raise InvalidJudge(
            f"The prices of {judge} are unknown, so that no cap could be kept; set them first "
            "(0 for a free endpoint)."
        )
    chosen = _some_items(judge, items)
    if not chosen:
        raise InvalidJudge("The project has no item to ask about; import some first.")
    trial = JudgeTrial.objects.create(
        project=judge.project, judge=judge, user=user, cap_usd=cap_usd
    )
    kind = _kind(judge)
    JudgeTrialCall.objects.bulk_create(
        JudgeTrialCall(trial=trial, item=item, order=number, shown_order=order)
        for item in chosen
        for number, order in enumerate(kind.orders(len(item.completions.all())))
    )
    audit.record(
        "judge.trial",
        project=judge.project,
        target=trial,
        by=user,
        items=len(chosen),
        cap_usd=str(cap_usd),
    )
    from annotate.jobs import hint

    hint(judge.project_id, "trial")
    return trial


def _some_items(judge: Judge, wanted: int) -> list[Item]:
    """At random; where people have labelled, the judge's answer can be held against theirs."""
    live = Item.objects.live().filter(project=judge.project_id, completions__position=0)
    by_people = Aggregate.objects.filter(
        project=judge.project_id, source=Aggregate.Source.PEOPLE
    ).values("item")
    found: list[Item] = []
    for rows in (live.filter(pk__in=by_people), live):
        missing = wanted - len(found)
        others = rows.exclude(pk__in=[item.pk for item in found])
        found += others.order_by("?").prefetch_related("completions")[:missing]
    return sorted(found, key=lambda item: item.pk)


def _kind(judge: Judge) -> Kind[Any]:
    from routing.judging import kind_of

    return kind_of(judge)


# ---------------------------------------------------------------------------------------- running


def due_projects() -> Iterable[int]:
    waiting = JudgeTrial.objects.filter(state__in=JudgeTrial.OPEN)
    return waiting.values_list("project_id", flat=True).distinct()


def go_on(project: Project) -> bool:
    """Ask for a stretch for the project's oldest open trial; whether there was one.

    One job a project does this at a time: what is ``asked`` here was left by one that died.
    """
    trials = JudgeTrial.objects.filter(project=project, state__in=JudgeTrial.OPEN)
    rows = trials.select_related("project", "judge__annotator", "judge__form", "judge__guidelines")
    trial = rows.order_by("pk").first()
    if trial is None:
        return False
    trial.judge.project = trial.project
    JudgeTrial.objects.filter(pk=trial.pk).update(state=State.RUNNING)
    _give_up_lost(trial)
    try:
        _ask_for_a_stretch(trial)
    except CapReached:
        _close(trial, State.STOPPED, f"The cap of {trial.cap_usd.normalize():f} USD is reached.")
    except BudgetReached as reached:
        _close(trial, State.STOPPED, f"{reached} Raise the budget, or wait for its next period.")
    except Misconfigured as fault:
        _close(trial, State.STOPPED, str(fault))
    return True


def _give_up_lost(trial: JudgeTrial) -> None:
    """What was in flight may have been charged: its reservation counts as spent."""
    for call in trial.calls.filter(state=CallState.ASKED):
        _update(
            call,
            state=CallState.LOST,
            cost_usd=call.cost_usd + (call.reserved_usd or Decimal(0)),
            reserved_usd=None,
            fault="lost: the process that asked was killed; it counts as paid",
        )


def _ask_for_a_stretch(trial: JudgeTrial) -> None:
    end = time.monotonic() + STRETCH_SECONDS
    waiting = trial.calls.filter(state=CallState.WAITING).order_by("item_id", "order")
    calls = list(waiting.select_related("item").prefetch_related("item__completions"))
    kind = _ready(trial.judge) if calls else None
    for call in calls:
        if time.monotonic() > end or kind is None:
            return
        _ask(trial, call, kind)
    _close(trial, State.DONE)


def _ready(judge: Judge) -> Kind[Any]:
    """The judge's kind, its scale computed for now: trying out freezes nothing. Raises ``Fault``."""
    kind = _kind(judge)
    if fault := kind.fault():
        raise Misconfigured(fault)
    if kind.needs_freezing:
        judge.settings = {**judge.settings, "frozen": frozen_for(judge, kind)}
        kind = _kind(judge)
    return kind


def _ask(trial: JudgeTrial, call: JudgeTrialCall, kind: Kind[Any]) -> None:
    meter, start = TrialMeter(trial, call), time.monotonic()
    try:
        result = _result(call, kind, meter)
    except (CapReached, BudgetReached):
        _update(call, state=CallState.WAITING if not call.tries else CallState.FAILED)
        raise
    if isinstance(result, Misconfigured):
        meter.settle(result.usage)
        _update(call, state=CallState.FAILED, fault=storable(f"{result.code}: {result}"))
        raise result
    meter.settle(result.usage)
    _keep(call, result, seconds=time.monotonic() - start)


def _result(call: JudgeTrialCall, kind: Kind[Any], meter: TrialMeter) -> Verdict | Fault:
    try:
        if kind.offline:
            _update(call, tries=1)
            return kind.ask_many([view_of(call)], [meter])[0]
        return kind.ask(view_of(call), meter)
    except Fault as fault:
        return fault
    except (CapReached, BudgetReached, OperationalError):
        raise
    except Exception as error:
        log.exception("trying a judge failed", judge=str(call.trial.judge))
        return Broken(f"{type(error).__name__}: {error}", usage=None)


def view_of(call: JudgeTrialCall) -> View:
    """The call's item as the judge is to see it."""
    completions = list(call.item.completions.all())
    return View.of(call.item, [completions[position] for position in call.shown_order])


def _keep(call: JudgeTrialCall, result: Verdict | Fault, *, seconds: float) -> None:
    tokens = result.usage
    fields: dict[str, Any] = {
        "seconds_spent": round(seconds, 3),
        "raw": storable_json(result.raw),
        "input_tokens": tokens.input_tokens if tokens else None,
        "output_tokens": tokens.output_tokens if tokens else None,
    }
    if isinstance(result, Fault):
        fields |= {"state": CallState.FAILED, "fault": storable(f"{result.code}: {result}")}
    else:
        fields |= {
            "state": CallState.ANSWERED,
            "verdict": result.answers,
            "confidence": result.confidence,
        }
    _update(call, **fields)


def _close(trial: JudgeTrial, state: str, fault: str = "") -> None:
    JudgeTrial.objects.filter(pk=trial.pk).update(
        state=state, fault=fault, finished_at=timezone.now()
    )
    trial.state, trial.fault = state, fault


def _update(call: JudgeTrialCall, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(call, name, value)
    call.save(update_fields=list(fields))


# ------------------------------------------------------------------------------------------ money


class TrialMeter:
    """Pays for each try of a call: reserves what it costs at most, within budget and cap."""

    def __init__(self, trial: JudgeTrial, call: JudgeTrialCall) -> None:
        self.trial, self.call, self.judge = trial, call, trial.judge

    def begin(self, most: Usage) -> None:
        """Raises ``CapReached`` and ``BudgetReached``; then nothing is sent."""
        amount = price(self.judge, most)
        if amount is None:
            raise Misconfigured("The judge's prices are unknown; set them first.")
        with transaction.atomic():
            if amount:
                self._reserve(amount)
            _update(
                self.call,
                state=CallState.ASKED,
                tries=self.call.tries + 1,
                reserved_usd=amount or None,
            )

    def _reserve(self, amount: Decimal) -> None:
        if spent_by(self.trial) + amount > self.trial.cap_usd:
            raise CapReached
        ledger.reserve(
            self.trial.project,
            Unit.USD,
            amount,
            reference=self._reference(self.call.tries + 1),
            annotator=self.judge.annotator,
        )

    def failed(self, fault: Fault) -> None:
        self.settle(fault.usage)

    def settle(self, usage: Usage | None) -> None:
        """Replace the last reservation by what the try cost; all of it where nobody said."""
        reserved = self.call.reserved_usd
        if reserved is None:
            return
        spent = reserved if usage is None else price(self.judge, usage) or Decimal(0)
        with transaction.atomic():
            ledger.settle(
                self.trial.project, Unit.USD, spent, reference=self._reference(self.call.tries)
            )
            _update(self.call, reserved_usd=None, cost_usd=self.call.cost_usd + spent)

    def _reference(self, number: int) -> str:
        """Among the calls of judges, beside those of work."""
        return f"call:trial-{self.call.pk}:{number}"


def spent_by(trial: JudgeTrial) -> Decimal:
    """What a trial has paid, and what it has reserved."""
    costs: Sequence[tuple[Decimal, Decimal | None]] = list(
        trial.calls.values_list("cost_usd", "reserved_usd")
    )
    return sum((cost + (reserved or Decimal(0)) for cost, reserved in costs), Decimal(0))
