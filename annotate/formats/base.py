"""What every format offers: parsing a record to plain data, and writing plain data as a line."""

import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from annotate.offsets import Texts
from annotate.questions import Answers, Question, Questions
from annotate.questions.base.question import Combined
from annotate.questions.base.text import RefusedText, check_texts

Json = dict[str, Any]
ROLES = ("system", "user", "assistant", "tool")
KINDS = ("human", "llm")
PURPOSES = ("work", "review")
GOLD_USES = ("check", "planted", "qualification", "example")
MOST_COMPLETIONS = 26  # pages name them by letters
LONGEST_NAME = 150


class BadLine(ValueError):
    """A line that cannot be imported; the message gives the fault, the value and the remedy."""


class RefusedFile(ValueError):
    """A whole file or set of options that cannot be used; the message says why."""


class ParsedCompletion(NamedTuple):
    text: str
    generator: str = ""
    # Files that it shows: [{"file": str, "alt": str}]
    media: Sequence[Json] = ()
    # Half-open ranges of the text, in code points.
    steps: Sequence[tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class ParsedLabel:
    """One annotator's answers as they stand in the file: not yet checked against a form."""

    annotator: str
    answers: Mapping[str, Any]
    kind: str = "human"
    version: int = 1
    description: str = ""
    purpose: str = "work"
    created_at: datetime | None = None
    wall_seconds: float | None = None
    active_seconds: float | None = None
    focused_seconds: float | None = None
    # order[place on the page] = position in the item's own order.
    order: list[int] | None = None
    raw: Any = None
    # What the annotator was shown of a suggestion, and why a reviewer decided so.
    suggestions: Json | None = None
    reason: str = ""
    # What of it could not be read, to be reported; the rest is imported.
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ParsedItem:
    """``key`` may be empty: then the item is named by the hash of its texts."""

    key: str
    messages: list[Json]
    completions: Sequence[ParsedCompletion]
    contexts: list[Json] = field(default_factory=list)
    source: str = ""
    metadata: Json = field(default_factory=dict)
    overlap: int | None = None
    labels: Sequence[ParsedLabel] = ()
    # The tags that annotators must have, as ``annotate.tags`` names a queue.
    queue: str = ""
    tags: Sequence[str] = ()
    # Answers known to be right, not yet checked against a form, and why.
    gold: Mapping[str, Any] | None = None
    gold_note: str = ""
    # A ``Gold.Use``: what it is for.
    gold_use: str = "check"
    # What of it could not be read, by the number of the line, where its rows have lines of their own.
    faults: Sequence[tuple[int, str]] = ()

    @property
    def files(self) -> list[str]:
        """Names of the files that the item shows."""
        shown = [one["media"] for one in (*self.messages, *self.contexts) if "media" in one]
        shown += [one.media for one in self.completions if one.media]
        return [file["file"] for media in shown for file in media]

    @property
    def texts(self) -> Texts:
        """What labels about parts of it are checked against."""
        return Texts(
            completions=[one.text for one in self.completions],
            contexts=[passage["text"] for passage in self.contexts],
            steps=[one.steps for one in self.completions],
        )


@dataclass(frozen=True)
class Option:
    """A setting of a format; ``choices`` is empty where any text will do."""

    name: str
    title: str
    default: str = ""
    choices: tuple[str, ...] = ()


_encode = json.JSONEncoder(ensure_ascii=False).encode


class Format(ABC):
    """Made once a file; ``options`` that are left out stand at their defaults."""

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    settings: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        """Raises ``RefusedFile`` for options that the format does not have."""
        self.questions = questions
        self.options = {setting.name: setting.default for setting in self.settings}
        for name, value in options.items():
            setting = next((one for one in self.settings if one.name == name), None)
            if setting is None:
                known = ", ".join(self.options) or "none"
                raise RefusedFile(f"{self.name} has no option {name!r}; there are: {known}.")
            if setting.choices and value not in setting.choices:
                choices = ", ".join(setting.choices)
                raise RefusedFile(f"Option {name} cannot be {value!r}; use one of {choices}.")
            self.options[name] = value or setting.default

    def asked(self, kind: str, name: str = "", *, preset: str) -> Question[Any]:
        """The question of that name, or the form's first of the kind. Raises ``RefusedFile``."""
        found = next((q for q in self.questions.of_kind(kind) if name in ("", q.name)), None)
        if found is None:
            named = f" named {name!r}" if name else ""
            raise RefusedFile(
                f"The project's form asks no question of the kind {kind}{named}, which {self.name} "
                f"records answer; use a project made from a preset such as {preset}."
            )
        return found

    def preference(self, name: str = "") -> Question[Any]:
        """The preference of that name, or the project's main one. Raises ``RefusedFile``."""
        if name:
            found = next((q for q in self.questions.of_kind("preference") if q.name == name), None)
        else:
            found = self.questions.main_preference()
        if found is None:
            asked = f"no preference named {name!r}" if name else "no preference"
            raise RefusedFile(
                f"The project's form asks {asked}, which {self.name} rows are about; "
                "use a project made from a preset such as pairwise."
            )
        return found


class ExportedLabel(NamedTuple):
    annotator: str
    kind: str
    version: int
    description: str
    purpose: str
    answers: Answers
    created_at: datetime
    wall_seconds: float | None
    active_seconds: float | None
    focused_seconds: float | None
    order: list[int] | None
    raw: Any
    suggestions: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExportedItem:
    """An item as a snapshot holds it, with the labels that were current then, oldest first."""

    completions: list[ParsedCompletion]
    labels: list[ExportedLabel]
    # By question and source: people, judges, all.
    aggregates: Mapping[tuple[str, str], Combined]
    key: str
    source: str
    messages: list[Json]
    contexts: list[Json]
    metadata: Json
    evaluation: bool
    overlap: int
    queue: str = ""
    tags: Sequence[str] = ()
    gold: Answers | None = None
    gold_note: str = ""
    gold_use: str = "check"

    @property
    def is_chat(self) -> bool:
        """Whether the prompt is more than one turn of a user."""
        return len(self.messages) != 1 or self.messages[0]["role"] != "user"

    @property
    def prompt(self) -> str:
        """The prompt as one text: the turns in order, roles named when there are several."""
        if not self.is_chat:
            return str(self.messages[0]["content"])
        return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in self.messages)


