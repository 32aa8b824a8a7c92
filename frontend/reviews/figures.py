"""How reviewers' decisions compare with what was labelled: the majority's, each annotator's, each judge's.

Decisions that were made by settling are what most people say, and are left out. The items are no random
draw: reviewers look at those that people disagree on, so that everybody does worse on them than elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from annotate.gold import is_right, majority
from annotate.models import Annotation, Annotator
from annotate.quality.intervals import wilson
from frontend.charts import Estimate, Row, intervals
from frontend.items.history import pseudonym
from routing.suggestions import questions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.utils.safestring import SafeString

    from annotate.models import Project
    from annotate.questions import Answer, Answers, Question

MOST = 5_000  # decisions that are read, the newest
LEAST_CHARTED = 5
MOST_CHARTED = 20


@dataclass(frozen=True)
class Who:
    """How often an annotator's answers are what was decided."""

    name: str
    pk: int
    human: bool
    same: Estimate


@dataclass(frozen=True)
class OfQuestion:
    """``decisions`` on one question; ``majority`` over those items where people's labels have one."""

    title: str
    decisions: int
    majority: Estimate | None
    torn: int
    people: list[Who]
    judges: list[Who]

    @property
    def chart(self) -> SafeString | str:
        everybody = [
            one for one in (*self.people, *self.judges) if (one.same.n or 0) >= LEAST_CHARTED
        ]
        if not everybody and self.majority is None:
            return ""
        rows = [Row("Majority of people", self.majority, "both")] if self.majority else []
        rows += [
            Row(f"{one.name} ({one.same.n})", one.same, "people" if one.human else "judge")
            for one in everybody[:MOST_CHARTED]
        ]
        return intervals(rows, label=f"Answers that are as decided: {self.title}", always=(0, 1))


@dataclass(frozen=True)
class Decisions:
    questions: list[OfQuestion]
    reviewed: int
    settled: int
    informed: int


@dataclass
class _Tally:
    decisions: int = 0
    torn: int = 0
    majority: list[bool] = field(default_factory=list)
    by: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class _Label:
    item: int
    annotator: int
    human: bool
    form: int
    answers: Answers


def figures_of(project: Project) -> Decisions:
    """By question of the newest form, in three queries."""
    decisions = _decisions(project)
    own = [one for one in decisions if not (one.raw or {}).get("settled")]
    labels = _labels([one.item_id for one in own])
    names = Annotator.objects.in_bulk(
        {label.annotator for rows in labels.values() for label in rows}
    )
    found = []
    for question in project.questions:
        if question.compared:
            tally = _tally(question, own, labels)
            if tally.decisions:
                found.append(_figures(question, tally, names))
    informed = sum(bool((one.suggestions or {}).get("informed")) for one in own)
    return Decisions(found, len(own), len(decisions) - len(own), informed)


def _decisions(project: Project) -> Sequence[Annotation]:
    rows = Annotation.objects.current().filter(project=project, purpose=Annotation.Purpose.REVIEW)
    wanted = rows.exclude(answers={}).order_by("-pk")
    return list(wanted.only("item", "form", "answers", "raw", "suggestions")[:MOST])


def _labels(items: Sequence[int]) -> dict[int, list[_Label]]:
    rows = Annotation.objects.current().work().filter(item__in=items).order_by("pk")
    found: dict[int, list[_Label]] = defaultdict(list)
    for item, annotator, kind, form, answers in rows.values_list(
        "item_id", "annotator_id", "annotator__kind", "form_id", "answers"
    ):
        human = kind == Annotator.Kind.HUMAN
        found[item].append(_Label(item, annotator, human, form, answers))
    return found


def _tally(
    question: Question[Any], decisions: Iterable[Annotation], labels: dict[int, list[_Label]]
) -> _Tally:
    tally = _Tally()
    for decision in decisions:
        right = _answer(question, decision.answers, decision.form_id)
        if right is None:
            continue
        tally.decisions += 1
        given = [
            (label, answer)
            for label in labels.get(decision.item_id, ())
            if (answer := _answer(question, label.answers, label.form)) is not None
        ]
        for label, answer in given:
            tally.by[label.annotator].append(is_right(question, answer, right))
        _count_majority(question, [answer for label, answer in given if label.human], right, tally)
    return tally


def _count_majority(
    question: Question[Any], answers: list[Answer], right: Answer, tally: _Tally
) -> None:
    if len(answers) < 2:
        return
    most = majority(question, answers, question.combine(answers).majority)
    if most is None:
        tally.torn += 1
    else:
        tally.majority.append(is_right(question, most, right))


def _answer(question: Question[Any], answers: Answers, form: int) -> Answer | None:
    """Where it means what the question means now."""
    if question.name not in answers:
        return None
    asked = questions_of(form).named(question.name)
    return answers[question.name] if asked and asked.meaning == question.meaning else None


def _figures(question: Question[Any], tally: _Tally, names: dict[int, Annotator]) -> OfQuestion:
    everybody = sorted(
        (
            Who(pseudonym(names[pk]), pk, names[pk].kind == Annotator.Kind.HUMAN, _share(hits))
            for pk, hits in tally.by.items()
        ),
        key=lambda one: (-(one.same.n or 0), one.name),
    )
    return OfQuestion(
        question.config.title,
        tally.decisions,
        _share(tally.majority) if tally.majority else None,
        tally.torn,
        [one for one in everybody if one.human],
        [one for one in everybody if not one.human],
    )


def _share(hits: Sequence[bool]) -> Estimate:
    found = wilson(sum(hits), len(hits))
    return Estimate(found.value, found.low, found.high, found.n)
