"""Agreement of answers that mark parts of texts, by character, by span and beyond chance."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from annotate.agreement.estimates import Estimate
from annotate.agreement.labels import Mask
from annotate.agreement.marked import Marked, Overlap
from annotate.agreement.matching import TOLERANCE
from annotate.agreement.sums import Sums, estimates_of, mean, share_alike, unitised, unitised_one
from annotate.agreement.tables import Array, IntArray

MOST_VALUES = 200  # sets of labels that chance tells apart; the rarest beyond count as one
Found = dict[str, Estimate]


@dataclass(frozen=True)
class Spans:
    """Some of a question's labels (``rows``): their arrays, and the table of what they mark."""

    item_of: IntArray
    annotator_of: IntArray
    day_of: IntArray
    table: Marked
    labels: tuple[str, ...]
    rows: IntArray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def item(self) -> IntArray:
        return self.item_of[self.rows]

    @property
    def annotator(self) -> IntArray:
        return self.annotator_of[self.rows]

    @property
    def day(self) -> IntArray:
        return self.day_of[self.rows]

    def where(self, kept: Mask) -> "Spans":
        return replace(self, rows=self.rows[kept])

    def joined(self, others: "Spans") -> "Spans":
        return replace(self, rows=np.concatenate([self.rows, others.rows]))

    def figures(self, names: Iterable[str] | None = None) -> Found:
        """Those ``names`` of the figures, or all; each is of items with two labels or more."""
        several = _Several(self)
        makers = {
            "alpha": several.alpha,
            "alpha_marked": several.alpha_marked,
            "character_f1": lambda: several.f1(self.table.characters),
            "character_f1_labels": lambda: several.f1(self.table.labelled),
            "tolerant_f1": lambda: several.f1(self.table.near),
            "exact_f1": lambda: several.f1(self.table.exact),
            "missing_f1": lambda: several.f1(self.table.missing),
            "agreement_any": several.any_at_all,
        }
        if not self.table.has_missing:
            del makers["missing_f1"]
        wanted = set(makers) if names is None else set(names)
        return estimates_of({name: make() for name, make in makers.items() if name in wanted})

    def by_label(self) -> dict[str, dict[str, Any]]:
        """Of each label by itself, those that are given most often first."""
        several = _Several(self)
        spans = [int(self.table.label_spans[place][self.rows].sum()) for place in self._places]
        order = sorted(np.flatnonzero(spans).tolist(), key=lambda place: -spans[place])
        sums = {
            (place, name): sums
            for place in order
            for name, sums in (
                ("character_f1", several.f1(self.table.by_label[place])),
                ("alpha", several.alpha_of(place)),
            )
        }
        found = estimates_of(sums)
        return {
            self.labels[place]: {
                "spans": spans[place],
                "character_f1": found[place, "character_f1"].as_json,
                "alpha": found[place, "alpha"].as_json,
            }
            for place in order
        }

    @property
    def _places(self) -> range:
        return range(len(self.labels))

    @property
    def settings(self) -> dict[str, Any]:
        """What the figures depend on beside the labels."""
        spans = sum(int(of[self.rows].sum()) for of in self.table.label_spans.values())
        return {"tolerance_characters": TOLERANCE, "spans": spans}


