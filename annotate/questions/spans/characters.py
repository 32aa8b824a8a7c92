"""How alike two annotators mark texts, counted in characters.

A character counts once for each label that it is marked with. What is said to be missing has no
characters; each such label of a completion counts like one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from annotate.offsets import COMPLETION, CONTEXT, Target

Range = tuple[int, int]
Marked = dict[tuple[Any, ...], list[Range]]  # disjoint ranges in order, by text and label
MISSED: Range = (0, 1)


def key_of(span: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*Target.of(span), span["label"])


def missing_key(part: Mapping[str, Any]) -> tuple[Any, ...]:
    return "missing", part[COMPLETION], part["label"]


def marked(parts: Iterable[Mapping[str, Any]], missing: Iterable[Mapping[str, Any]]) -> Marked:
    """What is marked, by text and label; something missing is one character of a text of its own."""
    found: dict[tuple[Any, ...], list[Range]] = defaultdict(list)
    for part in parts:
        found[key_of(part)].append((part["start"], part["end"]))
    for part in missing:
        found[missing_key(part)].append(MISSED)
    return {key: merged(ranges) for key, ranges in found.items()}


def merged(ranges: Sequence[Range]) -> list[Range]:
    """Disjoint ranges, in order, that cover the same characters."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def shared(first: Sequence[Range], second: Sequence[Range]) -> int:
    """How many characters both cover; each disjoint and in order."""
    total = one = other = 0
    while one < len(first) and other < len(second):
        start = max(first[one][0], second[other][0])
        end = min(first[one][1], second[other][1])
        total += max(0, end - start)
        if first[one][1] < second[other][1]:
            one += 1
        else:
            other += 1
    return total


def size(ranges: Sequence[Range]) -> int:
    return sum(end - start for start, end in ranges)


def f1(first: Marked, second: Marked) -> float:
    """2 · shared / (first + second), over all texts and labels; 1 where neither marks anything."""
    total = sum(map(size, first.values())) + sum(map(size, second.values()))
    if not total:
        return 1.0
    both = first.keys() & second.keys()
    return 2 * sum(shared(first[key], second[key]) for key in both) / total


def within(marks: Marked, completions: Iterable[int]) -> Marked:
    """Without the marks in other completions than these; passages stay."""
    kept = set(completions)
    return {key: ranges for key, ranges in marks.items() if key[0] == CONTEXT or key[1] in kept}
