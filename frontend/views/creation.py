"""Making a project from a preset."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from annotate.members import may_create_projects
from annotate.presets import PRESETS, Preset, create_project
from annotate.questions import parse_questions
from frontend import markdown, showing
from frontend.form_editor import preview as editor
from frontend.forms import NewProjectForm
from frontend.pages import PageRequest, page


def preview(preset: Preset) -> list[str]:
    """The preset's questions as annotators will see them."""
    questions = parse_questions(preset.questions)
    shown = editor.shown(editor.example(max(one.usual_completions for one in questions)))
    return [question.html(shown) for question in questions]


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
