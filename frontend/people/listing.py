"""The people of a project as a list: members, people known by name from imports, and models.

Sorted by figures of the quality report, paged by the place in that order, so that thousands of
imported annotators cost a page no more than ten.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import connection
from django.db.models import (
    Count,
    Exists,
    F,
    FilteredRelation,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Lower
from django.http import QueryDict
from django.utils import timezone

from annotate.models import (
    Annotator,
    AnnotatorQuality,
    Assignment,
    Group,
    Membership,
    Project,
    QualityReport,
)
from annotate.quality.study import LEAST_COMPARED
from annotate.tallies.labels import Work, work_by_annotator
from frontend.charts import Estimate
from frontend.items.history import pseudonym
from frontend.paging import SIZE, Page
from frontend.project_pages import Visit

MEMBERS, NAMED, MODELS = "members", "imported", "models"
LAST = math.inf  # behind everybody who has a figure
RECENT = timedelta(days=7)
SORTS = {
    "name": "name",
    "labels": "labels",
    "agreement": "agreement",
    "pace": "quickest",
    "looks": "worth a look",
}
STATES = [
    ("", "any state"),
    ("active", "active"),
    ("paused", "paused"),
    ("untested", "test not passed"),
    ("looks", "worth a look"),
]


class PeopleFilter(forms.Form):
    """Which people a list shows, and in what order; what makes no sense is left out."""

    who = forms.ChoiceField(
        choices=[(one, one) for one in (MEMBERS, NAMED, MODELS)], required=False
    )
    q = forms.CharField(
        label="Name",
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"placeholder": "name contains", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(choices=[("", "any role"), *Membership.Role.choices], required=False)
    group = forms.ModelChoiceField(Group.objects.none(), required=False, empty_label="any group")
    tag = forms.CharField(
        required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "tag"})
    )
    state = forms.ChoiceField(choices=STATES, required=False)
    sort = forms.ChoiceField(
        choices=[(name, f"by {words}") for name, words in SORTS.items()], required=False
    )

    def __init__(self, seen: Visit) -> None:
        super().__init__(seen.request.GET)
        self.seen = seen
        group: Any = self.fields["group"]
        group.queryset = seen.project.groups.order_by("name")
        self.is_valid()
        self.given = self.cleaned_data

    @property
    def who_is_shown(self) -> str:
        return self.given.get("who") or MEMBERS

    @property
    def order(self) -> str:
        return self.given.get("sort") or "name"

    @property
    def shown(self) -> list[forms.BoundField]:
        """User names are the admins' alone, and so is looking for them."""
        names = (
            ["q"] if self.who_is_shown != MEMBERS or self.seen.may(Membership.Role.ADMIN) else []
        )
        if self.who_is_shown == MEMBERS:
            names += ["role", "group", "tag"]
        if self.who_is_shown != MODELS:
            names.append("state")
        return [self[name] for name in [*names, "sort"]]

    @property
    def narrowed(self) -> bool:
        return any(self.given.get(name) for name in ("q", "role", "group", "tag", "state"))


@dataclass
class Line:
    """One person of the list; ``member`` is None for people known by name and models."""

    name: str
    annotator: Annotator | None
    member: Membership | None = None
    answers: int = 0
    compared: int = 0
    agreement: Estimate | None = None
    seconds: float | None = None
    signs: list[str] = field(default_factory=list)
    work: Work | None = None
    recent: Work | None = None
    open: int = 0
    seen_at: datetime | None = None

    @property
    def labels(self) -> int:
        return self.work.labels if self.work else 0

    @property
    def lately(self) -> int:
        return self.recent.labels if self.recent else 0

    @property
    def too_few(self) -> str:
        """Why there is no agreement yet."""
        return f"too few yet: {self.compared} of {LEAST_COMPARED}"


@dataclass(frozen=True)
class People:
    """A page of the list, with how many people of each sort there are: key, words, number."""

    lines: list[Line]
    page: Page[Any]
    sorts: list[tuple[str, str, int]]
    report: QualityReport | None


def main_question(project: Project) -> str:
    """The question that lists go by: the main preference, else the first that can be compared."""
    main = project.questions.main_preference()
    if main is not None:
        return main.name
    return next((q.name for q in project.questions if q.compared), project.questions[0].name)


