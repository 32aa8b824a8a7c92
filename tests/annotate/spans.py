"""Questions about spans and answers to them, for tests."""

from annotate.offsets import Texts
from annotate.questions import parse_questions

LABELS = [
    {"value": "accuracy", "label": "Accuracy", "colour": "red"},
    {"value": "wrong", "label": "Wrong", "parent": "accuracy", "key": "w"},
    {"value": "invented", "label": "Invented", "parent": "accuracy"},
    {"value": "style", "label": "Style", "help": "how it is said", "colour": "blue"},
    {"value": "lacking", "label": "Lacking", "missing": True},
]
SEVERITIES = [
    {"value": "minor", "label": "Minor"},
    {"value": "major", "label": "Major"},
]
FAMILY = "👩\u200d👩\u200d👧"
FIRST = f"A {FAMILY} went\r\nto e\u0301cole. שלום\t"
SECOND = "Another answer, shorter."
PASSAGE = "They went to school."
TEXTS = Texts([FIRST, SECOND], [PASSAGE])


def asking(**settings):
    [question] = parse_questions(
        [{"kind": "spans", "name": "q", "title": "What is wrong?", "labels": LABELS, **settings}]
    )
    return question


def everything(**settings):
    """A question that asks for all that can be said of a span."""
    return asking(severities=SEVERITIES, evidence=True, contexts=True, **settings)


def span(start, end, label="wrong", *, completion=0, text=None, **more):
    """Of one of ``TEXTS``' completions, unless ``text`` says what is quoted."""
    quoted = TEXTS.completions[completion][start:end] if text is None else text
    return {
        "completion": completion,
        "start": start,
        "end": end,
        "text": quoted,
        "label": label,
        **more,
    }


def quoting(text, start, end):
    """A part of the first passage."""
    return {"context": 0, "start": start, "end": end, "text": text[start:end]}
