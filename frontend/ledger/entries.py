"""The entries of the ledger: which of them a page shows, page by page, and all of them as a file."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from annotate.models import Annotation, Annotator, Assignment, LedgerEntry, LedgerTally, Project
from annotate.models.budgets import Unit
from frontend.ledger.figures import Period
from frontend.paging import SIZE
from routing.models import JudgeCall

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE = 2000  # entries read at a time for a file
FIELDS = ("id", "created_at", "kind", "unit", "amount", "annotator_id", "reference")
COLUMNS = ("id", "created_at", "kind", "unit", "amount", "source", "annotator", "reference")
# A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
CALL, ITEM, LABEL, LEASE = "call:", "item:", "annotation:", "assignment:"
SOURCES: dict[str, Q] = {
    "people": Q(kind=LedgerEntry.Kind.PAY),
    "judges": Q(reference__startswith=CALL),
    "held": Q(reference__startswith=ITEM)
    | Q(reference__startswith=LEASE)
    | Q(reference__startswith=LABEL, kind=LedgerEntry.Kind.SETTLEMENT),
}


def _choice(anything: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[("", anything), *choices], required=False)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class LedgerFilter(forms.Form):
    """The period and unit of the whole page, and which entries its list shows."""

    since = _day("From")
    until = _day("to")
    unit = forms.ChoiceField(choices=Unit.choices, required=False)
    source = _choice("any source", LedgerTally.Source.choices)
    kind = _choice("any kind", LedgerEntry.Kind.choices)
    who = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", f"{until} comes before {since}; swap the days.")
        return given

    @property
    def given(self) -> dict[str, Any]:
        """What makes sense of what was asked for."""
        self.is_valid()
        return self.cleaned_data

    @property
    def chosen_unit(self) -> str:
        return self.given.get("unit") or Unit.USD

    @property
    def period(self) -> Period:
        return Period(self.given.get("since"), self.given.get("until"))

    def entries(self, project: Project) -> "QuerySet[LedgerEntry]":
        rows = LedgerEntry.objects.filter(project=project, unit=self.chosen_unit)
        period, given = self.period, self.given
        if period.begin:
            rows = rows.filter(created_at__gte=period.begin)
        if period.end:
            rows = rows.filter(created_at__lt=period.end)
        if source := given.get("source"):
            other = ~(SOURCES["people"] | SOURCES["judges"] | SOURCES["held"])
            rows = rows.filter(SOURCES.get(source, other))
        if kind := given.get("kind"):
            rows = rows.filter(kind=kind)
        if who := given.get("who"):
            rows = rows.filter(annotator=who)
        return rows


@dataclass(frozen=True)
class EntryRow:
    """An entry with what it was for, in words and as an address."""

    entry: LedgerEntry
    words: str
    url: str


@dataclass(frozen=True)
class EntryPage:
    rows: list[EntryRow]
    size: int = SIZE
    earlier: str = ""
    later: str = ""


def page_of(rows: "QuerySet[LedgerEntry]", query: QueryDict, project: Project) -> EntryPage:
    """Newest first, by keyset of time and id: through the same index at any depth."""
    after, before = _place(query, "after"), _place(query, "before")
    if after:
        rows = rows.filter(beyond("lt", *after))
    if before:
        rows = rows.filter(beyond("gt", *before))
    order = ("created_at", "id") if before else ("-created_at", "-id")
    found = list(rows.select_related("annotator__user").order_by(*order)[: SIZE + 1])
    more, found = len(found) > SIZE, found[:SIZE]
    if before:
        found.reverse()
    if not found:
        return EntryPage([])
    return EntryPage(
        _rows(found, project),
        earlier=_link(query, "before", found[0]) if (more if before else after) else "",
        later=_link(query, "after", found[-1]) if (before or more) else "",
    )


def beyond(side: str, at: datetime, pk: int) -> Q:
    """The first condition bounds the index, the second decides among entries of the same moment."""
    return Q(**{f"created_at__{side}e": at}) & (
        Q(**{f"created_at__{side}": at}) | Q(**{f"id__{side}": pk})
    )


def _place(query: QueryDict, name: str) -> tuple[datetime, int] | None:
    """Time and id, as ``_link`` wrote them; None where there is nothing of the sort."""
    moment, _, pk = query.get(name, "").partition("_")
    try:
        at, number = datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return None
    return (at.replace(tzinfo=UTC), number) if 0 <= number < 2**63 else None


def _link(query: QueryDict, name: str, entry: LedgerEntry) -> str:
    rest = query.copy()
    for one in ("after", "before"):
        rest.pop(one, None)
    moment = entry.created_at.astimezone(UTC).replace(tzinfo=None).isoformat()
    rest[name] = f"{moment}_{entry.pk}"
    return f"?{rest.urlencode()}"


def _rows(entries: list[LedgerEntry], project: Project) -> list[EntryRow]:
    """What each was for, in three more queries at most for all of them."""
    tables = {CALL: JudgeCall, LABEL: Annotation, LEASE: Assignment}
    items_of = {
        prefix: dict(
            table._default_manager.filter(
                pk__in={_number(e.reference) for e in entries if e.reference.startswith(prefix)}
            ).values_list("pk", "item_id")
        )
        for prefix, table in tables.items()
    }
    return [EntryRow(e, *_what(e, project, items_of)) for e in entries]


def _what(
    entry: LedgerEntry, project: Project, items_of: dict[str, dict[int, int]]
) -> tuple[str, str]:
    """In words, and the address of the item."""
    number = _number(entry.reference)
    if entry.reference.startswith(CALL):
        again = entry.reference.rpartition(":")[2]
        words = f"call {number}" + (f", try {again}" if again != "1" else "")
        item = items_of[CALL].get(number)
    elif entry.reference.startswith(LABEL):
        paid = entry.kind == LedgerEntry.Kind.PAY
        words = f"label {number}" if paid else f"label {number}, out of what was held"
        item = items_of[LABEL].get(number)
    elif entry.reference.startswith(LEASE):
        words, item = f"pay of assignment {number}", items_of[LEASE].get(number)
    elif entry.reference.startswith(ITEM):
        words, item = f"labels of item {number}", number
    else:
        return entry.reference, ""
    return words, reverse("item", args=[project.slug, item]) if item else ""


def _number(reference: str) -> int:
    """The id in a reference such as "call:17:1"; 0 where there is none."""
    part = reference.split(":")[1] if ":" in reference else ""
    return int(part) if part.isdecimal() and len(part) < 19 else 0


# ------------------------------------------------------------------------------------------ file


def as_csv(rows: "QuerySet[LedgerEntry]") -> Iterator[str]:
    """A line of names, then one an entry, oldest first, read in keyset pages: nothing is held open."""
    names: dict[int | None, str] = {None: ""}
    place: tuple[datetime, int] | None = None
    yield _lines([COLUMNS])
    while True:
        page = rows.filter(beyond("gt", *place)) if place else rows
        found = list(page.order_by("created_at", "id").values_list(*FIELDS)[:PAGE])
        _learn(names, {row[-2] for row in found})
        yield _lines(_values(row, names) for row in found)
        if len(found) < PAGE:
            return
        place = found[-1][1], found[-1][0]


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _learn(names: dict[int | None, str], whose: set[int | None]) -> None:
    new = {one for one in whose - names.keys() if one is not None}
    if new:
        names.update((one.pk, str(one)) for one in Annotator.objects.filter(pk__in=new))


def _values(row: tuple[Any, ...], names: dict[int | None, str]) -> tuple[Any, ...]:
    pk, at, kind, unit, amount, whose, reference = row
    source = source_of(kind, reference)
    return (pk, at.astimezone(UTC).isoformat(), kind, unit, amount, source, names[whose], reference)


def source_of(kind: str, reference: str) -> str:
    """As the kept sums tell sources apart."""
    if kind == LedgerEntry.Kind.PAY:
        return "people"
    if reference.startswith(CALL):
        return "judges"
    return "held" if reference.startswith((ITEM, LABEL, LEASE)) else "other"


def _cell(value: Any) -> Any:
    """Numbers as they are; a text that could be a formula gets an apostrophe before it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def presets(today: date, query: QueryDict) -> list[tuple[str, str, bool]]:
    """Periods that people ask for: words, query string, whether it is the present one."""
    rest = query.copy()
    for name in ("since", "until", "after", "before"):
        rest.pop(name, None)
    chosen = (query.get("since", ""), query.get("until", ""))
    found = []
    for words, since in (
        ("all", None),
        ("this month", today.replace(day=1)),
        ("30 days", date.fromordinal(today.toordinal() - 29)),
        ("7 days", date.fromordinal(today.toordinal() - 6)),
        ("today", today),
    ):
        one = rest.copy()
        if since:
            one["since"] = since.isoformat()
        wanted = (since.isoformat() if since else "", "")
        found.append((words, f"?{one.urlencode()}", chosen == wanted))
    return found


def span_query(chosen: LedgerFilter) -> str:
    """The unit and period of the page, to be kept by its links."""
    query = QueryDict(mutable=True)
    query["unit"] = chosen.chosen_unit
    for name in ("since", "until"):
        if day := chosen.given.get(name):
            query[name] = day.isoformat()
    return query.urlencode()


def who_words(who: int, project: Project) -> str:
    """The name of the annotator that the list is narrowed to; no name of another project's."""
    found = Annotator.objects.filter(pk=who, ledger__project=project).first()
    return str(found) if found else ""
