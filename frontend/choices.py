"""What a form may start from: formats, policies, kinds of judge. Classes with a title and an about.

Templates call what can be called, so they get these instead of the classes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    name: str
    title: str
    about: str
    chosen: bool = False


def choices(classes: Iterable[Any], *, chosen: str) -> list[Choice]:
    """One for each class, which has ``name`` or ``kind``, ``title`` and ``about``."""
    return [choice(cls, chosen=chosen) for cls in classes]


def choice(cls: Any, *, chosen: str = "") -> Choice:
    name = getattr(cls, "name", None) or cls.kind
    return Choice(name, cls.title, cls.about, name == chosen)
