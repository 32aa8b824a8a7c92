"""Ranges of texts: half-open, in Unicode code points, into the text exactly as it is stored.

JavaScript and some tools count in UTF-16 code units, in which a character beyond U+FFFF is two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

COMPLETION, CONTEXT = "completion", "context"
_BEYOND = 0x10000
QUOTED = 40  # characters of a text that a message repeats


class WrongRange(ValueError):
    """A range that does not fit its text; the message gives the fault, the value and the remedy."""


class Target(NamedTuple):
    """Which text a range is of: a completion or a passage, by its place."""

    kind: str
    place: int

    @classmethod
    def of(cls, part: Mapping[str, Any]) -> "Target":
        """Out of a part of an answer, which has one of ``completion`` and ``context``."""
        kind = COMPLETION if COMPLETION in part else CONTEXT
        return cls(kind, part[kind])

    def __str__(self) -> str:
        return f"{'passage' if self.kind == CONTEXT else 'completion'} {self.place + 1}"


@dataclass(frozen=True)
class Texts:
    """What answers about parts of a text are checked against.

    ``completions`` stand in the order of the answers, ``steps`` beside them: ranges that were given
    with a completion, None where none were. Where that is not the item's own order, ``order`` has
    the position in the item by place.
    """

    completions: Sequence[str]
    contexts: Sequence[str] = ()
    steps: Sequence[Sequence[tuple[int, int]] | None] = ()
    order: Sequence[int] | None = None

    def text(self, target: Target) -> str:
        """Raises ``WrongRange`` when there is no such text."""
        texts = self.contexts if target.kind == CONTEXT else self.completions
        if not 0 <= target.place < len(texts):
            raise WrongRange(f"is of {target}, which the item does not have; it has {len(texts)}")
        return texts[target.place]

    def position(self, place: int) -> int:
        """Of the completion at a place, in the item's own order."""
        return place if self.order is None else self.order[place]

    def steps_of(self, place: int) -> Sequence[tuple[int, int]] | None:
        return self.steps[place] if place < len(self.steps) else None

    def permuted(self, order: Sequence[int]) -> "Texts":
        """As a page shows them: ``order[place] = position``."""
        return Texts(
            [self.completions[position] for position in order],
            self.contexts,
            [self.steps_of(position) for position in order],
            [self.position(position) for position in order],
        )


def check_range(text: str, start: int, end: int, quoted: str) -> None:
    """Refuse a range that is empty, beyond the text, or quotes something else. Raises ``WrongRange``."""
    if start >= end:
        raise WrongRange(f"{start}-{end} ends where it starts or before; mark some text")
    if start < 0 or end > len(text):
        raise WrongRange(
            f"{start}-{end} is not within the text of {len(text):,} characters; count code points "
            "from 0, the end not included"
        )
    if text[start:end] != quoted:
        raise WrongRange(
            f"{start}-{end} quotes {brief(quoted)}, but there stands {brief(text[start:end])}; "
            "count Unicode code points into the text as it is stored"
        )


def brief(text: str) -> str:
    return repr(text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…")


class Utf16:
    """Offsets into one text as code points and as UTF-16 code units."""

    def __init__(self, text: str) -> None:
        self.size = len(text)
        # Of texts without a character beyond U+FFFF both are the same.
        beyond = not text.isascii() and max(text, default="") >= chr(_BEYOND)
        self._units = (
            [0, *accumulate(1 + (ord(char) >= _BEYOND) for char in text)] if beyond else None
        )
        self._points = (
            None if self._units is None else {units: at for at, units in enumerate(self._units)}
        )

    def from_units(self, offset: int) -> int:
        """In code points. Raises ``WrongRange`` beyond the text or inside a character."""
        if self._points is None:
            found = offset if 0 <= offset <= self.size else None
        else:
            found = self._points.get(offset)
        if found is None:
            raise WrongRange(
                f"{offset} is no place between characters when counted in UTF-16; check the offset"
            )
        return found

    def to_units(self, offset: int) -> int:
        """From code points, 0 to the length of the text."""
        return offset if self._units is None else self._units[offset]
