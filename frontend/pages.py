"""One URL gives a whole page to a browser and a part of it to htmx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from annotate.models import User


class PageRequest(HttpRequest):
    """What views of signed-in people get: ``@login_required`` has seen to the user."""

    htmx: HtmxDetails
    user: User


class SeeOther(HttpResponseRedirect):
    """After a form was posted: the browser goes on with a GET."""

    status_code = 303


def see_other(to: str, *args: Any) -> SeeOther:
    """``to`` is the name of a URL with its arguments, or a URL."""
    return SeeOther(resolve_url(to, *args))


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; a history restore wants the whole page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    return bool(htmx) and not htmx.history_restore_request


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """``template`` for a browser, its partial ``part`` for htmx."""
    name = f"{template}#{part}" if part and wants_part(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
