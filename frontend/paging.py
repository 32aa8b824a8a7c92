"""Lists in pages that cost the same at any depth: the next page starts after an id, not a number."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

SIZE = 50
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, with the query strings of the pages before and after where there are such."""

    rows: list[M]
    size: int = SIZE
    earlier: str = ""
    later: str = ""


def keyset(
    rows: "QuerySet[M]", query: QueryDict, *, newest_first: bool = False, size: int = SIZE
) -> Page[M]:
    """The page that ``after`` or ``before`` (an id) in the query string asks for; the first without."""
    after, before = number(query, "after"), number(query, "before")
    backwards = before is not None
    if after is not None:
        rows = rows.filter(**{"pk__lt" if newest_first else "pk__gt": after})
    if before is not None:
        rows = rows.filter(**{"pk__gt" if newest_first else "pk__lt": before})
    found = list(rows.order_by("-pk" if newest_first != backwards else "pk")[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], size)
    return Page(
        found,
        size,
        earlier=_link(query, before=found[0].pk) if (more if backwards else after) else "",
        later=_link(query, after=found[-1].pk) if (backwards or more) else "",
    )


def number(query: QueryDict, name: str) -> int | None:
    """An id of the query string; None where there is none, or no such number can be."""
    try:
        value = int(query.get(name, ""))
    except ValueError:
        return None
    return value if 0 <= value < 2**63 else None


def _link(query: QueryDict, **place: Any) -> str:
    rest = query.copy()
    for name in ("after", "before"):
        rest.pop(name, None)
    for name, value in place.items():
        rest[name] = str(value)
    return f"?{rest.urlencode()}"