@dataclass(frozen=True)
class Setting:
    """What an exporter may know of the project and of the set that it writes."""

    overlap: int
    # Whether any item's prompt is a chat.
    chats: bool


class Exporter(Format):
    """Writes JSON Lines. ``left_out`` counts, by reason, the items that have no line."""

    extension: ClassVar[str] = "jsonl"
    # What stands before, between and after rows; of JSON Lines a line break after each.
    head: str = ""
    between: str = "\n"
    tail: str = "\n"

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options)
        self.setting = setting or Setting(overlap=1, chats=False)
        self.left_out: Counter[str] = Counter()

    @abstractmethod
    def row(self, item: ExportedItem) -> Json | None:
        """The item's line; None for one that is left out and counted."""

    def rows(self, item: ExportedItem) -> list[Json]:
        """The item's lines, where a format may have several of an item."""
        row = self.row(item)
        return [] if row is None else [row]

    def written(self, row: Json) -> str:
        """A row as it stands in the file."""
        return _encode(row)


class ArrayExporter(Exporter):
    """Writes one JSON array, an element a line."""

    extension = "json"
    head, between, tail = "[\n", ",\n", "\n]\n"


# How the records of a file are told apart.
LINES = "lines"  # one JSON object a line
ARRAY = "array"  # the elements of one JSON array; or one object a line, where the file is none
GROUPS = "groups"  # rows of which several make a record: {"rows": [(number of the line, text)]}
CONTAINERS = {
    LINES: "UTF-8, one JSON object a line.",
    ARRAY: "UTF-8, a JSON array, or one JSON object a line.",
    GROUPS: "UTF-8, a table whose cells are parted by tabs.",
}


