"""Answers as marks for agreement and aggregation, and what several of them together mark."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annotate.offsets import CONTEXT, Target
from annotate.questions.base.marks import Mark, Settlement, Supported
from annotate.questions.base.question import Answer, Combined
from annotate.questions.spans.reading import MISSING, SPANS

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans


def marks(answer: Answer) -> list[Mark]:
    parts = [*answer[SPANS], *answer.get(MISSING, ())]
    return [
        Mark(
            Target.of(part),
            part.get("start"),
            part.get("end"),
            part["label"],
            part.get("severity", ""),
        )
        for part in parts
    ]


def may_mark(question: "Spans", target: Target) -> bool:
    """Whether the question is about this text."""
    if target.kind == CONTEXT:
        return bool(question.config.contexts)
    asked = question.config.completions
    return not asked or target.place in asked


def settled(combined: Combined, found: Settlement) -> Combined:
    """With ``spans`` and ``missing`` that are supported."""
    data = {
        **combined.data,
        SPANS: [_part(one) for one in found.spans],
        MISSING: [_part(one) for one in found.missing],
    }
    return replace(combined, data=data, share=found.share, confidence=found.confidence)


def _part(one: Supported) -> dict[str, Any]:
    mark = one.mark
    place = {mark.target.kind: mark.target.place}
    bounds = {} if mark.start is None else {"start": mark.start, "end": mark.end}
    severity = {"severity": mark.severity} if mark.severity else {}
    return {**place, **bounds, "label": mark.label, **severity, "support": round(one.support, 4)}


def agreed_words(data: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """What stands after aggregation, such as "2 spans (Wrong, Irrelevant), 1 missing (Fact)"."""
    if SPANS not in data:
        return ""
    said = [
        f"{len(parts)} {name} ({', '.join(_labels(parts, words))})"
        for parts, name in (
            (data[SPANS], "span" if len(data[SPANS]) == 1 else "spans"),
            (data[MISSING], "missing"),
        )
        if parts
    ]
    return ", ".join(said) or "nothing marked by most"


def _labels(parts: list[dict[str, Any]], words: Mapping[str, str]) -> list[str]:
    """Each label once, in the order in which they come."""
    return list(dict.fromkeys(words.get(part["label"], part["label"]) for part in parts))
