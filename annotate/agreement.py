"""How alike annotators answer: Krippendorff's alpha and raw agreement, with bootstrap intervals.

Everything is computed from how often each value was given to each unit (what is answered: an item,
or one completion of it), so that the order of annotators and who is missing play no part.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.cache import cache as shared_cache
from django.db import connection
from django.db.models import Max

from annotate.models import Project
from annotate.questions import Question

Array = npt.NDArray[np.float64]
REPLICATES = 1_000
LEVEL = 0.95
CACHE_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where it is not defined. ``n`` counts items."""

    value: float | None
    low: float | None
    high: float | None
    n: int


# ---------------------------------------------------------------------------------- pure functions


def differences(values: Array, totals: Array, metric: str) -> Array:
    """Squared differences of every two values (Krippendorff 2011, section E).

    ``totals`` says how often each value occurs among the pairable ones: ordinal ranks go by it.
    """
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    if metric == "interval":
        return np.asarray((values[:, None] - values[None, :]) ** 2)
    if metric == "ordinal":
        ranks = np.cumsum(totals) - totals / 2
        return np.asarray((ranks[:, None] - ranks[None, :]) ** 2)
    raise ValueError(f"unknown metric {metric!r}; use nominal, ordinal or interval")


def coincidences(counts: Array) -> Array:
    """How often two values met in a unit: (units, values) to (units, values, values).

    Each answer is paired with every other one of its unit, weighted so that a unit counts as many
    times as it has answers. Units with fewer than two answers hold nothing.
    """
    answers = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    index = np.arange(counts.shape[1])
    pairs[:, index, index] -= counts
    return np.asarray(pairs / np.maximum(answers - 1, 1)[:, None, None])


def alpha_of_coincidences(met: Array, values: Array, metric: str) -> float:
    """Alpha from one matrix of coincidences; NaN where it is not defined."""
    totals = met.sum(axis=1)
    n = totals.sum()
    apart = differences(values, totals, metric)
    expected = float(totals @ apart @ totals)
    if n < 2 or expected <= 0:
        return math.nan
    return 1.0 - float(n - 1) * float((met * apart).sum()) / expected


def krippendorff_alpha(counts: Array, values: Array, metric: str = "nominal") -> float:
    """Agreement beyond chance: 1 perfect, 0 chance (Hayes and Krippendorff 2007).

    ``counts`` has shape (units, values): how often a unit got each of the ascending ``values``.
    Units with fewer than two answers are left out. NaN when no two answers differ or none is left.
    """
    return alpha_of_coincidences(coincidences(counts).sum(axis=0), values, metric)


def pair_agreement(counts: Array) -> tuple[Array, Array]:
    """Pairs of answers to the same unit, by unit: those that are equal, and all of them."""
    answers = counts.sum(axis=1)
    return (counts * (counts - 1)).sum(axis=1) / 2, answers * (answers - 1) / 2


@dataclass(frozen=True)
class Units:
    """Counts of values by unit, grouped: a group of units that belong to one item, and its weight.

    ``counts`` (units, values); ``item`` (units,) names the unit's kind of item; ``weight`` (items,)
    says how many items are of that kind. Items that look alike are kept once, which makes resampling
    thousands of items as cheap as resampling dozens.
    """

    values: Array
    counts: Array
    item: npt.NDArray[np.int64]
    weight: Array

    @property
    def items(self) -> int:
        """How many items have a unit with at least two answers."""
        pairable = np.unique(self.item[self.counts.sum(axis=1) >= 2])
        return int(self.weight[pairable].sum())

    def by_item(self, of_units: Array) -> Array:
        """Sums over the units of each kind of item."""
        total = np.zeros((len(self.weight), *of_units.shape[1:]))
        np.add.at(total, self.item, of_units)
        return total


def alpha(units: Units, metric: str, *, seed: int = 0) -> Estimate:
    """Alpha with an interval from resampling items."""
    met = units.by_item(coincidences(units.counts))
    size = len(units.values)
    flat = met.reshape(len(met), size * size)

    def of(weights: Array) -> float:
        return alpha_of_coincidences((weights @ flat).reshape(size, size), units.values, metric)

    return _estimate(units, of, seed=seed)


def agreement(units: Units, *, seed: int = 0) -> Estimate:
    """Share of pairs of answers that are equal, with an interval from resampling items."""
    equal, pairs = (units.by_item(part) for part in pair_agreement(units.counts))

    def of(weights: Array) -> float:
        total = float(weights @ pairs)
        return float(weights @ equal) / total if total else math.nan

    return _estimate(units, of, seed=seed)


