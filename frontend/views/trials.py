"""Trying a judge out on a few items: nothing it says becomes a label."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from frontend.judges.trial_forms import TrialForm, tried
from frontend.pages import PageRequest
from frontend.project_pages import Role, visit
from frontend.views.judges import find_judge
from routing.judges.base import InvalidJudge
from routing.judges.kinds import kinds
from routing.judges.trials import spent_by, start_trial
from routing.trial_models import JudgeTrial


@login_required
@require_POST
def try_out(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    judge = find_judge(seen, pk)
    form = TrialForm(request.POST, offline=kinds()[judge.kind].offline)
    if not form.is_valid():
        faults = "; ".join(
            f"{form[n].label}: {f}" for n, found in form.errors.items() for f in found
        )
        messages.error(request, f"Nothing was asked. {faults}")
        return redirect("judge", slug, pk)
    try:
        trial = start_trial(judge, user=request.user, **form.wanted)
    except InvalidJudge as fault:
        messages.error(request, str(fault))
        return redirect("judge", slug, pk)
    return redirect("judge-trial", slug, trial.pk)


@login_required
@require_safe
def trial(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Polled while it runs."""
    seen = visit(request, slug)
    rows = JudgeTrial.objects.filter(project=seen.project).select_related(
        "user", "judge__form", "judge__guidelines"
    )
    chosen = get_object_or_404(rows, pk=pk)
    found = tried(chosen)
    calls = [one.call for item in found for one in item.calls]
    context = {
        "trial": chosen,
        "judge": chosen.judge,
        "items": found,
        "answered": sum(call.finished for call in calls),
        "calls": len(calls),
        "spent": spent_by(chosen),
        "agreeing": sum(one.agrees is True for one in found),
        "compared": sum(one.agrees is not None for one in found),
    }
    return seen.page("frontend/judges/trial.html", context, part="trial")
