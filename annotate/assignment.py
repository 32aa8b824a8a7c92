"""Handing out work: claim, renew, submit, skip, expire and undo.

Locks go membership → item → assignment, all ``FOR NO KEY UPDATE``; nobody locks another's
membership, and no transaction waits for an item while it holds a different one. A claim costs the
same in a project of ten items and of a million: what is free is read from the item's own columns
through the partial index of open items, from a cursor that only moves on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotate import ledger
from annotate.models import Annotation, Assignment, Cursor, Item, Membership
from annotate.questions import Answers

ROUNDS = 50  # claims that lost every row to others start again; more than this is a fault


class LeaseLost(Exception):
    """The lease ran out and the seat has gone to somebody else."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__("The time for this item ran out and somebody else has taken it.")
        self.assignment = assignment


class MemberPaused(Exception):
    """The member is given no items for now; the message is for the member."""

    def __init__(self, membership: Membership) -> None:
        super().__init__(membership.paused_reason or "Your work in this project is paused.")
        self.membership = membership


class NothingToUndo(Exception):
    """No submission of this member is recent enough to be taken back."""


@dataclass(frozen=True)
class Timing:
    """Seconds that an answer took: at work, with the page in focus, and by the clock."""

    active: float | None = None
    focused: float | None = None
    wall: float | None = None


# --------------------------------------------------------------------------------------- claiming

_FREE = """
    item.project_id = %(project)s AND item.seats_left > 0 AND item.route IN ('human', 'both')
    AND NOT EXISTS (
        SELECT 1 FROM annotate_assignment AS own
        WHERE own.item_id = item.id AND own.annotator_id = %(annotator)s AND own.state <> 'expired')
    AND NOT EXISTS (
        SELECT 1 FROM annotate_annotation AS label
        WHERE label.item_id = item.id AND label.annotator_id = %(annotator)s
        AND label.purpose = 'work' AND label.supersedes_id IS NULL)
"""
_AHEAD = f"""
    SELECT item.id, item.rank FROM annotate_item AS item
    WHERE {_FREE} AND item.queue = %(queue)s AND (item.rank, item.id) >= (%(rank)s, %(id)s)
    ORDER BY item.rank, item.id LIMIT 1
"""  # noqa: S608  # made of constants
_RETURNED = f"""
    SELECT item.id, item.returned FROM annotate_item AS item
    WHERE {_FREE} AND item.returned > %(mark)s AND item.queue = ANY(%(queues)s)
    ORDER BY item.returned LIMIT 1
"""  # noqa: S608  # made of constants
_HIGHEST = """
    SELECT max(returned) FROM annotate_item WHERE project_id = %(project)s
    AND returned > %(mark)s AND seats_left > 0 AND route IN ('human', 'both')
"""
_LOCK = " FOR NO KEY UPDATE OF item SKIP LOCKED"
_THIS = f"SELECT item.id FROM annotate_item AS item WHERE {_FREE} AND item.id = %(id)s"  # noqa: S608  # likewise
_MEMBER = """
    SELECT member.ranking, member.returned_mark, member.queues,
        project.ranking, project.lease_seconds, member.paused_at IS NOT NULL
    FROM annotate_membership AS member
    JOIN annotate_project AS project ON project.id = member.project_id
    WHERE member.id = %s FOR NO KEY UPDATE OF member
"""
_RENEW = """
    UPDATE annotate_assignment SET expires_at = %(expires_at)s
    WHERE state = 'open' AND id = (
        SELECT id FROM annotate_assignment
        WHERE annotator_id = %(annotator)s AND project_id = %(project)s AND state = 'open'
        AND id <> %(besides)s ORDER BY opened_at, id LIMIT 1)
    RETURNING id
"""
_START = (float("-inf"), 0)


