"""A project's settings, and its end."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from annotate.models import Gold, Item, Project
from annotate.project_settings import (
    ProjectInUse,
    SettingsMoved,
    change_settings,
    delete_project,
)
from frontend.pages import PageRequest
from frontend.project_pages import Role, Visit, visit
from frontend.settings_form import SettingsForm
from routing.models import RoutingPolicy


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: PageRequest, slug: str) -> HttpResponse:
    """Only what was changed on the page is written: two admins do not undo each other."""
    seen = visit(request, slug, Role.ADMIN)
    policy = RoutingPolicy.objects.active_for(seen.project)
    form = SettingsForm(request.POST or None, project=seen.project, policy_on=policy is not None)
    if request.method == "POST" and form.is_valid() and _changed(seen, form):
        return redirect("project-settings", slug)
    gold = _gold(seen.project)
    context = {
        "form": form,
        "policy": policy,
        "runs_for": gold[Gold.Use.PLANTED] * (seen.project.gold_every or 0),
        "overlaps": _overlaps(seen.project),
        "labelled": seen.project.annotations.exists(),
        "gold": gold,
    }
    status = 422 if request.method == "POST" else 200
    return seen.page("frontend/project/settings.html", context, status=status)


def _changed(seen: Visit, form: SettingsForm) -> bool:
    """Whether what was asked for is done; the form says why not."""
    before = Project.objects.get(pk=seen.project.pk)
    try:
        changed = change_settings(before, form.values, seen=form.seen)
    except SettingsMoved as moved:
        for name, value in moved.present.items():
            form.add_error(
                name,
                f"Somebody else has changed this to {form.in_words(name, value)} meanwhile. Save "
                "again to put yours in its place.",
            )
        _take_as_seen(form, moved.present)
        return False
    except ValidationError as fault:
        form.add_error(None, fault)
        return False
    labels = [str(form[name].label) for name in changed]
    words = f"Saved: {'; '.join(labels)}." if changed else "Nothing was changed."
    messages.success(seen.request, words)
    return True


def _take_as_seen(form: SettingsForm, present: dict[str, Any]) -> None:
    """The page that comes back knows what stands there now."""
    shown = {
        form[name].html_initial_name: form.fields[name].prepare_value(value)
        for name, value in present.items()
    }
    form.data = {**form.data.dict(), **{n: "" if v is None else str(v) for n, v in shown.items()}}  # type: ignore[attr-defined]  # posted: a QueryDict


def _overlaps(project: Project) -> list[tuple[int, int]]:
    """How many items want how many labels: changing the project's number leaves them so."""
    aside = Gold.objects.filter(item=OuterRef("pk")).exclude(use=Gold.Use.CHECK)
    items = Item.objects.live().filter(~Exists(aside), project=project)
    rows = items.values_list("overlap")
    return list(rows.annotate(n=Count("pk")).order_by("overlap"))


def _gold(project: Project) -> dict[str, int]:
    """Items by what their gold is for."""
    rows = Gold.objects.filter(item__in=project.items.live()).values_list("use")
    return dict.fromkeys(Gold.Use.values, 0) | dict(rows.annotate(n=Count("pk")).order_by())


@login_required
@require_POST
def delete(request: PageRequest, slug: str) -> HttpResponse:
    """Only a project that nobody has labelled in, and only by somebody who types its name."""
    seen = visit(request, slug, Role.ADMIN)
    if request.POST.get("slug", "").strip() != seen.project.slug:
        messages.error(request, f"Not deleted: type {slug} to say that you mean this project.")
        return redirect("project-settings", slug)
    try:
        delete_project(seen.project)
    except ProjectInUse as fault:
        messages.error(request, f"Not deleted. {fault} It can be closed instead.")
        return redirect("project-settings", slug)
    messages.success(request, f"{seen.project} is deleted. The audit log keeps that it was there.")
    return redirect("home")
