"""Judges: how far each can be trusted, what it costs, and its versions."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.models import Annotator
from frontend.charts import Row, intervals
from frontend.choices import choices
from frontend.judge_figures import estimate_of
from frontend.judge_forms import JudgeForm
from frontend.pages import PageRequest
from frontend.paging import keyset
from frontend.project_pages import Role, Visit, visit
from routing.judges.base import InvalidJudge
from routing.judges.kinds import kinds
from routing.judges.quality import Quality, agreements, quality
from routing.judges.versions import create_judge, set_active
from routing.judging import ask_again, resume
from routing.models import Judge, JudgeCall


@login_required
@require_safe
def judges(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    rows = [
        _figures(judge)
        for judge in Judge.objects.filter(project=seen.project)
        .select_related("annotator", "project")
        .order_by("-active", "name", "-version")
    ]
    imported = _imported(seen)
    context = {
        "rows": rows,
        "imported": imported,
        "best": _best(rows),
        "chart": _chart(rows, imported),
    }
    return seen.page("frontend/judges/list.html", context, part="judges")


def _figures(judge: Judge) -> dict[str, Any]:
    found: Quality = quality(judge)
    return {
        "judge": judge,
        "quality": found,
        "agreement": estimate_of(found.agreement.decided),
        "consistency": estimate_of(found.consistency),
    }


def _imported(seen: Visit) -> list[dict[str, Any]]:
    """LLM annotators whose labels came in files."""
    found = list(
        Annotator.objects.llms().filter(project=seen.project, judge__isnull=True).order_by("name")
    )
    agreed = agreements(seen.project, found)
    return [{"annotator": one, "agreement": estimate_of(agreed[one.pk].decided)} for one in found]


def _best(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The judge for the headline: the active one that agrees most with people."""
    known = [row for row in rows if row["agreement"] and row["judge"].active]
    return max(known, key=lambda row: row["agreement"].value, default=None)


def _chart(rows: Sequence[dict[str, Any]], imported: Sequence[dict[str, Any]]) -> SafeString | str:
    shown = [Row(str(row["judge"]), row["agreement"], "judge") for row in rows] + [
        Row(f"{row['annotator']} (imported)", row["agreement"], "longer") for row in imported
    ]
    if not any(row.estimate for row in shown):
        return ""
    return intervals(shown, label="Agreement of judges with people", marks=[0.5], always=[1.0])


@login_required
@require_safe
def judge(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    chosen = _judge(seen, pk)
    calls = JudgeCall.objects.filter(judge=chosen).select_related("item")
    state = request.GET.get("state", "")
    if state in JudgeCall.State.values:
        calls = calls.filter(state=state)
    context = {
        **_figures(chosen),
        "found": keyset(calls, request.GET, newest_first=True),
        "state": state,
        "states": JudgeCall.State.values,
        "kind": kinds()[chosen.kind].title if chosen.kind in kinds() else chosen.kind,
        "settings_shown": [(n, v) for n, v in chosen.settings.items() if n != "frozen"],
    }
    return seen.page("frontend/judges/judge.html", context, part="calls")


def _judge(seen: Visit, pk: int) -> Judge:
    rows = Judge.objects.filter(project=seen.project)
    return get_object_or_404(
        rows.select_related("annotator", "project", "form", "guidelines"), pk=pk
    )


@login_required
@require_http_methods(["GET", "POST"])
def create(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    name = request.POST.get("kind") or request.GET.get("kind", "")
    kind = kinds().get(name) or next(iter(kinds().values()))
    form = JudgeForm(request.POST or None, kind=kind, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made, new = create_judge(seen.project, kind=kind.name, by=request.user, **form.version)
        except InvalidJudge as fault:
            form.add_error(None, str(fault))
        else:
            words = "is made" if new else "was there already and is active again"
            messages.success(request, f"{made} {words}.")
            return redirect("judge", slug, made.pk)
    context = {
        "form": form,
        "chosen": kind.name,
        "choices": choices(kinds().values(), chosen=kind.name),
    }
    status = 422 if request.method == "POST" else 200
    return seen.page("frontend/judges/new.html", context, part="kind", status=status)


@login_required
@require_POST
def act(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Pause, go on, try again, or ask anew what failed."""
    seen = visit(request, slug, Role.ADMIN)
    chosen = _judge(seen, pk)
    match request.POST.get("do"):
        case "pause":
            set_active(chosen, active=False)
            messages.success(request, f"{chosen} rests. What it has labelled stays.")
        case "activate":
            set_active(chosen, active=True)
            messages.success(request, f"{chosen} is at work again.")
        case "resume":
            resume(chosen)
            messages.success(request, f"{chosen} is tried again now.")
        case "ask-again":
            items = ask_again(chosen)
            messages.success(request, f"{items} items whose calls failed are asked about again.")
        case other:
            messages.error(request, f"There is nothing called {other!r} to do with a judge.")
    return redirect(reverse("judge", args=[slug, pk]))
