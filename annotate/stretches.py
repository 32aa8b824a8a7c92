"""Texts cut wherever somebody's mark begins or ends: what marks are compared and voted on by.

Within a stretch everybody has marked all characters or none, so that nothing is lost by counting a
stretch once, with its length. Plain arrays: ``text`` numbers texts from 0, ``answer`` answers.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_PLACES = 1 << 32  # more than a text has characters


@dataclass(frozen=True)
class Marks:
    """Ranges, each of them (marks,): ``start`` and ``end`` in code points, ``label`` a number."""

    answer: IntArray
    text: IntArray
    start: IntArray
    end: IntArray
    label: IntArray

    def __len__(self) -> int:
        return len(self.answer)

    def where(self, kept: Mask | IntArray) -> "Marks":
        return Marks(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    def once(self) -> "Marks":
        """Without those that an answer has twice."""
        columns = [getattr(self, name) for name in self.__dataclass_fields__]
        order = np.lexsort(columns)
        fresh = np.zeros(len(order), dtype=bool)
        fresh[:1] = True
        for column in columns:
            fresh[1:] |= np.diff(column[order]) != 0
        return self.where(np.sort(order[fresh]))


@dataclass(frozen=True)
class Stretches:
    """Texts cut into stretches, and who marked which of them.

    ``text`` and ``start`` (stretches,) with ``length``, 0 for what only separates two texts.
    ``answer``, ``stretch``, ``label`` (rows,): an answer marks a stretch with a label, each once, in
    this order.
    """

    text: IntArray
    start: IntArray
    length: IntArray
    answer: IntArray
    stretch: IntArray
    label: IntArray
    labels: int
    # (starts and ends,): an answer's own boundaries, as answer * stretches + stretch; ascending.
    boundary: IntArray

    def __len__(self) -> int:
        return len(self.text)

    @cached_property
    def row_length(self) -> IntArray:
        return self.length[self.stretch]

    @cached_property
    def covered(self) -> IntArray:
        """Rows that begin another (answer, stretch): what is marked, with whatever label."""
        fresh = (np.diff(self.answer, prepend=-1) != 0) | (np.diff(self.stretch, prepend=-1) != 0)
        return np.flatnonzero(fresh)

    @cached_property
    def label_set(self) -> IntArray:
        """Of ``covered``: a number for the set of labels there, from 1; by label where it is one.

        Sets of several labels come after, told apart by a sum of 62 random bits a label.
        """
        if not len(self.covered):
            return np.zeros(0, dtype=np.int64)
        bits = np.random.default_rng(0).integers(1 << 62, size=self.labels, dtype=np.int64)
        code = np.add.reduceat(bits[self.label], self.covered)
        found = self.label[self.covered] + 1
        several = np.diff(np.append(self.covered, len(self.label))) > 1
        found[several] = np.unique(code[several], return_inverse=True)[1] + self.labels + 1
        return found

    @cached_property
    def unit(self) -> IntArray:
        """Of ``covered``: a number for the unit it is of, stretches that no own boundary parts."""
        answer, stretch = self.answer[self.covered], self.stretch[self.covered]
        apart = (np.diff(answer, prepend=-1) != 0) | (np.diff(stretch, prepend=-2) != 1)
        code = answer * len(self) + stretch
        place = np.searchsorted(self.boundary, code)
        place = np.minimum(place, max(len(self.boundary) - 1, 0))
        own = self.boundary[place] == code if len(self.boundary) else np.zeros(len(code), bool)
        return np.cumsum(apart | own) - 1


def cut(marks: Marks, *, labels: int) -> Stretches:
    """Cut texts at the ends of ``marks``; labels are numbers below ``labels``."""
    starts, ends = marks.text * _PLACES + marks.start, marks.text * _PLACES + marks.end
    edges, place = np.unique(np.concatenate([starts, ends]), return_inverse=True)
    first, last = place[: len(marks)], place[len(marks) :]
    text, start = np.divmod(edges, _PLACES)
    length = np.diff(edges, append=edges[-1:])
    length[np.diff(text, append=text[-1:]) != 0] = 0
    times = last - first
    mark = np.repeat(np.arange(len(marks)), times)
    stretch = first[mark] + np.arange(len(mark)) - np.repeat(np.cumsum(times) - times, times)
    many = max(len(edges), 1)
    code = (marks.answer[mark] * many + stretch) * labels + marks.label[mark]
    rows, label = np.divmod(np.unique(code), labels)
    answer, stretch = np.divmod(rows, many)
    boundary = np.unique(np.concatenate([marks.answer * many + one for one in (first, last)]))
    return Stretches(text, start, length, answer, stretch, label, labels, boundary)
