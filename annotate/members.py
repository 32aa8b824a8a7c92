"""Who belongs to a project, and how: roles, groups, tags, pay, pauses. Labels stay whoever leaves.

All of it is for the record. Whoever changes several members locks them in the order of their ids,
and none of it holds an item.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotate import audit, eligibility
from annotate.assignment import release
from annotate.models import AuditEntry, CrowdVisit, Group, Membership, Project, User

Role = Membership.Role


class LastAdmin(Exception):
    """The project would have no admin left."""

    def __init__(self, member: Membership) -> None:
        super().__init__(
            f"{member.user} is the only admin of {member.project}; make somebody else one first."
        )


class NotMember(Exception):
    """Somebody else has removed the member meanwhile."""

    def __init__(self, member: Membership) -> None:
        super().__init__(f"{member.user} is no member of {member.project} any more.")


class AlreadyMember(Exception):
    def __init__(self, user: User, project: Project) -> None:
        super().__init__(f"{user} is a member of {project} already.")


class GroupExists(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is a group named “{name}” already; choose another name.")


def may_create_projects(user: User) -> bool:
    """Staff, and whoever leads a project already.

    Not everybody: a project's admin makes judges, which use the installation's keys.
    """
    leading = user.memberships.at_least(Role.RESEARCHER)
    return user.is_staff or bool(leading.exists())


def open_projects(user: User) -> QuerySet[Project]:
    """Those that anybody may join and the user is no member of, by name.

    Not those that the user was taken out of; and nobody who came by a crowd platform's link, whose
    user ends with the visit.
    """
    own = user.memberships.values("project")
    left = AuditEntry.objects.filter(
        action="member.remove", details__user=user.pk, project_id=OuterRef("pk")
    )
    by_link = CrowdVisit.objects.filter(membership__user=user)
    projects = Project.objects.filter(~Exists(left), ~Exists(by_link), open_to_all=True)
    return projects.exclude(pk__in=own).order_by("name")


# ------------------------------------------------------------------------------- joining and leaving


@transaction.atomic
def add_member(
    project: Project, user: User, *, role: str = Role.ANNOTATOR, group: Group | None = None
) -> Membership:
    """Raises ``AlreadyMember``. The user gets an annotator, by which pages name members."""
    member = _new_member(project, user, role)
    user.annotator_or_new  # noqa: B018  # made where there is none
    if group is not None:
        group.members.add(member)
    eligibility.refresh(project, [member.pk])
    audit.record(
        "member.add",
        project=project,
        target=member,
        user=user.pk,
        after=role,
        group=group.name if group else None,
    )
    return member


def _new_member(project: Project, user: User, role: str) -> Membership:
    try:
        with transaction.atomic():
            return Membership.objects.create(project=project, user=user, role=role)
    except IntegrityError as fault:
        raise AlreadyMember(user, project) from fault


def remove_member(member: Membership) -> None:
    """Take the member out; open items go back. Raises ``LastAdmin`` or ``NotMember``."""
    with transaction.atomic():
        locked = _lock(member, keep_admin=True)
        audit.record(
            "member.remove",
            project=member.project,
            target=member,
            user=member.user_id,
            before=locked.role,
        )
        locked.delete()
    free_items(member)


def free_items(member: Membership) -> int:
    """Give the member's open items back, each in a transaction of its own; how many there were."""
    opened = list(member.project.assignments.open().filter(annotator__user=member.user_id))
    for assignment in opened:
        release(assignment)
    return len(opened)


# ---------------------------------------------------------------------------------------- one member


def _lock(member: Membership, *, keep_admin: bool = False) -> Membership:
    """The member's row as it is now. Raises ``NotMember``, and with ``keep_admin`` ``LastAdmin``.

    The project's row goes first where admins are counted: two who demote each other take turns.
    """
    if keep_admin:
        Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    locked = Membership.objects.select_for_update(no_key=True).filter(pk=member.pk).first()
    if locked is None:
        raise NotMember(member)
    if keep_admin and locked.role == Role.ADMIN:
        admins = Membership.objects.filter(project=member.project_id, role=Role.ADMIN)
        if not admins.exclude(pk=member.pk).exists():
            raise LastAdmin(member)
    return locked


def _change(member: Membership, locked: Membership, action: str, **fields: Any) -> bool:
    """Set ``fields`` of the locked row and record what they were; whether any is new."""
    before = {name: getattr(locked, name) for name in fields}
    if before == fields:
        return False
    for name, value in fields.items():
        setattr(locked, name, value)
        setattr(member, name, value)
    locked.save(update_fields=list(fields))
    audit.record(
        action,
        project=member.project,
        target=member,
        user=member.user_id,
        before=_plain(before),
        after=_plain(fields),
    )
    return True


def _plain(fields: dict[str, Any]) -> Any:
    """As JSON; of a single field its value alone."""
    said = {
        name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
        for name, value in fields.items()
    }
    return next(iter(said.values())) if len(said) == 1 else said


@transaction.atomic
def change_role(member: Membership, role: str) -> bool:
    """Whether it is another one. Raises ``LastAdmin`` or ``NotMember``."""
    locked = _lock(member, keep_admin=role != Role.ADMIN)
    return _change(member, locked, "member.role", role=role)


@transaction.atomic
def set_pay(member: Membership, usd: Decimal | None) -> bool:
    """Pay for a label from now on; None is the project's rate."""
    return _change(member, _lock(member), "member.pay", pay_per_label_usd=usd)


