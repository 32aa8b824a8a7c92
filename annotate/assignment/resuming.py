"""A lease that ran out while its holder was still at work."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from annotate import ledger
from annotate.models import Assignment, Item, Membership
from annotate.models.budgets import Unit

MOST_OPEN = 2  # what a claim may leave open: one that is worked on, one that is prefetched


@transaction.atomic
def take_up_again(assignment: Assignment) -> datetime | None:
    """Open an expired assignment again while its seat is free; the end of its new lease.

    None when the seat has gone to somebody else, the item was archived, its pay went elsewhere, or
    the member has been paused or has other items open. ``assignment.project`` is at hand.
    """
    member = Membership.objects.select_for_update(no_key=True).get(
        project=assignment.project_id, user__annotator=assignment.annotator_id
    )
    item = Item.objects.select_for_update(no_key=True).get(pk=assignment.item_id)
    locked = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if locked.state != Assignment.State.EXPIRED or member.paused_at is not None:
        return None
    if locked.purpose == Assignment.Purpose.QUALIFICATION:  # a test is begun anew
        return None
    free = item.seats_left or locked.purpose == Assignment.Purpose.PLANTED  # which takes no seat
    if not free or item.archived or _open_already(locked) >= MOST_OPEN:
        return None
    locked.item, locked.project = item, assignment.project
    return _reopen(locked)


def _open_already(assignment: Assignment) -> int:
    own = Assignment.objects.open().handed_out().filter(annotator=assignment.annotator_id)
    return own.filter(project=assignment.project_id).count()


def _reopen(assignment: Assignment) -> datetime | None:
    now = timezone.now()
    assignment.state, assignment.closed_at = Assignment.State.OPEN, None
    # Shown when it was, and yet another lease: the ledger knows leases by this moment.
    assignment.opened_at += timedelta(microseconds=1)
    assignment.expires_at = now + timedelta(seconds=assignment.project.lease_seconds)
    try:
        with transaction.atomic():
            assignment.save(update_fields=["state", "closed_at", "opened_at", "expires_at"])
            if assignment.purpose == Assignment.Purpose.WORK:
                assignment.item.seats_left -= 1
                assignment.item.save(update_fields=["seats_left"])
            if assignment.pay_usd and assignment.project.budgets.filter(unit=Unit.USD).exists():
                ledger.hold(assignment)
    except ledger.BudgetReached:
        return None
    return assignment.expires_at
