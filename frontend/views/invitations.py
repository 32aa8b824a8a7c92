"""Invitations: made and taken back by admins, followed by whoever has the link.

The secret stands in the address once, which is answered by a redirect: what the session keeps is
its hash. No page that shows anything, no log and no history of a browser has the secret.
"""

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.accounts import INVITED, invited
from annotate.invitations import FAULTS, InvitationOver, accept, digest_of, invite, revoke
from annotate.members import AlreadyMember
from annotate.models import Invitation, Membership
from frontend.pages import PageRequest, page, see_other
from frontend.people.forms import InvitationForm
from frontend.project_pages import Role, visit

MADE = "invitation-made"
MOST_LISTED = 100


@login_required
@require_http_methods(["GET", "POST"])
def invitations(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    form = InvitationForm(request.POST or None, project=seen.project)
    made = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = invite(seen.project, by=request.user, **given)
        form = InvitationForm(project=seen.project)
    listed = seen.project.invitations.select_related("group", "created_by").order_by("-pk")
    context = {
        "form": form,
        "made": made,
        "link": request.build_absolute_uri(reverse("join-link", args=[made.secret]))
        if made
        else "",
        "invitations": listed[:MOST_LISTED],
        "now": timezone.now(),
    }
    status = 422 if form.errors else 200
    response = seen.page("frontend/people/invitations.html", context, status=status)
    if made:  # shown once: no cache and no way back to it
        response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke_invitation(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    if revoke(get_object_or_404(seen.project.invitations, pk=pk)):
        messages.success(request, "The invitation is taken back; its link is no use any more.")
    return see_other("invitations", slug)


# ------------------------------------------------------------------------------------ following one


def _limited(request: HttpRequest) -> HttpResponse | None:
    """429 for whoever tries too often from one address; looking counts as well."""
    answer: HttpResponse | None = ratelimit.consume_or_429(request, action="join", limit_get=True)
    return answer


@never_cache
@require_safe
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Remember the invitation, and go on at an address without the secret."""
    if (limited := _limited(request)) is not None:
        return limited
    request.session[INVITED] = digest_of(secret)
    return see_other("join")


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """A signed-in user joins by a button; a stranger signs in first, or makes an account."""
    if (limited := _limited(request)) is not None:
        return limited
    try:
        invitation = invited(request)
    except InvitationOver as fault:
        return _over(request, fault)
    if not request.user.is_authenticated:
        return page(
            request, "frontend/people/join.html", {"invitation": invitation, "stranger": True}
        )
    user: Any = request.user
    member = Membership.objects.filter(project=invitation.project, user=user).first()
    if request.method == "POST" and member is None:
        try:
            member = accept(invitation, user)
        except InvitationOver as fault:
            return _over(request, fault)
        except AlreadyMember:
            member = Membership.objects.get(project=invitation.project, user=user)
        request.session.pop(INVITED, None)
        return see_other(_first_page(member), invitation.project.slug)
    context = {"invitation": invitation, "member": member, "next": _next_url(invitation, member)}
    return page(request, "frontend/people/join.html", context)


def _first_page(member: Membership) -> str:
    """Where the new member's work is."""
    return "project" if member.may(Membership.Role.RESEARCHER) else "work"


def _next_url(invitation: Invitation, member: Membership | None) -> str:
    return reverse(_first_page(member), args=[invitation.project.slug]) if member else ""


def _over(request: HttpRequest, fault: InvitationOver) -> HttpResponse:
    status = 404 if fault.code == "unknown" else 410
    context = {"fault": FAULTS[fault.code], "code": fault.code}
    response = page(request, "frontend/people/join.html", context, status=status)
    response._has_been_logged = True  # type: ignore[attr-defined]  # nothing for the log to warn of
    return response
