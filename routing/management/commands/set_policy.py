"""Switches a routing policy on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from annotate.management.project_command import ExampleCommand, project_named
from annotate.models import Project
from routing.models import Judge
from routing.policies import POLICIES, InvalidPolicy, setting_fields
from routing.routing import set_policy


class Command(ExampleCommand):
    help = "Switch a new version of a routing policy on, and the one before off."

    example = (
        "  manage.py set_policy helpful confidence --judge relevance --setting threshold=0.8\n"
        "  manage.py set_policy helpful random --setting share=0.25 --setting seed=3"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("kind", metavar="KIND", help=f"one of {', '.join(POLICIES)}")
        parser.add_argument(
            "--judge", metavar="NAME", help="not needed where the project has only one"
        )
        parser.add_argument(
            "--setting", action="append", default=[], metavar="NAME=VALUE", help=_settings_help()
        )

    def handle(
        self, *, project: str, kind: str, judge: str | None, setting: list[str], **_: Any
    ) -> None:
        target = project_named(project)
        try:
            policy = set_policy(
                target,
                kind,
                _settings(setting),
                judge=judge_named(target, judge) if judge else None,
            )
        except InvalidPolicy as fault:
            raise CommandError(str(fault)) from fault
        words = ", ".join(f"{name} {value}" for name, value in policy.settings.items())
        by = f", judge {policy.judge}" if policy.judge else ""
        self.stdout.write(f"Policy {policy} is on in {target.slug}: {words}{by}.")


def judge_named(project: Project, name: str) -> Judge:
    """The newest version of a project's judge. Raises ``CommandError``."""
    judge = Judge.objects.filter(project=project, name=name).order_by("-version").first()
    if judge is None:
        names = project.judges.order_by("name").values_list("name", flat=True).distinct()
        there = f"there are: {', '.join(names)}" if names else "create one with create_judge"
        raise CommandError(f"Project {project.slug} has no judge {name!r}; {there}.")
    return judge


def _settings(given: list[str]) -> dict[str, Any]:
    for one in given:
        if "=" not in one:
            raise CommandError(f"--setting {one!r} has no value; write NAME=VALUE.")
    return {name: _number(value) for name, value in (one.split("=", 1) for one in given)}


def _number(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _settings_help() -> str:
    kinds = (
        f"{kind}: {', '.join(field.name for field in setting_fields(policy))}"
        for kind, policy in POLICIES.items()
    )
    return "; ".join(kinds)
