"""Makes a project from a preset."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import CommandError

from annotate.management.project_command import ExampleCommand, prepare_if_new
from annotate.models import User
from annotate.models.projects import Route
from annotate.presets import PRESETS, UnknownPreset, create_project, preset_named


class Command(ExampleCommand):
    help = "Make a project from a preset."

    example = (
        '  manage.py create_project "Helpful answers" --slug helpful --preset pairwise --overlap 2'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--slug", required=True, help="its name in addresses and commands")
        parser.add_argument("--preset", required=True, help=f"one of {', '.join(PRESETS)}")
        parser.add_argument("--overlap", type=int, metavar="N", help="labels that an item wants")
        parser.add_argument(
            "--route",
            choices=Route.values,
            help="who labels what is imported; without it, the routing policy decides",
        )
        parser.add_argument("--owner", metavar="USER", help="who becomes the project's admin")

    def handle(
        self,
        *,
        name: str,
        slug: str,
        preset: str,
        overlap: int | None,
        route: str | None,
        owner: str | None,
        **_: Any,
    ) -> None:
        prepare_if_new()
        try:
            project = create_project(
                name=name,
                slug=slug,
                preset=preset_named(preset),
                overlap=overlap,
                owner=User.objects.get(username=owner) if owner else None,
                default_route=route,
            )
        except UnknownPreset as fault:
            raise CommandError(str(fault)) from fault
        except User.DoesNotExist as fault:
            raise CommandError(f"There is no user {owner!r}.") from fault
        except ValidationError as fault:
            faults = (f"{name}: {' '.join(said)}" for name, said in fault.message_dict.items())
            raise CommandError(" ".join(faults)) from fault
        self.stdout.write(f"Made project {project.slug}: {len(project.questions)} questions.")
