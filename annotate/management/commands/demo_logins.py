"""Prints who may sign in to the demo, and with which passwords."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management import BaseCommand

from annotate.demo import logins


class Command(BaseCommand):
    help = "Print the demo's users with their passwords."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog="Example:\n  manage.py demo_logins",
            **kwargs,
        )

    def handle(self, **_: Any) -> None:
        passwords = logins.read()
        if not passwords:
            self.stderr.write(
                f"There are no demo logins in {logins.path().parent}; `manage.py demo` makes them."
            )
            return
        width = max(map(len, passwords))
        self.stdout.write(f"{'user':<{width}}  password")
        for user, password in passwords.items():
            self.stdout.write(f"{user:<{width}}  {password}")
