"""What a kind says of its settings, so that a form can be edited without knowing the kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

# "texts" and "numbers" are tuples, of which a page shows one text a line, numbers between commas;
# "choice" is one of the setting's ``choices``; "options", "labels" and "condition" have types of their
# own in ``base.options``, ``base.labels`` and ``base.conditions``; "grouped labels" may have headings,
# and be of what is missing.
Type = Literal[
    "yes/no",
    "whole number",
    "number",
    "text",
    "texts",
    "numbers",
    "choice",
    "options",
    "labels",
    "grouped labels",
    "condition",
]
COMMON = ("name", "title", "help", "required")
# Settings of every question that a kind's own ones come before.
LAST = ("criterion", "ask_if")
_SIMPLE: dict[type, Type] = {bool: "yes/no", int: "whole number", float: "number", str: "text"}


def setting(
    default: Any,
    words: str,
    *,
    label: str = "",
    least: float | None = None,
    most: float | None = None,
    scale: bool = True,
    first: int = 0,
    type: Type | None = None,  # noqa: A002  # the word that ``Setting`` has for it
    read: Callable[[Any], Any] | None = None,
    choices: Mapping[str, str] | None = None,
) -> Any:
    """A field of a ``Config`` with its words, its limits, and how a page names it.

    ``choices``: the texts that it may be, each with words for it.

    ``scale``: answers under two values of it cannot be compared; so unless a kind says otherwise.
    ``first``: what a page calls 0, such as 1 for positions. ``read`` makes the value of a form's JSON
    and raises ``ValueError`` with the fault and its remedy; without it the default's type says what
    the value may be.
    """
    metadata = {
        "words": words,
        "label": label,
        "least": least,
        "most": most,
        "scale": scale,
        "first": first,
        "type": "choice" if choices else type,
        "read": _one_of(choices) if choices else read,
        "choices": choices or {},
    }
    return field(default=default, metadata=metadata)


def _one_of(choices: Mapping[str, str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"is {value!r}; use one of {', '.join(choices)}")
        return value

    return read


@dataclass(frozen=True)
class Setting:
    """One setting of a kind, as an editor shows it."""

    name: str
    type: Type
    default: Any
    label: str
    words: str
    least: float | None
    most: float | None
    scale: bool
    first: int
    choices: Mapping[str, str]

    def shown(self, value: Any) -> Any:
        """``value`` as a page has it: numbers counted from ``first``, structures in words."""
        if self.type == "numbers" and isinstance(value, tuple | list):
            return [number + self.first for number in value]
        if self.type == "choice":
            return self.choices.get(value, value)
        if self.type in ("options", "labels", "grouped labels"):
            return [str(option) for option in value]
        if self.type == "condition":
            return ("always",) if value is None else (str(value),)
        return value


def settings_of(config: type[Any]) -> Sequence[Setting]:
    """A kind's own settings, and after them those that every question has beyond its words."""
    kind: Any = config  # a class can be hashed, though type[Any] does not say so
    return _settings_of(kind)


@cache
def _settings_of(config: Any) -> Sequence[Setting]:
    hints = get_type_hints(config)
    found = [_described(f, hints[f.name]) for f in fields(config) if f.name not in COMMON]
    return tuple(sorted(found, key=lambda one: one.name in LAST))


def _described(f: "Field[Any]", hint: Any) -> Setting:
    name = f.name.replace("_", " ")
    said = f.metadata
    return Setting(
        name=f.name,
        type=said.get("type") or _type(hint),
        default=None if f.default is MISSING else f.default,
        label=said.get("label") or f"{name[0].upper()}{name[1:]}",
        words=said.get("words", ""),
        least=said.get("least"),
        most=said.get("most"),
        scale=said.get("scale", True),
        first=said.get("first", 0),
        choices=said.get("choices", {}),
    )


def _type(hint: Any) -> Type:
    if get_origin(hint) is tuple:
        return "texts" if get_args(hint)[0] is str else "numbers"
    return _SIMPLE.get(hint, "text")
