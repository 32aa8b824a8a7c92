"""What became of judges' marks that were filled in for annotators, and of answers that were shown some.

Counts over what is recorded with people's current labels. There is no second arm to hold them against:
that a mark was kept says that it was not disputed, not that it would have been made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate.models import Annotation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotate.models import Project

MOST = 20_000  # labels that are read, the newest


@dataclass(frozen=True)
class FilledIn:
    """Of one question and one judge: ``labels`` that had marks filled in, and what became of these."""

    question: str
    by: str
    labels: int
    kept: int
    changed: int
    deleted: int
    added: int

    @property
    def marks(self) -> int:
        return self.kept + self.changed + self.deleted


@dataclass(frozen=True)
class ShownAfter:
    """Of one question and one judge: ``labels`` that its marks came up after, ``changed`` ones then."""

    question: str
    by: str
    labels: int
    changed: int


def offered_marks(project: Project) -> tuple[list[FilledIn], list[ShownAfter]]:
    """By question in the order of the form, then by judge; from one query."""
    sums: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    rows = (
        Annotation.objects.current()
        .work()
        .filter(project=project, suggestions__isnull=False, suggestions__has_key="questions")
    )
    for recorded in rows.order_by("-pk").values_list("suggestions", flat=True)[:MOST]:
        for name, one in (recorded or {})["questions"].items():
            sums[one["shown"], name, one["by"]].update(_counts(one))
    order = {name: place for place, name in enumerate(project.questions.names)}
    ordered = sorted(sums, key=lambda key: (order.get(key[1], len(order)), key))
    before = [
        FilledIn(name, by, **{key: sums[when, name, by][key] for key in _OF_EACH})
        for when, name, by in ordered
        if when == "before"
    ]
    after = [
        ShownAfter(name, by, sums[when, name, by]["labels"], sums[when, name, by]["informed"])
        for when, name, by in ordered
        if when == "after"
    ]
    return before, after


_OF_EACH = ("labels", "kept", "changed", "deleted", "added")


def _counts(one: Mapping[str, Any]) -> dict[str, int]:
    if one["shown"] == "after":
        return {"labels": 1, "informed": int(one["informed"])}
    parts = {name: len(one[name]) for name in ("kept", "changed", "deleted")}
    return {"labels": 1, "added": one["added"], **parts}
