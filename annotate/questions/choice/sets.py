"""Sets of options: how far apart two are, and what several come to."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

EQUAL = 1e-9  # probabilities that differ by less have no majority
DIGITS = 6  # of what comes out of a fit, whose last ones depend on the order of annotators


def masi_distance(first: Collection[str], second: Collection[str]) -> float:
    """1 - J * M: 0 for the same set, 1 for sets that share nothing.

    J is Jaccard's index, M is 1 for equal sets, 2/3 where one holds the other, 1/3 where they overlap.
    R. Passonneau, *Measuring Agreement on Set-valued Items (MASI) for Semantic and Pragmatic
    Annotation*, LREC 2006. Two empty sets are the same.
    """
    one, other = set(first), set(second)
    if one == other:
        return 0.0
    shared = one & other
    if not shared:
        return 1.0
    jaccard = len(shared) / len(one | other)
    return 1 - jaccard * (2 / 3 if one <= other or other <= one else 1 / 3)


def counted(answers: Iterable[Sequence[str] | None], options: Sequence[str]) -> dict[str, int]:
    """How often each option was chosen, in the order of ``options``; only those that were."""
    found = Counter(value for answer in answers for value in answer or ())
    known = {value: found[value] for value in options if found[value]}
    return known | {value: n for value, n in found.items() if value not in known}


def commonest(counts: Mapping[str, int]) -> str | None:
    """None where two are as common, or there is none."""
    most = max(counts.values(), default=0)
    leading = [value for value, number in counts.items() if number == most]
    return leading[0] if len(leading) == 1 else None


def likeliest(shares: Mapping[str, float]) -> str | None:
    most = max(shares.values())
    leading = [value for value, share in shares.items() if share > most - EQUAL]
    return leading[0] if len(leading) == 1 else None


def by_most(counts: Mapping[str, int], answers: int) -> list[str]:
    """The options that more than half of the answers have."""
    return [value for value, number in counts.items() if 2 * number > answers]


def rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {value: round(share, DIGITS) for value, share in shares.items()}


def common_to(sets: Sequence[Sequence[str]], *, may_be_empty: bool) -> list[str] | None:
    """What all sets hold; None where they differ and share nothing, or it may not be empty."""
    shared = [value for value in sets[0] if all(value in other for other in sets[1:])]
    alike = all(set(other) == set(sets[0]) for other in sets)
    return shared if shared or (alike and may_be_empty) else None
