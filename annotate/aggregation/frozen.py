"""The labels of a snapshot aggregated by the methods that it names, from the snapshot alone.

Nothing is taken from the project's fits, which follow its labels on: methods are fitted to the
snapshot's own, from a cold start, so that the same snapshot always gives the same aggregates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotate.aggregation.arranging import Ids
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.combining import Source
from annotate.aggregation.method import Method
from annotate.aggregation.reading import Read, arrange_whole, read_frozen
from annotate.aggregation.settling import Key, Learnt, Row, chosen_method, settle
from annotate.aggregation.writing import VERSION
from annotate.models import Project
from annotate.questions import Question, Questions
from annotate.questions.base.question import Combined

Combinations = dict[tuple[str, str], Combined]


def methods_of(project: Project) -> dict[str, Any]:
    """What a snapshot names: the methods by question, and the version of their code."""
    chosen = {question.name: chosen_method(project, question) for question in project.questions}
    names = {name: method.name for name, method in chosen.items() if method is not None}
    return {"version": VERSION, "questions": names} if names else {}


@dataclass(frozen=True)
class Frozen:
    """What the methods learnt of a snapshot's labels."""

    questions: Questions
    fits: Mapping[Key, Learnt]
    kept: Mapping[Key, Mapping[int, Mapping[str, float]]]

    def aggregates(self, rows: Mapping[int, list[Row]]) -> dict[int, Combinations]:
        """By item, question and source."""
        found = settle(self.questions, rows, self.fits, kept=self.kept)
        return {
            item: {key: outcome.combined for key, outcome in of_item.items()}
            for item, of_item in found.items()
        }


def learn(questions: Questions, names: Mapping[str, str], ids: Ids) -> Frozen:
    """Fit the named methods to the labels of ``ids``; questions without a name are counted."""
    frozen = Frozen(questions, {}, {})
    for question in questions:
        name = names.get(question.name)
        if name in question.methods:
            read = read_frozen(ids, question)
            both = read.human.any() and not read.human.all()
            alone = Source.PEOPLE if read.human.any() else Source.JUDGES
            frozen = _with(frozen, question, METHODS[name], read, alone)
            if both:
                frozen = _with(frozen, question, METHODS[name], read, Source.JUDGES)
                frozen = _with(frozen, question, METHODS[name], read, Source.ALL)
            elif len(read.answers):
                frozen = _as_all(frozen, question.name, alone)
    return frozen


def _as_all(frozen: Frozen, question: str, source: str) -> Frozen:
    """One source alone is all there is."""
    whole, part = (question, str(Source.ALL)), (question, str(source))
    kept = {**frozen.kept, whole: frozen.kept[part]} if part in frozen.kept else frozen.kept
    return replace(frozen, fits={**frozen.fits, whole: frozen.fits[part]}, kept=kept)


def _with(
    frozen: Frozen, question: Question[Any], method: Method, read: Read, source: str
) -> Frozen:
    answers, key = read.by(source), (question.name, source)
    if not len(answers):
        return frozen
    arranged = arrange_whole(question, answers, things=method.needs_pairs)
    fitted = method.fit(arranged.data)
    learnt = Learnt(
        method,
        fitted.shared,
        fitted.newcomer,
        {
            annotator: {name: part[place] for name, part in fitted.own.items()}
            for place, annotator in enumerate(arranged.annotators)
        },
    )
    return replace(
        frozen,
        fits={**frozen.fits, key: learnt},
        kept={**frozen.kept, key: arranged.kept(fitted.kept)} if fitted.kept else frozen.kept,
    )
