"""What an import passes on from reading to storing, and what it counts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from annotate.formats.base import (
    ParsedItem,
    ParsedLabel,
    shorten,
)
from annotate.questions import Answers

MOST_FAULTS = 1_000
LONGEST_FAULT = 500


@dataclass
class Result:
    """What came of an import so far. ``faults`` holds the first thousand."""

    lines: int = 0
    added: int = 0
    present: int = 0
    labels: int = 0
    labels_present: int = 0
    gold: int = 0
    bad: int = 0
    conflicts: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def summary(self) -> str:
        """What came of it in one line."""
        parts = [
            f"{self.added:,} items added",
            f"{self.present:,} there already" if self.present else "",
            f"{self.labels:,} labels added",
            f"{self.labels_present:,} labels there already" if self.labels_present else "",
            f"{self.gold:,} items made gold" if self.gold else "",
            f"{self.conflicts:,} conflicts" if self.conflicts else "",
            f"{self.bad:,} faults" if self.bad else "",
        ]
        return ", ".join(part for part in parts if part) + "."

    def add(self, other: "Result") -> None:
        """Count what ``other`` counted as well."""
        for name, value in vars(other).items():
            if name != "faults":
                setattr(self, name, getattr(self, name) + value)
        self.faults += other.faults[: MOST_FAULTS - len(self.faults)]

    def fault(self, line: int, message: str, *, conflict: bool = False) -> None:
        """Count what is wrong with a line, and note it while there is room."""
        if conflict:
            self.conflicts += 1
        else:
            self.bad += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append({"line": line, "message": shorten(message, LONGEST_FAULT)})


class Lines(Protocol):
    """A binary file that is read bit by bit."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, limit: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


@dataclass
class Place:
    """How far into a file an import has come: the next line's number and its byte offset.

    ``record`` counts the elements before it in a file that is one array.
    """

    line: int = 1
    offset: int = 0
    record: int = 0


@dataclass(slots=True)
class Label:
    parsed: ParsedLabel
    answers: Answers
    raw: str | None
    suggestions: str | None = None

    @property
    def annotator(self) -> tuple[str, str, int]:
        return self.parsed.kind, self.parsed.annotator, self.parsed.version


def named(record: int, message: str) -> str:
    """A fault with the number of the element of an array that it is of, if it is of one."""
    return f"record {record:,}: {message}" if record else message


def _names(media: Sequence[Mapping[str, Any]]) -> list[str]:
    return [one["file"] for one in media]


@dataclass(slots=True)
class Row:
    """One line of a batch on its way into the database."""

    line: int
    item: ParsedItem
    key: str
    prompt_hash: str
    text_hashes: list[str]
    labels: list[Label]
    # JSON texts of messages, contexts and metadata.
    json: tuple[str, str, str]
    pk: int = 0
    gold: Answers | None = None
    # Its number in a file that is one array, else 0.
    record: int = 0

    # Names of the files that the item shows.
    files: Sequence[str] = ()

    def fault(self, result: Result, message: str, *, conflict: bool = False) -> None:
        result.fault(self.line, named(self.record, message), conflict=conflict)

    @property
    def identity(self) -> str:
        """What makes it the same item: hashes of its texts, and the files of its completions.

        Those of its prompt are in the prompt's hash.
        """
        pairs = zip(self.text_hashes, self.item.completions, strict=True)
        return self.prompt_hash + "".join(
            digest + (json.dumps(_names(one.media), ensure_ascii=False) if one.media else "")
            for digest, one in pairs
        )
