"""Which items wait for a reviewer, and in what order.

Three lists: items on which people disagree, most first; those with a label that the reward model strongly
disagrees with, least likely first; and those that are decided, newest first. Each begins after a place, a
value with an item's id, so that any page costs the same. Disagreement on the form's main question is kept
with the item, in an index; that on another one is looked for among all of its aggregates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, F, Func, Min, OuterRef, Value
from django.http import QueryDict
from django.utils import timezone

from annotate.adjudication import decided
from annotate.aggregation.storing import main_question
from annotate.models import Aggregate, Annotation, ItemSummary
from routing.models import Review, ReviewVisit
from routing.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from annotate.models import Project, User
    from annotate.questions import Question

PEOPLE, MODEL, DECIDED = WHYS = ("people", "model", "decided")
NO_MAJORITY = 0.5  # 1 less the share of the largest class: from here on no class has more than half
MOST_COUNTED = 1_000
SIZE = 50
AHEAD = 20  # items looked at for one that nobody else has open
EQUAL = 1e-9
Row = tuple[float, int]


@dataclass(frozen=True)
class Place:
    """An item's place in a list: after its value, then its id."""

    value: float
    item: int

    def __str__(self) -> str:
        return f"{self.value!r}:{self.item}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        value, _, item = text.partition(":")
        try:
            place = cls(float(value), int(item))
        except ValueError:
            return None
        return place if math.isfinite(place.value) and 0 < place.item < 2**63 else None


@dataclass(frozen=True)
class Page:
    """``entries`` in order; where the pages before and after begin."""

    entries: list[Place]
    earlier: Place | None = None
    later: Place | None = None


