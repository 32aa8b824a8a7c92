"""A project's first page, its settings, and its guidelines."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from annotate.guidelines import add_guidelines
from annotate.members import may_create_projects
from annotate.presets import PRESETS, Preset, create_project
from annotate.questions import parse_questions
from annotate.questions.base.question import Shown
from frontend import markdown, showing
from frontend.agreement_figures import agreed, chart
from frontend.forms import GuidelinesForm, NewProjectForm, SettingsForm
from frontend.pages import PageRequest, page, wants_part
from frontend.project_pages import Role, visit


@login_required
@require_safe
def agreement(request: PageRequest, slug: str) -> HttpResponse:
    """How alike people answer; the first page asks for it when it has been shown."""
    seen = visit(request, slug)
    rows = agreed(seen.project)
    context = {"rows": rows, "chart": chart(rows) if rows else "", "whole": not wants_part(request)}
    return seen.page("frontend/project/agreement.html", context, part="agreement")


def preview(preset: Preset) -> list[str]:
    """The preset's questions as annotators will see them, for two completions."""
    return [question.html(Shown(order=[0, 1])) for question in parse_questions(preset.questions)]


def _styles(preset: Preset) -> tuple[str, ...]:
    return showing.assets(parse_questions(preset.questions)).styles


@login_required
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """Whoever makes a project is its admin."""
    if not may_create_projects(request.user):
        raise PermissionDenied
    chosen = request.POST.get("preset") or request.GET.get("preset", "")
    preset = PRESETS.get(chosen) or next(iter(PRESETS.values()))
    typed = {name: request.GET[name] for name in NewProjectForm.base_fields if name in request.GET}
    form = NewProjectForm(request.POST or None, initial=typed | {"preset": preset.name})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_project(owner=request.user, **form.settings)
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, f"{made} is made. Bring items in next.")
            return redirect("import", made.slug)
    context = {
        "form": form,
        "presets": PRESETS.values(),
        "preset": preset,
        "preview": preview(preset),
        "guidelines": markdown.render(preset.guidelines),
        "overlap": preset.overlap,
        "styles": sorted({style for one in PRESETS.values() for style in _styles(one)}),
    }
    return page(
        request,
        "frontend/project/new.html",
        context,
        part="preset",
        status=422 if request.method == "POST" else 200,
    )


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    form = SettingsForm(request.POST or None, instance=seen.project)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "The settings are saved.")
        return redirect("project-settings", slug)
    if form.errors:
        seen.project.refresh_from_db()
    return seen.page(
        "frontend/project/settings.html", {"form": form}, status=422 if form.errors else 200
    )


@login_required
@require_http_methods(["GET", "POST"])
def guidelines(request: PageRequest, slug: str) -> HttpResponse:
    """Everybody reads them; researchers write the next version."""
    seen = visit(request, slug, Role.ANNOTATOR if request.method == "GET" else Role.RESEARCHER)
    versions = seen.project.guideline_versions.order_by("-version")
    wanted = request.GET.get("version", "")
    shown = (
        get_object_or_404(versions, version=wanted) if wanted.isdigit() else seen.project.guidelines
    )
    may_write = seen.may(Role.RESEARCHER)
    form = GuidelinesForm(request.POST or None, initial={"text": shown.text if shown else ""})
    if request.method == "POST" and form.is_valid():
        version = add_guidelines(seen.project, form.cleaned_data["text"]).version
        messages.success(
            request, f"Version {version} is stored; items claimed from now on name it."
        )
        return redirect("guidelines", slug)
    context = {
        "shown": shown,
        "text": markdown.render(shown.text, heading=2) if shown else "",
        "versions": versions.defer("text") if may_write else [],
        "form": form if may_write and (form.errors or "edit" in request.GET) else None,
        "may_write": may_write,
    }
    template = "frontend/project/guidelines.html" if may_write else "frontend/guidelines.html"
    return seen.page(template, context, status=422 if form.errors else 200)
