from django.urls import path

from routing.api import reviews, views

urlpatterns = [
    path("projects/<slug:slug>/score/", views.Scores.as_view(), name="api-scores"),
    path("projects/<slug:slug>/score/<int:pk>/", views.OneScore.as_view(), name="api-score"),
    path("projects/<slug:slug>/reviews/", reviews.ReviewQueue.as_view(), name="api-reviews"),
    path(
        "projects/<slug:slug>/items/<int:pk>/decision/",
        reviews.Decision.as_view(),
        name="api-decision",
    ),
]
