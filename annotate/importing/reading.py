"""From lines to rows that are ready to be stored, without a query."""

import json
from collections.abc import Iterable, Iterator
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
from annotate.importing.pieces import Piece, Pieces
from annotate.importing.rows import Label, Place, Result, Row, named
from annotate.questions import Answers, IncompleteAnswers, Questions
from annotate.questions.base.text import RefusedText, check_texts


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

    def read(self, pieces: Pieces, place: Place) -> Batch | None:
        """The batch at ``place``, where ``pieces`` stand; None at the file's end."""
        found, end = pieces.read(place)
        if not found:
            return None
        result = Result()
        with collection_paused():
            return Batch(self.rows(found, result), result, end)

    def rows(self, pieces: Iterable[Piece], result: Result) -> list[Row]:
        found = []
        for piece in pieces:
            if isinstance(piece.content, bytes | str) and not piece.content.strip():
                continue
            result.lines += 1
            try:
                row = self._row(piece, result)
            except BadLine as fault:
                result.fault(piece.line, named(piece.record, str(fault)))
            else:
                if row is not None:
                    found.append(row)
        return found

    @staticmethod
    def _read(piece: Piece, result: Result) -> Json:
        """The record of a piece. Raises ``BadLine``."""
        content = piece.content
        if isinstance(content, BadLine):
            raise content
        if isinstance(content, list):
            return {"rows": list(_rows(content, result))}
        line = _text(content)
        record = _record(line)
        check_strings(line, record)
        return record

    def _row(self, piece: Piece, result: Result) -> Row | None:
        item = self.importer.parse(self._read(piece, result))
        if item is None:
            return None
        for line, fault in item.faults:
            result.fault(line, fault)
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
        row = Row(
            line=piece.line,
            item=item,
            key=item.key or item_hash(prompt, _identities(item, texts))[:32],
            prompt_hash=prompt,
            text_hashes=texts,
            labels=[],
            json=(messages, contexts, metadata),
            files=item.files,
            record=piece.record,
        )
        row.gold = self._gold(row, result) if item.gold else None
        labels = (self._label(row, *one, result) for one in enumerate(item.labels, start=1))
        row.labels = [label for label in labels if label is not None]
        return row

    def _gold(self, row: Row, result: Result) -> Answers | None:
        """None for gold that does not fit the form, or holds nothing that can be compared."""
        item = row.item
        try:
            answers = self.questions.parse(
                item.gold, completions=len(item.completions), complete=False, texts=item.texts
            )
        except IncompleteAnswers as fault:
            row.fault(result, f"gold: {fault}")
            return None
        kept = comparable(self.questions, answers)
        if not kept:
            row.fault(result, "gold: nothing in it can be compared; give more than a text")
        return kept or None

    def _label(self, row: Row, place: int, parsed: ParsedLabel, result: Result) -> Label | None:
        """None for a label that does not fit the form; the item and its other labels stay."""
        item, who = row.item, f"label {place} by {brief(parsed.annotator)}"
        for fault in parsed.faults:
            row.fault(result, f"{who}: {fault}")
        try:
            raw = None if parsed.raw is None else _json(parsed.raw)
            suggestions = None if parsed.suggestions is None else _json(parsed.suggestions)
            answers = self.questions.parse(
                parsed.answers, completions=len(item.completions), complete=False, texts=item.texts
            )
        except (IncompleteAnswers, BadLine) as fault:
            row.fault(result, f"{who}: {fault}")
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
    try:
        text = line.decode()
    except UnicodeDecodeError as fault:
        raise BadLine(
            f"is not UTF-8 (byte {fault.start + 1} is 0x{line[fault.start]:02x}); save it as UTF-8"
        ) from fault
    return text.removeprefix("\ufeff")


def _rows(rows: list[tuple[int, bytes]], result: Result) -> Iterator[tuple[int, str]]:
    """The rows of a group without line breaks; those that cannot be read are reported."""
    for number, row in rows:
        try:
            text = _text(row).removesuffix("\n").removesuffix("\r")
            check_texts(text)
        except (BadLine, RefusedText) as fault:
            result.fault(number, str(fault))
        else:
            yield number, text


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
