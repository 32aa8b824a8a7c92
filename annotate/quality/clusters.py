"""The difference of two groups' means where labels share items and annotators.

Labels of one item are alike, and so are those of one annotator: intervals that take every label for an
observation of its own are too narrow. The variance is that of Cameron, Gelbach and Miller (2011): clustered
by item, plus clustered by annotator, less the one by both at once; each with the usual correction for few
clusters. The interval is Student's with one degree of freedom less than the fewer clusters.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotate.quality.intervals import LEVEL, Array, beta_quantile

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
LEAST = 2  # clusters, labels in either group


@dataclass(frozen=True)
class Difference:
    """Means with and without, and the one less the other with its 95 % interval.

    The interval is None where there are too few labels, items or annotators to tell.
    """

    with_: float
    without: float
    value: float
    low: float | None
    high: float | None
    n_with: int
    n_without: int
    items: int
    annotators: int


def difference(values: Array, group: Mask, item: Ids, annotator: Ids) -> Difference | None:
    """Of ``values`` (labels,) where ``group`` is true less where it is false; None where either is empty."""
    many, few = int(group.sum()), int((~group).sum())
    if not many or not few:
        return None
    means = float(values[group].mean()), float(values[~group].mean())
    value = means[0] - means[1]
    items, annotators = len(np.unique(item)), len(np.unique(annotator))
    spread = _spread(values, group, item, annotator, means)
    low = None if spread is None else value - spread
    high = None if spread is None else value + spread
    return Difference(*means, value, low, high, many, few, items, annotators)


def _spread(
    values: Array, group: Mask, item: Ids, annotator: Ids, means: tuple[float, float]
) -> float | None:
    """Half the interval's width."""
    fewest = min(len(np.unique(item)), len(np.unique(annotator)))
    if fewest < LEAST or min(group.sum(), (~group).sum()) < LEAST:
        return None
    influence = np.where(
        group, (values - means[0]) / group.sum(), -(values - means[1]) / (~group).sum()
    )
    _, both = np.unique(np.column_stack([item, annotator]), axis=0, return_inverse=True)
    by_item, by_annotator, by_both = (
        _clustered(influence, names) for names in (item, annotator, both.reshape(-1))
    )
    variance = by_item + by_annotator - by_both
    if variance <= 0:  # may come out so where there are few clusters
        variance = max(by_item, by_annotator)
    return student(fewest - 1) * math.sqrt(variance)


def _clustered(influence: Array, names: Ids) -> float:
    n = len(influence)
    _, place = np.unique(names, return_inverse=True)
    sums = np.bincount(place, weights=influence)
    clusters = len(sums)
    return clusters / (clusters - 1) * (n - 1) / (n - 2) * float((sums**2).sum())


def student(freedom: int) -> float:
    """The quantile of Student's distribution that leaves 2.5 % above it, through the beta distribution."""
    x = float(beta_quantile(freedom / 2, 0.5, 1 - LEVEL))
    return math.sqrt(freedom * (1 - x) / x)
