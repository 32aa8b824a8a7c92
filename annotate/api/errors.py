"""Every error is ``{"detail": …, "code": …}``, and ``faults`` by field or question where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as ModelError
from django.db import DataError
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    PermissionDenied,
    ValidationError,
)
from rest_framework.views import exception_handler

from annotate.assignment import (
    BudgetSpent,
    EnoughLabels,
    LeaseLost,
    MemberPaused,
    NotCorrectable,
    NothingToUndo,
    NotQualified,
)
from annotate.formats import RefusedFile
from annotate.presets import UnknownPreset
from annotate.questions import IncompleteAnswers, InvalidForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.response import Response


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class BadRequest(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid"

    def __init__(
        self, detail: str, code: str | None = None, *, faults: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail, code)
        self.faults = faults


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the domain's exceptions get their statuses here."""
    error = _translated(error)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, APIException):
        if response is not None:
            response.data = {"detail": str(response.data.get("detail")), "code": "not_found"}
        return response
    if isinstance(error, ValidationError):
        response.data = {
            "detail": "Some fields are wrong; see faults.",
            "code": "invalid",
            "faults": response.data,
        }
    else:
        code = error.detail.code if isinstance(error.detail, ErrorDetail) else error.default_code
        response.data = {"detail": str(error.detail), "code": code}
        if getattr(error, "faults", None):
            response.data["faults"] = error.faults  # type: ignore[attr-defined]  # only BadRequest
    return response


def _translated(error: Exception) -> Exception:
    match error:
        case IncompleteAnswers():
            return BadRequest(str(error), "incomplete_answers", faults=error.faults)
        case LeaseLost():
            return Conflict(str(error), "lease_lost")
        case MemberPaused():
            return PermissionDenied(str(error), "paused")
        case NotQualified():
            return PermissionDenied(str(error), "not_qualified")
        case EnoughLabels():
            return PermissionDenied(str(error), "enough_labels")
        case BudgetSpent():
            return Conflict(str(error), "budget_spent")
        case NotCorrectable():
            return Conflict(str(error), "not_correctable")
        case NothingToUndo():
            return Conflict("There is no submission recent enough to undo.", "nothing_to_undo")
        case InvalidForm() | UnknownPreset() | RefusedFile():
            return BadRequest(str(error))
        case DataError() | UnicodeEncodeError():
            return BadRequest("Some text has a NUL or a lone surrogate; remove it.", "text")
        case ModelError():
            faults = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            return BadRequest("Some fields are wrong; see faults.", faults=faults)
    return error
