"""A judge's versions beside each other: what parts them, and how each has done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from frontend.charts import Estimate
from frontend.judges.figures import estimate_of
from routing.judges.quality import Quality, quality
from routing.models import Judge

DASH = "\N{EN DASH}"
ATTRIBUTES: tuple[tuple[str, Callable[[Judge], Any]], ...] = (
    ("Kind", lambda judge: judge.kind),
    ("Model", lambda judge: judge.model or DASH),
    ("Address", lambda judge: judge.base_url or DASH),
    ("Key in", lambda judge: judge.key_env or DASH),
    ("Prompt", lambda judge: judge.prompt_version),
    ("Form", lambda judge: judge.form.version),
    ("Guidelines", lambda judge: judge.guidelines.version if judge.guidelines else DASH),
)
NEVER_SHOWN = "frozen"  # quantiles: they follow from the items, nobody set them


@dataclass(frozen=True)
class Measured:
    judge: Judge
    quality: Quality
    agreement: Estimate | None
    consistency: Estimate | None


@dataclass(frozen=True)
class Row:
    """One thing that is said of each version; ``changed`` marks those unlike the version before."""

    name: str
    values: Sequence[Any]

    @property
    def cells(self) -> list[tuple[Any, bool]]:
        before = [self.values[0], *self.values[:-1]]
        return [(v, v != old) for v, old in zip(self.values, before, strict=True)]

    @property
    def differs(self) -> bool:
        return any(value != self.values[0] for value in self.values)


@dataclass(frozen=True)
class Versions:
    """All versions of one name, oldest first, with the rows in which they differ and those alike."""

    measured: Sequence[Measured]
    differing: Sequence[Row]
    alike: Sequence[Row]


def versions_of(judge: Judge) -> Versions:
    rows = Judge.objects.filter(project=judge.project_id, name=judge.name).order_by("version")
    judges = list(rows.select_related("annotator", "project", "form", "guidelines"))
    described = _described(judges)
    return Versions(
        measured=[measured(one) for one in judges],
        differing=[row for row in described if row.differs],
        alike=[row for row in described if not row.differs],
    )


def measured(judge: Judge) -> Measured:
    found = quality(judge)
    return Measured(
        judge, found, estimate_of(found.agreement.decided), estimate_of(found.consistency)
    )


def _described(judges: Sequence[Judge]) -> list[Row]:
    names = dict.fromkeys(name for judge in judges for name in judge.settings)
    settings = [
        Row(name.replace("_", " "), [_shown(judge.settings.get(name)) for judge in judges])
        for name in names
        if name != NEVER_SHOWN
    ]
    return [Row(name, [of(judge) for judge in judges]) for name, of in ATTRIBUTES] + settings


def _shown(value: Any) -> Any:
    if value in (None, "", [], ()):
        return DASH
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
