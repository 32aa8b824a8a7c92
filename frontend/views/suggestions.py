"""How much suggestions move answers."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from frontend.pages import PageRequest
from frontend.project_pages import visit
from frontend.quality.suggestions import shown_effects, shown_marks


@login_required
@require_safe
def suggestions(request: PageRequest, slug: str) -> HttpResponse:
    """To annotators it does not exist."""
    try:
        seen = visit(request, slug)
    except PermissionDenied as refused:
        raise Http404 from refused
    filled_in, afterwards = shown_marks(seen.project)
    context = {
        "effects": shown_effects(seen.project),
        "filled_in": filled_in,
        "afterwards": afterwards,
    }
    return seen.page("frontend/project/suggestions.html", context)
