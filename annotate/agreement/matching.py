"""Which spans of two annotators are the same, or nearly: each of the one with at most one of the other.

What chance would give is the mean over all rotations of the one's marks around their text, which
keeps how many spans there are, how long they are and how they lie to each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from annotate.agreement.tables import Array, IntArray, meetings
from annotate.stretches import Marks

TOLERANCE = 5  # characters that either end of a span may be off: a short word
CANDIDATES = 1 << 22  # pairs of spans held against each other at a time


@dataclass(frozen=True)
class Pairs:
    """Every two of so many ``answers`` that are to the same item: ``one`` < ``other`` (pairs,)."""

    one: IntArray
    other: IntArray
    answers: int

    @classmethod
    def of(cls, item: IntArray) -> "Pairs":
        one, other = meetings(item)
        one, other = np.minimum(one, other), np.maximum(one, other)
        order = np.lexsort((other, one))
        return cls(one[order], other[order], max(len(item), 1))

    def __len__(self) -> int:
        return len(self.one)

    def meet(self, key: IntArray, answer: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Rows of different answers with the same key, two by two, and the pair that they are of."""
        first, second = meetings(key)
        different = answer[first] != answer[second]
        first, second = first[different], second[different]
        low, high = np.minimum(answer[first], answer[second]), answer[first] + answer[second]
        code = low * self.answers + (high - low)
        return first, second, np.searchsorted(self.one * self.answers + self.other, code)

    def summed(self, pair: IntArray, weights: Array | IntArray) -> Array:
        return np.bincount(pair, weights, minlength=len(self)).astype(float)


def matches(
    marks: Marks, pairs: Pairs, lengths: IntArray, *, tolerance: int = TOLERANCE
) -> tuple[Array, Array]:
    """Of each pair, how many spans have a partner, and how many would by chance.

    Partners have the same text and label, and neither end is more than ``tolerance`` apart; the
    nearest are joined first. ``lengths`` are those of the texts.
    """
    found, by_chance = np.zeros(len(pairs)), np.zeros(len(pairs))
    for part in _parts(marks):
        first, second, pair = pairs.meet(_place(part), part.answer)
        apart = np.abs(part.start[first] - part.start[second])
        apart_at_end = np.abs(part.end[first] - part.end[second])
        longer = np.abs((part.end - part.start)[first] - (part.end - part.start)[second])
        turns = np.maximum(2 * tolerance + 1 - longer, 0) / lengths[part.text[first]]
        by_chance += pairs.summed(pair, np.minimum(turns, 1.0))
        near = np.flatnonzero((apart <= tolerance) & (apart_at_end <= tolerance))
        order = near[np.argsort((apart + apart_at_end)[near], kind="stable")]
        joined = order[_joined(pair[order], first[order], second[order], len(part))]
        found += pairs.summed(pair[joined], np.ones(len(joined)))
    return found, by_chance


def _place(marks: Marks) -> IntArray:
    """A number for the text and label of each."""
    return marks.text * (int(marks.label.max(initial=0)) + 1) + marks.label


def _parts(marks: Marks) -> Iterator[Marks]:
    """Whole texts, so many that not too many spans meet."""
    marks = marks.where(np.argsort(_place(marks), kind="stable"))
    _, place, many = np.unique(_place(marks), return_inverse=True, return_counts=True)
    part = (np.cumsum(many.astype(np.int64) ** 2) // CANDIDATES)[place]
    starts = np.flatnonzero(np.diff(part, prepend=-1, append=-1) != 0)
    for start, end in pairwise(starts.tolist()):
        yield marks.where(np.arange(start, end))


def _joined(pair: IntArray, first: IntArray, second: IntArray, marks: int) -> IntArray:
    """Places of the candidates that are taken, from the first on, so that no mark is taken twice."""
    ends = np.stack([pair * marks + first, pair * marks + second])
    left, taken = np.arange(len(pair)), [np.zeros(0, dtype=np.int64)]
    while len(left):
        leads = np.ones(len(left), dtype=bool)
        for end in ends[:, left]:
            leads &= np.isin(np.arange(len(left)), np.unique(end, return_index=True)[1])
        taken.append(left[leads])
        used = ends[:, left[leads]]
        free = ~np.isin(ends[0, left], used[0]) & ~np.isin(ends[1, left], used[1])
        left = left[free]
    return np.concatenate(taken)
