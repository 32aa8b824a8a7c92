"""Rewards over the API: a request is a row that a worker answers; the web never imports torch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotate.api.access import ProjectView
from annotate.api.errors import Conflict
from annotate.jobs import hint
from annotate.models import ApiToken, Membership
from routing.models import ScoreRequest
from routing.scoring import CHANNEL, NoModel, model_of

if TYPE_CHECKING:
    from rest_framework.request import Request

MOST_ROWS = 10_000
SMALL = 64
WAIT_SECONDS = 10.0


class RowSerializer(serializers.Serializer[Any]):
    """A prompt, as text or as chat turns, with one completion."""

    prompt = serializers.CharField(required=False, trim_whitespace=False)
    messages = serializers.ListField(child=serializers.DictField(), required=False, min_length=1)
    contexts = serializers.ListField(child=serializers.DictField(), required=False)
    completion = serializers.CharField(trim_whitespace=False, allow_blank=True)

    def validate(self, row: dict[str, Any]) -> dict[str, Any]:
        if ("prompt" in row) == ("messages" in row):
            raise serializers.ValidationError("Give either a prompt or messages.")
        for turn in row.get("messages", ()):
            if set(turn) != {"role", "content"} or not isinstance(turn["content"], str):
                raise serializers.ValidationError("A message has a role and a text as content.")
        return row


class AskSerializer(serializers.Serializer[Any]):
    rows = serializers.ListField(child=RowSerializer(), min_length=1, max_length=MOST_ROWS)
    version = serializers.IntegerField(
        required=False, help_text="Of the reward model; the promoted one unless named."
    )


class ScoreRequestSerializer(serializers.ModelSerializer[ScoreRequest]):
    version = serializers.IntegerField(source="reward_model.version", read_only=True)
    rewards = serializers.ListField(child=serializers.DictField(), read_only=True, allow_null=True)

    class Meta:
        model = ScoreRequest
        fields = ("id", "state", "version", "rewards", "fault", "created_at", "finished_at")


class Scores(ProjectView):
    """Rewards for prompts and completions, at once for few rows, else behind the URL of the 202."""

    scope = ApiToken.Scope.READ

    @extend_schema(
        request=AskSerializer,
        responses={200: ScoreRequestSerializer, 202: ScoreRequestSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        project = self.project()
        asked = AskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            model = model_of(project, asked.validated_data.get("version"))
        except NoModel as fault:
            raise Conflict(str(fault), "no_reward_model") from fault
        rows = asked.validated_data["rows"]
        with transaction.atomic():
            if len(rows) <= SMALL:
                with connection.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
            scored = ScoreRequest.objects.create(
                project=project, user=self.user, reward_model=model, rows=rows
            )
            hint(project.pk, "score")
        if len(rows) <= SMALL:
            _wait_for(scored)
        done = scored.state != ScoreRequest.State.WAITING
        place = reverse("api-score", args=[slug, scored.pk], request=request)
        return Response(
            ScoreRequestSerializer(scored).data,
            status.HTTP_200_OK if done else status.HTTP_202_ACCEPTED,
            headers={"Location": place},
        )


def _wait_for(scored: ScoreRequest) -> None:
    """Until a worker has answered, or the time is over."""
    end = time.monotonic() + WAIT_SECONDS
    raw = connection.connection
    try:
        while scored.state == ScoreRequest.State.WAITING and (left := end - time.monotonic()) > 0:
            for notice in raw.notifies(timeout=min(left, 1.0)):
                if notice.payload == str(scored.pk):
                    break
            scored.refresh_from_db(fields=["state", "rewards", "fault", "finished_at"])
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"UNLISTEN {CHANNEL}")


class OneScore(ProjectView):
    """What became of a request for rewards."""

    role = Membership.Role.RESEARCHER

    @extend_schema(responses=ScoreRequestSerializer)
    def get(self, _request: Request, slug: str, pk: int) -> Response:
        scored = get_object_or_404(ScoreRequest, project=self.project(), pk=pk)
        return Response(ScoreRequestSerializer(scored).data)
