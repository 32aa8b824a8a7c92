"""Files that items show: brought in, listed, taken away, and served to members."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.media import MediaInUse, RefusedMedia, remove, store
from annotate.media.serving import answer_with
from annotate.models import Membership
from frontend.pages import PageRequest, see_other
from frontend.paging import keyset
from frontend.project_pages import Visit, visit

MOST_TOLD = 20  # refusals that a page lists


@login_required
@require_http_methods(["GET", "POST"])
def files(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    if request.method == "POST":
        return _bring_in(seen)
    rows = seen.project.media.all()
    context = {"page": keyset(rows, request.GET, newest_first=True), "count": rows.count()}
    return seen.page("frontend/media/files.html", context, part="files")


def _bring_in(seen: Visit) -> HttpResponse:
    """What can be stored is stored; what is refused is told by name."""
    added, present, refused = 0, 0, []
    for file in seen.request.FILES.getlist("files"):
        try:
            _, new = store(seen.project, file.name or "", file)
        except RefusedMedia as fault:
            refused.append(str(fault))
        else:
            added, present = added + new, present + (not new)
    _tell(seen, added, present, refused)
    return see_other("files", seen.project.slug)


def _tell(seen: Visit, added: int, present: int, refused: list[str]) -> None:
    request = seen.request
    if added:
        messages.success(request, f"{added} file{'s' if added > 1 else ''} added.")
    if present:
        messages.success(request, f"{present} {'were' if present > 1 else 'was'} there already.")
    for one in refused[:MOST_TOLD]:
        messages.error(request, f"Not added: {one}")
    if len(refused) > MOST_TOLD:
        messages.error(request, f"… and {len(refused) - MOST_TOLD} more were not added.")
    if not (added or present or refused):
        messages.warning(request, "Choose at least one file.")


@login_required
@require_POST
def delete_file(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    media = get_object_or_404(seen.project.media.select_related("project"), pk=pk)
    try:
        remove(media)
    except MediaInUse as fault:
        told = 'Not deleted: item <a href="{}">{}</a> shows {}.'
        fault.item.project = seen.project
        url = fault.item.get_absolute_url()
        messages.error(request, format_html(told, url, fault.item.key, media.name))
    else:
        messages.success(request, f"{media.name} is deleted.")
    return see_other("files", slug)


@login_required
@require_safe
def file(request: PageRequest, slug: str, pk: int, name: str) -> HttpResponseBase:
    """The file itself, for every member. ``name`` is for the reader: the number alone decides."""
    seen = visit(request, slug, Membership.Role.ANNOTATOR)
    return answer_with(request, get_object_or_404(seen.project.media, pk=pk))
