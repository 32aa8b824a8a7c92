"""Agreement of a project's people and judges, by question; kept until something changes."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from annotate.agreement.judges import against_people
from annotate.agreement.keeping import Kept, is_large, keep, kept
from annotate.agreement.labels import Labels, Mask, ProjectLabels, load
from annotate.agreement.numbers import Numbers, numbers
from annotate.agreement.pairs import pairs
from annotate.agreement.slices import members, over_time, slices
from annotate.agreement.spans_read import spans_of
from annotate.agreement.wholes import Distances, Wholes
from annotate.models import Project
from annotate.questions import Question

if TYPE_CHECKING:
    from annotate.agreement.spans import Spans

Json = dict[str, Any]
Part = Literal["figures", "details"]


def project_agreement(project: Project) -> dict[str, Json]:
    """Agreement of people's current labels, by question: what is in it depends on the kind.

    ``alpha`` uses the question's own metric; where values are sides there are ``alpha_sides`` (three
    classes), ``agreement`` (three classes) and ``agreement_without_ties`` beside it. Questions that
    no item was asked twice are left out. Kept until a label is added or an item archived.
    """
    return _exact(project, "figures").figures


def detailed_agreement(project: Project) -> dict[str, Json]:
    """The same with ``slices``, ``pairs`` of people, ``judges`` and ``over_time``."""
    return _exact(project, "details").figures


def shown_agreement(project: Project, part: Part, *, compute: bool = True) -> Kept | None:
    """For a page: what is kept where that is of now or rests, else computed now, if at all.

    None where nothing is kept that may be shown. Large projects' figures are shown, overtaken or
    not, as a worker has computed them last (``compute_agreement``).
    """
    large = is_large(project)
    found = kept(project, "details" if large else part)
    if large or (found is not None and (not found.overtaken or found.rests)):
        return found
    return compute_agreement(project, part) if compute else None


def compute_agreement(project: Project, part: Part = "details") -> Kept:
    work = {"figures": _of_questions, "details": _details}[part]
    return keep(project, part, lambda: work(load(project)))


def _exact(project: Project, part: Part) -> Kept:
    found = kept(project, part)
    if found is None or found.overtaken:
        found = compute_agreement(project, part)
    return found


def _of_questions(labels: ProjectLabels) -> dict[str, Json]:
    return {
        question.name: figures
        for question in labels.project.questions
        if question.name in labels.of and (figures := _figures(labels, question))
    }


def _figures(labels: ProjectLabels, question: Question[Any]) -> Json:
    """Empty where no item was answered by two people."""
    people = labels.by_people(question.name)
    if question.marked:
        return _of_spans(labels, question)
    measured = _measured(question, people)
    found = measured.figures()
    if not found["alpha"].n:
        return {}
    if isinstance(measured, Numbers) and (silent := _silent(question, people)).any():
        whole = Wholes(people, Distances(question, people)).figures()
        found |= {"alpha_whole": whole["alpha"], "agreement_whole": whole["agreement"]}
        without_value = int(silent[people.answer].sum())
    else:
        without_value = 0
    return {
        "kind": question.kind,
        "metric": question.metric if isinstance(measured, Numbers) else "distance",
        "labels": len(people),
        "without_value": without_value,
        **{name: figure.as_json for name, figure in found.items()},
    }


def _of_spans(labels: ProjectLabels, question: Question[Any]) -> Json:
    every = spans_of(labels, question)
    people = every.where(labels.human[every.annotator])
    found = people.figures()
    if not found["alpha"].n:
        return {}
    return {
        "kind": question.kind,
        "metric": "unitised",
        "labels": len(people),
        "without_value": 0,
        **people.settings,
        **{name: figure.as_json for name, figure in found.items()},
        "by_label": people.by_label(),
    }


def _measured(question: Question[Any], labels: Labels) -> Numbers | Wholes:
    if question.whole:
        return Wholes(labels, Distances(question, labels))
    return numbers(question, labels)


def _silent(question: Question[Any], labels: Labels) -> Mask:
    """By answer, whether it stands for no value at all: both bad, and neither better."""
    return np.array([not question.values(answer) for answer in labels.answers], dtype=bool)


def _details(labels: ProjectLabels) -> dict[str, Json]:
    of = members(labels)
    found = _of_questions(labels)
    for question in labels.project.questions:
        if question.name not in labels.of:
            continue
        measured: Numbers | Wholes | Spans
        if question.marked:
            measured = spans_of(labels, question)
        else:
            measured = _measured(question, labels.of[question.name])
        human = labels.human[measured.annotator]
        people, judges = measured.where(human), measured.where(~human)
        compared = against_people(people, judges, labels.annotators)
        if question.name in found:
            items = len(labels.items)
            found[question.name] |= {
                "slices": slices(people, of, items=items),
                "pairs": pairs(people, labels.annotators),
                "judges": compared,
                "over_time": over_time(people, items=items),
            }
    return found
