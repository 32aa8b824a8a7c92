"""Background jobs: what is due is a row; a hint on the queue only says where to look.

A job kind names the projects in which something is due and does a part of it. A sweep sends a hint
for every due project that has none on the way, so a lost hint, a killed worker or an emptied queue
costs seconds and never work. Jobs take rows in batches with SKIP LOCKED and may run twice.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from annotate import audit, disputes, eligibility
from annotate.aggregation import aggregate_stale
from annotate.aggregation.comparing import compare
from annotate.aggregation.fitting import fit_is_due, fit_project
from annotate.agreement import compute_agreement
from annotate.assignment import expire_overdue
from annotate.form_versions import follow_form
from annotate.models import Hint, Item, Project, Transfer, Watermark, Worker
from annotate.quality import report
from annotate.searching import index_texts, projects_to_index
from annotate.tallies import folding
from annotate.tallies.items import keep_count

log = structlog.get_logger(__name__)

HINT_LIFE = timedelta(seconds=30)  # a hint unanswered for so long is taken for lost
STRETCH_SECONDS = 20.0  # a job gives its place in the queue back after so long
LONGEST_WAIT_SECONDS = 300.0
BUSY_SECONDS = 2.0  # until a slow job that found no place tries again
HEARTBEAT_SECONDS = 10.0


@dataclass(frozen=True)
class JobKind:
    """``due`` gives ids of projects with work; ``run`` does a part and says whether any was done.

    ``slow`` jobs leave a process of each worker to the others.
    """

    name: str
    due: Callable[[], Iterable[int]]
    run: Callable[[Project], bool]
    slow: bool = False


KINDS: dict[str, JobKind] = {}


def job(
    name: str, *, due: Callable[[], Iterable[int]], slow: bool = False
) -> Callable[[Callable[[Project], bool]], Callable[[Project], bool]]:
    """Register a function as the job ``name``, wanted in the projects that ``due`` lists."""

    def register(run: Callable[[Project], bool]) -> Callable[[Project], bool]:
        KINDS[name] = JobKind(name, due, run, slow)
        return run

    return register


def hint(project_id: int, kind: str) -> bool:
    """Send a hint unless one is on its way, runs, or waits after a fault; whether it was sent.

    Call it wherever work becomes due, to have it done at once rather than at the next sweep.
    """
    now = timezone.now()
    Hint.objects.bulk_create([Hint(project_id=project_id, kind=kind)], ignore_conflicts=True)
    alive = Worker.objects.alive().values("name")
    idle = Q(queued_at__isnull=True) | Q(queued_at__lt=now - HINT_LIFE)
    waiting = Q(started_at__isnull=True) | ~Q(worker__in=alive)
    sent = (
        Hint.objects.filter(idle, waiting, project_id=project_id, kind=kind)
        .exclude(not_before__gt=now)
        .update(queued_at=now)
    )
    if sent:
        run_job.delay_on_commit(kind, project_id)  # type: ignore[attr-defined]  # the stubs lack it
    return bool(sent)


def ask(project_id: int, kind: str) -> bool:
    """Have a job run once though nothing is due; kept as a row until it has, whatever dies.

    False when it runs already, or waits after a fault.
    """
    Hint.objects.update_or_create(project_id=project_id, kind=kind, defaults={"wanted": True})
    return hint(project_id, kind)


def due_projects(kind: JobKind) -> set[int]:
    """Projects in which the job has something to do, or was asked for."""
    asked = Hint.objects.filter(kind=kind.name, wanted=True).values_list("project_id", flat=True)
    return {*kind.due(), *asked}


@shared_task(name="annotate.sweep", expires=5)
def sweep() -> int:
    """Hint at everything that is due and take overdue leases back; how many hints were sent."""
    expire_overdue()
    return sum(
        hint(project, kind.name) for kind in KINDS.values() for project in due_projects(kind)
    )


@shared_task(name="annotate.run_job")
def run_job(kind: str, project_id: int) -> None:
    """Do one project's due work of one kind for a stretch of time."""
    beat()
    job_kind, project = KINDS[kind], Project.objects.filter(pk=project_id).first()
    if project is None:
        return
    with ExitStack() as held:
        if not held.enter_context(_lock(kind, project_id)):
            return
        if job_kind.slow and not _take_slow_place(held):
            again = timezone.now() + timedelta(seconds=BUSY_SECONDS)
            project.hints.filter(kind=kind).update(queued_at=None, not_before=again)
            return
        started = {"started_at": timezone.now(), "worker": worker_name(), "queued_at": None}
        Hint.objects.update_or_create(project=project, kind=kind, defaults=started)
        _run_for_a_stretch(job_kind, project)
    if project_id in due_projects(job_kind):
        hint(project_id, kind)


