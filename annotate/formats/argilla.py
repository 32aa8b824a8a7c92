"""Argilla's records with answers to span questions: a JSON array, or a record a line.

As ``Dataset.records.to_json`` writes them: ``id``, ``fields``, ``metadata``, ``suggestions`` and
``responses`` by question, each response with ``value`` and ``user_id``; or as the API has them, with
suggestions as a list and responses as ``{"values": {question: {"value"}}, "user_id", "status"}``. The
value of a span question is a list of ``{"label", "start", "end"}``, empty where there is nothing.

Spans quote no text, and what offsets count depends on who wrote them: the library code points, the
browser UTF-16 units (argilla issue 5729). Where both differ, the option ``offsets`` has to say which.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from annotate.formats.base import (
    ARRAY,
    LONGEST_NAME,
    ArrayExporter,
    BadLine,
    ExportedItem,
    ExportedLabel,
    Importer,
    Json,
    Option,
    ParsedItem,
    ParsedLabel,
    Setting,
    brief,
    list_of,
    object_of,
)
from annotate.formats.foreign import (
    COMPLETIONS,
    CONTEXTS,
    PROMPT,
    Fields,
    completions_of,
    contexts_of,
    fields_of,
    prompt_of,
    texts_of,
    written,
)
from annotate.formats.marking import (
    LABELS,
    OFFSETS,
    POINTS,
    UNITS,
    Marks,
    Unread,
    counted,
    names_of_labels,
    names_of_severities,
)
from annotate.offsets import Target, Texts, Utf16, WrongRange
from annotate.questions import Questions

QUESTION = Option("question", "The question about spans that spans answer")
NAME = Option("name", "What the span question is called in Argilla, if otherwise")
DISCARDED = "discarded"
_FIELD = re.compile(r"_(completion|context)_(\d{1,2})$")


class _Given(NamedTuple):
    """One annotator's values, by the question's name there."""

    annotator: str
    kind: str
    values: dict[str, object]


class ArgillaImport(Importer):
    name = "argilla"
    title = "Argilla records"
    about = "Records with responses and suggestions to span questions."
    container = ARRAY
    settings = (
        QUESTION,
        NAME,
        PROMPT,
        COMPLETIONS,
        CONTEXTS,
        OFFSETS,
        Option("source", "Name of the set", "argilla"),
        LABELS,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.question = self.asked("spans", self.options["question"], preset="mqm")
        self.labels = names_of_labels(self.question, self.options["labels"])
        self.severities = names_of_severities(self.question)
        self.named = self.options["name"] or self.question.name

    def parse(self, record: Json) -> ParsedItem:
        data = object_of(record.get("fields"), "'fields'")
        fields = fields_of(data, self.options)
        texts = texts_of(data, fields)
        names = record.get("annotators")
        return ParsedItem(
            key=_key(record),
            messages=prompt_of(data, fields),
            contexts=contexts_of(data, fields),
            completions=completions_of(data, fields),
            source=self.options["source"],
            metadata=object_of(record.get("metadata") or {}, "'metadata'")
            | {name: value for name, value in data.items() if name not in fields.names},
            labels=[
                label
                for given in _given(record, names if isinstance(names, dict) else {})
                if (label := self._label(given, texts, fields)) is not None
            ],
        )

    def _label(self, given: _Given, texts: Texts, fields: Fields) -> ParsedLabel | None:
        """None where it answers other questions alone."""
        marks = Marks(self.question, texts, self.labels, self.severities)
        clean, faults, answered = [], [], False
        for name, value in given.values.items():
            target = self._target(name, fields)
            if target is None:
                continue
            answered = True
            if not isinstance(value, list):
                faults.append(f"{name} is {brief(value)}; write a list of spans")
                continue
            for number, one in enumerate(value, start=1):
                self._mark(f"{name} span {number}", one, target, texts, marks)
            if not value and "completion" in target:
                clean.append(target["completion"])
        if not answered:
            return None
        return ParsedLabel(
            annotator=given.annotator[:LONGEST_NAME],
            kind=given.kind,
            answers=marks.answer(clean=clean),
            raw=given.values,
            faults=[*faults, *marks.faults],
        )

    def _target(self, name: str, fields: Fields) -> Json | None:
        """A question there is about one field: ours are named for it, others are about the first."""
        if (found := _FIELD.search(name)) and name[: found.start()] == self.named:
            return fields.target(found[0][1:])
        return {"completion": 0} if name == self.named else None

    def _mark(self, what: str, given: object, target: Json, texts: Texts, marks: Marks) -> None:
        span = object_of(given, what)
        text = texts.text(Target.of(target))
        try:
            quoted = span.get("text")
            where = span.get("start"), span.get("end"), quoted
            start, end = counted(text, *where, self.options["offsets"])
        except (Unread, WrongRange) as fault:
            marks.faults.append(f"{what}: {fault}")
            return
        marks.span(what, target, start, end, span.get("label"), text=quoted)


IMPORTER = ArgillaImport


def _key(record: Json) -> str:
    key = record.get("external_id") or record.get("id") or ""
    if not isinstance(key, str | int) or len(str(key)) > 200:
        raise BadLine(f"'id' is {brief(key)}; write a text of up to 200 characters")
    return str(key)


def _given(record: Json, names: Mapping[str, object]) -> Iterator[_Given]:
    """Who said what, in either of both forms; what was discarded is no label."""
    by_user: dict[str, dict[str, object]] = {}
    responses = record.get("responses")
    if isinstance(responses, dict):
        for question in responses:
            for one in list_of(responses, question):
                given = object_of(one, f"a response to {question}")
                if given.get("status") != DISCARDED:
                    user = str(given.get("user_id") or "unknown")
                    by_user.setdefault(user, {})[question] = given.get("value")
    else:
        for one in list_of(record, "responses"):
            given = object_of(one, "a response")
            if given.get("status") != DISCARDED:
                values = object_of(given.get("values") or {}, "'values'")
                user = str(given.get("user_id") or "unknown")
                by_user.setdefault(user, {}).update(_values(values))
    for user, values in by_user.items():
        yield _Given(str(names.get(user, user)), "human", values)
    by_agent: dict[str, dict[str, object]] = {}
    for question, suggestion in _suggestions(record):
        agent = str(suggestion.get("agent") or "suggestion")
        by_agent.setdefault(agent, {})[question] = suggestion.get("value")
    for agent, values in by_agent.items():
        yield _Given(agent, "llm", values)


def _values(values: Json) -> dict[str, object]:
    return {
        question: one.get("value") if isinstance(one, dict) else one
        for question, one in values.items()
    }


def _suggestions(record: Json) -> Iterator[tuple[str, Json]]:
    given = record.get("suggestions") or {}
    if isinstance(given, dict):
        for question, one in given.items():
            yield question, object_of(one, f"the suggestion for {question}")
        return
    for one in list_of(record, "suggestions"):
        suggestion = object_of(one, "a suggestion")
        yield str(suggestion.get("question_name", "")), suggestion


# ------------------------------------------------------------------------------------------ export


class ArgillaExport(ArrayExporter):
    name = "argilla"
    title = "Argilla records"
    about = "Records with people's spans as responses and an LLM's as suggestions."
    settings = (
        QUESTION,
        NAME,
        Option("offsets", "What offsets count", POINTS, (POINTS, UNITS)),
    )

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.question = self.asked("spans", self.options["question"], preset="mqm")
        self.named = self.options["name"] or self.question.name

    def row(self, item: ExportedItem) -> Json:
        data, fields = written(item)
        if item.is_chat:
            data["prompt"] = item.prompt  # fields are texts alone
        responses: dict[str, list[Json]] = {}
        suggestions: Json = {}
        annotators: dict[str, str] = {}
        for label in item.labels:
            answer = label.answers.get(self.question.name)
            for name, value in self._values(answer, data, fields) if answer else ():
                if label.kind != "human":
                    self._suggest(suggestions, name, {"value": value, "agent": label.annotator})
                    continue
                user = _user(label)
                annotators[user] = label.annotator
                responses.setdefault(name, []).append({"value": value, "user_id": user})
        return {
            "id": item.key,
            "fields": data,
            "metadata": item.metadata,
            "suggestions": suggestions,
            "responses": responses,
            "vectors": {},
            "annotators": annotators,
        }

    def _suggest(self, suggestions: Json, name: str, given: Json) -> None:
        """Argilla has one suggestion a question; the first judge's stands."""
        if name in suggestions:
            self.left_out["judges' answers beyond one suggestion a question"] += 1
        else:
            suggestions[name] = {"value": given["value"], "score": None, "agent": given["agent"]}

    def _values(self, answer: Json, data: Json, fields: Fields) -> Iterator[tuple[str, list[Json]]]:
        """By the question there: one for each text that the answer says something of."""
        alone = len(fields.completions) == 1 and not any("context" in s for s in answer["spans"])
        for kind, names in (("completion", fields.completions), ("context", fields.contexts)):
            for place, field in enumerate(names):
                spans = [one for one in answer["spans"] if one.get(kind) == place]
                clean = kind == "completion" and place in answer.get("clean", ())
                if spans or clean:
                    named = self.named if alone else f"{self.named}_{field}"
                    yield named, [self._span(one, data[field]) for one in spans]
        if lost := len(answer.get("missing", ())):
            self.left_out["parts that are missing, which have no place"] += lost

    def _span(self, span: Json, text: str) -> Json:
        start, end = span["start"], span["end"]
        if self.options["offsets"] == UNITS:
            utf16 = Utf16(text)
            start, end = utf16.to_units(start), utf16.to_units(end)
        return {"label": span["label"], "start": start, "end": end}


EXPORTER = ArgillaExport


def _user(label: ExportedLabel) -> str:
    """Argilla knows users by UUID: the annotator's name where it is one, else one made of it."""
    try:
        return str(UUID(label.annotator))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"annotator:{label.annotator}"))