@dataclass(frozen=True)
class Queue:
    """``least`` is the disagreement from which an item is disputed, above 0 and up to 1."""

    project: Project
    selection: Selection
    why: str = PEOPLE
    least: float = NO_MAJORITY
    asked: str = ""

    @classmethod
    def of(cls, project: Project, query: Mapping[str, str] | str) -> Queue:
        """From a query string; what makes no sense is left out."""
        values = QueryDict(query) if isinstance(query, str) else query
        why, asked = values.get("why", PEOPLE), values.get("question", "")
        return cls(
            project,
            Selection.of(project, values),
            why if why in WHYS else PEOPLE,
            _share(values.get("least", "")) or NO_MAJORITY,
            asked if asked in {one.name for one in disputable(project)} else "",
        )

    @property
    def query(self) -> str:
        """As a query string, without what is as usual."""
        query = QueryDict(self.selection.query, mutable=True)
        if self.why != PEOPLE:
            query["why"] = self.why
        if self.least != NO_MAJORITY:
            query["least"] = f"{self.least:g}"
        if self.asked:
            query["question"] = self.asked
        return query.urlencode()

    @cached_property
    def question(self) -> Question[Any] | None:
        """Whose answers are disputed; None where the form asks nothing that can be."""
        if self.asked:
            return self.project.questions.named(self.asked)
        return main_question(self.project.questions)

    # ------------------------------------------------------------------------------------- pages

    def page(self, *, after: Place | None = None, before: Place | None = None) -> Page:
        backwards = before is not None
        found = self._find(before or after, SIZE + 1, backwards=backwards)
        more, found = len(found) > SIZE, found[:SIZE]
        if backwards:
            found.reverse()
        if not found:
            return Page([])
        return Page(
            found,
            earlier=found[0] if (more if backwards else after) else None,
            later=found[-1] if (backwards or more) else None,
        )

    def count(self) -> tuple[int, bool]:
        """How many items wait, and whether there are more than were counted."""
        if self.why == MODEL:
            return len(self._by_model), False
        found = len(self._find(None, MOST_COUNTED + 1))
        return min(found, MOST_COUNTED), found > MOST_COUNTED

    def next(self, item: int | None, *, user: User, backwards: bool = False) -> int | None:
        """The next item after one (or the first) that nobody else has open; None where none is left.

        From the end of the list it goes on at the start.
        """
        place = None if item is None else self._place_of(item)
        starts = [place] if place is None or backwards else [place, None]
        for start in starts:
            ahead = [one.item for one in self._find(start, AHEAD, backwards=backwards)]
            busy = open_for_others(ahead, user)
            for pk in ahead:
                if pk != item and pk not in busy:
                    return pk
        return None

    def _place_of(self, item: int) -> Place | None:
        """Where an item stands, or stood before it was decided."""
        if self.why == MODEL:
            return next((one for one in self._by_model if one.item == item), None)
        value, number = self._columns
        found = self._everything().filter(**{number: item}).values_list(value, flat=True).first()
        return None if found is None else Place(float(found), item)

    def _find(self, start: Place | None, size: int, *, backwards: bool = False) -> list[Place]:
        if self.why == MODEL:
            return self._among(start, backwards=backwards)[:size]
        if self.question is None and self.why == PEOPLE:
            return []
        down = self._descends != backwards
        rows, columns = self._waiting(), self._columns
        if start is not None:
            rows = rows.filter(_compare(columns, "<" if down else ">", start))
        ordered = rows.order_by(*(f"-{name}" if down else name for name in columns))
        return [Place(float(value), pk) for value, pk in ordered.values_list(*columns)[:size]]

    @property
    def _descends(self) -> bool:
        return self.why == DECIDED or not self.asked

    @property
    def _columns(self) -> tuple[str, str]:
        if self.why == DECIDED:
            return "pk", "item_id"
        return ("share", "item_id") if self.asked else ("disagreement", "item_id")

    def _everything(self) -> QuerySet[Any]:
        """The rows with the values, of all items."""
        if self.why == DECIDED:
            reviews = Annotation.objects.current().filter(
                project=self.project, purpose=Annotation.Purpose.REVIEW
            )
            return reviews.exclude(answers={})
        if self.asked:
            return Aggregate.objects.filter(
                project=self.project, question=self.asked, source=Aggregate.Source.PEOPLE
            )
        return ItemSummary.objects.filter(project=self.project)

    def _waiting(self) -> QuerySet[Any]:
        rows = self._everything().filter(item__in=self.selection.items())
        if self.why == DECIDED:
            return rows
        if self.asked:
            rows = rows.filter(share__lte=1 - self.least + EQUAL, count__gt=1)
        else:
            rows = rows.filter(disagreement__gte=self.least - EQUAL)
        assert self.question is not None
        return rows.filter(~decided(self.project, OuterRef("item_id"), self.question.name))

    # ---------------------------------------------------------------- what the reward model disputes

    @cached_property
    def _by_model(self) -> list[Place]:
        """All of them: a version disputes a hundred labels at most."""
        rows = Review.objects.filter(
            project=self.project,
            state=Review.State.OPEN,
            annotation__item__in=self.selection.items(),
        )
        least = rows.values_list("annotation__item").annotate(least=Min("probability"))
        return sorted(
            (Place(chance, item) for item, chance in least), key=lambda one: (one.value, one.item)
        )

    def _among(self, start: Place | None, *, backwards: bool) -> list[Place]:
        if start is None:
            return self._by_model[::-1] if backwards else list(self._by_model)
        here = (start.value, start.item)
        if backwards:
            return [one for one in self._by_model if (one.value, one.item) < here][::-1]
        return [one for one in self._by_model if (one.value, one.item) > here]


def disputable(project: Project) -> list[Question[Any]]:
    """The main question, and the others whose answers are votes."""
    main = main_question(project.questions)
    others = [one for one in project.questions if one.classes and one is not main]
    return [one for one in (main, *others) if one is not None]


def open_for_others(items: Sequence[int], user: User) -> dict[int, User]:
    """By item (id), another reviewer who has it open."""
    visits = ReviewVisit.objects.filter(item__in=items, until__gt=timezone.now())
    return {visit.item_id: visit.user for visit in visits.exclude(user=user).select_related("user")}


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 < share <= 1 else None


def _compare(columns: tuple[str, str], sign: str, place: Place) -> Any:
    """``(value, id) > (…, …)``: PostgreSQL uses an index of both for a comparison of rows alone."""
    value = int(place.value) if columns[0] == "pk" else place.value
    return Func(
        Func(*map(F, columns), template="(%(expressions)s)"),
        Func(Value(value), Value(place.item), template="(%(expressions)s)"),
        template="%(expressions)s",
        arg_joiner=f" {sign} ",
        output_field=BooleanField(),
    )
