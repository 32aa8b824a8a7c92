"""What a reviewer does with a label that the reward model strongly disagrees with."""

from django.db import transaction
from django.utils import timezone

from annotate import audit
from annotate.jobs import hint
from annotate.labels import add_label
from annotate.models import Annotation, User
from annotate.questions import Answers
from routing.models import Review


class AlreadyReviewed(Exception):
    """Somebody else was faster."""

    def __init__(self, review: Review) -> None:
        super().__init__(f"This label has been reviewed already: it was {review.state}.")


@transaction.atomic
def keep(review: Review, *, by: User) -> None:
    """The label stands. Raises ``AlreadyReviewed``."""
    _close(review, Review.State.KEPT, by)


@transaction.atomic
def correct(review: Review, answers: Answers, *, by: User) -> Annotation:
    """``answers`` (the item's own order) win over all labels. Raises ``AlreadyReviewed``."""
    item = review.annotation.item
    annotation, _ = add_label(
        item,
        by.annotator_or_new,
        answers,
        form=item.project.form,
        guidelines=item.project.guidelines,
        purpose=Annotation.Purpose.REVIEW,
        order=list(range(item.completions.count())),
    )
    _close(review, Review.State.CORRECTED, by)
    hint(item.project_id, "aggregate")
    return annotation


def _close(review: Review, state: str, by: User) -> None:
    closed = Review.objects.filter(pk=review.pk, state=Review.State.OPEN)
    if not closed.update(state=state, closed_at=timezone.now(), closed_by=by):
        review.refresh_from_db(fields=["state"])
        raise AlreadyReviewed(review)
    audit.record(f"review.{state}", project=review.project, target=review, by=by)
