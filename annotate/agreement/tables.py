"""How often each value was given to each unit, and items drawn anew with all that belongs to them.

A unit is what is answered: an item, or one part of it (for ratings, a completion). Every figure of
agreement is a function of sums over items, and items that look alike have the same summands; so
they are kept once, with their number. Resampling a million items then costs what dozens cost.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WIDEST = 16  # items with more units than this are not compared with each other
TABLE = 1 << 22  # codes below this are looked up, not sorted
CHUNK = 1 << 22  # numbers drawn at a time


def distinct(rows: IntArray) -> tuple[IntArray, IntArray]:
    """Of rows (n, columns) of integers from 0: where each different one stands, which each row is.

    Rows become one number each, digit by digit; numbers that would not fit are made dense first.
    """
    code, size = np.zeros(len(rows), dtype=np.int64), 1
    for column in np.ascontiguousarray(rows.T):
        most = int(column.max(initial=0)) + 1
        if size * most > 1 << 62:
            code = np.unique(code, return_inverse=True)[1]
            size = int(code.max()) + 1
        code = code * most + column
        size *= most
    if size > TABLE:
        _, first, which = np.unique(code, return_index=True, return_inverse=True)
        return first, which
    place = np.full(size, -1, dtype=np.int64)
    place[code[::-1]] = np.arange(len(code) - 1, -1, -1)
    first = place[place >= 0]
    place[place >= 0] = np.arange(len(first))
    return first, place[code]


def meetings(unit: IntArray) -> tuple[IntArray, IntArray]:
    """Every two answers to the same unit, once: positions in ``unit`` of the one and the other."""
    order = np.argsort(unit, kind="stable")
    ordered = unit[order]
    firsts, seconds, apart = [], [], 1
    left = np.arange(len(unit) - 1)
    while len(left := left[left + apart < len(unit)]):
        left = left[ordered[left] == ordered[left + apart]]
        firsts.append(order[left])
        seconds.append(order[left + apart])
        apart += 1
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate([empty, *firsts]), np.concatenate([empty, *seconds])


@dataclass(frozen=True)
class Units:
    """Counts of values by unit, each kind of item once.

    ``values`` (values,) ascending; ``counts`` (rows, values); ``kind`` (rows,) names the kind of
    item that a row belongs to; ``weight`` (kinds,) says how many items are of that kind.
    """

    values: Array
    counts: Array
    kind: IntArray
    weight: Array

    def items(self, least: int = 2) -> int:
        """How many items have a unit with at least so many answers."""
        kinds = np.unique(self.kind[self.counts.sum(axis=1) >= least])
        return int(self.weight[kinds].sum())

    @property
    def totals(self) -> Array:
        """How often each value was given in units with at least two answers."""
        several = self.with_answers(2)
        return several.weight[several.kind] @ several.counts

    def with_answers(self, least: int) -> "Units":
        """Only the units with at least so many answers."""
        kept = self.counts.sum(axis=1) >= least
        if kept.all():
            return self
        kinds, kind = np.unique(self.kind[kept], return_inverse=True)
        return Units(self.values, self.counts[kept], kind, self.weight[kinds])

    def mapped(self, values: Array) -> "Units":
        """The same answers with other values: one for each present value, NaN to leave it out."""
        kept = np.flatnonzero(~np.isnan(values))
        new, column = np.unique(values[kept], return_inverse=True)
        moved = np.zeros((len(values), len(new)))
        moved[kept, column] = 1
        return group(new, self.counts @ moved, item=self.kind, weight=self.weight)

    def by_kind(self, of_rows: Array) -> Array:
        """Sums of (rows, n) over the units of each kind of item."""
        if len(self.kind) == len(self.weight):
            return of_rows[np.argsort(self.kind)]
        total = np.zeros((len(self.weight), *of_rows.shape[1:]))
        np.add.at(total, self.kind, of_rows)
        return total

    def draws(self, replicates: int, *, seed: int) -> Iterator[Array]:
        """Items drawn with replacement, as numbers of each kind: arrays (some replicates, kinds).

        Kinds are drawn by their number (multinomial), which is the same distribution; where nearly
        every item is a kind of its own, drawing the items themselves is quicker.
        """
        rng, items, kinds = np.random.default_rng(seed), int(self.weight.sum()), len(self.weight)
        singly = items < 8 * kinds
        at_once = max(1, CHUNK // max(1, items if singly else kinds))
        owner = np.repeat(np.arange(kinds), self.weight.astype(np.int64)) if singly else None
        for start in range(0, replicates, at_once):
            number = min(at_once, replicates - start)
            if owner is None:
                yield rng.multinomial(items, self.weight / items, size=number).astype(float)
                continue
            drawn = np.empty((number, kinds))
            for row in drawn:
                picked = owner[rng.integers(items, size=items, dtype=np.int32)]
                row[:] = np.bincount(picked, minlength=kinds)
            yield drawn


def group(
    values: Array, counts: Array, *, item: IntArray | None = None, weight: Array | None = None
) -> Units:
    """Units from how often each (units, values) value was given.

    ``item`` (units,) says which item a unit belongs to, none: each is an item; ``weight`` by item
    says how many items it stands for. Units without an answer are left out.
    """
    kept = counts.any(axis=1)
    item = np.arange(len(counts)) if item is None else item
    if not kept.all():
        counts, item = counts[kept], item[kept]
    if not len(counts):
        return Units(values, np.zeros((0, len(values))), np.zeros(0, dtype=np.int64), np.zeros(0))
    items, item = np.unique(item, return_inverse=True)
    weights = np.ones(len(items)) if weight is None else weight[items]
    first, row = distinct(counts.astype(np.int64))
    if len(items) == len(row):
        number = np.bincount(row, weights=weights[item], minlength=len(first))
        return Units(
            values, counts[first].astype(float), np.arange(len(first)), number.astype(float)
        )
    return _by_item(Units(values, counts.astype(float), item, weights), row)


def _by_item(units: Units, row: IntArray) -> Units:
    """Items of several units: those alike have the same rows, in whatever order."""
    order = np.lexsort((row, units.kind))
    item = units.kind[order]
    starts = np.flatnonzero(np.diff(item, prepend=-1))
    place = np.arange(len(item)) - np.repeat(starts, np.diff(starts, append=len(item)))
    if (width := int(place.max()) + 1) > WIDEST:
        return units
    grid = np.zeros((len(units.weight), width), dtype=np.int64)
    grid[item, place] = row[order] + 1
    first, kind = distinct(grid)
    number = np.bincount(kind, weights=units.weight, minlength=len(first))
    stands = np.isin(units.kind, first)
    return Units(units.values, units.counts[stands], kind[units.kind[stands]], number.astype(float))
