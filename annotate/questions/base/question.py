"""What every question kind offers. A kind is one folder and touches no other."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from annotate.offsets import Target, Texts
from annotate.questions.base.conditions import Condition, read_condition
from annotate.questions.base.marks import SUPPORT, Mark, Settlement
from annotate.questions.base.settings import setting, settings_of

Answer = dict[str, Any]
NAME_LENGTH = 60


class InvalidForm(ValueError):
    """A form's definition is wrong; the message says where and what to do."""


class InvalidAnswer(ValueError):
    """An answer does not fit its question; ``question`` names it."""

    def __init__(self, question: str, message: str) -> None:
        super().__init__(message)
        self.question = question
        self.message = message

    def __str__(self) -> str:
        return f"{self.question}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings that every question has; a kind adds its own."""

    name: str
    title: str
    help: str = ""
    required: bool = True
    criterion: str = setting(
        "",
        "What to judge by, or as whom: a criterion, a principle or a persona. Shown with the question, "
        "to people and judges, and exported with its answers.",
        label="Criterion",
    )
    ask_if: Condition | None = setting(  # noqa: RUF009  # makes a field
        None,
        "Not owed, and not shown, unless an earlier question was answered so.",
        label="Asked only if",
        scale=False,
        type="condition",
        read=read_condition,
    )


@dataclass(frozen=True)
class Combined:
    """Several answers made into one: the columns and data of an ``Aggregate``."""

    count: int
    mean: float | None = None
    majority: int | None = None
    share: float | None = None
    data: dict[str, Any] = field(default_factory=dict)
    # Probability of the majority, by the method of aggregation that was asked.
    confidence: float | None = None


@dataclass(frozen=True)
class Found:
    """What a method of aggregation makes of the answers to one unit of an item.

    ``shares``, the probability of each of the question's ``classes``, or a ``value`` with its standard
    error ``deviation``, or both.
    """

    shares: Sequence[float] | None = None
    value: float | None = None
    deviation: float | None = None
    # Whether every answer counts the same, so that plain means stand.
    plain: bool = False


def exactly(text: str) -> SafeString:
    """``text`` as it is; a parser would turn a carriage return into a new line."""
    return SafeString(escape(text).replace("\r", "&#13;"))


@dataclass(frozen=True)
class Shown:
    """How a question stands on a page: order of completions, what is filled in, what is wrong.

    ``texts`` are what it is about, in the shown order, None on a page without an item; ``render``
    is how the page shows texts. ``suggested`` is what somebody else, named ``suggested_by``, answered
    and was filled in to begin with; like ``answer`` in the item's own order.
    """

    order: Sequence[int]
    answer: Answer | None = None
    error: str = ""
    texts: Texts | None = None
    render: Callable[[str], SafeString] = exactly
    suggested: Answer | None = None
    suggested_by: str = ""

    @property
    def letters(self) -> list[str]:
        return [letter(place) for place in range(len(self.order))]


def letter(place: int) -> str:
    """The name of the completion at a place of the page: A, B, C, …"""
    return chr(ord("A") + place)


def read_number(text: object) -> object:
    """A form field as an integer where it is one; anything else is left for ``parse`` to refuse."""
    try:
        return int(str(text))
    except ValueError:
        return text


C = TypeVar("C", bound=Config)


