"""Groups of members, their tags, and what open items ask for."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from annotate import members
from annotate.eligibility import demands, tags_in_use
from annotate.members import GroupExists
from frontend.pages import PageRequest, see_other
from frontend.people.forms import GroupForm, GroupMembersForm
from frontend.project_pages import Role, visit


@login_required
@require_http_methods(["GET", "POST"])
def groups(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug, Role.RESEARCHER if request.method == "GET" else Role.ADMIN)
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = members.add_group(seen.project, given["name"], given["tags"])
        except GroupExists as fault:
            form.add_error("name", str(fault))
        else:
            messages.success(request, f"The group {made} is made. Choose its members next.")
            return see_other("group", slug, made.pk)
    context = {
        "form": form,
        "groups": seen.project.groups.annotate(people=Count("members")).order_by("name"),
        "demands": demands(seen.project),
        "tags": tags_in_use(seen.project),
    }
    return seen.page("frontend/people/groups.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def group(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Name, tags and members of one group; admins alone, as members stand by name."""
    seen = visit(request, slug, Role.ADMIN)
    found = get_object_or_404(seen.project.groups.select_related("project"), pk=pk)
    if "remove" in request.POST:
        members.remove_group(found)
        messages.success(request, f"The group {found} is gone; its members stay.")
        return see_other("groups", slug)
    form = GroupMembersForm(request.POST or None, group=found)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            members.change_group(
                found, name=given["name"], tags=given["tags"], members=list(given["members"])
            )
        except GroupExists as fault:
            form.add_error("name", str(fault))
        else:
            messages.success(request, f"The group {found} is saved.")
            return see_other("groups", slug)
    return seen.page(
        "frontend/people/group.html",
        {"form": form, "group": found},
        status=422 if form.errors else 200,
    )