class _Several:
    """Sums over the items with several labels, of which ``item`` numbers those of answers."""

    def __init__(self, spans: Spans) -> None:
        self.table = spans.table
        pairs = self.table.pairs
        kept = np.zeros(len(spans.item_of), dtype=bool)
        kept[spans.rows] = True
        times = np.bincount(spans.item, minlength=int(spans.item_of.max(initial=0)) + 1)
        many = times[spans.item_of]
        kept &= many > 1
        self.answers = np.flatnonzero(kept)
        self.pair = np.flatnonzero(kept[pairs.one] & kept[pairs.other])
        items, place = np.unique(spans.item_of[self.answers], return_inverse=True)
        self.items = len(items)
        self.item = np.full(len(kept), -1, dtype=np.int64)
        self.item[self.answers] = place
        self.pair_item = self.item[pairs.one[self.pair]]
        # A pair of answers coincides twice; an item counts as often as it has answers.
        self.weight = 2 / np.maximum(many[pairs.one[self.pair]] - 1, 1)

    def by_pair(self, values: Array) -> Array:
        return np.bincount(self.pair_item, values, minlength=self.items).astype(float)

    def by_answer(self, values: Array) -> Array:
        found = np.bincount(self.item[self.answers], values[self.answers], minlength=self.items)
        return found.astype(float)

    def coincidences(self, of_pairs: Array) -> Array:
        return self.by_pair(of_pairs[self.pair] * self.weight)

    def f1(self, overlap: Overlap) -> Sums:
        total = overlap.total[self.pair]
        defined = total > 0
        each = np.divide(2.0, total, out=np.zeros_like(total), where=defined)
        number = self.by_pair(defined.astype(float))
        shared = self.by_pair(overlap.shared[self.pair] * each)
        by_chance = self.by_pair(overlap.by_chance[self.pair] * each)
        return Sums(np.stack([shared, by_chance, number], axis=1), mean, int((number > 0).sum()))

    def any_at_all(self) -> Sums:
        """Whether there is something to mark, or to miss, at all."""
        table = self.table
        said = (table.covered > 0) | (table.said_missing > 0)
        one, other = (said[side[self.pair]] for side in (table.pairs.one, table.pairs.other))
        parts = [
            self.by_pair((one == other).astype(float)),
            self.by_pair(np.ones(len(self.pair))),
            self.by_answer(said.astype(float)),
            self.by_answer(np.ones(len(said))),
        ]
        return Sums(np.stack(parts, axis=1), share_alike, self.items)

    @cached_property
    def unmarked(self) -> Array:
        """By answer, how many characters are not marked."""
        return np.maximum(self.table.size - self.table.covered, 0.0)

    @cached_property
    def neither(self) -> Array:
        """By pair, how many characters neither marks."""
        table = self.table
        return np.maximum(table.size[table.pairs.one] - table.characters.total + table.both, 0.0)

    @cached_property
    def squares(self) -> Array:
        """Of units, and lengths of gaps: what coincides with itself, which is no coincidence."""
        return self.by_answer(self.table.squares + self.unmarked)

    def alpha(self) -> Sums:
        agreed = self.coincidences(self.table.alike + self.neither)
        parts = [agreed[:, None], self.squares[:, None], self.by_answer(self.unmarked)[:, None]]
        return Sums(np.hstack([*parts, self._values()]), unitised, self.items)

    def _values(self) -> Array:
        """(items, values): characters with each label or set of labels."""
        table = self.table
        kept = self.item[table.value_answer] >= 0
        item, value = self.item[table.value_answer[kept]], table.value[kept]
        length = table.value_length[kept]
        common = np.bincount(value, length)
        rank = np.empty(len(common), dtype=np.int64)
        rank[np.argsort(-common, kind="stable")] = np.arange(len(common))
        place = np.minimum(rank[value], MOST_VALUES - 1)
        many = int(place.max(initial=-1)) + 1
        found = np.bincount(item * many + place, length, minlength=self.items * many)
        return found.astype(float).reshape(self.items, many)

    def alpha_marked(self) -> Sums:
        return self._against_all(self.coincidences(self.neither), self.by_answer(self.unmarked))

    def alpha_of(self, label: int) -> Sums:
        own = self.coincidences(self.table.by_label[label].shared)
        return self._against_all(own, self.by_answer(self.table.label_length[label]))

    def _against_all(self, own: Array, value: Array) -> Sums:
        number = self.by_answer(self.table.size)
        parts = np.stack([own, self.squares, value, number], axis=1)
        return Sums(parts, unitised_one, self.items)
