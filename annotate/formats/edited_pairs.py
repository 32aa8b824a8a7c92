"""Pairs that edits imply: who rewrites a completion says that the edited text is the better one."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from annotate.formats.base import ExportedItem, ExportedLabel
from annotate.questions import Question

PEOPLE, JUDGES = "people", "judges"
WORK, REVIEW = "work", "review"


class EditedPair(NamedTuple):
    """``chosen`` is what one annotator made of ``rejected``; scores only where they were given."""

    chosen: str
    rejected: str
    initial: int | None
    final: int | None


def edited_pairs(question: Question[Any], item: ExportedItem, source: str) -> list[EditedPair]:
    """One of each annotator and completion that was edited; each different text once.

    ``source`` is people, judges, all, or best: people's where there are any, else the judges'.
    """
    labels = _counted(question, item)
    if source == "best":
        source = PEOPLE if any(label.kind == "human" for label in labels) else JUDGES
    wanted = [label for label in labels if source in ("all", _by(label))]
    pairs = (pair for label in wanted for pair in _pairs(question, item, label))
    return list({(pair.rejected, pair.chosen): pair for pair in pairs}.values())


def _by(label: ExportedLabel) -> str:
    return PEOPLE if label.kind == "human" else JUDGES


def _counted(question: Question[Any], item: ExportedItem) -> list[ExportedLabel]:
    """A review decides alone; what was done in a test does not count."""
    given = [label for label in item.labels if question.name in label.answers]
    reviews = [label for label in given if label.purpose == REVIEW]
    return reviews or [label for label in given if label.purpose == WORK]


def _pairs(
    question: Question[Any], item: ExportedItem, label: ExportedLabel
) -> Iterator[EditedPair]:
    answer = label.answers[question.name]
    scores = {score["completion"]: score for score in answer.get("scores", ())}
    for place, completion in enumerate(item.completions):
        now = question.rewritten(answer, place, completion.text)  # type: ignore[attr-defined]  # an edit has it
        if now is not None and now != completion.text:
            score = scores.get(place, {})
            yield EditedPair(now, completion.text, score.get("initial"), score.get("final"))
