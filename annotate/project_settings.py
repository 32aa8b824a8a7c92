"""A project's settings, changed one by one: two people who change different ones both succeed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from annotate import audit, media
from annotate.models import Project
from annotate.onboarding import take_as_qualified

# What nobody sets by hand.
FIXED = {"id", "slug", "ranking", "created_by", "created_at"}


class SettingsMoved(Exception):
    """Somebody else has changed the same settings meanwhile: ``present`` has them by name."""

    def __init__(self, present: Mapping[str, Any]) -> None:
        super().__init__(f"Changed meanwhile: {', '.join(present)}.")
        self.present = dict(present)


class ProjectInUse(Exception):
    """A project that holds people's work is not deleted."""


@transaction.atomic
def change_settings(
    project: Project, values: Mapping[str, Any], *, seen: Mapping[str, Any] | None = None
) -> list[str]:
    """Set ``values`` by name, if they differ; the names of those that did.

    ``seen`` has what stood there when the change was made up; where something else stands there by
    now nothing is changed. Raises ``SettingsMoved``, and ``ValidationError`` for values out of range.
    """
    if unknown := sorted(set(values) - _names()):
        raise ValueError(f"A project has no setting {unknown[0]!r}.")
    present = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = {name: getattr(present, name) for name in values}
    changes = {name: value for name, value in values.items() if value != before[name]}
    if moved := {
        name: before[name] for name in changes if seen is not None and seen[name] != before[name]
    }:
        raise SettingsMoved(moved)
    if not changes:
        return []
    for name, value in changes.items():
        setattr(present, name, value)
        setattr(project, name, value)
    present.full_clean(exclude=_names() - set(changes))
    present.save(update_fields=list(changes))
    if "qualification_pass" in changes and before["qualification_pass"] is None:
        take_as_qualified(present)
    if changes.keys() & {"dispute_overlap"}:
        _ask(present, "disputes")
    audit.record(
        "project.settings",
        project=project,
        target=project,
        before={name: _as_json(before[name]) for name in changes},
        after={name: _as_json(value) for name, value in changes.items()},
    )
    return list(changes)


def _ask(project: Project, kind: str) -> None:
    from annotate.jobs import ask  # whose jobs follow settings

    ask(project.pk, kind)


def _names() -> set[str]:
    return {field.name for field in Project._meta.fields} - FIXED


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


@transaction.atomic
def delete_project(project: Project) -> None:
    """Remove a project that nobody has labelled in, with its items. Raises ``ProjectInUse``.

    Its entries in the audit log stay.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.annotations.exists() or project.assignments.exists():
        raise ProjectInUse("Labels have been given in this project.")
    if project.ledger.exists():
        raise ProjectInUse("Money has been spent in this project.")
    audit.record("project.delete", project=project, target=project, items=project.items.count())
    media.remove_all(project)
    try:
        project.delete()
    except ProtectedError as fault:
        raise ProjectInUse("Judges, reward models or exports of this project exist.") from fault


__all__ = [
    "ProjectInUse",
    "SettingsMoved",
    "ValidationError",
    "change_settings",
    "delete_project",
]
