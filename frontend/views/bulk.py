"""Changing many items at once: a preview, the change with its progress, and taking it back."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.models import BulkAction
from frontend.choices import Choice
from frontend.items.bulk_forms import SettingsForm, chosen_in, hidden_fields
from frontend.pages import PageRequest, see_other
from frontend.paging import keyset
from frontend.project_pages import Visit, visit
from routing.bulk.actions import (
    LOOKED_AT,
    UNDO,
    Chosen,
    NotUndoable,
    preview,
    start,
    undo,
    which,
    words_of,
)
from routing.bulk.base import Kind
from routing.bulk.kinds import KINDS
from routing.models import Judge

PREVIEW = "frontend/items/change.html"


@login_required
@require_http_methods(["GET", "POST"])
def change_items(request: PageRequest, slug: str) -> HttpResponse:
    """What a change would do, with GET; with POST it is begun."""
    seen = visit(request, slug)
    data = request.POST if request.method == "POST" else request.GET
    chosen = chosen_in(seen.project, data)
    if chosen is None:
        messages.warning(
            request, "No item is ticked: tick some in the list, or change all of them."
        )
        return see_other(f"{reverse('items', args=[slug])}?{data.get('list', '')}".rstrip("?"))
    kind = _kind(seen, data.get("kind", ""))
    form = SettingsForm(kind, data)
    settings = form.settings()
    if request.method == "POST" and settings is not None:
        action = start(chosen, kind, settings, by=request.user)
        return see_other("bulk-change", slug, action.pk)
    hidden = hidden_fields(chosen, data)
    context = {
        "kind": kind,
        "kinds": _choices(seen, kind),
        "chosen": chosen,
        "hidden": hidden,
        "kept": urlencode(hidden),
        "form": form,
        "run": [(form.add_prefix(name), str(value)) for name, value in (settings or {}).items()],
        "words": kind.words(settings) if settings is not None else kind.title,
        "looked_at": LOOKED_AT,
        **_preview(seen, chosen, kind, settings),
    }
    return seen.page(PREVIEW, context, part="change", status=422 if request.POST else 200)


def _kind(seen: Visit, name: str) -> Kind:
    """The kind of that name, or the first that the visitor may use."""
    if name in KINDS:
        if not seen.may(KINDS[name].role):
            raise PermissionDenied
        return KINDS[name]
    return next(kind for kind in KINDS.values() if seen.may(kind.role))


def _choices(seen: Visit, chosen: Kind) -> list[Choice]:
    return [
        Choice(kind.name, kind.title, kind.about, kind is chosen)
        for kind in KINDS.values()
        if seen.may(kind.role)
    ]


def _preview(seen: Visit, chosen: Chosen, kind: Kind, settings: Any) -> dict[str, Any]:
    if settings is None:
        return {"found": None, "count": chosen.count()}
    found = preview(chosen, kind, settings, by=seen.request.user)
    pay = seen.project.pay_per_label_usd
    return {
        "found": found,
        "count": found.count,
        "left": found.left.most_common(),
        "pay": found.cost.labels * pay if pay else None,
        "judges": Judge.objects.active().filter(project=seen.project).count()
        if found.cost.judged
        else 0,
    }


@login_required
@require_safe
def bulk_changes(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    rows = seen.project.bulk_actions.select_related("user", "project")
    found = keyset(rows, request.GET, newest_first=True)
    return seen.page(
        "frontend/items/changes.html",
        {"found": found, "rows": [_row(action) for action in found.rows]},
        part="changes",
    )


def _row(action: BulkAction) -> dict[str, Any]:
    return {"action": action, "words": words_of(action), "which": which(action)}


@login_required
@require_safe
def bulk_change(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """An action's progress, and what came of it."""
    seen = visit(request, slug)
    rows = seen.project.bulk_actions.select_related("user", "project")
    action = get_object_or_404(rows, pk=pk)
    of = action.settings.get("of") if action.kind == UNDO else None
    backs = rows.filter(kind=UNDO, settings__of=action.pk) if action.kind != UNDO else rows.none()
    looked = action.done + sum(action.left.values())
    context = {
        **_row(action),
        "of": rows.filter(pk=of).first() if of else None,
        "back": backs.order_by("-pk").first(),
        "left": sorted(action.left.items(), key=lambda one: -one[1]),
        "left_count": sum(action.left.values()),
        "looked": looked,
        "share": min(100, round(100 * looked / action.total)) if action.total else 0,
        "may_undo": _may_undo(seen, action),
    }
    return seen.page("frontend/items/bulk_change.html", context, part="progress")


def _may_undo(seen: Visit, action: BulkAction) -> bool:
    over = action.state in (BulkAction.State.DONE, BulkAction.State.FAILED)
    return bool(action.kind != UNDO and over and action.done and seen.may(KINDS[action.kind].role))


@login_required
@require_POST
def undo_change(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    action = get_object_or_404(seen.project.bulk_actions.filter(~Q(kind=UNDO)), pk=pk)
    if not seen.may(KINDS[action.kind].role):
        raise PermissionDenied
    try:
        back = undo(action, by=request.user)
    except NotUndoable:
        messages.warning(request, "This was taken back already, or is still going on.")
        return see_other("bulk-change", slug, pk)
    return see_other("bulk-change", slug, back.pk)
