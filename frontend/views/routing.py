"""Where items go and why: the active policy, its decisions, and the budgets."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotate.models import Item, Project
from frontend.charts import Part, bar, parts
from frontend.choices import choice, choices
from frontend.forms import ROUTES
from frontend.ledger.budgets import BudgetState, budgets_of
from frontend.pages import PageRequest
from frontend.paging import keyset
from frontend.policies.forms import PolicyForm
from frontend.policies.versions import policy_versions
from frontend.project_pages import Role, Visit, visit
from routing.models import RoutingDecision, RoutingPolicy
from routing.policies import POLICIES, InvalidPolicy
from routing.routing import Share, decision_counts, set_policy

RECENT = 20


@login_required
@require_safe
def routing(request: PageRequest, slug: str) -> HttpResponse:
    return _routing(visit(request, slug))


def _routing(
    seen: Visit,
    *,
    policy_form: PolicyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    project, query = seen.project, seen.request.GET
    active = RoutingPolicy.objects.active_for(project)
    kind = query.get("kind", "")
    if kind not in POLICIES:
        kind = active.kind if active and active.kind in POLICIES else next(iter(POLICIES))
    form = policy_form or PolicyForm.filled(active, kind=kind, project=project)
    where = items_by_route(project)
    found = keyset(_decisions(project), query, newest_first=True, size=RECENT)
    context = {
        "active": active,
        "about": choice(POLICIES[active.kind]) if active and active.kind in POLICIES else None,
        "next_version": project.policies.count() + 1,
        "choices": choices(POLICIES.values(), chosen=form.kind),
        "form": form,
        "needs_judge": form.lacks_judge,
        "where": where,
        "to_people": sum(part.count for part in where if part.look in ("people", "both")),
        "total": sum(part.count for part in where),
        "bar": bar(where, label="Items by route"),
        "reasons": [_reason(project, share) for share in decision_counts(project)],
        "budgets": _budgets(project),
        "found": found,
        "policies": policy_versions(project),
        "routes": ROUTES,
    }
    template = "frontend/routing/routing.html"
    target = seen.request.htmx.target
    part = target if target in ("policy-form", "decisions") else "where"
    return seen.page(template, context, part=part, status=status)


def items_by_route(project: Project) -> list[Part]:
    """Every item once, by where it goes or what it waits for."""
    rows = Item.objects.filter(project=project).values_list("route", "waits_for")
    counts = {(route, waits): n for route, waits, n in rows.annotate(n=Count("pk")).order_by()}
    by_route: dict[str, int] = {}
    for (route, waits), n in counts.items():
        name = route or (waits if waits == Item.WaitsFor.BUDGET else "none")
        by_route[name] = by_route.get(name, 0) + n
    items = reverse("items", args=[project.slug])
    return parts(
        Part(words, by_route.get(name, 0), look, f"{items}?{query}")
        for name, words, look, query in (
            ("human", "to people", "people", "route=human"),
            ("both", "to people and judge", "both", "route=both"),
            ("judge", "to the judge", "judge", "route=judge"),
            ("budget", "wait for budget", "waits", "state=budget"),
            ("none", "not yet routed", "rest", "route=none"),
        )
    )


def _reason(project: Project, share: Share) -> dict[str, object]:
    query = urlencode({"route": share.route or "none", "reason": share.reason})
    return {"share": share, "url": f"{reverse('items', args=[project.slug])}?{query}"}


def _decisions(project: Project) -> "QuerySet[RoutingDecision]":
    rows = RoutingDecision.objects.filter(policy__project=project)
    return rows.select_related("item", "policy")


def _budgets(project: Project) -> list[BudgetState]:
    states, _ = budgets_of(project, now=timezone.now())
    return states


@login_required
@require_POST
def change_policy(request: PageRequest, slug: str, kind: str) -> HttpResponse:
    """Switch a new version on; only admins may."""
    seen = visit(request, slug, Role.ADMIN)
    if kind not in POLICIES:
        messages.error(request, f"There is no policy {kind!r}; choose one of the list.")
        return redirect("routing", slug)
    form = PolicyForm(request.POST, kind=kind, project=seen.project)
    if form.is_valid():
        try:
            row = set_policy(seen.project, kind, form.settings, judge=form.judge, user=request.user)
        except InvalidPolicy as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, f"{POLICIES[kind].title} is on, as version {row.version}.")
            return redirect("routing", slug)
    return _routing(seen, policy_form=form, status=422)
