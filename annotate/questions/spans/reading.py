"""Answers about spans out of what a page, a file or a judge gives, and their canonical order."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, CONTEXT, Target, brief
from annotate.questions.base.parts import (
    Part,
    by_place,
    list_in,
    moved,
    one_of,
    only_known,
    read_comment,
    read_range,
    read_target,
    short,
)
from annotate.questions.base.question import Answer, InvalidAnswer
from annotate.questions.base.text import RefusedText, check_text

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans

SPANS, MISSING, CLEAN = "spans", "missing", "clean"
ANSWER = (SPANS, MISSING, CLEAN)
MOST_EVIDENCE = 50  # of one span
_SPAN = (COMPLETION, CONTEXT, "start", "end", "text", "label", "severity", "comment", "evidence")
_MISSING = (COMPLETION, "label", "severity", "comment", "evidence")
_QUOTED = (CONTEXT, "start", "end", "text")
_REFERENCE = ("span",)


def parse(question: "Spans", raw: object, completions: int) -> Answer:
    """The canonical answer, not yet held against texts. Raises ``InvalidAnswer``."""
    given = only_known(question.name, raw, ANSWER, "an answer")
    spans = list_in(question.name, given, SPANS)
    answer: Answer = {SPANS: [_span(question, one, completions, len(spans)) for one in spans]}
    missing = list_in(question.name, given, MISSING)
    if missing:
        answer[MISSING] = [_missing(question, one, completions, len(spans)) for one in missing]
    if clean := _clean(question, given, completions):
        answer[CLEAN] = clean
    if not any(answer.get(name) for name in ANSWER):
        raise InvalidAnswer(
            question.name,
            "marks nothing; mark a span, or name the completions without any, as in {'clean': [0]}",
        )
    _refuse_own_evidence(question, answer[SPANS])
    _refuse_contradictions(question, answer)
    if not question.config.overlap:
        refuse_overlap(question.name, answer[SPANS])
    return in_order(answer)


def _span(question: "Spans", raw: object, completions: int, spans: int) -> Part:
    given = only_known(question.name, raw, _SPAN, "a span")
    return {
        **read_target(
            question.name, given, completions=completions, contexts=question.config.contexts
        ),
        **_stored(question, read_range(question.name, given)),
        **_said(question, given, question.span_values, spans),
    }


def _missing(question: "Spans", raw: object, completions: int, spans: int) -> Part:
    if not question.missing_values:
        raise InvalidAnswer(
            question.name, "says what is missing, for which it has no label; leave it out"
        )
    given = only_known(question.name, raw, _MISSING, "a missing part")
    return {
        **read_target(question.name, given, completions=completions, contexts=False),
        **_said(question, given, question.missing_values, spans),
    }


def _said(question: "Spans", given: Mapping[str, Any], labels: Collection[str], spans: int) -> Part:
    """Label, severity, comment and evidence, those left out that are empty."""
    config = question.config
    for name, asked in (
        ("severity", bool(config.severities)),
        ("comment", config.comments != "off"),
        ("evidence", config.evidence),
    ):
        if not asked and given.get(name):
            raise InvalidAnswer(
                question.name, f"has a part with {name}, which is not asked for; leave it out"
            )
    found = one_of(question.name, given, "label", labels)
    if config.severities:
        values = [severity.value for severity in config.severities]
        found |= one_of(question.name, given, "severity", values, owed=False)
    if config.comments != "off":
        found |= _stored(question, read_comment(question.name, given))
    if config.evidence and (evidence := _evidence(question, given, spans)):
        found["evidence"] = evidence
    return found


def _stored(question: "Spans", part: Part) -> Part:
    for value in part.values():
        try:
            check_text(value if isinstance(value, str) else "")
        except RefusedText as fault:
            raise InvalidAnswer(question.name, str(fault)) from fault
    return part


def _evidence(question: "Spans", given: Mapping[str, Any], spans: int) -> list[Part]:
    evidence = list_in(question.name, given, "evidence")
    if len(evidence) > MOST_EVIDENCE:
        raise InvalidAnswer(
            question.name,
            f"has {len(evidence):,} pieces of evidence for one part; {MOST_EVIDENCE} are the most",
        )
    return [_piece(question, one, spans) for one in evidence]


def _piece(question: "Spans", raw: object, spans: int) -> Part:
    if not isinstance(raw, Mapping) or "span" not in raw:
        given = only_known(question.name, raw, _QUOTED, "evidence")
        place = read_target(question.name, given, completions=0, contexts=True)
        return place | _stored(question, read_range(question.name, given))
    number = only_known(question.name, raw, _REFERENCE, "evidence")["span"]
    if type(number) is not int or not 0 <= number < spans:
        raise InvalidAnswer(
            question.name,
            f"has span {short(number)} as evidence, of {spans}; count the spans of the answer from 0",
        )
    return {"span": number}


def _refuse_own_evidence(question: "Spans", spans: Sequence[Part]) -> None:
    for number, span in enumerate(spans):
        if {"span": number} in span.get("evidence", ()):
            raise InvalidAnswer(
                question.name,
                f"has the span {brief(span['text'])} as evidence for itself; name another one",
            )


def _clean(question: "Spans", given: Mapping[str, Any], completions: int) -> list[int]:
    clean = list_in(question.name, given, CLEAN)
    for place in clean:
        if type(place) is not int or not 0 <= place < completions:
            raise InvalidAnswer(
                question.name,
                f"says that there is nothing in completion {short(place)}, which there is none of; use 0 "
                f"to {completions - 1}",
            )
    return sorted(set(clean))


def _refuse_contradictions(question: "Spans", answer: Answer) -> None:
    for part in [*answer[SPANS], *answer.get(MISSING, ())]:
        if part.get(COMPLETION) in answer.get(CLEAN, ()):
            raise InvalidAnswer(
                question.name,
                f"says that there is nothing in completion {part[COMPLETION] + 1}, and marks "
                f"{brief(part['text']) if 'text' in part else 'what is missing'} in it; leave one of "
                "them out",
            )


def overlapping(spans: Sequence[Part]) -> tuple[Part, Part] | None:
    """The first two spans of one text that share characters, if any; ``spans`` in any order."""
    ordered = sorted(spans, key=by_place)
    for one, other in pairwise(ordered):
        if Target.of(one) == Target.of(other) and other["start"] < one["end"]:
            return one, other
    return None


def refuse_overlap(question: str, spans: Sequence[Part]) -> None:
    if (found := overlapping(spans)) is not None:
        one, other = (f"{brief(span['text'])} ({span['start']}-{span['end']})" for span in found)
        raise InvalidAnswer(
            question,
            f"marks {one} and {other} of {Target.of(found[0])}, which overlap; shorten one of them",
        )


# --------------------------------------------------------------------------------- canonical order


def in_order(answer: Answer) -> Answer:
    """The same answer with its parts sorted, and references to spans pointing where they did."""
    spans = answer[SPANS]
    order = sorted(range(len(spans)), key=lambda number: by_place(spans[number]))
    number_of = {before: after for after, before in enumerate(order)}
    found: Answer = {SPANS: [_renumbered(spans[number], number_of) for number in order]}
    if MISSING in answer:
        missing = [_renumbered(part, number_of) for part in answer[MISSING]]
        found[MISSING] = sorted(missing, key=by_place)
    if CLEAN in answer:
        found[CLEAN] = sorted(answer[CLEAN])
    return found


def _renumbered(part: Part, number_of: Mapping[int, int]) -> Part:
    if "evidence" not in part:
        return part
    pieces = [
        {"span": number_of[piece["span"]]} if "span" in piece else piece
        for piece in part["evidence"]
    ]
    return part | {"evidence": pieces}


def permuted(answer: Answer, order: Sequence[int]) -> Answer:
    """An answer in the shown order in the item's own: ``order[place] = position``."""
    found: Answer = {SPANS: [moved(span, order) for span in answer[SPANS]]}
    if MISSING in answer:
        found[MISSING] = [moved(part, order) for part in answer[MISSING]]
    if CLEAN in answer:
        found[CLEAN] = [order[place] for place in answer[CLEAN]]
    return in_order(found)


def of_completion(answer: Answer) -> set[int]:
    """The completions that an answer says something of."""
    parts = [*answer[SPANS], *answer.get(MISSING, ())]
    return {part[COMPLETION] for part in parts if COMPLETION in part} | set(answer.get(CLEAN, ()))


def marks_passages(answer: Answer) -> bool:
    return any(CONTEXT in span for span in answer[SPANS])


def without(answer: Answer, dropped: Collection[int]) -> Answer:
    """An answer less the spans of these numbers, and the references to them."""
    kept = [number for number in range(len(answer[SPANS])) if number not in dropped]
    number_of = {before: after for after, before in enumerate(kept)}
    parts = {
        name: [
            _renumbered(_less(part, dropped), number_of)
            for number, part in enumerate(answer[name])
            if name != SPANS or number not in dropped
        ]
        for name in (SPANS, MISSING)
        if name in answer
    }
    return {**answer, **parts}


def _less(part: Part, dropped: Collection[int]) -> Part:
    pieces = [piece for piece in part.get("evidence", ()) if piece.get("span") not in dropped]
    rest = {name: value for name, value in part.items() if name != "evidence"}
    return rest | {"evidence": pieces} if pieces else rest
