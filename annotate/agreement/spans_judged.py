"""What a judge marks against what people mark, held against how alike people mark on the same items."""

import numpy as np

from annotate.agreement.estimates import Estimate
from annotate.agreement.marked import Overlap
from annotate.agreement.spans import Spans
from annotate.agreement.sums import Sums, difference, estimates_of, mean
from annotate.agreement.tables import Array, IntArray


def judged(people: Spans, judge: Spans) -> dict[str, Estimate]:
    """``character_f1`` of the judge with a person, of people with each other, and their difference.

    Means over items of means within them, of the items on which both are defined, so that an item
    with five labels weighs as much as one with two. ``character_f1_all`` is of the judge with a person
    on all items that one labelled. Alphas are of all labels of the same items.
    """
    people = people.where(np.isin(people.item, judge.item))
    both = people.joined(judge)
    found = estimates_of(
        {
            **_compared("character_f1", people.table.characters, people, judge),
            "character_f1_all": _alone(people.table.characters, people, judge),
            **_compared("character_f1_labels", people.table.labelled, people, judge),
        }
    )
    for name, part in (("alpha_people", people), ("alpha_with_judge", both)):
        found[name] = part.figures(["alpha"])["alpha"]
    return found


def _compared(name: str, overlap: Overlap, people: Spans, judge: Spans) -> dict[str, Sums]:
    of_judge, judge_chance, judged_pairs = _means(overlap, people, judge)
    of_people, people_chance, people_pairs = _means(overlap, people, people)
    both = (judged_pairs > 0) & (people_pairs > 0)
    n, ones = int(both.sum()), both.astype(float)

    def parts(*columns: Array) -> Array:
        return np.stack([np.where(both, column, 0.0) for column in columns] + [ones], axis=1)

    return {
        name: Sums(parts(of_judge, judge_chance), mean, n),
        f"{name}_people": Sums(parts(of_people, people_chance), mean, n),
        f"{name}_difference": Sums(parts(of_judge, of_people), difference, n),
    }


def _alone(overlap: Overlap, people: Spans, judge: Spans) -> Sums:
    of_judge, by_chance, pairs = _means(overlap, people, judge)
    there = pairs > 0
    return Sums(np.stack([of_judge, by_chance, there], axis=1), mean, int(there.sum()))


def _means(overlap: Overlap, one: Spans, other: Spans) -> tuple[Array, Array, IntArray]:
    """By item: the mean F1 of pairs of the one's and the other's answers, by chance, how many."""
    pairs, items = one.table.pairs, int(one.item_of.max(initial=-1)) + 1
    of_one, of_other = (np.isin(np.arange(len(one.item_of)), part.rows) for part in (one, other))
    first, second = pairs.one, pairs.other
    met = (of_one[first] & of_other[second]) | (of_one[second] & of_other[first])
    defined = np.flatnonzero(met & (overlap.total > 0))
    item = one.item_of[first[defined]]
    number = np.bincount(item, minlength=items)
    each = 2 / overlap.total[defined] / np.maximum(number[item], 1)
    shared, by_chance = (
        np.bincount(item, part[defined] * each, minlength=items).astype(float)
        for part in (overlap.shared, overlap.by_chance)
    )
    return shared, by_chance, number
