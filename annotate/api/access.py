"""Who may do what: a project that a user may not see does not exist; a low role is forbidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.views import APIView

from annotate.models import ApiToken, Membership, Project
from annotate.models.people import member_role

if TYPE_CHECKING:
    from annotate.models import User

ROLES = list(Membership.Role.values)


class ProjectView(APIView):
    """Base of all views below ``/projects/<slug>/``; ``role`` is the least that reading needs."""

    role: ClassVar[str] = Membership.Role.RESEARCHER
    write_role: ClassVar[str | None] = None
    scope: ClassVar[str] = ApiToken.Scope.WRITE

    @property
    def user(self) -> User:
        return cast("User", self.request.user)

    def project(self) -> Project:
        """Raises 404 for strangers and 403 for a role that is too low."""
        visible = Project.objects.visible_to(self.user)
        project = get_object_or_404(visible, slug=self.kwargs["slug"])
        reading = self.request.method in SAFE_METHODS or self.write_role is None
        needed = self.role if reading else cast("str", self.write_role)
        if ROLES.index(member_role(self.user, project) or "") < ROLES.index(needed):
            raise PermissionDenied(f"This needs the role {needed} in the project.")
        return project

    def membership(self) -> Membership:
        """Staff without a membership cannot label."""
        membership = Membership.objects.filter(project=self.project(), user=self.user)
        found = membership.select_related("project", "user").first()
        if found is None:
            raise PermissionDenied("Only members label; add this user to the project.")
        return found
