from django.contrib import admin
from django.urls import include, path

from annotate.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", include("annotate.api.urls")),
    path("api/", include("routing.api.urls")),
    path("", include("frontend.urls")),
]
