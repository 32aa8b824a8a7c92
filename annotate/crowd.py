"""A project's door for a crowd platform (Prolific): a link in, a code out.

The link names the participant; whoever comes by it for the first time gets a user without a password
and a membership, and later comes back to them. Such a user belongs to this door alone: what a project's
admins know of the link opens nothing else. The secret is shown once; its hash is stored.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from annotate import audit
from annotate.invitations import digest_of
from annotate.members import add_member
from annotate.models import (
    Annotation,
    Assignment,
    Crowd,
    CrowdVisit,
    Group,
    Membership,
    Project,
    User,
)

# What the platform fills in, as its page for links shows it.
PLACEHOLDERS = {
    "PROLIFIC_PID": "{{%PROLIFIC_PID%}}",
    "STUDY_ID": "{{%STUDY_ID%}}",
    "SESSION_ID": "{{%SESSION_ID%}}",
}
COMPLETE_URL = "https://app.prolific.com/submissions/complete"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")
MOST_LABELS = 100_000


class BadVisit(ValueError):
    """The link does not say who comes; the message says what to do."""


class NoEntry(Exception):
    """Nobody comes in here, or not this participant; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(FAULTS[code])
        self.code = code


FAULTS = {
    "unknown": "This link does not lead anywhere: a part of it may be missing, or it was replaced "
    "by another. Open the study again from Prolific.",
    "closed": "This study is closed: it takes no new participants. Please return your submission on "
    "Prolific.",
    "removed": "You were taken out of this study. Please return your submission on Prolific.",
}


@dataclass(frozen=True)
class Visitor:
    """A participant as the platform names one."""

    participant: str
    study: str = ""
    session: str = ""


def read_visitor(query: Mapping[str, str]) -> Visitor:
    """Out of the link's query string. Raises ``BadVisit``."""
    given = {name: query.get(name, "").strip() for name in PLACEHOLDERS}
    if not given["PROLIFIC_PID"]:
        raise BadVisit(
            "The link does not say who you are: PROLIFIC_PID is missing. Open the study from Prolific."
        )
    for name, value in given.items():
        if value and not _ID.fullmatch(value):
            raise BadVisit(
                f"{name} is “{value[:40]}”, which is no id. Open the study from Prolific; if it stays "
                "so, its link was not set up right: tell the researcher."
            )
    return Visitor(given["PROLIFIC_PID"], given["STUDY_ID"], given["SESSION_ID"])


def check_code(code: str) -> str:
    """A completion code as the platform takes it. Raises ``ValueError``."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"“{code}” is no completion code; use letters, digits, - and _.")
    return code


# ------------------------------------------------------------------------------------- for admins


@transaction.atomic
def set_up(
    project: Project,
    *,
    completion_code: str,
    labels_each: int,
    group: Group | None = None,
    is_open: bool = True,
) -> tuple[Crowd, str]:
    """Make the door, or change it; the secret of a new one, else "". Raises ``ValueError``.

    Those who are in keep the number of labels that they came for.
    """
    check_code(completion_code)
    if not 1 <= labels_each <= MOST_LABELS:
        raise ValueError(f"A visit takes 1 to {MOST_LABELS:,} labels.")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    values: dict[str, Any] = {
        "completion_code": completion_code,
        "labels_each": labels_each,
        "group": group,
        "is_open": is_open,
    }
    crowd = Crowd.objects.filter(project=project).select_related("group").first()
    before = _plain({name: getattr(crowd, name) for name in values}) if crowd else None
    if before == _plain(values):
        return crowd, ""  # type: ignore[return-value]  # there is one
    secret = "" if crowd else secrets.token_urlsafe(24)
    if crowd is None:
        crowd = Crowd(project=project, digest=digest_of(secret))
    for name, value in values.items():
        setattr(crowd, name, value)
    crowd.save()
    audit.record("crowd.set", project=project, target=crowd, before=before, after=_plain(values))
    return crowd, secret


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON; the code is on record by its page alone."""
    group = values["group"]
    return {**values, "group": group.name if group else None}


@transaction.atomic
def new_link(crowd: Crowd) -> str:
    """A new secret; the link before leads nowhere any more."""
    secret = secrets.token_urlsafe(24)
    Crowd.objects.filter(pk=crowd.pk).update(digest=digest_of(secret))
    audit.record("crowd.link", project=crowd.project, target=crowd)
    return secret


