"""How much suggestions move answers."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from frontend.pages import PageRequest
from frontend.project_pages import visit
from frontend.quality.suggestions import shown_effects


@login_required
@require_safe
def suggestions(request: PageRequest, slug: str) -> HttpResponse:
    """To annotators it does not exist."""
    try:
        seen = visit(request, slug)
    except PermissionDenied as refused:
        raise Http404 from refused
    context = {"effects": shown_effects(seen.project)}
    return seen.page("frontend/project/suggestions.html", context)
