"""Judges at work: which calls are due, and asking them, several at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import structlog
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from annotate import audit
from annotate.jobs import beat, hint
from annotate.models import Annotation, Item, Project
from routing.judges import calls as judge_calls
from routing.judges.base import Kind, Spec
from routing.judges.freezing import freeze
from routing.judges.kinds import kind_named
from routing.judges.stretch import Counts, Stretch
from routing.models import Judge, JudgeCall

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Sequence

    from routing.judges.calls import Came

log = structlog.get_logger(__name__)

PLAN_BATCH = 1000
STRETCH_SECONDS = 8.0
RETRY_AFTER = timedelta(seconds=30)  # a judge that stands still is tried again
# Younger items are looked at again: the transaction that brings them may commit after another's.
SETTLED_AFTER = timedelta(minutes=10)


def kind_of(judge: Judge) -> Kind[Any]:
    """The judge as its kind runs it. Raises ``InvalidJudge``."""
    spec = Spec(
        questions=judge.form.parsed,
        guidelines=judge.guidelines.text if judge.guidelines else "",
        model=judge.model,
        base_url=judge.base_url,
        key_env=judge.key_env,
        prompt_version=judge.prompt_version,
        settings=judge.settings,
    )
    return kind_named(judge.kind)(spec)


# ------------------------------------------------------------------------------------- what is due


def want_items(judge: Judge, items: Sequence[int]) -> int:
    """Have the judge label items (by id), whatever their route; how many it had not been asked.

    For policies that want to hear the judge first, and wherever items are sent to judges late.
    """
    rows = (
        _without_verdict(judge)
        .filter(pk__in=items)
        .annotate(size=Count("completions"))
        .filter(size__gt=0)
        .order_by("pk")
        .values_list("pk", "size")
    )
    kind = kind_of(judge)
    calls = [
        JudgeCall(judge=judge, item_id=item, order=number, shown_order=order)
        for item, size in rows
        for number, order in enumerate(kind.orders(size))
    ]
    JudgeCall.objects.bulk_create(calls, ignore_conflicts=True, batch_size=2000)
    if calls:
        hint(judge.project_id, "judge")
    return len({call.item_id for call in calls})


def want_routed(project: Project, items: Sequence[int]) -> int:
    """Have all active judges label items that were just sent to judges."""
    return sum(want_items(judge, items) for judge in Judge.objects.active().filter(project=project))


def ask_again(judge: Judge) -> int:
    """Let calls that failed be asked once more; how many items have any."""
    failed = JudgeCall.objects.filter(judge=judge, state=JudgeCall.State.FAILED)
    items = list(failed.order_by().values_list("item", flat=True).distinct())
    audit.record("judge.ask-again", project=judge.project, target=judge, items=len(items))
    failed.update(state=JudgeCall.State.WAITING, losses=0, worker="", finished_at=None)
    kind = kind_of(judge)
    sizes = Item.objects.filter(pk__in=items).annotate(size=Count("completions"))
    JudgeCall.objects.bulk_create(
        (
            JudgeCall(judge=judge, item_id=item, order=number, shown_order=order)
            for item, size in sizes.values_list("pk", "size")
            for number, order in enumerate(kind.orders(size))
        ),
        ignore_conflicts=True,
    )
    return len(items)


def resume(judge: Judge) -> None:
    """Try a judge that stands still at once, such as after its price or a budget was changed."""
    audit.record("judge.resume", project=judge.project, target=judge, fault=judge.fault)
    Judge.objects.filter(pk=judge.pk).update(fault="", retry_at=None)
    judge.fault, judge.retry_at = "", None
    hint(judge.project_id, "judge")


def waiting_calls(judge: Judge) -> int:
    return int(judge_calls.waiting(judge).count())


def _without_verdict(judge: Judge) -> Any:
    """The project's live items that the judge has neither labelled nor been asked about."""
    labels = Annotation.objects.filter(
        item=OuterRef("pk"), annotator=judge.annotator_id, purpose=Annotation.Purpose.WORK
    )
    asked = JudgeCall.objects.filter(judge=judge, item=OuterRef("pk"))
    live = Item.objects.live()
    return live.filter(~Exists(labels), ~Exists(asked), project=judge.project_id)


def _unplanned(judge: Judge) -> Any:
    return _without_verdict(judge).for_judges().filter(pk__gt=judge.planned_to)


