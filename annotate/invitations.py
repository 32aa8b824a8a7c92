"""Links that make whoever opens them a member: with a secret, for a while, for so many people.

The secret is shown once; its hash is stored, and nothing else is ever logged or kept of it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotate import audit
from annotate.members import AlreadyMember, add_member
from annotate.models import AuditEntry, Group, Invitation, Membership, Project, User

LONGEST_DAYS, MOST_USES = 90, 500


class InvitationOver(Exception):
    """The link cannot be used (any more); ``code`` says why, the message what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


ASK = "Ask whoever sent it to you for a new one."
FAULTS = {
    "unknown": f"This link does not lead anywhere: a part of it may be missing. {ASK}",
    "revoked": f"This invitation was taken back. {ASK}",
    "expired": f"This invitation has expired. {ASK}",
    "used": f"This invitation has been used as often as it was meant for. {ASK}",
    "removed": f"You were taken out of this project after this invitation was made. {ASK}",
}


@dataclass(frozen=True)
class Made:
    """A new invitation with its secret, which cannot be had again."""

    invitation: Invitation
    secret: str


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def invite(
    project: Project,
    *,
    role: str = Membership.Role.ANNOTATOR,
    group: Group | None = None,
    days: int = 7,
    uses: int = 1,
    note: str = "",
    by: User | None = None,
) -> Made:
    """Make a link. Raises ``ValueError`` for days or uses out of range."""
    if not 1 <= days <= LONGEST_DAYS or not 1 <= uses <= MOST_USES:
        raise ValueError(
            f"An invitation is for 1 to {LONGEST_DAYS} days and 1 to {MOST_USES} people."
        )
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        project=project,
        role=role,
        group=group,
        note=note.strip(),
        digest=digest_of(secret),
        uses_left=uses,
        expires_at=timezone.now() + timedelta(days=days),
        created_by=by,
    )
    audit.record(
        "invitation.create",
        project=project,
        target=invitation,
        by=by,
        role=role,
        group=group.name if group else None,
        uses=uses,
        days=days,
        note=invitation.note,
    )
    return Made(invitation, secret)


@transaction.atomic
def revoke(invitation: Invitation) -> bool:
    """Nobody can use the link any more; whether that is new."""
    standing = Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True)
    revoked = standing.update(revoked_at=timezone.now())
    if revoked:
        audit.record("invitation.revoke", project=invitation.project, target=invitation)
    return bool(revoked)


def standing(digest: str) -> Invitation:
    """The invitation with this digest of a secret. Raises ``InvitationOver`` when it is no use."""
    known = Invitation.objects.select_related("project", "group", "created_by")
    invitation = known.filter(digest=digest).first()
    if invitation is None:
        raise InvitationOver("unknown", FAULTS["unknown"])
    if code := fault_of(invitation):
        raise InvitationOver(code, FAULTS[code])
    return invitation


def fault_of(invitation: Invitation) -> str:
    """Why it is no use: "revoked", "expired" or "used"; empty while it is."""
    if invitation.revoked_at is not None:
        return "revoked"
    if invitation.uses_left < 1:
        return "used"
    return "expired" if invitation.expires_at <= timezone.now() else ""


@transaction.atomic
def accept(invitation: Invitation, user: User) -> Membership:
    """Make the user a member and count one use. Raises ``InvitationOver`` or ``AlreadyMember``.

    Who was removed after the invitation was made cannot come back by it.
    """
    if _removed_since(invitation, user):
        raise InvitationOver("removed", FAULTS["removed"])
    usable = Invitation.objects.usable().filter(pk=invitation.pk)
    if not usable.update(uses_left=F("uses_left") - 1):
        invitation.refresh_from_db()
        code = fault_of(invitation) or "expired"
        raise InvitationOver(code, FAULTS[code])
    with audit.acting(user):
        member = add_member(invitation.project, user, role=invitation.role, group=invitation.group)
        audit.record("invitation.accept", project=invitation.project, target=invitation)
    return member


def _removed_since(invitation: Invitation, user: User) -> bool:
    removals = AuditEntry.objects.of(invitation.project).filter(
        action="member.remove", at__gt=invitation.created_at
    )
    return bool(removals.filter(details__user=user.pk).exists())


__all__ = [
    "AlreadyMember",
    "InvitationOver",
    "Made",
    "accept",
    "digest_of",
    "fault_of",
    "invite",
    "revoke",
    "standing",
]
