"""Agreement of answers that are numbers: preferences, ratings, choices."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from annotate.agreement.coefficients import (
    METRICS,
    Agreement,
    Coefficient,
    Fleiss,
    Gwet,
    alpha,
    quadratic,
)
from annotate.agreement.estimates import Estimate, estimates
from annotate.agreement.labels import Labels, Mask
from annotate.agreement.tables import Array, IntArray, Units, group
from annotate.questions import Question

Coefficients = dict[str, Coefficient]
# What stands for every slice, pair and period; the others are of the whole alone.
BRIEF = (
    "alpha",
    "alpha_sides",
    "agreement",
    "agreement_without_ties",
    "character_f1",
    "character_f1_labels",
)


@dataclass(frozen=True)
class Numbers:
    """What was given to units: arrays of the same length, and the values that there are.

    ``value`` is a place in ``values``, which ascend; ``unit`` and ``item`` are numbers from 0.
    """

    values: Array
    metric: str
    signed: bool
    item: IntArray
    unit: IntArray
    annotator: IntArray
    day: IntArray
    value: IntArray

    def __len__(self) -> int:
        return len(self.item)

    def where(self, kept: Mask) -> "Numbers":
        arrays = (self.item, self.unit, self.annotator, self.day, self.value)
        parts = (part[kept] for part in arrays)
        return Numbers(self.values, self.metric, self.signed, *parts)

    @property
    def sides(self) -> Array:
        """For each value the side that it takes."""
        return np.sign(self.values)

    @property
    def decided(self) -> Array:
        """For each value the side that it takes, NaN for a tie."""
        return np.where(self.values == 0, np.nan, self.sides)

    @cached_property
    def table(self) -> tuple[Array, IntArray]:
        """Counts (units, values), and the item of each unit."""
        present, first, unit = np.unique(self.unit, return_index=True, return_inverse=True)
        size = len(self.values)
        counts = np.bincount(unit * size + self.value, minlength=len(present) * size)
        return counts.reshape(-1, size).astype(float), self.item[first]

    def units(self) -> Units:
        counts, item = self.table
        return group(self.values, counts, item=item)

    def figures(self, names: Iterable[str] | None = None) -> dict[str, Estimate]:
        """Every coefficient that makes sense, or those ``names`` of them."""
        units = self.units()
        found: dict[str, Estimate] = {}
        for of, coefficients in self._wanted(units):
            wanted = set(coefficients) if names is None else set(names)
            chosen = {name: one for name, one in coefficients.items() if name in wanted}
            found |= estimates(of, chosen) if chosen else {}
        return found

    def _wanted(self, units: Units) -> list[tuple[Units, Coefficients]]:
        totals = units.totals
        on_values = {"alpha": alpha(self.values, self.metric, totals=totals)}
        for metric in METRICS:
            if metric != "ratio" or (self.values >= 0).all():
                on_values[f"alpha_{metric}"] = alpha(self.values, metric, totals=totals)
        if self.metric != "nominal":
            on_values["ac2"] = Gwet(quadratic(self.values))
        if not self.signed:
            return [(units, on_values | _classes(len(self.values)))]
        sides, decided = units.mapped(self.sides), units.mapped(self.decided)
        by_side = {"alpha_sides": alpha(sides.values, "nominal"), **_classes(len(sides.values))}
        return [
            (units, on_values),
            (sides, by_side),
            (decided, {"agreement_without_ties": Agreement()}),
        ]


def _classes(size: int) -> Coefficients:
    """Coefficients that take values for names."""
    same = np.eye(size)
    return {"agreement": Agreement(), "fleiss": Fleiss(same), "ac1": Gwet(same)}


def numbers(question: Question[Any], labels: Labels) -> Numbers:
    """The labels' values; an answer without any (both bad, no side) plays no part."""
    given = [list(question.values(answer).items()) for answer in labels.answers]
    names = sorted({name for parts in given for name, _ in parts})
    values = sorted({*map(float, question.scale), *(v for parts in given for _, v in parts)})
    unit_of = {name: place for place, name in enumerate(names)}
    value_of = {value: place for place, value in enumerate(values)}
    sizes = np.array([len(parts) for parts in given], dtype=np.int64)
    unit = np.array([unit_of[name] for parts in given for name, _ in parts], dtype=np.int64)
    value = np.array([value_of[v] for parts in given for _, v in parts], dtype=np.int64)
    # Each label stands as often as its answer has parts; ``part`` says where the part is described.
    repeats = sizes[labels.answer]
    label = np.repeat(np.arange(len(labels)), repeats)
    starts = np.cumsum(sizes) - sizes
    within = np.arange(len(label)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    part = starts[labels.answer[label]] + within
    return Numbers(
        values=np.array(values, dtype=float),
        metric=question.metric,
        signed=question.signed,
        item=labels.item[label],
        unit=labels.item[label] * len(names) + unit[part],
        annotator=labels.annotator[label],
        day=labels.day[label],
        value=value[part],
    )
