"""Makes the demo, or what is missing of it."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management import CommandError, call_command
from django.db import transaction

from annotate.demo import logins
from annotate.demo.project import DESCRIPTION, PRESET, SLUG, read_items
from annotate.demo.simulate import simulate_labels
from annotate.formats import importer
from annotate.importing import import_items
from annotate.management.project_command import ExampleCommand
from annotate.models import Project
from annotate.presets import create_project

JUDGE = "relevance"
# Measured: the judge is surer than this on about one demo item in seven, so people keep most.
THRESHOLD = 0.75
LABELLED_BEFORE = timedelta(days=14)  # the project was made


class Command(ExampleCommand):
    help = "Make the demo: a project with items, simulated labels, three logins, judge and policy."
    example = "  manage.py demo && manage.py demo_logins"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="of the simulated labels")

    @transaction.atomic
    def handle(self, *, seed: int, **_: Any) -> None:
        """All or nothing, so that a start that is cut short leaves no half of a demo."""
        project = Project.objects.filter(slug=SLUG).first()
        if new := project is None:
            project = create_project(name="Demo", slug=SLUG, preset=PRESET, description=DESCRIPTION)
        logins.make_members(project)
        self.bring_in_items(project, seed)
        if new:
            self.switch_routing_on()

    def bring_in_items(self, project: Project, seed: int) -> None:
        first = (project.created_at - LABELLED_BEFORE).replace(hour=9, minute=0, second=0)
        rows = simulate_labels(read_items(), seed=seed, since=first)
        result = import_items(project, rows, importer("tandem", project.questions, {}))
        if result.bad:
            fault = result.faults[0]
            raise CommandError(f"Item {fault['line']} of the demo: {fault['message']}.")
        self.stdout.write(f"{result.added} items and {result.labels} labels added.")
        if result.conflicts:
            self.stderr.write(f"{result.conflicts} differ from what is there, which stays.")

    def switch_routing_on(self) -> None:
        """By commands: this application may not import the one that routes."""
        for command in (
            ("create_judge", SLUG, JUDGE, "--kind", "relevance"),
            (
                "set_policy",
                SLUG,
                "confidence",
                "--judge",
                JUDGE,
                "--setting",
                f"threshold={THRESHOLD}",
            ),
        ):
            call_command(*command, stdout=self.stdout, stderr=self.stderr)
