"""Drops the kept sums of a project; the worker makes them anew."""

from argparse import ArgumentParser
from typing import Any

from annotate.management.project_command import ExampleCommand, project_named
from annotate.tallies.folding import forget


class Command(ExampleCommand):
    help = (
        "Drop the kept sums of labels and money of a project, after rows were changed by hand. Pages "
        "read every row until the worker has made them anew."
    )
    example = "  python manage.py recount demo"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="its short name, as in its address")

    def handle(self, *, project: str, **_: Any) -> None:
        found = project_named(project)
        forget(found)
        self.stdout.write(f"The sums of {found} are made anew.")
