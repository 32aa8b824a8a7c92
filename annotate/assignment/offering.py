"""Items that are offered to people, or no longer."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from annotate.models import Item

_OFFER_ANEW = """
    UPDATE annotate_item AS item SET returned = nextval('annotate_returned'),
        seats_left = GREATEST(0, overlap - (
            SELECT count(*) FROM annotate_assignment
            WHERE item_id = item.id AND purpose = 'work' AND state IN ('open', 'submitted')
        ) - (
            SELECT count(*) FROM annotate_annotation AS label
            JOIN annotate_annotator AS who ON who.id = label.annotator_id AND who.kind = 'human'
            WHERE label.item_id = item.id AND label.purpose = 'work'
            AND label.supersedes_id IS NULL AND label.assignment_id IS NULL))
    WHERE id = ANY(%s)
"""


def offer_anew(*items: int) -> None:
    """Count the seats of locked items and offer them before all others, behind cursors too.

    People's imported labels take seats as well, so that a seat that comes back may be none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OFFER_ANEW, [list(items)])


_LATE = """
    UPDATE annotate_item AS item SET returned = nextval('annotate_returned')
    WHERE item.id = ANY(%s) AND item.seats_left > 0 AND EXISTS (
        SELECT 1 FROM annotate_cursor AS place
        JOIN annotate_membership AS member ON member.id = place.membership_id
        WHERE member.project_id = item.project_id AND place.queue = item.queue
        AND (place.rank, place.item_id) > (item.rank, item.id))
"""


@transaction.atomic
def route_items(routes: dict[int, str]) -> None:
    """Set the route of items (by id); those that a cursor has already passed are offered anew."""
    locked = Item.objects.select_for_update(no_key=True).filter(pk__in=routes).order_by("pk")
    by_route: dict[str, list[int]] = {}
    for pk in locked.values_list("pk", flat=True):
        by_route.setdefault(routes[pk], []).append(pk)
    for route, ids in by_route.items():
        Item.objects.filter(pk__in=ids).update(route=route)
        if route != "judge":
            with connection.cursor() as cursor:
                cursor.execute(_LATE, [ids])


@transaction.atomic
def raise_overlap(item: Item, overlap: int) -> None:
    """Want more annotations of an item; it is offered anew."""
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    set_overlaps({item.pk: max(overlap, item.overlap)})


_RAISE = """
    UPDATE annotate_item AS item SET overlap = new.overlap
    FROM unnest(%s::bigint[], %s::smallint[]) AS new (id, overlap)
    WHERE item.id = new.id AND item.overlap < new.overlap RETURNING item.id
"""
_LOWER = """
    UPDATE annotate_item AS item SET overlap = new.overlap,
        seats_left = item.seats_left - (item.overlap - new.overlap)
    FROM unnest(%s::bigint[], %s::smallint[]) AS new (id, overlap)
    WHERE item.id = new.id AND item.overlap > new.overlap
        AND item.seats_left >= item.overlap - new.overlap RETURNING item.id
"""


_SET_ASIDE = """
    UPDATE annotate_item SET overlap = overlap - seats_left, seats_left = 0
    WHERE id = ANY(%s) AND seats_left > 0
"""


def set_aside(items: Sequence[int]) -> None:
    """Want no labels of locked items (by id) but those that are there or being given."""
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE, [list(items)])


def set_overlaps(overlaps: Mapping[int, int]) -> set[int]:
    """Want more or fewer annotations of locked items (by id); the ids of those that changed.

    Where more is wanted an item is offered anew; where more seats are taken than would be left it
    stays as it is.
    """
    wanted = [list(overlaps), list(overlaps.values())]
    with connection.cursor() as cursor:
        cursor.execute(_LOWER, wanted)
        lowered = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(_RAISE, wanted)
        raised = [pk for (pk,) in cursor.fetchall()]
    if raised:
        offer_anew(*raised)
    return lowered.union(raised)
