from django.urls import path

from routing.api import views

urlpatterns = [
    path("projects/<slug:slug>/score/", views.Scores.as_view(), name="api-scores"),
    path("projects/<slug:slug>/score/<int:pk>/", views.OneScore.as_view(), name="api-score"),
]
