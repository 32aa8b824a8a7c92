"""Taking an item to work on.

A claim costs the same in a project of ten items and of a million: what is free is read from the
item's own columns through the partial index of open items, from a cursor that only moves on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotate import ledger
from annotate.assignment.planting import is_due, unseen_gold
from annotate.assignment.refusals import BudgetSpent, EnoughLabels, MemberPaused, NotQualified
from annotate.assignment.suggesting import drawn_suggestion
from annotate.models import Assignment, Item, Membership
from annotate.rows import Columns, fetch

Purpose = Assignment.Purpose
ROUNDS = 50  # claims that lost every row to others start again; more than this is a fault
# Where the budget is spent, so many items ahead are looked at for pay that was reserved before, and
# so many of these are tried.
FAR, TRIED = 1000, 10


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
_LOCK = " FOR NO KEY UPDATE OF item SKIP LOCKED"
# The first free item and the first that can be locked, of one queue, in one round trip.
_FIRST = f"""
    WITH head AS MATERIALIZED ({_AHEAD}), taken AS MATERIALIZED ({_AHEAD}{_LOCK})
    SELECT head.id, head.rank, taken.id FROM head LEFT JOIN taken ON true
"""  # noqa: S608  # likewise
_THIS = f"SELECT item.id FROM annotate_item AS item WHERE {_FREE} AND item.id = %(id)s"  # noqa: S608  # likewise
_MEMBER = """
    SELECT member.returned_mark, member.queues,
        COALESCE(member.pay_per_label_usd, project.pay_per_label_usd),
        EXISTS (SELECT 1 FROM annotate_budget WHERE project_id = project.id AND unit = 'usd'),
        project.ranking, project.lease_seconds, member.paused_at IS NOT NULL,
        member.role = 'annotator' AND project.qualification_pass IS NOT NULL
            AND member.qualified_at IS NULL,
        COALESCE(member.most_labels, project.most_labels_each),
        CASE WHEN member.role = 'annotator' THEN project.gold_every END, member.since_gold
    FROM annotate_membership AS member
    JOIN annotate_project AS project ON project.id = member.project_id
    WHERE member.id = %s FOR NO KEY UPDATE OF member
"""
# What the member has open, renewed; the highest returned item; where the member's cursors stand, and
# the ranking that they follow. In a statement of its own after the lock, so that it sees what
# another tab did meanwhile.
_STANDING = """
    WITH renewed AS (
        UPDATE annotate_assignment SET expires_at = %(expires_at)s
        WHERE state = 'open' AND id = (
            SELECT id FROM annotate_assignment
            WHERE annotator_id = %(annotator)s AND project_id = %(project)s AND state = 'open'
            AND purpose <> 'qualification' AND id <> %(besides)s ORDER BY opened_at, id LIMIT 1)
        RETURNING id)
    SELECT (SELECT id FROM renewed), (
        SELECT max(returned) FROM annotate_item WHERE project_id = %(project)s
        AND returned > %(mark)s AND seats_left > 0 AND route IN ('human', 'both')
    ), member.ranking, ARRAY(
        SELECT queue FROM annotate_cursor WHERE membership_id = member.id ORDER BY id
    ), ARRAY(
        SELECT rank FROM annotate_cursor WHERE membership_id = member.id ORDER BY id
    ), ARRAY(
        SELECT item_id FROM annotate_cursor WHERE membership_id = member.id ORDER BY id
    ) FROM annotate_membership AS member WHERE member.id = %(member)s
"""
_MOVE = """
    INSERT INTO annotate_cursor (membership_id, queue, rank, item_id) VALUES (%s, %s, %s, %s)
    ON CONFLICT (membership_id, queue) DO UPDATE SET rank = excluded.rank, item_id = excluded.item_id
"""
_RESERVED = f"""
    SELECT ahead.id FROM (
        SELECT item.id, item.rank FROM annotate_item AS item
        WHERE {_FREE} AND item.queue = %(queue)s ORDER BY item.rank, item.id LIMIT %(far)s
    ) AS ahead
    WHERE EXISTS (
        SELECT 1 FROM annotate_ledgerentry WHERE project_id = %(project)s AND unit = 'usd'
        AND kind = 'reservation' AND reference = 'item:' || ahead.id)
    ORDER BY ahead.rank, ahead.id LIMIT %(most)s
"""  # noqa: S608  # likewise
# Counted only where there is a most, and no further.
_GIVEN = """
    SELECT count(*) FROM (
        SELECT 1 FROM annotate_assignment
        WHERE annotator_id = %(annotator)s AND project_id = %(project)s
        AND state IN ('open', 'submitted') AND purpose <> 'qualification' LIMIT %(most)s) AS given
