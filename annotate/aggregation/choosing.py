"""Which method makes one label of several, by question of a project."""

from typing import Any

from django.db import transaction

from annotate import audit
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.method import Method
from annotate.aggregation.settling import chosen_method
from annotate.models import Project
from annotate.questions import Question


class UnknownMethod(ValueError):
    """No such method, or it does not fit the question; the message says which do."""


def method_for(question: Question[Any], name: str) -> Method:
    """Raises ``UnknownMethod``."""
    if name not in question.methods:
        known = ", ".join(question.methods)
        remedy = f"use one of {known}." if known else "its answers are only counted."
        raise UnknownMethod(f"Question {question.name!r} is not aggregated by {name!r}; {remedy}")
    return METHODS[name]


@transaction.atomic
def choose_method(project: Project, question: Question[Any], name: str) -> bool:
    """Have a question aggregated by a method from now on; False when it is already.

    A fit is asked for, after which all aggregates are rewritten. Raises ``UnknownMethod``.
    """
    from annotate.jobs import ask  # which hints at what is fitted here

    method = method_for(question, name)
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = chosen_method(locked, question)
    project.aggregation = locked.aggregation | {question.name: method.name}
    project.save(update_fields=["aggregation"])
    if before is method:
        return False
    audit.record(
        "aggregation.method",
        project=project,
        question=question.name,
        before=before and before.name,
        after=method.name,
    )
    ask(project.pk, "fit-annotators")
    return True
