"""A question's settings out of a form's JSON."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from annotate.questions.base.question import Config, InvalidForm, Question

# In characters: what a page can show, and a judge's prompt can carry.
TITLE_LENGTH, TEXT_LENGTH, MOST_TEXTS = 300, 2_000, 100
_JSON_TYPES: dict[type, type] = {bool: bool, int: int, float: float, str: str, tuple: list}
_WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", list: "list"}


def make_config(cls: type[Question[Any]], settings: Mapping[str, Any]) -> Config:
    """A kind's settings from a form's JSON. Raises ``InvalidForm``."""
    known = {f.name: f for f in fields(cls.Config)}
    name = settings.get("name", "?")
    if unknown := sorted(set(settings) - set(known) - {"kind"}):
        allowed = ", ".join(sorted(known))
        raise InvalidForm(f"Question {name!r}: unknown setting {unknown[0]!r}; use {allowed}.")
    needed = [
        f.name for f in known.values() if f.default is MISSING and f.default_factory is MISSING
    ]
    if missing := [key for key in needed if key not in settings]:
        raise InvalidForm(f"Question {name!r}: setting {missing[0]!r} is missing; add it.")
    values: dict[str, Any] = {}
    for key in known:
        if key in settings:
            value: Any = settings[key]
            if (read := known[key].metadata.get("read")) is not None:
                values[key] = _read(name, key, value, read)
                continue
            value = list(value) if isinstance(value, tuple) else value
            wanted = _JSON_TYPES.get(type(known[key].default), str)
            if wanted is float and type(value) is int:
                value = float(value)
            if type(value) is not wanted:
                raise InvalidForm(
                    f"Question {name!r}: setting {key!r} is {value!r}; write {_an(_WORDS[wanted])}."
                )
            _check_length(name, key, value)
            values[key] = tuple(value) if isinstance(value, list) else value
    for key in ("name", "title"):
        if not values[key].strip():
            raise InvalidForm(f"Question {name!r}: {key!r} is empty; write some text.")
    return cls.Config(**values)


def _read(question: object, key: str, value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except ValueError as fault:
        raise InvalidForm(f"Question {question!r}: setting {key!r} {fault}.") from fault


def _an(words: str) -> str:
    return words if words.startswith("true") else f"a {words}"


def _check_length(question: object, key: str, value: object) -> None:
    longest = TITLE_LENGTH if key == "title" else TEXT_LENGTH
    texts = value if isinstance(value, list) else [value]
    if len(texts) > MOST_TEXTS:
        raise InvalidForm(
            f"Question {question!r}: setting {key!r} has {len(texts)} parts; "
            f"use {MOST_TEXTS} at most."
        )
    if any(isinstance(text, str) and len(text) > longest for text in texts):
        raise InvalidForm(
            f"Question {question!r}: setting {key!r} is longer than {longest:,} characters; "
            "shorten it."
        )
