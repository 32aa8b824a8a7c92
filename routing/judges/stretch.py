"""Asking a judge for a stretch of time, several calls at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog
from django.db import OperationalError, connection

from annotate.ledger import BudgetReached
from routing.judges import calls as judge_calls
from routing.judges.calls import CallMeter, Came, PriceUnknown, TakenAway
from routing.judges.faults import Broken, Fault, Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from routing.judges.base import Kind, Verdict
    from routing.models import Judge, JudgeCall

log = structlog.get_logger(__name__)

BUDGET_POLL_SECONDS = 0.05


@dataclass
class Counts:
    """What a stretch of judging did. ``blocked`` says why the judge stands still."""

    answered: int = 0
    failed: int = 0
    lost: int = 0
    items: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    cost_usd: Decimal = Decimal(0)
    blocked: str = ""

    @property
    def calls(self) -> int:
        return self.answered + self.failed

    def add(self, came: Came) -> None:
        self.items[came.outcome] += bool(came.outcome)
        if isinstance(came.result, Fault):
            self.failed += 1
            self.faults[came.result.code] += 1
        else:
            self.answered += 1


class Stretch:
    """Slots that each take a call, ask, and store what came back, until something ends it."""

    def __init__(
        self,
        judge: Judge,
        kind: Kind[Any],
        *,
        seconds: float | None,
        limit: int | None,
        on_call: Callable[[Came], None] | None,
        stop: threading.Event | None,
    ) -> None:
        self.judge, self.kind = judge, kind
        self.end = None if seconds is None else time.monotonic() + seconds
        self.left = limit
        self.on_call = on_call
        self.stop = stop or threading.Event()
        self.counts = Counts()
        self.in_flight = self.short = 0  # short: of these, the calls that wait for budget
        self.endpoint_faults = 0
        self.lock = threading.Lock()

    def run(self) -> None:
        if self.judge.fault:
            self.left = 1 if self.left is None else min(self.left, 1)  # a probe
        waiting = judge_calls.waiting(self.judge).count()
        slots = min(self.kind.settings.concurrency, waiting, self.left or waiting)
        if slots <= 1:
            self.work()
        else:
            self._run_threads(slots)
        if self.counts.failed and not self.counts.answered:
            self._judge_endpoint()

    def _run_threads(self, slots: int) -> None:
        threads = [
            threading.Thread(target=self._work_in_thread, name=f"judge-{n}", daemon=True)
            for n in range(slots)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            self.stop.set()
            for thread in threads:
                thread.join(self.kind.settings.try_seconds)
            raise

    def _judge_endpoint(self) -> None:
        """When every call failed and the endpoint was to blame, the next ones would fail as well."""
        if self.endpoint_faults == self.counts.failed:
            code = self.counts.faults.most_common(1)[0][0]
            self.block(f"Every call failed ({code}); the endpoint is tried again in a while.")

    def block(self, fault: str) -> None:
        self.counts.blocked = self.counts.blocked or fault
        self.stop.set()

    def _work_in_thread(self) -> None:
        try:
            self.work()
        except Exception:
            self.stop.set()
            log.exception("judging stopped", judge=str(self.judge))
        finally:
            connection.close()

    def work(self) -> None:
        while calls := self._take():
            try:
                self._ask(calls)
            finally:
                judge_calls.let_go(calls)
                with self.lock:
                    self.in_flight -= len(calls)

    def _take(self) -> list[JudgeCall]:
        if self.stop.is_set() or (self.end is not None and time.monotonic() >= self.end):
            return []
        with self.lock:
            limit = self.kind.batch if self.left is None else min(self.kind.batch, self.left)
            if self.left is not None:
                self.left -= limit
            self.in_flight += limit
        calls = judge_calls.take(self.judge, limit=limit) if limit else []
        with self.lock:
            self.in_flight -= limit - len(calls)
            if self.left is not None:
                self.left += limit - len(calls)
        return calls

    def _ask(self, calls: list[JudgeCall]) -> None:
        meters = [CallMeter(call, self.judge) for call in calls]
        start = time.monotonic()
        try:
            results = self._results(calls, meters)
        except BudgetReached as reached:
            self._wait_for_budget(calls, reached)
        except PriceUnknown:
            judge_calls.put_back(calls)
            self.block(
                f"The price of {self.judge.model or 'the judge'} is unknown and the project has a "
                "USD budget; give its prices (0 for a free endpoint) or remove the budget."
            )
        except TakenAway:
            log.warning("judge call taken away", judge=str(self.judge))
        else:
            seconds = (time.monotonic() - start) / len(calls)
            for call, result in zip(calls, results, strict=True):
                self._store(call, result, seconds)

    def _results(
        self, calls: list[JudgeCall], meters: list[CallMeter]
    ) -> Sequence[Verdict | Fault]:
        try:
            views = [judge_calls.view_of(call) for call in calls]
            if self.kind.offline:
                judge_calls.count_tries(calls)
                return self.kind.ask_many(views, meters)
            return [self.kind.ask(views[0], meters[0])]
        except Fault as fault:
            return [fault] * len(calls)
        except (BudgetReached, PriceUnknown, TakenAway, OperationalError):
            raise
        except Exception as error:
            log.exception("asking a judge failed", judge=str(self.judge))
            return [Broken(f"{type(error).__name__}: {error}", usage=None)] * len(calls)

    def _wait_for_budget(self, calls: list[JudgeCall], reached: BudgetReached) -> None:
        """Calls on the way reserved more than they will cost: what they give back may be enough."""
        judge_calls.put_back(calls)
        with self.lock:
            self.short += len(calls)
            others = self.in_flight - self.short
        if others:
            time.sleep(BUDGET_POLL_SECONDS)
        else:
            self.block(f"{reached} Raise the budget, or wait for its next period.")
        with self.lock:
            self.short -= len(calls)

    def _store(self, call: JudgeCall, result: Verdict | Fault, seconds: float) -> None:
        if isinstance(result, Misconfigured):
            self._stand_still(call, result)
            return
        try:
            came = judge_calls.store(call, self.judge, result, seconds=seconds)
        except TakenAway:
            log.warning("judge call taken away", judge=str(self.judge))
            return
        with self.lock:
            self.counts.add(came)
            self.counts.cost_usd += came.cost_usd
            self.endpoint_faults += isinstance(result, Fault) and result.endpoint
            if self.on_call is not None:
                self.on_call(came)

    def _stand_still(self, call: JudgeCall, fault: Misconfigured) -> None:
        """Nothing is wrong with the item: its call waits until the setting is right."""
        CallMeter(call, self.judge).failed(fault)
        judge_calls.put_back([call])
        self.block(f"{fault}"[:1000])
