"""Tandem's own JSON Lines: an item a line, with its completions and all of its labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotate.formats.base import (
    GOLD_USES,
    KINDS,
    LONGEST_NAME,
    MOST_COMPLETIONS,
    PURPOSES,
    BadLine,
    ExportedItem,
    ExportedLabel,
    Exporter,
    Importer,
    Json,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    Setting,
    brief,
    list_of,
    messages_of,
    object_of,
    only,
    seconds_of,
    text_of,
    time_of,
    user_turn,
)
from annotate.formats.files import media_of
from annotate.questions import Questions
from annotate.tags import BadTag, queue_of, read_tags, tags_of

ITEM = frozenset(
    {
        "key",
        "prompt",
        "messages",
        "contexts",
        "completions",
        "source",
        "metadata",
        "overlap",
        "requires",
        "tags",
        "gold",
        "gold_note",
        "gold_use",
        "labels",
        # Written by the export and made anew by the program that reads it:
        "aggregates",
        "evaluation",
        # Compared with the form's: see ``_check_criteria``.
        "criteria",
    }
)
LONGEST_NOTE = LONGEST_REASON = 2_000
COMPLETION = frozenset({"text", "generator", "media", "steps"})
_PLAIN = frozenset({"text", "generator"})
CONTEXT = frozenset({"title", "text", "media"})
LABEL = frozenset(
    {
        "annotator",
        "kind",
        "version",
        "description",
        "purpose",
        "answers",
        "seconds_spent",
        "active_seconds",
        "focused_seconds",
        "created_at",
        "order",
        "raw",
        "suggestions",
        "reason",
    }
)


class TandemImport(Importer):
    name = "tandem"
    title = "Tandem JSON Lines"
    about = "Everything Tandem knows about an item: prompt, completions, labels by anyone."

    def parse(self, record: Json) -> ParsedItem:
        only(record, ITEM, "the item", "put what is your own into 'metadata'")
        completions = list_of(record, "completions")
        if not 1 <= len(completions) <= MOST_COMPLETIONS:
            raise BadLine(f"has {len(completions)} completions; give 1 to {MOST_COMPLETIONS}")
        labels = [
            _label(one, n, completions=len(completions))
            for n, one in enumerate(list_of(record, "labels"), start=1)
        ]
        if record.get("criteria"):
            self._check_criteria(object_of(record["criteria"], "'criteria'"), labels)
        return ParsedItem(
            key=text_of(record, "key", default="", longest=200),
            messages=_messages(record),
            contexts=[_context(one, n) for n, one in enumerate(list_of(record, "contexts"), 1)],
            completions=[_completion(one, n) for n, one in enumerate(completions, start=1)],
            source=text_of(record, "source", default="", longest=100),
            metadata=object_of(record.get("metadata") or {}, "'metadata'"),
            overlap=_overlap(record.get("overlap")),
            queue=_queue(record),
            tags=_tags(record, "tags"),
            gold=object_of(record["gold"], "'gold'") if record.get("gold") else None,
            gold_note=text_of(record, "gold_note", default="", longest=LONGEST_NOTE),
            gold_use=_one_of(record, "gold_use", GOLD_USES),
            labels=labels,
        )

    def _check_criteria(self, criteria: Json, labels: Sequence[ParsedLabel]) -> None:
        """Answers given under one criterion are none under another. Raises ``BadLine``."""
        answered = {name for label in labels for name in label.answers}
        for name, criterion in criteria.items():
            question = self.questions.named(name)
            if question is not None and name in answered and question.config.criterion != criterion:
                own = brief(question.config.criterion) if question.config.criterion else "none"
                raise BadLine(
                    f"{name!r} was answered by the criterion {brief(criterion)}, and the form has "
                    f"{own} for it; give the question a name of its own in the file or the form"
                )


class TandemExport(Exporter):
    name = "tandem"
    title = "Tandem JSON Lines"
    about = "Everything: each item with its current labels and aggregates. Can be imported again."

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.described: set[tuple[str, str, int]] = set()
        self.criteria = questions.criteria

    def row(self, item: ExportedItem) -> Json:
        parts = {
            "key": item.key,
            "messages": item.messages,
            "contexts": item.contexts,
            "completions": [_written(one) for one in item.completions],
            "source": item.source,
            "metadata": item.metadata,
            "evaluation": item.evaluation,
            "labels": [self._label(label) for label in item.labels],
            "aggregates": _aggregates(item),
        }
        if self.criteria:
            parts["criteria"] = self.criteria
        aside = item.gold is not None and item.gold_use != GOLD_USES[0]
        if item.overlap != self.setting.overlap and not aside:
            parts["overlap"] = item.overlap
        if item.queue:
            parts["requires"] = tags_of(item.queue)
        if item.tags:
            parts["tags"] = list(item.tags)
        if item.gold is not None:
            parts["gold"] = item.gold
        if item.gold_note:
            parts["gold_note"] = item.gold_note
        if aside:
            parts["gold_use"] = item.gold_use
        return parts

    def _label(self, label: ExportedLabel) -> Json:
        """What is at its default is left out; who labelled is described once a file."""
        who = (label.kind, label.annotator, label.version)
        parts: Json = {"annotator": label.annotator, "kind": label.kind, "answers": label.answers}
        if label.version != 1:
            parts["version"] = label.version
        if label.description and who not in self.described:
            self.described.add(who)
            parts["description"] = label.description
        if label.purpose != PURPOSES[0]:
            parts["purpose"] = label.purpose
        more = {
            "seconds_spent": label.wall_seconds,
            "active_seconds": label.active_seconds,
            "focused_seconds": label.focused_seconds,
            "order": label.order,
            "raw": label.raw,
            "suggestions": label.suggestions,
            "reason": label.reason or None,
        }
        parts |= {name: value for name, value in more.items() if value is not None}
        parts["created_at"] = label.created_at.isoformat()
        return parts


IMPORTER = TandemImport
EXPORTER = TandemExport


def _messages(record: Json) -> list[Json]:
    if "messages" not in record:
        if "prompt" not in record:
            raise BadLine("'messages' is missing; give the chat, or its only turn as 'prompt'")
        return user_turn(text_of(record, "prompt"))
    if "prompt" in record:
        raise BadLine("'prompt' and 'messages' are both there; leave one out")
    turns = record["messages"]
    if not isinstance(turns, list) or not any(
        isinstance(turn, dict) and "media" in turn for turn in turns
    ):
        return messages_of(turns)
    return _with_media(turns)


def _with_media(turns: list[Any]) -> list[Json]:
    """Turns of which some show files."""
    files = [
        media_of(turn, f"turn {number} of 'messages'") if isinstance(turn, dict) else []
        for number, turn in enumerate(turns, start=1)
    ]
    bare = [
        {name: value for name, value in turn.items() if name != "media"}
        if isinstance(turn, dict)
        else turn
        for turn in turns
    ]
    return [
        turn | ({"media": media} if media else {})
        for turn, media in zip(messages_of(bare), files, strict=True)
    ]


def _written(one: ParsedCompletion) -> Json:
    parts: Json = {"text": one.text, "generator": one.generator}
    if one.media:
        parts["media"] = list(one.media)
    if one.steps is not None:
        parts["steps"] = [list(step) for step in one.steps]
    return parts


def _completion(value: object, number: int) -> ParsedCompletion:
    if isinstance(value, dict) and _PLAIN.issuperset(value):
        text, generator = value.get("text"), value.get("generator") or ""
        if isinstance(text, str) and isinstance(generator, str) and len(generator) <= LONGEST_NAME:
            return ParsedCompletion(text, generator)
    what = f"completion {number}"
    record = object_of(value, what)
    only(record, COMPLETION, what, "put it into 'metadata'")
    media = media_of(record, what)
    try:
        # What shows a file may have no words.
        text = text_of(record, "text", default="" if media else None)
        generator = text_of(record, "generator", default="", longest=LONGEST_NAME)
    except BadLine as fault:
        raise BadLine(f"{what}: {fault}") from fault
    return ParsedCompletion(text, generator, media, _steps(record, text, what))


def _steps(record: Json, text: str, what: str) -> list[tuple[int, int]] | None:
    """Ranges of ``text`` in order. Raises ``BadLine``."""
    value = record.get("steps")
    if value is None:
        return None
    remedy = "write [[start, end], …] in code points, in order and without overlap"
    after = 0
    for step in value if isinstance(value, list) else [value]:
        pair = isinstance(step, list) and len(step) == 2 and all(type(one) is int for one in step)
        if not pair or not after <= step[0] < step[1] <= len(text):
            raise BadLine(f"{what} has the step {brief(step)}; {remedy}")
        after = step[1]
    return [(start, end) for start, end in value]


def _context(value: object, number: int) -> Json:
    record = object_of(value, f"context {number}")
    only(record, CONTEXT, f"context {number}", "use 'title', 'text' and 'media'")
    media = media_of(record, f"context {number}")
    text = text_of(record, "text", default="" if media else None)
    parts = {"title": text_of(record, "title", default=""), "text": text}
    return parts | {"media": media} if media else parts


def _overlap(value: object) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= 100:
        raise BadLine(f"'overlap' is {brief(value)}; write a number from 1 to 100")
    return value


def _queue(record: Json) -> str:
    try:
        return queue_of(_tags(record, "requires"))
    except BadTag as fault:
        raise BadLine(f"'requires': {fault}") from fault


def _tags(record: Json, name: str) -> list[str]:
    if not record.get(name):
        return []
    tags = list_of(record, name)
    for tag in tags:
        if not isinstance(tag, str):
            raise BadLine(f'{name!r} holds {brief(tag)}; write tags such as "german"')
    try:
        return read_tags(tags)
    except BadTag as fault:
        raise BadLine(f"{name!r}: {fault}") from fault


def _label(value: object, number: int, *, completions: int) -> ParsedLabel:
    what = f"label {number}"
    record = object_of(value, what)
    only(record, LABEL, what, "put it into the label's 'raw'")
    try:
        return ParsedLabel(
            annotator=_annotator(record),
            kind=_one_of(record, "kind", KINDS),
            version=_version(record.get("version", 1)),
            description=text_of(record, "description", default=""),
            purpose=_one_of(record, "purpose", PURPOSES),
            answers=object_of(record.get("answers"), "'answers'"),
            created_at=time_of(record, "created_at"),
            wall_seconds=seconds_of(record, "seconds_spent"),
            active_seconds=seconds_of(record, "active_seconds"),
            focused_seconds=seconds_of(record, "focused_seconds"),
            order=_order(record.get("order"), completions),
            raw=record.get("raw"),
            suggestions=object_of(record["suggestions"], "'suggestions'")
            if record.get("suggestions")
            else None,
            reason=text_of(record, "reason", default="", longest=LONGEST_REASON),
        )
    except BadLine as fault:
        raise BadLine(f"{what}: {fault}") from fault


def _annotator(record: Json) -> str:
    name = text_of(record, "annotator", longest=LONGEST_NAME)
    if not name.strip():
        raise BadLine("'annotator' is empty; name who gave the label")
    return name


def _one_of(record: Json, name: str, allowed: tuple[str, ...]) -> str:
    value: Any = record.get(name, allowed[0])
    if value not in allowed:
        raise BadLine(f"{name!r} is {brief(value)}; use {' or '.join(allowed)}")
    return str(value)


def _version(value: object) -> int:
    if type(value) is not int or not 1 <= value < 2**31:
        raise BadLine(f"'version' is {brief(value)}; write a number from 1")
    return value


def _order(value: object, completions: int) -> list[int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or sorted(map(repr, value)) != sorted(
        map(repr, range(completions))
    ):
        raise BadLine(
            f"'order' is {brief(value)}; write the positions 0 to {completions - 1} as shown"
        )
    return value


def _aggregates(item: ExportedItem) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for (question, source), combined in item.aggregates.items():
        figures = {
            "count": combined.count,
            "mean": combined.mean,
            "majority": combined.majority,
            "share": combined.share,
            "confidence": combined.confidence,
            "data": combined.data,
        }
        found.setdefault(question, {})[source] = {
            name: value for name, value in figures.items() if value is not None
        }
    return found
