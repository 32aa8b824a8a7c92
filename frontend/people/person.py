"""One person's page: how they answer, what they have done, and what admins may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString

from annotate.aggregation.catalogue import METHODS
from annotate.models import (
    AggregationFit,
    Annotation,
    Annotator,
    AnnotatorQuality,
    AuditEntry,
    LedgerTally,
    Membership,
    Project,
    QualityReport,
    Reliability,
)
from annotate.models.budgets import Unit
from annotate.quality.study import LEAST_COMPARED
from annotate.tallies.spending import Spent, by_annotator
from frontend.charts import Estimate, domain, percent, round_domain
from frontend.log.words import Told, told
from frontend.people.forms import MembershipForm, PauseForm
from frontend.people.listing import Line, add_work, main_question, name_of
from frontend.people.person_charts import Point, course, heat, twin_bars
from frontend.people.person_way import way_of
from frontend.people.words import (
    SIGN_WORDS,
    few,
    findings,
    gold_words,
    pace_words,
    seconds,
)
from frontend.project_pages import Role, Visit

MOST_ENTRIES = 20
CHANGES = (
    "member.add",
    "member.role",
    "member.groups",
    "member.tags",
    "member.pay",
    "member.most",
    "member.test",
    "member.try",
    "member.qualify",
    "member.pause",
    "member.reinstate",
    "member.remove",
)


@dataclass(frozen=True)
class Chart:
    """A picture and the rows of its table."""

    svg: SafeString
    rows: list[Any]


def person_page(
    seen: Visit,
    *,
    annotator: int | None = None,
    member: Membership | None = None,
    membership_form: MembershipForm | None = None,
    pause_form: PauseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """By annotator, or by membership, which may have no annotator yet."""
    project, admin = seen.project, seen.may(Role.ADMIN)
    if member is None:
        who = get_object_or_404(_known_in(project), pk=annotator)
        member = _membership(project, who)
    else:
        who = getattr(member.user, "annotator", None)
    context = {
        "name": name_of(who, member, admin=admin),
        "annotator": who,
        "member": member,
        "pseudonym": name_of(who, member, admin=False),
        **_work(project, who, member),
        **_quality(seen, who),
        "way": way_of(member) if member is not None and who is not None else None,
    }
    if admin:
        context |= {"spent": _spent(project, who), "changes": _changes(project, who, member)}
        if member is not None:
            context |= {
                "membership_form": membership_form or MembershipForm(member=member),
                "pause_form": pause_form or PauseForm(),
            }
    return seen.page("frontend/people/person.html", context, status=status)


def _known_in(project: Project) -> Any:  # a custom queryset
    """Who belongs to the project, is a member of it, or has labelled in it and left."""
    labels = Annotation.objects.filter(project=project, annotator=OuterRef("pk"))
    members = Membership.objects.filter(project=project, user=OuterRef("user"))
    return Annotator.objects.select_related("user").filter(
        Q(project=project) | Exists(members) | Q(user__isnull=False) & Exists(labels)
    )


def _membership(project: Project, who: Annotator) -> Membership | None:
    if who.user_id is None:
        return None
    rows = project.memberships.select_related("user__annotator", "project")
    return rows.filter(user=who.user_id).first()


def _work(project: Project, who: Annotator | None, member: Membership | None) -> dict[str, Any]:
    line = Line(name="", annotator=who, member=member)
    add_work(project, [line])
    groups = member.groups.order_by("name") if member else ()
    return {"line": line, "groups": list(groups)}


# ---------------------------------------------------------------------------------------- answers


def _quality(seen: Visit, who: Annotator | None) -> dict[str, Any]:
    """Figures of one question, which ``question`` in the query string names."""
    project = seen.project
    rows = {
        row.question: row
        for row in (AnnotatorQuality.objects.filter(annotator=who, project=project) if who else ())
    }
    reports = {report.question: report for report in project.quality_reports.all()}
    asked = [
        question
        for question in project.questions
        if question.name in reports and reports[question.name].annotators
    ]
    wanted = seen.request.GET.get("question", "") or main_question(project)
    question = next((q for q in asked if q.name == wanted), asked[0] if asked else None)
    if question is None:
        return {"asked": asked, "question": None, "quality": None}
    quality, report = rows.get(question.name), reports[question.name]
    context: dict[str, Any] = {
        "asked": asked,
        "question": question,
        "quality": quality,
        "report": report,
        "least": LEAST_COMPARED,
    }
    return context | (_figures(seen, who, quality, report) if who and quality else {})


def _figures(
    seen: Visit, who: Annotator, quality: AnnotatorQuality, report: QualityReport
) -> dict[str, Any]:
    names = [str(one["words"]) for one in report.classes]
    found = findings(quality, report, _names(seen, quality))
    return {
        "agreement": _agreement(quality),
        "expected": quality.data.get("expected"),
        "too_few": few(quality.compared, LEAST_COMPARED),
        "findings": found,
        "looks": [one for one in found if one.looks],
        "signs": [SIGN_WORDS[sign] for sign in quality.signs],
        "pace": pace_words(quality),
        "gold": gold_words(quality),
        "offset": quality.data.get("offset"),
        "reliabilities": _reliabilities(seen.project, who, quality.question),
        "course": _course(quality),
        "paces": _paces(quality),
        "confusion": _confusion(quality, names),
        "answers": _answers(quality, names),
    }


def _agreement(quality: AnnotatorQuality) -> Estimate | None:
    if quality.agreement is None:
        return None
    return Estimate(quality.agreement, quality.low, quality.high, quality.compared)


def _names(seen: Visit, quality: AnnotatorQuality) -> Mapping[int, str]:
    """Of those who give the same answers."""
    others = [one["with"] for one in quality.data.get("copies", ())]
    if not others:
        return {}
    admin = seen.may(Role.ADMIN)
    rows = Annotator.objects.filter(pk__in=others).select_related("user")
    return {
        row.pk: row.user.username if admin and row.user else name_of(row, admin=False)
        for row in rows
    }


def _reliabilities(project: Project, who: Annotator, question: str) -> list[dict[str, Any]]:
    """What the methods of aggregation have learnt of the annotator."""
    rows = Reliability.objects.filter(
        annotator=who, fit__project=project, fit__question=question, fit__current=True
    )
    return [
        {
            "method": METHODS[row.fit.method].title,
            "source": AggregationFit(source=row.fit.source).get_source_display(),
            "estimate": Estimate(row.value, row.low, row.high, row.labels),
        }
        for row in rows.select_related("fit").order_by("fit__source")
        if row.value is not None
    ]


def _when(stamp: float) -> str:
    at = datetime.fromtimestamp(stamp, tz=UTC)
    return f"{at.day} {at:%b}"


def _span(part: Mapping[str, Any]) -> str:
    first, last = (datetime.fromtimestamp(part[name], tz=UTC) for name in ("from", "to"))
    if first.date() == last.date():
        return f"{first.day} {first:%b %Y, %H:%M} to {last:%H:%M}"
    return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"


def _course(quality: AnnotatorQuality) -> Chart | None:
    parts = quality.data.get("windows") or []
    if len(parts) < 2:
        return None
    points = [
        Point(_when(part["from"]), _estimate(part), float(part["expected"])) for part in parts
    ]
    shown = domain((p.estimate for p in points), always=[0.5, 1.0])
    svg = course(
        points,
        shown,
        label="Agreement with the others, by part of the labels over time",
        write=lambda value: percent(value, places=0),
    )
    rows = [
        {"span": _span(part), "estimate": point.estimate, "others": part["expected"]}
        for part, point in zip(parts, points, strict=True)
    ]
    return Chart(svg, rows)


def _estimate(part: Mapping[str, Any]) -> Estimate:
    return Estimate(part["value"], part["low"], part["high"], part["n"])


def _paces(quality: AnnotatorQuality) -> Chart | None:
    parts = quality.data.get("paces") or []
    if len(parts) < 2:
        return None
    points = [Point(_when(part["from"]), _estimate(part)) for part in parts]
    shown = round_domain(max(p.estimate.most for p in points), whole=False)
    svg = course(points, shown, label="Median seconds a label over time", write=seconds)
    rows = [
        {
            "span": _span(part),
            "median": seconds(part["value"]),
            "low": seconds(part["low"]),
            "high": seconds(part["high"]),
            "n": part["n"],
        }
        for part in parts
    ]
    return Chart(svg, rows)


def _confusion(quality: AnnotatorQuality, names: list[str]) -> Chart | None:
    counts = quality.data.get("confusion")
    if counts is None:
        return None
    label = "Own answers by what the others agree on without this person"
    rows = [
        {"name": name, "counts": row, "total": sum(row)}
        for name, row in zip(names, counts, strict=True)
    ]
    return Chart(heat(counts, names, label=label), rows)


def _answers(quality: AnnotatorQuality, names: list[str]) -> list[dict[str, Any]]:
    """Each answer's share of one's own answers, and of the others' on the same items."""
    given, others = quality.data.get("given") or [], quality.data.get("others")
    total = sum(given) or 1
    return [
        {
            "name": name,
            "count": count,
            "share": count / total,
            "others": others[n] if others else None,
            "bars": twin_bars(count / total, others[n] if others else None),
        }
        for n, (name, count) in enumerate(zip(names, given, strict=True))
    ]


# ---------------------------------------------------------------------------------- for admins alone


def _spent(project: Project, who: Annotator | None) -> Spent | None:
    if who is None:
        return None
    sums = by_annotator(project, Unit.USD)
    return sum(
        (sums[who.pk, source] for source in LedgerTally.Source.values if (who.pk, source) in sums),
        Spent(),
    )


def _changes(project: Project, who: Annotator | None, member: Membership | None) -> list[Told]:
    user = who.user_id if who else member.user_id if member else None
    if user is None:
        return []
    entries = AuditEntry.objects.of(project).filter(action__in=CHANGES, details__user=user)
    return [told(entry) for entry in entries.order_by("-pk")[:MOST_ENTRIES]]
