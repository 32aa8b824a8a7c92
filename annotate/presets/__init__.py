"""Project presets: a form, guidelines and settings to start from."""

from typing import Any

from django.db import transaction

from annotate import audit
from annotate.models import Form, Guidelines, Membership, Project, User
from annotate.presets import edits, preferences, ratings, spans, steps, summaries
from annotate.presets.base import Preset

__all__ = ["PRESETS", "Preset", "UnknownPreset", "create_project", "preset_named"]

PRESETS = {
    preset.name: preset
    for preset in (
        preferences.PAIRWISE,
        preferences.MULTIPREF,
        summaries.SUMMARIZE,
        ratings.HELPSTEER2,
        preferences.HELPSTEER2_PREFERENCE,
        preferences.RANKING,
        spans.FINE_GRAINED_QA,
        spans.MQM,
        steps.STEPS,
        edits.EDIT,
    )
}


class UnknownPreset(ValueError):
    """The preset does not exist."""


def preset_named(name: str) -> Preset:
    """Raises ``UnknownPreset`` that tells what there is."""
    if name in PRESETS:
        return PRESETS[name]
    known = ", ".join(PRESETS)
    raise UnknownPreset(f"There is no preset {name!r}; use one of {known}.")


@transaction.atomic
def create_project(
    *,
    name: str,
    slug: str,
    preset: Preset,
    owner: User | None = None,
    overlap: int | None = None,
    **settings: Any,
) -> Project:
    """A project with its first form and guidelines; ``owner`` becomes its admin.

    Raises ``ValidationError`` when the slug is taken or a setting is out of range.
    """
    project = Project(
        name=name,
        slug=slug,
        overlap=preset.overlap if overlap is None else overlap,
        created_by=owner,
        **settings,
    )
    project.full_clean()
    project.save()
    Form.objects.create(project=project, version=1, questions=preset.questions)
    Guidelines.objects.create(project=project, version=1, text=preset.guidelines)
    audit.record("project.create", project=project, target=project, preset=preset.name)
    if owner is not None:
        Membership.objects.create(project=project, user=owner, role=Membership.Role.ADMIN)
    return project
