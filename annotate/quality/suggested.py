"""How much suggestions move answers, from what is recorded with the labels.

Beforehand: of labels whose item was drawn to show a suggestion, and of those that were drawn to show none,
how many come to what was, or would have been, suggested. Labels of both arms carry the opinion that the
source had when they were given; where it had none they are left out of both. After the answer: how many
were changed once the suggestion was seen, and towards what.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import QuerySet

from annotate.gold import is_right
from annotate.models import Annotation, Form, Project
from annotate.quality.clusters import Difference, difference
from annotate.quality.intervals import Interval, median, wilson
from annotate.questions import Answer, Question, Questions

MOST = 20_000  # labels that are read, the newest
SHAPE = 1  # of what is kept: raised with the fields of ``Effect``
CACHE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Given:
    """A label with what is recorded of its suggestion."""

    pk: int
    item: int
    annotator: int
    before: int | None
    replaced: bool
    form: int
    answers: Mapping[str, Any]
    seconds: float | None
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Arms:
    """One question with a suggestion beforehand and without: the shares that agree with it."""

    title: str
    agree: Difference


@dataclass(frozen=True)
class Times:
    """Active seconds of a label: medians, and how many times as long it takes with a suggestion.

    The factor is that of the geometric means, with its interval.
    """

    with_: Interval
    without: Interval
    factor: Interval


@dataclass(frozen=True)
class Changes:
    """One question whose suggestion came after the answer. All are counts of labels.

    ``agreed`` and ``disagreed`` is what first answers did; the others what became of them.
    """

    title: str
    agreed: int
    disagreed: int
    to_it: int
    away: int
    otherwise: int

    @property
    def seen(self) -> int:
        return self.agreed + self.disagreed

    @property
    def changed(self) -> int:
        return self.to_it + self.away + self.otherwise

    @property
    def moved(self) -> Interval | None:
        """Of those that disagreed, how many took the suggestion over."""
        return wilson(self.to_it, self.disagreed) if self.disagreed else None


@dataclass(frozen=True)
class Effect:
    """All about one source. ``silent`` counts labels of both arms on which it had no opinion."""

    source: str
    arms: list[Arms]
    times: Times | None
    changes: list[Changes]
    shown: int
    held_back: int
    silent: int
    afterwards: int

    @property
    def few(self) -> bool:
        """Whether there are so few annotators that intervals are to be taken with care."""
        return any(arm.agree.annotators < 10 for arm in self.arms)


def effects(project: Project) -> list[Effect]:
    """By source; kept until another label is recorded or the form changes."""
    last = _recorded(project).order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        return []
    key = f"suggestion-effects:{SHAPE}:{project.pk}:{project.form.pk}:{last}"
    found: list[Effect] | None = cache.get(key)
    if found is None:
        found = _effects(project)
        cache.set(key, found, CACHE_SECONDS)
    return found


def _effects(project: Project) -> list[Effect]:
    """From one query and one for each version of the form."""
    by_source: dict[str, list[Given]] = defaultdict(list)
    for label in _labels(project):
        by_source[label.said.get("from", "judges")].append(label)
    return [
        _effect(project.questions, source, labels) for source, labels in sorted(by_source.items())
    ]


def _recorded(project: Project) -> QuerySet[Annotation]:
    rows: QuerySet[Annotation] = Annotation.objects.filter(
        project=project,
        purpose=Annotation.Purpose.WORK,
        suggestions__isnull=False,
        suggestions__arm__isnull=False,
    )
    return rows


def _labels(project: Project) -> Iterable[Given]:
    columns = (
        "pk",
        "item_id",
        "annotator_id",
        "supersedes_id",
        "successor__pk",
        "form_id",
        "answers",
        "active_seconds",
        "suggestions",
    )
    for pk, item, annotator, before, successor, *rest in (
        _recorded(project).order_by("-pk").values_list(*columns)[:MOST]
    ):
        yield Given(pk, item, annotator, before, successor is not None, *rest)


def _effect(questions: Questions, source: str, labels: list[Given]) -> Effect:
    drawn = [one for one in labels if one.said["arm"] in ("before", "none") and not one.replaced]
    compared = [one for one in drawn if one.said.get("answers")]
    after = [one for one in labels if one.said["arm"] == "after" and one.said["shown"] == "after"]
    asked = [question for question in questions if question.compared]
    return Effect(
        source,
        [found for question in asked if (found := _arms(question, compared)) is not None],
        _times(compared),
        [one for question in asked if (one := _changes(question, after)) is not None],
        shown=sum(one.said["arm"] == "before" for one in compared),
        held_back=sum(one.said["arm"] == "none" for one in compared),
        silent=len(drawn) - len(compared),
        afterwards=sum(not one.said["informed"] for one in after),
    )


# ------------------------------------------------------------------------------------- beforehand


def _arms(question: Question[Any], labels: list[Given]) -> Arms | None:
    told = [
        (one, same) for one in labels if (same := _agrees(question, one, one.answers)) is not None
    ]
    if not told:
        return None
    found = difference(
        np.array([same for _, same in told], dtype=float), *_columns([one for one, _ in told])
    )
    return None if found is None else Arms(question.config.title, found)


def _columns(labels: list[Given]) -> tuple[Any, Any, Any]:
    """Arm, item and annotator (labels,)."""
    return (
        np.array([one.said["arm"] == "before" for one in labels], dtype=bool),
        np.array([one.item for one in labels], dtype=np.int64),
        np.array([one.annotator for one in labels], dtype=np.int64),
    )


def _agrees(question: Question[Any], label: Given, answers: Mapping[str, Any]) -> bool | None:
    """Whether an answer comes to what was suggested; None where either says nothing."""
    mine, theirs = answers.get(question.name), (label.said.get("answers") or {}).get(question.name)
    if mine is None or theirs is None or not _means_the_same(question, label.form):
        return None
    return is_right(question, mine, theirs)


def _means_the_same(question: Question[Any], form: int) -> bool:
    before = _questions_of(form).named(question.name)
    return before is question or (before is not None and before.meaning == question.meaning)


@lru_cache(maxsize=256)
def _questions_of(form: int) -> Questions:
    """A form's questions never change."""
    return Form.objects.get(pk=form).parsed


