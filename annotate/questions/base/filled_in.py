"""Parts that were filled in before an annotator began, and what became of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from annotate.offsets import Target

Part = Mapping[str, Any]
Became = dict[str, Any]

_LISTS = ("spans", "missing")
# What makes two parts the same. Evidence is left out: it names other parts by their numbers.
_SAID = ("start", "end", "label", "severity", "comment")


def parts_in(answer: Mapping[str, Any]) -> list[Part]:
    """What is marked, then what is missing."""
    return [part for name in _LISTS for part in answer.get(name, ())]


def became(filled_in: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Became:
    """Which parts of what was filled in an answer keeps, changes and leaves out.

    By number, as ``parts_in`` counts them; ``added`` says how many more the answer has. A part is
    kept where the answer has one with the same place, label, severity and comment. It is changed
    where there is another one that shares characters with it (of what is missing: of the same
    completion); such pairs are made from front to back.
    """
    before, after = parts_in(filled_in), parts_in(answer or {})
    left: dict[Any, list[int]] = defaultdict(list)
    for number, part in enumerate(after):
        left[_same(part)].append(number)
    kept, open_ = [], []
    for number, part in enumerate(before):
        if left[_same(part)]:
            left[_same(part)].pop()
            kept.append(number)
        else:
            open_.append(number)
    rest = sorted(number for numbers in left.values() for number in numbers)
    changed = _paired(before, open_, after, rest)
    gone = set(changed)
    return {
        "kept": kept,
        "changed": changed,
        "deleted": [number for number in open_ if number not in gone],
        "added": len(rest) - len(changed),
    }


def _same(part: Part) -> tuple[Any, ...]:
    return (Target.of(part), *(part.get(name) for name in _SAID))


def _paired(
    before: Sequence[Part], some: Sequence[int], after: Sequence[Part], others: Sequence[int]
) -> list[int]:
    """Those of ``some`` that share characters with one of ``others``, each of which counts once."""
    groups: dict[Any, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for number in some:
        groups[_text(before[number])][0].append(number)
    for number in others:
        groups[_text(after[number])][1].append(number)
    found: list[int] = []
    for first, second in groups.values():
        candidates = iter(sorted(second, key=lambda number: _range(after[number])))
        other = next(candidates, None)
        for number in sorted(first, key=lambda number: _range(before[number])):
            start, end = _range(before[number])
            while other is not None and _range(after[other])[1] <= start:
                other = next(candidates, None)
            if other is not None and _range(after[other])[0] < end:
                found.append(number)
                other = next(candidates, None)
    return sorted(found)


def _text(part: Part) -> tuple[Target, bool]:
    return Target.of(part), "start" in part


def _range(part: Part) -> tuple[int, int]:
    """Of what is missing one that all share."""
    return part.get("start", 0), part.get("end", 1)
