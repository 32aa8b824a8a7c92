"""Participants of a crowd platform: in by a link, out with a code; and the page of its admins."""

import csv
from collections.abc import Iterator
from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from annotate import crowd as crowds
from annotate.assignment import BudgetSpent, EnoughLabels, MemberPaused, NotQualified, claim
from annotate.crowd import BadVisit, NoEntry, Visitor
from annotate.invitations import digest_of
from annotate.models import Crowd, CrowdVisit, Membership
from frontend.log.export import harmless
from frontend.pages import PageRequest, page, see_other
from frontend.people.forms import CrowdForm
from frontend.project_pages import Role, Visit, visit
from frontend.views.onboarding import member_of

COMING = "crowd"  # in the session: the hash of the link's secret, and who comes by it
BACKEND = settings.AUTHENTICATION_BACKENDS[0]
MOST_LISTED = 200
PAGE = 500
COLUMNS = ("participant", "study", "session", "labels", "active_minutes", "state")
TIMES = ("started_at", "finished_at")


# ------------------------------------------------------------------------------------- coming in


def _limited(request: HttpRequest) -> HttpResponse | None:
    """429 for whoever tries too often from one address; looking counts as well."""
    answer: HttpResponse | None = ratelimit.consume_or_429(request, action="join", limit_get=True)
    return answer


@never_cache
@require_safe
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Remember who comes, and go on at an address without the secret."""
    if (limited := _limited(request)) is not None:
        return limited
    try:
        visitor = crowds.read_visitor(request.GET.dict())
    except BadVisit as fault:
        return _refused(request, str(fault), status=400)
    request.session[COMING] = {
        "digest": digest_of(secret),
        "participant": visitor.participant,
        "study": visitor.study,
        "session": visitor.session,
    }
    return see_other("crowd")


@never_cache
@require_http_methods(["GET", "POST"])
def arrive(request: HttpRequest) -> HttpResponse:
    """What the study is; going on signs the participant in. Nothing is made by looking."""
    if (limited := _limited(request)) is not None:
        return limited
    known = request.session.get(COMING)
    try:
        if known is None:
            raise NoEntry("unknown")
        crowd = crowds.door(known["digest"])
        visitor = Visitor(known["participant"], known["study"], known["session"])
        if request.method == "POST":
            return _come_in(request, crowd, visitor)
        before = crowds.visit_of(crowd, visitor)
        if before is None and not crowd.is_open:
            raise NoEntry("closed")
    except NoEntry as fault:
        return _refused(request, str(fault), status=404 if fault.code == "unknown" else 410)
    present = request.user if request.user.is_authenticated else None
    if before is not None and present is not None and before.membership.user_id == present.pk:
        return see_other("work", crowd.project.slug)
    context = {"crowd": crowd, "visitor": visitor, "before": before, "present": present}
    return page(request, "frontend/crowd/arrive.html", context)


def _come_in(request: HttpRequest, crowd: Crowd, visitor: Visitor) -> HttpResponse:
    user = crowds.come_in(crowd, visitor)
    login(request, user, backend=BACKEND)
    return see_other("work", crowd.project.slug)


def _refused(request: HttpRequest, fault: str, *, status: int) -> HttpResponse:
    response = page(request, "frontend/crowd/arrive.html", {"fault": fault}, status=status)
    response._has_been_logged = True  # type: ignore[attr-defined]  # nothing for the log to warn of
    return response


# -------------------------------------------------------------------------------------- the end


@never_cache
@login_required
@require_safe
def end(request: PageRequest, slug: str) -> HttpResponse:
    """The code once all labels are given, or once there is nothing more to give any of."""
    membership = member_of(request, slug)
    found = CrowdVisit.objects.select_related("crowd").filter(membership=membership).first()
    if found is None:
        raise Http404
    state = _state(membership)
    if state == "test":
        return see_other("onboarding", slug)
    given = crowds.labels_of(membership)
    if state == "enough" or (state == "nothing" and given):
        state = "finished"
        crowds.finish(found)
    context = {
        "project": membership.project,
        "membership": membership,
        "state": state,
        "given": given,
        "wanted": membership.most_labels,
        "crowd": found.crowd,
        "return_url": crowds.return_url(found.crowd),
    }
    return page(request, "frontend/crowd/end.html", context)


def _state(membership: Membership) -> str:
    try:
        return "work" if claim(membership) is not None else "nothing"
    except EnoughLabels:
        return "enough"
    except NotQualified:
        return "test"
    except MemberPaused:
        return "paused"
    except BudgetSpent:
        return "nothing"


# ------------------------------------------------------------------------------------ for admins


@login_required
@require_http_methods(["GET", "POST"])
def study(request: PageRequest, slug: str) -> HttpResponse:
    """The link, the code and who has come; the link is shown once."""
    seen = visit(request, slug, Role.ADMIN)
    crowd = Crowd.objects.filter(project=seen.project).select_related("project", "group").first()
    if request.method == "POST" and "renew" in request.POST and crowd is not None:
        return _study(seen, CrowdForm(project=seen.project, crowd=crowd), crowds.new_link(crowd))
    form = CrowdForm(request.POST or None, project=seen.project, crowd=crowd)
    if request.method == "POST" and form.is_valid():
        crowd, secret = crowds.set_up(seen.project, **form.values)
        if not secret:
            messages.success(request, "Saved.")
            return see_other("crowd-study", slug)
        return _study(seen, CrowdForm(project=seen.project, crowd=crowd), secret)
    return _study(seen, form)


def _study(seen: Visit, form: CrowdForm, secret: str = "") -> HttpResponse:
    crowd = Crowd.objects.filter(project=seen.project).first()
    visits = _visits(seen).order_by("-pk")
    context: dict[str, Any] = {
        "form": form,
        "crowd": crowd,
        "link": _link(seen, secret) if secret else "",
        "visits": crowds.progress(list(visits[:MOST_LISTED]), seen.project),
        "count": visits.count(),
        "finished": visits.filter(finished_at__isnull=False).count(),
        "listed": MOST_LISTED,
    }
    status = 422 if form.errors else 200
    response = seen.page("frontend/crowd/study.html", context, status=status)
    if secret:  # shown once: no cache and no way back to it
        response["Cache-Control"] = "no-store"
    return response


def _link(seen: Visit, secret: str) -> str:
    base = seen.request.build_absolute_uri(reverse("crowd-link", args=[secret]))
    return f"{base}?{'&'.join(f'{name}={mark}' for name, mark in crowds.PLACEHOLDERS.items())}"


def _visits(seen: Visit) -> Any:  # a queryset
    rows = CrowdVisit.objects.filter(crowd__project=seen.project)
    return rows.select_related("membership__user", "crowd__project")


@login_required
@require_safe
def study_file(request: PageRequest, slug: str) -> StreamingHttpResponse:
    """Who has come, and how far, as CSV."""
    seen = visit(request, slug, Role.ADMIN)
    response = StreamingHttpResponse(_csv(seen), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-participants.csv"'
    return response


class _Echo:
    """What the csv module writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(seen: Visit) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow([*COLUMNS, *TIMES])
    after = 0
    while batch := list(_visits(seen).filter(pk__gt=after).order_by("pk")[:PAGE]):
        after = batch[-1].pk
        for row in crowds.progress(batch, seen.project):
            one = row.visit
            cells = [one.participant, one.study, one.session, row.labels, row.active_minutes]
            times = [
                moment.isoformat() if moment else "" for moment in (one.started_at, one.finished_at)
            ]
            yield writer.writerow([harmless(cell) for cell in [*cells, row.state, *times]])
