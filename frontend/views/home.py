from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

from frontend.pages import PageRequest, page


@login_required
def home(request: PageRequest) -> HttpResponse:
    return page(request, "frontend/home.html")
