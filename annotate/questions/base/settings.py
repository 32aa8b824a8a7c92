"""What a kind says of its settings, so that a form can be edited without knowing the kind."""

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

# "texts" and "numbers" are tuples, of which a page shows one text a line, numbers between commas.
Type = Literal["yes/no", "whole number", "number", "text", "texts", "numbers"]
COMMON = ("name", "title", "help", "required")
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
) -> Any:
    """A field of a ``Config`` with its words, its limits, and how a page names it.

    ``scale``: answers under two values of it cannot be compared; so unless a kind says otherwise.
    ``first``: what a page calls 0, such as 1 for positions.
    """
    metadata = {
        "words": words,
        "label": label,
        "least": least,
        "most": most,
        "scale": scale,
        "first": first,
    }
    return field(default=default, metadata=metadata)


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

    def shown(self, value: Any) -> Any:
        """``value`` as a page has it: numbers counted from ``first``."""
        if self.type == "numbers" and isinstance(value, tuple | list):
            return [number + self.first for number in value]
        return value


def settings_of(config: type[Any]) -> list[Setting]:
    """A kind's own settings, beyond those that every question has."""
    hints = get_type_hints(config)
    return [_described(f, hints[f.name]) for f in fields(config) if f.name not in COMMON]


def _described(f: "Field[Any]", hint: Any) -> Setting:
    name = f.name.replace("_", " ")
    said = f.metadata
    return Setting(
        name=f.name,
        type=_type(hint),
        default=None if f.default is MISSING else f.default,
        label=said.get("label") or f"{name[0].upper()}{name[1:]}",
        words=said.get("words", ""),
        least=said.get("least"),
        most=said.get("most"),
        scale=said.get("scale", True),
        first=said.get("first", 0),
    )


def _type(hint: Any) -> Type:
    if get_origin(hint) is tuple:
        return "texts" if get_args(hint)[0] is str else "numbers"
    return _SIMPLE.get(hint, "text")
