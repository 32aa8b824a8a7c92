import hashlib
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from annotate.models.projects import Project


class User(AbstractUser):
    """Somebody who signs in. What they may do is decided by their memberships."""

    # The own workspace: {"theme": str, "size": px, "width": ch, "keys": {command: key}}.
    comfort = models.JSONField(default=dict, blank=True)

    @property
    def annotator_or_new(self) -> "Annotator":
        try:
            return self.annotator
        except Annotator.DoesNotExist:
            self.annotator = Annotator.objects.for_user(self)
            return self.annotator


class AnnotatorQuerySet(models.QuerySet["Annotator"]):
    def humans(self) -> "AnnotatorQuerySet":
        return self.filter(kind=Annotator.Kind.HUMAN)

    def llms(self) -> "AnnotatorQuerySet":
        return self.filter(kind=Annotator.Kind.LLM)

    def for_user(self, user: User) -> "Annotator":
        # By id: an object would keep the new one as its own, unsaved when another was faster.
        annotator, _ = self.get_or_create(
            user_id=user.pk, defaults={"kind": Annotator.Kind.HUMAN, "name": user.username}
        )
        return annotator


class Annotator(models.Model):
    """Who answers: a user, a person known only by name, or one version of an LLM judge."""

    class Kind(models.TextChoices):
        HUMAN = "human"
        LLM = "llm"

    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=150)
    version = models.PositiveIntegerField(default=1)
    description = models.TextField(blank=True)
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="annotator"
    )
    project = models.ForeignKey(
        "annotate.Project",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="annotators",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = AnnotatorQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="annotator_user_or_project",
                condition=Q(user__isnull=False, project__isnull=True, kind="human")
                | Q(user__isnull=True, project__isnull=False),
                violation_error_message="An annotator is either a user or belongs to one project.",
            ),
            models.UniqueConstraint(
                fields=("project", "kind", "name", "version"),
                name="annotator_unique_in_project",
                condition=Q(project__isnull=False),
                violation_error_message="This project already has an annotator of that name.",
            ),
        )

    def __str__(self) -> str:
        return self.name if self.version == 1 else f"{self.name} v{self.version}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def at_least(self, role: str) -> "MembershipQuerySet":
        order = list(Membership.Role.values)
        return self.filter(role__in=order[order.index(role) :])


def any_queue() -> list[str]:
    return [""]


class Membership(models.Model):
    """A user's role in a project, and how far the user has come in its queues."""

    class Role(models.TextChoices):
        ANNOTATOR = "annotator"
        RESEARCHER = "researcher"
        ADMIN = "admin"

    project = models.ForeignKey(
        "annotate.Project", on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.ANNOTATOR)
    # The item queues this member may draw from (sets of required tags; "" asks for none).
    queues = ArrayField(models.CharField(max_length=100, blank=True), default=any_queue)
    # The project's ranking that the cursors follow, and the last returned item looked at.
    ranking = models.BigIntegerField(default=0)
    returned_mark = models.BigIntegerField(default=0)
    # What this member may be asked about ("german", "medicine"), besides what the groups bring.
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # Null: the project's rate.
    pay_per_label_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    # While set, the member is given no items; why is shown to the member.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    # Null: the project's.
    most_labels = models.PositiveIntegerField(null=True, blank=True)
    # How far the member has come towards work: guidelines read, examples seen, test passed.
    guidelines_read_at = models.DateTimeField(null=True, blank=True)
    examples_seen_at = models.DateTimeField(null=True, blank=True)
    qualified_at = models.DateTimeField(null=True, blank=True)
    # Tries of the test that are over, or begun.
    qualification_attempt = models.PositiveSmallIntegerField(default=0)
    # Labels given since a gold item was last planted; a claim plants by it.
    since_gold = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = MembershipQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "user"),
                name="membership_once",
                violation_error_message="This user is already a member of the project.",
            ),
            models.CheckConstraint(
                name="membership_pay",
                condition=Q(pay_per_label_usd__isnull=True) | Q(pay_per_label_usd__gte=0),
                violation_error_message="Pay is 0 or more.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"

    def may(self, role: str) -> bool:
        order = list(Membership.Role.values)
        return order.index(self.role) >= order.index(role)


class Group(models.Model):
    """Members of a project who are asked about the same things."""

    project = models.ForeignKey("annotate.Project", on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=80)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    members = models.ManyToManyField(Membership, related_name="groups", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name"),
                name="group_once",
                violation_error_message="The project already has a group of that name.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> "InvitationQuerySet":
        return self.filter(expires_at__gt=timezone.now(), uses_left__gt=0, revoked_at__isnull=True)


class Invitation(models.Model):
    """A link that makes whoever opens it a member; its secret is shown once and never stored."""

    project = models.ForeignKey(
        "annotate.Project", on_delete=models.CASCADE, related_name="invitations"
    )
    role = models.CharField(
        max_length=10, choices=Membership.Role, default=Membership.Role.ANNOTATOR
    )
    group = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    # Whom it is meant for, as a note to whoever made it.
    note = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    uses_left = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.role} in {self.project}"


class Cursor(models.Model):
    """Where a member stands in one queue: the (rank, id) of the first item still to be offered."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="cursors")
    queue = models.CharField(max_length=100, blank=True)
    rank = models.FloatField()
    item_id = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("membership", "queue"), name="cursor_once"),)

    def __str__(self) -> str:
        return f"{self.membership} at {self.rank}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> "ApiTokenQuerySet":
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), user__is_active=True
        )

    def issue(
        self, user: User, *, name: str, scopes: list[str], expires_at: datetime | None = None
    ) -> tuple["ApiToken", str]:
        """A new token and its secret, which is shown once and never stored."""
        secret = f"tdm_{secrets.token_urlsafe(32)}"
        token = self.create(
            user=user,
            name=name,
            prefix=secret[:10],
            digest=ApiToken.digest_of(secret),
            scopes=scopes,
            expires_at=expires_at,
        )
        return token, secret

    def of_secret(self, secret: str) -> "ApiToken | None":
        return self.usable().filter(digest=ApiToken.digest_of(secret)).first()


class ApiToken(models.Model):
    """A hashed, scoped key to the API for programs."""

    class Scope(models.TextChoices):
        READ = "read"
        LABEL = "label"
        WRITE = "write"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()


def member_role(user: User, project: "Project") -> str | None:
    """The user's role in the project; staff are admins everywhere; None for strangers."""
    if user.is_staff:
        return Membership.Role.ADMIN
    return (
        Membership.objects.filter(user=user, project=project).values_list("role", flat=True).first()
    )