class Importer(Format):
    container: ClassVar[str] = LINES
    # Whether a line may need what an earlier one said.
    recalls: ClassVar[bool] = False

    def group_of(self, row: bytes) -> bytes | None:
        """Of ``GROUPS``: what rows of one record share; None for a row that is passed over.

        Asked of every row from the first on.
        """
        raise NotImplementedError

    @abstractmethod
    def parse(self, record: Json) -> ParsedItem | None:
        """The item of one record; None for a record that only helps to read later ones.

        Raises ``BadLine``, or ``RefusedFile`` when no record of this kind can be used.
        """

    def look_back(self, line: bytes) -> None:
        """Recall a line that an earlier part of the import has read."""

    def look_beside(self, path: Path) -> None:
        """Read what belongs to the file at ``path`` and lies in the same folder."""


# ------------------------------------------------------------------------------- checks of parts

_MISSING = object()


def brief(value: object) -> str:
    """A value as a message can quote it."""
    return shorten(repr(value), 60)


def shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def text_of(
    record: Mapping[str, Any], name: str, *, default: str | None = None, longest: int | None = None
) -> str:
    """A text field. Raises ``BadLine`` when it is missing (without ``default``), no text or too long."""
    value = record.get(name, _MISSING)
    if value is _MISSING or (value is None and default is not None):
        if default is None:
            raise BadLine(f"{name!r} is missing; add it")
        return default
    if not isinstance(value, str):
        raise BadLine(f"{name!r} is {brief(value)}; write a text")
    if longest is not None and len(value) > longest:
        raise BadLine(f"{name!r} has {len(value)} characters; shorten it to {longest} at most")
    return value


def list_of(record: Mapping[str, Any], name: str) -> list[Any]:
    value = record.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadLine(f"{name!r} is {brief(value)}; write a list")
    return value


def object_of(value: object, what: str) -> Json:
    if not isinstance(value, dict):
        raise BadLine(f"{what} is {brief(value)}; write an object")
    return value


def only(record: Mapping[str, Any], names: frozenset[str], what: str, remedy: str) -> None:
    """Refuse fields that nothing reads, so that a misspelt one is not lost in silence."""
    if not names.issuperset(record):
        unknown = min(set(record) - names)
        raise BadLine(f"{what} has an unknown field {unknown!r}; {remedy}")


_TURN = frozenset({"role", "content"})


def messages_of(value: object, what: str = "'messages'") -> list[Json]:
    """Chat turns, at least one. Raises ``BadLine``."""
    if not isinstance(value, list) or not value:
        raise BadLine(f"{what} is {brief(value)}; write a list of at least one turn")
    for number, turn in enumerate(value, start=1):
        if (
            not isinstance(turn, dict)
            or turn.get("role") not in ROLES
            or not isinstance(turn.get("content"), str)
            or len(turn) != 2
        ):
            raise BadLine(_fault_of_turn(turn, f"turn {number} of {what}"))
    return value


def _fault_of_turn(turn: object, what: str) -> str:
    if not isinstance(turn, dict):
        return f'{what} is {brief(turn)}; write {{"role": "user", "content": "…"}}'
    if unknown := sorted(set(turn) - _TURN):
        return f"{what} has {unknown[0]!r}, which cannot be shown yet; leave it out"
    if turn.get("role") not in ROLES:
        return f"{what} has the role {brief(turn.get('role'))}; use one of {', '.join(ROLES)}"
    return f"{what} has the content {brief(turn.get('content'))}; write a text"


def user_turn(prompt: str) -> list[Json]:
    return [{"role": "user", "content": prompt}]


def time_of(record: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO 8601 time; without a zone it is UTC."""
    value = record.get(name)
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return when.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as fault:
        raise BadLine(
            f"{name!r} is {brief(value)}; write a time such as 2026-11-20T09:30:00Z"
        ) from fault


def seconds_of(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise BadLine(f"{name!r} is {brief(value)}; write seconds, 0 or more")
    return float(value)


_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def check_strings(line: str, value: object) -> None:
    """Refuse NUL and lone surrogates anywhere in ``value``, which was read from ``line``.

    In valid UTF-8 both can only come from escapes, so that most lines need no walk.
    Raises ``BadLine``.
    """
    if _SUSPECT.search(line):
        try:
            check_texts(value)
        except RefusedText as fault:
            raise BadLine(str(fault)) from fault
