"""Versions of a form or of guidelines: who stored each when, why, what it changed, who uses it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.http import QueryDict

from annotate.form_versions import compare
from annotate.models import AuditEntry, Form, Guidelines, Project
from annotate.standing import Standing, standing

V = TypeVar("V", Form, Guidelines)


@dataclass(frozen=True)
class Version(Generic[V]):
    """One version with its story; ``by`` and ``note`` are empty where nobody wrote them down."""

    row: V
    standing: Standing
    by: str = ""
    note: str = ""
    # What it changed in the version before, in words.
    changes: Sequence[str] = ()


def form_versions(project: Project, rows: Sequence[Form]) -> list[Version[Form]]:
    """In the order of ``rows``, which go down by version."""
    told, known = _told("form", rows), standing(project, "form")
    before = {row.version: row for row in rows}
    return [
        _version(
            row,
            told,
            known,
            changes=compare(before[row.version - 1].parsed, row.parsed).words()
            if row.version - 1 in before
            else (),
        )
        for row in rows
    ]


def guideline_versions(project: Project, rows: Sequence[Guidelines]) -> list[Version[Guidelines]]:
    told, known = _told("guidelines", rows), standing(project, "guidelines")
    return [_version(row, told, known) for row in rows]


def _version(
    row: V,
    told: dict[int, tuple[str, str]],
    known: dict[int, Standing],
    *,
    changes: Sequence[str] = (),
) -> Version[V]:
    by, note = told.get(row.pk, ("", ""))
    return Version(row, known.get(row.pk, Standing()), by, note, changes)


def _told(kind: str, rows: Iterable[Any]) -> dict[int, tuple[str, str]]:
    """Who stored a version and the note beside it, from the audit log."""
    entries = AuditEntry.objects.filter(target_kind=kind, target_id__in=[row.pk for row in rows])
    return {
        pk: (actor, str(details.get("note", "")))
        for pk, actor, details in entries.values_list("target_id", "actor", "details")
        if pk is not None
    }


def number_of(query: QueryDict, name: str) -> int:
    """A version's number out of a query string; 0, which no version has, where there is none."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0
