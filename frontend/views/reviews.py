"""Adjudication: the queue of items to decide, and one item with all of its labels."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

from frontend.pages import PageRequest
from frontend.project_pages import visit


@login_required
def reviews(request: PageRequest, slug: str) -> HttpResponse:
    return visit(request, slug).page("frontend/models/reviews.html")


figures = adjudicate = opinions = review = reviews