@transaction.atomic
def set_tags(member: Membership, tags: Sequence[str]) -> bool:
    """Own tags, besides those that groups bring."""
    changed = _change(member, _lock(member), "member.tags", tags=sorted(set(tags)))
    if changed:
        eligibility.refresh(member.project, [member.pk])
    return changed


@transaction.atomic
def set_groups(member: Membership, groups: Sequence[Group]) -> bool:
    """Put the member into these groups of the project, and no others."""
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)  # groups stay
    _lock(member)
    before = set(member.groups.all())
    wanted = [group.pk for group in groups]
    after = set(Group.objects.filter(project=member.project_id, pk__in=wanted))
    if before == after:
        return False
    member.groups.set(after)
    eligibility.refresh(member.project, [member.pk])
    audit.record(
        "member.groups",
        project=member.project,
        target=member,
        user=member.user_id,
        before=sorted(group.name for group in before),
        after=sorted(group.name for group in after),
    )
    return True


def pause(member: Membership, reason: str, *, free: bool = False) -> bool:
    """Give the member no more items; whether this is new. ``free`` takes back what is open."""
    with transaction.atomic():
        locked = _lock(member)
        new = locked.paused_at is None
        if new or locked.paused_reason != reason:
            locked.paused_at = locked.paused_at or timezone.now()
            _change_pause(member, locked, "member.pause", reason)
    if free:
        free_items(member)
    return new


def reinstate(member: Membership, *, free: bool = False) -> bool:
    """Let the member go on; whether there was a pause. ``free`` takes back what is open."""
    with transaction.atomic():
        locked = _lock(member)
        paused = locked.paused_at is not None
        if paused:
            locked.paused_at = None
            _change_pause(member, locked, "member.reinstate", "")
    if free:
        free_items(member)
    return paused


def _change_pause(member: Membership, locked: Membership, action: str, reason: str) -> None:
    before, locked.paused_reason = locked.paused_reason, reason
    locked.save(update_fields=["paused_at", "paused_reason"])
    member.paused_at, member.paused_reason = locked.paused_at, reason
    audit.record(
        action,
        project=member.project,
        target=member,
        user=member.user_id,
        before=before,
        after=reason,
    )


@transaction.atomic
def set_most_labels(member: Membership, most: int | None) -> bool:
    """Labels that the member may give at most from now on; None is the project's number."""
    return _change(member, _lock(member), "member.most", most_labels=most)


@transaction.atomic
def qualify(member: Membership) -> bool:
    """Take the member as qualified, test or none; whether that is new."""
    locked = _lock(member)
    if locked.qualified_at is not None:
        return False
    locked.qualified_at = member.qualified_at = timezone.now()
    locked.save(update_fields=["qualified_at"])
    audit.record("member.qualify", project=member.project, target=member, user=member.user_id)
    return True


@transaction.atomic
def grant_try(member: Membership) -> bool:
    """Give one more try of the qualification test; whether none was left."""
    locked = _lock(member)
    tries = member.project.qualification_tries
    if locked.qualified_at is not None or locked.qualification_attempt < tries:
        return False
    locked.qualification_attempt = member.qualification_attempt = tries - 1
    locked.save(update_fields=["qualification_attempt"])
    audit.record("member.try", project=member.project, target=member, user=member.user_id)
    return True


# -------------------------------------------------------------------------------------------- groups


@transaction.atomic
def add_group(project: Project, name: str, tags: Sequence[str] = ()) -> Group:
    """Raises ``GroupExists``."""
    group = Group(project=project, name=name, tags=sorted(set(tags)))
    _save_group(group)
    audit.record("group.add", project=project, target=group, after=group.tags)
    return group


def _save_group(group: Group) -> None:
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as fault:
        raise GroupExists(group.name) from fault


@transaction.atomic
def change_group(
    group: Group, *, name: str, tags: Sequence[str], members: Sequence[Membership]
) -> bool:
    """Name, tags and members at once; whether anything is new. Raises ``GroupExists``."""
    wanted = {member.pk for member in members if member.project_id == group.project_id}
    there, before = _lock_group(group, besides=wanted)
    group.name, group.tags = name, sorted(set(tags))
    after = {"name": name, "tags": group.tags, "members": len(wanted)}
    if before == after and wanted == there:
        return False
    _save_group(group)
    group.members.set(wanted)
    eligibility.refresh(group.project, sorted(wanted | there))
    audit.record(
        "group.change",
        project=group.project,
        target=group,
        before=before,
        after=after,
        joined=_names(wanted - there),
        left=_names(there - wanted),
    )
    return True


@transaction.atomic
def remove_group(group: Group) -> None:
    """Members stay in the project, without what the group's tags allowed."""
    there, before = _lock_group(group)
    audit.record("group.remove", project=group.project, target=group, before=before)
    group.delete()
    eligibility.refresh(group.project, sorted(there))


def _lock_group(group: Group, *, besides: set[int] = frozenset()) -> tuple[set[int], Any]:  # type: ignore[assignment]  # never changed
    """The ids of its members, all locked in order with ``besides``, and what it is now."""
    Project.objects.select_for_update(no_key=True).get(pk=group.project_id)
    there = set(group.members.values_list("pk", flat=True))
    rows = Membership.objects.select_for_update(no_key=True).filter(pk__in=there | besides)
    list(rows.order_by("pk").values_list("pk", flat=True))
    known = Group.objects.filter(pk=group.pk).values("name", "tags").get()
    return there, {**known, "members": len(there)}


def _names(members: set[int]) -> list[str]:
    rows = Membership.objects.filter(pk__in=members).order_by("user__username")
    return list(rows.values_list("user__username", flat=True))
