"""Fits a project's methods of aggregation now and prints how reliable its annotators are."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from annotate.aggregation import aggregate_stale
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.choosing import UnknownMethod, choose_method, method_for
from annotate.aggregation.fitting import fit_project
from annotate.management.project_command import ExampleCommand, project_named
from annotate.models import AggregationFit, Project, Reliability
from annotate.questions import Question


class Command(ExampleCommand):
    help = (
        "Bring a project's aggregates up to date: labels folded in, methods fitted to all labels, "
        "aggregates rewritten. Prints the reliability of annotators with 95 %% intervals."
    )
    example = "  manage.py aggregate helpful --method dawid_skene --json"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument(
            "--method", metavar="M", help="choose a method first: " + ", ".join(METHODS)
        )
        parser.add_argument(
            "--question", metavar="Q", help="the question to choose it for; without, all it fits"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, project: str, **options: Any) -> None:
        found = project_named(project)
        if options["method"]:
            _choose(found, options["method"], options["question"])
        found.hints.filter(kind="fit-annotators").update(wanted=False)  # it is done here
        while aggregate_stale(found):
            pass
        figures = {"questions": _figures(fit_project(found))}
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        if not figures["questions"]:
            self.stdout.write("There are no labels to aggregate yet.")
        for name, question in figures["questions"].items():
            for source, fit in question["sources"].items():
                self._print(name, source, question["method"], fit)

    def _print(self, question: str, source: str, method: str, fit: dict[str, Any]) -> None:
        about = METHODS[method]
        self.stdout.write(
            f"{question}, {source}: {about.title}, {fit['labels']:,} labels on {fit['items']:,} "
            f"items ({about.measure})"
        )
        for one in fit["annotators"]:
            value = "      unknown" if one["value"] is None else _interval(one)
            self.stdout.write(f"  {one['annotator']:<40}{one['labels']:>8,}  {value}")


def _interval(one: dict[str, Any]) -> str:
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"


def _choose(project: Project, method: str, question: str | None) -> None:
    if question is not None and project.questions.named(question) is None:
        known = ", ".join(project.questions.names)
        raise CommandError(f"There is no question {question!r}; there are: {known}.")
    named = [one for one in project.questions if question in (None, one.name)]
    try:
        for one in _fitting(named, method):
            choose_method(project, one, method)
    except UnknownMethod as fault:
        raise CommandError(str(fault)) from fault


def _fitting(questions: list[Question[Any]], method: str) -> list[Question[Any]]:
    """Those that the method fits. Raises ``UnknownMethod`` when there are none."""
    fitting = [question for question in questions if method in question.methods]
    if not fitting:
        method_for(next((q for q in questions if q.methods), questions[0]), method)
    return fitting


def _figures(fits: list[AggregationFit]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for fit in fits:
        question = found.setdefault(fit.question, {"method": fit.method, "sources": {}})
        question["sources"][fit.source] = {
            "labels": fit.labels,
            "items": fit.items,
            "log_likelihood": fit.log_likelihood,
            "seconds_spent": fit.seconds_spent,
            "annotators": [_annotator(row) for row in _rows(fit)],
        }
    return found


def _rows(fit: AggregationFit) -> list[Reliability]:
    """The most labels first."""
    rows = Reliability.objects.filter(fit=fit).select_related("annotator")
    return list(rows.order_by("-labels", "annotator"))


def _annotator(row: Reliability) -> dict[str, Any]:
    return {
        "annotator": str(row.annotator),
        "kind": row.annotator.kind,
        "labels": row.labels,
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "parameters": row.data,
    }
