"""The audit log: who did what to a project, and when.

Domain functions call ``record`` where something changes that somebody may have to answer for; single
labels have a history of their own. Who acts is known from where the call came: a request, a command
or a job.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse

from annotate.models import AuditEntry, Project, User

COMMAND, WORKER = "command line", "worker"
NAME_LENGTH = 150

# Asked when something is recorded: the API knows its user only after the middleware.
_actor: ContextVar[Callable[[], User | str]] = ContextVar("actor")


@contextmanager
def acting(actor: User | str | Callable[[], User | str]) -> Iterator[None]:
    """Record what happens inside as done by ``actor``, a user or a name such as "worker"."""
    known = _actor.set(actor if callable(actor) else lambda: actor)
    try:
        yield
    finally:
        _actor.reset(known)


def present_actor() -> User | str:
    """Who acts now; outside of requests and jobs somebody at the command line."""
    return _actor.get(lambda: COMMAND)()


def record(
    action: str,
    *,
    project: Project | None = None,
    target: models.Model | None = None,
    by: User | None = None,
    **details: Any,
) -> AuditEntry:
    """Add an entry. ``action`` is "thing.verb"; ``details`` are JSON, best ``before`` and ``after``.

    Call it in the transaction that does what it tells of: both stand or neither.
    """
    actor = by or present_actor()
    return AuditEntry.objects.create(
        project_id=project.pk if project else None,
        project_slug=project.slug if project else "",
        actor_id=actor.pk if isinstance(actor, User) else None,
        actor=str(actor)[:NAME_LENGTH],
        action=action,
        target_kind=target._meta.model_name or "" if target else "",
        target_id=target.pk if target else None,
        target=str(target)[:200] if target else "",
        details=details,
    )


class AuditMiddleware:
    """What a request does is done by its user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(lambda: request.user if isinstance(request.user, User) else "nobody"):
            return self.get_response(request)
