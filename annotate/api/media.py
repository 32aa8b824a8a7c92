"""Files that items show, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotate.api.access import ProjectView
from annotate.api.errors import BadRequest, Conflict
from annotate.api.views import ById
from annotate.media import MediaInUse, RefusedMedia, remove, store
from annotate.media.serving import answer_with
from annotate.models import Media, Membership

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponseBase
    from rest_framework.request import Request

LONGEST_NAME = 300


class MediaSerializer(serializers.ModelSerializer[Media]):
    url = serializers.SerializerMethodField(help_text="Where the content is.")

    class Meta:
        model = Media
        fields = (
            "id",
            "name",
            "content_type",
            "size",
            "width",
            "height",
            "digest",
            "url",
            "created_at",
        )

    def get_url(self, media: Media) -> str:
        slug = self.context["view"].kwargs["slug"]
        return reverse("api-file-content", args=[slug, media.pk], request=self.context["request"])


class Files(ProjectView, ListAPIView[Media]):
    """The files that items of the project may show; `?name=` finds one. Send them as
    `multipart/form-data`: parts named `file`, and `name` where a single file is to be known by another
    name than its own."""

    serializer_class = MediaSerializer
    pagination_class = ById
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Media]:
        rows = self.project().media.all()
        name = self.request.query_params.get("name")
        return rows.filter(name=name) if name else rows

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "name": {"type": "string"},
                },
            }
        },
        responses={201: MediaSerializer(many=True)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """201 with the rows; 400 with `faults` by name for what was refused, the others stay."""
        project, files = self.project(), request.FILES.getlist("file")
        name = request.POST.get("name", "")
        if not files:
            raise BadRequest("There is no file; send it as a part named 'file'.")
        if name and len(files) > 1:
            raise BadRequest("'name' is for one file; send the others by themselves.")
        rows, faults = [], {}
        for file in files:
            own = name or file.name or ""
            try:
                rows.append(store(project, own, file)[0])
            except RefusedMedia as fault:
                faults[own] = [str(fault)]
        if faults:
            raise BadRequest("Some files were refused; see faults.", faults=faults)
        data = self.get_serializer(rows, many=True).data
        return Response(data, status.HTTP_201_CREATED)


class OneFile(ProjectView):
    def media(self) -> Media:
        return get_object_or_404(self.project().media, pk=self.kwargs["pk"])

    @extend_schema(responses=MediaSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        context: dict[str, Any] = {"view": self, "request": request}
        return Response(MediaSerializer(self.media(), context=context).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, pk: int) -> Response:
        """409 while an item shows the file."""
        try:
            remove(self.media())
        except MediaInUse as fault:
            raise Conflict(f"{fault} Files that items show stay.", "in_use") from fault
        return Response(status=status.HTTP_204_NO_CONTENT)


class FileContent(OneFile):
    """The file itself, for every member; `Range` gives a part of it."""

    role = Membership.Role.ANNOTATOR

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, pk: int) -> HttpResponseBase:  # type: ignore[override]
        return answer_with(request._request, self.media())
