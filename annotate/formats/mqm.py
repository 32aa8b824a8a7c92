"""Ratings of translations by MQM, as WMT and Marot have them: a table with a row an error.

Tab-separated, without quoting, UTF-8: ``system``, ``doc``, ``docSegId``, ``globalSegId``, ``rater``,
``source``, ``target``, ``category``, ``severity``, ``metadata`` (JSON); older files have ``seg_id``
alone and no metadata. The header may be left out. ``<v>`` and ``</v>`` mark the error in source or
target; a segment without errors has one row of the category no-error. The rows of a segment of one
system are one item, wherever they stand.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from annotate.formats.base import (
    GROUPS,
    KINDS,
    LONGEST_NAME,
    BadLine,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    brief,
    user_turn,
)
from annotate.formats.marking import (
    LABELS,
    Marks,
    Unread,
    names_of_labels,
    names_of_severities,
    plain,
)
from annotate.hashes import text_hash
from annotate.offsets import Target, Texts
from annotate.questions import Questions
from annotate.questions.base.text import RefusedText, check_texts

COLUMNS = (
    "system",
    "doc",
    "docSegId",
    "globalSegId",
    "rater",
    "source",
    "target",
    "category",
    "severity",
    "metadata",
)
OLDER = ("system", "doc", "doc_id", "seg_id", "rater", "source", "target", "category", "severity")
# Of the item's metadata: what names the segment.
SEGMENT = ("doc", "doc_seg", "seg")
_NAMES = ("system", *SEGMENT, *COLUMNS[4:])
_HEADER = (b"system\tdoc\t", b"\xef\xbb\xbfsystem\tdoc\t")
LONGEST_KEY = 200
NO_ERROR = "no-error"
PROMPT = "Translate the text."
SOURCE_TITLE = "Source"
QUESTION = Option("question", "The question about spans that errors answer")
_MARK = re.compile(r"<(/?)v>")
_LATEST = 253402300799999  # milliseconds: the end of the year 9999


class Row(NamedTuple):
    line: int
    cells: Mapping[str, str]

    @property
    def segment(self) -> tuple[str, ...]:
        return tuple(self.cells[name] for name in ("system", *SEGMENT))

    def side(self, name: str) -> str:
        """Source or target without marks."""
        return _MARK.sub("", self.cells[name])

    @property
    def is_clean(self) -> bool:
        return plain(self.cells["category"]) == plain(NO_ERROR)


class MqmImport(Importer):
    name = "mqm"
    title = "MQM ratings of translations (TSV)"
    about = "WMT's tables: a row an error, marked by <v> in source or target, with severity."
    container = GROUPS
    settings = (
        QUESTION,
        Option("prompt", "What items ask for", PROMPT),
        Option("kind", "What raters are", default="human", choices=KINDS),
        Option("source", "Name of the set", "mqm"),
        LABELS,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.spans = self.asked("spans", self.options["question"], preset="mqm")
        self.labels = names_of_labels(self.spans, self.options["labels"])
        self.severities = names_of_severities(self.spans)

    def group_of(self, row: bytes) -> bytes | None:
        if not row.strip() or row.startswith(_HEADER):
            return None
        if row.count(b"\t") + 1 not in (len(OLDER), len(COLUMNS)):
            return row
        return b"\t".join(row.split(b"\t", 4)[:4])

    def parse(self, record: Json) -> ParsedItem:
        rows = [_row(line, text) for line, text in record["rows"]]
        if not rows:
            raise BadLine("has no row that can be read")
        faults: list[tuple[int, str]] = []
        texts = Texts([_usual(rows, "target")], [_usual(rows, "source")])
        system, *segment = rows[0].segment
        return ParsedItem(
            key=key_of(*rows[0].segment),
            messages=user_turn(self.options["prompt"]),
            contexts=[{"title": SOURCE_TITLE, "text": texts.contexts[0]}],
            completions=[ParsedCompletion(texts.completions[0], system[:LONGEST_NAME])],
            source=self.options["source"],
            metadata=dict(zip(SEGMENT, segment, strict=True)),
            labels=[
                label
                for rater, of_rater in _by_rater(rows).items()
                if (label := self._label(rater, of_rater, texts, faults)) is not None
            ],
            faults=faults,
        )

    def _label(
        self, rater: str, rows: Sequence[Row], texts: Texts, faults: list[tuple[int, str]]
    ) -> ParsedLabel | None:
        """None where nothing of it can be read."""
        marks = Marks(self.spans, texts, self.labels, self.severities)
        metadata = [_metadata(row) for row in rows]
        for row, more in zip(rows, metadata, strict=True):
            if not row.is_clean:
                self._mark(marks, row, more)
            faults += [(row.line, fault) for fault in marks.faults]
            marks.faults.clear()
        answers = marks.answer(clean=[0] if all(row.is_clean for row in rows) else [])
        if not answers:
            return None
        return ParsedLabel(
            annotator=rater[:LONGEST_NAME],
            kind=self.options["kind"],
            answers=answers,
            created_at=_time(metadata),
            raw={"rows": [_raw(*one) for one in zip(rows, metadata, strict=True)]},
        )

    def _mark(self, marks: Marks, row: Row, metadata: Json) -> None:
        cells, what = row.cells, f"rater {brief(row.cells['rater'])}"
        note = metadata.get("note")
        more = {
            "severity": cells["severity"] or None,
            "comment": note if isinstance(note, str) else "",
        }
        found = 0
        for side, target in (("target", {"completion": 0}), ("source", {"context": 0})):
            try:
                ranges = _marked(cells[side])
            except Unread as fault:
                marks.faults.append(f"{what}: the {side} {fault}")
                return
            if ranges and row.side(side) != marks.texts.text(Target.of(target)):
                marks.faults.append(
                    f"{what}: the {side} is another text than in most rows of the segment; make them one"
                )
                return
            found += len(ranges)
            for start, end in ranges:
                marks.span(what, target, start, end, cells["category"], **more)
        if not found:
            marks.lack(what, 0, cells["category"], **more)


IMPORTER = MqmImport


def key_of(system: str, *segment: str) -> str:
    """The item's key: unique for a system's translation of a segment."""
    key = ":".join([*segment, system])
    return key if len(key) <= LONGEST_KEY else text_hash("\t".join([*segment, system]))


def _row(line: int, text: str) -> Row:
    cells = text.split("\t")
    if len(cells) == len(OLDER):
        cells = [*cells, ""]
    if len(cells) != len(COLUMNS):
        raise BadLine(
            f"has {len(cells)} cells; write {len(COLUMNS)}, parted by tabs: {', '.join(COLUMNS)}"
        )
    return Row(line, dict(zip(_NAMES, cells, strict=True)))


def _usual(rows: Sequence[Row], side: str) -> str:
    """The text that most rows have, of several the first."""
    return Counter(row.side(side) for row in rows).most_common(1)[0][0]


def _by_rater(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows without a rater tell of the segment alone."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.cells["rater"].strip():
            found.setdefault(row.cells["rater"], []).append(row)
    return found


def _marked(text: str) -> list[tuple[int, int]]:
    """The ranges between marks, in the text without them. Raises ``Unread``."""
    found, start, marks = [], None, 0
    for mark in _MARK.finditer(text):
        closes, at = bool(mark[1]), mark.start() - marks
        marks += len(mark[0])
        if closes == (start is None):
            raise Unread("has marks that are not in pairs; write <v> before an error, </v> behind")
        if start is None:
            start = at
        else:
            found.append((start, at))
            start = None
    if start is not None:
        raise Unread("has a <v> that is not closed; write </v> behind the error")
    return found


def _metadata(row: Row) -> Json:
    """The last column as JSON; anything else there is a note, as in older files."""
    text = row.cells["metadata"]
    try:
        found = json.loads(text) if text.strip() else {}
        check_texts(found)
    except (ValueError, RecursionError, RefusedText):
        found = text
    return found if isinstance(found, dict) else {"note": text}


def _raw(row: Row, metadata: Json) -> Json:
    found: Json = {name: row.cells[name] for name in ("category", "severity")}
    return found | {"metadata": metadata} if metadata else found


def _time(metadata: Sequence[Json]) -> datetime | None:
    """Of the first row that has one, in milliseconds since 1970."""
    for one in metadata:
        stamp = one.get("timestamp")
        if isinstance(stamp, int | float) and 0 < stamp < _LATEST:
            return datetime.fromtimestamp(stamp / 1000, UTC)
    return None
