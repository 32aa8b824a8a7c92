"""The audit log as a file, streamed in keyset pages: nothing is held open, whatever its length."""

import csv
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from annotate.models import AuditEntry


PAGE = 1000
COLUMNS = (
    *("id", "at", "project", "actor", "actor_id", "action"),
    *("target_kind", "target_id", "target", "details"),
)
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


class _Echo:
    """What the csv module writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def as_csv(entries: "QuerySet[AuditEntry]") -> Iterator[str]:
    """A line of names, then one an entry, oldest first; details are JSON."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for record in _records(entries):
        details = json.dumps(record["details"], ensure_ascii=False)
        yield writer.writerow([harmless(v) for v in (record | {"details": details}).values()])


def as_json_lines(entries: "QuerySet[AuditEntry]") -> Iterator[str]:
    for record in _records(entries):
        yield f"{json.dumps(record, ensure_ascii=False)}\n"


def harmless(value: Any) -> Any:
    """A text that no spreadsheet runs: an apostrophe goes before what could be a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _records(entries: "QuerySet[AuditEntry]") -> Iterator[dict[str, Any]]:
    last = 0
    while page := list(entries.filter(pk__gt=last).order_by("pk")[:PAGE]):
        for entry in page:
            yield {
                "id": entry.pk,
                "at": entry.at.isoformat(),
                "project": entry.project_slug,
                "actor": entry.actor,
                "actor_id": entry.actor_id,
                "action": entry.action,
                "target_kind": entry.target_kind,
                "target_id": entry.target_id,
                "target": entry.target,
                "details": entry.details,
            }
        last = page[-1].pk
