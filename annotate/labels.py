"""Labels that come without an assignment: from judges and imports."""

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

    A label that is there already stays. Decisions are ``annotate.adjudication``'s to store.
    """
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = item.annotations.current().filter(annotator=annotator, purpose=purpose).first()
    if before is not None:
        return before, False
    more = {"created_at": created_at} if created_at else {}
    annotation = Annotation.objects.create(
        project_id=item.project_id,
        item=item,
        annotator=annotator,
        purpose=purpose,
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
