"""Options to choose from: what is stored, what is shown, and a hint."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_VALUE, LONGEST_LABEL, LONGEST_HELP = 40, 120, 500
_VALUE = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_VALUE - 1}}}")


@dataclass(frozen=True)
class Option:
    """``value`` is what answers hold; ``label`` and ``help`` may change without changing answers."""

    value: str
    label: str
    help: str = ""

    def __str__(self) -> str:
        hint = f": {self.help}" if self.help else ""
        return f"{self.label} ({self.value}){hint}"


def read_options(value: Any) -> tuple[Option, ...]:
    """From a list of ``{"value", "label", "help"}``. Raises ``ValueError``."""
    if not isinstance(value, list | tuple):
        raise ValueError(f'is {value!r}; write a list of {{"value": "…", "label": "…"}}')
    options = tuple(read_option(one, number) for number, one in enumerate(value, start=1))
    unlike([option.value for option in options], "options", "a value")
    return options


def unlike(texts: Sequence[str], what: str, owned: str) -> None:
    """Raise ``ValueError`` when two of ``texts`` are the same."""
    if twice := sorted({one for one in texts if texts.count(one) > 1}):
        raise ValueError(f"has two {what} {twice[0]!r}; give each {owned} of its own")


def read_option(given: Any, number: int, what: str = "option") -> Option:
    """One of a list's options; ``number`` counts from 1. Raises ``ValueError``."""
    what = f"has {'an' if what == 'option' else 'a'} {what} {number} that"
    if isinstance(given, Option):
        return given
    if not isinstance(given, Mapping) or not {"value", "label"} <= set(given) <= {
        "value",
        "label",
        "help",
    }:
        raise ValueError(f"{what} is {given!r}; give it a value, a label and, if you like, a help")
    if not all(isinstance(part, str) for part in given.values()):
        raise ValueError(f"{what} is {given!r}; write texts")
    if not _VALUE.fullmatch(given["value"]):
        raise ValueError(
            f"{what} has the value {given['value']!r}; use up to {LONGEST_VALUE} small letters, "
            "digits, - and _"
        )
    if not given["label"].strip() or len(given["label"]) > LONGEST_LABEL:
        raise ValueError(f"{what} has no label of 1 to {LONGEST_LABEL} characters; write one")
    if len(given.get("help", "")) > LONGEST_HELP:
        raise ValueError(f"{what} has a help of over {LONGEST_HELP} characters; shorten it")
    return Option(given["value"], given["label"].strip(), given.get("help", "").strip())


def value_of(label: str, taken: Sequence[str]) -> str:
    """A value for a new option out of its label: "Well formatted" is ``well_formatted``."""
    words = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[: LONGEST_VALUE - 4] or "option"
    value, number = words, 2
    while value in taken:
        value, number = f"{words}_{number}", number + 1
    return value
