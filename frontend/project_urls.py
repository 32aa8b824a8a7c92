"""Pages of researchers and admins, below /projects/."""

from django.urls import path

from frontend.views import (
    aggregation,
    items,
    judges,
    ledger,
    models,
    overview,
    projects,
    routing,
    transfers,
)

urlpatterns = [
    path("new/", projects.create, name="create-project"),
    path("<slug:slug>/", overview.project, name="project"),
    path("<slug:slug>/agreement/", projects.agreement, name="agreement"),
    path("<slug:slug>/aggregation/", aggregation.aggregation, name="aggregation"),
    path("<slug:slug>/aggregation/choose/", aggregation.choose, name="choose-method"),
    path("<slug:slug>/aggregation/compare/", aggregation.compare, name="compare-methods"),
    path("<slug:slug>/settings/", projects.settings, name="project-settings"),
    path("<slug:slug>/guidelines/", projects.guidelines, name="guidelines"),
    path("<slug:slug>/members/", projects.members, name="members"),
    path("<slug:slug>/members/<int:pk>/", projects.change_member, name="change-member"),
    path("<slug:slug>/items/", items.items, name="items"),
    path("<slug:slug>/items/<int:pk>/", items.item, name="item"),
    path("<slug:slug>/import/", transfers.bring_in, name="import"),
    path("<slug:slug>/export/", transfers.take_out, name="export"),
    path("<slug:slug>/transfers/<int:pk>/", transfers.transfer, name="transfer"),
    path("<slug:slug>/transfers/<int:pk>/file/", transfers.download, name="transfer-file"),
    path("<slug:slug>/routing/", routing.routing, name="routing"),
    path("<slug:slug>/routing/policy/<slug:kind>/", routing.change_policy, name="change-policy"),
    path("<slug:slug>/ledger/", ledger.ledger, name="ledger"),
    path("<slug:slug>/ledger/file/", ledger.file, name="ledger-file"),
    path("<slug:slug>/ledger/budget/", ledger.change_budget, name="change-budget"),
    path("<slug:slug>/ledger/budget/<int:pk>/", ledger.remove_budget, name="remove-budget"),
    path("<slug:slug>/judges/", judges.judges, name="judges"),
    path("<slug:slug>/judges/new/", judges.create, name="create-judge"),
    path("<slug:slug>/judges/<int:pk>/", judges.judge, name="judge"),
    path("<slug:slug>/judges/<int:pk>/act/", judges.act, name="judge-act"),
    path("<slug:slug>/reward-models/", models.reward_models, name="reward-models"),
    path("<slug:slug>/reward-models/train/", models.train, name="train"),
    path("<slug:slug>/reward-models/<int:version>/", models.reward_model, name="reward-model"),
    path("<slug:slug>/reviews/", models.reviews, name="reviews"),
    path("<slug:slug>/reviews/<int:pk>/", models.review, name="review"),
]
