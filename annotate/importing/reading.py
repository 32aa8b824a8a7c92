"""From lines to rows that are ready to be stored, without a query."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from annotate.formats.base import (
    BadLine,
    Importer,
    Json,
    ParsedItem,
    ParsedLabel,
    brief,
    check_strings,
)
from annotate.garbage import collection_paused
from annotate.gold import comparable
from annotate.hashes import canonical_json, item_hash, prompt_hash_of_json, text_hash
from annotate.importing.rows import Label, Lines, Place, Result, Row
from annotate.questions import Answers, IncompleteAnswers, Questions

BATCH_LINES = 2_500
BATCH_BYTES = 16 * 2**20
LONGEST_LINE = 64 * 2**20


def go_to(file: Lines, place: Place, importer: Importer) -> None:
    """Pass over what was imported before, and let the format recall what it needs of it."""
    if not importer.recalls:
        file.seek(place.offset)
        return
    file.seek(0)
    left = place.offset
    while left > 0 and (line := file.readline(min(left, LONGEST_LINE))):
        importer.look_back(line)
        left -= len(line)


def _read_lines(file: Lines, place: Place) -> tuple[list[tuple[int, bytes]], Place]:
    """The next lines with their numbers, and the place behind them."""
    lines: list[tuple[int, bytes]] = []
    number, size = place.line, 0
    while len(lines) < BATCH_LINES and size < BATCH_BYTES:
        line = file.readline(LONGEST_LINE)
        if not line:
            break
        size += len(line)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line, skipped = _TOO_LONG, _skip_line(file)
            size += skipped
        lines.append((number, line))
        number += 1
    return lines, Place(number, place.offset + size)


def _skip_line(file: Lines) -> int:
    """Pass over the rest of a line; how many bytes it had."""
    skipped = 0
    while part := file.readline(LONGEST_LINE):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


_TOO_LONG = b"\x00"


def _refuse_constant(name: str) -> None:
    raise BadLine(f"{name} is no JSON; write a number or null")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


@dataclass(slots=True)
class Batch:
    rows: list[Row]
    # Lines and faults of this batch alone.
    result: Result
    end: Place


class Reader:
    """Turns lines into rows that are ready to be stored. Asks the database nothing."""

    def __init__(self, questions: Questions, importer: Importer) -> None:
        self.questions = questions
        self.importer = importer
        self.needed = max(question.least_completions for question in questions)

    def read(self, file: Lines, place: Place) -> Batch | None:
        """The batch at ``place``, where ``file`` stands; None at the file's end."""
        lines, end = _read_lines(file, place)
        if not lines:
            return None
        result = Result()
        with collection_paused():
            return Batch(self.rows(lines, result), result, end)

    def rows(self, lines: Iterable[tuple[int, bytes | str]], result: Result) -> list[Row]:
        found = []
        for number, line in lines:
            if not line.strip():
                continue
            result.lines += 1
            try:
                row = self._row(number, _text(line), result)
            except BadLine as fault:
                result.fault(number, str(fault))
            else:
                if row is not None:
                    found.append(row)
        return found

    def _row(self, number: int, line: str, result: Result) -> Row | None:
        record = _record(line)
        check_strings(line, record)
        item = self.importer.parse(record)
        if item is None:
            return None
        if len(item.completions) < self.needed:
            raise BadLine(
                f"has {len(item.completions)} completions, but the form asks about "
                f"{self.needed}; add the others"
            )
        messages = canonical_json(item.messages)
        contexts = canonical_json(item.contexts) if item.contexts else "[]"
        metadata = _json(item.metadata) if item.metadata else "{}"
        prompt = prompt_hash_of_json(messages, contexts)
        texts = [text_hash(completion.text) for completion in item.completions]
        return Row(
            line=number,
            item=item,
            key=item.key or item_hash(prompt, _identities(item, texts))[:32],
            prompt_hash=prompt,
            text_hashes=texts,
            labels=[
                label
                for place, parsed in enumerate(item.labels, start=1)
                if (label := self._label(number, place, parsed, item, result)) is not None
            ],
            json=(messages, contexts, metadata),
            gold=self._gold(number, item, result) if item.gold else None,
            files=item.files,
        )

    def _gold(self, number: int, item: ParsedItem, result: Result) -> Answers | None:
        """None for gold that does not fit the form, or holds nothing that can be compared."""
        try:
            answers = self.questions.parse(
                item.gold, completions=len(item.completions), complete=False, texts=item.texts
            )
        except IncompleteAnswers as fault:
            result.fault(number, f"gold: {fault}")
            return None
        kept = comparable(self.questions, answers)
        if not kept:
            result.fault(number, "gold: nothing in it can be compared; give more than a text")
        return kept or None

    def _label(
        self, number: int, place: int, parsed: ParsedLabel, item: ParsedItem, result: Result
    ) -> Label | None:
        """None for a label that does not fit the form; the item and its other labels stay."""
        for fault in parsed.faults:
            result.fault(number, f"label {place} by {brief(parsed.annotator)}: {fault}")
        try:
            raw = None if parsed.raw is None else _json(parsed.raw)
            suggestions = None if parsed.suggestions is None else _json(parsed.suggestions)
            answers = self.questions.parse(
                parsed.answers, completions=len(item.completions), complete=False, texts=item.texts
            )
        except (IncompleteAnswers, BadLine) as fault:
            result.fault(number, f"label {place} by {brief(parsed.annotator)}: {fault}")
            return None
        return Label(parsed, answers, raw, suggestions)


def _identities(item: ParsedItem, hashes: list[str]) -> list[str]:
    """What tells completions apart: the hashes of their texts, and their files where they have any."""
    return [
        digest + (canonical_json(one.media) if one.media else "")
        for digest, one in zip(hashes, item.completions, strict=True)
    ]


def _text(line: bytes | str) -> str:
    if isinstance(line, str):
        return line
    if line is _TOO_LONG:
        raise BadLine(f"is longer than {LONGEST_LINE // 2**20} MiB; shorten it")
    try:
        text = line.decode()
    except UnicodeDecodeError as fault:
        raise BadLine(
            f"is not UTF-8 (byte {fault.start + 1} is 0x{line[fault.start]:02x}); save it as UTF-8"
        ) from fault
    return text.removeprefix("\ufeff")


def _record(line: str) -> Json:
    try:
        record = _decode(line)
    except RecursionError as fault:
        raise BadLine("is nested too deeply; flatten it") from fault
    except json.JSONDecodeError as fault:
        raise BadLine(
            f"is not JSON ({fault.msg} at character {fault.colno}); write one object a line"
        ) from fault
    except ValueError as fault:
        if isinstance(fault, BadLine):
            raise
        raise BadLine("has a number with too many digits; write it as a text") from fault
    if not isinstance(record, dict):
        raise BadLine(f"is {brief(record)}; write one JSON object a line")
    return record


def _json(value: object) -> str:
    try:
        return canonical_json(value)
    except ValueError as fault:
        raise BadLine("has a number that is too large for JSON; write it as a text") from fault
