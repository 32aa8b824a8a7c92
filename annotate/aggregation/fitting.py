"""What methods learn of a project's annotators, learnt anew as labels come in.

A fit is due when a question has labels and no fit of its method, and again when labels have grown by a
tenth (by 50 where there are fewer than 500, by as many as there were below 50). It starts from the last
one. When it stands, all aggregates are rewritten in batches; until then and between fits, new labels are
folded in with what is known.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max

from annotate.aggregation.arranging import Arranged
from annotate.aggregation.combining import Source
from annotate.aggregation.method import Fitted, Method, Own, Shared
from annotate.aggregation.reading import Read, arrange_whole, read_answers
from annotate.aggregation.settling import Key, chosen_method, current_fits
from annotate.aggregation.storing import rewrite
from annotate.aggregation.writing import VERSION
from annotate.models import Aggregate, AggregationFit, Annotation, Project, Reliability
from annotate.questions import Question

GROWTH, SOON = 10, 50  # a tenth of the labels; fewer labels than that are fitted anew sooner
KEEP_FITS = 5  # of a question and source, the current one included
ROWS = 1_000


def fit_is_due(project: Project) -> bool:
    """Whether a question's method has not been fitted, or labels have grown enough since."""
    wanted = {question.name for question in project.questions if question.methods}
    if not wanted:
        return False
    fits = current_fits(project)
    missing = wanted - {fit.question for fit in fits}
    if any(not fit.parameters.get("rewritten") for fit in fits):
        return True
    for fit in fits:
        if fit.source != Source.ALL:
            continue
        enough = max(fit.labels // GROWTH, min(fit.labels, SOON), 1)
        if _labels_after(project, fit.question, fit.parameters["last"], enough) >= enough:
            return True
    there = Aggregate.objects.filter(project=project, source=Source.ALL)
    return any(there.filter(question=question).exists() for question in missing)


def _labels_after(project: Project, question: str, last: int, enough: int) -> int:
    """How many labels with an answer came after one, counted as far as ``enough``."""
    labels = Annotation.objects.filter(
        project=project, pk__gt=last, purpose="work", answers__has_key=question
    )
    return labels.order_by("pk")[:enough].count()


def fit_project(project: Project) -> list[AggregationFit]:
    """Fit every question's method and rewrite the aggregates; the fits, people's first."""
    kept: dict[Key, Mapping[int, Mapping[str, float]]] = {}
    fits = []
    for question in project.questions:
        method = chosen_method(project, question)
        if method is not None:
            for fit, of_items in fit_question(project, question, method):
                fits.append(fit)
                kept[question.name, fit.source] = of_items
    after: int | None = 0
    while after is not None:
        after = rewrite(project, after=after, kept=kept)
    for fit in fits:
        fit.parameters["rewritten"] = True
        fit.save(update_fields=["parameters"])
    return fits


def fit_question(
    project: Project, question: Question[Any], method: Method
) -> Iterator[tuple[AggregationFit, Mapping[int, Mapping[str, float]]]]:
    """A fit for each source that has labels, stored; with what it keeps of items."""
    last = project.annotations.aggregate(last=Max("pk"))["last"] or 0
    read = read_answers(project, question)
    both = bool(read.human.any()) and not read.human.all()
    alone = None
    for source in Source.values:
        answers = read.by(source)
        if not len(answers):
            AggregationFit.objects.filter(
                project=project, question=question.name, source=source, current=True
            ).update(current=False)
            continue
        begin = time.perf_counter()
        if both or alone is None:  # one source alone is all there is
            alone = fit_answers(project, question, method, read, source)
        arranged, fitted = alone
        yield (
            _store(project, question, source, method, arranged, fitted, last=last, begin=begin),
            arranged.kept(fitted.kept) if fitted.kept else {},
        )


def fit_answers(
    project: Project, question: Question[Any], method: Method, read: Read, source: str
) -> tuple[Arranged, Fitted]:
    """A fit of one source's answers, from where the last one of the same kind ended."""
    answers = read.by(source)
    arranged = arrange_whole(question, answers, things=method.needs_pairs)
    start = _start(project, question, source, method, arranged.annotators)
    return arranged, method.fit(arranged.data, start)


def _start(
    project: Project, question: Question[Any], source: str, method: Method, annotators: list[int]
) -> tuple[Shared, Own] | None:
    """What the last fit says of the same annotators, newcomers as newcomers."""
    fit = AggregationFit.objects.filter(
        project=project, question=question.name, source=source, current=True, method=method.name
    ).first()
    if fit is None or fit.parameters.get("classes") != list(question.classes):
        return None
    rows = Reliability.objects.filter(fit=fit).values_list("annotator_id", "data")
    known: dict[int, Any] = dict(rows)
    own = {
        name: np.array(
            [known.get(pk, {}).get(name, usual[0]) for pk in annotators], dtype=float
        ).reshape(len(annotators), *np.shape(usual[0]))
        for name, usual in fit.parameters["newcomer"].items()
    }
    return fit.parameters["shared"], own


def _store(
    project: Project,
    question: Question[Any],
    source: str,
    method: Method,
    arranged: Arranged,
    fitted: Fitted,
    *,
    last: int,
    begin: float,
) -> AggregationFit:
    fit = AggregationFit(
        project=project,
        question=question.name,
        source=source,
        method=method.name,
        labels=arranged.answers,
        items=len(set(arranged.items)),
        parameters={
            "shared": fitted.shared,
            "newcomer": {name: part.tolist() for name, part in fitted.newcomer.items()},
            "classes": list(question.classes),
            "version": VERSION,
            "last": last,
            "rewritten": False,
        },
        log_likelihood=fitted.log_likelihood,
        seconds_spent=time.perf_counter() - begin,
    )
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        earlier = AggregationFit.objects.filter(
            project=project, question=question.name, source=source
        )
        earlier.filter(current=True).update(current=False)
        fit.save()
        Reliability.objects.bulk_create(_reliabilities(fit, arranged, fitted), batch_size=ROWS)
    old = earlier.order_by("-pk").values_list("pk", flat=True)[KEEP_FITS:]
    AggregationFit.objects.filter(pk__in=list(old)).delete()
    return fit


def _reliabilities(
    fit: AggregationFit, arranged: Arranged, fitted: Fitted
) -> Iterator[Reliability]:
    labels = arranged.answers_by_annotator
    found = fitted.reliability
    # Those who are surely unreliable first: few labels leave a wide interval and come late.
    for place in np.argsort(np.nan_to_num(found.high, nan=2.0), kind="stable").tolist():
        annotator = arranged.annotators[place]
        value, low, high = (_number(part[place]) for part in (found.value, found.low, found.high))
        yield Reliability(
            fit=fit,
            annotator_id=annotator,
            labels=int(labels[place]),
            value=value,
            low=low,
            high=high,
            data={name: _plain(part[place]) for name, part in fitted.own.items()},
        )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _plain(part: Any) -> Any:
    """A number or nested lists, without NaN, which JSON does not have."""
    return _number(part) if np.ndim(part) == 0 else part.tolist()
