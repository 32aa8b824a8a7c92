"""Where everybody starts: the projects one works in, and what is left to do in each."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from annotate.models import Membership, Project
from frontend.pages import PageRequest, page
from frontend.progress import Progress, done_by_project, left_for


@dataclass(frozen=True)
class OwnProject:
    project: Project
    progress: Progress
    membership: Membership
    leads: bool  # sees the project's own pages


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
        )
        for membership in memberships
    ]
    own.sort(key=lambda each: not each.progress.left)
    context = {
        "own": own,
        "others": Project.objects.visible_to(request.user)
        .exclude(pk__in=[membership.project_id for membership in memberships])
        .order_by("name"),
        "may_create": request.user.is_staff or any(each.leads for each in own),
    }
    return page(request, "frontend/home.html", context)
