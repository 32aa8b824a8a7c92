"""From a file to the pieces that are a record each: lines, elements of a JSON array, groups of rows.

Whatever the file, a piece has the number of the line where it begins, reading stops after a batch at
a place from which it can go on, and no more than a batch is held in memory.
"""

import codecs
import re
from array import array
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from annotate.formats.base import ARRAY, GROUPS, BadLine, Importer
from annotate.importing.rows import Lines, Place

BATCH_LINES = 2_500
BATCH_BYTES = 16 * 2**20
LONGEST_LINE = 64 * 2**20
CHUNK = 2**20

Ints = NDArray[np.int64]


class Piece(NamedTuple):
    line: int
    # Text of a record; the rows of one, numbered; or why there is none.
    content: bytes | str | list[tuple[int, bytes]] | BadLine
    # Its number among the elements of an array, 0 where lines tell records apart.
    record: int = 0


class Pieces(Protocol):
    def read(self, place: Place) -> tuple[list[Piece], Place]:
        """The next pieces from ``place`` on, where the last ones ended, and the place behind them.

        No piece at all means that the file has ended.
        """


def pieces_of(file: Lines, importer: Importer, place: Place) -> Pieces:
    """What ``file`` is made of, to be read from ``place`` on."""
    if importer.container == GROUPS:
        return RowGroups(file, importer.group_of)
    if importer.container == ARRAY and _is_array(file):
        return ArrayElements(file)
    if importer.recalls and place.offset:
        _recall(file, place, importer)
    else:
        file.seek(place.offset)
    return FileLines(file)


def _recall(file: Lines, place: Place, importer: Importer) -> None:
    """Pass over what was imported before, and let the format recall what it needs of it."""
    file.seek(0)
    left = place.offset
    while left > 0 and (line := file.readline(min(left, LONGEST_LINE))):
        importer.look_back(line)
        left -= len(line)


class FileLines:
    """A record a line."""

    def __init__(self, file: Lines) -> None:
        self.file = file

    def read(self, place: Place) -> tuple[list[Piece], Place]:
        found: list[Piece] = []
        number, size = place.line, 0
        while len(found) < BATCH_LINES and size < BATCH_BYTES:
            line = self.file.readline(LONGEST_LINE)
            if not line:
                break
            size += len(line)
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                size += self._skip_line()
                found.append(Piece(number, too_long()))
            else:
                found.append(Piece(number, line))
            number += 1
        return found, Place(number, place.offset + size)

    def _skip_line(self) -> int:
        """Pass over the rest of a line; how many bytes it had."""
        skipped = 0
        while part := self.file.readline(LONGEST_LINE):
            skipped += len(part)
            if part.endswith(b"\n"):
                break
        return skipped


def too_long() -> BadLine:
    return BadLine(f"is longer than {LONGEST_LINE // 2**20} MiB; shorten it")


# ------------------------------------------------------------------------------------ a JSON array

_BETWEEN = re.compile(rb"[\s,]*")
# A string as a whole, or a bracket; a lone quote begins a string whose end is yet to be read.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]|"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]]*")
_OPENING = b"[{"
_BEHIND = "is followed by more than the array, which is not read; make it one array"


def _is_array(file: Lines) -> bool:
    file.seek(0)
    head = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
    while not head.strip() and (more := file.read(CHUNK)):
        head = more
    return head.lstrip().startswith(b"[")


