"""Prints how alike the people of a project answer."""

import json
from argparse import ArgumentParser
from typing import Any

from annotate.agreement import project_agreement
from annotate.management.project_command import ExampleCommand, project_named

NAMES = {
    "alpha": "Krippendorff's alpha",
    "alpha_sides": "alpha, sides only",
    "agreement": "agreement",
    "agreement_without_ties": "agreement without ties",
}


class Command(ExampleCommand):
    help = "Print agreement between people per question, with 95 % intervals by item."
    example = "  manage.py agreement helpful --json"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, project: str, **options: Any) -> None:
        found = project_agreement(project_named(project))
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        if not found:
            self.stdout.write("No question that has values was answered twice for any item.")
        for question, figures in found.items():
            self.stdout.write(f"{question} ({figures['metric']})")
            for name, words in NAMES.items():
                if name in figures:
                    self.stdout.write(f"  {words:<24}{_words(figures[name])}")


def _words(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return f"not defined ({figure['n']:,} items)"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}; {figure['n']:,} items)"
