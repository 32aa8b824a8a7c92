"""Texts with everybody's marks in them, a text a line: the form that sets of spans are shared in here.

``item_id``, ``source``, ``prompt`` with ``response`` (or ``source_text`` with ``target_text``),
``contexts``, and ``annotations``: each with ``annotator``, ``kind`` (human or llm), ``method``, and
``spans`` of ``start``, ``end`` (code points), ``text``, ``category``, and where there ``severity``,
``side`` (source or target) or ``context`` (the number of a passage, from 0), ``comment``, ``edit``
(what should stand there instead). An empty list says that there is nothing to mark. Every other field
of a record goes into the item's metadata.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from annotate.formats.base import (
    ARRAY,
    KINDS,
    LONGEST_NAME,
    BadLine,
    ExportedItem,
    ExportedLabel,
    Exporter,
    Format,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    RefusedFile,
    Setting,
    brief,
    list_of,
    object_of,
    text_of,
    time_of,
    user_turn,
)
from annotate.formats.dialogue import turns
from annotate.formats.marking import (
    LABELS,
    Edits,
    Marks,
    Names,
    edit_question,
    names_of_labels,
    names_of_severities,
)
from annotate.formats.mqm import PROMPT, SOURCE_TITLE
from annotate.formats.whose import ALL, JUDGES, NO_LABEL, PEOPLE, labels_of
from annotate.offsets import Texts
from annotate.questions import Question, Questions

READ = frozenset(
    {
        "item_id",
        "source",
        "prompt",
        "response",
        "source_text",
        "target_text",
        "contexts",
        "model",
        "system",
        "annotations",
    }
)
_PLACE = ("context", "start", "end", "text")
QUESTION = Option("question", "The question about spans that they answer")
# What LAMP calls the labels of the preset edit, where that has other words.
LAMP = {
    "Unnecessary/Redundant Exposition": "exposition",
    "Lack of Specificity and Detail": "vague",
    "Awkward Word Choice and Phrasing": "awkward",
    "Tense Inconsistency": "tense",
    "Tense Consistency": "tense",
}


class Asked:
    """The questions about spans and edits of a form; at least one of them is there."""

    def __init__(self, format_: Format, questions: Questions) -> None:
        name = format_.options["question"]
        self.edit = edit_question(questions)
        self.spans: Question[Any] | None = None
        if name or self.edit is None or questions.of_kind("spans"):
            self.spans = format_.asked("spans", name, preset="mqm")

    @property
    def names(self) -> list[str]:
        return [one.name for one in (self.spans, self.edit) if one is not None]

    def labels(self, others: str) -> list[Names | None]:
        """Of the question about spans and the one about edits; the option ``LABELS`` is for both."""
        asked = (self.spans, self.edit)
        known = {one.value for q in asked if q is not None for one in q.config.labels}
        return [
            None if one is None else names_of_labels(one, others, known=LAMP, elsewhere=known)
            for one in asked
        ]


class SpansImport(Importer):
    name = "spans"
    title = "Spans, a text a line"
    about = "Texts with the spans, and the edits of them, that people and LLMs marked in them."
    container = ARRAY
    settings = (
        QUESTION,
        Option("prompt", "What items ask for that have a source and no prompt", PROMPT),
        LABELS,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.form = Asked(self, questions)
        self.names = self.form.labels(self.options["labels"])
        self.severities = names_of_severities(self.form.spans) if self.form.spans else None

    def parse(self, record: Json) -> ParsedItem:
        if "annotations" not in record:
            raise RefusedFile(
                "These records hold no 'annotations', each with its 'spans'; use another format."
            )
        contexts, of_prompt, response = self._texts(record)
        generator = record.get("model", record.get("system")) or ""
        if not isinstance(generator, str) or len(generator) > LONGEST_NAME:
            raise BadLine(f"'model' is {brief(generator)}; write a name")
        texts = Texts([response], [one["text"] for one in contexts])
        return ParsedItem(
            key=text_of(record, "item_id", default="", longest=200),
            messages=of_prompt,
            contexts=contexts,
            completions=[ParsedCompletion(response, generator)],
            source=text_of(record, "source", default="", longest=100),
            metadata={name: value for name, value in record.items() if name not in READ},
            labels=[
                self._label(object_of(one, f"annotation {number}"), number, texts)
                for number, one in enumerate(list_of(record, "annotations"), start=1)
            ],
        )

    def _texts(self, record: Json) -> tuple[list[Json], list[Json], str]:
        """Passages, prompt and the text that is marked."""
        contexts = []
        for number, one in enumerate(list_of(record, "contexts"), start=1):
            given = object_of(one, f"context {number}")
            contexts.append(
                {"title": text_of(given, "title", default=""), "text": text_of(given, "text")}
            )
        if "source_text" not in record:
            return contexts, turns(text_of(record, "prompt")), text_of(record, "response")
        contexts.insert(0, {"title": SOURCE_TITLE, "text": text_of(record, "source_text")})
        prompt = text_of(record, "prompt", default=self.options["prompt"])
        return contexts, user_turn(prompt), text_of(record, "target_text")

    def _label(self, given: Json, number: int, texts: Texts) -> ParsedLabel:
        kind = given.get("kind", KINDS[0])
        if kind not in KINDS:
            raise BadLine(f"annotation {number}: 'kind' is {brief(kind)}; use human or llm")
        name, method = text_of(given, "annotator"), text_of(given, "method", default="")
        answers, faults = self._answers(given, texts)
        return ParsedLabel(
            annotator=(f"{name} ({method})" if method else name)[:LONGEST_NAME],
            kind=kind,
            answers=answers,
            created_at=time_of(given, "created_at"),
            raw=given,
            faults=faults,
        )

    def _answers(self, given: Json, texts: Texts) -> tuple[Json, list[str]]:
        listed = list_of(given, "spans")
        spans = [object_of(one, f"span {n}") for n, one in enumerate(listed, start=1)]
        answers: Json = {}
        faults: list[str] = []
        if self.form.spans is not None:
            marks = self._marks(self.form.spans, spans, given, texts)
            answers |= marks.answer(clean=_clean(given, spans))
            faults += marks.faults
        if self.form.edit is not None:
            edits = self._edits(self.form.edit, spans, given, texts)
            same = given.get("edited_response") == texts.completions[0]
            answers |= edits.answer(unchanged=[0] if same and not edits.edits else [])
            # What is told of its span already is not told again.
            faults += [fault for fault in edits.faults if fault not in faults]
        return answers, faults

    def _marks(
        self, question: Question[Any], spans: list[Json], given: Json, texts: Texts
    ) -> Marks:
        labels = self.names[0]
        assert labels is not None
        assert self.severities is not None
        marks = Marks(question, texts, labels, self.severities)
        for number, one in enumerate(spans, start=1):
            comment = one.get("comment")
            marks.span(
                f"span {number}",
                _target(one),
                one.get("start"),
                one.get("end"),
                one.get("category"),
                text=one.get("text"),
                severity=one.get("severity"),
                comment=comment if isinstance(comment, str) else "",
            )
        for number, one in enumerate(list_of(given, "missing"), start=1):
            lack = object_of(one, f"missing {number}")
            comment = text_of(lack, "comment", default="")
            more = {"severity": lack.get("severity"), "comment": comment}
            marks.lack(f"missing {number}", 0, lack.get("category"), **more)
        return marks

    def _edits(
        self, question: Question[Any], spans: list[Json], given: Json, texts: Texts
    ) -> Edits:
        labels = self.names[1]
        assert labels is not None
        edits = Edits(question, texts, labels)
        for name, listed in (("span", spans), ("edit", list_of(given, "edits"))):
            for number, given_one in enumerate(listed, start=1):
                one = object_of(given_one, f"{name} {number}")
                if not isinstance(one.get("edit"), str):
                    continue
                edits.add(
                    f"{name} {number}",
                    0,
                    one.get("start"),
                    one.get("end"),
                    one["edit"],
                    text=one.get("text"),
                    label=one.get("category"),
                    reason=text_of(one, "reason", default=""),
                )
        scores = list_of(given, "scores_before_after")
        if scores:
            edits.score("scores_before_after", 0, *[*scores, None][:2])
        return edits


def _clean(given: Json, spans: list[Json]) -> list[int]:
    return [] if spans or given.get("missing") or "spans" not in given else [0]


def _target(span: Json) -> Json:
    if span.get("side") == "source":
        return {"context": 0}
    if type(span.get("context")) is int:
        return {"context": span["context"]}
    return {"completion": 0}


# ------------------------------------------------------------------------------------------ export


class SpansExport(Exporter):
    name = "spans"
    title = "Spans, a text a line"
    about = "Each completion with the spans and edits that people and LLMs made in it."
    settings = (QUESTION, Option("source", "Whose labels", ALL, (ALL, PEOPLE, JUDGES)))

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.form = Asked(self, questions)
        self.labels = names_of_labels(self.form.spans) if self.form.spans else None
        self.edit_labels = names_of_labels(self.form.edit) if self.form.edit else None
        self.severities = names_of_severities(self.form.spans) if self.form.spans else None

    def row(self, item: ExportedItem) -> Json | None:
        return next(iter(self.rows(item)), None)

    def rows(self, item: ExportedItem) -> list[Json]:
        labels = list(labels_of(item, self.options["source"], *self.form.names))
        if not labels:
            self.left_out[NO_LABEL] += 1
            return []
        several = len(item.completions) > 1
        return [
            {name: value for name, value in item.metadata.items() if name not in READ}
            | {
                "item_id": f"{item.key}#{place + 1}" if several else item.key,
                "source": item.source,
                "prompt": item.prompt,
                "contexts": [{"title": one["title"], "text": one["text"]} for one in item.contexts],
                "response": completion.text,
                "model": completion.generator,
                "annotations": [
                    one for label in labels for one in self._annotation(item, place, label)
                ],
            }
            for place, completion in enumerate(item.completions)
        ]

    def _annotation(self, item: ExportedItem, place: int, label: ExportedLabel) -> Iterator[Json]:
        found: Json = {"annotator": label.annotator, "kind": label.kind}
        found |= self._marked(place, label) | self._edited(item, place, label)
        if len(found) > 2:
            yield found | {"created_at": label.created_at.isoformat()}

    def _marked(self, place: int, label: ExportedLabel) -> Json:
        answer = label.answers.get(self.form.spans.name) if self.form.spans else None
        if answer is None:
            return {}
        own = [
            one
            for one in answer["spans"]
            if one.get("completion") == place or ("context" in one and place == 0)
        ]
        lacks = [one for one in answer.get("missing", ()) if one["completion"] == place]
        if not own and not lacks and place not in answer.get("clean", ()):
            return {}
        found: Json = {"spans": [self._part(one) for one in own]}
        return found | {"missing": [self._part(one) for one in lacks]} if lacks else found

    def _part(self, part: Json) -> Json:
        assert self.labels is not None
        assert self.severities is not None
        kept: Json = {name: part[name] for name in _PLACE if name in part}
        kept["category"] = _words(self.labels, part["label"])
        if "severity" in part:
            kept["severity"] = _words(self.severities, part["severity"])
        return kept | {name: part[name] for name in ("comment", "evidence") if name in part}

    def _edited(self, item: ExportedItem, place: int, label: ExportedLabel) -> Json:
        question = self.form.edit
        answer = label.answers.get(question.name) if question else None
        if question is None or answer is None or self.edit_labels is None:
            return {}
        text = question.rewritten(answer, place, item.completions[place].text)
        found: Json = {} if text is None else {"edited_response": text}
        edits = [one for one in answer["edits"] if one["completion"] == place]
        if edits:
            found["edits"] = [_edit(one, self.edit_labels) for one in edits]
        for score in answer.get("scores", ()):
            if score["completion"] == place:
                found["scores_before_after"] = [score.get("initial"), score.get("final")]
        return found


def _edit(edit: Json, labels: Names) -> Json:
    found: Json = {name: edit[name] for name in _PLACE[1:]}
    found["edit"] = edit["replacement"]
    if "label" in edit:
        found["category"] = _words(labels, edit["label"])
    return found | ({"reason": edit["reason"]} if "reason" in edit else {})


def _words(names: Names, value: str) -> str:
    return names.words.get(value, value)


IMPORTER = SpansImport
EXPORTER = SpansExport
