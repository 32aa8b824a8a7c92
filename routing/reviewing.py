"""What a reviewer does with an item: a decision on it, or leaving a disputed label as it is.

Items come here because people disagree, or because the reward model strongly disagrees with a label.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from annotate import adjudication, audit
from annotate.gold import is_right
from annotate.jobs import hint
from routing.models import Review, ReviewVisit
from routing.suggestions import questions_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annotate.models import Annotation, Item, User
    from annotate.questions import Answers

STAYS = timedelta(minutes=10)


class AlreadyReviewed(Exception):
    """Somebody else was faster."""

    def __init__(self, review: Review) -> None:
        super().__init__(f"This label has been reviewed already: it was {review.state}.")


# ---------------------------------------------------------------------------------------- deciding


@transaction.atomic
def decide(
    item: Item,
    answers: Answers,
    *,
    by: User,
    reason: str,
    after: int | None,
    raw: Any = None,
    gold: bool = False,
) -> Annotation:
    """Store the decision, with what was looked at before, and close what was open about the item.

    Raises as ``annotate.adjudication.decide`` does.
    """
    decision = adjudication.decide(
        item,
        answers,
        by=by,
        reason=reason,
        after=after,
        seen=_seen(item, by),
        raw=raw,
        gold=gold,
    )
    for review in _open(item):
        as_decided = _is_as_decided(review.annotation, decision)
        _close(review, Review.State.KEPT if as_decided else Review.State.CORRECTED, by)
    leave(item, by)
    hint(item.project_id, "aggregate")
    return decision


def withdraw(item: Item, *, by: User, reason: str = "") -> Annotation | None:
    """Take the decision back: the labels count again. None where there was none."""
    found = adjudication.withdraw(item, by=by, reason=reason)
    hint(item.project_id, "aggregate")
    return found


def _seen(item: Item, user: User) -> dict[str, Any]:
    """Whether the opinions were looked at, in the words of ``frontend.suggestions``."""
    visits = ReviewVisit.objects.filter(item=item, user=user, opinions_at__isnull=False)
    seen = visits.exists()
    return {"shown": "before" if seen else "none", "informed": seen}


def _open(item: Item) -> Iterable[Review]:
    rows = Review.objects.filter(annotation__item=item, state=Review.State.OPEN)
    found: Iterable[Review] = rows.select_related("annotation", "project").order_by("pk")
    return found


def _is_as_decided(label: Annotation, decision: Annotation) -> bool:
    """Whether a label says what was decided, on every question that both answer alike."""
    given, asked = questions_of(label.form_id), questions_of(decision.form_id)
    return all(
        is_right(question, label.answers[question.name], decision.answers[question.name])
        for question in asked
        if question.compared
        and question.name in decision.answers
        and question.name in label.answers
        and (before := given.named(question.name)) is not None
        and before.meaning == question.meaning
    )


# ----------------------------------------------------------------- a label that the model disputes


@transaction.atomic
def keep(review: Review, *, by: User) -> None:
    """The label stands, and nothing is decided. Raises ``AlreadyReviewed``."""
    _close(review, Review.State.KEPT, by)


def keep_all(item: Item, *, by: User) -> int:
    """The disputed labels of an item stand; how many there were."""
    reviews = list(_open(item))
    for review in reviews:
        keep(review, by=by)
    leave(item, by)
    return len(reviews)


def _close(review: Review, state: str, by: User) -> None:
    closed = Review.objects.filter(pk=review.pk, state=Review.State.OPEN)
    if not closed.update(state=state, closed_at=timezone.now(), closed_by=by):
        review.refresh_from_db(fields=["state"])
        raise AlreadyReviewed(review)
    audit.record(f"review.{state}", project=review.project, target=review, by=by)


# ------------------------------------------------------------------------------- who looks at what


def look_at(item: Item, user: User) -> list[ReviewVisit]:
    """Say that ``user`` has the item open; the visits of others who have it open too."""
    ReviewVisit.objects.bulk_create(
        [ReviewVisit(item=item, user=user, until=timezone.now() + STAYS)],
        update_conflicts=True,
        unique_fields=["item", "user"],
        update_fields=["until"],
    )
    others = ReviewVisit.objects.filter(item=item, until__gt=timezone.now()).exclude(user=user)
    return list(others.select_related("user"))


def leave(item: Item, user: User) -> None:
    ReviewVisit.objects.filter(item=item, user=user).update(until=timezone.now())


def open_opinions(item: Item, user: User) -> datetime:
    """Remember that ``user`` has looked at what the judges and the model say; since when."""
    now = timezone.now()
    visit, _ = ReviewVisit.objects.get_or_create(
        item=item, user=user, defaults={"until": now + STAYS, "opinions_at": now}
    )
    if visit.opinions_at is None:
        visit.opinions_at = now
        visit.save(update_fields=["opinions_at"])
    return visit.opinions_at
