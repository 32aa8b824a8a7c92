"""Feedback on long-form answers, written as Fine-Grained RLHF has it: see ``fine_grained``."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from annotate.formats.base import ArrayExporter, ExportedItem, ExportedLabel, Json, Setting
from annotate.formats.fine_grained import (
    ANSWERS,
    ERRORS,
    LACKS,
    PAIRS,
    QUESTION,
    SENTENCES,
    Asked,
    Ranges,
    in_order,
)
from annotate.formats.marking import names_of_labels
from annotate.formats.whose import NO_LABEL, SOURCE, labels_of
from annotate.questions import Questions
from annotate.sentences import sentences

# What is missing without a passage that has it.
_NO_PLACE: list[tuple[int | None, list[int]]] = [(None, [])]


class FineGrainedExport(ArrayExporter):
    name = "fine_grained"
    title = "Fine-Grained RLHF feedback"
    about = "A record for each annotator's spans, gaps, correction and preferences on an item."
    settings = (QUESTION, SOURCE)

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        spans = self.asked("spans", self.options["question"], preset="fine-grained-qa")
        self.form = Asked(spans, questions)
        self.labels = names_of_labels(spans)

    def row(self, item: ExportedItem) -> Json | None:
        return next(iter(self.rows(item)), None)

    def rows(self, item: ExportedItem) -> list[Json]:
        labels = list(labels_of(item, self.options["source"], *self.form.names))
        if not labels:
            self.left_out[NO_LABEL] += 1
            return []
        if len(item.completions) > ANSWERS:
            self.left_out[f"items with more than {ANSWERS} completions"] += 1
            return []
        passages, ranges = _written_passages(item)
        predictions = {
            f"prediction {number}": one.text for number, one in enumerate(item.completions, start=1)
        }
        return [
            {
                "item_id": item.key,
                "source": item.source,
                "annotator": label.annotator,
                "kind": label.kind,
                "question": item.prompt,
                "passages": passages,
                "gold": item.metadata.get("gold", ""),
                **predictions,
                "feedback": self._feedback(item, label, ranges),
                "preference": self._preferences(label),
            }
            for label in labels
        ]

    def _feedback(self, item: ExportedItem, label: ExportedLabel, ranges: Ranges) -> Json:
        answer = label.answers.get(self.form.spans.name, {})
        spans = [one for one in answer.get("spans", ()) if one.get("completion") == 0]
        lacks = [one for one in answer.get("missing", ()) if one["completion"] == 0]
        others = len(answer.get("spans", ())) + len(answer.get("missing", ()))
        if others > len(spans) + len(lacks):
            self.left_out["spans on other texts than the first answer"] += (
                others - len(spans) - len(lacks)
            )
        return {
            "errors": [self._error(one, ranges) for one in spans],
            "missing-info": [row for one in lacks for row in self._lack(one, ranges)],
            "corrected-prediction": self._corrected(item, label),
        }

    def _error(self, span: Json, ranges: Ranges) -> Json:
        explanation = span.get("comment", "")
        if not explanation and (grounds := _sentences(span, ranges)):
            passage, numbers = grounds[0]
            pointer = {"passage_id": passage, "sentence_id": numbers}
            explanation = json.dumps(pointer, separators=(",", ":"))
        return {
            "error type": self.labels.written(span["label"], ERRORS),
            "explanation": explanation,
            "start": span["start"],
            "end": span["end"],
        }

    def _lack(self, lack: Json, ranges: Ranges) -> list[Json]:
        return [
            {
                "error type": self.labels.written(lack["label"], LACKS),
                "passage_id": passage,
                "sentence_id": numbers,
            }
            for passage, numbers in _sentences(lack, ranges) or _NO_PLACE
        ]

    def _corrected(self, item: ExportedItem, label: ExportedLabel) -> str:
        edit = self.form.edit
        answer = label.answers.get(edit.name) if edit else None
        if edit is None or answer is None:
            return ""
        return edit.rewritten(answer, 0, item.completions[0].text) or ""

    def _preferences(self, label: ExportedLabel) -> list[int]:
        """As answered; of pairs that the form does not ask about as they came in, else 0."""
        raw = label.raw.get("preference") if isinstance(label.raw, dict) else None
        found = list(raw) if isinstance(raw, list) and len(raw) == len(PAIRS) else [0] * len(PAIRS)
        for question, place in self.form.preferences:
            value = (label.answers.get(question.name) or {}).get("value")
            signed = (value or 0) * (1 if in_order(question) else -1)
            found[place] = 0 if not signed else 1 if signed < 0 else 2
        return found


def _written_passages(item: ExportedItem) -> tuple[list[list[str]], Ranges]:
    """With the sentences that the item came with, else by the rule that pages number them by."""
    stored = item.metadata.get(SENTENCES)
    given = (
        stored
        if _fits(stored, item.contexts)
        else [
            [[one.start, one.end] for one in sentences(context["text"])]
            for context in item.contexts
        ]
    )
    passages = [
        [context["title"], *(context["text"][start:end] for start, end in ranges)]
        for context, ranges in zip(item.contexts, given, strict=True)
    ]
    return passages, given


def _fits(ranges: object, contexts: Sequence[Json]) -> TypeGuard[Ranges]:
    """Whether these are ranges of sentences of these passages; metadata may be anybody's."""
    return (
        isinstance(ranges, list)
        and len(ranges) == len(contexts)
        and all(
            isinstance(one, list)
            and all(
                isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)
                for pair in one
            )
            for one in ranges
        )
    )


def _sentences(part: Json, ranges: Ranges) -> list[tuple[int | None, list[int]]]:
    """The sentences that the evidence of a part touches, by passage, both counted from 1."""
    found: dict[int, set[int]] = {}
    for piece in part.get("evidence", ()):
        if "context" in piece:
            touched = {
                number
                for number, (start, end) in enumerate(ranges[piece["context"]], start=1)
                if start < piece["end"] and piece["start"] < end
            }
            found.setdefault(piece["context"] + 1, set()).update(touched)
    return [(passage, sorted(numbers)) for passage, numbers in sorted(found.items()) if numbers]


EXPORTER = FineGrainedExport
