"""What becomes of a claim: submitted, skipped, let go, expired; and undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils import timezone
from psycopg.types.json import Jsonb

from annotate import ledger
from annotate.assignment.offering import offer_anew
from annotate.assignment.refusals import BudgetSpent, LeaseLost, NothingToUndo
from annotate.models import Annotation, Assignment, Item, Membership, Project
from annotate.models.budgets import Unit
from annotate.questions import Answers
from annotate.rows import Columns, fetch


@dataclass(frozen=True)
class Timing:
    """Seconds that an answer took: at work, with the page in focus, and by the clock."""

    active: float | None = None
    focused: float | None = None
    wall: float | None = None


# Of the item only what handing out work is about.
_ITEM = Columns(
    Item, "item", only=("id", "project_id", "overlap", "seats_left", "stale", "waits_for")
)
_ASSIGNMENT = Columns(Assignment, "lent")
_ANNOTATION = Columns(Annotation, "stored")
_LOCK_ITEM = f"SELECT {_ITEM.sql} FROM annotate_item AS item WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608  # made of constants
_LOCK_ASSIGNMENT = (
    f"SELECT {_ASSIGNMENT.sql} FROM annotate_assignment AS lent WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608  # likewise
)
# An answer, its assignment closed and its item marked, in one round trip; both rows are locked.
_STORE = f"""
    WITH closed AS (
        UPDATE annotate_assignment SET state = 'submitted', closed_at = %(now)s
        WHERE id = %(assignment)s
    ), marked AS (
        UPDATE annotate_item SET stale = stale OR %(purpose)s = 'work',
            seats_left = seats_left - %(seats)s
        WHERE id = %(item)s
    )
    INSERT INTO annotate_annotation AS stored (
        project_id, item_id, annotator_id, assignment_id, purpose, attempt, supersedes_id, answers,
        form_id, guidelines_id, key, "order", suggestions, active_seconds, focused_seconds,
        wall_seconds, raw, reason, created_at)
    VALUES (
        %(project)s, %(item)s, %(annotator)s, %(assignment)s, %(purpose)s, 1, %(supersedes)s,
        %(answers)s, %(form)s, %(guidelines)s, %(key)s, %(order)s::smallint[], %(suggestions)s,
        %(active)s, %(focused)s, %(wall)s, NULL, '', %(now)s)
    RETURNING {_ANNOTATION.sql}