@dataclass(frozen=True)
class Progress:
    """A visit and how far it has come."""

    visit: CrowdVisit
    labels: int
    active_minutes: float

    @property
    def wanted(self) -> int | None:
        return self.visit.membership.most_labels

    @property
    def state(self) -> str:
        member = self.visit.membership
        project = self.visit.crowd.project
        if self.visit.finished_at is not None:
            return "finished"
        if member.paused_at is not None:
            return "paused"
        if project.qualification_pass is not None and member.qualified_at is None:
            tried = member.qualification_attempt
            return "test" if tried < project.qualification_tries or not tried else "last try"
        return "working" if self.labels else "arrived"


def progress(visits: Sequence[CrowdVisit], project: Project) -> list[Progress]:
    """Of visits with their members, users and crowd at hand: two queries for all of them."""
    users = [visit.membership.user_id for visit in visits]
    lent = Assignment.objects.handed_out().filter(
        project=project, annotator__user__in=users, state=Assignment.State.SUBMITTED
    )
    labels = dict(lent.values_list("annotator__user").annotate(n=Count("pk")).order_by())
    given = Annotation.objects.handed_out().filter(project=project, annotator__user__in=users)
    seconds = dict(
        given.values_list("annotator__user").annotate(s=Sum("active_seconds")).order_by()
    )
    return [
        Progress(
            visit,
            labels.get(visit.membership.user_id, 0),
            round((seconds.get(visit.membership.user_id) or 0) / 60, 1),
        )
        for visit in visits
    ]


# ---------------------------------------------------------------------------------- for participants


def door(digest: str) -> Crowd:
    """The door that a link with this hash of a secret opens. Raises ``NoEntry``."""
    crowd = Crowd.objects.select_related("project", "group").filter(digest=digest).first()
    if crowd is None:
        raise NoEntry("unknown")
    return crowd


def visit_of(crowd: Crowd, visitor: Visitor) -> CrowdVisit | None:
    rows = crowd.visits.select_related("membership__user")
    return rows.filter(participant=visitor.participant).first()


def come_in(crowd: Crowd, visitor: Visitor) -> User:
    """Whom to sign in: the participant's user, made the first time. Raises ``NoEntry``.

    Only ever a user that came by this door and is an annotator without a password.
    """
    visit = visit_of(crowd, visitor)
    if visit is None:
        if not crowd.is_open:
            raise NoEntry("closed")
        try:
            visit = _first_visit(crowd, visitor)
        except IntegrityError:  # another tab was faster
            visit = visit_of(crowd, visitor)
    if visit is None or not _is_of_the_crowd(visit.membership):
        raise NoEntry("removed")
    if visitor.session and visitor.session != visit.session:
        CrowdVisit.objects.filter(pk=visit.pk).update(session=visitor.session)
    user: User = visit.membership.user
    return user


def _is_of_the_crowd(member: Membership) -> bool:
    user = member.user
    plain = user.is_active and not user.is_staff and not user.has_usable_password()
    return plain and member.role == Membership.Role.ANNOTATOR


@transaction.atomic
def _first_visit(crowd: Crowd, visitor: Visitor) -> CrowdVisit:
    name = f"prolific-{crowd.pk}-{visitor.participant}"
    if User.objects.filter(username=name).exists():
        if (visit := visit_of(crowd, visitor)) is not None:  # another tab was faster
            return visit
        raise NoEntry("removed")
    user = User(username=name)
    user.set_unusable_password()
    user.save()
    with audit.acting(user):
        member = add_member(crowd.project, user, group=crowd.group)
    member.most_labels = crowd.labels_each
    member.save(update_fields=["most_labels"])
    return CrowdVisit.objects.create(
        crowd=crowd,
        membership=member,
        participant=visitor.participant,
        study=visitor.study,
        session=visitor.session,
    )


def labels_of(membership: Membership) -> int:
    own = membership.user.annotator_or_new.assignments.handed_out()
    return int(own.filter(project=membership.project_id, state=Assignment.State.SUBMITTED).count())


def finish(visit: CrowdVisit) -> None:
    """Note when the visit came to its end; the first time counts."""
    now = timezone.now()
    if CrowdVisit.objects.filter(pk=visit.pk, finished_at=None).update(finished_at=now):
        visit.finished_at = now


def return_url(crowd: Crowd) -> str:
    return f"{COMPLETE_URL}?{urlencode({'cc': crowd.completion_code})}"