def _times(labels: list[Given]) -> Times | None:
    timed = [one for one in labels if one.seconds]
    if not timed:
        return None
    seconds = np.array([one.seconds for one in timed], dtype=float)
    group, item, annotator = _columns(timed)
    found = difference(np.log(seconds), group, item, annotator)
    if found is None or found.low is None or found.high is None:
        return None
    low, value, high = np.exp([found.low, found.value, found.high]).tolist()
    factor = Interval(value, low, high, len(timed))
    return Times(median(seconds[group]), median(seconds[~group]), factor)


# ------------------------------------------------------------------------------- after the answer


def _changes(question: Question[Any], labels: list[Given]) -> Changes | None:
    last = _last_of(labels)
    counts = {"agreed": 0, "disagreed": 0, "to_it": 0, "away": 0, "otherwise": 0}
    for first in labels:
        same = _agrees(question, first, first.answers)
        if first.said["informed"] or same is None:
            continue
        counts["agreed" if same else "disagreed"] += 1
        then = last.get(first.pk)
        if then is not None and (became := _became(question, first, then, same=same)):
            counts[became] += 1
    if not counts["agreed"] + counts["disagreed"]:
        return None
    return Changes(question.config.title, **counts)


def _last_of(labels: list[Given]) -> dict[int, Given]:
    """By the id of a first label, the last one that replaced it."""
    after = {one.before: one for one in labels if one.before is not None}
    found = {}
    for one in labels:
        if not one.said["informed"]:
            last = one
            while (then := after.get(last.pk)) is not None:
                last = then
            if last is not one:
                found[one.pk] = last
    return found


def _became(question: Question[Any], first: Given, then: Given, *, same: bool) -> str:
    """What a change did; "" where this question's answer stayed."""
    now = _agrees(question, first, then.answers)
    if now is None or _equal(question, first.answers.get(question.name), then.answers):
        return ""
    if same:
        return "otherwise" if now else "away"
    return "to_it" if now else "otherwise"


def _equal(question: Question[Any], answer: Answer | None, answers: Mapping[str, Any]) -> bool:
    return answer == answers.get(question.name)
