"""The order of a list of items, and its pages: as quick at the end of a million items as at the start.

A page starts after a place: the value that the list is sorted by and the item's id, found in the
index of both. Items without a value come last, then those that have no summary yet, each of these
parts in the order of ids.

Where an index leads to a few items, they are put in order here. Otherwise they are looked for along
the order, within reach: left to itself PostgreSQL often chooses the wrong one of the two.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Value

from annotate.models import Item, ItemSummary, ItemText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import QuerySet

    from annotate.models import Project
    from annotate.models.items import ItemQuerySet
    from routing.selection import Selection

SIZE = 50
# Items that one page looks through for those that fit, where no index leads to them: few where many
# fit, else so many that a page still takes but a moment.
NEAR, REACH = 2_000, 20_000
VALUED, EMPTY, NEW = range(3)
FLOATS = ("disagreement", "confidence", "margin")
Columns = tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """By a column of the items' summaries, or by id where there is none."""

    name: str
    words: str
    column: str | None = None
    descending: bool = False

    @property
    def parts(self) -> range:
        return range(NEW + 1) if self.column else range(VALUED + 1)


ORDERS = {
    order.name: order
    for order in (
        Order("", "oldest first"),
        Order("-id", "newest first", descending=True),
        Order("-disagreement", "most disagreement first", "disagreement", descending=True),
        Order("disagreement", "least disagreement first", "disagreement"),
        Order("confidence", "least confident first", "confidence"),
        Order("-confidence", "most confident first", "confidence", descending=True),
        Order("margin", "closest rewards first", "margin"),
        Order("-margin", "rewards farthest apart first", "margin", descending=True),
        Order("-people", "most labels by people first", "people", descending=True),
        Order("people", "fewest labels by people first", "people"),
        Order("-judges", "most labels by judges first", "judges", descending=True),
        Order("judges", "fewest labels by judges first", "judges"),
    )
}


@dataclass(frozen=True)
class Place:
    """Between two items: right behind the one with this value and id (before it, backwards)."""

    item: int
    value: float | None = None
    part: int = VALUED

    def __str__(self) -> str:
        return f"{self.part}:{'' if self.value is None else repr(self.value)}:{self.item}"

    @classmethod
    def read(cls, text: str, order: Order) -> Place | None:
        """None where the text is no place of this order."""
        try:
            part, value, item = text.split(":")
            place = cls(int(item), float(value) if value else None, int(part))
        except ValueError:
            return None
        valued = order.column is not None and place.part == VALUED
        fits = place.part in order.parts and 0 <= place.item < 2**63
        return place if fits and valued == (place.value is not None) else None


@dataclass(frozen=True)
class Listed:
    """Items of one page, in order; ``earlier`` and ``later`` are where the next ones begin.

    ``cut`` says that the search for more stopped at its reach.
    """

    rows: list[Item]
    earlier: Place | None = None
    later: Place | None = None
    cut: bool = False


def listed(
    selection: Selection,
    order: Order,
    *,
    after: Place | None = None,
    before: Place | None = None,
    size: int = SIZE,
) -> Listed:
    """The page of a selection that begins after a place, or ends before one."""
    backwards, start = before is not None, before or after
    places, end = _Search(selection, order, backwards=backwards).find(start, size + 1)
    cut, more = end is not None, len(places) > size or end is not None
    places = places[:size]
    nearest, farthest = (places[0], places[-1]) if places else (None, None)
    beyond = (end if cut else farthest) if more else None
    if not backwards:
        return Listed(_rows(places), nearest if start else None, beyond, cut=cut)
    places.reverse()
    return Listed(_rows(places), beyond, nearest, cut=cut)


def neighbours(selection: Selection, order: Order, item: Item) -> tuple[int | None, int | None]:
    """Ids of the items before and after one in a list, or None within reach."""
    place = place_of(item, order, selection.project)
    found = []
    for backwards in (True, False):
        places, _ = _Search(selection, order, backwards=backwards).find(place, 1)
        found.append(places[0].item if places else None)
    return found[0], found[1]


def place_of(item: Item, order: Order, project: Project) -> Place:
    if order.column is None:
        return Place(item.pk)
    rows = ItemSummary.objects.filter(item=item).values_list("item_id", order.column)
    return _place(item.pk, dict(rows))


def _place(item: int, values: Mapping[int, float | None]) -> Place:
    if item not in values:
        return Place(item, part=NEW)
    value = values[item]
    return Place(item, value, EMPTY if value is None else VALUED)


def _rows(places: list[Place]) -> list[Item]:
    """The items themselves, in one query: searching and sorting carries only ids."""
    rows = Item.objects.filter(pk__in=[place.item for place in places])
    by_id = {item.pk: item for item in rows.select_related("summary", "gold")}
    return [by_id[place.item] for place in places if place.item in by_id]


