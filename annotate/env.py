"""Settings from the environment; an odd or missing variable stops the program with its name."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class EnvError(Exception):
    """One line that names the variable, its value and the remedy."""


class Env:
    """Reads variables once each, so that ``refuse_unknown`` can tell a typing error from a setting."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: set[str] = set()

    @classmethod
    def with_file(cls, path: Path) -> "Env":
        """The process's variables over those of an optional ``.env`` file."""
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return cls({**_parse_file(lines, path), **os.environ})

    def text(self, name: str, default: str | None = None) -> str:
        self._known.add(name)
        value = self._values.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise EnvError(f"{name} is not set; .env.example says what it means.")
        return default

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise EnvError(f"{name}={value!r} is neither true nor false; write true or false.")

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise EnvError(f"{name}={value!r} is not a whole number from {least} to {most}.")
        return int(value)

    def one_of(self, name: str, choices: list[str], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise EnvError(f"{name}={value!r} is not one of {', '.join(choices)}.")
        return value

    def words(self, name: str, default: str = "") -> list[str]:
        """A list written with commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def database(self, name: str) -> dict[str, object] | None:
        """Django's settings for a ``postgresql://`` URL, None when the variable is not set."""
        url = self.text(name, "")
        return parse_database_url(url, name) if url else None

    def refuse_unknown(self, prefix: str) -> None:
        """A misspelt variable would else be ignored in silence."""
        for name in sorted(self._values):
            if name.startswith(prefix) and name not in self._known:
                near = difflib.get_close_matches(name, self._known, n=1)
                hint = f"did you mean {near[0]}?" if near else ".env.example lists what there is."
                raise EnvError(f"{name} is not a setting of this program; {hint}")


def parse_database_url(url: str, name: str = "DATABASE_URL") -> dict[str, object]:
    """``postgresql://user:password@host:port/database?option=value``; a socket folder as ``?host=``."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    database = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise EnvError(
            f"{name} starts with {parts.scheme!r}; only postgresql:// URLs are understood."
        )
    if not database:
        raise EnvError(
            f"{name} names no database; write postgresql://user:password@host:5432/name."
        )
    try:
        port = parts.port
    except ValueError:
        raise EnvError(
            f"{name} has an odd port; write postgresql://user:password@host:5432/name."
        ) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(port or "")),
        "OPTIONS": options,
    }


def _parse_file(lines: list[str], path: Path) -> dict[str, str]:
    values = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise EnvError(f"{path.name} line {number}: {line!r} is not NAME=value.")
        values[key.removeprefix("export ").strip()] = value.strip().strip("\"'")
    return values
