"""How far an annotator has come: what is done, and what there is still to do."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from annotate.models import Annotation, Assignment, Gold, Item, Membership

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
    done = done_by(membership)
    return Progress(done=done, left=left_for(membership, done=done))


def done_by(membership: Membership) -> int:
    own = Assignment.objects.handed_out().filter(annotator__user=membership.user_id)
    return own.filter(project=membership.project_id, state=Assignment.State.SUBMITTED).count()


def left_for(membership: Membership, *, done: int | None = None) -> int:
    """Items this member could still be given, the one being worked on among them.

    Somebody who is paused is given none, but may finish what is open. Gold that is likely to be
    planted counts too, or who counts along could tell it; and nobody is given more than a limit
    leaves, of which ``done`` are given.
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
    being_done = Assignment.objects.open().handed_out()
    being_done = being_done.filter(
        annotator__user=membership.user_id, project=membership.project_id
    )
    free = 0 if membership.paused_at else claimable[:MOST_COUNTED].count()
    if (every := membership.project.gold_every) and free < MOST_COUNTED:
        free += min(free // (every - 1), _unseen_gold(membership))
    left = being_done.count() + free
    most = membership.most_labels or membership.project.most_labels_each
    if most is None:
        return left
    return min(left, max(most - (done_by(membership) if done is None else done), 0))


def _unseen_gold(membership: Membership) -> int:
    had = Assignment.objects.filter(item=OuterRef("item"), annotator__user=membership.user_id)
    planted = Gold.objects.filter(use=Gold.Use.PLANTED, item__project=membership.project_id)
    return int(planted.exclude(Exists(had)).count())


def done_by_project(memberships: list[Membership]) -> dict[int, int]:
    """Submitted items by project id, for all of one user's memberships at once."""
    if not memberships:
        return {}
    rows = (
        Assignment.objects.handed_out()
        .filter(annotator__user=memberships[0].user_id)
        .values("project")
        .annotate(done=Count("pk", filter=Q(state=Assignment.State.SUBMITTED)))
    )
    return {row["project"]: row["done"] for row in rows}
