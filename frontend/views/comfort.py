"""Display and keys of whoever is signed in: a page, and a drawer of the workspace."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from frontend.comfort import COMMANDS, classes, keys_of
from frontend.comfort_form import ComfortForm
from frontend.pages import PageRequest, page, see_other, wants_part

SAVED, RESET = "Saved.", "Everything is as usual again."


@login_required
@require_http_methods(["GET", "POST"])
def comfort(request: PageRequest) -> HttpResponse:
    user = request.user
    if request.method == "GET":
        return _show(request, ComfortForm(comfort=user.comfort))
    if "reset" in request.POST:
        user.comfort = {}
        user.save(update_fields=["comfort"])
        return _done(request, RESET)
    form = ComfortForm(request.POST, comfort=user.comfort)
    if not form.is_valid():
        return _show(request, form, status=422)
    form.save(user)
    return _done(request, SAVED)


def _done(request: PageRequest, words: str) -> HttpResponse:
    if wants_part(request):
        return _show(request, ComfortForm(comfort=request.user.comfort), saved=words)
    messages.success(request, words)
    return see_other(_back(request) or "comfort")


def _show(
    request: PageRequest, form: ComfortForm, *, saved: str = "", status: int = 200
) -> HttpResponse:
    own = request.user.comfort
    keys = keys_of(own)
    context = {
        "form": form,
        "saved": saved,
        "next": _back(request),
        # For the script: what holds from now on.
        "stands": {
            "theme": own.get("theme", ""),
            "classes": classes(own),
            "keys": {command.name: keys[command.name] for command in COMMANDS},
        },
    }
    return page(request, "frontend/comfort.html", context, part="form", status=status)


def _back(request: PageRequest) -> str:
    """Where somebody came from; only our own pages."""
    asked = request.POST.get("next", "") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(asked, None)
    return asked if ours and asked.startswith("/") else ""
