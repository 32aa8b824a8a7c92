"""Shapes of the API. Rules live in the domain functions that the views call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from rest_framework import serializers

from annotate.media import media_named, names_in
from annotate.models import Annotation, Assignment, Completion, Item, Membership, Project, Transfer
from annotate.models.projects import Route
from annotate.presets import PRESETS
from annotate.questions.base.question import letter

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProjectSerializer(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = (
            "slug",
            "name",
            "description",
            "overlap",
            "default_route",
            "evaluation_share",
            "random_share",
            "lease_seconds",
            "undo_seconds",
            "corrections",
            "suggestions",
            "suggestions_from",
            "suggestions_share",
            "pay_per_label_usd",
            "retrain_after_labels",
            "retrain_every_minutes",
            "created_at",
        )
        read_only_fields = ("slug", "created_at")


class NewProjectSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(max_length=60)
    preset = serializers.ChoiceField(choices=list(PRESETS))
    overlap = serializers.IntegerField(min_value=1, max_value=100, required=False)
    default_route = serializers.ChoiceField(choices=Route.choices, required=False)


class FormSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    questions = serializers.JSONField(help_text='[{"kind", "name", "title", …}]')


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item as researchers see it, its completions in the item's own order."""

    completions = serializers.SerializerMethodField()
    tags = serializers.ListField(child=serializers.CharField())
    archived = serializers.BooleanField()
    gold = serializers.SerializerMethodField(help_text="{question: answer}, or null")
    gold_use = serializers.SerializerMethodField(
        help_text='"check", "planted", "qualification" or "example"; null where there is no gold'
    )

    class Meta:
        model = Item
        fields = (
            "id",
            "key",
            "source",
            "messages",
            "contexts",
            "metadata",
            "completions",
            "route",
            "overlap",
            "seats_left",
            "evaluation",
            "rank",
            "tags",
            "archived",
            "gold",
            "gold_use",
            "created_at",
        )

    def get_gold(self, item: Item) -> dict[str, Any] | None:
        gold = getattr(item, "gold", None)
        return gold.answers if gold is not None else None

    def get_gold_use(self, item: Item) -> str | None:
        gold = getattr(item, "gold", None)
        return gold.use if gold is not None else None

    def get_completions(self, item: Item) -> list[dict[str, Any]]:
        return [
            {"text": completion.text, "generator": completion.generator, **_media(completion)}
            for completion in item.completions.all()
        ]


def _media(completion: Completion) -> dict[str, Any]:
    """The files that it shows, where it shows any."""
    return {"media": completion.media} if completion.media else {}


class ImportSerializer(serializers.Serializer[Any]):
    """What came of items sent in: counts, and every bad line by number."""

    lines = serializers.IntegerField()
    added = serializers.IntegerField()
    present = serializers.IntegerField()
    labels = serializers.IntegerField()
    labels_present = serializers.IntegerField()
    gold = serializers.IntegerField()
    bad = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    faults = serializers.ListField(child=serializers.DictField())


class ShownItemSerializer(serializers.Serializer[Item]):
    """An item as annotators see it: no generators, completions in the shown order."""

    id = serializers.IntegerField()
    messages = serializers.JSONField()
    contexts = serializers.JSONField()
    completions = serializers.JSONField(help_text='[{"letter": "A", "text": …}]')


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    """Answers to an assignment are given in the order in which its completions are shown."""

    item = serializers.SerializerMethodField()
    form = serializers.SerializerMethodField()

    class Meta:
        model = Assignment
        fields = ("id", "key", "state", "expires_at", "item", "form")

    def get_item(self, assignment: Assignment) -> dict[str, Any]:
        item, completions = assignment.item, list(assignment.item.completions.all())
        named = [{"media": one.media} for one in completions if one.media]
        names = names_in(item.messages, item.contexts, named)
        addresses = self.addresses(assignment, names) if names else {}
        shown = {
            one.position: {"text": one.text, **_placed({"media": one.media}, addresses)}
            for one in completions
        }
        return {
            "id": item.pk,
            "messages": [turn | _placed(turn, addresses) for turn in item.messages],
            "contexts": [passage | _placed(passage, addresses) for passage in item.contexts],
            "completions": [
                {"letter": letter(place), **shown[position]}
                for place, position in enumerate(assignment.order)
            ],
        }

    def addresses(self, assignment: Assignment, names: list[str]) -> dict[str, str]:
        """Where files are, by name: annotators are not told names, which may tell who wrote what."""
        project = assignment.project
        return {
            name: reverse("api-file-content", args=[project.slug, media.pk])
            for name, media in media_named(project, names).items()
        }

    def get_form(self, assignment: Assignment) -> dict[str, Any]:
        return {"version": assignment.form.version, "questions": assignment.form.questions}


