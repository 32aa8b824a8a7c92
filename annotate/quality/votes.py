"""Each answer beside what the others answered to the same thing."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from annotate.quality.intervals import Array, IntArray, Mask

NOBODY = -1
MOST_TOLD_APART = 6  # more others than this on a unit are taken for as many
PERIODS = 10
_REVIEWED = (MOST_TOLD_APART + 1) ** 2


@dataclass(frozen=True)
class Votes:
    """Answers to one question: arrays of the same length, by annotator and then in order of time.

    ``unit`` (what is answered: an item or one completion of it), ``item`` and ``annotator`` count
    from 0; ``value`` is a place among the ``classes`` that answers are compared by; ``answer`` tells
    all different answers apart; ``at`` is in seconds since 1970. ``turned``: whether the classes were
    shown in reverse (1) or not (0), -1 where it is not known. ``longer``: the class that takes the
    longer completion, -1 where there is none. ``seconds`` is NaN where it was not taken.

    ``scale``: the number that each class stands for, empty where classes are names.

    By unit: ``review``, the class that a reviewer gave, and ``reviewer``, who that was; -1 where
    there is none. ``people``: by annotator, whether it is a person.
    """

    classes: int
    signed: bool
    scale: Array
    unit: IntArray
    item: IntArray
    annotator: IntArray
    value: IntArray
    answer: IntArray
    at: Array
    turned: IntArray
    longer: IntArray
    seconds: Array
    review: IntArray
    reviewer: IntArray
    people: Mask

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def annotators(self) -> int:
        return len(self.people)

    @cached_property
    def own(self) -> list[slice]:
        """Each annotator's answers."""
        ends = np.searchsorted(self.annotator, np.arange(self.annotators + 1))
        return [slice(int(start), int(end)) for start, end in pairwise(ends)]

    @cached_property
    def by_person(self) -> Mask:
        return self.people[self.annotator]

    @cached_property
    def starts_label(self) -> Mask:
        """Whether an answer is the first part of its label; the parts stand next to each other."""
        other_item = np.diff(self.item, prepend=-1) != 0
        return np.asarray(other_item | (np.diff(self.annotator, prepend=-1) != 0))

    @cached_property
    def labels(self) -> IntArray:
        """By annotator."""
        return np.bincount(self.annotator[self.starts_label], minlength=self.annotators)

    @cached_property
    def units_of_a_label(self) -> Array:
        """By annotator, how many units a label answers on average: they do not vary on their own."""
        answers = np.bincount(self.annotator, minlength=self.annotators)
        return np.asarray(answers / np.maximum(self.labels, 1)).clip(min=1)

    @cached_property
    def dated(self) -> Mask:
        """By annotator, whether labels have times of their own, or came with a file all at once."""
        new = np.diff(self.annotator, prepend=-1) != 0
        moments = self.annotator[new | (np.diff(self.at, prepend=-1.0) != 0)]
        return np.asarray(np.bincount(moments, minlength=self.annotators) * 2 > self.labels)

    @cached_property
    def counts(self) -> npt.NDArray[np.int32]:
        """People's answers, (units, classes)."""
        cells = (self.unit * self.classes + self.value)[self.by_person]
        size = len(self.review) * self.classes
        counts = np.bincount(cells, minlength=size).astype(np.int32)
        return counts.reshape(-1, self.classes)

    @cached_property
    def others(self) -> npt.NDArray[np.int32]:
        """What other people answered to the unit of each answer, (answers, classes)."""
        others = self.counts[self.unit]
        others[np.flatnonzero(self.by_person), self.value[self.by_person]] -= 1
        return others

    @cached_property
    def reviewed(self) -> Mask:
        """Whether somebody else has reviewed the unit."""
        review = self.review[self.unit]
        return np.asarray((review != NOBODY) & (self.reviewer[self.unit] != self.annotator))

    @cached_property
    def agreed(self) -> IntArray:
        """The class that a review gave, or that most others gave; -1 where two lead or nobody did."""
        most, at_top = self.others.max(axis=1), self.others.argmax(axis=1)
        alone = (self.others == most[:, None]).sum(axis=1) == 1
        voted = np.where(alone & (most > 0), at_top, NOBODY)
        return np.where(self.reviewed, self.review[self.unit], voted)

    @cached_property
    def compared(self) -> Mask:
        return np.asarray(self.agreed != NOBODY)

    @cached_property
    def hit(self) -> Mask:
        return np.asarray(self.value == self.agreed)

    @cached_property
    def stratum(self) -> IntArray:
        """How many others there are and how united they are: answers alike in both are as hard."""
        total = np.minimum(self.others.sum(axis=1), MOST_TOLD_APART)
        most = np.minimum(self.others.max(axis=1), MOST_TOLD_APART)
        return np.where(self.reviewed, _REVIEWED, total * (MOST_TOLD_APART + 1) + most)

    @cached_property
    def period(self) -> IntArray:
        """When the unit of each answer came up, in ten parts with as many units."""
        answers = np.maximum(np.bincount(self.unit, minlength=len(self.review)), 1)
        moment = np.bincount(self.unit, weights=self.at, minlength=len(self.review)) / answers
        order = np.argsort(moment, kind="stable")
        part = np.empty(len(order), dtype=np.int64)
        part[order] = np.arange(len(order)) * PERIODS // max(len(order), 1)
        return part[self.unit]

    @cached_property
    def expected(self) -> Array:
        """Probability that other people would agree with the aggregate on a unit like this one."""
        return self.rate_of_others(self.hit, self.stratum, among=self.compared)

    def rate_of_others(self, what: Mask, stratum: IntArray, *, among: Mask) -> Array:
        """How often ``what`` holds for other people's answers of the same stratum.

        One answer's worth of the overall rate is added, so that a rare stratum claims nothing.
        """
        counted = among & self.by_person
        size = int(stratum.max(initial=0)) + 1
        cell = self.annotator * size + stratum
        whole = self.annotators * size
        n_own = np.bincount(cell[counted], minlength=whole)
        hits_own = np.bincount(cell[counted & what], minlength=whole)
        n = np.bincount(stratum[counted], minlength=size)[stratum] - n_own[cell]
        hits = np.bincount(stratum[counted & what], minlength=size)[stratum] - hits_own[cell]
        overall = (np.count_nonzero(counted & what) + 0.5) / (np.count_nonzero(counted) + 1)
        return np.asarray((hits + overall) / (n + 1))

    def total(self, values: Array | Mask, *, among: Mask) -> Array:
        """Sums by annotator."""
        weights = np.asarray(values, dtype=float)[among]
        sums = np.bincount(self.annotator[among], weights=weights, minlength=self.annotators)
        return sums.astype(float)

    def mirrored(self, values: IntArray) -> IntArray:
        """Classes as they were shown: in reverse where the answer's were; unknown is as stored."""
        return np.where(self.signed & (self.turned == 1), self.classes - 1 - values, values)

    @cached_property
    def shown(self) -> IntArray:
        """What was answered, by its place on the page."""
        return self.mirrored(self.value)
