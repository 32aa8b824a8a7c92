"""Trying a routing policy before it is switched on, and switching policies off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from annotate.models.projects import Route
from frontend.pages import PageRequest
from frontend.policies.forms import PolicyForm
from frontend.project_pages import Role, visit
from routing.dry_run import dry_run
from routing.models import RoutingPolicy
from routing.policies import POLICIES, InvalidPolicy
from routing.routing import NoPolicy, switch_off


@login_required
@require_POST
def dry(request: PageRequest, slug: str, kind: str) -> HttpResponse:
    """What the policy with these settings would do now; nothing is stored or sent."""
    seen = visit(request, slug)
    if kind not in POLICIES:
        messages.error(request, f"There is no policy {kind!r}; choose one of the list.")
        return redirect("routing", slug)
    form = PolicyForm(request.POST, kind=kind, project=seen.project)
    found, status = None, 200
    if form.is_valid():
        try:
            found = dry_run(seen.project, kind, form.settings, judge=form.judge)
        except InvalidPolicy as fault:
            form.add_error(None, str(fault))
    if found is None:
        status = 422
    context = {
        "form": form,
        "title": POLICIES[kind].title,
        "found": found,
        "active": RoutingPolicy.objects.active_for(seen.project),
        "next_version": seen.project.policies.count() + 1,
    }
    return seen.page("frontend/routing/dry_run.html", context, part="found", status=status)


@login_required
@require_POST
def off(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    route = request.POST.get("default_route", "")
    if route and route not in Route.values:
        messages.error(request, f"There is no route {route!r}; choose one of the list.")
        return redirect("routing", slug)
    try:
        switch_off(seen.project, default_route=route or None, user=request.user)
    except NoPolicy:
        messages.info(request, "No policy was on.")
    else:
        words = f"go to {Route(route).label}" if route else "wait until somebody routes them"
        messages.success(request, f"No policy is on now. Items that come in {words}.")
    return redirect("routing", slug)
