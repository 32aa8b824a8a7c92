"""Where everybody starts: the projects one works in, and what is left to do in each."""

from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from annotate.members import AlreadyMember, add_member, open_projects
from annotate.models import Membership, Project
from annotate.onboarding import is_tested
from frontend.pages import PageRequest, page, see_other
from frontend.progress import Progress, done_by_project, left_for

MOST_OPEN = 100


@dataclass(frozen=True)
class OwnProject:
    project: Project
    progress: Progress
    membership: Membership
    leads: bool  # sees the project's own pages
    untested: bool  # the project's test comes before work


@login_required
@require_GET
def home(request: PageRequest) -> HttpResponse:
    memberships = list(request.user.memberships.select_related("project").order_by("project__name"))
    done = done_by_project(memberships)
    own = [
        OwnProject(
            project=membership.project,
            progress=Progress(done.get(membership.project_id, 0), left_for(membership)),
            membership=membership,
            leads=membership.may(Membership.Role.RESEARCHER),
            untested=is_tested(membership),
        )
        for membership in memberships
    ]
    own.sort(key=lambda each: not each.progress.left)
    context = {
        "own": own,
        "open": open_projects(request.user)[:MOST_OPEN],
        "others": Project.objects.visible_to(request.user)
        .exclude(pk__in=[membership.project_id for membership in memberships])
        .order_by("name"),
        "may_create": request.user.is_staff or any(each.leads for each in own),
    }
    return page(request, "frontend/home.html", context)


@login_required
@require_POST
def join_project(request: PageRequest, slug: str) -> HttpResponse:
    """Become an annotator of a project that is open to everybody with an account."""
    project = open_projects(request.user).filter(slug=slug).first()
    if project is None:
        if request.user.memberships.filter(project__slug=slug).exists():
            return see_other("work", slug)
        messages.error(request, "This project is not open to join. Ask whoever runs it for a link.")
        return see_other("home")
    with suppress(AlreadyMember):  # a second click
        add_member(project, request.user)
    return see_other("work", slug)
