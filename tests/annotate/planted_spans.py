"""Annotators who mark planted spans with known errors, and what is made of their marks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from annotate.aggregation.arranging import Answers
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.stretched import arrange_marks
from annotate.marking import Texts
from annotate.questions import Answer, Question, parse_question
from annotate.questions.base.marks import Settlement

LABELS = ("wrong", "dull")
LENGTH = 600
Span = tuple[Any, Any, str]  # start, end, label; marks of what is missing have no place
Row = tuple[int, int, Answer]


def spans_question(**settings: Any) -> Question[Any]:
    labels: list[dict[str, Any]] = [{"value": value, "label": value.title()} for value in LABELS]
    labels.append({"value": "fact", "label": "A fact", "missing": True})
    return parse_question(
        {"kind": "spans", "name": "errors", "title": "What is wrong?", "labels": labels} | settings
    )


def answer(*marks: Any, missing: Iterable[str] = ()) -> Answer:
    """From (start, end, label) or (start, end, label, severity) of the first completion."""
    spans = [
        {
            "completion": 0,
            "start": start,
            "end": end,
            "text": "x" * (end - start),
            "label": label,
            **({"severity": severity[0]} if severity else {}),
        }
        for start, end, label, *severity in sorted(marks)
    ]
    if missing:
        return {
            "spans": spans,
            "missing": [{"completion": 0, "label": label} for label in missing],
        }
    return {"spans": spans} if spans else {"spans": [], "clean": [0]}


def arranged(question: Question[Any], rows: Sequence[Row], *, length: int = LENGTH) -> Any:
    """From (item, annotator, answer), with the lengths of the texts, as a fit has them."""
    answers = Answers.of(rows)
    items = np.unique(answers.item)
    nothing = np.zeros(len(items), dtype=np.int64)
    texts = Texts(items, items, nothing, nothing + length)
    return arrange_marks(question, answers, texts=texts)


def settled(
    question: Question[Any], rows: Sequence[Row], method: str = "support", *, length: int = LENGTH
) -> dict[int, Settlement]:
    """Settlements by item, under a fit to the same rows."""
    found = arranged(question, rows, length=length)
    fitted = METHODS[method].fit(found.data)
    of_labels = arrange_marks(question, Answers.of(rows))  # as a job has them: without the texts
    assert of_labels.annotators == found.annotators
    return of_labels.by_item(METHODS[method].settle(of_labels.data, fitted.shared, fitted.own))


def ranges(settlement: Settlement) -> list[Span]:
    return [(one.mark.start, one.mark.end, one.mark.label) for one in settlement.spans]


def planted(
    rng: np.random.Generator, *, items: int, found: Sequence[float], invented: float = 0.5
) -> tuple[list[Row], dict[int, list[Span]]]:
    """Rows (item, annotator, answer), and the truth by item: up to three spans of a text.

    ``found`` is each annotator's share of the true spans; beside them stand ``invented`` others an
    item in the mean, more of those who find less. Ends are off by up to three characters.
    """
    truth: dict[int, list[Span]] = {}
    rows: list[Row] = []
    for item in range(items):
        starts = np.sort(rng.choice(LENGTH // 60, size=rng.integers(0, 4), replace=False)) * 60
        truth[item] = [
            (int(start) + 5, int(start) + 5 + int(rng.integers(8, 45)), str(rng.choice(LABELS)))
            for start in starts
        ]
        for annotator, share in enumerate(found):
            marks = [
                (start + int(rng.integers(-3, 4)), end + int(rng.integers(-3, 4)), label)
                for start, end, label in truth[item]
                if rng.random() < share
            ]
            for _ in range(rng.poisson(invented * (1.2 - share))):
                start = int(rng.integers(0, LENGTH - 40))
                marks.append((start, start + int(rng.integers(5, 40)), str(rng.choice(LABELS))))
            rows.append((item, annotator, answer(*marks)))
    return rows, truth


def character_f1(one: Mapping[int, Sequence[Span]], other: Mapping[int, Sequence[Span]]) -> float:
    """Of labelled characters, over all items: each {item: [(start, end, label)]}."""
    first, second = (
        {
            (item, place, label)
            for item, spans in marks.items()
            for start, end, label in spans
            for place in range(start, end)
        }
        for marks in (one, other)
    )
    return 2 * len(first & second) / (len(first) + len(second))
