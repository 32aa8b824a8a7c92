"""What gold is for: to check whoever comes across it, or set aside for tests, examples and planting.

Nobody is given as work what is set aside: such an item wants no labels but those it has. So all that
counts seats, open items and labels wanted stays true of itself, and a claim looks nothing up.
"""

from collections.abc import Collection, Mapping

from django.db import transaction

from annotate import audit
from annotate.assignment import let_go, set_aside, set_overlaps
from annotate.models import Gold, Item, Project, User

ASIDE = (Gold.Use.PLANTED, Gold.Use.QUALIFICATION, Gold.Use.EXAMPLE)


def is_aside(use: str | None) -> bool:
    """Of an item's gold; None where it has none."""
    return use in ASIDE


def follow_uses(
    project: Project, *, before: Mapping[int, str | None], after: Mapping[int, str | None]
) -> None:
    """Set locked items aside, or want labels of them again, as the use of their gold has changed.

    Both are uses by item. An item that was set aside wants the project's number of labels again.
    """
    aside = [pk for pk, use in after.items() if is_aside(use) and use != before.get(pk)]
    back = [pk for pk, use in after.items() if is_aside(before.get(pk)) and not is_aside(use)]
    if aside:
        let_go(aside)
        set_aside(aside)
    if back:
        overlaps = Item.objects.filter(pk__in=back).values_list("pk", "overlap")
        set_overlaps({pk: max(overlap, project.overlap) for pk, overlap in overlaps})


@transaction.atomic
def change_use(item: Item, use: str, *, by: User | None = None) -> bool:
    """Use the item's gold for something else; whether that is new. Nothing where there is no gold."""
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = Gold.objects.filter(item=item).values_list("use", flat=True).first()
    if before is None or before == use:
        return False
    Gold.objects.filter(item=item).update(use=use)
    follow_uses(item.project, before={item.pk: before}, after={item.pk: use})
    audit.record("gold.use", project=item.project, target=item, by=by, before=before, after=use)
    return True


def usable(project: Project, use: str, *, queues: Collection[str] | None = None) -> list[Gold]:
    """Gold of that use on live items, oldest first; with ``queues`` on what may be drawn from them."""
    rows = Gold.objects.filter(use=use, item__in=project.items.live())
    if queues is not None:
        rows = rows.filter(item__queue__in=list(queues))
    return list(rows.select_related("item", "form").order_by("item_id"))
