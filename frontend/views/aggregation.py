"""How one label is made of several: the method, what it knows of annotators, and what others would do."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.choosing import UnknownMethod, choose_method
from annotate.aggregation.settling import chosen_method
from annotate.jobs import ask
from annotate.models import Hint, Project, Reliability
from annotate.questions import Question
from frontend.pages import PageRequest
from frontend.paging import keyset
from frontend.project_pages import Role, Visit, visit
from frontend.quality.aggregation import (
    SOURCES,
    aggregated,
    compared,
    fits_of,
    reliability_chart,
    relied,
)

PAGE = 20
PARTS = ("annotators", "methods")
JOBS = {"fit-annotators": "fitting", "compare-methods": "comparing"}


@login_required
@require_safe
def aggregation(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    template = "frontend/aggregation/aggregation.html"
    questions = aggregated(seen.project)
    if not questions:
        return seen.page(template, {"questions": []})
    question = _asked(seen, questions)
    part = request.htmx.target if request.htmx.target in PARTS else "annotators"
    return seen.page(template, _context(seen, questions, question), part=part)


def _asked(seen: Visit, questions: list[Question[Any]]) -> Question[Any]:
    name = seen.request.GET.get("question", "")
    main = seen.project.questions.main_preference()
    usual = main if main in questions else questions[0]
    return next((question for question in questions if question.name == name), usual)


def _context(
    seen: Visit, questions: list[Question[Any]], question: Question[Any]
) -> dict[str, Any]:
    project = seen.project
    return {
        "questions": questions,
        "question": question,
        "method": chosen_method(project, question),
        "default": METHODS[question.methods[0]],
        "compared": compared(project, question),
        "needed": f"{100 * question.support:.0f}",
        **_annotators(seen, question),
        **_running(project),
    }


def _annotators(seen: Visit, question: Question[Any]) -> dict[str, Any]:
    fits = fits_of(seen.project, question)
    source = seen.request.GET.get("source", "")
    fit = next((one for one in fits if one.source == source), fits[0] if fits else None)
    if fit is None:
        return {"fits": [], "fit": None}
    rows = Reliability.objects.filter(fit=fit).select_related("annotator")
    found = keyset(rows, seen.request.GET, size=PAGE)
    shown = relied(found.rows, question, items_url=reverse("items", args=[seen.project.slug]))
    return {
        "fits": [(one, SOURCES[one.source]) for one in fits],  # type: ignore[index]  # a choice
        "fit": fit,
        "fitted": METHODS[fit.method],
        "found": found,
        "annotators": shown,
        "chart": reliability_chart(shown, label="Reliability of annotators"),
    }


def _running(project: Project) -> dict[str, bool]:
    """Which of the page's jobs are asked for and not done."""
    asked = Hint.objects.filter(project=project, kind__in=JOBS, wanted=True)
    names = set(asked.values_list("kind", flat=True))
    return {words: kind in names for kind, words in JOBS.items()}


@login_required
@require_POST
def choose(request: PageRequest, slug: str) -> HttpResponse:
    """Have a question aggregated by another method; only admins may."""
    seen = visit(request, slug, Role.ADMIN)
    question = seen.project.questions.named(request.POST.get("question", ""))
    if question is None:
        raise Http404
    try:
        changed = choose_method(seen.project, question, request.POST.get("method", ""))
    except UnknownMethod as fault:
        messages.error(request, str(fault))
    else:
        _tell(request, seen.project, question, changed=changed)
    return redirect(_back(slug, question.name))


def _tell(
    request: PageRequest, project: Project, question: Question[Any], *, changed: bool
) -> None:
    method = chosen_method(project, question)
    assert method is not None
    if changed:
        words = "All its aggregates are rewritten now, which takes a while in a large project."
    else:
        words = "It was already."
    messages.success(request, f"“{question.config.title}” is aggregated by {method.title}. {words}")


@login_required
@require_POST
def compare(request: PageRequest, slug: str) -> HttpResponse:
    """Try all methods on the labels there are."""
    seen = visit(request, slug)
    ask(seen.project.pk, "compare-methods")
    messages.success(request, "The methods are compared now; the figures come in a moment.")
    return redirect(_back(slug, request.POST.get("question", "")))


def _back(slug: str, question: str) -> str:
    return f"{reverse('aggregation', args=[slug])}?question={question}#methods"
