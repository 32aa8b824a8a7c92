"""Routes what is not yet routed."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from tqdm import tqdm

from annotate.management.project_command import ExampleCommand, project_named
from annotate.models import Project
from routing.models import RoutingPolicy
from routing.policies import POLICIES, InvalidPolicy
from routing.routing import decision_counts, route_due, set_labels_budget, set_policy


class Command(ExampleCommand):
    help = "Send what is not yet routed to people, judge or both, by the policy that is on."

    example = (
        "  manage.py route helpful\n  manage.py route helpful --policy confidence --budget 500"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument(
            "--policy",
            metavar="NAME",
            help=f"switch this one on first, with its default settings: {', '.join(POLICIES)}",
        )
        parser.add_argument(
            "--budget", type=int, metavar="N", help="cap people's labels in the project at N in all"
        )

    def handle(self, *, project: str, policy: str | None, budget: int | None, **_: Any) -> None:
        target = project_named(project)
        if budget is not None and budget < 0:
            raise CommandError(f"A budget of {budget}; write 0 or more.")
        self.switch_on(target, policy)
        if budget is not None:
            set_labels_budget(target, budget)
        total = 0
        with tqdm(unit=" items", disable=not sys.stderr.isatty()) as bar:
            while count := route_due(target):
                total += count
                bar.update(count)
        self.report(target, total)

    def switch_on(self, project: Project, kind: str | None) -> None:
        """Leave a policy of this kind as it is where it is on, settings and all."""
        now = RoutingPolicy.objects.active_for(project)
        if kind is None:
            if now is None:
                raise CommandError(
                    f"No policy is on in {project.slug}; name one with --policy: "
                    f"{', '.join(POLICIES)}."
                )
            return
        if now is None or now.kind != kind:
            try:
                set_policy(project, kind)
            except InvalidPolicy as fault:
                raise CommandError(str(fault)) from fault

    def report(self, project: Project, total: int) -> None:
        self.stdout.write(f"{total} items looked at in {project.slug}; where they stand:")
        for share in decision_counts(project):
            self.stdout.write(f"{share.items:8d}  {share.route or 'waits':6}  {share.reason}")
