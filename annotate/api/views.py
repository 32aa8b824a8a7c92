"""The REST API: the same domain functions as the pages, for programs."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotate import assignment as work
from annotate.api import serializers
from annotate.api.access import ProjectView
from annotate.api.errors import BadRequest, Conflict
from annotate.form_versions import store_form
from annotate.formats import importer
from annotate.importing import JOBS, Result, import_file, import_items
from annotate.jobs import hint
from annotate.members import may_create_projects
from annotate.models import Annotation, ApiToken, Assignment, Item, Membership, Project, Transfer
from annotate.models.people import member_role
from annotate.presets import create_project, preset_named
from annotate.project_settings import change_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from annotate.questions import Answers

COPY_BYTES = 1 << 20


class ById(CursorPagination):
    """Keyset pages: as quick at the end of a million rows as at the start."""

    ordering = "id"
    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"


class Projects(ProjectView, ListAPIView[Project]):
    """The projects that the user may see; a new one from a preset, whose admin the user becomes."""

    serializer_class = serializers.ProjectSerializer
    pagination_class = ById

    def get_queryset(self) -> QuerySet[Project]:
        return Project.objects.visible_to(self.user)

    @extend_schema(
        request=serializers.NewProjectSerializer, responses={201: serializers.ProjectSerializer}
    )
    def post(self, request: Request) -> Response:
        if not may_create_projects(self.user):
            raise PermissionDenied("Only staff and those who lead a project make new ones.")
        asked = serializers.NewProjectSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        settings = dict(asked.validated_data)
        preset = preset_named(settings.pop("preset"))
        project = create_project(preset=preset, owner=self.user, **settings)
        return Response(serializers.ProjectSerializer(project).data, status.HTTP_201_CREATED)


class OneProject(ProjectView, RetrieveUpdateAPIView[Project]):
    """A project and its settings, which its admins may change."""

    role = Membership.Role.ANNOTATOR
    write_role = Membership.Role.ADMIN
    serializer_class = serializers.ProjectSerializer
    http_method_names = ("get", "patch", "head", "options")

    def get_object(self) -> Project:
        return self.project()

    def perform_update(self, serializer: Any) -> None:
        change_settings(serializer.instance, serializer.validated_data)


class ProjectForm(ProjectView):
    """The project's questions; sending new ones stores the form's next version."""

    role = Membership.Role.ANNOTATOR
    write_role = Membership.Role.ADMIN

    @extend_schema(responses=serializers.FormSerializer)
    def get(self, _request: Request, slug: str) -> Response:
        return Response(serializers.FormSerializer(self.project().form).data)

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses={201: serializers.FormSerializer},
        operation_id="form_add",
    )
    def post(self, request: Request, slug: str) -> Response:
        project = self.project()
        form = store_form(project, request.data)
        return Response(serializers.FormSerializer(form).data, status.HTTP_201_CREATED)


class JsonLines(BaseParser):
    """The body as it comes, one JSON object a line; read by the importer in batches."""

    media_type = "application/x-ndjson"

    def parse(self, stream: Any, *_: Any) -> Any:
        file = tempfile.TemporaryFile()  # noqa: SIM115  # the view closes it
        while part := stream.read(COPY_BYTES):
            file.write(part)
        file.seek(0)
        return file


class Items(ProjectView, ListAPIView[Item]):
    """The project's items, archived ones with `?archived=1` too; send items in bulk as a JSON list
    or as JSON Lines (`tandem` form)."""

    serializer_class = serializers.ItemSerializer
    pagination_class = ById
    parser_classes = (JSONParser, JsonLines)

    def get_queryset(self) -> QuerySet[Item]:
        items = self.project().items.select_related("gold").prefetch_related("completions")
        return items if self.request.query_params.get("archived") else items.live()

    @extend_schema(
        request={
            "application/json": OpenApiTypes.OBJECT,
            "application/x-ndjson": OpenApiTypes.STR,
        },
        responses=serializers.ImportSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        project, result = self.project(), Result()
        body: Any = request.data
        tandem = importer("tandem", project.questions, {})
        if hasattr(body, "read"):
            with body:
                for _ in import_file(project, body, tandem, result=result):
                    pass
        elif isinstance(body, list):
            import_items(project, body, tandem, result=result)
        else:
            raise BadRequest("The body is not a list of items; send [{…}, …] or JSON Lines.")
        for kind in JOBS:
            hint(project.pk, kind)
        failed = result.lines and not (result.added or result.present)
        return Response(
            serializers.ImportSerializer(result).data,
            status.HTTP_400_BAD_REQUEST if failed else status.HTTP_200_OK,
        )


class Annotations(ProjectView, ListAPIView[Annotation]):
    """Current annotations by id; ``?all=1`` adds those that later ones superseded."""

    serializer_class = serializers.AnnotationSerializer
    pagination_class = ById

    def get_queryset(self) -> QuerySet[Annotation]:
        rows = self.project().annotations.select_related("item", "annotator", "form")
        return rows if self.request.query_params.get("all") else rows.current()


class Members(ProjectView, ListAPIView[Membership]):
    serializer_class = serializers.MemberSerializer
    pagination_class = ById

    def get_queryset(self) -> QuerySet[Membership]:
        rows = self.project().memberships.select_related("user__annotator")
        return rows.prefetch_related("groups")

    def get_serializer_context(self) -> dict[str, Any]:
        admin = member_role(self.user, self.project()) == Membership.Role.ADMIN
        return {**super().get_serializer_context(), "admin": admin}


# ----------------------------------------------------------------------------------------- labelling


class Next(ProjectView):
    """Claim: one's open assignment, or the next one. 204 when nothing is left."""

    role = Membership.Role.ANNOTATOR
    scope = ApiToken.Scope.LABEL

    @extend_schema(request=None, responses={200: serializers.AssignmentSerializer, 204: None})
    def post(self, _request: Request, slug: str) -> Response:
        assignment = work.claim(self.membership())
        if assignment is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(serializers.AssignmentSerializer(assignment).data)


