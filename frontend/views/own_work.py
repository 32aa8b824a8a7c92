"""My work: how far one has come in a project, how fast, and what it has earned."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from annotate.assignment.own import own_membership
from frontend.own import work
from frontend.pages import PageRequest, page
from frontend.progress import left_for


@login_required
@require_GET
def own_work(request: PageRequest, slug: str) -> HttpResponse:
    membership = own_membership(request.user, slug)
    if membership is None:
        raise Http404
    today, labels = work.today_utc(), work.first_labels(membership)
    days, total = work.last_days(membership, today), work.done(labels)
    context = {
        "project": membership.project,
        "here": "work",
        "paused": membership.paused_at is not None,
        "total": total,
        "today": work.done(labels.filter(created_at__gte=work.start_of(today))),
        "left": left_for(membership),
        "pay": work.pay_of(membership, today),
        "days": [day for day in reversed(days) if day.labels],
        "chart": work.chart_of(days),
        "how_many_days": work.DAYS,
    }
    return page(request, "frontend/own/work.html", context)
