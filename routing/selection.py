"""Which items of a project are meant: the conditions of a list, read from its query string.

Lists, their links and the changes of many items at once all go by these, in the web process and in
the worker. A condition that makes no sense is left out. Archived items are, unless asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from annotate.models import Item, Project
from annotate.searching import few_with, search_query
from routing.conditions import CONDITIONS, Condition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotate.models.items import ItemQuerySet as Items

LONGEST = 200
SMALL = 10_000  # items that are counted while somebody waits
FEW = 2_000  # that are listed by their ids, where an index leads to them


@dataclass(frozen=True)
class Given:
    """A condition with the value it was given."""

    name: str
    raw: str
    value: Any

    @property
    def condition(self) -> Condition:
        return CONDITIONS[self.name]

    @property
    def words(self) -> str:
        return self.condition.say(self.value)


@dataclass(frozen=True)
class Count:
    """How many items; where counting them would take long, about how many."""

    number: int
    exact: bool = True

    def __str__(self) -> str:
        if self.exact:
            return f"{self.number:,}"
        size = 10 ** max(0, len(str(self.number)) - 2)
        return f"about {round(self.number / size) * size:,}"


@dataclass(frozen=True)
class Selection:
    """Items of a project that fit all conditions."""

    project: Project
    given: tuple[Given, ...] = ()

    @classmethod
    def of(cls, project: Project, query: Mapping[str, str] | str) -> Selection:
        """From a query string or what was read from one; of a repeated name the last counts."""
        values = QueryDict(query) if isinstance(query, str) else query
        read = (_given(name, values.get(name, "")) for name in CONDITIONS)
        return cls(project, tuple(one for one in read if one is not None))

    def __contains__(self, name: str) -> bool:
        return any(one.name == name for one in self.given)

    def value(self, name: str) -> Any:
        return next((one.value for one in self.given if one.name == name), None)

    @cached_property
    def with_words(self) -> list[int] | None:
        """Ids of the few items that have the words that are looked for; None where many have."""
        words = self.value("q")
        return None if words is None else few_with(self.project, search_query(words))

    @property
    def finds(self) -> bool:
        """Whether an index leads to the items."""
        return self.with_words is not None or any(
            one.condition.finds(one.value) for one in self.given
        )

    @property
    def query(self) -> str:
        """The conditions as a query string; values as they were given."""
        query = QueryDict(mutable=True)
        query.update({one.name: one.raw for one in self.given})
        return query.urlencode()

    def without(self, name: str) -> Selection:
        return Selection(self.project, tuple(one for one in self.given if one.name != name))

    def items(self) -> Items:
        rows: Items = Item.objects.filter(project=self.project)
        if "archived" not in self:
            rows = rows.live()
        for one in self.given:
            rows = one.condition.narrow(rows, self, one.value)
        return rows

    @cached_property
    def few(self) -> list[int] | None:
        """Ids of all the items, in no order; None where they are many or no index leads to them."""
        if not self.finds:
            return None
        ids = list(self.items().order_by().values_list("pk", flat=True)[: FEW + 1])
        return ids if len(ids) <= FEW else None

    def count(self) -> Count:
        """Exact for small projects and short lists, else what the database's statistics say."""
        everything = Item.objects.filter(project=self.project).order_by()
        if everything[: SMALL + 1].count() <= SMALL:
            return Count(self.items().count())
        if self.few is not None:
            return Count(len(self.few))
        return Count(_estimate(self.items()), exact=False)


def _estimate(rows: Items) -> int:
    [plan] = json.loads(rows.order_by().explain(format="json"))
    return int(plan["Plan"]["Plan Rows"])


def _given(name: str, raw: str) -> Given | None:
    if not raw or len(raw) > LONGEST or "\0" in raw:
        return None
    try:
        return Given(name, raw, CONDITIONS[name].read(raw))
    except ValueError:
        return None