class Undo(ProjectView):
    """Reopen one's last submission."""

    role = Membership.Role.ANNOTATOR
    scope = ApiToken.Scope.LABEL

    @extend_schema(request=None, responses=serializers.AssignmentSerializer)
    def post(self, _request: Request, slug: str) -> Response:
        assignment = work.undo(self.membership())
        return Response(serializers.AssignmentSerializer(assignment).data)


class OwnAssignment(ProjectView):
    """One's assignment, whatever its state: a repeated submission is answered too."""

    role = Membership.Role.ANNOTATOR
    scope = ApiToken.Scope.LABEL

    def assignment(self) -> Assignment:
        own = Assignment.objects.filter(project=self.project(), annotator__user=self.user)
        return get_object_or_404(own.select_related("item", "form"), pk=self.kwargs["pk"])

    @extend_schema(responses=serializers.AssignmentSerializer)
    def get(self, _request: Request, slug: str, pk: int) -> Response:
        return Response(serializers.AssignmentSerializer(self.assignment()).data)


class Submit(OwnAssignment):
    """Store the answers once: the same key again gives the first annotation back."""

    @extend_schema(
        request=serializers.SubmissionSerializer, responses=serializers.OwnAnnotationSerializer
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        assignment = self.assignment()
        given = serializers.SubmissionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        answers = _own_order(assignment, data["answers"])
        annotation = work.submit(
            assignment,
            answers,
            key=data["key"],
            timing=_timing(data),
            suggestions=_suggestions(assignment, data.get("suggestions")),
        )
        return Response(serializers.OwnAnnotationSerializer(annotation).data)


def _suggestions(assignment: Assignment, told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a program says that it showed; nothing was shown where it says nothing."""
    arm = {"arm": assignment.suggest} if assignment.suggest else {}
    if told is None:
        return {**arm, "shown": "none", "informed": False} if arm else None
    record = {**arm, **told, "informed": told["shown"] == "before"}
    if "answers" in told:
        questions, order = assignment.form.parsed, assignment.order
        said = questions.parse(
            told["answers"],
            completions=len(order),
            complete=False,
            texts=assignment.item.texts_for(questions, order),
        )
        record["answers"] = questions.permute(said, order)
    return record


def _timing(given: Mapping[str, Any]) -> work.Timing:
    return work.Timing(
        active=given.get("active_seconds"),
        focused=given.get("focused_seconds"),
        wall=given.get("wall_seconds"),
    )


def _own_order(assignment: Assignment, raw: Mapping[str, Any]) -> Answers:
    """Answers in the item's own order. Raises ``IncompleteAnswers``."""
    questions, order = assignment.form.parsed, assignment.order
    answers = questions.parse(
        raw,
        completions=len(order),
        complete=True,
        texts=assignment.item.texts_for(questions, order),
    )
    return questions.permute(answers, order)


class Correct(ProjectView):
    """Correct an own label while the project allows it: the correction supersedes, nothing is
    overwritten. The same again gives the correction back."""

    role = Membership.Role.ANNOTATOR
    scope = ApiToken.Scope.LABEL

    @extend_schema(
        request=serializers.CorrectionSerializer, responses=serializers.OwnAnnotationSerializer
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        own = Annotation.objects.filter(project=self.project(), annotator__user=self.user)
        given_here = own.filter(assignment__isnull=False).select_related("item", "assignment__form")
        label = get_object_or_404(given_here, pk=pk)
        given = serializers.CorrectionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        assert label.assignment is not None
        correction = work.correct(
            label,
            _own_order(label.assignment, given.validated_data["answers"]),
            membership=self.membership(),
            key=work.correction_key(label),
            timing=_timing(given.validated_data),
        )
        return Response(serializers.OwnAnnotationSerializer(correction).data)


class Skip(OwnAssignment):
    """Give the item back and never see it again."""

    @extend_schema(request=None, responses={204: None})
    def post(self, _request: Request, slug: str, pk: int) -> Response:
        work.skip(self.assignment())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Renew(OwnAssignment):
    """Lengthen the lease while one works."""

    @extend_schema(request=None, responses=serializers.AssignmentSerializer)
    def post(self, _request: Request, slug: str, pk: int) -> Response:
        assignment = self.assignment()
        if (expires_at := work.renew(assignment)) is None:
            raise Conflict("The lease is over; claim again.", "lease_lost")
        assignment.expires_at = expires_at
        return Response(serializers.AssignmentSerializer(assignment).data)


# ------------------------------------------------------------------------------------------- exports


class Exports(ProjectView, ListAPIView[Transfer]):
    """Exports; a new one is made in the background from a snapshot of what is labelled now."""

    serializer_class = serializers.TransferSerializer
    pagination_class = ById

    def get_queryset(self) -> QuerySet[Transfer]:
        return self.project().transfers.filter(direction=Transfer.Direction.EXPORT)

    @extend_schema(
        request=serializers.NewExportSerializer, responses={202: serializers.TransferSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        from annotate.transfers import start_export

        project = self.project()
        asked = serializers.NewExportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            transfer = start_export(
                project,
                format=asked.validated_data["format"],
                options=asked.validated_data.get("options", {}),
                user=self.user,
            )
        place = reverse("api-export", args=[slug, transfer.pk], request=request)
        return Response(
            serializers.TransferSerializer(transfer).data,
            status.HTTP_202_ACCEPTED,
            headers={"Location": place},
        )


class OneExport(ProjectView):
    def transfer(self) -> Transfer:
        return get_object_or_404(self.project().transfers, pk=self.kwargs["pk"])

    @extend_schema(responses=serializers.TransferSerializer)
    def get(self, _request: Request, slug: str, pk: int) -> Response:
        return Response(serializers.TransferSerializer(self.transfer()).data)


class ExportFile(OneExport):
    """The file of a finished export."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, _request: Request, slug: str, pk: int) -> Any:
        transfer = self.transfer()
        if transfer.state != Transfer.State.DONE or not transfer.file:
            raise Conflict("The export is not finished; ask again later.", "not_finished")
        return FileResponse(
            transfer.file.open("rb"), as_attachment=True, filename=transfer.file_name
        )