class ArrayElements:
    """A record an element of the one array that the file is; found by its brackets, not yet parsed."""

    def __init__(self, file: Lines) -> None:
        self.file = file

    def read(self, place: Place) -> tuple[list[Piece], Place]:
        self._go_to(place)
        if not place.offset:
            while (bracket := self.buffer.find(b"[")) < 0 and self._more():
                pass
            self._pass(bracket + 1)
        found: list[Piece] = []
        until = place.offset + BATCH_BYTES
        while len(found) < BATCH_LINES and self.offset < until:
            piece = self._next()
            if piece is None:
                break
            found.append(piece)
        self._close()
        return found, Place(self.line, self.offset, self.record)

    def _go_to(self, place: Place) -> None:
        self.file.seek(place.offset)
        # What is read of the file, how much of it is passed, and the place there.
        self.buffer, self.at = b"", 0
        self.line, self.offset, self.record = place.line, place.offset, place.record

    def _close(self) -> bool:
        """Pass the end of the array, if it is here and nothing follows."""
        self._pass_between()
        line, offset = self.line, self.offset
        if self.buffer[self.at : self.at + 1] != b"]":
            return self.at == len(self.buffer)
        self._pass(self.at + 1)
        self._pass_between()
        if self.at < len(self.buffer):
            self._go_to(Place(line, offset, self.record))
            self._more()
            return False
        return True

    def _more(self) -> bool:
        """Read on, as much again as is not passed; whether there was anything."""
        rest = self.buffer[self.at :]
        more = self.file.read(max(CHUNK, len(rest)))
        self.buffer, self.at = rest + more, 0
        return bool(more)

    def _pass(self, end: int) -> bytes:
        """Leave behind, and give, what stands before ``end`` in the buffer."""
        passed = self.buffer[self.at : end]
        self.line += passed.count(b"\n")
        self.offset += len(passed)
        self.at = end
        return passed

    def _next(self) -> Piece | None:
        """The next element; None behind the last one."""
        if self._close():
            return None
        self.record += 1
        line = self.line
        behind = self.buffer[self.at : self.at + 1] == b"]"
        end = BadLine(_BEHIND) if behind else self._end()
        if isinstance(end, int):
            return Piece(line, self._pass(end), self.record)
        self._pass(len(self.buffer))
        while self._more():
            self._pass(len(self.buffer))
        return Piece(line, end, self.record)

    def _pass_between(self) -> None:
        while True:
            between = _BETWEEN.match(self.buffer, self.at)
            assert between is not None
            self._pass(between.end())
            if self.at < len(self.buffer) or not self._more():
                return

    def _end(self) -> int | BadLine:
        """Where in the buffer the element ends that begins here."""
        seen = depth = 0
        while True:
            seen, depth, done = self._scan(seen, depth)
            if done:
                return self.at + seen
            if len(self.buffer) - self.at > LONGEST_LINE:
                return BadLine(f"{too_long()}, and bring in what stands behind it by itself")
            if not self._more():
                return BadLine("is cut off by the end of the file; bring in the whole file")

    def _scan(self, seen: int, depth: int) -> tuple[int, int, bool]:
        """How much of the element is understood, how many brackets are open, and if that is all."""
        if self.buffer[self.at] not in b'[{"':
            scalar = _SCALAR.match(self.buffer, self.at)
            assert scalar is not None
            return scalar.end() - self.at, 0, scalar.end() < len(self.buffer)
        for token in _TOKEN.finditer(self.buffer, self.at + seen):
            text = token.group()
            if text == b'"':
                return token.start() - self.at, depth, False
            if len(text) == 1:
                depth += 1 if text in _OPENING else -1
            if depth == 0:
                return token.end() - self.at, 0, True
        return len(self.buffer) - self.at, depth, False


# ------------------------------------------------------------------------------- groups of rows


_NO_GROUP = -1
_POSITIVE = 2**62 - 1
_hash = hash


class RowGroups:
    """A record all rows of one group, wherever in the file they stand, at the place of the first.

    The file is gone through once to find the groups: some 40 bytes a row stay in memory.
    """

    def __init__(self, file: Lines, group_of: Callable[[bytes], bytes | None]) -> None:
        self.file, self.group_of = file, group_of
        self.offsets, groups = self._index()
        self.order = np.argsort(groups, kind="stable")
        of_sorted = groups[self.order]
        self.starts = np.flatnonzero(np.r_[True, of_sorted[1:] != of_sorted[:-1]][: len(groups)])
        # By row: the place among ``starts`` of the group that begins with it, -1 of other rows.
        self.begins = np.full(len(groups), _NO_GROUP)
        self.begins[self.order[self.starts]] = np.arange(len(self.starts))
        self.begins[groups == _NO_GROUP] = _NO_GROUP

    def _index(self) -> tuple[Ints, Ints]:
        """Where each line starts, with the file's end, and a hash of its group."""
        offsets, groups = array("q", [0]), array("q")
        self.file.seek(0)
        while line := self.file.readline(LONGEST_LINE):
            group = self.group_of(line)
            groups.append(_NO_GROUP if group is None else _hash(group) & _POSITIVE)
            offsets.append(offsets[-1] + len(line))
        return np.array(offsets), np.array(groups, dtype=np.int64)

    def read(self, place: Place) -> tuple[list[Piece], Place]:
        found: list[Piece] = []
        size, row = 0, place.line - 1
        while row < len(self.begins) and len(found) < BATCH_LINES and size < BATCH_BYTES:
            if self.begins[row] != _NO_GROUP:
                for rows in self._groups(int(self.begins[row])):
                    size += sum(len(text) for _, text in rows)
                    found.append(Piece(rows[0][0], rows))
            row += 1
        return found, Place(row + 1, int(self.offsets[row]))

    def _groups(self, number: int) -> Iterable[list[tuple[int, bytes]]]:
        """The rows of a group; of several groups in the rare case that their hashes are the same."""
        start = self.starts[number]
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.order)
        groups: dict[bytes | None, list[tuple[int, bytes]]] = {}
        for row in self.order[start:end].tolist():
            self.file.seek(int(self.offsets[row]))
            line = self.file.readline(LONGEST_LINE)
            groups.setdefault(self.group_of(line), []).append((row + 1, line))
        return groups.values()
