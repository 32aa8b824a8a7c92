"""Rankings as lists of ranks: 1 the best, equal ones tied, None where something is not ranked."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from annotate.questions.base.question import letter

Ranks = Sequence[float | None]


def dense(ranks: Ranks) -> list[int | None]:
    """The same order in ranks without gaps: [2, 5, 5, None] is [1, 2, 2, None]."""
    places = {rank: n for n, rank in enumerate(sorted({r for r in ranks if r is not None}), 1)}
    return [None if rank is None else places[rank] for rank in ranks]


def fractional(ranks: Ranks) -> list[float | None]:
    """Each of a tie has the mean of the places that the tie takes: [1, 2, 2] is [1, 2.5, 2.5].

    So the ranks of a ranking always have the same sum, as in Borda's count.
    """
    given = sorted(rank for rank in ranks if rank is not None)
    places: dict[float, float] = {
        rank: given.index(rank) + (given.count(rank) + 1) / 2 for rank in set(given)
    }
    return [None if rank is None else places[rank] for rank in ranks]


def pairs(ranks: Ranks) -> Iterable[tuple[int, int, int]]:
    """Of each two that are ranked: the positions, and -1 if the first is better, 0 tied, 1 second."""
    there = [position for position, rank in enumerate(ranks) if rank is not None]
    for first, second in combinations(there, 2):
        one, other = ranks[first], ranks[second]
        assert one is not None
        assert other is not None
        yield first, second, (one > other) - (one < other)


def kendall_distance(first: Ranks, second: Ranks) -> float:
    """The share of the pairs that two rankings order in opposite ways, ties in only one counting half.

    0 for the same order, 1 for the reverse; (1 - tau) / 2 where nothing is tied. It is K^(1/2) of R.
    Fagin, R. Kumar, M. Mahdian, D. Sivakumar and E. Vee, *Comparing and Aggregating Rankings with
    Ties*, 2004, which is the distance of J. Kemeny and J. Snell (1962), over the number of pairs that
    both rank. 0 where there is none.
    """
    one = {(a, b): side for a, b, side in pairs(first)}
    other = {(a, b): side for a, b, side in pairs(second)}
    shared = one.keys() & other.keys()
    return sum(abs(one[p] - other[p]) for p in shared) / (2 * len(shared)) if shared else 0.0


def in_words(ranks: Ranks) -> str:
    """Such as "B > A = C"; what is not ranked is left out."""
    groups: dict[float, list[str]] = {}
    for position, rank in enumerate(ranks):
        if rank is not None:
            groups.setdefault(rank, []).append(letter(position))
    return " > ".join(" = ".join(groups[rank]) for rank in sorted(groups))
