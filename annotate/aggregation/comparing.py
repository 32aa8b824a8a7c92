"""Methods of aggregation side by side on a project's own labels, before one is chosen."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.cache import cache
from django.db.models import Max

from annotate.aggregation.arranging import Arranged
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.combining import Source
from annotate.aggregation.method import Method
from annotate.aggregation.reading import arrange_whole, read_answers
from annotate.aggregation.settling import plain_method
from annotate.aggregation.stretched import Stretched
from annotate.models import Annotation, Gold, Project
from annotate.questions import Answer, Question

Labels = npt.NDArray[np.float64]
CACHE_SECONDS = 30 * 24 * 3600
EVEN = 1e-9
SHAPE = 2  # of what is kept: raised with the fields of ``Compared``


@dataclass(frozen=True)
class Compared:
    """What one method makes of the labels. Counts are of units: items, or completions of them."""

    method: str
    # Units with a label by this method and by plain votes (or means), and how many have another one.
    units: int
    changed: int
    # Units with a label by this method, where votes are even.
    decided: int
    # Units with gold or a review, and how many of them get that label.
    known: int
    right: int
    confidence: float | None
    seconds_spent: float


def comparison(project: Project) -> dict[str, Any] | None:
    """What ``compare`` found last, by question, with the labels that were there; None before that."""
    found: dict[str, Any] | None = cache.get(_key(project))
    return found


def compare(project: Project) -> dict[str, Any]:
    """Try every method that fits on every question's labels; kept for ``comparison``."""
    last = project.annotations.aggregate(last=Max("pk"))["last"] or 0
    questions = {
        question.name: found
        for question in project.questions
        if question.methods and (found := _compare(project, question))
    }
    result = {"last": last, "questions": questions}
    cache.set(_key(project), result, CACHE_SECONDS)
    return result


def _key(project: Project) -> str:
    return f"aggregation-comparison:{SHAPE}:{project.pk}"


def _compare(project: Project, question: Question[Any]) -> dict[str, Any] | None:
    """People's labels; the judges' where there are no people's."""
    read = read_answers(project, question)
    source = Source.PEOPLE if read.human.any() else Source.JUDGES
    answers = read.by(source)
    if not len(answers):
        return None
    arranged = arrange_whole(question, answers, things=question.positions is not None)
    plain = _labels(question, plain_method(question), arranged)[0]
    truth = _truth(project, question, arranged)
    rows = [_compared(question, METHODS[name], arranged, plain, truth) for name in question.methods]
    return {
        "source": str(source),
        "labels": len(answers),
        "methods": [vars(row) for row in rows],
    }


def _compared(
    question: Question[Any], method: Method, arranged: Arranged, plain: Labels, truth: Labels
) -> Compared:
    begin = time.perf_counter()
    labels, confidence = _labels(question, method, arranged)
    known, both = ~np.isnan(truth), ~np.isnan(labels) & ~np.isnan(plain)
    return Compared(
        method=method.name,
        units=int(both.sum()),
        changed=int((labels != plain)[both].sum()),
        decided=int((~np.isnan(labels) & np.isnan(plain)).sum()),
        known=int(known.sum()),
        right=int((labels == truth)[known].sum()),
        confidence=confidence,
        seconds_spent=time.perf_counter() - begin,
    )


def _labels(
    question: Question[Any], method: Method, arranged: Arranged
) -> tuple[Labels, float | None]:
    """The label of each unit, NaN where two are as likely; and the mean confidence.

    The likeliest class, or the nearest point of a scale.
    """
    fitted = method.fit(arranged.data)
    data = replace(arranged.data, kept=fitted.kept)
    found = method.settle(data, fitted.shared, fitted.own)
    if found.shares is None:
        assert found.value is not None
        return np.floor(found.value + 0.5), None
    if not len(found.shares):
        return np.empty(0), None
    ordered = np.sort(found.shares, axis=1)
    labels = np.array(question.classes)[found.shares.argmax(axis=1)]
    if ordered.shape[1] > 1:
        labels = np.where(ordered[:, -1] > ordered[:, -2] + EVEN, labels, np.nan)
    if isinstance(arranged, Stretched):
        labels[arranged.of.stretched + arranged.of.missing :] = np.nan  # what nobody marked
    return labels, float(ordered[:, -1].mean())


def _truth(project: Project, question: Question[Any], arranged: Arranged) -> Labels:
    """What gold says of each unit, or else its last review; NaN where neither does."""
    known = _reviews(project, question) | _gold(project, question)
    if isinstance(arranged, Stretched):
        return arranged.said_of(known)
    by_unit = {
        (item, unit): value
        for item, answer in known.items()
        for unit, value in (question.votes(answer) or question.values(answer)).items()
    }
    places = zip(arranged.items, arranged.units, strict=True)
    found = np.array([by_unit.get(place, np.nan) for place in places], dtype=float)
    return (
        found if question.classes else np.floor(found + 0.5)
    )  # as ``_labels`` has ranks that are tied


def _gold(project: Project, question: Question[Any]) -> dict[int, Answer]:
    gold = Gold.objects.filter(item__project=project, answers__has_key=question.name)
    rows = gold.select_related("form")
    return {
        row.item_id: row.answers[question.name]
        for row in rows
        if (asked := row.form.parsed.named(question.name)) and asked.kind == question.kind
    }


def _reviews(project: Project, question: Question[Any]) -> dict[int, Answer]:
    reviews = Annotation.objects.current().filter(
        project=project, purpose=Annotation.Purpose.REVIEW, answers__has_key=question.name
    )
    rows = reviews.order_by("pk").values_list("item_id", "answers")
    return {item: answers[question.name] for item, answers in rows}
