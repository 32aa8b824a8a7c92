"""Label Studio's JSON: a list of tasks, each with ``data``, ``annotations`` and ``predictions``.

Spans are results of the type ``labels`` (``from_name`` a question, ``to_name`` a field of the data,
``value`` with ``start``, ``end``, ``text``, ``labels``); results of the same ``id`` say more of one:
``choices`` its severity, ``textarea`` a comment. An annotation without results says that there is
nothing to mark. Predictions are labels by LLMs, known by their ``model_version``.

Offsets count code points in what Label Studio of today writes, and UTF-16 units in what it wrote before
2022; unless the option ``offsets`` says which, the quoted text decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from annotate.formats.base import (
    ARRAY,
    LONGEST_NAME,
    Importer,
    Json,
    Option,
    ParsedItem,
    ParsedLabel,
    brief,
    list_of,
    object_of,
    seconds_of,
    text_of,
    time_of,
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
)
from annotate.formats.marking import (
    LABELS,
    OFFSETS,
    Marks,
    Names,
    Unread,
    counted,
    names_of_labels,
    names_of_severities,
)
from annotate.offsets import Target, Texts, WrongRange
from annotate.questions import Question, Questions

REGIONS = ("labels", "hypertextlabels", "paragraphlabels")
QUESTION = Option(
    "question", "The question about spans that regions answer, where names do not say"
)
# Controls beside those of the labels, after whose names theirs begin: errors_severity.
SEVERITY, COMMENT, MISSING, CLEAN = "severity", "comment", "missing", "clean"


class _Region(NamedTuple):
    """A region and what other results of its id say of it."""

    result: Json
    choices: list[str]
    comments: list[str]


class LabelStudioImport(Importer):
    name = "label_studio"
    title = "Label Studio JSON"
    about = "Tasks with regions of people and predictions of models."
    container = ARRAY
    settings = (
        QUESTION,
        PROMPT,
        COMPLETIONS,
        CONTEXTS,
        OFFSETS,
        Option("source", "Name of the set", "label_studio"),
        LABELS,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        main = self.asked("spans", self.options["question"], preset="mqm")
        self.forms = {
            question.name: _Form(question, self.options["labels"])
            for question in questions.of_kind("spans")
        }
        self.main = self.forms[main.name]

    def parse(self, record: Json) -> ParsedItem:
        data = object_of(record.get("data"), "'data'")
        fields = fields_of(data, self.options)
        texts = texts_of(data, fields)
        return ParsedItem(
            key=text_of(data, "key", default="", longest=200),
            messages=prompt_of(data, fields),
            contexts=contexts_of(data, fields),
            completions=completions_of(data, fields),
            source=self.options["source"],
            metadata={
                name: value for name, value in data.items() if name not in fields.names | {"key"}
            },
            labels=list(self._labels(record, texts, fields)),
        )

    def _labels(self, record: Json, texts: Texts, fields: Fields) -> Iterator[ParsedLabel]:
        """Annotations that were not skipped, then predictions."""
        for number, one in enumerate(list_of(record, "annotations"), start=1):
            given = object_of(one, f"annotation {number}")
            if given.get("was_cancelled"):
                continue
            answers, faults = self._answers(given, texts, fields)
            yield ParsedLabel(
                annotator=_person(given.get("annotator") or given.get("completed_by")),
                answers=answers,
                created_at=time_of(given, "created_at"),
                wall_seconds=seconds_of(given, "lead_time"),
                raw=given,
                faults=faults,
            )
        for number, one in enumerate(list_of(record, "predictions"), start=1):
            given = object_of(one, f"prediction {number}")
            answers, faults = self._answers(given, texts, fields)
            version = given.get("model_version")
            yield ParsedLabel(
                annotator=(str(version) if version else "prediction")[:LONGEST_NAME],
                kind="llm",
                answers=answers,
                created_at=time_of(given, "created_at"),
                raw=given,
                faults=faults,
            )

    def _answers(self, given: Json, texts: Texts, fields: Fields) -> tuple[Json, list[str]]:
        results = [
            object_of(one, f"result {n}") for n, one in enumerate(list_of(given, "result"), start=1)
        ]
        marks = {
            name: Marks(form.question, texts, form.labels, form.severities)
            for name, form in self.forms.items()
        }
        faults: list[str] = []
        for number, region in enumerate(_regions(results), start=1):
            form = self._form(region.result)
            self._mark(f"region {number}", region, marks[form.question.name], texts, fields, faults)
        for number, (form, target, label) in enumerate(self._lacks(results, fields), start=1):
            marks[form.question.name].lack(f"choice {number}", target, label)
        places = range(len(texts.completions))
        answers: Json = {}
        for name, one in marks.items():
            clean = (
                self._clean(name, results, fields) if results else self.forms[name].asked(places)
            )
            answers |= one.answer(clean=clean)
            faults += one.faults
        return answers, faults

    @staticmethod
    def _clean(question: str, results: Sequence[Json], fields: Fields) -> list[int]:
        """The completions of which a choice says that there is nothing to mark."""
        found = [
            _target(one, fields) or {}
            for one in results
            if one.get("type") == "choices" and one.get("from_name") == f"{question}_{CLEAN}"
        ]
        return [target["completion"] for target in found if "completion" in target]

    def _form(self, result: Json) -> "_Form":
        """By the name of the control, else the main question."""
        return self.forms.get(str(result.get("from_name")), self.main)

    def _mark(
        self,
        what: str,
        region: _Region,
        marks: Marks,
        texts: Texts,
        fields: Fields,
        faults: list[str],
    ) -> None:
        value = object_of(region.result.get("value"), f"{what}: 'value'")
        target = _target(region.result, fields)
        if target is None:
            faults.append(
                f"{what}: is of {brief(region.result.get('to_name'))}, which is no text of the item; "
                "name the fields by the options completions and contexts"
            )
            return
        text = texts.text(Target.of(target))
        quoted = _quoted(value, text)
        try:
            start, end = counted(text, *_offsets(value), quoted, self.options["offsets"])
        except (Unread, WrongRange) as fault:
            faults.append(f"{what}: {fault}")
            return
        labels = next((value[one] for one in REGIONS if isinstance(value.get(one), list)), None)
        for label in labels or [None]:
            marks.span(
                what,
                target,
                start,
                end,
                label,
                text=quoted,
                severity=next(iter(region.choices), None),
                comment="\n".join(region.comments),
            )

    def _lacks(self, results: Sequence[Json], fields: Fields) -> Iterator[tuple["_Form", int, str]]:
        """Choices about a whole text that a question has a label for, of what is missing."""
        for result in results:
            value = result.get("value")
            if result.get("type") != "choices" or not isinstance(value, dict) or "start" in value:
                continue
            name = str(result.get("from_name"))
            form = self.forms.get(name.removesuffix(f"_{MISSING}"), self.main)
            target = _target(result, fields)
            for choice in _texts(result, "choices"):
                if target is not None and "completion" in target and form.is_missing(choice):
                    yield form, target["completion"], choice


class _Form:
    """A question about spans with the names of its labels."""

    def __init__(self, question: Question[Any], others: str) -> None:
        self.question = question
        self.labels = names_of_labels(question, others)
        self.severities: Names = names_of_severities(question)

    def asked(self, completions: Sequence[int]) -> list[int]:
        return [
            one for one in self.question.config.completions or completions if one in completions
        ]

    def is_missing(self, name: str) -> bool:
        try:
            value = self.labels.find(name)
        except Unread:
            return False
        return any(one.missing for one in self.question.config.labels if one.value == value)


IMPORTER = LabelStudioImport


def _regions(results: Sequence[Json]) -> list[_Region]:
    found: dict[str, _Region] = {}
    for number, result in enumerate(results):
        if result.get("type") in REGIONS:
            found[str(result.get("id") or f"without {number}")] = _Region(result, [], [])
    for result in results:
        region = found.get(str(result.get("id")))
        if region is not None and result.get("type") == "choices":
            region.choices.extend(_texts(result, "choices"))
        if region is not None and result.get("type") == "textarea":
            region.comments.extend(_texts(result, "text"))
    return list(found.values())


def _texts(result: Json, name: str) -> list[str]:
    value = result.get("value")
    given = value.get(name) if isinstance(value, dict) else None
    listed = given if isinstance(given, list) else [given]
    return [one for one in listed if isinstance(one, str)]


def _offsets(value: Json) -> tuple[object, object]:
    """Of the text as a whole; in markup they stand aside, and paths in their place."""
    whole = value.get("globalOffsets")
    return (
        (whole.get("start"), whole.get("end"))
        if isinstance(whole, dict)
        else (_number(value.get("start")), _number(value.get("end")))
    )


def _number(value: object) -> object:
    """Older exports write offsets as texts."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _quoted(value: Json, text: str) -> object:
    """The region's text; line breaks are written as a backslash and n in it."""
    quoted = value.get("text")
    if isinstance(quoted, str) and quoted not in text:
        return quoted.replace("\\n", "\n")
    return quoted


def _target(result: Json, fields: Fields) -> Json | None:
    """By the tag's name or its source ``$field``; a text that is alone needs no name."""
    source = result.get("source")
    names = [result.get("to_name"), source[1:] if isinstance(source, str) else None]
    found = next((target for name in names if (target := fields.target(name))), None)
    if found is None and len(fields.completions) == 1 and not fields.contexts:
        return {"completion": 0}
    return found


def _person(completed_by: object) -> str:
    """An id, or an object with an address or a name."""
    if isinstance(completed_by, dict):
        names = [completed_by.get("first_name"), completed_by.get("last_name")]
        full = " ".join(one for one in names if isinstance(one, str) and one)
        completed_by = completed_by.get("email") or full or completed_by.get("id")
    if isinstance(completed_by, str) and completed_by.strip():
        return completed_by[:LONGEST_NAME]
    return f"user {completed_by}" if completed_by is not None else "unknown"
