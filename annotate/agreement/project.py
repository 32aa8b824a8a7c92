"""Agreement of a project's people and judges, by question; kept until something changes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Max, Sum

from annotate.agreement.judges import against_people
from annotate.agreement.labels import Labels, Mask, ProjectLabels, load
from annotate.agreement.numbers import Numbers, has_numbers, numbers
from annotate.agreement.pairs import pairs
from annotate.agreement.slices import members, over_time, slices
from annotate.agreement.wholes import Distances, Wholes
from annotate.models import Project
from annotate.questions import Question

VERSION = 1  # of what the figures hold: those that an older program has kept are not read
CACHE_SECONDS = 7 * 24 * 3600
Json = dict[str, Any]


def project_agreement(project: Project) -> dict[str, Json]:
    """Agreement of people's current labels, by question: what is in it depends on the kind.

    ``alpha`` uses the question's own metric; where values are sides there are ``alpha_sides`` (three
    classes), ``agreement`` (three classes) and ``agreement_without_ties`` beside it. Questions that
    no item was asked twice are left out. Kept until a label is added or an item archived.
    """
    return _kept(project, "figures", lambda: _of_questions(load(project)))


def detailed_agreement(project: Project) -> dict[str, Json]:
    """The same with ``slices``, ``pairs`` of people, ``judges`` and ``over_time``."""
    return _kept(project, "details", lambda: _details(load(project)))


def kept_agreement(project: Project) -> dict[str, Json] | None:
    """``detailed_agreement`` where it need not be computed."""
    found: dict[str, Json] | None = cache.get(_key(project, "details"))
    return found


def _kept(project: Project, part: str, compute: Callable[[], dict[str, Json]]) -> dict[str, Json]:
    key = _key(project, part)
    found: dict[str, Json] | None = cache.get(key)
    if found is None:
        found = compute()
        cache.set(key, found, CACHE_SECONDS)
    return found


def _key(project: Project, part: str) -> str:
    """Changes with every label, form, archived item, and change of many items."""
    last = project.annotations.aggregate(last=Max("pk"))["last"] or 0
    archived = project.items.archived().aggregate(number=Count("pk"), sum=Sum("pk"))
    acts = project.bulk_actions.aggregate(number=Count("finished_at"), last=Max("finished_at"))
    when = acts["last"].timestamp() if acts["last"] else 0
    state = (project.form.pk, last, archived["number"], archived["sum"] or 0, acts["number"], when)
    return f"agreement:{VERSION}:{part}:{project.pk}:{':'.join(map(str, state))}"


def _of_questions(labels: ProjectLabels) -> dict[str, Json]:
    return {
        question.name: figures
        for question in labels.project.questions
        if question.name in labels.of and (figures := _figures(labels, question))
    }


def _figures(labels: ProjectLabels, question: Question[Any]) -> Json:
    """Empty where no item was answered by two people."""
    people = labels.by_people(question.name)
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


def _measured(question: Question[Any], labels: Labels) -> Numbers | Wholes:
    if has_numbers(question):
        return numbers(question, labels)
    return Wholes(labels, Distances(question, labels))


def _silent(question: Question[Any], labels: Labels) -> Mask:
    """By answer, whether it stands for no value at all: both bad, and neither better."""
    return np.array([not question.values(answer) for answer in labels.answers], dtype=bool)


def _details(labels: ProjectLabels) -> dict[str, Json]:
    of = members(labels)
    found = _of_questions(labels)
    for question in labels.project.questions:
        if question.name not in labels.of:
            continue
        all_labels = labels.of[question.name]
        measured = _measured(question, all_labels)
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
