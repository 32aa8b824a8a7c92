"""A project's first page, its settings, and its guidelines."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from annotate.members import may_create_projects
from frontend.agreement_figures import agreed, chart
from frontend.forms import GuidelinesForm, NewProjectForm, SettingsForm
from frontend.pages import PageRequest, wants_part
from frontend.project_pages import Role, visit


@login_required
@require_safe
def agreement(request: PageRequest, slug: str) -> HttpResponse:
    """How alike people answer; the first page asks for it when it has been shown."""
    seen = visit(request, slug)
    rows = agreed(seen.project)
    context = {"rows": rows, "chart": chart(rows) if rows else "", "whole": not wants_part(request)}
    return seen.page("frontend/project/agreement.html", context, part="agreement")


