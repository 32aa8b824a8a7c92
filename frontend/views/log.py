"""The audit log: who did what when, in a project or, for staff, everywhere."""

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from annotate.models import AuditEntry
from frontend.log.export import as_csv, as_json_lines
from frontend.log.filter import LogFilter
from frontend.log.words import told
from frontend.pages import PageRequest, page
from frontend.paging import keyset
from frontend.project_pages import Role, visit

if TYPE_CHECKING:
    from django.db.models import QuerySet

FILES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_json_lines, "application/x-ndjson; charset=utf-8"),
}


@login_required
@require_safe
def log(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    context = _context(request, AuditEntry.objects.of(seen.project))
    return seen.page("frontend/log/log.html", context, part="entries")


@login_required
@require_safe
def log_file(request: PageRequest, slug: str, kind: str) -> StreamingHttpResponse:
    seen = visit(request, slug, Role.ADMIN)
    return _file(request, AuditEntry.objects.of(seen.project), kind, name=f"{slug}-log")


@login_required
@require_safe
def site_log(request: PageRequest) -> HttpResponse:
    """Of all projects, and of what belongs to none, such as API tokens."""
    _staff_only(request)
    context = _context(request, AuditEntry.objects.all()) | {"everywhere": True}
    return page(request, "frontend/log/site.html", context, part="entries")


@login_required
@require_safe
def site_log_file(request: PageRequest, kind: str) -> StreamingHttpResponse:
    _staff_only(request)
    return _file(request, AuditEntry.objects.all(), kind, name="log")


def _staff_only(request: PageRequest) -> None:
    if not request.user.is_staff:
        raise PermissionDenied


def _context(request: PageRequest, entries: "QuerySet[AuditEntry]") -> dict[str, object]:
    form = LogFilter(request.GET, entries=entries)
    found = keyset(form.rows(), request.GET, newest_first=True)
    filters = request.GET.copy()
    for place in ("after", "before"):
        filters.pop(place, None)
    return {
        "form": form,
        "found": found,
        "rows": [told(entry) for entry in found.rows],
        "filters": filters.urlencode(),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }


def _file(
    request: PageRequest, entries: "QuerySet[AuditEntry]", kind: str, *, name: str
) -> StreamingHttpResponse:
    """What the filter of the page leaves, oldest first."""
    if kind not in FILES:
        raise Http404
    lines, content_type = FILES[kind]
    rows = LogFilter(request.GET, entries=entries).rows()
    response = StreamingHttpResponse(lines(rows), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