def _run_for_a_stretch(kind: JobKind, project: Project) -> None:
    own = Hint.objects.filter(project=project, kind=kind.name)
    end = time.monotonic() + STRETCH_SECONDS
    try:
        while _work(kind, project) and time.monotonic() < end:
            pass
    except Exception as error:
        log.exception("job failed", kind=kind.name, project=project.slug)
        failures = own.values_list("failures", flat=True).get() + 1
        own.update(
            started_at=None,
            failures=failures,
            fault=f"{type(error).__name__}: {error}",
            not_before=timezone.now() + timedelta(seconds=min(2.0**failures, LONGEST_WAIT_SECONDS)),
        )
    else:
        own.update(started_at=None, wanted=False, failures=0, fault="", not_before=None)


def _work(kind: JobKind, project: Project) -> bool:
    with audit.acting(audit.WORKER):
        return kind.run(project)


@contextmanager
def _lock(name: str, number: int) -> Iterator[bool]:
    """Whether it was free. A lock of the session: it goes with the connection of a dead worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [name, number])
        free = bool(cursor.fetchone()[0])
    try:
        yield free
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [name, number])


def _take_slow_place(held: ExitStack) -> bool:
    """One of the places that slow jobs have in this worker: all its processes but one."""
    worker = f"slow:{socket.gethostname()}:{os.getppid()}"
    places = range(max(1, settings.WORKER_PROCESSES - 1))
    return any(held.enter_context(_lock(worker, place)) for place in places)


# ------------------------------------------------------------------------------------- heartbeats

_heart: tuple[int, threading.Thread] | None = None


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def beat() -> None:
    """Begin this process's heartbeat, if it has none; it goes on in a thread of its own."""
    global _heart  # one heart a process, and a fork has none of its parent's
    _pulse()
    if _heart is None or _heart[0] != os.getpid() or not _heart[1].is_alive():
        thread = threading.Thread(target=_go_on, name="heartbeat", daemon=True)
        _heart = (os.getpid(), thread)
        thread.start()


def _pulse() -> None:
    Worker.objects.update_or_create(name=worker_name(), defaults={"seen_at": timezone.now()})


def _go_on() -> None:
    while True:
        time.sleep(HEARTBEAT_SECONDS)
        try:
            _pulse()
        except Exception:
            log.warning("heartbeat failed", exc_info=True)
        finally:
            connection.close()


# ------------------------------------------------------------------------- this application's jobs


def stale_projects() -> Iterable[int]:
    return (
        Item.objects.stale().order_by("project_id").values_list("project_id", flat=True).distinct()
    )


@job("aggregate", due=stale_projects)
def aggregate(project: Project) -> bool:
    done = aggregate_stale(project) > 0
    if not done and fit_is_due(project):
        ask(project.pk, "fit-annotators")
    if not done and project.dispute_overlap is not None:
        ask(project.pk, "disputes")
    return done


@job("disputes", due=lambda: ())
def settle_disputes(project: Project) -> bool:
    """Asked for once labels are added up, and when the setting changes."""
    disputes.want_more(project)
    return False


@job("fit-annotators", due=lambda: (), slow=True)
def fit_annotators(project: Project) -> bool:
    """Asked for when labels have grown enough, or a method was chosen."""
    fit_project(project)
    return False


@job("compare-methods", due=lambda: (), slow=True)
def compare_methods(project: Project) -> bool:
    """Asked for on the page about aggregation."""
    compare(project)
    return False


def projects_with_transfers() -> Iterable[int]:
    waiting = Transfer.objects.filter(state__in=(Transfer.State.WAITING, Transfer.State.RUNNING))
    return waiting.values_list("project_id", flat=True).distinct()


@job("transfer", due=projects_with_transfers)
def transfer(project: Project) -> bool:
    from annotate.transfers import go_on  # which hints at this job

    return go_on(project)


@job("index-texts", due=projects_to_index, slow=True)
def read_texts(project: Project) -> bool:
    return index_texts(project) > 0


@job("form", due=lambda: ())
def form(project: Project) -> bool:
    """Asked for when questions come or go."""
    follow_form(project)
    return False


@job("eligibility", due=lambda: ())
def follow_queues(project: Project) -> bool:
    """Asked for when items ask for tags that none asked for before."""
    eligibility.refresh(project)
    return False


@job("agreement", due=lambda: (), slow=True)
def agreement(project: Project) -> bool:
    """Asked for by pages of large projects."""
    compute_agreement(project)
    return False


@job("quality", due=report.due_projects, slow=True)
def quality(project: Project) -> bool:
    report.refresh(project)
    return False


# ---------------------------------------------------------------------------------- kept sums


@job("fold-labels", due=partial(folding.due_projects, Watermark.Kind.LABELS))
def fold_labels(project: Project) -> bool:
    return folding.fold(project, Watermark.Kind.LABELS)


@job("fold-ledger", due=partial(folding.due_projects, Watermark.Kind.LEDGER))
def fold_ledger(project: Project) -> bool:
    return folding.fold(project, Watermark.Kind.LEDGER)


@job("count-items", due=lambda: ())
def count_items(project: Project) -> bool:
    """Asked for by the first page of a large project when its count has grown old."""
    keep_count(project)
    return False
