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

from annotate.form_versions import mixed_names
from annotate.models import Annotator
from frontend.charts import Row, intervals
from frontend.choices import choices
from frontend.judges.figures import estimate_of, refused_in, refused_quotes
from frontend.judges.forms import JudgeForm, PriceForm
from frontend.judges.trial_forms import TrialForm
from frontend.judges.versions import versions_of
from frontend.pages import PageRequest, wants_part
from frontend.paging import keyset, number
from frontend.project_pages import Role, Visit, visit
from routing.judges.base import InvalidJudge
from routing.judges.kinds import kinds
from routing.judges.quality import Quality, agreements, quality
from routing.judges.versions import create_judge, set_active, set_prices
from routing.judging import ask_again, resume
from routing.models import Judge, JudgeCall, RoutingPolicy

RECENT_TRIALS = 10
REFUSED = "refused"  # beside the states of calls: those of whose quotes some could not be placed


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
    chosen = find_judge(seen, pk)
    calls = JudgeCall.objects.filter(judge=chosen).select_related("item")
    state = request.GET.get("state", "")
    if state in JudgeCall.State.values:
        calls = calls.filter(state=state)
    elif state == REFUSED:
        calls = calls.with_refused_quotes()
    questions = chosen.form.parsed
    found = keyset(calls, request.GET, newest_first=True)
    context = {
        "judge": chosen,
        "found": found,
        "calls": [(call, refused_in(questions, call.raw)) for call in found.rows],
        "state": state,
        "quotes": questions.needs_texts,
        "states": JudgeCall.State.values,
    }
    if not wants_part(request):
        context |= _around(seen, chosen)
    return seen.page("frontend/judges/judge.html", context, part="calls")


def _around(seen: Visit, chosen: Judge) -> dict[str, Any]:
    """What stands beside a judge's calls: its versions, its trials, and what a switch would do."""
    policy = RoutingPolicy.objects.active_for(seen.project)
    offline = chosen.kind in kinds() and kinds()[chosen.kind].offline
    versions = versions_of(chosen)
    own = next(one for one in versions.measured if one.judge.pk == chosen.pk)
    prices = {"input_usd": chosen.input_price_usd, "output_usd": chosen.output_price_usd}
    return {
        "quality": own.quality,
        "agreement": own.agreement,
        "consistency": own.consistency,
        "marks": chosen.form.parsed.needs_texts and not chosen.form.parsed.main_preference(),
        "refused": refused_quotes(chosen.form.parsed, own.quality.quotes),
        "offline": offline,
        "versions": versions,
        "trials": chosen.trials.select_related("user").order_by("-pk")[:RECENT_TRIALS],
        "trial_form": TrialForm(offline=offline),
        "price_form": PriceForm(initial=prices),
        "policy": policy if policy is not None and policy.judge_id == chosen.pk else None,
        "older": chosen.form_id != seen.project.form.pk,
        "mixed": mixed_names(chosen.form.parsed, seen.project.questions),
    }


def find_judge(seen: Visit, pk: int) -> Judge:
    rows = Judge.objects.filter(project=seen.project)
    return get_object_or_404(
        rows.select_related("annotator", "project", "form", "guidelines"), pk=pk
    )


@login_required
@require_http_methods(["GET", "POST"])
def create(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    before = _version_before(seen)
    name = request.POST.get("kind") or request.GET.get("kind") or (before.kind if before else "")
    kind = kinds().get(name) or next(iter(kinds().values()))
    same = before if before is not None and before.kind == kind.name else None
    form = JudgeForm.after(same, request.POST or None, kind=kind, user=request.user)
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
        "before": same,
    }
    status = 422 if request.method == "POST" else 200
    return seen.page("frontend/judges/new.html", context, part="kind", status=status)


def _version_before(seen: Visit) -> Judge | None:
    """The version that the address asks to start from."""
    pk = number(seen.request.GET, "from")
    return Judge.objects.filter(project=seen.project, pk=pk).first() if pk is not None else None


@login_required
@require_POST
def act(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Pause, go on, try again, ask anew what failed, or pay another price."""
    seen = visit(request, slug, Role.ADMIN)
    chosen = find_judge(seen, pk)
    match request.POST.get("do"):
        case "pause":
            set_active(chosen, active=False)
            messages.success(request, f"{chosen} rests. What it has labelled stays.")
        case "activate":
            try:
                set_active(chosen, active=True)
            except InvalidJudge as fault:
                messages.error(request, str(fault))
            else:
                messages.success(request, f"{chosen} is at work again.")
        case "prices":
            _set_prices(request, chosen)
        case "resume":
            resume(chosen)
            messages.success(request, f"{chosen} is tried again now.")
        case "ask-again":
            items = ask_again(chosen)
            messages.success(request, f"{items} items whose calls failed are asked about again.")
        case other:
            messages.error(request, f"There is nothing called {other!r} to do with a judge.")
    return redirect(reverse("judge", args=[slug, pk]))


def _set_prices(request: PageRequest, judge: Judge) -> None:
    form = PriceForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A price is a number of USD for a million tokens, 0 or more.")
        return
    set_prices(judge, **form.cleaned_data)
    messages.success(request, "The prices are set; what was spent stays as it was.")