def people_of(seen: Visit, chosen: PeopleFilter) -> People:
    project, question = seen.project, main_question(seen.project)
    who = chosen.who_is_shown
    admin = seen.may(Membership.Role.ADMIN)
    rows = _members(project, question) if who == MEMBERS else _others(project, question, who)
    by_number = who == MEMBERS and not admin
    ordered = _ordered(_narrowed(rows, chosen), chosen.order, by_number=by_number)
    page = _page(ordered, seen.request.GET)
    lines = [_line(row, admin=admin) for row in page.rows]
    add_work(project, lines)
    return People(
        lines=lines,
        page=page,
        sorts=_sorts(project),
        report=QualityReport.objects.filter(project=project, question=question).first(),
    )


def _sorts(project: Project) -> list[tuple[str, str, int]]:
    named = Annotator.objects.filter(project=project).aggregate(
        people=Count("pk", filter=Q(kind=Annotator.Kind.HUMAN)),
        models=Count("pk", filter=Q(kind=Annotator.Kind.LLM)),
    )
    counts = [
        (MEMBERS, "Members", project.memberships.count()),
        (NAMED, "Known by name, from imports", named["people"]),
        (MODELS, "Models", named["models"]),
    ]
    return [one for one in counts if one[0] == MEMBERS or one[2]]


# ------------------------------------------------------------------------------------ rows in order


def _members(project: Project, question: str) -> "QuerySet[Any]":
    way = "user__annotator__qualities"
    rows = Membership.objects.filter(project=project).annotate(
        quality=FilteredRelation(
            way, condition=Q(**{f"{way}__project": project.pk, f"{way}__question": question})
        ),
        shown_name=F("user__username"),
    )
    return rows.select_related("user__annotator").prefetch_related("groups")


def _others(project: Project, question: str, who: str) -> "QuerySet[Any]":
    kind = Annotator.Kind.LLM if who == MODELS else Annotator.Kind.HUMAN
    return Annotator.objects.filter(project=project, kind=kind).annotate(
        quality=FilteredRelation(
            "qualities",
            condition=Q(qualities__project=project.pk, qualities__question=question),
        ),
        shown_name=F("name"),
    )


def _narrowed(rows: "QuerySet[Any]", chosen: PeopleFilter) -> "QuerySet[Any]":
    given, members = chosen.given, chosen.who_is_shown == MEMBERS
    if (name := given.get("q")) and "q" in [one.name for one in chosen.shown]:
        rows = rows.filter(shown_name__icontains=name)
    if members and (role := given.get("role")):
        rows = rows.filter(role=role)
    if members and (group := given.get("group")):
        rows = rows.filter(groups=group)
    if members and (tag := given.get("tag")):
        of_group = Group.objects.filter(members=OuterRef("pk"), tags__contains=[tag.casefold()])
        rows = rows.filter(Q(tags__contains=[tag.casefold()]) | Exists(of_group))
    match given.get("state"):
        case "paused" | "active" if members:
            rows = rows.filter(paused_at__isnull=given["state"] == "active")
        case "untested" if members:
            rows = rows.filter(qualified_at__isnull=True, role=Membership.Role.ANNOTATOR)
        case "looks":
            rows = rows.filter(quality__signs__len__gt=0)
    return rows


def _ordered(rows: "QuerySet[Any]", order: str, *, by_number: bool) -> "QuerySet[Any]":
    """With a ``place``: smaller comes first, and of equal ones the older row.

    ``by_number``: of those who stand under a number neither the order nor a link tells the name.
    """
    last = Value(LAST, output_field=FloatField())
    number = Coalesce(Cast(F("user__annotator__id"), FloatField()), last) if by_number else None
    places: dict[str, Any] = {
        "name": number or Lower("shown_name"),
        "labels": Coalesce(-_number("answers"), last),
        "agreement": Coalesce(-_number("agreement"), last),
        "pace": Coalesce(_number("seconds"), last),
        "looks": Coalesce(-_number("signs__len"), last),
    }
    figures = ("answers", "compared", "agreement", "low", "high", "seconds", "signs")
    ordered: QuerySet[Any] = rows.annotate(
        place=places[order], **{f"of_{name}": F(f"quality__{name}") for name in figures}
    )
    return ordered


def _number(name: str) -> Cast:
    return Cast(F(f"quality__{name}"), FloatField())


