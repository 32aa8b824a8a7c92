from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from annotate.api import media, views

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("projects/", views.Projects.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", views.OneProject.as_view(), name="api-project"),
    path("projects/<slug:slug>/form/", views.ProjectForm.as_view(), name="api-form"),
    path("projects/<slug:slug>/items/", views.Items.as_view(), name="api-items"),
    path("projects/<slug:slug>/members/", views.Members.as_view(), name="api-members"),
    path("projects/<slug:slug>/annotations/", views.Annotations.as_view(), name="api-annotations"),
    path("projects/<slug:slug>/files/", media.Files.as_view(), name="api-files"),
    path("projects/<slug:slug>/files/<int:pk>/", media.OneFile.as_view(), name="api-file"),
    path(
        "projects/<slug:slug>/files/<int:pk>/content/",
        media.FileContent.as_view(),
        name="api-file-content",
    ),
    path("projects/<slug:slug>/next/", views.Next.as_view(), name="api-next"),
    path("projects/<slug:slug>/undo/", views.Undo.as_view(), name="api-undo"),
    path(
        "projects/<slug:slug>/annotations/<int:pk>/correct/",
        views.Correct.as_view(),
        name="api-correct",
    ),
    path(
        "projects/<slug:slug>/assignments/<int:pk>/",
        views.OwnAssignment.as_view(),
        name="api-assignment",
    ),
    path(
        "projects/<slug:slug>/assignments/<int:pk>/submit/",
        views.Submit.as_view(),
        name="api-submit",
    ),
    path("projects/<slug:slug>/assignments/<int:pk>/skip/", views.Skip.as_view(), name="api-skip"),
    path(
        "projects/<slug:slug>/assignments/<int:pk>/renew/", views.Renew.as_view(), name="api-renew"
    ),
    path("projects/<slug:slug>/exports/", views.Exports.as_view(), name="api-exports"),
    path("projects/<slug:slug>/exports/<int:pk>/", views.OneExport.as_view(), name="api-export"),
    path(
        "projects/<slug:slug>/exports/<int:pk>/file/",
        views.ExportFile.as_view(),
        name="api-export-file",
    ),
]
