"""Files in and out: started here, done by a worker, watched on a page of their own."""

from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from annotate.formats import RefusedFile, exporters, importers
from annotate.formats.base import Format
from annotate.models import Transfer
from frontend.choices import choices
from frontend.pages import PageRequest
from frontend.project_pages import Visit, visit
from frontend.transfer_forms import ExportForm, FormatForm, ImportForm

USUAL = "tandem"
SHOWN_FAULTS = 200
RECENT = 20
F = TypeVar("F", bound=Format)


def _chosen(request: PageRequest, formats: dict[str, type[F]]) -> type[F]:
    """The format that the request names, or our own."""
    name = request.POST.get("format") or request.GET.get("format", "")
    return formats.get(name) or formats[USUAL]


def _listed(formats: dict[str, type[F]]) -> list[type[F]]:
    """Our own format first, which holds everything."""
    return sorted(formats.values(), key=lambda one: (one.name != USUAL, one.name))


def _recent(seen: Visit, direction: str) -> list[Transfer]:
    rows = seen.project.transfers.filter(direction=direction).select_related("snapshot", "user")
    return list(rows.order_by("-created_at")[:RECENT])


@login_required
@require_http_methods(["GET", "POST"])
def bring_in(request: PageRequest, slug: str) -> HttpResponse:
    return _start(visit(request, slug), "import", importers(), ImportForm)


@login_required
@require_http_methods(["GET", "POST"])
def take_out(request: PageRequest, slug: str) -> HttpResponse:
    return _start(visit(request, slug), "export", exporters(), ExportForm)


def _start(
    seen: Visit,
    direction: str,
    formats: dict[str, type[F]],
    form_class: type[FormatForm],
) -> HttpResponse:
    """A format, then the fields that this format has; what they say is done in the background."""
    request = seen.request
    chosen = _chosen(request, formats)
    form = form_class(
        request.POST or None, request.FILES or None, format=chosen, project=seen.project
    )
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("transfer", seen.project.slug, form.start(request.user).pk)
        except RefusedFile as fault:
            form.add_error(None, str(fault))
    context = {
        "form": form,
        "chosen": chosen.name,
        "choices": choices(_listed(formats), chosen=chosen.name),
        "recent": _recent(seen, direction),
    }
    status = 422 if request.method == "POST" else 200
    template = f"frontend/transfers/{direction}.html"
    return seen.page(template, context, part="format", status=status)


@login_required
@require_safe
def transfer(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    rows = seen.project.transfers.select_related("snapshot", "user")
    row = get_object_or_404(rows, pk=pk)
    faults = row.result.get("faults", [])
    wrong = row.result.get("bad", 0) + row.result.get("conflicts", 0)
    context = {
        "transfer": row,
        "faults": faults[:SHOWN_FAULTS],
        "more_faults": max(0, wrong - SHOWN_FAULTS),
        "left_out": row.result.get("left_out", {}),
        "share": min(100, round(100 * row.done / row.total)) if row.total else 0,
    }
    return seen.page("frontend/transfers/transfer.html", context, part="progress")


@login_required
@require_safe
def download(request: PageRequest, slug: str, pk: int) -> FileResponse:
    """An export's file, as a file: never shown by the browser."""
    seen = visit(request, slug)
    row = get_object_or_404(
        seen.project.transfers,
        pk=pk,
        direction=Transfer.Direction.EXPORT,
        state=Transfer.State.DONE,
    )
    try:
        file = row.file.open("rb")
    except (FileNotFoundError, ValueError) as fault:
        raise Http404 from fault
    response = FileResponse(
        file,
        as_attachment=True,
        filename=row.file_name or f"{slug}-{row.format}.jsonl",
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
