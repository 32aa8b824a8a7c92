"""Two versions of a text as a reader compares them: lines first, then words within changed lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT_LINES = 2
# Beyond so many pairs of words a block is shown whole: difflib would compare them all.
MOST_PAIRS = 4_000_000
MOST_LINES = 20_000
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Op = Literal["same", "added", "removed"]


@dataclass(frozen=True)
class Part:
    op: Op
    text: str


@dataclass(frozen=True)
class Block:
    """Lines that stay, lines that changed, or how many were left out in between."""

    parts: Sequence[Part] = ()
    changed: bool = False
    skipped: int = 0


def difference(old: str, new: str) -> list[Block]:
    """What parts ``new`` from ``old``; empty when nothing does."""
    if old == new:
        return []
    before, after = old.split("\n"), new.split("\n")
    if max(len(before), len(after)) > MOST_LINES:
        return [_changed([old], [new])]
    blocks: list[Block] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for op, i, j, k, m in matcher.get_opcodes():
        if op == "equal":
            blocks += _kept(before[i:j], first=i == 0, last=j == len(before))
        else:
            blocks.append(_changed(before[i:j], after[k:m]))
    return blocks


def _kept(lines: list[str], *, first: bool, last: bool) -> Iterator[Block]:
    """The lines around changes; what is farther away is counted."""
    head = 0 if first else CONTEXT_LINES
    tail = 0 if last else CONTEXT_LINES
    skipped = len(lines) - head - tail
    if skipped <= 1:
        yield from map(_same, lines)
        return
    yield from map(_same, lines[:head])
    yield Block(skipped=skipped)
    yield from map(_same, lines[len(lines) - tail :] if tail else [])


def _same(line: str) -> Block:
    return Block([Part("same", line)])


def _changed(before: list[str], after: list[str]) -> Block:
    return Block(list(_words("\n".join(before), "\n".join(after))), changed=True)


def _words(old: str, new: str) -> Iterator[Part]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) * len(after) > MOST_PAIRS:
        yield from _two(old, new)
        return
    for op, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            yield Part("same", "".join(before[i:j]))
        else:
            yield from _two("".join(before[i:j]), "".join(after[k:m]))


def _two(old: str, new: str) -> Iterator[Part]:
    if old:
        yield Part("removed", old)
    if new:
        yield Part("added", new)