"""  # noqa: S608  # likewise


def _lock_pair(assignment: Assignment) -> tuple[Item, Assignment]:
    """Both anew, the item first."""
    [item] = fetch(_LOCK_ITEM, [assignment.item_id])
    [lent] = fetch(_LOCK_ASSIGNMENT, [assignment.pk])
    return _ITEM.instance(item), _ASSIGNMENT.instance(lent)


@transaction.atomic
def submit(
    assignment: Assignment,
    answers: Answers,
    *,
    key: str,
    timing: Timing | None = None,
    suggestions: Any = None,
) -> Annotation:
    """Store ``answers`` (the item's own order) once; a repeat with ``key`` gives the first back.

    Item before assignment, as everywhere: of two tabs one waits and then sees the other's result.
    A lease that ran out is taken up again while a seat is left. Raises ``LeaseLost`` when the seat
    has gone to somebody else, when the item was archived, or when ``key`` is not of this turn of
    the assignment; ``BudgetSpent`` when its pay has gone to others with the lease.
    """
    timing, project = timing or Timing(), assignment.project
    item, assignment = _lock_pair(assignment)
    earlier: dict[str, Annotation] = {}
    if assignment.undos or assignment.state != Assignment.State.OPEN:  # else this is the first
        earlier = {each.key: each for each in assignment.annotations.order_by("pk")}
    if (stored := earlier.get(key)) is not None:
        return stored
    expired = assignment.state == Assignment.State.EXPIRED
    takes_seat = expired and assignment.purpose == Assignment.Purpose.WORK
    is_test = assignment.purpose == Assignment.Purpose.QUALIFICATION  # answered by ``answer_test``
    if (
        is_test
        or key != assignment.key
        or not (
            assignment.state == Assignment.State.OPEN
            or (expired and not item.archived and (item.seats_left or not takes_seat))
        )
    ):
        raise LeaseLost(assignment)
    if expired and assignment.pay_usd:
        _hold_again(item, assignment, project)
    before = next(reversed(earlier.values()), None)
    annotation = _store(
        assignment,
        seats=int(takes_seat),
        supersedes=before,
        answers=answers,
        key=key,
        timing=timing,
        suggestions=suggestions,
    )
    annotation.project, annotation.item = project, item
    if assignment.purpose == Assignment.Purpose.PLANTED and project.gold_pass is not None:
        transaction.on_commit(partial(_check_gold, project, assignment.annotator_id), robust=True)
    if before is None and (project.pay_per_label_usd or assignment.pay_usd):
        ledger.pay(annotation, assignment)
    return annotation


def _check_gold(project: Project, annotator: int) -> None:
    """Once no item is locked any more: a pause locks the member."""
    from annotate.gold_checks import check  # members build on assignments

    check(project, annotator)


def _store(
    assignment: Assignment,
    *,
    seats: int,
    supersedes: Annotation | None,
    answers: Answers,
    key: str,
    timing: Timing,
    suggestions: Any,
) -> Annotation:
    """Add the answers; ``seats`` more of the item are taken."""
    [row] = fetch(
        _STORE,
        {
            "now": timezone.now(),
            "assignment": assignment.pk,
            "purpose": assignment.purpose,
            "seats": seats,
            "project": assignment.project_id,
            "item": assignment.item_id,
            "annotator": assignment.annotator_id,
            "supersedes": supersedes and supersedes.pk,
            "answers": Jsonb(answers),
            "form": assignment.form_id,
            "guidelines": assignment.guidelines_id,
            "key": key,
            "order": assignment.order,
            "suggestions": None if suggestions is None else Jsonb(suggestions),
            "active": timing.active,
            "focused": timing.focused,
            "wall": timing.wall,
        },
    )
    return _ANNOTATION.instance(row)


def _hold_again(item: Item, assignment: Assignment, project: Project) -> None:
    """What was held for the pay went back when the lease ran out. Raises ``BudgetSpent``."""
    assignment.item, assignment.project = item, project
    if project.budgets.filter(unit=Unit.USD).exists():
        try:
            ledger.hold(assignment)
        except ledger.BudgetReached as reached:
            raise BudgetSpent from reached


def _close(assignment: Assignment, state: Assignment.State) -> None:
    assignment.state, assignment.closed_at = state, timezone.now()
    assignment.save(update_fields=["state", "closed_at"])


def _give_back(assignment: Assignment, state: Assignment.State) -> None:
    """Close without an answer: the seat comes back, unless an undone annotation still stands."""
    if assignment.annotations.exists():
        _close(assignment, Assignment.State.SUBMITTED)
        return
    ledger.let_go(assignment)
    _close(assignment, state)
    if assignment.purpose == Assignment.Purpose.WORK:  # nothing else takes a seat
        offer_anew(assignment.item_id)


@transaction.atomic
def skip(assignment: Assignment) -> None:
    """Return the seat and hide the item from this annotator. A repeat changes nothing.

    Nor does skipping an item of a test, which would leave only those that one knows.
    """
    _, assignment = _lock_pair(assignment)
    if assignment.purpose == Assignment.Purpose.QUALIFICATION:
        return
    if assignment.state == Assignment.State.OPEN:
        _give_back(assignment, Assignment.State.SKIPPED)


@transaction.atomic
def release(assignment: Assignment) -> None:
    """Return the seat without hiding the item."""
    _, assignment = _lock_pair(assignment)
    if assignment.state == Assignment.State.OPEN:
        _give_back(assignment, Assignment.State.EXPIRED)


def let_go(items: Sequence[int]) -> None:
    """Take items (by id), which the caller's transaction has locked, from whoever has them open."""
    lent = Assignment.objects.open().filter(item__in=items).order_by("item_id", "pk")
    for assignment in lent.select_for_update(no_key=True):
        _give_back(assignment, Assignment.State.EXPIRED)


def renew(assignment: Assignment) -> datetime | None:
    """Lengthen an open lease; its new end, or None when it is no longer open."""
    expires_at = timezone.now() + timedelta(seconds=assignment.project.lease_seconds)
    longer = Greatest("expires_at", Value(expires_at))  # a test's items wait for much longer
    renewed = Assignment.objects.open().filter(pk=assignment.pk).update(expires_at=longer)
    return expires_at if renewed else None


def save_draft(assignment: Assignment, draft: dict[str, Any]) -> None:
    """Keep what is filled in (form fields, as shown), whatever the lease's state."""
    Assignment.objects.filter(pk=assignment.pk).update(draft=draft)


def expire_overdue(*, limit: int = 500) -> int:
    """Take overdue leases back, each in a transaction of its own; how many were."""
    overdue = Assignment.objects.overdue().order_by("expires_at")[:limit]
    return sum(_expire(assignment) for assignment in overdue)


@transaction.atomic
def _expire(assignment: Assignment) -> bool:
    _, assignment = _lock_pair(assignment)
    if assignment.may_submit or assignment.state != Assignment.State.OPEN:
        return False
    _give_back(assignment, Assignment.State.EXPIRED)
    return True


def undo(membership: Membership) -> Assignment:
    """Reopen the member's last submission, its seat kept; what was open is let go, not hidden.

    Raises ``NothingToUndo`` when the last one is older than the project allows.
    """
    annotator = membership.user.annotator_or_new
    own = annotator.assignments.filter(project=membership.project_id).handed_out()
    since = timezone.now() - timedelta(seconds=membership.project.undo_seconds)
    last = own.filter(state=Assignment.State.SUBMITTED, closed_at__gte=since)
    assignment = last.order_by("-closed_at", "-pk").first()
    if assignment is None:
        raise NothingToUndo
    for other in own.open():
        release(other)
    with transaction.atomic():
        Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
        _, assignment = _lock_pair(assignment)
        if assignment.state != Assignment.State.SUBMITTED:
            return assignment
        assignment.state, assignment.closed_at = Assignment.State.OPEN, None
        assignment.undos += 1
        assignment.opened_at = timezone.now()
        assignment.expires_at = assignment.opened_at + timedelta(
            seconds=membership.project.lease_seconds
        )
        assignment.save(update_fields=["state", "closed_at", "undos", "opened_at", "expires_at"])
        return assignment
