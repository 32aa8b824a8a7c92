"""Items by when, and from where, their labels came: what figures over time link to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q

from annotate.models import Annotation, Annotator, Project
from annotate.tallies.labels import work_by_annotator
from routing.models import Judge

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from annotate.models.items import ItemQuerySet as Items

PARTED_BY = ".."
MANY = 20_000  # labels
SOURCES = {"people": "by people", "judges": "by judges", "imports": "imported"}


@dataclass(frozen=True)
class Span:
    """From ``since`` until before ``until``, whole hours of UTC; ``source`` empty for any."""

    since: datetime
    until: datetime
    source: str = ""

    @classmethod
    def read(cls, raw: str) -> Span:
        """Such as ``2026-03-18T00:00..2026-03-19T00:00..people``. Raises ``ValueError``."""
        since, until, *source = raw.split(PARTED_BY)
        if len(source) > 1 or (source and source[0] not in SOURCES):
            raise ValueError(raw)
        return cls(_hour(since), _hour(until), *source)

    @property
    def raw(self) -> str:
        parts = [f"{moment:%Y-%m-%dT%H:%M}" for moment in (self.since, self.until)]
        return PARTED_BY.join([*parts, self.source] if self.source else parts)

    @property
    def words(self) -> str:
        source = SOURCES.get(self.source, "")
        first, last = (f"{m.day} {m:%b %Y %H:%M}" for m in (self.since, self.until))
        return f"labels {source + ' ' if source else ''}from {first} until {last} UTC"

    def narrow(self, items: Items, project: Project) -> Items:
        """Few labels give an array of ids: a list's first page would else be looked for along all
        items. Of many the first are found soon, and an array would be long.
        """
        labels, number = self._labels(project)
        if number > MANY:
            return items.filter(pk__in=labels.values("item_id"))
        among = Func(
            F("pk"),
            ArraySubquery(labels.values("item_id")),
            template="%(expressions)s)",
            arg_joiner=" = ANY (",
            output_field=BooleanField(),
        )
        return items.filter(among)

    def _labels(self, project: Project) -> tuple[QuerySet[Annotation], int]:
        """Through each annotator's own history, and about how many: who gave labels is known."""
        work = work_by_annotator(project, since=self.since, until=self.until)
        judges = set(Judge.objects.filter(project=project).values_list("annotator_id", flat=True))
        llms = set(Annotator.objects.llms().filter(pk__in=work).values_list("pk", flat=True))
        whose = {
            "people": work.keys() - llms,
            "judges": work.keys() & judges,
            "imports": work.keys() - judges,
        }.get(self.source, set(work))
        rows = Annotation.objects.work().filter(
            project=project,
            annotator__in=whose,
            supersedes=None,
            created_at__gte=self.since,
            created_at__lt=self.until,
        )
        if self.source == "people":
            rows = rows.filter(assignment__isnull=False)
        elif self.source == "imports":
            rows = rows.filter(Q(assignment=None) | Q(annotator__in=llms))
        return rows, sum(work[one].labels for one in whose)


def _hour(raw: str) -> datetime:
    return datetime.strptime(raw, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC, minute=0)