def _estimate(units: Units, of: Any, *, seed: int) -> Estimate:
    """``of`` maps weights of the kinds of item to the figure."""
    if not units.items:
        return Estimate(None, None, None, 0)
    n = int(units.weight.sum())
    rng = np.random.default_rng(seed)
    drawn = (rng.multinomial(n, units.weight / n).astype(float) for _ in range(REPLICATES))
    replicates = np.fromiter(map(of, drawn), dtype=float)
    known = replicates[~np.isnan(replicates)]
    value = of(units.weight)
    if math.isnan(value) or not len(known):
        return Estimate(None, None, None, units.items)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high), units.items)


Pattern = Mapping[str, Sequence[float]]


def units_of(patterns: Iterable[tuple[Pattern, int]]) -> Units:
    """Counts from patterns: the values that an item's units got, and how many items look so."""
    patterns = list(patterns)
    values = sorted(
        {value for pattern, _ in patterns for part in pattern.values() for value in part}
    )
    places = {value: place for place, value in enumerate(values)}
    rows = [(item, part) for item, (pattern, _) in enumerate(patterns) for part in pattern.values()]
    counts = np.zeros((len(rows), len(values)))
    for row, (_, part) in enumerate(rows):
        for value in part:
            counts[row, places[value]] += 1
    return Units(
        values=np.array(values, dtype=float),
        counts=counts,
        item=np.array([item for item, _ in rows], dtype=np.int64),
        weight=np.array([number for _, number in patterns], dtype=float),
    )


def sides(pattern: Pattern, *, ties: bool) -> Pattern:
    """Preferences without their strength: -1, 0, 1; without ``ties``, only the sides."""
    signs = {unit: [float(np.sign(value)) for value in part] for unit, part in pattern.items()}
    if ties:
        return signs
    return {unit: [sign for sign in part if sign] for unit, part in signs.items()}


# ------------------------------------------------------------------------------- of a project's labels


def project_agreement(project: Project) -> dict[str, dict[str, Any]]:
    """Agreement of people's current labels, by question: what is in it depends on the kind.

    ``alpha`` uses the question's own metric; where values are sides there are ``alpha_sides`` (three
    classes), ``agreement`` (three classes) and ``agreement_without_ties`` beside it. Kept until a label is
    added, since a page asks for it each time it is shown.
    """
    last = project.annotations.aggregate(last=Max("pk"))["last"] or 0
    key = f"agreement:{project.pk}:{project.form.pk}:{last}"
    known: dict[str, dict[str, Any]] | None = shared_cache.get(key)
    if known is None:
        known = {
            question.name: figures
            for question in project.questions
            if (figures := _question_agreement(project, question))
        }
        shared_cache.set(key, known, CACHE_SECONDS)
    return known


def _question_agreement(project: Project, question: Question[Any]) -> dict[str, Any]:
    """Empty for kinds that have no values to compare."""
    patterns = _patterns(project, question)
    if not patterns:
        return {}
    figures = {"kind": question.kind, "metric": question.metric}
    found = {"alpha": alpha(units_of(patterns), question.metric)}
    if question.signed:
        with_ties = units_of((sides(pattern, ties=True), number) for pattern, number in patterns)
        decided = units_of((sides(pattern, ties=False), number) for pattern, number in patterns)
        found |= {
            "alpha_sides": alpha(with_ties, "nominal"),
            "agreement": agreement(with_ties),
            "agreement_without_ties": agreement(decided),
        }
    else:
        found["agreement"] = agreement(units_of(patterns))
    return figures | {name: asdict(figure) for name, figure in found.items()}


def _patterns(project: Project, question: Question[Any]) -> list[tuple[Pattern, int]]:
    """Which answers items with several labels got, and how many items got the same ones.

    The database groups, in one pass over the labels: of 11,000 items with five labels each come a
    few dozen rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT answers, count(*) FROM (
                SELECT array_agg(label.answers->%(question)s ORDER BY label.answers->%(question)s)
                    AS answers
                FROM annotate_annotation AS label
                JOIN annotate_annotator AS annotator ON annotator.id = label.annotator_id
                WHERE label.project_id = %(project)s AND label.purpose = 'work'
                AND annotator.kind = 'human' AND label.answers ? %(question)s
                AND NOT EXISTS (SELECT FROM annotate_annotation AS successor
                    WHERE successor.supersedes_id = label.id)
                GROUP BY label.item_id HAVING count(*) > 1) AS item
            GROUP BY answers
            """,
            {"project": project.pk, "question": question.name},
        )
        rows = cursor.fetchall()

    @cache
    def values(answer: str) -> dict[str, float]:
        return question.values(json.loads(answer))

    patterns = ((_pattern(map(values, answers)), number) for answers, number in rows)
    return [(pattern, number) for pattern, number in patterns if pattern]


def _pattern(answers: Iterable[dict[str, float]]) -> Pattern:
    pattern: dict[str, list[float]] = {}
    for answer in answers:
        for unit, value in answer.items():
            pattern.setdefault(unit, []).append(value)
    return pattern
