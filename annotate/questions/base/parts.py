"""Parts of texts in answers: ``{"completion" or "context": place, "start", "end", "text", …}``.

Offsets count Unicode code points; ``text`` repeats what they enclose, so that an offset that was
counted differently is found out.
"""

import json
import reprlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from annotate.offsets import COMPLETION, CONTEXT, Target, Texts, WrongRange, check_range
from annotate.questions.base.question import InvalidAnswer

Part = dict[str, Any]
RANGE = ("start", "end", "text")
MOST_PARTS = 5_000  # of one answer
LONGEST_COMMENT = 5_000


class _Short(reprlib.Repr):
    """Values in messages, however large or deep they are."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 2, 60, 60


def short(value: object) -> str:
    """A value as a message shows it."""
    return _Short().repr(value)


def read_json(data: Mapping[str, Any], field: str) -> object | None:
    """A raw answer out of one form field; None where it is untouched, the text where it is no JSON."""
    text = data.get(field, "")
    if not text:
        return None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return str(text)
    return found


def list_in(question: str, raw: Mapping[str, Any], name: str) -> list[Any]:
    """A list of an answer, empty where it is left out. Raises ``InvalidAnswer``."""
    value = raw.get(name, [])
    if not isinstance(value, list | tuple):
        raise InvalidAnswer(question, f"has {name!r} that is no list; send {{{name!r}: […]}}")
    if len(value) > MOST_PARTS:
        raise InvalidAnswer(
            question, f"has {len(value):,} {name}; {MOST_PARTS:,} are the most, leave some out"
        )
    return list(value)


def read_target(question: str, raw: Mapping[str, Any], *, completions: int, contexts: bool) -> Part:
    """The text that a part is of, as ``{"completion": 0}``. Raises ``InvalidAnswer``."""
    named = [kind for kind in (COMPLETION, CONTEXT) if raw.get(kind) is not None]
    remedy = "name one text, as in {'completion': 0}"
    if len(named) != 1:
        raise InvalidAnswer(question, f"has a part of {len(named)} texts; {remedy}")
    [kind] = named
    place = raw[kind]
    if kind == CONTEXT and not contexts:
        raise InvalidAnswer(question, "has a part of a passage, which it does not ask about")
    if type(place) is not int or place < 0 or (kind == COMPLETION and place >= completions):
        raise InvalidAnswer(
            question, f"has a part of {kind} {short(place)}, which there is none of"
        )
    return {kind: place}


def read_range(question: str, raw: Mapping[str, Any]) -> Part:
    """``start``, ``end`` and ``text`` of a part, not yet held against a text."""
    start, end, text = (raw.get(name) for name in RANGE)
    if type(start) is not int or type(end) is not int or not isinstance(text, str):
        raise InvalidAnswer(
            question,
            f"has a part with start {short(start)}, end {short(end)} and text {short(text)}; give "
            "offsets in code points and the text between them",
        )
    return {"start": start, "end": end, "text": text}


def read_comment(question: str, raw: Mapping[str, Any], name: str = "comment") -> Part:
    """A text of a part, left out where it is empty."""
    value = raw.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, str):
        raise InvalidAnswer(question, f"has a {name} that is {short(value)}; write a text")
    if len(value) > LONGEST_COMMENT:
        raise InvalidAnswer(
            question,
            f"has a {name} of {len(value):,} characters; shorten it to {LONGEST_COMMENT:,}",
        )
    return {name: value}


def one_of(
    question: str, raw: Mapping[str, Any], name: str, allowed: Collection[str], *, owed: bool = True
) -> Part:
    """A part's ``label`` or the like. Raises ``InvalidAnswer``."""
    value = raw.get(name)
    if value is None and not owed:
        return {}
    if not isinstance(value, str) or value not in allowed:
        known = ", ".join(allowed)
        raise InvalidAnswer(
            question, f"has a part with the {name} {short(value)}; use one of {known}"
        )
    return {name: value}


def only_known(question: str, raw: object, names: Collection[str], what: str) -> Mapping[str, Any]:
    """An object without fields that nothing reads. Raises ``InvalidAnswer``."""
    if not isinstance(raw, Mapping):
        raise InvalidAnswer(question, f"has {what} that is {short(raw)}; send an object")
    if unknown := sorted(str(name) for name in raw if name not in names):
        known = ", ".join(names)
        raise InvalidAnswer(
            question, f"has {what} with {short(unknown[0])}, which nothing reads; use {known}"
        )
    return raw


def check_parts(question: str, parts: Sequence[Part], texts: Texts) -> None:
    """Hold every range against its text. Raises ``InvalidAnswer``."""
    for part in parts:
        target = Target.of(part)
        try:
            check_range(texts.text(target), part["start"], part["end"], part["text"])
        except WrongRange as fault:
            raise InvalidAnswer(question, f"a part of {target}: {fault}") from fault


def moved(part: Part, order: Sequence[int]) -> Part:
    """A part given in the shown order, in the item's own: ``order[place] = position``."""
    if COMPLETION not in part:
        return part
    return part | {COMPLETION: order[part[COMPLETION]]}


def by_place(part: Mapping[str, Any]) -> tuple[Any, ...]:
    """Orders parts by text, then from front to back, longer ones first."""
    target = Target.of(part)
    return (
        target.kind == CONTEXT,
        target.place,
        part.get("start", -1),
        -part.get("end", 0),
        str(part.get("label", "")),
    )
