"""What a project asks: the form, its editor with a preview of the workspace, and its versions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from annotate.form_versions import FormMoved, ScaleInUse, compare, free_name, shown, store_form
from annotate.form_versions import scale_faults as faults_of_scales
from annotate.questions import InvalidForm, Question, kinds
from annotate.questions.base.options import Option
from annotate.questions.base.settings import Setting, settings_of
from frontend.form_editor.consequences import consequences
from frontend.form_editor.draft import Draft, act, draft_of, read_draft
from frontend.form_editor.preview import all_styles, preview, styles
from frontend.form_editor.question_forms import NOTE_LENGTH
from frontend.pages import PageRequest
from frontend.project_pages import Role, Visit, visit
from frontend.versions import form_versions, number_of

if TYPE_CHECKING:
    from annotate.models import Form

EDITOR = "frontend/forms/editor.html"


@login_required
@require_http_methods(["GET", "POST"])
def form(request: PageRequest, slug: str) -> HttpResponse:
    """Researchers read it; admins edit it, and every change is the next version."""
    seen = visit(request, slug, Role.RESEARCHER if request.method == "GET" else Role.ADMIN)
    if request.method == "POST":
        return _edit(seen)
    if not seen.may(Role.ADMIN):
        questions = seen.project.questions
        context = _versions(seen) | {
            "shown": seen.project.form,
            "asked": [_told(question) for question in questions],
            "preview": preview(seen.project, questions),
            "styles": styles(questions),
        }
        return seen.page("frontend/forms/form.html", context)
    return _show(seen, draft_of(seen.project.form))


def _told(question: Question[Any]) -> dict[str, Any]:
    """A question with its kind's settings for a reader."""
    return {
        "question": question,
        "settings": [
            (setting.label, *_value(setting, getattr(question.config, setting.name)))
            for setting in settings_of(type(question.config))
        ],
    }


def _value(setting: Setting, value: Any) -> tuple[str, Sequence[Option]]:
    """In words, or as a list of options or labels."""
    if value and (setting.type == "options" or "labels" in setting.type):
        return "", value
    return shown(setting.shown(value)), ()


def _edit(seen: Visit) -> HttpResponse:
    data = seen.request.POST
    draft = read_draft(data, newest=seen.project.form.version)
    action = data.get("do", "preview")
    if action == "rebase":
        draft.base = seen.project.form.version
    if action == "store":
        return _store(seen, draft)
    if action != "preview":
        draft = act(draft, action, data)
        _focus(seen, draft)
    return _show(seen, draft)


def _focus(seen: Visit, draft: Draft) -> None:
    """Whoever has no mouse goes on there; browsers ignore ``autofocus`` in parts that are swapped."""
    if draft.focused is not None:
        attributes = draft.focused.form.fields["title"].widget.attrs
        attributes["data-focus" if seen.request.htmx else "autofocus"] = True


def _store(seen: Visit, draft: Draft) -> HttpResponse:
    """Only what was told of on the page is done: else the page comes again and tells it."""
    if not draft.valid or draft.base != seen.project.form.version:
        return _show(seen, draft, status=422)
    told = consequences(seen.project, draft.parsed)
    if told.found and seen.request.POST.get("seen") != told.digest:
        return _show(seen, draft, status=422, unread=True)
    note = seen.request.POST.get("note", "").strip()[:NOTE_LENGTH]
    try:
        stored = store_form(seen.project, draft.definition, base=draft.base, note=note)
    except (FormMoved, ScaleInUse):
        del seen.project.form
        return _show(seen, draft, status=422)  # which says so
    except InvalidForm as fault:
        draft.fault = str(fault)
        return _show(seen, draft, status=422)
    if told.changes:
        messages.success(
            seen.request, f"Version {stored.version} is stored; items claimed from now on ask it."
        )
    else:
        messages.info(seen.request, "Nothing was changed, so there is no new version.")
    return redirect("form", seen.project.slug)


def _show(seen: Visit, draft: Draft, *, status: int = 200, unread: bool = False) -> HttpResponse:
    """The editor, its preview, and what storing it would do."""
    _blame_scales(seen, draft)
    parsed = draft.parsed
    newest: Form = seen.project.form
    told = consequences(seen.project, parsed) if draft.valid else None
    context: dict[str, Any] = {
        "draft": draft,
        "kinds": [{"kind": k.kind, "title": k.title, "about": k.about} for k in kinds().values()],
        "preview": preview(seen.project, list(parsed)) if len(parsed) else None,
        "told": told,
        "unread": unread,
        "next": newest.version + 1,
        "moved": _moved(seen, draft) if draft.base != newest.version else None,
        "styles": all_styles(),
        "note": seen.request.POST.get("note", ""),
        "note_length": NOTE_LENGTH,
        # While somebody types, only what stands beside the fields comes anew.
        "live": "live" in seen.request.GET,
    }
    part = "preview" if context["live"] else "editor"
    if not seen.request.htmx:
        context |= _versions(seen)
    return seen.page(EDITOR, context, part=part, status=status)


def _blame_scales(seen: Visit, draft: Draft) -> None:
    """Say at each question whose scale may not change that it needs a name of its own."""
    parsed = draft.parsed
    taken = {q for form in seen.project.forms.all() for q in form.parsed.names}
    for name, fault in faults_of_scales(seen.project, parsed).items():
        one = next(one for one in draft.questions if one.name == name)
        one.faults.append(fault)
        one.free_name = free_name(name, taken | set(parsed.names))


def _moved(seen: Visit, draft: Draft) -> dict[str, Any] | None:
    """Who stored a version meanwhile, and what it changed."""
    newest = seen.project.form
    base = seen.project.forms.filter(version=draft.base).first()
    [latest, *_] = form_versions(seen.project, [newest])
    return {
        "version": latest,
        "changes": compare(base.parsed, newest.parsed).words() if base else [],
    }


def _versions(seen: Visit) -> dict[str, Any]:
    """Every version with what it changed, and the two that are to be compared."""
    rows = list(seen.project.forms.order_by("-version"))
    listed = form_versions(seen.project, rows)
    by_version = {row.version: row for row in rows}
    query = seen.request.GET
    old, new = number_of(query, "from"), number_of(query, "to")
    compared = None
    if old in by_version and new in by_version:
        words = compare(by_version[old].parsed, by_version[new].parsed).words()
        compared = {"old": old, "new": new, "words": words}
    return {"versions": listed, "compared": compared}
