"""Brings the database and the static files up to date, as ``make up`` does before it starts."""

import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from annotate.models import Project

MIGRATION_LOCK = 0x7A4E


class Command(BaseCommand):
    help = "Migrate, collect static files and, in an empty database with --demo, make the demo."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog="Example:\n  manage.py prepare --wait 60",
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="make the demo project if there is no project"
        )
        parser.add_argument(
            "--wait", type=float, default=0, metavar="SECONDS", help="for the database to answer"
        )

    def handle(self, *, demo: bool, wait: float, **_: Any) -> None:
        wait_for_database(wait)
        with one_at_a_time():
            self.migrate()
            self.collect_static_files()
            if demo and "demo" in get_commands() and not Project.objects.exists():
                self.stderr.write("Making the demo project.")
                call_command("demo", stdout=self.stderr)
        if demo and "demo_logins" in get_commands():
            call_command("demo_logins", stdout=self.stdout)

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stderr.write("Bringing the database up to date.")
            call_command("migrate", interactive=False, verbosity=0)

    def collect_static_files(self) -> None:
        """Only when a source file changed: naming and compressing them takes seconds."""
        stamp = Path(settings.STATIC_ROOT) / ".sources"
        sources = fingerprint_of_sources()
        if stamp.exists() and stamp.read_text() == sources:
            return
        self.stderr.write("Collecting static files.")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(sources)


def wait_for_database(seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if time.monotonic() >= end:
                raise CommandError(f"The database does not answer: {str(error).strip()}") from error
            time.sleep(0.5)
        else:
            return


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of several machines that start together one migrates and the others wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def fingerprint_of_sources() -> str:
    digest = sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