def _page(rows: "QuerySet[Any]", query: QueryDict) -> Page[Any]:
    """The rows after the place that ``after`` in the query string names, or before ``before``."""
    after, before = (_place(query.get(name, ""), rows) for name in ("after", "before"))
    backwards = before is not None and after is None
    if after is not None:
        rows = rows.filter(Q(place__gt=after[0]) | Q(place=after[0], pk__gt=after[1]))
    elif before is not None:
        rows = rows.filter(Q(place__lt=before[0]) | Q(place=before[0], pk__lt=before[1]))
    order = ("-place", "-pk") if backwards else ("place", "pk")
    found = list(rows.order_by(*order)[: SIZE + 1])
    more, found = len(found) > SIZE, found[:SIZE]
    if backwards:
        found.reverse()
    if not found:
        return Page([], SIZE)
    has_earlier = more if backwards else after is not None
    return Page(
        found,
        SIZE,
        earlier=_link(query, "before", found[0]) if has_earlier else "",
        later=_link(query, "after", found[-1]) if backwards or more else "",
    )


def _place(text: str, rows: "QuerySet[Any]") -> tuple[Any, int] | None:
    """A place and an id; None where the text names none that can be."""
    value, _, pk = text.rpartition("~")
    if not pk.isdecimal() or len(pk) > 18 or "\x00" in value:
        return None
    if isinstance(rows.query.annotations["place"], Lower):
        return value, int(pk)
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else (number, int(pk))


def _link(query: QueryDict, name: str, row: Any) -> str:
    rest = query.copy()
    for other in ("after", "before"):
        rest.pop(other, None)
    rest[name] = f"{row.place}~{row.pk}"
    return f"?{rest.urlencode()}"


# --------------------------------------------------------------------------------- what is shown


def _line(row: Any, *, admin: bool) -> Line:
    member = row if isinstance(row, Membership) else None
    annotator = row if member is None else getattr(member.user, "annotator", None)
    estimate = None
    if row.of_agreement is not None:
        estimate = Estimate(row.of_agreement, row.of_low, row.of_high, row.of_compared)
    return Line(
        name=name_of(annotator, member, admin=admin),
        annotator=annotator,
        member=member,
        answers=row.of_answers or 0,
        compared=row.of_compared or 0,
        agreement=estimate,
        seconds=row.of_seconds,
        signs=row.of_signs or [],
    )


def name_of(annotator: Annotator | None, member: Membership | None = None, *, admin: bool) -> str:
    """User names are for admins; to researchers a member is a number, as beside the labels."""
    if annotator is not None and (annotator.user_id is None or not admin):
        return pseudonym(annotator)
    if member is not None:
        return member.user.get_username() if admin else "person without labels"
    return str(annotator)


def add_work(project: Project, lines: Iterable[Line]) -> None:
    """What each has done, has open, and when they were last here; in a few queries for all."""
    by_annotator = {line.annotator.pk: line for line in lines if line.annotator}
    if not by_annotator:
        return
    since = (timezone.now() - RECENT).replace(minute=0, second=0, microsecond=0)
    whole, recent = work_by_annotator(project), work_by_annotator(project, since=since)
    opened = Assignment.objects.open().filter(project=project, annotator__in=by_annotator)
    for pk in opened.values_list("annotator_id", flat=True):
        by_annotator[pk].open += 1
    times = last_seen(project, list(by_annotator))
    for pk, line in by_annotator.items():
        line.work, line.recent, line.seen_at = whole.get(pk), recent.get(pk), times.get(pk)


def last_seen(project: Project, annotators: list[int]) -> dict[int, datetime]:
    """When each last took an item, closed one, or gave a label; read off the ends of indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT who.id, GREATEST(
                (SELECT max(opened_at) FROM annotate_assignment
                 WHERE annotator_id = who.id AND project_id = %(project)s AND state = 'open'),
                (SELECT closed_at FROM annotate_assignment
                 WHERE annotator_id = who.id AND project_id = %(project)s
                    AND closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT 1),
                (SELECT created_at FROM annotate_annotation
                 WHERE annotator_id = who.id AND project_id = %(project)s
                 ORDER BY created_at DESC LIMIT 1))
            FROM unnest(%(annotators)s::bigint[]) AS who(id)
            """,
            {"project": project.pk, "annotators": annotators},
        )
        return {pk: at for pk, at in cursor.fetchall() if at is not None}


def qualities_of(annotator: Annotator, project: Project) -> dict[str, AnnotatorQuality]:
    """By question."""
    rows = AnnotatorQuality.objects.filter(annotator=annotator, project=project)
    return {row.question: row for row in rows}
