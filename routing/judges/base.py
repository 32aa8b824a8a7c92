"""What every kind of judge offers. A kind is one file here."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from annotate.offsets import Texts
from routing.judges import orders
from routing.judges.faults import NOTHING, Fault, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotate.models import Completion, Item
    from annotate.questions import Answers, Questions


class InvalidJudge(ValueError):
    """A judge's settings are wrong; the message says where and what to do."""


def number(
    default: float | None, *, least: float, most: float, words: str, null: bool = False
) -> Any:
    """A numeric setting with its bounds and its meaning."""
    return field(
        default=default, metadata={"least": least, "most": most, "words": words, "null": null}
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """``answers`` bounds the tries that the model answered badly, ``tries`` all of them."""

    tries: int = 5
    answers: int = 2
    try_seconds: float = 60
    total_seconds: float = 300
    backoff_seconds: float = 1


class Meter(Protocol):
    """Counts and pays for tries. The last one's usage is settled by who called ``ask``."""

    def begin(self, most: Usage) -> None:
        """Before each try; what it raises stops the asking."""

    def failed(self, fault: Fault) -> None:
        """After a try that another one follows."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every kind can be told; a kind adds its own."""

    concurrency: int = number(4, least=1, most=64, words="calls at a time")
    tries: int = number(5, least=1, most=20, words="tries for a call")
    answers: int = number(2, least=1, most=10, words="tries that the model may answer badly")
    try_seconds: float = number(60, least=0.05, most=600, words="time limit of a try")
    total_seconds: float = number(300, least=0.05, most=3600, words="time limit of a call")
    backoff_seconds: float = number(1, least=0, most=60, words="first pause between tries")

    @property
    def limits(self) -> Limits:
        return Limits(
            tries=self.tries,
            answers=self.answers,
            try_seconds=self.try_seconds,
            total_seconds=self.total_seconds,
            backoff_seconds=self.backoff_seconds,
        )


@dataclass(frozen=True)
class View:
    """What a judge sees of an item: texts in the shown order, nothing that says who wrote them."""

    messages: Sequence[dict[str, Any]]
    contexts: Sequence[dict[str, Any]]
    completions: Sequence[str]
    # Of each completion, the steps that it was imported with.
    steps: Sequence[Sequence[tuple[int, int]] | None] = ()
    # Of each completion its position in the item; None where they stand in the item's order.
    order: Sequence[int] | None = None

    @classmethod
    def of(cls, item: Item, shown: Sequence[Completion]) -> View:
        """An item with its completions in the order in which the judge sees them."""
        return cls(
            messages=item.messages,
            contexts=item.contexts,
            completions=[completion.text for completion in shown],
            steps=[completion.steps for completion in shown],
            order=[completion.position for completion in shown],
        )

    @property
    def texts(self) -> Texts:
        """What answers about parts of them are checked against."""
        contexts = [passage["text"] for passage in self.contexts]
        return Texts(self.completions, contexts, self.steps, self.order)


@dataclass(frozen=True)
class Verdict:
    """A judge's answers in the order that it was shown. What it does not answer is absent."""

    answers: Answers
    # The probability, in [0, 1], that people agree on the main question; None when it has none.
    confidence: float | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    usage: Usage | None = NOTHING


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One version of a judge, as its kind sees it."""

    questions: Questions
    guidelines: str = ""
    model: str = ""
    base_url: str = ""
    key_env: str = ""
    prompt_version: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)


S = TypeVar("S", bound=Settings)


class Kind(ABC, Generic[S]):
    """Answers a form about items. One object serves many calls, also from several threads."""

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    Settings: ClassVar[type[Settings]] = Settings
    # An offline judge costs nothing, has no endpoint, and may be asked again at will.
    offline: ClassVar[bool] = False
    # Whether the order of the completions may change the answer, so that two are asked.
    both_orders: ClassVar[bool] = True
    batch: ClassVar[int] = 1
    prompt_version: ClassVar[int] = 1

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.settings: S = parse_settings(type(self).Settings, spec.settings)  # type: ignore[assignment] # Settings is the class of S

    @classmethod
    def check(cls, spec: Spec) -> None:
        """Raise ``InvalidJudge`` when this judge could never answer."""

    @property
    def needs_freezing(self) -> bool:
        """Whether ``freeze`` must see the project's items before the first call."""
        return False

    def freeze(self, views: Sequence[View], sides: Sequence[int | None]) -> dict[str, Any]:
        """What is computed once from a sample of items and stays with the judge's settings.

        ``sides`` has people's majority on the main preference, -1 first, 1 second, else None.
        """
        raise NotImplementedError

    def fault(self) -> str:
        """What keeps the judge from answering now, such as a missing key; empty when nothing."""
        return ""

    @abstractmethod
    def ask(self, view: View, meter: Meter) -> Verdict:
        """Raises ``Fault``, and whatever ``meter`` raises."""

    def ask_many(self, views: Sequence[View], meters: Sequence[Meter]) -> list[Verdict | Fault]:
        """A verdict or a fault for each view; ``batch`` says how many come together."""
        raise NotImplementedError

    def orders(self, completions: int) -> list[list[int]]:
        """The orders to ask in, ``order[place] = position``, the item's own first."""
        if not self.both_orders:
            return [list(range(completions))]
        return orders.orders(self.spec.questions, completions)


def parse_settings(cls: type[Settings], raw: Mapping[str, Any]) -> Settings:
    """Settings from JSON. Raises ``InvalidJudge``."""
    known = {f.name: f for f in fields(cls)}
    if unknown := sorted(set(raw) - set(known)):
        raise InvalidJudge(f"Unknown setting {unknown[0]!r}; use {', '.join(sorted(known))}.")
    return cls(**{name: _checked(known[name], value) for name, value in raw.items()})


def _checked(setting: Any, value: Any) -> Any:
    bounds = setting.metadata
    if "least" not in bounds:
        return value
    if value is None and bounds["null"]:
        return None
    whole = isinstance(setting.default, int) and "seconds" not in setting.name
    right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not right or not math.isfinite(value) or not bounds["least"] <= value <= bounds["most"]:
        kind = "a whole number" if whole else "a number"
        raise InvalidJudge(
            f"Setting {setting.name} is {value!r}; use {kind} from {bounds['least']} to "
            f"{bounds['most']}."
        )
    return value


def settings_as_json(settings: Settings) -> dict[str, Any]:
    """All settings, defaults too, so that a version says what it ran with."""
    return asdict(settings)
