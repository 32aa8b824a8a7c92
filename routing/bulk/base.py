"""What every kind of change offers: the state of items, the state it wants, and setting it.

To take a change back is to set the states from before, so a kind says how to set a state and needs
to know nothing of undoing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from annotate.models import Item, Membership, Project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotate.models import BulkAction

# What a kind changes of one item, as JSON.
State = Any
Settings = dict[str, Any]


class InvalidSetting(ValueError):
    """A setting that a change cannot use; the message gives the fault and the remedy."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Left:
    """An item stays as it is; ``reason`` goes after "left because it …"."""

    reason: str


@dataclass(frozen=True)
class Field:
    """A setting as a form asks for it; ``choices`` are values and words, else it is a text."""

    name: str
    title: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    whole: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Cost:
    """What a change asks for: labels by people, and items that judges have to look at."""

    labels: int = 0
    judged: int = 0


@dataclass
class Batch:
    """Some items of a project, locked where they are to be changed, and the settings."""

    project: Project
    items: Sequence[Item]
    settings: Settings
    action: BulkAction | None = None
    by_id: dict[int, Item] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {item.pk: item for item in self.items}

    @property
    def ids(self) -> list[int]:
        return list(self.by_id)


class Kind(ABC):
    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]] = ()
    role: ClassVar[str] = Membership.Role.RESEARCHER
    # Jobs that have something to do after it.
    jobs: ClassVar[tuple[str, ...]] = ()

    def read(self, data: Mapping[str, str]) -> Settings:
        """The settings from a form. Raises ``InvalidSetting``."""
        return {}

    def words(self, settings: Settings) -> str:
        """What is done, in the imperative."""
        return self.title

    @abstractmethod
    def states(self, batch: Batch) -> dict[int, State]:
        """What the kind changes of each item, as it is now."""

    @abstractmethod
    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        """What each item is to become, or why it is left."""

    @abstractmethod
    def set(self, batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        """Give locked items these states; those that it had to leave after all."""

    def cost(self, batch: Batch, targets: Mapping[int, State]) -> Cost:
        return Cost()

    @abstractmethod
    def say(self, state: State) -> str:
        """A state in a few words."""


def live(batch: Batch, wanted: Mapping[int, State | Left]) -> dict[int, State | Left]:
    """``wanted``, with archived items left: they come back by being restored alone."""
    return {
        pk: Left("is archived") if batch.by_id[pk].archived else state
        for pk, state in wanted.items()
    }
