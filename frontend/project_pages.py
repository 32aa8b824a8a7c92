"""What the pages of a project have in common: who may see them, and what stands around them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from annotate.models import Membership, Project
from annotate.models.people import member_role
from frontend.navigation import tabs
from frontend.pages import PageRequest, page

Role = Membership.Role
ORDER = list(Role.values)


@dataclass(frozen=True)
class Visit:
    """A user in a project, with the role there."""

    request: PageRequest
    project: Project
    role: str

    def may(self, role: str) -> bool:
        return ORDER.index(self.role) >= ORDER.index(role)

    def page(
        self,
        template: str,
        context: dict[str, Any] | None = None,
        *,
        part: str | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """A page below the project's tabs; ``admin`` in the context shows what only admins may do."""
        match = self.request.resolver_match
        here = (match.url_name or "") if match else ""
        around = {
            "project": self.project,
            "admin": self.may(Role.ADMIN),
            "tabs": tabs(self.project, here=here, may=self.may),
        }
        return page(self.request, template, around | (context or {}), part=part, status=status)


def visit(request: PageRequest, slug: str, role: str = Role.RESEARCHER) -> Visit:
    """Let in whoever has at least ``role`` in the project.

    Strangers get 404, members of a lesser role 403.
    """
    project = get_object_or_404(Project.objects.visible_to(request.user), slug=slug)
    seen = Visit(request, project, member_role(request.user, project) or Role.ANNOTATOR)
    if not seen.may(role):
        raise PermissionDenied
    return seen