def plan(judge: Judge) -> int:
    """Make calls for items that are for judges and have none; how many items got theirs."""
    items = list(_unplanned(judge).order_by("pk").values_list("pk", flat=True)[:PLAN_BATCH])
    planned = want_items(judge, items)
    if len(items) < PLAN_BATCH:
        settled = Item.objects.filter(
            project=judge.project_id, created_at__lt=timezone.now() - SETTLED_AFTER
        )
        newest = settled.order_by("-pk").values_list("pk", flat=True).first() or 0
        if newest > judge.planned_to:
            judge.planned_to = newest
            Judge.objects.filter(pk=judge.pk).update(planned_to=newest)
    return planned


def plan_all(judge: Judge) -> None:
    """Make the calls for everything that is for judges at once, for those who want to know how many."""
    while plan(judge):
        pass


def want_all(judge: Judge) -> int:
    """Have the judge label every item of the project; how many it had not been asked."""
    wanted, last = 0, 0
    while items := list(
        _without_verdict(judge)
        .filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", flat=True)[:PLAN_BATCH]
    ):
        wanted += want_items(judge, items)
        last = items[-1]
    return wanted


def due_judges(project: Project | None = None) -> list[Judge]:
    """Active judges that have something to do and do not stand still."""
    judges = Judge.objects.active().filter(Q(fault="") | Q(retry_at__lte=timezone.now()))
    if project is not None:
        judges = judges.filter(project=project)
    free = JudgeCall.objects.free().filter(judge=OuterRef("pk"))
    judges = judges.annotate(waiting=Exists(free)).select_related(
        "project", "annotator", "form", "guidelines"
    )
    return [
        judge
        for judge in judges.order_by("pk")
        if cast("Any", judge).waiting
        or judge_calls.orphans(judge).exists()
        or _unplanned(judge).exists()
    ]


def projects_with_due_judges() -> Iterable[int]:
    return {judge.project_id for judge in due_judges()}


def judge_due(project: Project) -> bool:
    """Let the project's judges answer for a stretch; whether anything was done."""
    done = 0
    for judge in due_judges(project):
        counts = judge_items(judge, seconds=STRETCH_SECONDS)
        done += counts.calls + counts.lost
    return done > 0


# ------------------------------------------------------------------------------------------ asking


def judge_items(
    judge: Judge,
    *,
    seconds: float | None = None,
    limit: int | None = None,
    on_call: Callable[[Came], None] | None = None,
    stop: threading.Event | None = None,
) -> Counts:
    """Answer waiting calls until none is left, ``seconds`` are over or ``limit`` calls were made.

    Several processes may do this for one judge at the same time.
    """
    beat()
    kind = kind_of(judge)
    stretch = Stretch(judge, kind, seconds=seconds, limit=limit, on_call=on_call, stop=stop)
    stretch.counts.lost = judge_calls.recover(judge, offline=kind.offline)
    plan(judge)
    fault = kind.fault()
    if not fault and kind.needs_freezing and judge_calls.waiting(judge).exists():
        fault = freeze(judge, kind)
        stretch.kind = kind_of(judge)
    if fault:
        stretch.block(fault)
    else:
        stretch.run()
    _tell(judge, stretch.counts)
    return stretch.counts


def _tell(judge: Judge, counts: Counts) -> None:
    """Keep whether the judge works, and hint at what its labels make due."""
    if counts.blocked:
        fields = {"fault": counts.blocked, "retry_at": timezone.now() + RETRY_AFTER}
    elif judge.fault and (counts.calls or not judge_calls.waiting(judge).exists()):
        fields = {"fault": "", "retry_at": None}
    else:
        fields = {}
    if fields:
        Judge.objects.filter(pk=judge.pk).update(**fields)
        judge.fault, judge.retry_at = fields["fault"], fields["retry_at"]  # type: ignore[assignment] # as in the dict
    if counts.calls or counts.lost:
        log.info(
            "judged",
            judge=str(judge),
            project=judge.project.slug,
            answered=counts.answered,
            failed=counts.failed,
            lost=counts.lost,
        )
        for kind in ("aggregate", "route"):
            hint(judge.project_id, kind)
    if counts.blocked:
        log.warning("judge stands still", judge=str(judge), fault=counts.blocked)
