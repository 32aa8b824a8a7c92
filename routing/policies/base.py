"""What every policy offers. A policy is one file and touches no database."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Route = str  # "human", "judge" or "both", as annotate.models.projects.Route


class InvalidPolicy(ValueError):
    """A policy's settings are wrong; the message says which and what to do."""


class JudgeState(StrEnum):
    """How far the policy's judge is with an item."""

    PENDING = "pending"
    LABELLED = "labelled"
    UNDECIDED = "undecided"  # both orders answered and contradict each other, no label came of it
    FAILED = "failed"


class Signal(StrEnum):
    """Where a judge's confidence comes from."""

    STATED = "stated"
    ORDERS = "orders"
    JUDGES = "judges"
    NONE = "none"


@dataclass(frozen=True)
class Case:
    """One item as a policy sees it: what it is and what labels there are so far."""

    item: int
    # Draws go by it, so it must not change when the item is looked at again.
    key: str
    evaluation: bool = False
    # People's labels that the item still wants: what sending it to people costs.
    cost: int = 1
    judge: JudgeState = JudgeState.PENDING
    # In [0, 1]; None when nothing tells how sure the judge is of its label.
    confidence: float | None = None
    signal: Signal = Signal.NONE
    features: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """Where a policy would send an item if nothing were short; the most urgent are paid first."""

    route: Route
    reason: str
    score: float | None = None
    urgency: float = 0.0


def setting(
    default: Any, help_text: str, *, minimum: float | None = None, maximum: float | None = None
) -> Any:
    """A field of a policy's settings, with its limits and its words for the page."""
    return field(
        default=default, metadata={"help": help_text, "minimum": minimum, "maximum": maximum}
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    seed: int = setting(0, "The same seed draws the same items again.", minimum=0)


@dataclass(frozen=True, kw_only=True)
class KeptShare(Settings):
    random_share: float = setting(
        0.0,
        "Share of the items that people and judge both label, drawn at random, so that estimates "
        "stay unbiased.",
        minimum=0,
        maximum=1,
    )


S = TypeVar("S", bound=Settings)


class Policy(ABC, Generic[S]):
    """A rule that sends items to people, to the judge or to both: a pure function of cases."""

    kind: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    Settings: ClassVar[type[Settings]] = Settings
    needs_judge: ClassVar[bool] = True

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @classmethod
    def of(cls, values: Mapping[str, Any] | None = None) -> Self:
        """With settings out of JSON. Raises ``InvalidPolicy``."""
        return cls(_parse(cls, values or {}))

    @abstractmethod
    def wish(self, case: Case) -> Wish:
        """For an item whose judge is pending or has labelled it; the budget is not looked at."""

    def unlimited(self) -> Policy[Any]:
        """The same rule held back by the budget alone: what a replay at a given budget asks."""
        return self

    @property
    def random_share(self) -> float:
        return self.settings.random_share if isinstance(self.settings, KeptShare) else 0.0

    def draw(self, case: Case, *, purpose: str = "") -> float:
        """A number in [0, 1) that depends on the seed, the item's key and the purpose alone."""
        text = f"{self.settings.seed}\0{purpose}\0{case.key}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / 2**53


@dataclass(frozen=True)
class SettingField:
    """A setting as a form shows it."""

    name: str
    type: type
    default: Any
    help: str
    minimum: float | None
    maximum: float | None


def setting_fields(policy: type[Policy[Any]]) -> list[SettingField]:
    return [
        SettingField(
            f.name,
            type(f.default),
            f.default,
            f.metadata["help"],
            f.metadata["minimum"],
            f.metadata["maximum"],
        )
        for f in fields(policy.Settings)
        if f.default is not MISSING
    ]


def _parse(policy: type[Policy[Any]], values: Mapping[str, Any]) -> Any:
    known = {f.name: f for f in setting_fields(policy)}
    if unknown := sorted(set(values) - set(known)):
        allowed = ", ".join(sorted(known))
        raise InvalidPolicy(
            f"Policy {policy.kind!r}: unknown setting {unknown[0]!r}; use {allowed}."
        )
    return policy.Settings(
        **{name: _checked(policy.kind, known[name], value) for name, value in values.items()}
    )


def _checked(kind: str, known: SettingField, value: Any) -> Any:
    where = f"Policy {kind!r}: setting {known.name!r} is {value!r}"
    whole = known.type is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise InvalidPolicy(f"{where}; write a {'whole ' if whole else ''}number.")
    low, high = known.minimum, known.maximum
    fits = (low is None or value >= low) and (high is None or value <= high)
    if not fits:  # also for NaN
        limits = f"between {low:g} and {high:g}" if high is not None else f"of at least {low:g}"
        raise InvalidPolicy(f"{where}; write a number {limits}.")
    return known.type(value)
