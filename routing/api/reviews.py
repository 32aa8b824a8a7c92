"""Adjudication over the API: what waits for a decision, and the decision on one item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.response import Response

from annotate.adjudication import (
    AlreadyDecided,
    LongReason,
    NoReason,
    last_review,
    parse_decision,
)
from annotate.api.access import ProjectView
from annotate.api.errors import BadRequest, Conflict
from annotate.gold import NotGold
from annotate.models import Annotation, Item, Project
from routing.review_queue import WHYS, Place, Queue
from routing.reviewing import decide, withdraw

if TYPE_CHECKING:
    from rest_framework.request import Request


class DecisionSerializer(serializers.ModelSerializer[Annotation]):
    """The decision that stands, its answers in the item's own order."""

    item = serializers.CharField(source="item.key")
    by = serializers.CharField(source="annotator.name")

    class Meta:
        model = Annotation
        fields = ("id", "item", "by", "answers", "reason", "supersedes", "created_at")


class NewDecisionSerializer(serializers.Serializer[Any]):
    answers = serializers.DictField(
        help_text="{question: answer} in the item's own order; what is left out stays with the labels."
    )
    reason = serializers.CharField(max_length=2_000)
    after = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="The id of the decision that this one takes the place of; leave it out for none.",
    )
    gold = serializers.BooleanField(
        default=False, help_text="Make the answers the item's gold too."
    )


class WaitingSerializer(serializers.Serializer[Any]):
    """`value` is the disagreement, the model's probability of the label, or the decision's id."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    value = serializers.FloatField()


class QueueSerializer(serializers.Serializer[Any]):
    results = WaitingSerializer(many=True)
    after = serializers.CharField(allow_null=True, help_text="Where the next page begins, or null.")


class Reviewing(ProjectView):
    """To annotators it does not exist."""

    def project(self) -> Project:
        try:
            return super().project()
        except PermissionDenied as refused:
            raise NotFound from refused


class ReviewQueue(Reviewing):
    """Items that wait for a reviewer, as on the page: the same conditions, the same order."""

    @extend_schema(
        responses=QueueSerializer,
        operation_id="reviews_list",
        parameters=[
            OpenApiParameter("why", enum=list(WHYS)),
            OpenApiParameter("least", float, description="Disagreement, from 0 to 1."),
            OpenApiParameter("question", str),
            OpenApiParameter("after", str),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        queue = Queue.of(self.project(), request.query_params)
        page = queue.page(after=Place.read(request.query_params.get("after", "")))
        keys = dict(
            Item.objects.filter(pk__in=[one.item for one in page.entries]).values_list("pk", "key")
        )
        rows = [
            {"id": one.item, "key": keys[one.item], "value": one.value}
            for one in page.entries
            if one.item in keys
        ]
        after = None if page.later is None else str(page.later)
        return Response(QueueSerializer({"results": rows, "after": after}).data)


class Decision(Reviewing):
    """The decision on an item: what stands, a new one, or taking it back."""

    def item(self) -> Item:
        return get_object_or_404(self.project().items, pk=self.kwargs["pk"])

    @extend_schema(responses=DecisionSerializer)
    def get(self, _request: Request, slug: str, pk: int) -> Response:
        review = last_review(self.item())
        if review is None or not review.answers:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(DecisionSerializer(review).data)

    @extend_schema(request=NewDecisionSerializer, responses={201: DecisionSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        item = self.item()
        asked = NewDecisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        answers = parse_decision(item.project.questions, data["answers"], item=item)
        after = data.get("after")
        if after is None and (last := last_review(item)) is not None and not last.answers:
            after = last.pk  # of a decision that was taken back nobody has to know
        try:
            made = decide(
                item, answers, by=self.user, reason=data["reason"], after=after, gold=data["gold"]
            )
        except AlreadyDecided as told:
            raise Conflict(str(told), "already_decided") from told
        except (NoReason, LongReason) as fault:
            raise BadRequest(str(fault), "no_reason") from fault
        except NotGold as fault:
            raise BadRequest(str(fault), "not_gold") from fault
        return Response(DecisionSerializer(made).data, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, pk: int) -> Response:
        withdraw(self.item(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
