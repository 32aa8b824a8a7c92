"""What the methods work on: plain arrays of who gave which answer to what."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.aggregation.methods.numbers import Floats, beta_interval

Indices = npt.NDArray[np.intp]


class InvalidVotes(ValueError):
    """Arrays that do not belong together; the message says which and what to do."""


@dataclass(frozen=True)
class Votes:
    """Answers with a class each: answer n is ``label[n]`` by ``annotator[n]`` about ``item[n]``.

    All three have shape (answers,) and hold indices below ``classes``, ``annotators`` and ``items``.
    An annotator answers an item once. Items and annotators may be without answers.
    """

    item: Indices
    annotator: Indices
    label: Indices
    items: int
    annotators: int
    classes: int

    def __post_init__(self) -> None:
        for name, many in (("item", "items"), ("annotator", "annotators"), ("label", "classes")):
            _check(name, getattr(self, name), getattr(self, many), len(self.item))

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def code(self) -> Indices:
        """Annotator and class in one: annotator * classes + class."""
        return self.annotator * self.classes + self.label

    @cached_property
    def given(self) -> Floats:
        """How often each annotator gave each class: (annotators, classes)."""
        return counts(self.code, (self.annotators, self.classes))

    @cached_property
    def received(self) -> Floats:
        """How often each item got each class: (items, classes)."""
        return counts(self.item * self.classes + self.label, (self.items, self.classes))

    @cached_property
    def shares(self) -> Floats:
        """``received`` as shares; the same share for every class of an item without answers."""
        total = self.received.sum(axis=1, keepdims=True)
        return np.where(total > 0, self.received / np.maximum(total, 1), 1 / self.classes)

    @cached_property
    def has_others(self) -> npt.NDArray[np.bool_]:
        """Whether somebody else answered the same item, by answer."""
        return np.asarray(np.bincount(self.item, minlength=self.items)[self.item] > 1)


@dataclass(frozen=True)
class Numbers:
    """Answers on a scale: ``value[n]`` by ``annotator[n]`` about ``item[n]``, as in ``Votes``."""

    item: Indices
    annotator: Indices
    value: Floats
    items: int
    annotators: int

    def __post_init__(self) -> None:
        for name, many in (("item", "items"), ("annotator", "annotators")):
            _check(name, getattr(self, name), getattr(self, many), len(self.item))
        if self.value.shape != self.item.shape:
            raise InvalidVotes(f"{len(self.value)} values for {len(self.item)} answers.")

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True)
class Reliability:
    """How good each annotator is, 0 to 1, with a 95 % credible interval: all (annotators,).

    ``value`` is NaN for annotators about whom nothing is known.
    """

    value: Floats
    low: Floats
    high: Floats


def _check(name: str, index: Indices, below: int, answers: int) -> None:
    if index.shape != (answers,):
        raise InvalidVotes(f"{name} has shape {index.shape}; give one a answer, ({answers},).")
    if answers and (index.min() < 0 or index.max() >= below):
        found = f"{index.min()} to {index.max()}"
        raise InvalidVotes(f"{name} has indices {found}; use 0 to {below - 1}.")


def counts(code: Indices, shape: tuple[int, ...], weights: Floats | None = None) -> Floats:
    """How often each flat index occurs, or the sum of its weights, in the given shape."""
    found: npt.NDArray[Any] = np.bincount(code, weights, minlength=int(np.prod(shape)))
    return found.astype(float, copy=False).reshape(shape)


def softmax(scores: Floats) -> tuple[Floats, Floats]:
    """Shares by row that are proportional to exp(``scores``), and the logarithm of their sum."""
    most = scores.max(axis=1)
    shares = np.exp(scores - most[:, None])
    total = shares.sum(axis=1)
    shares /= total[:, None]
    return shares, most + np.log(total)


def own(votes: Votes, by_class: Floats) -> Floats:
    """What an (items, classes) table says of each answer's own class: (answers,)."""
    found: Floats = by_class.reshape(-1)[votes.item * votes.classes + votes.label]
    return found


def reliability(value: Floats, answers: Floats) -> Reliability:
    """Intervals as wide as ``answers`` answers with known truth would leave them.

    ``answers`` is what an annotator's labels are worth in that currency, which is their number
    where the truth is certain and less where it is not.
    """
    share = np.nan_to_num(value, nan=0.5)
    low, high = beta_interval(share * answers, (1 - share) * answers)
    return Reliability(value, np.minimum(low, share), np.maximum(high, share))


def worth(votes: Votes, value: Floats, slope: Floats, chance: Floats) -> Floats:
    """How many answers with known truth each annotator's labels are worth.

    An answer has probability ``chance`` (answers,) under the model, which changes by ``slope``
    with the annotator's reliability ``value`` (annotators,). The observed information is the sum of
    (slope / chance)²; that of one answer with known truth is value / value² + (1 - value) / (1 - value)²
    in the mean.
    """
    information = counts(
        votes.annotator, (votes.annotators,), (slope / np.maximum(chance, 1e-9)) ** 2
    )
    share = np.nan_to_num(value, nan=0.5)
    inner = np.clip(share, 0.02, 0.98)
    each = share / inner**2 + (1 - share) / (1 - inner) ** 2
    return np.minimum(information / each, counts(votes.annotator, (votes.annotators,)))
