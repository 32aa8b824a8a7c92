"""What commands about a project share: an example in their help, and finding the project."""

from argparse import RawDescriptionHelpFormatter
from typing import Any, ClassVar

from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from annotate.models import Project


class ExampleCommand(BaseCommand):
    """A command whose help ends with ``example``."""

    requires_system_checks = ()  # they would load every page, and CI runs them
    example: ClassVar[str]

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog=f"Example:\n{self.example}",
            **kwargs,
        )


def prepare_if_new() -> None:
    """Make the tables of a database that has none, so that a command works before ``make up``."""
    if "annotate_project" not in connection.introspection.table_names():
        from annotate.management.commands.prepare import one_at_a_time

        with one_at_a_time():
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


def project_named(slug: str) -> Project:
    """Raises ``CommandError`` that names the projects there are."""
    prepare_if_new()
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)[:20])
        remedy = f"there are: {known}." if known else "make one with create_project."
        raise CommandError(f"There is no project {slug!r}; {remedy}")
    return found


def options_of(given: list[str]) -> dict[str, str]:
    """The values of repeated ``--option NAME=VALUE``. Raises ``CommandError``."""
    for one in given:
        if "=" not in one:
            raise CommandError(f"--option {one!r} has no value; write NAME=VALUE.")
    return dict(one.split("=", 1) for one in given)


def file_fault(fault: OSError) -> CommandError:
    return CommandError(f"{fault.filename}: {fault.strerror}.")
