"""Who belongs to a project. Labels stay whoever leaves."""

from django.db import transaction

from annotate.assignment import release
from annotate.models import Membership, Project, User


class LastAdmin(Exception):
    """The project would have no admin left."""

    def __init__(self, member: Membership) -> None:
        super().__init__(
            f"{member.user} is the only admin of {member.project}; make somebody else one first."
        )


def may_create_projects(user: User) -> bool:
    """Staff, and whoever leads a project already.

    Not everybody: a project's admin makes judges, which use the installation's keys.
    """
    leading = user.memberships.at_least(Membership.Role.RESEARCHER)
    return user.is_staff or bool(leading.exists())


@transaction.atomic
def change_role(member: Membership, role: str) -> None:
    """Raises ``LastAdmin``."""
    if role != Membership.Role.ADMIN:
        _keep_an_admin(member)
    member.role = role
    member.save(update_fields=["role"])


def remove_member(member: Membership) -> None:
    """Take the member out; open items go back. Raises ``LastAdmin``."""
    with transaction.atomic():
        _keep_an_admin(member)
        member.delete()
    for assignment in member.project.assignments.open().filter(annotator__user=member.user):
        release(assignment)


def _keep_an_admin(member: Membership) -> None:
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    admins = Membership.objects.filter(project=member.project_id, role=Membership.Role.ADMIN)
    if member.role == Membership.Role.ADMIN and not admins.exclude(pk=member.pk).exists():
        raise LastAdmin(member)
