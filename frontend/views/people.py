"""The people of a project: the list, somebody's joining, and what admins change of a member."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import members
from annotate.eligibility import demands
from annotate.members import AlreadyMember, LastAdmin, NotMember
from annotate.models import Membership
from frontend.pages import PageRequest, see_other
from frontend.people.figures import spread_chart
from frontend.people.forms import MembershipForm, NewMemberForm, PauseForm
from frontend.people.listing import MEMBERS, PeopleFilter, name_of, people_of
from frontend.people.person import person_page
from frontend.project_pages import Role, Visit, visit

LIST = "frontend/people/list.html"


@login_required
@require_http_methods(["GET", "POST"])
def people(request: PageRequest, slug: str) -> HttpResponse:
    """Researchers see them under numbers, admins by name; admins add members."""
    seen = visit(request, slug, Role.RESEARCHER if request.method == "GET" else Role.ADMIN)
    form = NewMemberForm(request.POST or None, project=seen.project)
    if request.method == "POST" and form.is_valid():
        try:
            member = members.add_member(seen.project, form.user, role=form.cleaned_data["role"])
        except AlreadyMember as fault:
            messages.error(request, str(fault))
        else:
            messages.success(request, f"{member.user} joins as {member.role}.")
        return see_other("people", slug)
    return _list(seen, form, status=422 if form.errors else 200)


def _list(seen: Visit, form: NewMemberForm, *, status: int) -> HttpResponse:
    chosen = PeopleFilter(seen)
    context: dict[str, Any] = {
        "filter": chosen,
        "people": people_of(seen, chosen),
        "members": chosen.who_is_shown == MEMBERS,
        "form": form,
    }
    if not seen.request.htmx:
        context |= {"demands": demands(seen.project), "spread": spread_chart(seen)}
    return seen.page(LIST, context, part="people", status=status)


@login_required
@require_safe
def person(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    return person_page(seen, annotator=pk)


@login_required
@require_safe
def member(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """A member by membership: who has not labelled yet may have no annotator."""
    seen = visit(request, slug)
    found = get_object_or_404(
        seen.project.memberships.select_related("user__annotator", "project"), pk=pk
    )
    annotator = getattr(found.user, "annotator", None)
    if annotator is not None:
        return redirect("person", slug, annotator.pk)
    return person_page(seen, member=found)


@login_required
@require_POST
def change_member(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Another role, groups, tags or pay; a pause or its end; or none: then all labels stay.

    Researchers may let annotators go on, give them another try of the test, and pass them by hand.
    """
    lesser = request.POST.get("do") in RESEARCHERS
    seen = visit(request, slug, Role.RESEARCHER if lesser else Role.ADMIN)
    rows = seen.project.memberships.select_related("user__annotator", "project")
    found = get_object_or_404(rows, pk=pk)
    if found.role != Role.ANNOTATOR and not seen.may(Role.ADMIN):
        raise PermissionDenied
    try:
        return _ACTS.get(request.POST.get("do", ""), _unknown)(seen, found)
    except (LastAdmin, NotMember) as fault:
        messages.error(request, str(fault))
        return _back(seen, found)


def _back(seen: Visit, found: Membership) -> HttpResponse:
    if not Membership.objects.filter(pk=found.pk).exists():
        return see_other("people", seen.project.slug)
    return see_other("member", seen.project.slug, found.pk)


def _unknown(seen: Visit, found: Membership) -> HttpResponse:
    what = seen.request.POST.get("do", "")
    messages.error(seen.request, f"There is no action {what!r}; use the buttons of the page.")
    return _back(seen, found)


def _set(seen: Visit, found: Membership) -> HttpResponse:
    form = MembershipForm(seen.request.POST, member=found)
    if not form.is_valid():
        return person_page(seen, member=found, membership_form=form, status=422)
    given = form.cleaned_data
    changed = [
        members.change_role(found, given["role"]),
        members.set_groups(found, list(given["groups"])) if "groups" in given else False,
        members.set_tags(found, given["tags"]),
        members.set_pay(found, given["pay"]),
        members.set_most_labels(found, given["most"]),
    ]
    words = "is changed" if any(changed) else "is as it was"
    messages.success(seen.request, f"What {found.user} may do {words}.")
    return _back(seen, found)


def _pause(seen: Visit, found: Membership) -> HttpResponse:
    form = PauseForm(seen.request.POST)
    if not form.is_valid():
        return person_page(seen, member=found, pause_form=form, status=422)
    members.pause(found, form.cleaned_data["reason"], free=form.cleaned_data["free"])
    messages.success(
        seen.request, f"{found.user} is given no more items, and is told: {found.paused_reason}"
    )
    return _back(seen, found)


def _reinstate(seen: Visit, found: Membership) -> HttpResponse:
    free = "free" in seen.request.POST
    if members.reinstate(found, free=free):
        messages.success(seen.request, f"{_name(seen, found)} can go on.")
    return _back(seen, found)


def _grant_try(seen: Visit, found: Membership) -> HttpResponse:
    if members.grant_try(found):
        messages.success(seen.request, f"{_name(seen, found)} can take the test once more.")
    return _back(seen, found)


def _qualify(seen: Visit, found: Membership) -> HttpResponse:
    if members.qualify(found):
        messages.success(seen.request, f"{_name(seen, found)} counts as qualified.")
    return _back(seen, found)


def _name(seen: Visit, found: Membership) -> str:
    """Researchers know members under numbers."""
    return name_of(getattr(found.user, "annotator", None), found, admin=seen.may(Role.ADMIN))


def _remove(seen: Visit, found: Membership) -> HttpResponse:
    members.remove_member(found)
    messages.success(seen.request, f"{found.user} has left the project; all labels stay.")
    return see_other("people", seen.project.slug)


_ACTS = {
    "set": _set,
    "pause": _pause,
    "reinstate": _reinstate,
    "try": _grant_try,
    "qualify": _qualify,
    "remove": _remove,
}
RESEARCHERS = {"reinstate", "try", "qualify"}
