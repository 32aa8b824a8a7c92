"""How alike people answer, and how alike judges and people do."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from annotate.agreement import Kept, is_large, shown_agreement
from annotate.agreement.project import Part
from annotate.jobs import ask
from annotate.models import Project
from frontend.pages import PageRequest, wants_part
from frontend.project_pages import visit
from frontend.quality.agreement import (
    agreed,
    chart,
    judges_chart,
    judges_of,
    periods_of,
    slices_of,
)
from frontend.quality.agreement_spans import labels_chart
from frontend.quality.pairs import pairs_of


@login_required
@require_safe
def agreement(request: PageRequest, slug: str) -> HttpResponse:
    """At once where the figures are kept; else the page asks for them when it has been shown.

    Other pages ask for the part ``agreement``, the headline; this one for ``whole``, with all that
    is about one question. Without a script, a link with ``now`` waits for the whole page. What a
    large project's page shows, a worker computes.
    """
    seen = visit(request, slug)
    template, project = "frontend/project/agreement.html", seen.project
    if wants_part(request) and "whole" not in request.GET:
        return seen.page(
            template, _headline(project, _figures(project, "figures")), part="agreement"
        )
    asked = request.GET.get("question", "")
    found = _figures(project, "details", compute=wants_part(request) or "now" in request.GET)
    if found is None:
        worker = wants_part(request) or "now" in request.GET
        return seen.page(
            template, {"question": asked, "waiting": True, "worker": worker}, part="wait"
        )
    return seen.page(template, _whole(project, found, asked), part="whole")


def _figures(project: Project, part: Part, *, compute: bool = True) -> Kept | None:
    found = shown_agreement(project, part, compute=compute)
    old = found is None or (found.overtaken and not found.rests)
    if old and is_large(project):
        ask(project.pk, "agreement")
    return found


def _headline(project: Project, found: Kept | None) -> dict[str, Any]:
    rows = agreed(project, found.figures) if found else []
    return {"rows": rows, "chart": chart(rows) if rows else "", "kept": found}


def _whole(project: Project, kept: Kept, asked: str) -> dict[str, Any]:
    context = _headline(project, kept) | {"whole": True}
    rows, found = context["rows"], kept.figures
    if not rows:
        return context
    question = asked if asked in found else rows[0].name
    row = next(row for row in rows if row.name == question)
    judges = judges_of(project, found[question])
    return context | {
        "question": question,
        "slices": slices_of(project, found[question]),
        "pairs": pairs_of(project, found[question]),
        "judges": judges,
        "judges_chart": judges_chart(judges, row.told) if judges else "",
        "told": row.told,
        "labels": row.labels_told,
        "labels_chart": labels_chart(row.labels_told) if row.labels_told else "",
        "periods": periods_of(found[question]),
    }
