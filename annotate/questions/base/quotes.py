"""Where a judge's quotes stand in a text: exactly, else in a normal form, and never by a guess.

A quote is looked for as it is; where it stands nowhere, in three normal forms, each wider than the one
before (``Form``). The first in which it stands anywhere decides: one occurrence is the place; several
are ambiguous, unless the judge said what stands around the quote or which occurrence it means. What
begins or ends inside a character as people read it (an accent or a joiner follows) is no occurrence.

Places are those of the text as it is stored, from the first to the last character that was found.
Everything takes time linear in the text and the quote.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Literal

from annotate.offsets import Target, Texts, WrongRange
from annotate.questions.base.question import InvalidAnswer

Part = dict[str, Any]
Range = tuple[int, int]
Reason = Literal["absent", "ambiguous"]

# What a part of a judge's answer has in place of ``start``, ``end`` and ``text``.
QUOTE, HINTS = "quote", ("before", "after", "occurrence")
# Under this name an answer tells what became of its quotes, until ``take_tallies`` takes it off.
TALLY = "unlocated"
LONGEST_HINT = 200  # characters; what is farther away says nothing of the place
MOST_LOOKS = (
    1_000  # occurrences that are looked at; of what stands there more often, none is certain
)
SCHEMA: dict[str, Any] = {"quote": {"type": "string"}, "before": {"type": "string"}}
INSTRUCTION = (
    "Quote each place under “quote”: copy it character by character from one text, as short as it can "
    "be, without leaving anything out of its middle. Where the same characters stand in that text more "
    "than once, copy the few words right before the place you mean under “before”; else leave “before” "
    "empty. A quote that cannot be found for certain is thrown away."
)

_ALIKE = (
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4\uff07", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02", '"')
    | {"\u2026": "..."}
)
_UNSEEN = frozenset(
    "\u00ad\u034f\u061c\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068"
    "\u2069\ufeff"
)
_SPECIAL = re.compile(r"(?P<space>\s+)|(?P<other>[^\x00-\x7f\s]+)|(?P<mark>[*_~`]+)")
_LINE_MARK = re.compile(r"(?:(?:[-+*]|#{1,6}|>)[ \t]+)+")
# A joiner, variation selectors, later letters of a Hangul syllable, and shades of skin.
_GOES_ON = re.compile(
    "[\u200d\ufe00-\ufe0f\u1160-\u11ff\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff]"
)


class NotFound(Exception):
    """A quote has no certain place."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Quote:
    """What a judge quotes, with what stands right around it, or its number among equal ones, from 1."""

    text: str
    before: str = ""
    after: str = ""
    occurrence: int | None = None

    @classmethod
    def of(cls, part: Mapping[str, Any]) -> "Quote":
        """Out of a part of a judge's answer; hints that make no sense are none."""
        number = part.get("occurrence")
        return cls(
            _text(part.get(QUOTE)),
            _text(part.get("before"))[-LONGEST_HINT:],
            _text(part.get("after"))[:LONGEST_HINT],
            number if type(number) is int and number > 0 else None,
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# -------------------------------------------------------------------------------------- normal forms


class Form:
    """A text in a normal form that knows where each of its characters came from.

    Always: canonical decomposition (NFD); white space of any length is one space; dashes, quotation
    marks and the dots of an ellipsis are those of ASCII; what is not seen (zero width, direction, soft
    hyphens) is left out, and variation selectors go with the character before. ``bare``: Markdown's
    marks of emphasis and code beside words are left out, and bullets, headings and quotation marks at
    the start of lines. ``fold``: without regard to case.
    """

    def __init__(self, text: str, *, bare: bool = False, fold: bool = False) -> None:
        self._bare, self._fold = bare, fold
        self._chars: list[str] = []
        self._starts, self._ends = array("L"), array("L")
        at = self._line_mark(text, 0)
        while found := _SPECIAL.search(text, at):
            self._plain(text[at : found.start()], at)
            at = self._special(text, found)
        self._plain(text[at:], at)
        self.text = "".join(self._chars)

    def __len__(self) -> int:
        return len(self.text)

    def range_of(self, start: int, end: int) -> Range:
        """The place in the text it was made of, of a range that is not empty."""
        return self._starts[start], self._ends[end - 1]

    def splits(self, at: int) -> bool:
        """Whether a place is inside of what one character, or one with its accents, became."""
        if not 0 < at < len(self.text):
            return False
        same = self._starts[at] == self._starts[at - 1]
        return same or unicodedata.combining(self.text[at]) != 0

    def _plain(self, run: str, at: int) -> None:
        self._chars.append(run.lower() if self._fold else run)
        self._starts.extend(range(at, at + len(run)))
        self._ends.extend(range(at + 1, at + len(run) + 1))

    def _special(self, text: str, found: "re.Match[str]") -> int:
        """Take over what is found; where to go on."""
        start, end = found.span()
        if run := found["other"]:
            self._beyond_ascii(run, start)
        elif found["space"]:
            line = any(char in "\r\n" for char in found["space"])
            end = self._line_mark(text, end) if line else end
            self._space(start, end)
        elif not (self._bare and _is_mark(text, start, end)):
            self._plain(found["mark"], start)
        return end

    def _line_mark(self, text: str, at: int) -> int:
        """Where the marks at the start of a line end."""
        found = _LINE_MARK.match(text, at) if self._bare else None
        return found.end() if found else at

    def _space(self, start: int, end: int) -> None:
        if self._chars and self._chars[-1].endswith(" "):
            self._ends[-1] = end
        else:
            self._put(" ", start, end)

    def _put(self, char: str, start: int, end: int) -> None:
        self._chars.append(char)
        self._starts.append(start)
        self._ends.append(end)

    def _beyond_ascii(self, run: str, at: int) -> None:
        accents: list[tuple[int, str, int]] = []
        for place, char in enumerate(run, start=at):
            if "\ufe00" <= char <= "\ufe0f" and self._ends:
                self._ends[-1] = place + 1
            for part in _shape(char, self._fold):
                if rank := unicodedata.combining(part):
                    accents.append((rank, part, place))
                    continue
                self._accents(accents)
                self._put(part, place, place + 1)
        self._accents(accents)

    def _accents(self, accents: list[tuple[int, str, int]]) -> None:
        """In canonical order; all of them end where the last one does."""
        if not accents:
            return
        end = max(place for _, _, place in accents) + 1
        for _, char, place in sorted(accents, key=lambda one: one[0]):
            self._put(char, place, end)
        accents.clear()


@lru_cache(maxsize=20_000)
def _shape(char: str, fold: bool) -> str:
    """What stands for a character beyond ASCII in a normal form."""
    if char in _UNSEEN or "\ufe00" <= char <= "\ufe0f":
        return ""
    shape = _ALIKE.get(char) or unicodedata.normalize("NFD", char)
    return unicodedata.normalize("NFD", shape.casefold()) if fold else shape


def _is_mark(text: str, start: int, end: int) -> bool:
    """Whether a run of ``*``, ``_``, ``~`` or backticks marks something up rather than being text.

    It does not alone between spaces, nor inside a word (``snake_case``, ``2*3``); but two or more of
    them do between letters, where scripts without spaces have them.
    """
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() and after.isalnum():
        return end - start > 1 and before.isalpha() and after.isalpha()
    return not ((not before or before.isspace()) and (not after or after.isspace()))


# ------------------------------------------------------------------------------------------- finding


class Source:
    """One text in which many quotes are looked for; its normal forms are made once, when needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._made: dict[int, Form] = {}

    def find(self, quote: Quote) -> Range:
        """The one place that is quoted. Raises ``NotFound``."""
        for wide in range(4):
            found = list(islice(self._places(quote.text, wide), 2))
            if len(found) == 1:
                return found[0]
            if found:
                return self._told_apart(quote, wide)
        raise NotFound("absent")

    def _places(self, quote: str, wide: int, *, step: int = 1) -> Iterator[Range]:
        """Where it stands, from front to back: as it is (0), or in the normal form ``wide``."""
        if wide == 0:
            return (
                (at, at + len(quote))
                for at in _occurrences(self.text, quote, step)
                if self._whole(at, at + len(quote))
            )
        needle = _form(quote, wide).text.strip()
        if wide > 1 and not any(char.isalnum() for char in needle):
            return iter(())  # marks alone, or beside a full stop: too little is left to go by
        return self._in_form(needle, wide, 0, len(needle), step=step)

    def _in_form(
        self, needle: str, wide: int, skip: int, size: int, *, step: int = 1
    ) -> Iterator[Range]:
        """Places of the ``size`` characters after the first ``skip`` of what is looked for."""
        form = self._form(wide)
        for at in _occurrences(form.text, needle, step):
            start, end = at + skip, at + skip + size
            if not form.splits(start) and not form.splits(end):
                place = form.range_of(start, end)
                if self._whole(*place):
                    yield place

    def _told_apart(self, quote: Quote, wide: int) -> Range:
        """One of several places, by what the judge said of it. Raises ``NotFound``."""
        if quote.before.strip() or quote.after.strip():
            for wider in range(max(wide, 1), 4):
                found = set(islice(self._between(quote, wider), MOST_LOOKS))
                if len(found) == 1:
                    return self._with_its_space(quote.text, found.pop())
                if found:
                    break
        elif quote.occurrence is not None and quote.occurrence <= MOST_LOOKS:
            places = self._places(quote.text, wide, step=len(quote.text))
            nth = next(islice(places, quote.occurrence - 1, None), None)
            if nth is not None:
                return nth
        raise NotFound("ambiguous")

    def _with_its_space(self, quote: str, place: Range) -> Range:
        """The place, with the white space around it that the quote has too, where it has."""
        start = place[0] - (len(quote) - len(quote.lstrip()))
        whole = start >= 0 and self.text.startswith(quote, start)
        return (start, start + len(quote)) if whole else place

    def _between(self, quote: Quote, wide: int) -> Iterator[Range]:
        """Where it stands right between what is said to be around it, with a space or without."""
        before, inner, after = (
            _form(text, wide).text.strip() for text in (quote.before, quote.text, quote.after)
        )
        if not inner:
            return  # of white space alone a normal form keeps nothing to look for
        for first in ("", " ") if before else ("",):
            for last in ("", " ") if after else ("",):
                head = before + first
                yield from self._in_form(head + inner + last + after, wide, len(head), len(inner))

    def _form(self, wide: int) -> Form:
        if wide not in self._made:
            self._made[wide] = _form(self.text, wide)
        return self._made[wide]

    def _whole(self, start: int, end: int) -> bool:
        return not goes_on(self.text, start) and not goes_on(self.text, end)


def _form(text: str, wide: int) -> Form:
    return Form(text, bare=wide > 1, fold=wide > 2)


def _occurrences(text: str, needle: str, step: int) -> Iterator[int]:
    """Where it begins, ``step`` characters or more apart; the first ``MOST_LOOKS``."""
    at = text.find(needle) if needle else -1
    for _ in range(MOST_LOOKS):
        if at < 0:
            return
        yield at
        at = text.find(needle, at + step)


def goes_on(text: str, at: int) -> bool:
    """Whether a place is inside a character as people read it."""
    if not 0 < at < len(text):
        return False
    if text[at - 1] == "\u200d":
        return True
    return unicodedata.combining(text[at]) != 0 or _GOES_ON.match(text, at) is not None


# ------------------------------------------------------------------------------------ parts of answers


@dataclass
class Locator:
    """Places for the quotes of one answer; those without one are counted."""

    texts: Texts
    asked: int = 0
    refused: dict[Reason, int] = field(default_factory=lambda: {"absent": 0, "ambiguous": 0})
    _sources: dict[Target, Source] = field(default_factory=dict)

    def place(self, part: Mapping[str, Any]) -> Part | None:
        """A part with ``start``, ``end`` and ``text`` in place of its quote; None where it has none.

        The part names its text (``completion`` or ``context``) and has ``quote`` and any of ``HINTS``.
        """
        self.asked += 1
        target = Target.of(part)
        try:
            text = self.texts.text(target)
            start, end = self._sources.setdefault(target, Source(text)).find(Quote.of(part))
        except WrongRange:
            self.refused["absent"] += 1
            return None
        except NotFound as fault:
            self.refused[fault.reason] += 1
            return None
        rest = {name: value for name, value in part.items() if name != QUOTE and name not in HINTS}
        return rest | {"start": start, "end": end, "text": text[start:end]}

    @property
    def tally(self) -> Part:
        """For the answer: ``{"unlocated": {"of": 3, "absent": 1, "ambiguous": 0}}``."""
        return {TALLY: {"of": self.asked, **self.refused}}


class NothingLocated(InvalidAnswer):
    """No quote of an answer has a place, and nothing else is left of it; ``raw`` counts them."""

    def __init__(self, question: str, locator: Locator) -> None:
        super().__init__(
            question,
            f"says nothing that can be kept: of {locator.asked} quotes none stands in its text just once",
        )
        self.raw: dict[str, Any] = {TALLY: {question: locator.tally[TALLY]}}


def take_tallies(answers: Mapping[str, Part]) -> tuple[dict[str, Part], dict[str, dict[str, int]]]:
    """Answers without what they tell of their quotes, and that by question."""
    kept = {
        name: {key: value for key, value in answer.items() if key != TALLY}
        for name, answer in answers.items()
    }
    return kept, {name: answer[TALLY] for name, answer in answers.items() if TALLY in answer}
