"""Pairs of people who answer alike where nobody else does."""

from dataclasses import dataclass

import numpy as np

from annotate.quality.intervals import Array, IntArray, Mask, at_least, discoveries
from annotate.quality.votes import Votes

LEAST_SHARED = 30
LEAST_APART = 15
# Two independent people who both know better than the others answer alike in most such cases too.
INDEPENDENT = 0.8
MOSTLY = 0.9
MOST_ANSWERS = 20  # of a unit with more, answers further apart in the order of annotators are not


@dataclass(frozen=True)
class Pair:
    """Two annotators on the units that both answered.

    ``apart``: how many of these have others who agree on something that at least one of the two did
    not answer; ``alike``: on how many of those the two gave exactly the same answer. ``later`` and
    ``earlier``: the shares of shared units that ``second`` answered after ``first``, and before.
    ``lag``: median seconds between.
    """

    first: int
    second: int
    shared: int
    same: int
    apart: int
    alike: int
    later: float
    earlier: float
    lag: float
    p: float
    stands_out: bool = False

    @property
    def followers(self) -> tuple[int, ...]:
        """Who may have taken answers over: the later one, or both where neither mostly is."""
        if self.later >= MOSTLY:
            return (self.second,)
        return (self.first,) if self.earlier >= MOSTLY else (self.first, self.second)


def pairs(votes: Votes, *, rate: float) -> list[Pair]:
    """The pairs with enough to go by; among those that stand out ``rate`` may be false alarms.

    Answers that differ from everybody else's say most: who sees things alike agrees on what most
    agree on, but seldom errs alike. The null hypothesis is that four of five are alike.
    """
    one, two = _together(votes)
    if not len(one):
        return []
    key = votes.annotator[one] * votes.annotators + votes.annotator[two]
    _, which, shared = np.unique(key, return_inverse=True, return_counts=True)
    kept = shared[which] >= LEAST_SHARED
    if not kept.any():
        return []
    found = _compared(votes, one[kept], two[kept], which[kept])
    out = discoveries(np.array([pair.p for pair in found]), rate)
    return [
        Pair(**{**vars(pair), "stands_out": bool(stands_out)})
        for pair, stands_out in zip(found, out, strict=True)
    ]


def _together(votes: Votes) -> tuple[IntArray, IntArray]:
    """Places of every two people's answers to the same unit, the lower annotator first."""
    places = np.flatnonzero(votes.by_person)
    order = places[np.lexsort((votes.annotator[places], votes.unit[places]))]
    unit = votes.unit[order]
    firsts, seconds = [], []
    for apart in range(1, MOST_ANSWERS):
        if apart >= len(order):
            break
        same = unit[apart:] == unit[:-apart]
        if not same.any():
            break
        firsts.append(order[:-apart][same])
        seconds.append(order[apart:][same])
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *firsts]), np.concatenate([none, *seconds])


def _compared(votes: Votes, one: IntArray, two: IntArray, which: IntArray) -> list[Pair]:
    same = votes.answer[one] == votes.answer[two]
    apart = _apart(votes, one, two)
    after = votes.at[two] - votes.at[one]
    groups, first, place, shared = np.unique(
        which, return_index=True, return_inverse=True, return_counts=True
    )

    def counted(mask: Mask) -> Array:
        return np.bincount(place[mask], minlength=len(groups)).astype(float)

    n, alike = counted(apart), counted(apart & same)
    p = np.where(n >= LEAST_APART, at_least(alike, n, INDEPENDENT), np.nan)
    order = np.lexsort((np.abs(after), place))
    ends = np.cumsum(shared)
    middle = np.abs(after)[order][ends - (shared + 1) // 2]
    whole, later, earlier = counted(same), counted(after > 0), counted(after < 0)
    return [
        Pair(
            first=int(votes.annotator[one[first[k]]]),
            second=int(votes.annotator[two[first[k]]]),
            shared=int(shared[k]),
            same=int(whole[k]),
            apart=int(n[k]),
            alike=int(alike[k]),
            later=float(later[k] / shared[k]),
            earlier=float(earlier[k] / shared[k]),
            lag=float(middle[k]),
            p=float(p[k]),
        )
        for k in range(len(groups))
    ]


def _apart(votes: Votes, one: IntArray, two: IntArray) -> Mask:
    """Where the others, without both, agree on a class that not both of the two gave."""
    rest = votes.counts[votes.unit[one]].copy()
    rows = np.arange(len(one))
    rest[rows, votes.value[one]] -= 1
    rest[rows, votes.value[two]] -= 1
    most, top = rest.max(axis=1), rest.argmax(axis=1)
    agreed = (most > 0) & ((rest == most[:, None]).sum(axis=1) == 1)
    return np.asarray(agreed & ((votes.value[one] != top) | (votes.value[two] != top)))
