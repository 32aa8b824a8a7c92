"""How fast agreement is computed, with its intervals.

    python bench/agreement.py --json

A million labels: 200,000 units of five answers each, on five values. Prints, for alpha nominal,
ordinal and interval, the seconds of all three together with 1,000 bootstrap replicates by item
(median, least and most of five), beside those of the package `krippendorff` on the same rows
without an interval, where it is installed, and the largest difference between the two. ``table``
is what comes before: counts out of the labels. In ``unlike`` hardly two items look alike: two
completions each, rated by five people on ten points.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")

import django

django.setup()

from annotate.agreement.coefficients import alpha  # noqa: E402 after Django is set up
from annotate.agreement.estimates import Estimate, estimates  # noqa: E402 after Django is set up
from annotate.agreement.tables import Array, IntArray, group  # noqa: E402 after Django is set up

if TYPE_CHECKING:
    from collections.abc import Callable

METRICS: tuple[Literal["nominal", "ordinal", "interval"], ...] = ("nominal", "ordinal", "interval")
ANSWERS = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--labels", type=int, default=1_000_000)
    parser.add_argument("--replicates", type=int, default=1_000)
    options = parser.parse_args()
    figures = {
        "load": os.getloadavg()[0],
        "alike": measure(options.labels, values=5, units=1, replicates=options.replicates),
        "unlike": measure(options.labels, values=10, units=2, replicates=options.replicates),
    }
    if options.json:
        print(json.dumps(figures))
        return
    for name, part in figures.items():
        print(name, json.dumps(part))


def measure(labels: int, *, values: int, units: int, replicates: int) -> dict[str, Any]:
    """``units`` is how many an item has."""
    unit, value = drawn(labels // ANSWERS, values)
    scale = np.arange(values, dtype=float)
    counts = table(unit, value, values)
    item = np.arange(len(counts)) // units
    with_intervals: list[dict[str, Estimate]] = []

    def compute() -> None:
        units = group(scale, counts, item=item)
        coefficients = {str(metric): alpha(scale, metric) for metric in METRICS}
        with_intervals.append(estimates(units, coefficients, replicates=replicates))

    found = {
        "labels": len(unit),
        "values": values,
        "replicates": replicates,
        "items": len(counts) // units,
        "kinds_of_item": len(group(scale, counts, item=item).weight),
        "table": seconds(lambda: table(unit, value, values)),
        "seconds": seconds(compute),
        "figures": {name: one.as_json for name, one in with_intervals[-1].items()},
    }
    return found | the_library(counts, scale, with_intervals[-1])


def drawn(units: int, values: int) -> tuple[IntArray, IntArray]:
    """Labels as (unit, value): six in ten are the unit's own value, the others any."""
    draw = np.random.default_rng(0)
    own = np.repeat(draw.integers(values, size=units), ANSWERS)
    value = np.where(draw.random(len(own)) < 0.6, own, draw.integers(values, size=len(own)))
    return np.repeat(np.arange(units), ANSWERS), value


def table(unit: IntArray, value: IntArray, values: int) -> Array:
    cells = np.bincount(unit * values + value, minlength=(int(unit.max()) + 1) * values)
    return cells.reshape(-1, values).astype(float)


def the_library(counts: Array, scale: Array, ours: dict[str, Estimate]) -> dict[str, Any]:
    try:
        import krippendorff
    except ImportError:
        return {}
    rows, theirs = counts.astype(np.int64), {}

    def compute() -> None:
        for metric in METRICS:
            theirs[metric] = krippendorff.alpha(
                value_counts=rows, value_domain=scale, level_of_measurement=metric
            )

    taken = seconds(compute, repeats=3)
    apart = max(abs(theirs[metric] - (ours[metric].value or 0)) for metric in METRICS)
    return {"krippendorff_seconds": taken, "largest_difference": float(apart)}


def seconds(work: Callable[[], object], *, repeats: int = 5) -> dict[str, float]:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return {"median": statistics.median(taken), "least": min(taken), "most": max(taken)}


if __name__ == "__main__":
    main()
