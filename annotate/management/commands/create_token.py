"""Makes an API token and shows it once."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from annotate import audit
from annotate.models import ApiToken, User


class Command(BaseCommand):
    help = "Make an API token for a user and show it, once."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog="Example:\n  manage.py create_token ada --name laptop --scopes read,label",
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="user name")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument(
            "--scopes", default="read,label,write", help="of read, label, write (default: all)"
        )
        parser.add_argument("--days", type=int, help="until it expires (default: never)")

    def handle(self, *, user: str, name: str, scopes: str, days: int | None, **_: Any) -> None:
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no active user {user!r}; create one first.")
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        if not wanted or (unknown := sorted(set(wanted) - set(ApiToken.Scope.values))):
            named = unknown[0] if wanted else ""
            raise CommandError(f"There is no scope {named!r}; use read, label and write.")
        if days is not None and days < 1:
            raise CommandError(f"A token cannot expire after {days} days; use 1 or more.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        with transaction.atomic():
            token, secret = ApiToken.objects.issue(
                owner, name=name, scopes=wanted, expires_at=expires_at
            )
            audit.record("token.create", target=token, user=owner.username, scopes=wanted)
        self.stderr.write("This token is shown once; keep it like a password.")
        self.stdout.write(secret)
