"""Writes a snapshot of a project to a file."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.exporting import Result, exporter_for, item_count, write_snapshot
from annotate.formats import RefusedFile, exporters
from annotate.management.project_command import (
    ExampleCommand,
    file_fault,
    options_of,
    project_named,
)
from annotate.models import Project, Snapshot
from annotate.snapshots import take_snapshot


class Command(ExampleCommand):
    help = "Write a snapshot to a file; without --snapshot, of what is labelled now."
    example = (
        "  manage.py export helpful --format trl --out helpful.jsonl\n"
        "  manage.py export helpful --format tandem --out helpful.jsonl --snapshot 3"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("--format", required=True, help=f"one of {', '.join(exporters())}")
        parser.add_argument("--out", required=True, metavar="PATH", type=Path)
        parser.add_argument("--snapshot", type=int, metavar="ID", help="its number in the project")
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="of the format"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(
        self, *, project: str, out: Path, snapshot: int | None, option: list[str], **options: Any
    ) -> None:
        frozen = _snapshot(project_named(project), snapshot)
        try:
            result = _write(frozen, options["format"], options_of(option), out)
        except RefusedFile as fault:
            raise CommandError(str(fault)) from fault
        except OSError as fault:
            raise file_fault(fault) from fault
        if options["json"]:
            about = {"snapshot": frozen.number, "digest": frozen.digest}
            self.stdout.write(json.dumps(result.as_json() | about))
        else:
            self.stdout.write(f"Snapshot {frozen.number} to {out}: {result.summary()}")


def _snapshot(project: Project, number: int | None) -> Snapshot:
    if number is None:
        return take_snapshot(project)
    found = project.snapshots.filter(number=number).first()
    if found is None:
        raise CommandError(f"{project.slug} has no snapshot {number}.")
    return found


def _write(snapshot: Snapshot, name: str, options: dict[str, str], out: Path) -> Result:
    """Under another name first, so that a file of that name is always a whole one."""
    writer = exporter_for(snapshot, name, options)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with (
            part.open("w", encoding="utf-8", newline="\n") as file,
            tqdm(total=item_count(snapshot), unit=" items", disable=not sys.stderr.isatty()) as bar,
        ):
            result = write_snapshot(
                snapshot, writer, file, progress=lambda done: bar.update(done - bar.n)
            )
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return result
