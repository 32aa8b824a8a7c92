"""Rows for tests: plain functions with sensible defaults."""

import hashlib
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from annotate.models import (
    Annotation,
    Annotator,
    Assignment,
    Completion,
    Form,
    Guidelines,
    Item,
    Membership,
    Project,
    User,
)
from annotate.models.projects import Route

_numbers = count(1)
PAIRWISE = [
    {"kind": "preference", "name": "overall", "title": "Which is better?", "points": 5},
    {"kind": "text", "name": "why", "title": "Why?", "required": False},
]


def make_user(name: str | None = None, **fields: Any) -> User:
    return User.objects.create_user(name or f"user{next(_numbers)}", password="secret", **fields)


def make_project(
    *, questions: list[dict[str, Any]] | None = None, guidelines: str = "Read both.", **fields: Any
) -> Project:
    number = next(_numbers)
    fields = {
        "slug": f"project-{number}",
        "name": f"Project {number}",
        "default_route": Route.HUMAN,
    } | fields
    project = Project.objects.create(**fields)
    Form.objects.create(project=project, version=1, questions=questions or PAIRWISE)
    Guidelines.objects.create(project=project, version=1, text=guidelines)
    return project


def make_member(
    project: Project, *, role: str = Membership.Role.ANNOTATOR, user: User | None = None
) -> Membership:
    return Membership.objects.create(project=project, user=user or make_user(), role=role)


def make_annotator(project: Project, *, kind: str = "human", name: str | None = None) -> Annotator:
    """A person known only by name, or an LLM."""
    name = name or f"annotator{next(_numbers)}"
    return Annotator.objects.create(project=project, kind=kind, name=name)


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_item(
    project: Project,
    *,
    prompt: str | None = None,
    completions: tuple[str, ...] = ("A short one.", "A longer completion, with reasons."),
    overlap: int | None = None,
    **fields: Any,
) -> Item:
    number = next(_numbers)
    prompt = prompt if prompt is not None else f"Question {number}?"
    overlap = overlap or project.overlap
    fields = {
        "key": f"item-{number}",
        "messages": [{"role": "user", "content": prompt}],
        "prompt_hash": text_hash(prompt),
        "route": project.default_route,
        "overlap": overlap,
        "seats_left": overlap,
    } | fields
    item = Item.objects.create(project=project, **fields)
    Completion.objects.bulk_create(
        Completion(
            item=item, position=n, text=text, generator=f"model-{n}", text_hash=text_hash(text)
        )
        for n, text in enumerate(completions)
    )
    return item


def make_assignment(item: Item, member: Membership, **fields: Any) -> Assignment:
    """An open assignment whose seat is taken from the item."""
    Item.objects.filter(pk=item.pk).update(seats_left=item.seats_left - 1)
    item.refresh_from_db(fields=["seats_left"])
    fields = {
        "order": list(range(item.completions.count())),
        "form": item.project.form,
        "guidelines": item.project.guidelines,
        "expires_at": timezone.now() + timedelta(minutes=30),
    } | fields
    return Assignment.objects.create(
        project=item.project, item=item, annotator=member.user.annotator_or_new, **fields
    )


def make_annotation(
    item: Item, annotator: Annotator, *, value: int = 1, **fields: Any
) -> Annotation:
    """A label without an assignment, as an import or a judge leaves it; the item becomes stale."""
    fields = {"answers": {"overall": {"value": value, "both_bad": False}}} | fields
    Item.objects.filter(pk=item.pk).update(stale=True)
    return Annotation.objects.create(
        project=item.project, item=item, annotator=annotator, form=item.project.form, **fields
    )
