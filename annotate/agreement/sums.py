"""Figures out of sums over items, with intervals: items are drawn anew, as for all figures."""

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np

from annotate.agreement.coefficients import Figures, divided
from annotate.agreement.estimates import REPLICATES, Estimate, estimate
from annotate.agreement.tables import Array, Units

Name = TypeVar("Name", bound=Hashable)


class Sums(NamedTuple):
    """One figure: what of each item adds up (items, parts), how it comes of that, items that count."""

    parts: Array
    figures: Callable[[Array], Figures]
    n: int


def estimates_of(
    sums: Mapping[Name, Sums], *, seed: int = 0, replicates: int = REPLICATES
) -> dict[Name, Estimate]:
    """Every figure of the same items, by name; all share the draws."""
    if not sums:
        return {}
    ends = np.cumsum([0, *(one.parts.shape[1] for one in sums.values())])
    table = np.hstack([one.parts for one in sums.values()])
    if not len(table):
        return {name: Estimate(None, None, None, 0) for name in sums}
    nothing, items = np.zeros((len(table), 0)), np.arange(len(table))
    units = Units(np.zeros(0), nothing, items, np.ones(len(table)))
    drawn = np.vstack([weights @ table for weights in units.draws(replicates, seed=seed)])
    total = table.sum(axis=0, keepdims=True)
    return {
        name: estimate(
            one.figures(total[:, start:end]), one.figures(drawn[:, start:end]).value, one.n
        )
        for (name, one), start, end in zip(sums.items(), ends, ends[1:], strict=False)
    }


def mean(sums: Array) -> Figures:
    """Of sums of a value, of what chance would give, and their number: (tables, 3)."""
    value, chance = divided(sums[:, 0], sums[:, 2]), divided(sums[:, 1], sums[:, 2])
    return Figures(value, value, chance)


def share_alike(sums: Array) -> Figures:
    """Of pairs that are alike, pairs, answers of the one kind, answers: (tables, 4)."""
    value = divided(sums[:, 0], sums[:, 1])
    one, number = sums[:, 2], sums[:, 3]
    other = number - one
    chance = divided(one * (one - 1) + other * (other - 1), number * (number - 1))
    return Figures(value, value, chance)


def unitised(sums: Array) -> Figures:
    """Krippendorff's alpha for unitising (2016): (tables, 2 + values).

    Of coincidences that agree, of squared lengths of units and lengths of gaps, and of how many
    characters have each value, the first of which is none at all.
    """
    agreed, squares, values = sums[:, 0], sums[:, 1], sums[:, 2:]
    number = values.sum(axis=1)
    expected = number * divided((values**2).sum(axis=1) - squares, number**2 - squares)
    return _alpha(number - agreed, number - expected, number)


def unitised_one(sums: Array) -> Figures:
    """The same of one value against all others: (tables, 4).

    Of coincidences of it with itself, of squared lengths of all units and lengths of gaps, of its
    characters, and of all characters.
    """
    own, squares, value, number = sums.T
    expected = number * divided(value * (number - value), number**2 - squares)
    return _alpha(value - own, expected, number, sides=2)


def _alpha(apart: Array, expected: Array, number: Array, sides: int = 1) -> Figures:
    """Shares are of all coincidences, in which each difference of two values stands twice."""
    known = np.where(expected > 1e-12 * np.maximum(number, 1), expected, 0)
    return Figures(
        1 - divided(apart, known),
        1 - divided(sides * apart, number),
        1 - divided(sides * expected, number),
    )


def difference(sums: Array) -> Figures:
    """Of one value, of another, and their number: the mean of the one less that of the other."""
    value = divided(sums[:, 0] - sums[:, 1], sums[:, 2])
    unknown = np.full_like(value, np.nan)
    return Figures(value, unknown, unknown)
