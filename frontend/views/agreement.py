"""How alike people answer, and how alike judges and people do."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from annotate.agreement import detailed_agreement, kept_agreement
from annotate.models import Project
from frontend.agreement_figures import (
    Agreed,
    agreed,
    chart,
    judges_chart,
    judges_of,
    periods_of,
    slices_of,
)
from frontend.agreement_pairs import pairs_of
from frontend.pages import PageRequest, wants_part
from frontend.project_pages import visit


@login_required
@require_safe
def agreement(request: PageRequest, slug: str) -> HttpResponse:
    """At once where the figures are kept; else the page asks for them when it has been shown.

    Other pages ask for the part ``agreement``, the headline; this one for ``whole``, with all that
    is about one question. Without a script, a link with ``now`` waits for the whole page.
    """
    seen = visit(request, slug)
    template, project = "frontend/project/agreement.html", seen.project
    if wants_part(request) and "whole" not in request.GET:
        return seen.page(template, _headline(agreed(project)), part="agreement")
    asked = request.GET.get("question", "")
    found = kept_agreement(project)
    if found is None and (wants_part(request) or "now" in request.GET):
        found = detailed_agreement(project)
    if found is None:
        return seen.page(template, {"question": asked, "waiting": True})
    return seen.page(template, _whole(project, found, asked), part="whole")


def _headline(rows: list[Agreed]) -> dict[str, Any]:
    return {"rows": rows, "chart": chart(rows) if rows else ""}


def _whole(project: Project, found: dict[str, Any], asked: str) -> dict[str, Any]:
    rows = agreed(project, found)
    context = _headline(rows) | {"whole": True}
    if not rows:
        return context
    question = asked if asked in found else rows[0].name
    judges = judges_of(project, found[question])
    return context | {
        "question": question,
        "slices": slices_of(project, found[question]),
        "pairs": pairs_of(project, found[question]),
        "judges": judges,
        "judges_chart": judges_chart(judges) if judges else "",
        "periods": periods_of(found[question]),
    }
