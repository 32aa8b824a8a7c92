from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from annotate.models.people import Membership, User, any_queue
from annotate.questions import Questions, parse_questions


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: Any, *, role: str = Membership.Role.ANNOTATOR) -> ProjectQuerySet:
        """Projects in which ``user`` has at least ``role``; staff see all, strangers nothing."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        members = Membership.objects.filter(user=user).at_least(role)
        return self.filter(pk__in=members.values("project"))


class Route(models.TextChoices):
    HUMAN = "human", "people"
    JUDGE = "judge", "judge"
    BOTH = "both", "people and judge"


class Suggest(models.TextChoices):
    """When an annotator sees what a judge or the reward model would answer."""

    OFF = "off", "never"
    AFTER = "after", "after the own answer"
    ARM = "arm", "beforehand, for a random share of the items"


class SuggestFrom(models.TextChoices):
    JUDGES = "judges", "the judges"
    MODEL = "model", "the reward model"


class Project(models.Model):
    """Items with their questions and instructions, and how they are handed out and learnt from."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    overlap = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    # Given to items as they arrive; null leaves them to the routing policy.
    default_route = models.CharField(max_length=5, choices=Route, null=True, blank=True)  # noqa: DJ001 null is "not yet routed"
    evaluation_share = models.FloatField(
        default=0.1, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    lease_seconds = models.PositiveIntegerField(default=1800)
    undo_seconds = models.PositiveIntegerField(default=600)
    # Whether annotators may correct their own labels once undo is over; a correction supersedes.
    corrections = models.BooleanField(default=True)
    # Labels that one annotator may give here at most; null for any number.
    most_labels_each = models.PositiveIntegerField(null=True, blank=True)
    # An item whose labels disagree wants one label more at a time, up to so many; null for none.
    dispute_overlap = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(2), MaxValueValidator(100)]
    )
    suggestions = models.CharField(max_length=5, choices=Suggest, default=Suggest.OFF)
    suggestions_from = models.CharField(
        max_length=6, choices=SuggestFrom, default=SuggestFrom.JUDGES
    )
    # The share of assignments that are shown one beforehand, where an arm is drawn.
    suggestions_share = models.FloatField(
        default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    # About one item in so many is planted gold; null plants none.
    gold_every = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(2)]
    )
    # Who has less than this share of the last so many gold items right is paused; null pauses none.
    gold_pass = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    gold_window = models.PositiveSmallIntegerField(default=10, validators=[MinValueValidator(1)])
    # The share of a qualification test that has to be right; null asks for no test.
    qualification_pass = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    qualification_size = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    qualification_tries = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1)]
    )
    # Whether those who are tested are told what was right, and why.
    qualification_feedback = models.BooleanField(default=True)
    # Whether anybody with an account may join as an annotator.
    open_to_all = models.BooleanField(default=False)
    pay_per_label_usd = models.DecimalField(max_digits=10, decimal_places=4, default=Decimal(0))
    # Raised after a re-ranking's last batch; members whose cursors follow an older one start anew.
    ranking = models.BigIntegerField(default=0)
    # Share of open items whose rank is drawn at random, so that estimates stay unbiased.
    random_share = models.FloatField(
        default=0.15, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    # Every set of tags that an item asks for: the queues that there are, "" for no tags at all.
    queues = ArrayField(models.CharField(max_length=100, blank=True), default=any_queue)
    # {question: name of its method of aggregation}; a question that is absent takes its kind's default.
    aggregation = models.JSONField(default=dict, blank=True)
    # When the labels are wanted; forecasts are held against it.
    due_on = models.DateField(null=True, blank=True)
    retrain_after_labels = models.PositiveIntegerField(default=50)
    retrain_every_minutes = models.PositiveIntegerField(default=10)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="created_projects"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = ProjectQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="project_shares",
                condition=Q(evaluation_share__range=(0, 1)) & Q(random_share__range=(0, 1)),
                violation_error_message="A share lies between 0 and 1.",
            ),
            models.CheckConstraint(
                name="project_overlap",
                condition=Q(overlap__range=(1, 100)),
                violation_error_message="An item wants between 1 and 100 annotations.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.slug])

    @cached_property
    def form(self) -> Form:
        """The newest form; new assignments and judges use it."""
        return self.forms.latest("version")

    @cached_property
    def guidelines(self) -> Guidelines | None:
        return self.guideline_versions.order_by("-version").first()

    @cached_property
    def questions(self) -> Questions:
        return self.form.parsed


class Guidelines(models.Model):
    """One version of the instructions, in Markdown. Never changed once stored."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="guideline_versions"
    )
    version = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "guidelines"
        constraints = (
            models.UniqueConstraint(fields=("project", "version"), name="guidelines_version"),
        )

    def __str__(self) -> str:
        return f"{self.project} guidelines {self.version}"


class FormQuerySet(models.QuerySet["Form"]):
    @transaction.atomic
    def add_version(self, project: Project, questions: Any) -> Form:
        """Store ``questions`` as the project's next form. Raises ``InvalidForm``.

        Whoever edits a form goes through ``annotate.form_versions``, which looks at what it breaks.
        """
        parse_questions(questions)
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        last = self.filter(project=project).aggregate(last=models.Max("version"))["last"] or 0
        return self.create(project=project, version=last + 1, questions=questions)


class Form(models.Model):
    """One version of a project's questions. Never changed once stored."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="forms")
    version = models.PositiveIntegerField()
    questions = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = FormQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "version"), name="form_version"),)

    def __str__(self) -> str:
        return f"{self.project} form {self.version}"

    @cached_property
    def parsed(self) -> Questions:
        return parse_questions(self.questions)
