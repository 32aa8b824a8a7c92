"""Texts changed by replacements: what comes of them, and which ones lead from one text to another.

``static/questions/edits.js`` does the same in the browser; tests/js/edits.json holds both to it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

# Beyond so many changed words what lies between the first and the last is one replacement.
MOST_CHANGES = 1_000

# Spelt out, since Python's and JavaScript's classes of characters differ.
_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SIGN = (
    r"!-&(-/:-@\[-`{-~\xa1-\xbf\u2010-\u2018\u201a-\u2027\u2030-\u205e\u3001-\u303f\uff01-\uff0f"
)
_ALONE = r"\u3040-\u30ff\u3400-\u9fff"  # each a word of its own, written without spaces
_IN_WORD = rf"[^{_SPACE}{_SIGN}{_ALONE}'\u2019]"
_WORD = re.compile(rf"[{_SPACE}]+|{_IN_WORD}+(?:['\u2019]{_IN_WORD}+)*|[\s\S]")
_IS_SPACE = re.compile(rf"[{_SPACE}]+")
_IS_SIGN = re.compile(rf"[{_SIGN}'\u2019]")


class Replacement(NamedTuple):
    """``[start, end)`` of the original text, in code points, gives way to ``text``."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Mapping[str, Any]]) -> str:
    """``text`` with its edits made, which are in order, do not overlap, and name places in ``text``."""
    pieces, after = [], 0
    for edit in edits:
        pieces += [text[after : edit["start"]], edit["replacement"]]
        after = edit["end"]
    return "".join([*pieces, text[after:]])


def words_of(text: str) -> list[str]:
    """Words, runs of white space and single signs: all of the text, in order."""
    return _WORD.findall(text)


def difference(original: str, changed: str) -> list[Replacement]:
    """The replacements that lead from one text to another: whole words, few and in order.

    A shortest way by words (Myers 1986); changes that only white space, or one word between several
    changed ones, keeps apart are one.
    """
    before, after = words_of(original), words_of(changed)
    found: list[Replacement] = []
    places = _starts(before)
    for i, j, k, m in _joined(_changes(before, after), before):
        found.append(Replacement(places[i], places[j], "".join(after[k:m])))
    return found


def _starts(words: Sequence[str]) -> list[int]:
    places, at = [0], 0
    for word in words:
        at += len(word)
        places.append(at)
    return places


Change = tuple[int, int, int, int]  # words [i, j) of the one text are [k, m) of the other


def _changes(a: Sequence[str], b: Sequence[str]) -> list[Change]:
    """Runs of words that are not kept, without the ends that both share."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    if head == len(a) == len(b):
        return []
    inner = _kept(a[head : len(a) - tail], b[head : len(b) - tail])
    kept = [(head + x, head + y) for x, y in inner] + [(len(a) - tail, len(b) - tail)]
    changes, i, k = [], head, head
    for x, y in kept:
        if x > i or y > k:
            changes.append((i, x, k, y))
        i, k = x + 1, y + 1
    return changes


def _kept(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Places in ``a`` and ``b`` of a longest sequence of words that both have; none beyond the limit."""
    n, m = len(a), len(b)
    reach, rounds = {1: 0}, []
    for changes in range(min(n + m, MOST_CHANGES) + 1):
        rounds.append(dict(reach))
        for diagonal in range(-changes, changes + 1, 2):
            x = _onward(reach, diagonal, changes)
            while x < n and x - diagonal < m and a[x] == b[x - diagonal]:
                x += 1
            reach[diagonal] = x
            if x >= n and x - diagonal >= m:
                return _back(rounds, n, m)
    return []


def _onward(reach: Mapping[int, int], diagonal: int, changes: int) -> int:
    """Where a way of ``changes`` comes to on a diagonal: one word more of ``b``, or one less of ``a``."""
    down = diagonal == -changes or (
        diagonal != changes and reach[diagonal - 1] < reach[diagonal + 1]
    )
    return reach[diagonal + 1] if down else reach[diagonal - 1] + 1


def _back(rounds: Sequence[Mapping[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    kept = []
    for changes in range(len(rounds) - 1, -1, -1):
        reach, diagonal = rounds[changes], x - y
        down = diagonal == -changes or (
            diagonal != changes and reach[diagonal - 1] < reach[diagonal + 1]
        )
        before = diagonal + 1 if down else diagonal - 1
        from_x = reach.get(before, 0)
        from_y = from_x - before
        while x > max(from_x, 0) and y > max(from_y, 0) and x - from_x + y - from_y > 1:
            x, y = x - 1, y - 1
            kept.append((x, y))
        x, y = from_x, from_y
    return kept[::-1]


def _joined(changes: Sequence[Change], words: Sequence[str]) -> list[Change]:
    found: list[Change] = []
    for change in changes:
        if found and _belong(found[-1], change, words):
            first = found.pop()
            change = (first[0], change[1], first[2], change[3])  # one out of two
        found.append(change)
    return found


def _belong(one: Change, other: Change, words: Sequence[str]) -> bool:
    between = words[one[1] : other[0]]
    if any("\n" in word or "\r" in word for word in between):
        return False
    if all(_IS_SPACE.fullmatch(word) for word in between):
        return True
    alone = sum(not (_IS_SPACE.fullmatch(word) or _IS_SIGN.fullmatch(word)) for word in between)
    return alone <= 1 and min(_size(one), _size(other)) >= 5


def _size(change: Change) -> int:
    """Of the longer side, in words, signs and white space."""
    return max(change[1] - change[0], change[3] - change[2])
