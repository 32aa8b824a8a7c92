"""Sentences of a passage, by a plain rule, as ranges of the stored text.

The rule (docs/formats.md has it in words): a sentence ends after ``. ! ? …`` and what closes quotes
or brackets behind them, where white space and then no small letter follows; after the full stops of
Chinese, Japanese, Arabic and Indic scripts; at an empty line; and at a line break, unless the next
line goes on with a small letter. It does not end after a known abbreviation, an initial, or a
number that stands alone, as in lists.
"""

# ruff: noqa: RUF001  # full stops and quotes of other scripts are what this is about

import re
from typing import NamedTuple


class Sentence(NamedTuple):
    """Half-open range of Unicode code points, without the white space around it."""

    start: int
    end: int


_END = re.compile(
    r"""
      [。！？｡]+ [」』”’）】]*                          # no space follows in these scripts
    | (?P<stop> [.!?…؟۔।॥]+ ["'”’»)\]]* ) (?=\s|$)
    | (?P<line> \n )
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"""(?:^|[\s("'“‘\[])
    (?: [A-Z] | v | Mrs? | Ms | Dr | Prof | Sr | Jr | St | Mt | vs | etc | cf | al | approx | No | Nos
      | Fig | Figs | Eq | Sec | Ch | Vol | pp? | ed | eds | Inc | Ltd | Co | Corp | Gen | Col | Capt
      | Lt | Sgt | Rev | Hon | Jan | Feb | Mar | Apr | Jun | Jul | Aug | Sept? | Oct | Nov | Dec
      | e\.g | i\.e | a\.m | p\.m | U\.S | U\.K | E\.U | Ph\.D | z\.B | d\.h | bzw | usw
    ) \. $""",
    re.VERBOSE,
)
_LIST_NUMBER = re.compile(r"\s*\(?\d{1,3}\.\s*")
_NEXT = re.compile(r"""\s{0,200}["'“‘«(\[]{0,9}(\S)?""")
_REACH = 12  # characters that decide whether a full stop is that of an abbreviation


def sentences(text: str) -> list[Sentence]:
    """The sentences of ``text`` in order; white space between them belongs to none."""
    found: list[Sentence] = []
    start = 0
    for end in _ends(text):
        if not _LIST_NUMBER.fullmatch(text, start, end):
            _add(found, text, start, end)
            start = end
    _add(found, text, start, len(text))
    return found


def _ends(text: str) -> list[int]:
    return [found.end() for found in _END.finditer(text) if _ends_here(text, found)]


def _ends_here(text: str, found: re.Match[str]) -> bool:
    if found["line"]:
        return text.startswith(("\n", "\r\n"), found.end()) or not _goes_on(text, found.end())
    if found["stop"]:
        before = text[max(0, found.start() - _REACH) : found.start() + 1]
        if text[found.start()] == "." and _ABBREVIATION.search(before):
            return False
        return not _goes_on(text, found.end())
    return True


def _goes_on(text: str, place: int) -> bool:
    """Whether what comes next starts with a small letter."""
    after = _NEXT.match(text, place)
    return bool(after and after[1] and after[1].islower())


def _add(found: list[Sentence], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if start < end:
        found.append(Sentence(start, end))