@dataclass
class _Member:
    """The locked membership while one claim runs, with the parameters of its queries."""

    membership: Membership
    annotator: int
    ranking: int
    mark: int
    queues: list[str]
    lease: timedelta
    paused: bool
    cursors: dict[str, tuple[float, int]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)

    def parameters(self, **more: Any) -> dict[str, Any]:
        return {"project": self.membership.project_id, "annotator": self.annotator, **more}

    def cursor(self, queue: str) -> tuple[float, int]:
        return self.cursors.get(queue, _START)

    def move(self, queue: str, place: tuple[float, int]) -> None:
        if self.cursor(queue) != place:
            self.cursors[queue] = place
            self.moved.add(queue)


def claim(membership: Membership, *, besides: Assignment | None = None) -> Assignment | None:
    """The member's open assignment, renewed, or a new one; None when nothing is left.

    ``besides`` is an assignment being worked on: another one is prefetched, at most two are open.
    Raises ``MemberPaused``, but lets a paused member finish what is open.
    """
    annotator = membership.user.annotator_or_new.pk
    busy: int | None = None
    for _ in range(ROUNDS):
        with transaction.atomic():
            member = _lock(membership, annotator)
            if (own := _renew_own(member, besides)) is not None:
                return own
            if member.paused:
                membership.refresh_from_db(fields=["paused_at", "paused_reason"])
                raise MemberPaused(membership)
            item, busy = (_wait_for(member, busy), None) if busy else _find(member)
            _remember(member)
            if item is not None:
                return _assign(member, item)
        if busy is None:
            return None
    raise RuntimeError(f"No item could be locked in {ROUNDS} rounds; is a transaction stuck?")


