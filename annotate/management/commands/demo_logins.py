"""Prints who may sign in to the demo, and with which passwords."""

from typing import Any

from annotate.demo import logins
from annotate.management.project_command import ExampleCommand


class Command(ExampleCommand):
    help = "Print the demo's users with their passwords."
    example = "  manage.py demo_logins"

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
