from django.urls import URLPattern, URLResolver, include, path

from frontend.views import (
    comfort,
    crowd,
    home,
    invitations,
    log,
    onboarding,
    own_labels,
    own_work,
    work,
)

urlpatterns: list[URLPattern | URLResolver] = [
    # Annotators
    path("", home.home, name="home"),
    path("comfort/", comfort.comfort, name="comfort"),
    path("projects/<slug:slug>/work/", work.work, name="work"),
    path("projects/<slug:slug>/work/skip/", work.skip_item, name="work-skip"),
    path("projects/<slug:slug>/work/undo/", work.undo_last, name="work-undo"),
    path("projects/<slug:slug>/work/draft/", work.draft, name="work-draft"),
    path("projects/<slug:slug>/work/renew/", work.renew_lease, name="work-renew"),
    path("projects/<slug:slug>/work/mine/", own_work.own_work, name="my-work"),
    path("projects/<slug:slug>/work/history/", own_labels.own_labels, name="my-labels"),
    path("projects/<slug:slug>/work/history/<int:pk>/", own_labels.own_label, name="my-label"),
    path("projects/<slug:slug>/start/", onboarding.onboarding, name="onboarding"),
    path("projects/<slug:slug>/start/test/", onboarding.test, name="test"),
    path("projects/<slug:slug>/join/", home.join_project, name="join-project"),
    # Participants of a crowd platform
    path("projects/<slug:slug>/end/", crowd.end, name="crowd-end"),
    path("crowd/", crowd.arrive, name="crowd"),
    path("crowd/<str:secret>/", crowd.follow, name="crowd-link"),
    # Whoever was sent a link
    path("join/", invitations.join, name="join"),
    path("join/<str:secret>/", invitations.follow, name="join-link"),
    # Staff
    path("log/", log.site_log, name="site-log"),
    path("log/<slug:kind>/", log.site_log_file, name="site-log-file"),
    # Researchers and admins
    path("projects/", include("frontend.project_urls")),
]
