"""The demo's three users; their passwords are made at first start and kept beside the database."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from annotate.models import Membership, Project, User

ROLES = (Membership.Role.ANNOTATOR, Membership.Role.RESEARCHER, Membership.Role.ADMIN)
# Without letters and digits that are easily mistaken for each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def path() -> Path:
    return Path(settings.VAR) / "demo_logins.json"


def read() -> dict[str, str]:
    """Passwords by user name; empty before the demo is made."""
    try:
        return dict(json.loads(path().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


@transaction.atomic
def make_members(project: Project) -> None:
    """A user for each role. Users that are there already keep their passwords.

    The file is written before the users are stored, so that no password is ever lost.
    """
    existing = {user.username: user for user in User.objects.filter(username__in=ROLES)}
    passwords = read()
    for role in ROLES:
        if role not in existing:
            passwords.setdefault(role, _new_password())
    _write(passwords)
    for role in ROLES:
        user = existing.get(role) or _make_user(role, passwords[role])
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})


def _make_user(role: str, password: str) -> User:
    if role == Membership.Role.ADMIN:
        return User.objects.create_superuser(role, password=password)
    return User.objects.create_user(role, password=password)


def _new_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def _write(passwords: dict[str, str]) -> None:
    unfinished = path().with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(passwords, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path())
