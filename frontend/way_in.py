"""Where the workspace sends people instead of showing an item: to their onboarding, or to the end.

Somebody who is at work pays no query for it: only newcomers and those who are given nothing do.
"""

from django.http import HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from annotate.assignment import NotQualified, NoWork
from annotate.models import Assignment, CrowdVisit, Membership
from annotate.onboarding import Role, Step, examples_for, pass_step
from frontend.pages import PageRequest, see_other, wants_part


def before_work(request: PageRequest, membership: Membership) -> HttpResponse | None:
    """A newcomer sees the worked examples first, where there are any."""
    if membership.examples_seen_at is not None or membership.may(Role.RESEARCHER):
        return None
    begun = Assignment.objects.handed_out().filter(
        annotator__user=membership.user_id, project=membership.project_id
    )
    if begun.exists() or not examples_for(membership):
        pass_step(membership, Step.EXAMPLES)  # asked once
        return None
    return _to(request, "onboarding", membership)


def instead_of_nothing(
    request: PageRequest, membership: Membership, refusal: NoWork | None
) -> HttpResponse | None:
    """For those who are given no item: the test, or the end of a visit from a crowd platform."""
    if isinstance(refusal, NotQualified):
        return _to(request, "onboarding", membership)
    if CrowdVisit.objects.filter(membership=membership).exists():
        return _to(request, "crowd-end", membership)
    return None


def _to(request: PageRequest, name: str, membership: Membership) -> HttpResponse:
    slug = membership.project.slug
    if wants_part(request):
        return HttpResponseClientRedirect(reverse(name, args=[slug]))
    return see_other(name, slug)
