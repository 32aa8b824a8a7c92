"""A project's first page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from annotate.jobs import ask
from frontend.charts import bar
from frontend.overview.attention import attention_for
from frontend.overview.figures import overview_of, shares_of
from frontend.pages import PageRequest, wants_part
from frontend.project_pages import visit
from frontend.reward_figures import accuracy_by_version
from routing.models import RoutingPolicy


@login_required
@require_safe
def project(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    overview = overview_of(seen.project)
    if overview.progress.count_due:
        ask(seen.project.pk, "count-items")
    shares = shares_of(seen.project, overview.progress)
    context = {
        "overview": overview,
        "progress": overview.progress,
        "shares": shares,
        "bars": {name: bar(whole, label=f"Labels: {name}") for name, whole in shares.items()},
        "attention": attention_for(seen.project, overview),
        "policy": RoutingPolicy.objects.active_for(seen.project),
    }
    if not wants_part(request):
        context["accuracy"] = accuracy_by_version(seen.project)
    return seen.page("frontend/project/overview.html", context, part="progress")
