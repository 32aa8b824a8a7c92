"""One item's answers made into one label by count alone, per question and source."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from annotate.models import Aggregate
from annotate.questions import Answer, Answers, Question, Questions
from annotate.questions.base.question import Combined

Source = Aggregate.Source
VERSION = 1  # of ``combine``: exports and snapshots depend on nothing else here


class Label(NamedTuple):
    """One annotator's answers, with what decides how they count."""

    answers: Answers
    human: bool
    review: bool = False


@dataclass(slots=True)
class _Answers:
    """What was answered to one question of one item."""

    people: list[Answer] = field(default_factory=list)
    judges: list[Answer] = field(default_factory=list)
    review: Answer | None = None


def combine(questions: Questions, labels: Iterable[Label]) -> dict[tuple[str, str], Combined]:
    """Aggregates of one item's labels, oldest first, by (question, source): votes and plain means.

    Where a question was reviewed, the last review stands for people and for all; judges' answers
    keep an aggregate of their own. Questions that the form does not have are left out.
    """
    given: dict[str, _Answers] = {}
    for label in labels:
        for name, answer in label.answers.items():
            answers = given.setdefault(name, _Answers())
            if label.review:
                answers.review = answer
            else:
                (answers.people if label.human else answers.judges).append(answer)
    return {
        (name, source): combined
        for name, answers in given.items()
        if (question := questions.named(name)) is not None
        for source, combined in _by_source(question, answers).items()
    }


def _by_source(question: Question[Any], given: _Answers) -> dict[str, Combined]:
    people = [given.review] if given.review is not None else given.people
    found: dict[str, Combined] = {}
    if people:
        found[Source.PEOPLE] = found[Source.ALL] = question.combine(people)
    if given.judges:
        found[Source.JUDGES] = question.combine(given.judges)
        if not people:
            found[Source.ALL] = found[Source.JUDGES]
        elif given.review is None:
            found[Source.ALL] = question.combine([*people, *given.judges])
    return found
