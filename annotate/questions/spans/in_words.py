"""Answers about spans for a reader, what they still lack, and examples of them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, brief
from annotate.questions.base.parts import Part
from annotate.questions.base.question import Answer, letter
from annotate.questions.spans.reading import (
    CLEAN,
    MISSING,
    SPANS,
    in_order,
    marks_passages,
    of_completion,
)

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans

NOTHING = "nothing to mark"


def of(question: "Spans", answer: Answer) -> str:
    """Such as ``A: “in 1972” Wrong date (major); B: nothing to mark``."""
    found: dict[str, list[str]] = {}
    for span in answer[SPANS]:
        found.setdefault(_where(span), []).append(_span(question, span))
    for part in answer.get(MISSING, ()):
        found.setdefault(_where(part), []).append(_said(question, part))
    for position in answer.get(CLEAN, ()):
        found[letter(position)] = [NOTHING]
    return "; ".join(f"{where}: {', '.join(found[where])}" for where in sorted(found, key=_later))


def _later(where: str) -> tuple[bool, str]:
    """Passages come after completions."""
    return len(where) > 1, where


def _where(part: Part) -> str:
    if COMPLETION in part:
        return letter(part[COMPLETION])
    return f"passage {part['context'] + 1}"


def _span(question: "Spans", span: Part) -> str:
    return f"“{brief(span['text'])[1:-1]}” {_said(question, span)}"


def _said(question: "Spans", part: Part) -> str:
    words = question.label_words.get(part["label"], str(part["label"]))
    words_of = {one.value: one.label for one in question.config.severities}
    given = part.get("severity", "")
    more = [text for text in (words_of.get(given, given), part.get("comment", "")) if text]
    return f"{words} ({': '.join(more)})" if more else words


def lacking(question: "Spans", answer: Answer, asked: Collection[int]) -> str:
    """What a person still owes, with the remedy; ``asked`` are places in the answer's order."""
    for part in [*answer[SPANS], *answer.get(MISSING, ())]:
        if name := _owed(question, part):
            what = brief(part["text"]) if "text" in part else question.label_words[part["label"]]
            return f"has no {name} for {what}; {'choose' if name == 'severity' else 'write'} one"
    open_ = sorted(set(asked) - of_completion(answer))
    # What is marked in a passage, such as the source of a translation, is said of the only completion.
    if open_ and not (len(asked) == 1 and marks_passages(answer)):
        names = " and ".join(letter(place) for place in open_)
        return f"says nothing of {names}; mark what there is, or say that there is nothing"
    return ""


def _owed(question: "Spans", part: Part) -> str:
    if question.config.severities and "severity" not in part:
        return "severity"
    wanted = question.config.comments == "required"
    return "comment" if wanted and not part.get("comment", "").strip() else ""


# ---------------------------------------------------------------------------------------- examples


def examples(question: "Spans") -> list[Answer]:
    """Of two completions, those that are not asked about left out."""
    asked = [position for position in question.asked(2) if position < 2]
    nothing: Answer = {SPANS: [], CLEAN: asked}
    if not asked:
        return []
    first, labels = asked[0], question.span_values
    rest = {CLEAN: asked[1:]} if asked[1:] else {}
    one: Answer = {SPANS: [_example(question, first, 0, "Answer", labels[0])], **rest}
    two: Answer = {SPANS: [*one[SPANS], _example(question, asked[-1], 7, "🇫🇷 é", labels[-1])]}
    found = [nothing, one, two]
    if question.missing_values:
        missing = _more(question, {COMPLETION: first, "label": question.missing_values[0]})
        found.append({SPANS: [], MISSING: [missing], **rest})
    return [in_order(answer) for answer in found]


def _example(question: "Spans", position: int, start: int, text: str, label: str) -> Part:
    place = {"start": start, "end": start + len(text), "text": text}
    return _more(question, {COMPLETION: position, **place, "label": label})


def _more(question: "Spans", part: dict[str, Any]) -> Part:
    if question.config.severities:
        part["severity"] = question.severities[-1]
    if question.config.comments != "off":
        part["comment"] = "It says something else in the passage."
    return part
