"""The ledger: what was spent on whom and when, the entries themselves, and the budgets."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotate import budgets
from annotate.models import Budget, LedgerTally
from annotate.models.budgets import Unit
from annotate.tallies.spending import by_kind
from frontend.ledger.budgets import budgets_of
from frontend.ledger.chart import chart_of
from frontend.ledger.entries import LedgerFilter, as_csv, page_of, presets, span_query, who_words
from frontend.ledger.figures import Ledger, Period
from frontend.pages import PageRequest, see_other, wants_part
from frontend.policies.forms import BudgetForm
from frontend.project_pages import Role, Visit, visit


@login_required
@require_safe
def ledger(request: PageRequest, slug: str) -> HttpResponse:
    """Sums and budgets for researchers; persons and single entries for admins alone."""
    return _ledger(visit(request, slug, Role.ADMIN if wants_part(request) else Role.RESEARCHER))


def _ledger(seen: Visit, *, form: BudgetForm | None = None, status: int = 200) -> HttpResponse:
    chosen = LedgerFilter(seen.request.GET)
    context: dict[str, Any] = {"filter": chosen, "span_query": span_query(chosen)}
    if seen.may(Role.ADMIN):
        context |= _entries(seen, chosen)
    if not wants_part(seen.request):
        context |= _figures(seen, chosen) | {"budget_form": form or BudgetForm()}
    return seen.page("frontend/ledger/ledger.html", context, part="entries", status=status)


def _figures(seen: Visit, chosen: LedgerFilter) -> dict[str, Any]:
    project, now = seen.project, timezone.now()
    states, days = budgets_of(project, now=now, units=[chosen.chosen_unit])
    found = Ledger(
        project, chosen.chosen_unit, days[chosen.chosen_unit], chosen.period, states, now
    )
    return {
        "ledger": found,
        "chart": chart_of(found),
        "budgets": states,
        "units": [(unit, unit.label, unit == found.unit) for unit in (Unit.USD, Unit.LABELS)],
        "periods": presets(found.today, seen.request.GET),
        "usd": found.unit == Unit.USD,
    }


def _entries(seen: Visit, chosen: LedgerFilter) -> dict[str, Any]:
    """The list is looked for only where the kept sums say that there is something of the kind."""
    project, given, period = seen.project, chosen.given, chosen.period
    more = {"since": period.since, "until": period.until}
    kinds = by_kind(
        project, chosen.chosen_unit, **{name: day for name, day in more.items() if day is not None}
    )
    fits = any(
        given.get("source") in ("", None, source) and given.get("kind") in ("", None, kind)
        for source, kind in kinds
    )
    # A settlement counts on the day of what it settles, and may be entered on a later one.
    rows = chosen.entries(project) if fits or period != Period() else chosen.entries(project).none()
    who = given.get("who")
    query = seen.request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    return {
        "found": page_of(rows, seen.request.GET, project),
        "kinds": [
            (str(LedgerTally.Source(source).label), kind, source, spent)
            for (source, kind), spent in sorted(kinds.items())
        ],
        "who": who_words(who, project) if who else "",
        "file_query": query.urlencode(),
    }


@login_required
@require_safe
def file(request: PageRequest, slug: str) -> HttpResponseBase:
    """The entries that the list shows, all of them, as CSV."""
    seen = visit(request, slug, Role.ADMIN)
    response = StreamingHttpResponse(
        as_csv(LedgerFilter(request.GET).entries(seen.project)),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{slug}-ledger.csv"'
    return response


# --------------------------------------------------------------------------------------- budgets


@login_required
@require_POST
def change_budget(request: PageRequest, slug: str) -> HttpResponse:
    """Set a budget, or give the one of this unit and period another cap."""
    seen = visit(request, slug, Role.ADMIN)
    form = BudgetForm(request.POST)
    if form.is_valid():
        budget = form.save(seen.project)
        words = f"{budgets.plain(budget.cap)} {budget.get_unit_display()}"
        messages.success(request, f"At most {words} {budget.get_period_display()}.")
        return _to_budgets(slug)
    return _ledger(seen, form=form, status=422)


@login_required
@require_POST
def remove_budget(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    budget = get_object_or_404(Budget.objects.filter(project=seen.project), pk=pk)
    words = f"{budget.get_unit_display()} {budget.get_period_display()}"
    budgets.remove_budget(budget)
    messages.success(request, f"There is no cap on {words} any more.")
    return _to_budgets(slug)


def _to_budgets(slug: str) -> HttpResponse:
    return see_other(f"{reverse('ledger', args=[slug])}#budgets")
