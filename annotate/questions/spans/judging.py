"""How a judge is asked for spans: it quotes, and the quotes are looked for in the texts."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, CONTEXT, Target, Texts
from annotate.questions.base import quotes
from annotate.questions.base.parts import Part, list_in, short
from annotate.questions.base.question import Answer, InvalidAnswer, letter
from annotate.questions.spans.characters import (
    MISSED,
    Marked,
    Range,
    key_of,
    marked,
    missing_key,
    shared,
)
from annotate.questions.spans.reading import CLEAN, MISSING, SPANS, without

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans

Schema = dict[str, Any]
PASSAGES, EVIDENCE = "passages", "evidence"
_PASSAGE: Schema = {"passage": {"type": "integer"}}
_QUOTE = (quotes.QUOTE, *quotes.HINTS)


def schema(question: "Spans", completions: int) -> Schema:
    """By letter of a completion its spans, and what is missing from it; of passages a list."""
    of_completion = {SPANS: _list(_part(question, question.span_values, quotes.SCHEMA))}
    if question.missing_values:
        of_completion[MISSING] = _list(_part(question, question.missing_values, {}))
    properties = {name: _object(of_completion) for name in _letters(completions)}
    if question.config.contexts:
        part = _part(question, question.span_values, _PASSAGE | quotes.SCHEMA)
        properties[PASSAGES] = _list(part)
    return _object(properties)


def _part(question: "Spans", labels: Sequence[str], first: Schema) -> Schema:
    parts = first | {"label": {"type": "string", "enum": list(labels)}}
    if question.config.severities:
        parts["severity"] = {"type": "string", "enum": question.severities}
    if question.config.evidence:
        parts[EVIDENCE] = _list(_object(_PASSAGE | quotes.SCHEMA))
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
    what = (
        f"Answer with an object that gives each of {names} an object. Under “{SPANS}” it has a list of "
        "the parts to mark, empty where there is nothing to mark."
    )
    lines = [
        f"{config.title} {config.help}".strip(),
        what,
        quotes.INSTRUCTION,
        *_listed(question, question.span_values, "Its “label” is one of these:"),
    ]
    if question.missing_values:
        words = f"Under “{MISSING}” list what should be there and is not, without a quote; its “label” is one of these:"
        lines += _listed(question, question.missing_values, words)
    if config.severities:
        lines.append("Its “severity” is one of these, from the least to the most grave:")
        lines += [_option(one.value, one.label, one.help) for one in config.severities]
    return "\n".join([*lines, *_more(question)])


def _more(question: "Spans") -> Iterator[str]:
    config, number = question.config, "with the number of the “passage”, counted from 1"
    if config.evidence:
        yield f"Under “{EVIDENCE}” quote what a passage says to it, {number}; or leave it empty."
    if config.comments != "off":
        yield "Say why under “comment”, in a sentence."
    if not config.overlap:
        yield "The parts that you quote must not overlap."
    if config.contexts:
        yield f"Under “{PASSAGES}” list parts of the passages to mark, {number}."


def _listed(question: "Spans", values: Sequence[str], words: str) -> list[str]:
    helps = {label.value: label.help for label in question.config.labels}
    named = question.label_words
    first = " Where several fit, give the first of them." if question.config.prioritised else ""
    return [words + first, *(_option(value, named[value], helps[value]) for value in values)]


def _option(value: str, label: str, hint: str) -> str:
    return f"- {value}: {label}{f' ({hint})' if hint else ''}"


def material(question: "Spans", texts: Texts) -> str:
    """Which of the completions are asked about, where not all of them are."""
    asked = question.asked_places(len(texts.completions), texts)
    if len(asked) == len(texts.completions):
        return ""
    names = " and ".join(letter(place) for place in asked)
    return f"This question is about completion {names} alone; leave the lists of the others empty."


# ----------------------------------------------------------------------------------------- reading


def read(question: "Spans", payload: object, completions: int) -> Answer:
    """The judge's parts, each with its quote in place of a range. Raises ``InvalidAnswer``."""
    if not isinstance(payload, Mapping):
        raise InvalidAnswer(question.name, f"{short(payload)} is not an object with lists of spans")
    answer: Answer = {SPANS: [], MISSING: [], CLEAN: []}
    for place, name in enumerate(_letters(completions)):
        if (given := payload.get(name)) is not None:
            _read_completion(question, given, place, answer)
    if question.config.contexts:
        for one in list_in(question.name, payload, PASSAGES):
            answer[SPANS].append(_of_passage(question, one, "label", "severity", "comment"))
    if not any(answer.values()):
        raise InvalidAnswer(question.name, "says nothing of any completion")
    return answer


def _read_completion(question: "Spans", given: object, place: int, answer: Answer) -> None:
    if not isinstance(given, Mapping):
        raise InvalidAnswer(
            question.name, f"has {short(given)} for {letter(place)}; send an object"
        )
    spans = [_span(question, one, place) for one in list_in(question.name, given, SPANS)]
    missing = [
        {COMPLETION: place, **_said(question, one, "label", "severity", "comment", EVIDENCE)}
        for one in (list_in(question.name, given, MISSING) if question.missing_values else ())
    ]
    answer[SPANS] += spans
    answer[MISSING] += missing
    answer[CLEAN] += [] if spans or missing else [place]


