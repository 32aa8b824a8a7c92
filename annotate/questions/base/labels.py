"""Labels for parts of texts: options with a colour and a key, in groups under headings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.questions.base.options import Option, read_option, unlike

# The palette; each colour has a tone for light pages and one for dark ones.
COLOURS = (
    "red",
    "blue",
    "orange",
    "violet",
    "teal",
    "pink",
    "green",
    "brown",
    "yellow",
    "grey",
)
MOST_LABELS = 60
DIGITS = "123456789"
_KEY = re.compile(r"[a-z0-9]")
_OPTION = ("value", "label", "help")
_MORE = ("colour", "key", "parent", "missing")


@dataclass(frozen=True)
class Label(Option):
    """``parent`` is the value of a heading, which cannot be given itself.

    ``missing``: of information that is not there, so that it has no place in the text. An empty
    ``colour`` or ``key`` is given out by place (``colours``, ``keys``).
    """

    colour: str = ""
    key: str = ""
    parent: str = ""
    missing: bool = False

    def __str__(self) -> str:
        said = [self.colour, f"key {self.key}" * bool(self.key), "missing" * self.missing]
        said.append(f"under {self.parent}" * bool(self.parent))
        return ", ".join([super().__str__(), *filter(None, said)])


@dataclass(frozen=True)
class Group:
    """Labels under one ``heading``, or those without one."""

    heading: Label | None
    labels: Sequence[Label]


def read_labels(value: Any) -> tuple[Label, ...]:
    """From a list of ``{"value", "label", …}``. Raises ``ValueError``."""
    if not isinstance(value, list | tuple):
        raise ValueError(f'is {value!r}; write a list of {{"value": "…", "label": "…"}}')
    if len(value) > MOST_LABELS:
        raise ValueError(f"has {len(value)} labels; use {MOST_LABELS} at most")
    labels = tuple(_label(one, number) for number, one in enumerate(value, start=1))
    unlike([label.value for label in labels], "labels", "a value")
    unlike([label.key for label in labels if label.key], "labels with the key", "a key")
    _check_parents({label.value: label for label in labels})
    return labels


def _label(given: Any, number: int) -> Label:
    if isinstance(given, Label):
        return given
    what = f"has a label {number} that"
    known = {*_OPTION, *_MORE}
    if not isinstance(given, Mapping) or not {"value", "label"} <= set(given) <= known:
        raise ValueError(
            f"{what} is {given!r}; give it a value, a label and, if you like, "
            f"{', '.join(('help', *_MORE))}"
        )
    option = read_option({name: given[name] for name in _OPTION if name in given}, number, "label")
    colour, key, parent = (given.get(name, "") for name in _MORE[:3])
    missing = given.get("missing", False)
    if colour != "" and colour not in COLOURS:
        raise ValueError(f"{what} has the colour {colour!r}; use one of {', '.join(COLOURS)}")
    if not isinstance(key, str) or (key and not _KEY.fullmatch(key)):
        raise ValueError(f"{what} has the key {key!r}; use a small letter or a digit")
    if not isinstance(parent, str) or not isinstance(missing, bool):
        raise ValueError(
            f"{what} has the parent {parent!r} and missing {missing!r}; write the value of another "
            "label, and true or false"
        )
    return Label(option.value, option.label, option.help, colour, key, parent, missing)


def _check_parents(labels: Mapping[str, Label]) -> None:
    for label in labels.values():
        heading = labels.get(label.parent)
        if label.parent and (heading is None or heading.parent):
            raise ValueError(
                f"puts {label.value!r} under {label.parent!r}, which is "
                f"{'under another one itself' if heading else 'no label'}; name a heading of the list"
            )
        if heading is not None and (heading.missing or heading.key):
            raise ValueError(
                f"has a heading {heading.value!r} with a key or for what is missing; headings are "
                "not given themselves, say it of those under it"
            )


def given_ones(labels: Sequence[Label]) -> list[Label]:
    """Without the headings, in their order."""
    headings = {label.parent for label in labels}
    return [label for label in labels if label.value not in headings]


def groups(labels: Sequence[Label]) -> Iterator[Group]:
    """Labels by heading, where the first of each stands; neighbours without one share a group."""
    by_value = {label.value: label for label in labels}
    found: dict[str, list[Label]] = {}
    alone = 0
    for label in given_ones(labels):
        alone += bool(label.parent)
        found.setdefault(label.parent or f" {alone}", []).append(label)
    for parent, under in found.items():
        yield Group(by_value.get(parent), under)


def colours(labels: Sequence[Label]) -> dict[str, str]:
    """By value: a label's own colour, else its heading's, else the next ones of the palette."""
    found: dict[str, str] = {}
    by_value, turn = {label.value: label for label in labels}, 0
    for label in sorted(labels, key=lambda one: bool(one.parent)):
        inherited = found.get(label.parent, "") if label.parent in by_value else ""
        if not (label.colour or inherited):
            inherited, turn = COLOURS[turn % len(COLOURS)], turn + 1
        found[label.value] = label.colour or inherited
    return found


def keys(labels: Sequence[Label]) -> dict[str, str]:
    """By value: a label's own key, else the next free digit; those beyond have none."""
    given = given_ones(labels)
    free = iter([digit for digit in DIGITS if digit not in {label.key for label in given}])
    return {label.value: label.key or next(free, "") for label in given}


def paths(labels: Sequence[Label]) -> dict[str, str]:
    """By value: the words of a label with its heading's, as in ``Accuracy/Omission``."""
    words = {label.value: label.label for label in labels}
    return {
        label.value: f"{words[label.parent]}/{label.label}" if label.parent else label.label
        for label in given_ones(labels)
    }