class Question(ABC, Generic[C]):
    """One question of a form. Answers are plain JSON in the item's own order of completions."""

    kind: ClassVar[str]
    # How the form editor names the kind, and what it says of it.
    title: ClassVar[str]
    about: ClassVar[str]
    Config: ClassVar[type[Config]] = Config
    # Of how many completions it is usually asked, for pages that show it without an item.
    usual_completions: ClassVar[int] = 2
    # Whether it means anything that two answers are alike.
    compared: ClassVar[bool] = True
    # Whether answers are about parts of texts, and can be checked with these alone.
    needs_texts: ClassVar[bool] = False
    # Whether answers mark ranges of texts: they are compared and aggregated by character.
    marked: ClassVar[bool] = False

    def __init__(self, config: C) -> None:
        self.config = config

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def scale_settings(self) -> dict[str, Any]:
        """The settings that say what an answer means, by their labels.

        Answers to two questions can be compared, and made into one label, where the kind and these
        are equal; titles, help and the like may differ.
        """
        return {
            setting.label: getattr(self.config, setting.name)
            for setting in settings_of(type(self.config))
            if setting.scale
        }

    @property
    def meaning(self) -> tuple[str, dict[str, Any]]:
        """What answers to the question mean: equal where they can be mixed."""
        return self.kind, self.scale_settings

    @property
    def field(self) -> str:
        """Prefix of the names of the question's form fields."""
        return f"answer-{self.name}"

    @property
    def least_completions(self) -> int:
        """How many completions an item must have for the question to make sense."""
        return 1

    @property
    def outcomes(self) -> Mapping[str, str]:
        """What an answer can come to, each with words for it: later questions are asked upon them.

        The same in whatever order completions are shown. Empty where nothing can be asked upon it.
        """
        return {}

    def came_to(self, answer: Answer) -> Collection[str]:
        """Those of ``outcomes`` that are the case."""
        return ()

    @classmethod
    def check(cls, config: C) -> None:
        """Raise ``InvalidForm`` when settings contradict each other."""

    @abstractmethod
    def parse(self, raw: object, *, completions: int) -> Answer:
        """The canonical answer. Raises ``InvalidAnswer`` with a remedy."""

    def fit(self, answer: Answer, texts: Texts) -> Answer:
        """A parsed answer, checked against the texts it is about, in the order of ``texts``.

        Raises ``InvalidAnswer``.
        """
        return answer

    @abstractmethod
    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        """Whether a person's submission may stand with this answer."""

    def lacking(self, answer: Answer, *, completions: int, texts: Texts | None) -> str:
        """What an answer, in the order of ``texts``, lacks to be complete, with the remedy; or nothing."""
        whole = self.is_complete(answer, completions=completions)
        return "" if whole else "is not answered in full; answer every part"

    @abstractmethod
    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        """The raw answer out of a page's form fields (in the shown order); None when untouched."""

    def held(self, data: Mapping[str, Any], order: Sequence[int]) -> Answer | None:
        """What a page's fields hold, in the item's own order, be it complete or not.

        None when they are untouched, or hold what no page offers.
        """
        raw = self.read(data, completions=len(order))
        try:
            parsed = None if raw is None else self.parse(raw, completions=len(order))
        except InvalidAnswer:
            return None
        return None if parsed is None else self.permute(parsed, order)

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        """An answer given in the shown order, in the item's own: ``order[place] = position``."""
        return answer

    @abstractmethod
    def combine(self, answers: Sequence[Answer]) -> Combined:
        """One label of at least one answer."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods of aggregation that fit such answers, the default first."""
        return ()

    @property
    def classes(self) -> Sequence[float]:
        """What the votes of ``votes`` can be; empty where answers are no votes."""
        return ()

    def votes(self, answer: Answer) -> dict[str, float]:
        """One of ``classes`` by unit, for methods that aggregate votes."""
        return {}

    @property
    def positions(self) -> tuple[int, int] | None:
        """The two completions that votes for a first and a second class are about, if any."""
        return None

    def settle(self, combined: Combined, found: Mapping[str, Found]) -> Combined:
        """``combined`` with what a method found by unit."""
        return combined

    def marks(self, answer: Answer) -> Sequence[Mark]:
        """Where ``marked``: the parts of texts that an answer marks, with their labels."""
        return ()

    @property
    def mark_labels(self) -> Mapping[str, str]:
        """The labels that ``marks`` can have, with their words; in order of priority."""
        return {}

    @property
    def overlapping(self) -> bool:
        """Whether a character may have several labels."""
        return True

    def may_mark(self, target: Target) -> bool:
        """Whether parts of this text can be marked."""
        return True

    @property
    def support(self) -> float:
        """More than which share of its annotators must have given a character its label."""
        return SUPPORT

    def settle_marks(self, combined: Combined, found: Settlement) -> Combined:
        """``combined`` with what a method made of the marks."""
        return combined

    def summary(self, combined: Mapping[str, Any]) -> str:
        """The ``data`` of a ``Combined`` for a reader; empty where its mean and majority say it all."""
        return ""

    @abstractmethod
    def distance(self, first: Answer, second: Answer) -> float:
        """Disagreement of two answers, 0 when alike; on the scale of the kind's metric."""

    def credit(self, answer: Answer, known: Answer) -> float | None:
        """How much of what is ``known`` to be right an answer gives, 0 to 1; None where it is yes or no."""
        return None

    def values(self, answer: Answer) -> dict[str, float]:
        """Numbers that an answer stands for, by unit within the item ("" or a completion)."""
        return {}

    @property
    def whole(self) -> bool:
        """Whether agreement compares answers whole, by ``distance``, and not by their ``values``."""
        return type(self).values is Question.values

    def value_words(self, value: float) -> str:
        """One of the ``values``, for a reader."""
        return f"{value:g}"

    @property
    def metric(self) -> str:
        """Krippendorff's metric for ``values``: nominal, ordinal, interval or ratio."""
        return "nominal"

    @property
    def scale(self) -> Sequence[int]:
        """The ``values`` that may be given, ascending; empty where they are not a few numbers."""
        return ()

    @property
    def signed(self) -> bool:
        """Whether the sign of a value names a side and 0 is a tie."""
        return False

    @abstractmethod
    def columns(self, answer: Answer) -> dict[str, Any]:
        """Flat cells for tabular exports."""

    def words(self, answer: Answer) -> str:
        """The answer for a reader, completions named A, B, … in the item's own order."""
        cells = ((column, value) for column, value in self.columns(answer).items())
        return ", ".join(f"{column} {value}".strip() for column, value in cells)

    @abstractmethod
    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        """JSON schema of a judge's answer, completions named A, B, … in the order it sees them."""

    @abstractmethod
    def judge_instruction(self, *, completions: int) -> str:
        """The question in words, for a judge's prompt."""

    def judge_material(self, texts: Texts) -> str:
        """What a judge is shown beside these texts, such as their parts by number; mostly nothing."""
        return ""

    @abstractmethod
    def from_judge(self, payload: object, *, completions: int) -> Answer:
        """The answer in the order the judge saw. Raises ``InvalidAnswer``."""

    def located(self, answer: Answer, texts: Texts) -> Answer:
        """A judge's answer, in which parts of texts are quoted, with their places in ``texts``.

        What cannot be placed for certain is left out and counted. Raises ``InvalidAnswer``.
        """
        return self.fit(answer, texts)

    @property
    def suggestions(self) -> str:
        """When annotators see a judge's answer to this question: "off", "after" or "before" their own.

        Of kinds without a setting for it the project's own decides, which leaves out answers about
        parts of texts.
        """
        return str(getattr(self.config, "suggestions", "off"))

    def to_begin_with(self, answer: Answer, texts: Texts) -> Answer | None:
        """A judge's answer (own order) as it is filled in before the own one; None where it is not."""
        return None

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        """One answer of a judge's several (own order); None when they contradict each other."""
        return answers[0]

    @abstractmethod
    def examples(self) -> list[Answer]:
        """A few valid answers (for two completions), for documentation and tests."""

    def context(self, shown: Shown) -> dict[str, Any]:
        labels = [
            f"{self.field}-title",
            *([f"{self.field}-criterion"] * bool(self.config.criterion)),
        ]
        return {
            "question": self,
            "config": self.config,
            "field": self.field,
            "shown": shown,
            "labelled_by": " ".join(labels),
        }

    def html(self, shown: Shown) -> SafeString:
        """The question's fields for a page, with what is filled in already."""
        return render_to_string(f"questions/{self.kind}.html", self.context(shown))
