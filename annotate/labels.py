"""Labels that come without an assignment: from judges, imports and reviewers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from annotate.models import Annotation, Annotator, Form, Guidelines, Item
from annotate.questions import Answers


@transaction.atomic
def add_label(
    item: Item,
    annotator: Annotator,
    answers: Answers,
    *,
    form: Form,
    guidelines: Guidelines | None = None,
    purpose: str = Annotation.Purpose.WORK,
    order: Sequence[int] | None = None,
    raw: Any = None,
    created_at: datetime | None = None,
) -> tuple[Annotation, bool]:
    """Store parsed ``answers`` once per (item, annotator, purpose); the annotation, and if it is new.

    A review replaces the annotator's review before; any other label that is there already stays.
    """
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = item.annotations.current().filter(annotator=annotator, purpose=purpose).first()
    if before is not None and purpose != Annotation.Purpose.REVIEW:
        return before, False
    more = {"created_at": created_at} if created_at else {}
    annotation = Annotation.objects.create(
        project_id=item.project_id,
        item=item,
        annotator=annotator,
        purpose=purpose,
        supersedes=before,
        answers=answers,
        form=form,
        guidelines=guidelines,
        order=list(order) if order is not None else None,
        raw=raw,
        **more,
    )
    item.stale = True
    item.save(update_fields=["stale"])
    return annotation, True