def _span(question: "Spans", raw: object, place: int) -> Part:
    names = (*_QUOTE, "label", "severity", "comment", EVIDENCE)
    return {COMPLETION: place, **_quoting(question, _said(question, raw, *names))}


def _of_passage(question: "Spans", raw: object, *names: str) -> Part:
    part = _quoting(question, _said(question, raw, "passage", *_QUOTE, *names))
    number = part.pop("passage", None)
    if type(number) is not int or number < 1:
        raise InvalidAnswer(question.name, f"quotes passage {short(number)}; count them from 1")
    return {CONTEXT: number - 1, **part}


def _said(question: "Spans", raw: object, *names: str) -> Part:
    """A part less what is not asked for, and what is said by an empty text, a list or null."""
    if not isinstance(raw, Mapping):
        raise InvalidAnswer(question.name, f"has {short(raw)} in a list of parts; send objects")
    found = {name: raw[name] for name in names if raw.get(name) not in (None, "", [])}
    if not question.config.severities:
        found.pop("severity", None)
    if question.config.comments == "off":
        found.pop("comment", None)
    pieces = found.pop(EVIDENCE, None)
    if pieces and question.config.evidence:
        listed = list_in(question.name, {EVIDENCE: pieces}, EVIDENCE)
        found[EVIDENCE] = [_of_passage(question, one) for one in listed]
    return found


def _quoting(question: "Spans", part: Part) -> Part:
    if not isinstance(part.get(quotes.QUOTE), str):
        raise InvalidAnswer(
            question.name, f"has a part whose quote is {short(part.get(quotes.QUOTE))}"
        )
    return part


# ----------------------------------------------------------------------------------------- placing


def located(question: "Spans", answer: Answer, texts: Texts) -> Answer:
    """The answer with places for its quotes; those without a certain one are left out and counted.

    So is evidence that stands nowhere; of spans that may not overlap the first is kept. What is said
    of completions that are not asked about is dropped. Raises ``InvalidAnswer`` when nothing is left.
    """
    locator = quotes.Locator(texts)
    asked = question.asked_places(len(texts.completions), texts)
    about = [part for part in answer[SPANS] if CONTEXT in part or part[COMPLETION] in asked]
    spans = [part for one in about if (part := locator.place(one)) is not None]
    kept = spans if question.config.overlap else _apart(spans)
    missing = [part for part in answer[MISSING] if part[COMPLETION] in asked]
    found = {
        SPANS: [_with_evidence(part, locator) for part in kept],
        MISSING: [_with_evidence(part, locator) for part in missing],
        CLEAN: [place for place in answer[CLEAN] if place in asked],
    }
    if not any(found.values()):
        raise quotes.NothingLocated(question.name, locator)
    parsed = question.parse(found, completions=len(texts.completions))
    return {**question.fit(parsed, texts), **locator.tally}


def _with_evidence(part: Part, locator: quotes.Locator) -> Part:
    pieces = [piece for one in part.get(EVIDENCE, ()) if (piece := locator.place(one)) is not None]
    rest = {name: value for name, value in part.items() if name != EVIDENCE}
    return rest | {EVIDENCE: pieces} if pieces else rest


def _apart(spans: Sequence[Part]) -> list[Part]:
    """Without those that share characters with an earlier one."""
    kept: dict[Target, list[tuple[int, int, int]]] = defaultdict(list)
    for number, span in enumerate(spans):
        others = kept[Target.of(span)]
        place = bisect(others, (span["start"],))
        before, after = others[max(0, place - 1) : place], others[place : place + 1]
        if all(end <= span["start"] for _, end, _ in before) and all(
            span["end"] <= start for start, _, _ in after
        ):
            others.insert(place, (span["start"], span["end"], number))
    return [spans[number] for others in kept.values() for _, _, number in others]


# ---------------------------------------------------------------------------------- several answers


def reconciled(answers: Sequence[Answer]) -> Answer | None:
    """The spans of the first answer that every other one marks too, at least a part of them alike.

    What is missing has to be missing in all, and a completion without any clean in all; None where
    nothing is left.
    """
    first, others = answers[0], answers[1:]
    marks = [marked(answer[SPANS], answer.get(MISSING, ())) for answer in others]
    lone = {
        number
        for number, span in enumerate(first[SPANS])
        if not all(_marks(mark, span, (span["start"], span["end"])) for mark in marks)
    }
    kept = without(first, lone)
    missing = [
        part
        for part in kept.get(MISSING, ())
        if all(MISSED in mark.get(missing_key(part), ()) for mark in marks)
    ]
    clean = [
        place
        for place in first.get(CLEAN, ())
        if all(place in other.get(CLEAN, ()) for other in others)
    ]
    found: Answer = {SPANS: kept[SPANS]}
    found |= {MISSING: missing} if missing else {}
    found |= {CLEAN: clean} if clean else {}
    return found if any(found.values()) else None


def _marks(mark: Marked, span: Part, place: Range) -> bool:
    return shared([place], mark.get(key_of(span), [])) > 0