"""
_START = (float("-inf"), 0)


@dataclass
class _Member:
    """The locked membership while one claim runs, with the parameters of its queries."""

    membership: Membership
    annotator: int
    mark: int
    queues: list[str]
    pay_usd: Decimal
    budgeted: bool
    ranking: int
    lease: timedelta
    paused: bool
    untested: bool
    most: int | None
    gold_every: int | None
    since_gold: int
    highest: int | None = None
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
    Raises ``MemberPaused``, ``NotQualified`` and ``EnoughLabels``, but lets such a member finish what
    is open, and ``BudgetSpent`` when something is left but no pay for it.
    """
    annotator = membership.user.annotator_or_new.pk
    busy: int | None = None
    for _ in range(ROUNDS):
        with transaction.atomic():
            member = _lock(membership, annotator)
            if (own := _renew_own(member, besides)) is not None:
                return own
            _check(member)
            item, busy = (_wait_for(member, busy), None) if busy else _find(member)
            _remember(member)
            if item is not None and (taken := _plant(member) or _take(member, item)) is not None:
                return taken
        if item is not None:
            raise BudgetSpent
        if busy is None:
            return None
    raise RuntimeError(f"No item could be locked in {ROUNDS} rounds; is a transaction stuck?")


def _lock(membership: Membership, annotator: int) -> _Member:
    [row] = fetch(_MEMBER, [membership.pk])
    mark, queues, pay, budgeted, ranking, lease, paused, untested, most, gold_every, since = row
    return _Member(
        membership=membership,
        annotator=annotator,
        mark=mark,
        queues=queues,
        pay_usd=pay,
        budgeted=budgeted,
        ranking=ranking,
        lease=timedelta(seconds=lease),
        paused=paused,
        untested=untested,
        most=most,
        gold_every=gold_every,
        since_gold=since,
    )


def _check(member: _Member) -> None:
    """Raises a ``NoWork`` where the member is given nothing new, whatever there is."""
    if member.paused:
        member.membership.refresh_from_db(fields=["paused_at", "paused_reason"])
        raise MemberPaused(member.membership)
    if member.untested:
        raise NotQualified(member.membership)
    if member.most is not None:
        [(given,)] = fetch(_GIVEN, member.parameters(most=member.most))
        if given >= member.most:
            raise EnoughLabels(member.most)


def _renew_own(member: _Member, besides: Assignment | None) -> Assignment | None:
    """What is open already, renewed; else the member is told where its cursors stand."""
    parameters = member.parameters(
        member=member.membership.pk,
        mark=member.mark,
        expires_at=timezone.now() + member.lease,
        besides=besides.pk if besides else 0,
    )
    [(own, member.highest, ranking, queues, ranks, items)] = fetch(_STANDING, parameters)
    if own is not None:
        return Assignment.objects.select_related("item").get(pk=own)
    if ranking == member.ranking:
        member.cursors = dict(zip(queues, zip(ranks, items, strict=True), strict=True))
    else:
        member.membership.cursors.all().delete()
        Membership.objects.filter(pk=member.membership.pk).update(ranking=member.ranking)
    return None


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
    if member.highest is None:
        return None, None
    parameters = member.parameters(mark=member.mark, queues=member.queues)
    free = fetch(_RETURNED, parameters)
    if not free:
        member.mark = member.highest
        return None, None
    member.mark = free[0][1] - 1
    taken = fetch(_RETURNED + _LOCK, parameters)
    return (taken[0][0], None) if taken else (None, free[0][0])


def _find_ahead(member: _Member) -> tuple[int | None, int | None]:
    """The least rank over the member's queues, at or after each queue's cursor."""
    if len(member.queues) == 1:
        return _find_first(member, member.queues[0])
    heads = []
    for queue in member.queues:
        if free := fetch(_AHEAD, _at(member, queue)):
            [(item, rank)] = free
            member.move(queue, (rank, item))
            heads.append((rank, item, queue))
    for _, _, queue in sorted(heads):
        if taken := fetch(_AHEAD + _LOCK, _at(member, queue)):
            return taken[0][0], None
    return None, min(heads)[1] if heads else None


def _find_first(member: _Member, queue: str) -> tuple[int | None, int | None]:
    for head, rank, taken in fetch(_FIRST, _at(member, queue)):
        member.move(queue, (rank, head))
        return taken, None if taken else head
    return None, None


def _at(member: _Member, queue: str) -> dict[str, Any]:
    rank, item = member.cursor(queue)
    return member.parameters(queue=queue, rank=rank, id=item)


def _wait_for(member: _Member, item: int) -> int | None:
    """Wait in line for one row, no other item being locked; None when it is gone by then."""
    taken = fetch(f"{_THIS} FOR NO KEY UPDATE OF item", member.parameters(id=item))
    return taken[0][0] if taken else None


