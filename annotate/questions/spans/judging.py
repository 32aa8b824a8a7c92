"""How a judge is asked for spans: it quotes, and the quotes are looked for in the texts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, CONTEXT, Texts
from annotate.questions.base import quotes
from annotate.questions.base.labels import paths
from annotate.questions.base.parts import Part, list_in
from annotate.questions.base.question import Answer, InvalidAnswer, letter
from annotate.questions.spans.reading import CLEAN, MISSING, SPANS

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans

Schema = dict[str, Any]
PASSAGES = "passages"


def schema(question: "Spans", completions: int) -> Schema:
    """By letter of a completion its spans, and what is missing from it; of passages a list."""
    of_completion = {SPANS: _list(_part(question, question.span_values, quotes.SCHEMA))}
    if question.missing_values:
        of_completion[MISSING] = _list(_part(question, question.missing_values, {}))
    properties = dict.fromkeys(_letters(completions), _object(of_completion))
    if question.config.contexts:
        number = {"passage": {"type": "integer"}}
        properties[PASSAGES] = _list(_part(question, question.span_values, number | quotes.SCHEMA))
    return _object(properties)


def _part(question: "Spans", labels: Sequence[str], first: Schema) -> Schema:
    parts = first | {"label": {"type": "string", "enum": list(labels)}}
    if question.config.severities:
        parts["severity"] = {"type": "string", "enum": question.severities}
    if question.config.comments != "off":
        parts["comment"] = {"type": "string"}
    return _object(parts)


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _letters(completions: int) -> list[str]:
    return [letter(place) for place in range(completions)]


# ------------------------------------------------------------------------------------------ asking


def instruction(question: "Spans", completions: int) -> str:
    config = question.config
    names = ", ".join(_letters(completions))
    lines = [
        f"{config.title} {config.help}".strip(),
        f"Answer with an object that gives each of {names} an object. Under “{SPANS}” it has a list of "
        "the parts to mark, empty where there is nothing to mark. " + quotes.INSTRUCTION,
        *_listed(question, question.span_values, "Its “label” is one of these:"),
    ]
    if question.missing_values:
        lines += _listed(
            question,
            question.missing_values,
            f"Under “{MISSING}” list what is not there but should be, without a quote; its “label” is "
            "one of these:",
        )
    if config.severities:
        lines.append("Its “severity” is one of these, from the least to the most grave:")
        lines += [_option(one.value, one.label, one.help) for one in config.severities]
    if config.comments != "off":
        lines.append("Say why under “comment”, in a sentence.")
    if not config.overlap:
        lines.append("The parts that you quote must not overlap.")
    if config.contexts:
        lines.append(
            f"Under “{PASSAGES}” list parts of the passages to mark, with the number of the “passage”."
        )
    return "\n".join(lines)


def _listed(question: "Spans", values: Sequence[str], words: str) -> list[str]:
    helps = {label.value: label.help for label in question.config.labels}
    named = paths(question.config.labels)
    first = " Where several fit, give the first of them." if question.config.prioritised else ""
    return [words + first, *(_option(value, named[value], helps[value]) for value in values)]


def _option(value: str, label: str, hint: str) -> str:
    return f"- {value}: {label}{f' ({hint})' if hint else ''}"


# ----------------------------------------------------------------------------------------- reading


def read(question: "Spans", payload: object, completions: int) -> Answer:
    """The judge's parts, each with its quote in place of a range. Raises ``InvalidAnswer``."""
    if not isinstance(payload, Mapping):
        raise InvalidAnswer(question.name, f"{payload!r} is not an object with lists of spans")
    spans: list[Part] = []
    missing: list[Part] = []
    clean: list[int] = []
    for place, name in enumerate(_letters(completions)):
        given = payload.get(name)
        if given is None:
            continue
        if not isinstance(given, Mapping):
            raise InvalidAnswer(question.name, f"has {given!r} for {name}; send an object")
        of_spans = [
            {COMPLETION: place, **_quoted(question, one)}
            for one in _spans_in(question, given, SPANS)
        ]
        of_missing = [
            {COMPLETION: place, **_said(question, one, ())}
            for one in _spans_in(question, given, MISSING)
        ]
        clean += [] if of_spans or of_missing else [place]
        spans += of_spans
        missing += of_missing
    spans += _of_passages(question, payload)
    answer: Answer = {SPANS: spans, MISSING: missing, CLEAN: clean}
    if not any(answer.values()):
        raise InvalidAnswer(question.name, "says nothing of any completion")
    return answer


def _spans_in(question: "Spans", given: Mapping[str, Any], name: str) -> list[Any]:
    return list_in(question.name, given, name)


def _of_passages(question: "Spans", payload: Mapping[str, Any]) -> list[Part]:
    if not question.config.contexts:
        return []
    return [
        {CONTEXT: _passage(question, one), **_quoted(question, one)}
        for one in list_in(question.name, payload, PASSAGES)
    ]


def _passage(question: "Spans", part: object) -> int:
    number = part.get("passage") if isinstance(part, Mapping) else None
    if type(number) is not int or number < 1:
        raise InvalidAnswer(question.name, f"marks passage {number!r}; count them from 1")
    return number - 1


def _quoted(question: "Spans", raw: object) -> Part:
    said = _said(question, raw, (quotes.QUOTE, *quotes.HINTS))
    if not isinstance(said.get(quotes.QUOTE), str):
        raise InvalidAnswer(question.name, f"has a part without a quote: {raw!r}")
    return said


def _said(question: "Spans", raw: object, more: Sequence[str]) -> Part:
    """A part less what is not asked for, and what is said by an empty text or null."""
    if not isinstance(raw, Mapping):
        raise InvalidAnswer(question.name, f"has {raw!r} in a list of parts; send objects")
    names = [*more, "label", "severity", "comment"]
    return {name: raw[name] for name in names if raw.get(name) not in (None, "")}


def located(question: "Spans", answer: Answer, texts: Texts) -> Answer:
    """The answer with places for its quotes; those without a certain one are left out and counted."""
    locator = quotes.Locator(texts)
    placed = [part for span in answer[SPANS] if (part := locator.place(span)) is not None]
    raw = {**answer, SPANS: placed}
    parsed = question.fit(question.parse(raw, completions=len(texts.completions)), texts)
    return {**parsed, **locator.tally}
