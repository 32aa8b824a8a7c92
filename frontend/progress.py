"""How far an annotator has come: what is done, and what there is still to do."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from annotate.models import Annotation, Assignment, Item, Membership

MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Progress:
    done: int
    left: int  # counted up to MOST_COUNTED

    @property
    def total(self) -> int:
        return self.done + self.left

    @property
    def is_long(self) -> bool:
        """More is left than is counted."""
        return self.left >= MOST_COUNTED


def progress_in(membership: Membership) -> Progress:
    return Progress(done=done_by(membership), left=left_for(membership))


def done_by(membership: Membership) -> int:
    own = Assignment.objects.filter(annotator__user=membership.user_id)
    return own.filter(project=membership.project_id, state=Assignment.State.SUBMITTED).count()


def left_for(membership: Membership) -> int:
    """Items this member could still be given, the one being worked on among them.

    Somebody who is paused is given none, but may finish what is open.
    """
    own = Assignment.objects.filter(item=OuterRef("pk"), annotator__user=membership.user_id)
    labels = Annotation.objects.work().filter(
        item=OuterRef("pk"), annotator__user=membership.user_id
    )
    claimable = (
        Item.objects.filter(project=membership.project_id, queue__in=membership.queues)
        .claimable()
        .exclude(Exists(own.exclude(state=Assignment.State.EXPIRED)))
        .exclude(Exists(labels))
    )
    being_done = Assignment.objects.open().filter(
        annotator__user=membership.user_id, project=membership.project_id
    )
    free = 0 if membership.paused_at else claimable[:MOST_COUNTED].count()
    return being_done.count() + free


def done_by_project(memberships: list[Membership]) -> dict[int, int]:
    """Submitted items by project id, for all of one user's memberships at once."""
    if not memberships:
        return {}
    rows = (
        Assignment.objects.filter(annotator__user=memberships[0].user_id)
        .values("project")
        .annotate(done=Count("pk", filter=Q(state=Assignment.State.SUBMITTED)))
    )
    return {row["project"]: row["done"] for row in rows}