def _remember(member: _Member) -> None:
    membership = member.membership
    if member.mark != membership.returned_mark:
        Membership.objects.filter(pk=membership.pk).update(returned_mark=member.mark)
        membership.returned_mark = member.mark
    with connection.cursor() as cursor:
        for queue in member.moved:
            cursor.execute(_MOVE, [membership.pk, queue, *member.cursor(queue)])


_ITEM, _ASSIGNMENT = Columns(Item, "item"), Columns(Assignment, "lent")
_SEAT = "UPDATE annotate_item SET seats_left = seats_left - 1 WHERE id = %(item)s RETURNING *"
_NO_SEAT = "SELECT * FROM annotate_item WHERE id = %(item)s"
# An item with a seat of it, where it takes one, and all that there is to be said of both.
_ASSIGN = f"""
    WITH item AS ({{item}}), lent AS (
        INSERT INTO annotate_assignment (
            project_id, item_id, annotator_id, state, "order", undos, opened_at, expires_at,
            pay_usd, pay_held, form_id, guidelines_id, purpose, suggest)
        SELECT
            item.project_id, item.id, %(annotator)s, 'open', ARRAY(
                SELECT position FROM annotate_completion WHERE item_id = item.id ORDER BY random()
            ), 0, %(now)s, %(expires_at)s, %(pay)s, false,
            (SELECT id FROM annotate_form
             WHERE project_id = item.project_id ORDER BY version DESC LIMIT 1),
            (SELECT id FROM annotate_guidelines
             WHERE project_id = item.project_id ORDER BY version DESC LIMIT 1), %(purpose)s,
            CASE WHEN %(suggest)s = '' OR item.evaluation OR EXISTS (
                SELECT 1 FROM annotate_gold WHERE item_id = item.id) THEN '' ELSE %(suggest)s END
        FROM item
        ON CONFLICT (item_id, annotator_id) DO UPDATE SET
            state = 'open', opened_at = %(now)s, expires_at = %(expires_at)s, closed_at = NULL,
            pay_usd = %(pay)s, purpose = excluded.purpose,
            suggest = COALESCE(NULLIF(annotate_assignment.suggest, ''), excluded.suggest)
        RETURNING *
    )
    SELECT {_ASSIGNMENT.sql}, {_ITEM.sql} FROM lent, item
"""  # noqa: S608  # likewise
_ASSIGN_WORK, _ASSIGN_PLANTED = _ASSIGN.format(item=_SEAT), _ASSIGN.format(item=_NO_SEAT)


def _plant(member: _Member) -> Assignment | None:
    """Gold in place of the item that was found, every so often; that one stays for the next claim."""
    if member.gold_every is None:
        return None
    planted, due = None, is_due(member.gold_every, member.since_gold)
    if due and (gold := unseen_gold(member.membership.project_id, member.annotator, member.queues)):
        covers = member.pay_usd and member.budgeted
        planted = (_assign_covered if covers else _assign)(member, gold, Purpose.PLANTED)
    since = 0 if due else member.since_gold + 1
    Membership.objects.filter(pk=member.membership.pk).update(since_gold=since)
    return planted


def _take(member: _Member, item: int) -> Assignment | None:
    """A seat of a locked item, its pay covered; None when the budget covers no item any more."""
    if not (member.pay_usd and member.budgeted):
        return _assign(member, item)
    if (assignment := _assign_covered(member, item)) is not None:
        return assignment
    for other in _find_reserved(member):
        if (assignment := _assign_covered(member, other)) is not None:
            return assignment
    return None


def _assign_covered(member: _Member, item: int, purpose: str = Purpose.WORK) -> Assignment | None:
    try:
        with transaction.atomic():
            assignment = _assign(member, item, purpose)
            ledger.hold(assignment)
    except ledger.BudgetReached:
        return None
    return assignment


def _find_reserved(member: _Member) -> Iterator[int]:
    """Some of the next items whose pay was reserved when they were routed; each locked in turn."""
    for queue in member.queues:
        for (item,) in fetch(_RESERVED, member.parameters(queue=queue, far=FAR, most=TRIED)):
            if fetch(_THIS + _LOCK, member.parameters(id=item)):
                yield item


def _assign(member: _Member, item_id: int, purpose: str = Purpose.WORK) -> Assignment:
    """Give a seat of an item that this transaction has locked; an expired assignment reopens.

    Planted gold takes no seat, and its item needs no lock.
    """
    now = timezone.now()
    project = member.membership.project
    lease = member.parameters(
        item=item_id,
        now=now,
        expires_at=now + member.lease,
        pay=member.pay_usd,
        purpose=purpose,
        suggest=drawn_suggestion(project, item_id, member.annotator),
    )
    [row] = fetch(_ASSIGN_WORK if purpose == Purpose.WORK else _ASSIGN_PLANTED, lease)
    assignment = _ASSIGNMENT.instance(row)
    assignment.item, assignment.project = _ITEM.instance(row[len(_ASSIGNMENT) :]), project
    return assignment
