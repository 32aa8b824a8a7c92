"""How alike every two people answer, on the items that both labelled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from annotate.agreement.coefficients import Coefficient, Cohen, SameAnswer, linear, quadratic
from annotate.agreement.estimates import Estimate, estimates
from annotate.agreement.labels import name_of
from annotate.agreement.numbers import BRIEF, Numbers
from annotate.agreement.spans import Spans
from annotate.agreement.tables import Array, IntArray, Units, group, meetings
from annotate.agreement.wholes import Wholes
from annotate.models import Annotator

LEAST_COMMON = 10  # items that both labelled: fewer say nothing
MOST_PAIRS = 100


class Pair(NamedTuple):
    """Two people, and where the answers stand that they gave to the same units."""

    first: int
    second: int
    items: int
    one: IntArray
    other: IntArray


def pairs(people: Numbers | Wholes | Spans, annotators: Sequence[Annotator]) -> dict[str, Any]:
    """Figures of the pairs with the most items in common; the others are counted.

    ``left_out`` have too few items, ``beyond`` have enough but come after the list's end.
    """
    met, few, beyond = _met(people)
    rows = [
        {
            "first": {
                "annotator": annotators[pair.first].pk,
                "name": name_of(annotators[pair.first]),
            },
            "second": {
                "annotator": annotators[pair.second].pk,
                "name": name_of(annotators[pair.second]),
            },
            "n": pair.items,
            **_figures(people, pair),
        }
        for pair in met
    ]
    return {"pairs": rows, "least_items": LEAST_COMMON, "left_out": few, "beyond": beyond}


def _met(people: Numbers | Wholes | Spans) -> tuple[list[Pair], int, int]:
    """The pairs with the most items in common, and how many have too few, or come later."""
    unit = people.unit if isinstance(people, Numbers) else people.item
    one, other = meetings(unit)
    size = int(people.annotator.max(initial=0)) + 1
    low, high = people.annotator[one], people.annotator[other]
    turned = low > high
    one, other = np.where(turned, other, one), np.where(turned, one, other)
    code = np.minimum(low, high) * size + np.maximum(low, high)
    order = np.lexsort((people.item[one], code))
    one, other, code = one[order], other[order], code[order]
    codes, starts = np.unique(code, return_index=True)
    # A new item within its pair: units of one item count once.
    fresh = np.ones(len(code), dtype=np.int64)
    fresh[1:] = (np.diff(code) != 0) | (np.diff(people.item[one]) != 0)
    items = np.add.reduceat(fresh, starts) if len(codes) else fresh
    ends = np.append(starts[1:], len(code))
    enough = np.flatnonzero(items >= LEAST_COMMON)
    shown = enough[np.argsort(-items[enough], kind="stable")][:MOST_PAIRS]
    found = [
        Pair(
            *divmod(int(codes[place]), size),
            int(items[place]),
            one[starts[place] : ends[place]],
            other[starts[place] : ends[place]],
        )
        for place in shown.tolist()
    ]
    return found, len(codes) - len(enough), len(enough) - len(found)


def _figures(people: Numbers | Wholes | Spans, pair: Pair) -> dict[str, Any]:
    if isinstance(people, Numbers):
        found = _cohen(people, pair)
    else:
        kept = np.zeros(len(people), dtype=bool)
        kept[pair.one] = kept[pair.other] = True
        found = people.where(kept).figures(BRIEF)
    return {name: figure.as_json for name, figure in found.items()}


def _cohen(people: Numbers, pair: Pair) -> dict[str, Estimate]:
    """Over cells (what the one said, what the other said), items drawn anew."""
    found = estimates(_cells(people, pair), _coefficients(people))
    if people.signed:
        sided = people.values[people.value] != 0
        decided = len(np.unique(people.item[pair.one[sided[pair.one] & sided[pair.other]]]))
        without_ties = found["agreement_without_ties"]
        found["agreement_without_ties"] = replace(without_ties, n=decided)
    return found


def _cells(people: Numbers, pair: Pair) -> Units:
    size = len(people.values)
    counts = np.zeros((len(pair.one), size * size))
    counts[np.arange(len(counts)), people.value[pair.one] * size + people.value[pair.other]] = 1
    return group(np.arange(size * size, dtype=float), counts, item=people.item[pair.one])


def _same_side(people: Numbers) -> Array:
    """Which values (values, values) are taken for the same answer: preferences by their side."""
    if not people.signed:
        return np.eye(len(people.values))
    same: Array = (people.sides[:, None] == people.sides[None, :]).astype(float)
    return same


def _coefficients(people: Numbers) -> dict[str, Coefficient]:
    same = _same_side(people)
    found: dict[str, Coefficient] = {"agreement": SameAnswer(same), "cohen": Cohen(same)}
    if people.signed:
        sided = (people.values != 0).astype(float)
        found["agreement_without_ties"] = SameAnswer(same, kept=sided)
    if people.metric != "nominal":
        found["cohen_linear"] = Cohen(linear(people.values))
        found["cohen_quadratic"] = Cohen(quadratic(people.values))
    return found