def _rows(query: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _lock(membership: Membership, annotator: int) -> _Member:
    [(ranking, mark, queues, newest, lease, paused)] = _rows(_MEMBER, [membership.pk])
    member = _Member(membership, annotator, newest, mark, queues, timedelta(seconds=lease), paused)
    if ranking == newest:
        member.cursors = {
            cursor.queue: (cursor.rank, cursor.item_id) for cursor in membership.cursors.all()
        }
    else:
        membership.cursors.all().delete()
        Membership.objects.filter(pk=membership.pk).update(ranking=newest)
    return member


def _renew_own(member: _Member, besides: Assignment | None) -> Assignment | None:
    parameters = member.parameters(
        expires_at=timezone.now() + member.lease, besides=besides.pk if besides else 0
    )
    renewed = _rows(_RENEW, parameters)
    return Assignment.objects.select_related("item").get(pk=renewed[0][0]) if renewed else None


def _find(member: _Member) -> tuple[int | None, int | None]:
    """The id of an item, now locked; or that of one that is free but locked by somebody else."""
    taken, busy = _find_returned(member)
    if taken is not None:
        return taken, None
    fresh = all(member.cursor(queue) == _START for queue in member.queues)
    taken, locked = _find_ahead(member)
    if taken is None and locked is None and not fresh:
        for queue in member.queues:
            member.move(queue, _START)
        taken, locked = _find_ahead(member)
    return taken, None if taken is not None else (busy or locked)


def _find_returned(member: _Member) -> tuple[int | None, int | None]:
    parameters = member.parameters(mark=member.mark, queues=member.queues)
    [(highest,)] = _rows(_HIGHEST, parameters)
    if highest is None:
        return None, None
    free = _rows(_RETURNED, parameters)
    if not free:
        member.mark = highest
        return None, None
    member.mark = free[0][1] - 1
    taken = _rows(_RETURNED + _LOCK, parameters)
    return (taken[0][0], None) if taken else (None, free[0][0])


def _find_ahead(member: _Member) -> tuple[int | None, int | None]:
    """The least rank over the member's queues, at or after each queue's cursor."""
    heads = []
    for queue in member.queues:
        if free := _rows(_AHEAD, _at(member, queue)):
            [(item, rank)] = free
            member.move(queue, (rank, item))
            heads.append((rank, item, queue))
    for _, _, queue in sorted(heads):
        if taken := _rows(_AHEAD + _LOCK, _at(member, queue)):
            return taken[0][0], None
    return None, min(heads)[1] if heads else None


def _at(member: _Member, queue: str) -> dict[str, Any]:
    rank, item = member.cursor(queue)
    return member.parameters(queue=queue, rank=rank, id=item)


def _wait_for(member: _Member, item: int) -> int | None:
    """Wait in line for one row, no other item being locked; None when it is gone by then."""
    taken = _rows(f"{_THIS} FOR NO KEY UPDATE OF item", member.parameters(id=item))
    return taken[0][0] if taken else None


def _remember(member: _Member) -> None:
    membership = member.membership
    if member.mark != membership.returned_mark:
        Membership.objects.filter(pk=membership.pk).update(returned_mark=member.mark)
        membership.returned_mark = member.mark
    moved = []
    for queue in member.moved:
        rank, item = member.cursor(queue)
        moved.append(Cursor(membership=membership, queue=queue, rank=rank, item_id=item))
    Cursor.objects.bulk_create(
        moved,
        update_conflicts=True,
        unique_fields=["membership", "queue"],
        update_fields=["rank", "item_id"],
    )


_SEAT = "UPDATE annotate_item SET seats_left = seats_left - 1 WHERE id = %s RETURNING *"
_ASSIGN = """
    INSERT INTO annotate_assignment (
        project_id, item_id, annotator_id, state, "order", undos, opened_at, expires_at,
        form_id, guidelines_id)
    VALUES (
        %(project)s, %(item)s, %(annotator)s, 'open',
        ARRAY(SELECT position FROM annotate_completion WHERE item_id = %(item)s ORDER BY random()),
        0, %(now)s, %(expires_at)s,
        (SELECT id FROM annotate_form
         WHERE project_id = %(project)s ORDER BY version DESC LIMIT 1),
        (SELECT id FROM annotate_guidelines
         WHERE project_id = %(project)s ORDER BY version DESC LIMIT 1))
    ON CONFLICT (item_id, annotator_id) DO UPDATE SET
        state = 'open', opened_at = %(now)s, expires_at = %(expires_at)s, closed_at = NULL
    RETURNING *
"""


def _assign(member: _Member, item_id: int) -> Assignment:
    """Give a seat of an item that this transaction has locked; an expired assignment reopens."""
    now = timezone.now()
    [item] = Item.objects.raw(_SEAT, [item_id])
    lease = member.parameters(item=item_id, now=now, expires_at=now + member.lease)
    [assignment] = Assignment.objects.raw(_ASSIGN, lease)
    assignment.item = item
    return assignment


# -------------------------------------------------------------------------- what becomes of a claim


_LOCK_ITEM = (
    "SELECT id, project_id, seats_left, stale, waits_for FROM annotate_item"
    " WHERE id = %s FOR NO KEY UPDATE"
)
_LOCK_ASSIGNMENT = "SELECT * FROM annotate_assignment WHERE id = %s FOR NO KEY UPDATE"


def _lock_pair(assignment: Assignment) -> tuple[Item, Assignment]:
    """Both anew; of the item only what handing out work is about."""
    [item] = Item.objects.raw(_LOCK_ITEM, [assignment.item_id])
    [locked] = Assignment.objects.raw(_LOCK_ASSIGNMENT, [assignment.pk])
    return item, locked


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
    the assignment.
    """
    timing, project = timing or Timing(), assignment.project
    item, assignment = _lock_pair(assignment)
    earlier: dict[str, Annotation] = {}
    if assignment.undos or assignment.state != Assignment.State.OPEN:  # else this is the first
        earlier = {each.key: each for each in assignment.annotations.order_by("pk")}
    if (stored := earlier.get(key)) is not None:
        return stored
    expired = assignment.state == Assignment.State.EXPIRED
    if key != assignment.key or not (
        assignment.state == Assignment.State.OPEN
        or (expired and item.seats_left and not item.archived)
    ):
        raise LeaseLost(assignment)
    before = next(reversed(earlier.values()), None)
    annotation = Annotation.objects.create(
        project=project,
        item=item,
        annotator_id=assignment.annotator_id,
        assignment=assignment,
        supersedes=before,
        answers=answers,
        form_id=assignment.form_id,
        guidelines_id=assignment.guidelines_id,
        key=key,
        order=assignment.order,
        suggestions=suggestions,
        active_seconds=timing.active,
        focused_seconds=timing.focused,
        wall_seconds=timing.wall,
    )
    _close(assignment, Assignment.State.SUBMITTED)
    item.stale = True
    item.seats_left -= expired
    item.save(update_fields=["stale", "seats_left"])
    if before is None and project.pay_per_label_usd:
        ledger.pay(annotation)
    return annotation


def _close(assignment: Assignment, state: Assignment.State) -> None:
    assignment.state, assignment.closed_at = state, timezone.now()
    assignment.save(update_fields=["state", "closed_at"])


def _give_back(assignment: Assignment, state: Assignment.State) -> None:
    """Close without an answer: the seat comes back, unless an undone annotation still stands."""
    if assignment.annotations.exists():
        _close(assignment, Assignment.State.SUBMITTED)
        return
    _close(assignment, state)
    _offer_anew(assignment.item_id)


_OFFER_ANEW = """
    UPDATE annotate_item SET returned = nextval('annotate_returned'),
        seats_left = GREATEST(0, overlap - (
            SELECT count(*) FROM annotate_assignment
            WHERE item_id = %(item)s AND state IN ('open', 'submitted')
        ) - (
            SELECT count(*) FROM annotate_annotation AS label
            JOIN annotate_annotator AS who ON who.id = label.annotator_id AND who.kind = 'human'
            WHERE label.item_id = %(item)s AND label.purpose = 'work'
            AND label.supersedes_id IS NULL AND label.assignment_id IS NULL))
    WHERE id = %(item)s
"""


def _offer_anew(item: int) -> None:
    """Count the seats of a locked item and offer it before all others, behind cursors too.

    People's imported labels take seats as well, so that a seat that comes back may be none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OFFER_ANEW, {"item": item})


@transaction.atomic
def skip(assignment: Assignment) -> None:
    """Return the seat and hide the item from this annotator. A repeat changes nothing."""
    _, assignment = _lock_pair(assignment)
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
    renewed = Assignment.objects.open().filter(pk=assignment.pk).update(expires_at=expires_at)
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
    own = annotator.assignments.filter(project=membership.project_id)
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


# ---------------------------------------------------------------------- items open to people or not

_LATE = """
    UPDATE annotate_item AS item SET returned = nextval('annotate_returned')
    WHERE item.id = ANY(%s) AND item.seats_left > 0 AND EXISTS (
        SELECT 1 FROM annotate_cursor AS place
        JOIN annotate_membership AS member ON member.id = place.membership_id
        WHERE member.project_id = item.project_id AND place.queue = item.queue
        AND (place.rank, place.item_id) > (item.rank, item.id))
"""


@transaction.atomic
def route_items(routes: dict[int, str]) -> None:
    """Set the route of items (by id); those that a cursor has already passed are offered anew."""
    locked = Item.objects.select_for_update(no_key=True).filter(pk__in=routes).order_by("pk")
    by_route: dict[str, list[int]] = {}
    for pk in locked.values_list("pk", flat=True):
        by_route.setdefault(routes[pk], []).append(pk)
    for route, ids in by_route.items():
        Item.objects.filter(pk__in=ids).update(route=route)
        if route != "judge":
            with connection.cursor() as cursor:
                cursor.execute(_LATE, [ids])


@transaction.atomic
def raise_overlap(item: Item, overlap: int) -> None:
    """Want more annotations of an item; it is offered anew."""
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    if overlap > item.overlap:
        Item.objects.filter(pk=item.pk).update(overlap=overlap)
        _offer_anew(item.pk)


_LOWER = """
    UPDATE annotate_item SET overlap = %(overlap)s, seats_left = seats_left - (overlap - %(overlap)s)
    WHERE id = %(item)s AND overlap > %(overlap)s AND seats_left >= overlap - %(overlap)s
"""


def lower_overlap(item: Item, overlap: int) -> bool:
    """Want fewer annotations of an item; False where more seats are taken than would be left."""
    with connection.cursor() as cursor:
        cursor.execute(_LOWER, {"item": item.pk, "overlap": overlap})
        return bool(cursor.rowcount)
