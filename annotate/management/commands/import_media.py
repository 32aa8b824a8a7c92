"""Brings images, recordings and videos into a project, for items to show."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.management.project_command import ExampleCommand, file_fault, project_named
from annotate.media import RefusedMedia, store
from annotate.models import Project


@dataclass
class Result:
    added: int = 0
    present: int = 0
    faults: list[str] = field(default_factory=list)

    def summary(self) -> str:
        parts = [f"{self.added:,} files added"]
        parts += [f"{self.present:,} there already"] if self.present else []
        parts += [f"{len(self.faults):,} refused"] if self.faults else []
        return ", ".join(parts) + "."


class Command(ExampleCommand):
    help = (
        "Bring images, recordings and videos into a project. A file of a folder is named by its path "
        "in there, another one by its own name; items show it by that name."
    )

    example = (
        "  manage.py import_media helpful pictures/\n"
        "  manage.py import_media helpful cat.png talk.mp3 --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("paths", metavar="FOLDER_OR_FILE", type=Path, nargs="+")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, project: str, paths: list[Path], **options: Any) -> None:
        target, result = project_named(project), Result()
        try:
            found = [one for path in paths for one in _files(path)]
            for name, path in tqdm(found, unit="files", disable=not sys.stderr.isatty()):
                self.bring_in(target, name, path, result)
        except OSError as fault:
            raise file_fault(fault) from fault
        for message in result.faults:
            self.stderr.write(message)
        self.stdout.write(json.dumps(asdict(result)) if options["json"] else result.summary())
        if result.faults and not (result.added or result.present):
            raise CommandError("No file could be brought in.")

    def bring_in(self, project: Project, name: str, path: Path, result: Result) -> None:
        try:
            with path.open("rb") as file:
                _, new = store(project, name, file)
        except RefusedMedia as fault:
            result.faults.append(str(fault))
        else:
            result.added += new
            result.present += not new


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """Names and places; hidden files, such as those that systems leave in folders, are passed over."""
    if not path.is_dir():
        yield path.name, path
        return
    for each in sorted(path.rglob("*")):
        inside = each.relative_to(path)
        if each.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), each
