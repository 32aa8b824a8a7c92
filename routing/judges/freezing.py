"""What a kind of judge computes once from the project's items, kept with the judge's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from annotate.models import Aggregate, Item
from routing.judges.base import View
from routing.judges.faults import Fault
from routing.models import Judge

if TYPE_CHECKING:
    from routing.judges.base import Kind

SAMPLE_ITEMS = 1000


def freeze(judge: Judge, kind: Kind[Any]) -> str:
    """Keep a judge's scale with its settings, once; what stands in the way, or nothing."""
    try:
        frozen = frozen_for(judge, kind)
    except Fault as fault:
        return str(fault)
    settings = {**judge.settings, "frozen": frozen}
    unfrozen = Q(settings__frozen=None) | ~Q(settings__has_key="frozen")
    Judge.objects.filter(unfrozen, pk=judge.pk).update(settings=settings)
    judge.refresh_from_db(fields=["settings"])
    return ""


def frozen_for(judge: Judge, kind: Kind[Any]) -> dict[str, Any]:
    """What the kind computes from the project's items as they are now. Raises ``Fault``."""
    items = list(
        Item.objects.live()
        .filter(project=judge.project_id)
        .order_by("prompt_hash", "pk")
        .prefetch_related("completions")[:SAMPLE_ITEMS]
    )
    sides = _peoples_sides(judge, items)
    views = [View.of(item, list(item.completions.all())) for item in items]
    return kind.freeze(views, [sides.get(item.pk) for item in items])


def _peoples_sides(judge: Judge, items: list[Item]) -> dict[int, int]:
    """People's majorities on the main preference, the evaluation share's left out."""
    main = judge.form.parsed.main_preference()
    if main is None:
        return {}
    aggregates = Aggregate.objects.filter(
        item__in=[item.pk for item in items if not item.evaluation],
        question=main.name,
        source=Aggregate.Source.PEOPLE,
        majority__isnull=False,
    )
    return {pk: side for pk, side in aggregates.values_list("item", "majority") if side is not None}
