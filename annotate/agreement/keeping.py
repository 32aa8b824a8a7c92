"""Figures that are kept: a page shows them at once, and those of a busy project rest for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Sum
from django.utils import timezone

from annotate.models import Project

VERSION = 4  # of what the figures hold: those that an older program has kept are not read
CACHE_SECONDS = 7 * 24 * 3600
REST = 30  # figures that were overtaken by a label are shown for so many times what they take
LONG_SECONDS = 2.0  # what takes less never rests
LARGE = 100_000  # labels from which on computing takes seconds, and is a worker's
Json = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """Figures by question, with the state of the project that they are of."""

    figures: dict[str, Json]
    state: str
    at: datetime
    seconds_spent: float
    overtaken: bool = False

    @property
    def rests(self) -> bool:
        """Too young to be computed anew, for what that costs."""
        until = self.at + timedelta(seconds=REST * self.seconds_spent)
        return self.seconds_spent >= LONG_SECONDS and timezone.now() < until


def kept(project: Project, part: str) -> Kept | None:
    """What was kept last; ``overtaken`` when something has changed since."""
    found: Kept | None = cache.get(_key(project, part))
    if found is None:
        return None
    return replace(found, overtaken=found.state != _state(project))


def keep(project: Project, part: str, compute: Callable[[], dict[str, Json]]) -> Kept:
    state, start, at = _state(project), time.perf_counter(), timezone.now()
    figures = compute()
    found = Kept(figures, state, at, time.perf_counter() - start)
    cache.set(_key(project, part), found, CACHE_SECONDS)
    return found


def is_large(project: Project) -> bool:
    return project.annotations.all()[: LARGE + 1].count() > LARGE


def _key(project: Project, part: str) -> str:
    return f"agreement:{VERSION}:{part}:{project.pk}"


def _state(project: Project) -> str:
    """Changes with every label, form, archived item, and change of many items."""
    last = project.annotations.aggregate(last=Max("pk"))["last"] or 0
    archived = project.items.archived().aggregate(number=Count("pk"), sum=Sum("pk"))
    acts = project.bulk_actions.aggregate(number=Count("finished_at"), last=Max("finished_at"))
    when = acts["last"].timestamp() if acts["last"] else 0
    state = (project.form.pk, last, archived["number"], archived["sum"] or 0, acts["number"], when)
    return ":".join(map(str, state))
