"""Who labels and what is learnt: judges and their calls, policies and decisions, reward models."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.urls import reverse
from django.utils import timezone
from pgvector.django import VectorField

from annotate.models import Annotation, Annotator, Completion, Item, Project, Snapshot, User
from annotate.models.projects import Route
from routing.trial_models import JudgeTrial, JudgeTrialCall  # noqa: F401 Django looks for models here


class JudgeQuerySet(models.QuerySet["Judge"]):
    def active(self) -> JudgeQuerySet:
        return self.filter(active=True)


class Judge(models.Model):
    """The model, prompt and settings behind an LLM annotator. A change makes a new version."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="judges")
    annotator = models.OneToOneField(Annotator, on_delete=models.PROTECT, related_name="judge")
    name = models.CharField(max_length=100)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=30)
    model = models.CharField(max_length=200, blank=True)
    base_url = models.URLField(blank=True)
    # The name of the environment variable that holds the key; never the key.
    key_env = models.CharField(max_length=100, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    prompt_version = models.PositiveSmallIntegerField(default=1)
    form = models.ForeignKey("annotate.Form", on_delete=models.PROTECT, related_name="+")
    guidelines = models.ForeignKey(
        "annotate.Guidelines", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # USD for a million tokens; null when unknown.
    input_price_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    output_price_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    active = models.BooleanField(default=True)
    # Why the judge stands still ("unknown price"), shown to admins; empty while it works.
    fault = models.TextField(blank=True)
    # When a judge that stands still is tried again.
    retry_at = models.DateTimeField(null=True, blank=True)
    # Items up to this id have their calls, or are not for judges; later routes ask for theirs.
    planned_to = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = JudgeQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name", "version"),
                name="judge_version",
                violation_error_message="The project already has this version of the judge.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class JudgeCallQuerySet(models.QuerySet["JudgeCall"]):
    def free(self) -> JudgeCallQuerySet:
        """To be taken by a worker; those of archived items wait until these are restored."""
        archived = Q(item__waits_for__isnull=False, item__waits_for=Item.WaitsFor.ARCHIVE)
        return self.filter(~archived, state__in=JudgeCall.FREE)

    def with_refused_quotes(self) -> JudgeCallQuerySet:
        """Those of whose quotes at least one could not be placed."""
        return self.filter(
            Func(
                "raw",
                template="jsonb_path_exists(%(expressions)s, "
                "'$.unlocated.* ? (@.absent > 0 || @.ambiguous > 0)')",
                output_field=models.BooleanField(),
            )
        )


class JudgeCall(models.Model):
    """One call to a judge about one item: waiting, reserved, then answered, failed or lost.

    Both orders are two calls. A call whose worker died keeps its reservation as spent, is marked
    lost and is asked once more.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RESERVED = "reserved"
        ANSWERED = "answered"
        FAILED = "failed"
        LOST = "lost"

    # Still to be answered; of these, free for a worker to take.
    OPEN: ClassVar = (State.WAITING, State.RESERVED, State.LOST)
    FREE: ClassVar = (State.WAITING, State.LOST)

    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="calls", db_index=False)
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="judge_calls", db_index=False
    )
    # Index of the presentation order (0 the item's own, 1 reversed) and of the sample.
    order = models.PositiveSmallIntegerField()
    sample = models.PositiveSmallIntegerField(default=0)
    shown_order = ArrayField(models.PositiveSmallIntegerField())
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    raw = models.JSONField(null=True, blank=True)
    # The parsed verdict in the order the judge saw.
    verdict = models.JSONField(null=True, blank=True)
    # The judge's own confidence in [0, 1], where it has one.
    confidence = models.FloatField(null=True, blank=True)
    fault = models.TextField(blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    # Of the try in flight: its reservation. Of a call that came back: what is still to be settled.
    reserved_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    # All tries together, those that were lost or timed out at what was reserved for them.
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    seconds_spent = models.FloatField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = JudgeCallQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("judge", "item", "order", "sample"), name="judge_call_once"
            ),
        )
        indexes = (
            models.Index(fields=("item",), name="judge_call_item"),
            models.Index(
                fields=("judge", "finished_at"),
                name="judge_call_failed",
                condition=Q(state="failed"),
            ),
            models.Index(
                fields=("judge", "id"),
                name="judge_call_open",
                condition=Q(state__in=("waiting", "reserved", "lost"))
                | Q(reserved_usd__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.judge} on {self.item_id}: {self.state}"


class RoutingPolicyQuerySet(models.QuerySet["RoutingPolicy"]):
    def active_for(self, project: Project) -> RoutingPolicy | None:
        return self.filter(project=project, active=True).select_related("judge").first()


class RoutingPolicy(models.Model):
    """One version of the rule that sends items to people, a judge or both."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="policies")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    settings = models.JSONField(default=dict, blank=True)
    judge = models.ForeignKey(
        Judge, on_delete=models.PROTECT, null=True, blank=True, related_name="policies"
    )
    active = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = RoutingPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "routing policies"
        constraints = (
            models.UniqueConstraint(fields=("project", "version"), name="policy_version"),
            models.UniqueConstraint(
                fields=("project",),
                name="policy_active_once",
                condition=Q(active=True),
                violation_error_message="Another policy is on; switch it off first.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"


class RoutingDecisionQuerySet(models.QuerySet["RoutingDecision"]):
    def current(self) -> RoutingDecisionQuerySet:
        return self.filter(current=True)


class RoutingDecision(models.Model):
    """Where an item was sent, by which policy, and why. An item may be decided again."""

    policy = models.ForeignKey(RoutingPolicy, on_delete=models.CASCADE, related_name="decisions")
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="decisions", db_index=False
    )
    # Null while the item waits (for its judge, or for budget).
    route = models.CharField(max_length=5, choices=Route, null=True, blank=True)  # noqa: DJ001 null is "waits"
    score = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    features = models.JSONField(default=dict, blank=True)
    # False once a later decision about the item stands.
    current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = RoutingDecisionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("item",), name="decision_current_once", condition=Q(current=True)
            ),
        )
        indexes = (
            models.Index(fields=("item", "-id"), name="decision_item"),
            models.Index(
                fields=("policy", "route", "reason"),
                name="decision_counts",
                condition=Q(current=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_id} → {self.route}: {self.reason}"


class Embedding(models.Model):
    """A text's vector, once per text, encoder and window rule."""

    text_hash = models.CharField(max_length=64)
    encoder = models.CharField(max_length=120)
    window = models.CharField(max_length=40)
    vector = VectorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("encoder", "window", "text_hash"), name="embedding_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.encoder} {self.text_hash[:8]}"


class RewardModelQuerySet(models.QuerySet["RewardModel"]):
    def promoted_for(self, project: Project) -> RewardModel | None:
        return self.filter(project=project, promoted=True).first()


class RewardModel(models.Model):
    """One trained version: its heads, what it learnt from, and how well it does."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reward_models")
    version = models.PositiveIntegerField()
    recipe = models.CharField(max_length=40)
    encoder = models.CharField(max_length=120)
    window = models.CharField(max_length=40)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="reward_models")
    seed = models.BigIntegerField()
    code_version = models.CharField(max_length=60)
    libraries = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    heads = models.BinaryField()
    promoted = models.BooleanField(default=False)
    # Why it was or was not promoted, in words.
    verdict = models.CharField(max_length=300, blank=True)
    seconds_spent = models.FloatField(null=True, blank=True)
    # When the open items were first ranked by it, and the last item it has scored.
    ranked_at = models.DateTimeField(null=True, blank=True)
    scored_to = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = RewardModelQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "version"), name="reward_model_version"),
            models.UniqueConstraint(
                fields=("project",),
                name="reward_model_promoted_once",
                condition=Q(promoted=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project} reward model {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("reward-model", args=[self.project.slug, self.version])


class Score(models.Model):
    """The reward that the promoted model gives a completion, with its standard deviation."""

    reward_model = models.ForeignKey(
        RewardModel, on_delete=models.CASCADE, related_name="scores", db_index=False
    )
    completion = models.ForeignKey(
        Completion, on_delete=models.CASCADE, related_name="scores", db_index=False
    )
    reward = models.FloatField()
    spread = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("completion", "reward_model"), name="score_once"),
        )
        indexes = (models.Index(fields=("reward_model",), name="score_model"),)

    def __str__(self) -> str:
        return f"{self.completion_id}: {self.reward:.3f}"


class ScoreRequest(models.Model):
    """Texts that a program wants scored; a worker answers, since the web never imports torch."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="score_requests")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    reward_model = models.ForeignKey(
        RewardModel, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    # [{"prompt" or "messages", "contexts", "completion"}]
    rows = models.JSONField()
    rewards = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    fault = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("project",), name="score_waiting", condition=Q(state="waiting")),
        )

    def __str__(self) -> str:
        return f"{len(self.rows)} rows for {self.project}: {self.state}"


class Review(models.Model):
    """A label that the promoted reward model strongly disagrees with, for somebody to look at."""

    class State(models.TextChoices):
        OPEN = "open"
        KEPT = "kept"
        CORRECTED = "corrected"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reviews")
    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="reviews")
    reward_model = models.ForeignKey(RewardModel, on_delete=models.CASCADE, related_name="reviews")
    # Out-of-fold probability that the model gives to the label's side.
    probability = models.FloatField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("annotation",), name="review_once"),)

    def __str__(self) -> str:
        return f"{self.annotation}: {self.state}"


class ReviewVisit(models.Model):
    """That a reviewer has an item open, and whether the judges' and the model's opinion was looked at.

    It bars nobody: a second reviewer is told, and "next" passes the item over.
    """

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="review_visits", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Until when the item is taken to be looked at; in the past once it is decided or left.
    until = models.DateTimeField()
    # When the opinions were first opened: what was seen once is not forgotten.
    opinions_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "user"), name="review_visit_once"),)

    def __str__(self) -> str:
        return f"{self.user} on {self.item_id}"