class _Search:
    """Looks for the items of a selection from a place on, in one direction."""

    def __init__(self, selection: Selection, order: Order, *, backwards: bool) -> None:
        self.selection, self.order, self.backwards = selection, order, backwards
        self.down = order.descending != backwards
        self.bounded = bool(selection.given) and selection.few is None

    def find(self, start: Place | None, size: int) -> tuple[list[Place], Place | None]:
        """Up to ``size`` places of items, and where the search stopped for now, if it did."""
        if self.selection.few is not None:
            return self._among(self.selection.few, start)[:size], None
        with _along_the_order() if self.bounded else nullcontext():
            return self._walk(start, size)

    def _among(self, items: list[int], start: Place | None) -> list[Place]:
        """The places of a few items beyond ``start``, put in order here."""
        column = self.order.column
        found = [Place(item) for item in items]
        if column is not None:
            rows = ItemSummary.objects.filter(item__in=items)
            values = dict(rows.values_list("item_id", column))
            found = [_place(item, values) for item in items]
        beyond = [one for one in found if start is None or self._key(one) > self._key(start)]
        return sorted(beyond, key=self._key)

    def _key(self, place: Place) -> tuple[float, float, int]:
        """By which places ascend in the direction of the search."""
        part = -place.part if self.backwards else place.part
        sign = -1 if self.down else 1
        return part, sign * (place.value or 0), sign * place.item

    def _walk(self, start: Place | None, size: int) -> tuple[list[Place], Place | None]:
        found: list[Place] = []
        for part in self._parts(start):
            begin = start if start is not None and start.part == part else None
            more, end = self._find_in(part, begin, size - len(found))
            found += more
            if len(found) >= size:
                return found, None
            if end is not None:
                return found, end
        return found, None

    def _find_in(
        self, part: int, begin: Place | None, size: int
    ) -> tuple[list[Place], Place | None]:
        columns = self._columns(part)
        for reach in (NEAR, REACH):
            end = self._reach(part, begin, reach) if self.bounded else None
            rows = self._between(self._part(self.selection.items(), part), columns, begin, end)
            found = self._places(rows, columns, part, slice(size))
            if len(found) >= size or end is None:
                break
        return found, end

    def _parts(self, start: Place | None) -> Iterator[int]:
        parts = self.order.parts
        for part in reversed(parts) if self.backwards else parts:
            passed = start is not None and (
                part > start.part if self.backwards else part < start.part
            )
            if not passed:
                yield part

    def _part(self, items: ItemQuerySet, part: int) -> ItemQuerySet:
        column, project = self.order.column, self.selection.project
        if column is None:
            return items
        if part == NEW:
            texts = ItemText.objects.filter(project=project).order_by("-item_id")
            known = texts.values_list("item_id", flat=True).first() or 0
            return items.filter(summary__isnull=True, pk__gt=known)
        return items.filter(
            summary__project=project, **{f"summary__{column}__isnull": part == EMPTY}
        )

    def _columns(self, part: int, prefix: str = "summary__") -> Columns:
        if self.order.column is None or part == NEW:
            return ("pk",)
        if part == EMPTY:
            return (f"{prefix}item_id",)
        return (f"{prefix}{self.order.column}", f"{prefix}item_id")

    def _places(self, rows: QuerySet[Any], columns: Columns, part: int, cut: slice) -> list[Place]:
        """Those of ``rows`` in order, by their ``columns``: a value, where there is one, and an id."""
        ordered = rows.order_by(*(f"-{name}" if self.down else name for name in columns))
        found = ordered.values_list(*columns)[cut]
        return [Place(row[-1], row[0] if len(row) > 1 else None, part) for row in found]

    def _between(
        self, rows: QuerySet[Any], columns: Columns, begin: Place | None, end: Place | None
    ) -> QuerySet[Any]:
        if begin is not None:
            rows = rows.filter(_compare(columns, "<" if self.down else ">", begin))
        if end is not None:
            rows = rows.filter(_compare(columns, ">=" if self.down else "<=", end))
        return rows

    def _reach(self, part: int, begin: Place | None, reach: int) -> Place | None:
        """Where a search through so many items ends; None where there are no more.

        Read from the index alone.
        """
        rows: QuerySet[Any]
        if self.order.column is None or part == NEW:
            rows, columns = self._part(self._everything(), part), self._columns(part)
        else:
            columns = self._columns(part, prefix="")
            rows = ItemSummary.objects.filter(
                project=self.selection.project, **{f"{self.order.column}__isnull": part == EMPTY}
            )
        rows = self._between(rows, columns, begin, None)
        return next(iter(self._places(rows, columns, part, slice(reach - 1, reach))), None)

    def _everything(self) -> ItemQuerySet:
        found: ItemQuerySet = Item.objects.filter(project=self.selection.project)
        return found


_WALK = """
    SET LOCAL enable_sort = {0}; SET LOCAL enable_bitmapscan = {0}; SET LOCAL enable_hashjoin = {0}
"""


@contextmanager
def _along_the_order() -> Iterator[None]:
    """Have PostgreSQL look at items in their order until there are enough.

    Left alone it may collect all that fit, to sort them and take the first: it takes every
    beginning of a word for a rare one, however common it is.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WALK.format("off"))
        yield
        cursor.execute(_WALK.format("on"))


def _compare(columns: Columns, sign: str, place: Place) -> Any:
    """``(value, id) > (…, …)``: PostgreSQL uses an index of both for a comparison of rows alone."""
    value = place.value
    if value is not None and not columns[0].endswith(FLOATS):
        value = int(value)  # no index of whole numbers is used for fractions
    values = (value, place.item) if len(columns) > 1 else (place.item,)
    return Func(
        Func(*map(F, columns), template="(%(expressions)s)"),
        Func(*map(Value, values), template="(%(expressions)s)"),
        template="%(expressions)s",
        arg_joiner=f" {sign} ",
        output_field=BooleanField(),
    )
