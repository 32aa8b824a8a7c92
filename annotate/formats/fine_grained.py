"""Fine-Grained RLHF's feedback on long-form answers (Wu et al. 2023): a JSON array of questions.

``question``, ``passages`` (lists of a title and sentences), ``gold``, ``prediction 1`` … ``4``,
``feedback`` on the first (``errors`` with offsets in code points, ``missing-info``, both with
sentences of passages as grounds, counted from 1; ``corrected-prediction``) and ``preference``, a
number for each pair of predictions: 1 the first, 2 the second, 0 neither.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from annotate.formats.base import (
    ARRAY,
    KINDS,
    BadLine,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    brief,
    list_of,
    object_of,
    text_of,
    user_turn,
)
from annotate.formats.marking import (
    LABELS,
    Marks,
    edit_question,
    names_of_labels,
    names_of_severities,
)
from annotate.offsets import Texts
from annotate.questions import Question, Questions
from annotate.questions.edit.replacing import difference

ERRORS = ("Irrelevant", "Redundant", "Incoherent", "Wrong-Grounding", "Unverifiable")
LACKS = ("Missing-Answer", "Missing-Major-Auxiliary", "Missing-Minor-Auxiliary")
ANSWERS = 4
PAIRS = list(combinations(range(ANSWERS), 2))
SENTENCES = "passage_sentences"  # of the item's metadata: ranges by passage
QUESTION = Option("question", "The question about spans that errors and gaps answer")
Ranges = list[list[list[int]]]  # [start, end] of sentences by passage


class Asked:
    """What of the form such a record answers."""

    def __init__(self, spans: Question[Any], questions: Questions) -> None:
        self.spans = spans
        self.edit = edit_question(questions)
        self.preferences = [
            (question, PAIRS.index(tuple(sorted(question.config.pair))))
            for question in questions.of_kind("preference")
            if tuple(sorted(question.config.pair)) in PAIRS
        ]

    @property
    def names(self) -> list[str]:
        of_pairs = [question.name for question, _ in self.preferences]
        return [self.spans.name, *([self.edit.name] if self.edit else []), *of_pairs]


class FineGrainedImport(Importer):
    name = "fine_grained"
    title = "Fine-Grained RLHF feedback"
    about = "Error spans, missing information, a correction and preferences between four answers."
    container = ARRAY
    settings = (
        QUESTION,
        Option("annotator", "Who gave the feedback, where records do not say", "qa-feedback"),
        Option("kind", "What that annotator is", default="human", choices=KINDS),
        Option("source", "Name of the set", "qa-feedback"),
        LABELS,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        spans = self.asked("spans", self.options["question"], preset="fine-grained-qa")
        self.form = Asked(spans, questions)
        self.labels = names_of_labels(spans, self.options["labels"])
        self.severities = names_of_severities(spans)

    def parse(self, record: Json) -> ParsedItem:
        contexts, ranges = _passages(list_of(record, "passages"))
        completions = _predictions(record)
        metadata: Json = {SENTENCES: ranges} if ranges else {}
        if "gold" in record:
            metadata["gold"] = text_of(record, "gold")
        item = ParsedItem(
            key=text_of(record, "item_id", default="", longest=200),
            messages=user_turn(text_of(record, "question")),
            contexts=contexts,
            completions=completions,
            source=text_of(record, "source", default=self.options["source"], longest=100),
            metadata=metadata,
        )
        return replace(item, labels=self._labels(record, item.texts, ranges))

    def _labels(self, record: Json, texts: Texts, ranges: Ranges) -> list[ParsedLabel]:
        raw = {name: record[name] for name in ("feedback", "preference") if name in record}
        if not raw:
            return []
        answers, faults = self._feedback(record, texts, ranges)
        answers |= self._preferences(record, texts)
        kind = text_of(record, "kind", default=self.options["kind"])
        if kind not in KINDS:
            raise BadLine(f"'kind' is {brief(kind)}; use {' or '.join(KINDS)}")
        return [
            ParsedLabel(
                annotator=text_of(record, "annotator", default=self.options["annotator"]),
                kind=kind,
                answers=answers,
                raw=raw,
                faults=faults,
            )
        ]

    def _feedback(self, record: Json, texts: Texts, ranges: Ranges) -> tuple[Json, list[str]]:
        if record.get("feedback") is None:
            return {}, []
        feedback = object_of(record["feedback"], "'feedback'")
        marks = Marks(self.form.spans, texts, self.labels, self.severities)
        grounds = _Grounds(texts.contexts, ranges, marks.faults)
        errors, lacks = list_of(feedback, "errors"), list_of(feedback, "missing-info")
        for number, one in enumerate(errors, start=1):
            error, what = object_of(one, f"error {number}"), f"error {number}"
            comment, evidence = grounds.explained(what, error.get("explanation"))
            where = {"completion": 0}, error.get("start"), error.get("end")
            marks.span(what, *where, error.get("error type"), comment=comment, evidence=evidence)
        for number, one in enumerate(lacks, start=1):
            what = f"missing-info {number}"
            lack = object_of(one, what)
            marks.lack(what, 0, lack.get("error type"), evidence=grounds.named(what, lack))
        answers = marks.answer(clean=[] if errors or lacks else [0])
        correction = text_of(feedback, "corrected-prediction", default="")
        if self.form.edit is not None and correction:
            answers[self.form.edit.name] = _correction(texts.completions[0], correction)
        return answers, marks.faults

    def _preferences(self, record: Json, texts: Texts) -> Json:
        given = list_of(record, "preference")
        if given and (len(given) != len(PAIRS) or any(one not in (0, 1, 2) for one in given)):
            raise BadLine(
                f"'preference' is {brief(given)}; write six numbers for the pairs 1-2, 1-3, 1-4, 2-3, "
                "2-4, 3-4: 1 the first, 2 the second, 0 neither"
            )
        answers = {}
        for question, place in self.form.preferences if given else ():
            if max(PAIRS[place]) >= len(texts.completions):
                continue
            value = (0, -1, 1)[given[place]] * (1 if in_order(question) else -1)
            if value or question.config.points % 2:
                answers[question.name] = {"value": value, "both_bad": False}
        return answers


def in_order(question: Question[Any]) -> bool:
    first, second = question.config.pair
    return bool(first < second)


def _predictions(record: Json) -> list[ParsedCompletion]:
    found = [ParsedCompletion(text_of(record, "prediction 1"))]
    for number in range(2, ANSWERS + 1):
        if (name := f"prediction {number}") not in record:
            break
        found.append(ParsedCompletion(text_of(record, name)))
    return found


def _passages(given: list[Any]) -> tuple[list[Json], Ranges]:
    """Passages as running texts, and where in them their sentences are."""
    contexts, ranges = [], []
    for number, passage in enumerate(given, start=1):
        if (
            not isinstance(passage, list)
            or not passage
            or not all(isinstance(one, str) for one in passage)
        ):
            raise BadLine(f"passage {number} is {brief(passage)}; write [title, sentence, …]")
        title, *parts = passage
        contexts.append({"title": title, "text": " ".join(parts)})
        starts = [sum(map(len, parts[:n])) + n for n in range(len(parts))]
        ranges.append([[start, start + len(one)] for start, one in zip(starts, parts, strict=True)])
    return contexts, ranges


class _Grounds:
    """Finds the sentences of passages that are given as grounds; tells of those there are none of."""

    def __init__(self, contexts: Sequence[str], ranges: Ranges, faults: list[str]) -> None:
        self.contexts, self.ranges, self.faults = contexts, ranges, faults

    def explained(self, what: str, explanation: object) -> tuple[str, list[Json]]:
        """A comment, or the sentences that it names as JSON."""
        if not isinstance(explanation, str):
            return "", []
        if explanation.startswith("{"):
            try:
                pointer = json.loads(explanation)
            except ValueError:
                return explanation, []
            if isinstance(pointer, dict) and "passage_id" in pointer:
                return "", self.named(what, pointer)
        return explanation, []

    def named(self, what: str, pointer: Mapping[str, Any]) -> list[Json]:
        passage, numbers = pointer.get("passage_id"), pointer.get("sentence_id")
        if passage is None or not isinstance(numbers, list):
            return []
        found = []
        for number in numbers:
            if (
                type(passage) is int
                and type(number) is int
                and 1 <= passage <= len(self.ranges)
                and 1 <= number <= len(self.ranges[passage - 1])
            ):
                start, end = self.ranges[passage - 1][number - 1]
                text = self.contexts[passage - 1][start:end]
                found.append({"context": passage - 1, "start": start, "end": end, "text": text})
            else:
                self.faults.append(
                    f"{what}: names sentence {number!r} of passage {passage!r}, which there is none of; "
                    "count both from 1 (0 is a passage's title, which is no sentence)"
                )
        return found


def _correction(original: str, corrected: str) -> Json:
    if corrected == original:
        return {"edits": [], "unchanged": [0]}
    return {
        "edits": [
            {
                "completion": 0,
                "start": one.start,
                "end": one.end,
                "text": original[one.start : one.end],
                "replacement": one.text,
            }
            for one in difference(original, corrected)
        ]
    }


IMPORTER = FineGrainedImport
