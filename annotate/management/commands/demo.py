"""Makes the demo, or what is missing of it."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management import CommandError, call_command
from django.db import transaction

from annotate.demo import logins, marked, pairs
from annotate.demo.marked.simulate import simulate_labels as simulate_marks
from annotate.demo.pairs.simulate import simulate_labels
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
    help = (
        "Make the demo: a project of pairs with judge and policy, one of marked answers, simulated "
        "labels, three logins."
    )
    example = "  manage.py demo && manage.py demo_logins"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="of the simulated labels")

    @transaction.atomic
    def handle(self, *, seed: int, **_: Any) -> None:
        """All or nothing, so that a start that is cut short leaves no half of a demo."""
        new = not Project.objects.filter(slug=pairs.SLUG).exists()
        self.make(pairs, simulate_labels, seed)
        if new:
            self.switch_routing_on()
        self.make(marked, simulate_marks, seed)

    def make(self, demo: Any, simulate: Callable[..., list[Any]], seed: int) -> None:
        """A project and its items; ``demo`` is one of the modules that say what it is made of."""
        project = Project.objects.filter(slug=demo.SLUG).first() or create_project(
            name=demo.NAME,
            slug=demo.SLUG,
            preset=demo.PRESET,
            description=demo.DESCRIPTION,
            default_route=demo.ROUTE,
        )
        logins.make_members(project)
        first = (project.created_at - LABELLED_BEFORE).replace(hour=9, minute=0, second=0)
        rows = simulate(demo.read_items(), seed=seed, since=first)
        result = import_items(project, rows, importer("tandem", project.questions, {}))
        if result.bad:
            fault = result.faults[0]
            raise CommandError(f"Item {fault['line']} of {demo.NAME}: {fault['message']}.")
        self.stdout.write(f"{result.added} items and {result.labels} labels added.")
        if result.conflicts:
            self.stderr.write(f"{result.conflicts} differ from what is there, which stays.")

    def switch_routing_on(self) -> None:
        """By commands: this application may not import the one that routes."""
        for command in (
            ("create_judge", pairs.SLUG, JUDGE, "--kind", "relevance"),
            (
                "set_policy",
                pairs.SLUG,
                "confidence",
                "--judge",
                JUDGE,
                "--setting",
                f"threshold={THRESHOLD}",
            ),
        ):
            call_command(*command, stdout=self.stdout, stderr=self.stderr)
