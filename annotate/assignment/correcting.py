"""Correcting a label of one's own, long after undo is over.

A correction supersedes: the label before stays as it was. It takes no seat and is not paid, for the
label that it corrects was.
"""

from django.db import transaction

from annotate.assignment.closing import Timing
from annotate.assignment.refusals import NotCorrectable
from annotate.assignment.suggesting import seen_by_now
from annotate.models import Annotation, Assignment, Item, Membership
from annotate.questions import Answers

Purpose = Annotation.Purpose


def correction_key(annotation: Annotation) -> str:
    """The idempotency key of the next correction of ``annotation``."""
    return f"{annotation.assignment_id}c{annotation.pk}"


def why_not_correctable(annotation: Annotation, membership: Membership) -> str:
    """Why the member may not correct this label now, for the member; empty where nothing is against it."""
    if not membership.project.corrections:
        return "This project takes no corrections: ask its researchers."
    if membership.paused_at is not None:
        return "Your work in this project is paused."
    if annotation.assignment is None:
        return "This label was brought in from elsewhere."
    # Planted gold is corrected like work: its annotator is not to tell it from that.
    if annotation.purpose not in (Purpose.WORK, Purpose.PLANTED):
        return "The answers to this item stay as they were given."
    return _why_closed(annotation, annotation.assignment)


def _why_closed(annotation: Annotation, assignment: Assignment) -> str:
    if assignment.state == Assignment.State.OPEN:
        return "You have taken this label back: the item is open in the workspace."
    if annotation.item.archived:
        return "The item was taken out of the project."
    reviews = Annotation.objects.current().filter(item=annotation.item_id, purpose=Purpose.REVIEW)
    reviews = reviews.exclude(answers={})  # a decision that was taken back
    if reviews.current().exists():
        return "A reviewer has decided about this item: a correction would change nothing."
    return ""


@transaction.atomic
def correct(
    annotation: Annotation,
    answers: Answers,
    *,
    membership: Membership,
    key: str,
    timing: Timing | None = None,
) -> Annotation:
    """Store ``answers`` (the item's own order) in place of the member's own ``annotation``.

    Answers that are as before add nothing: the label itself comes back. So does the correction that
    is stored when the label has been corrected already, with this ``key`` or, in another tab, with
    other answers. Raises ``NotCorrectable``. Item before assignment, as everywhere.
    """
    Item.objects.select_for_update(no_key=True).get(pk=annotation.item_id)
    Assignment.objects.select_for_update(no_key=True, of=("self",)).filter(
        annotations=annotation
    ).first()
    annotation = Annotation.objects.select_related("item", "assignment").get(pk=annotation.pk)
    later = Annotation.objects.filter(supersedes=annotation).first()
    if later is not None:
        return later
    if reason := why_not_correctable(annotation, membership):
        raise NotCorrectable(reason)
    if key != correction_key(annotation):
        raise NotCorrectable("The page was of another label: open it again.")
    if answers == annotation.answers:
        return annotation
    return _supersede(annotation, answers, key=key, timing=timing or Timing())


def _supersede(annotation: Annotation, answers: Answers, *, key: str, timing: Timing) -> Annotation:
    """What was shown is what was shown before; the item's aggregates are due."""
    correction = Annotation.objects.create(
        project_id=annotation.project_id,
        item_id=annotation.item_id,
        annotator_id=annotation.annotator_id,
        assignment_id=annotation.assignment_id,
        purpose=annotation.purpose,
        attempt=annotation.attempt,
        supersedes=annotation,
        answers=answers,
        form_id=annotation.form_id,
        guidelines_id=annotation.guidelines_id,
        key=key,
        order=annotation.order,
        suggestions=seen_by_now(annotation.suggestions, answers),
        active_seconds=timing.active,
        focused_seconds=timing.focused,
        wall_seconds=timing.wall,
    )
    Item.objects.filter(pk=annotation.item_id).update(stale=True)
    return correction
