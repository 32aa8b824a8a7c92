"""Brings a file of items and labels into a project."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.formats import RefusedFile, importer, importers
from annotate.importing import JOBS, Result, import_file
from annotate.jobs import hint
from annotate.management.project_command import (
    ExampleCommand,
    file_fault,
    options_of,
    project_named,
)
from annotate.models import Project


class Command(ExampleCommand):
    help = "Bring a file of items and labels into a project; what is there stays."

    example = (
        "  manage.py import_items helpful items.jsonl --format tandem\n"
        "  manage.py import_items helpful pairs.jsonl --format trl --option annotator=crowd\n"
        "  manage.py import_items translations ratings.tsv --format mqm"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--format", required=True, help=f"one of {', '.join(importers())}")
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="of the format"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, project: str, file: Path, option: list[str], **options: Any) -> None:
        target = project_named(project)
        try:
            result = self.bring_in(target, file, options["format"], options_of(option))
        except RefusedFile as fault:
            raise CommandError(str(fault)) from fault
        except OSError as fault:
            raise file_fault(fault) from fault
        for kind in JOBS:
            hint(target.pk, kind)
        self.report(result, as_json=options["json"])
        if result.bad and not (result.added or result.present):
            raise CommandError(f"No item of {file} could be imported.")

    def bring_in(self, project: Project, file: Path, name: str, options: dict[str, str]) -> Result:
        reader = importer(name, project.questions, options)
        reader.look_beside(file)
        result = Result()
        size = file.stat().st_size
        with (
            file.open("rb") as source,
            tqdm(total=size, unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar,
        ):
            for place in import_file(project, source, reader, result=result):
                bar.update(place.offset - bar.n)
        return result

    def report(self, result: Result, *, as_json: bool) -> None:
        for fault in result.faults:
            self.stderr.write(f"Line {fault['line']}: {fault['message']}.")
        if (more := result.bad + result.conflicts - len(result.faults)) > 0:
            self.stderr.write(f"… and {more} more.")
        self.stdout.write(json.dumps(result.as_json()) if as_json else result.summary())
