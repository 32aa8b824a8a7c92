from django.urls import URLPattern, URLResolver, include, path

from frontend.views import home, invitations, log, work

urlpatterns: list[URLPattern | URLResolver] = [
    # Annotators
    path("", home.home, name="home"),
    path("projects/<slug:slug>/work/", work.work, name="work"),
    path("projects/<slug:slug>/work/skip/", work.skip_item, name="work-skip"),
    path("projects/<slug:slug>/work/undo/", work.undo_last, name="work-undo"),
    path("projects/<slug:slug>/work/draft/", work.draft, name="work-draft"),
    path("projects/<slug:slug>/work/renew/", work.renew_lease, name="work-renew"),
    # Whoever was sent a link
    path("join/", invitations.join, name="join"),
    path("join/<str:secret>/", invitations.follow, name="join-link"),
    # Staff
    path("log/", log.site_log, name="site-log"),
    path("log/<slug:kind>/", log.site_log_file, name="site-log-file"),
    # Researchers and admins
    path("projects/", include("frontend.project_urls")),
]
