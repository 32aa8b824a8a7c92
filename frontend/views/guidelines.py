"""Guidelines: read by everybody, written by researchers, every version with what it changed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from annotate.guidelines import GuidelinesMoved, add_guidelines
from annotate.models import Guidelines
from frontend import markdown
from frontend.guidelines_form import GuidelinesForm
from frontend.pages import PageRequest
from frontend.project_pages import Role, Visit, visit
from frontend.text_diff import difference
from frontend.versions import guideline_versions, number_of

PAGE = "frontend/project/guidelines.html"


@login_required
@require_http_methods(["GET", "POST"])
def guidelines(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ANNOTATOR if request.method == "GET" else Role.RESEARCHER)
    if request.method == "POST":
        return _edit(seen)
    if not seen.may(Role.RESEARCHER):
        return _read(seen)
    if "edit" in request.GET:
        present = seen.project.guidelines
        initial = {"text": present.text, "base": present.version} if present else {"base": 0}
        return _show(seen, form=GuidelinesForm(initial=initial))
    return _show(seen)


def _read(seen: Visit) -> HttpResponse:
    shown = _wanted(seen)
    context = {"shown": shown, "text": markdown.render(shown.text, heading=2) if shown else ""}
    return seen.page("frontend/guidelines.html", context)


def _wanted(seen: Visit) -> Guidelines | None:
    """The version that the address names, else the newest."""
    version = number_of(seen.request.GET, "version")
    if version:
        return get_object_or_404(seen.project.guideline_versions, version=version)
    return seen.project.guidelines


def _edit(seen: Visit) -> HttpResponse:
    """Preview what was written, or store it as the next version."""
    form = GuidelinesForm(seen.request.POST)
    if not form.is_valid():
        return _show(seen, form=form, status=422)
    if seen.request.POST.get("do") == "preview":
        return _show(seen, form=form)
    given = form.cleaned_data
    try:
        stored = add_guidelines(seen.project, given["text"], base=given["base"], note=given["note"])
    except GuidelinesMoved as moved:
        return _show(seen, form=form, moved=moved.newest, status=409)
    if stored == seen.project.guidelines:
        messages.info(seen.request, "The text is the same, so there is no new version.")
    else:
        messages.success(
            seen.request, f"Version {stored.version} is stored; items claimed from now on name it."
        )
    return redirect("guidelines", seen.project.slug)


def _show(
    seen: Visit,
    *,
    form: GuidelinesForm | None = None,
    moved: Guidelines | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = moved or _wanted(seen)
    rows = list(seen.project.guideline_versions.order_by("-version"))
    context: dict[str, Any] = {
        "shown": shown,
        "text": markdown.render(shown.text, heading=2) if shown else "",
        "versions": guideline_versions(seen.project, rows),
        "compared": _compared(seen, rows),
        "form": form,
    }
    if form is not None:
        context |= _written(form, shown) | {
            "moved": guideline_versions(seen.project, [moved])[0] if moved else None
        }
    return seen.page(PAGE, context, part="written", status=status)


def _written(form: GuidelinesForm, shown: Guidelines | None) -> dict[str, Any]:
    """What stands in the field, as annotators would read it, and what parts it from what is shown."""
    text = str(form["text"].value() or "").replace("\r\n", "\n")
    return {
        "written": markdown.render(text, heading=3),
        "difference": difference(shown.text, text) if shown and form.is_bound else [],
    }


def _compared(seen: Visit, rows: list[Guidelines]) -> dict[str, Any] | None:
    old, new = number_of(seen.request.GET, "from"), number_of(seen.request.GET, "to")
    texts = {row.version: row.text for row in rows}
    if old not in texts or new not in texts:
        return None
    return {"old": old, "new": new, "blocks": difference(texts[old], texts[new])}