def _placed(part: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, Any]:
    """The files of a turn, passage or completion as annotators get them."""
    if not part.get("media"):
        return {}
    return {
        "media": [
            {"url": addresses.get(one["file"], ""), "alt": one.get("alt", "")}
            for one in part["media"]
        ]
    }


class CorrectionSerializer(serializers.Serializer[Any]):
    answers = serializers.DictField(help_text="{question: answer}, in the shown order.")
    active_seconds = serializers.FloatField(min_value=0, max_value=1e6, required=False)
    focused_seconds = serializers.FloatField(min_value=0, max_value=1e6, required=False)
    wall_seconds = serializers.FloatField(min_value=0, max_value=1e7, required=False)


class ShownSuggestionSerializer(serializers.Serializer[Any]):
    """What a program of one's own showed of a suggestion; the API itself shows none."""

    shown = serializers.ChoiceField(choices=["before", "after", "none"])
    by = serializers.CharField(
        max_length=200, required=False, help_text="Whose opinion it was, such as a model's name."
    )
    answers = serializers.DictField(required=False, help_text="{question: answer}, in shown order.")
    probability = serializers.FloatField(min_value=0, max_value=1, required=False)
    at = serializers.IntegerField(
        min_value=0, max_value=10**10, required=False, help_text="Milliseconds after the item."
    )


class SubmissionSerializer(CorrectionSerializer):
    key = serializers.CharField(max_length=40, help_text="The assignment's key, as it was given.")
    suggestions = ShownSuggestionSerializer(required=False)


class AnnotationSerializer(serializers.ModelSerializer[Annotation]):
    """Answers in the item's own order."""

    item = serializers.CharField(source="item.key")
    annotator = serializers.CharField(source="annotator.name")
    annotator_kind = serializers.CharField(source="annotator.kind")
    form_version = serializers.IntegerField(source="form.version")

    class Meta:
        model = Annotation
        fields = (
            "id",
            "item",
            "annotator",
            "annotator_kind",
            "purpose",
            "attempt",
            "supersedes",
            "answers",
            "form_version",
            "order",
            "active_seconds",
            "focused_seconds",
            "wall_seconds",
            "suggestions",
            "reason",
            "created_at",
        )


class OwnAnnotationSerializer(serializers.ModelSerializer[Annotation]):
    """What an annotator gets back for a submission."""

    class Meta:
        model = Annotation
        fields = ("id", "assignment", "key", "created_at")


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    class Meta:
        model = Transfer
        fields: ClassVar = (
            "id",
            "direction",
            "format",
            "state",
            "done",
            "total",
            "result",
            "created_at",
            "finished_at",
        )


class NewExportSerializer(serializers.Serializer[Any]):
    format = serializers.CharField(max_length=30)
    options = serializers.DictField(child=serializers.CharField(), required=False)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """``person`` is the number that stands beside labels; user names are for admins."""

    person = serializers.SerializerMethodField()
    username = serializers.SerializerMethodField()
    groups = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = (
            "person",
            "username",
            "role",
            "groups",
            "tags",
            "paused_at",
            "paused_reason",
            "created_at",
        )

    def get_person(self, member: Membership) -> int | None:
        annotator = getattr(member.user, "annotator", None)
        return annotator.pk if annotator else None

    def get_username(self, member: Membership) -> str | None:
        return member.user.get_username() if self.context["admin"] else None

    def get_groups(self, member: Membership) -> list[str]:
        return sorted(group.name for group in member.groups.all())
