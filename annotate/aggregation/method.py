"""The shape of every method: fit, then settle items by what was learnt.

What a method learns of annotators is kept by name in arrays whose first axis is the annotators; what
it learns of the question is a dict of plain numbers and lists. Both go to the database and come back.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Indices, Numbers, Reliability, Votes

Own = Mapping[str, Floats]
Shared = dict[str, Any]


@dataclass(frozen=True)
class Pairs:
    """What the items compare: indices (items,) below ``things``."""

    first: Indices
    second: Indices
    things: int


@dataclass(frozen=True)
class Data:
    """The answers to one question: as votes, as numbers, or as both."""

    votes: Votes
    numbers: Numbers
    pairs: Pairs | None = None
    # What earlier fits kept of the items, by name: (items,), NaN where nothing.
    kept: Mapping[str, Floats] = field(default_factory=dict)
    # Which of the project's items each unit belongs to, from 0: (items,). Empty: each is one.
    owner: Indices = field(default_factory=lambda: np.empty(0, np.intp))
    # How much each unit counts: (items,). Empty: all the same.
    weight: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Settled:
    """Of each item: shares of the classes (items, classes), a value with its standard error, or both."""

    shares: Floats | None = None
    value: Floats | None = None
    deviation: Floats | None = None
    # Whether every answer counts the same, so that plain means stand.
    plain: bool = False


@dataclass(frozen=True)
class Fitted:
    """What a method learnt. ``newcomer`` stands for annotators of whom nothing is known."""

    shared: Shared
    own: Own
    newcomer: Own
    reliability: Reliability
    log_likelihood: float | None
    # To be kept with the items, by name: (items,).
    kept: Mapping[str, Floats] = field(default_factory=dict)


class Method(ABC):
    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    # What the reliability of an annotator is, for a heading.
    measure: ClassVar[str]
    # Whether it needs to know what is compared, and keeps what it learns of items with them.
    needs_pairs: ClassVar[bool] = False

    @abstractmethod
    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        """Learn from ``data``; ``start`` is what an earlier fit learnt of the same annotators."""

    @abstractmethod
    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        """Make one label of several, under what was learnt."""
