"""Reward models by version."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from annotate import audit
from annotate.jobs import ask
from annotate.models import Annotation, Hint, Project
from frontend.pages import PageRequest
from frontend.paging import keyset
from frontend.project_pages import Visit, visit
from frontend.reward_figures import LONGER, Figures, accuracy_by_version, comparison, estimate
from routing.models import Review, RewardModel, Score

JOB = "train"
COMPARED = ("accuracy", "model", "difference")
METRICS = (
    ("accuracy", "Accuracy", "share of decided pairs on whose side it is; more is better"),
    ("log_loss", "Log loss", "of its probabilities; less is better, 0.693 is a coin"),
    ("brier", "Brier score", "mean squared error of its probabilities; 0.25 is a coin"),
    ("ece", "Calibration error", "gap between its probabilities and what happens; 0 is best"),
)


@login_required
@require_safe
def reward_models(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    if request.htmx.target == "training":
        return _watch(seen)
    models = RewardModel.objects.filter(project=seen.project).defer("heads", "libraries")
    found = keyset(models.select_related("snapshot"), request.GET, newest_first=True)
    context = {
        "accuracy": accuracy_by_version(seen.project),
        "found": found,
        "rows": [
            {
                "model": model,
                "figures": (figures := Figures(model.metrics)),
                "gain": figures.gain(LONGER),
            }
            for model in found.rows
        ],
        **_training(seen),
    }
    return seen.page("frontend/models/list.html", context, part="training")


@dataclass(frozen=True)
class Training:
    """Whether a version is being trained, and what there is to say about it."""

    running: bool
    words: str = ""
    fault: str = ""
    pointless: bool = False


def training_of(project: Project, last: RewardModel | None) -> Training:
    hinted = Hint.objects.filter(project=project, kind=JOB).first()
    if hinted is not None and (hinted.started_at or hinted.queued_at):
        return Training(True, "Training…" if hinted.started_at else "Waits for a worker…")
    if hinted is not None and hinted.fault:
        return Training(False, fault=hinted.fault)
    if last is None:
        return Training(False)
    newest = last.metrics.get("newest_annotation", 0)
    new = Annotation.objects.filter(project=project, pk__gt=newest)
    counted = (Annotation.Purpose.WORK, Annotation.Purpose.REVIEW)
    count = new.filter(purpose__in=counted).count()
    if not count:
        return Training(False, f"Version {last.version} knows all labels", pointless=True)
    words = "1 label is" if count == 1 else f"{count:,} labels are"
    return Training(False, f"{words} new since version {last.version}")


@login_required
@require_POST
def train(request: PageRequest, slug: str) -> HttpResponse:
    """Have a worker train a version at once, if there are labels that the last one has not seen."""
    seen = visit(request, slug)
    if seen.project.questions.main_preference() is None:
        messages.error(request, "The form asks for no preference, which reward models learn from.")
    elif not ask(seen.project.pk, JOB):
        messages.warning(request, "A version is being trained already, or waits after a fault.")
    else:
        audit.record("training.ask", project=seen.project)
    if request.htmx:
        return seen.page("frontend/models/list.html", _training(seen), part="training")
    return redirect("reward-models", slug)


def _watch(seen: Visit) -> HttpResponse:
    """The button's part while it is polled; when training ends, the page with its new version."""
    context = _training(seen)
    response = seen.page("frontend/models/list.html", context, part="training")
    if not context["training"].running:
        response = HttpResponseClientRefresh()
    return response


def _training(seen: Visit) -> dict[str, Training]:
    models = RewardModel.objects.filter(project=seen.project).only("version", "metrics")
    return {"training": training_of(seen.project, models.order_by("-version").first())}


@login_required
@require_safe
def reward_model(request: PageRequest, slug: str, version: int) -> HttpResponse:
    seen = visit(request, slug)
    models = RewardModel.objects.filter(project=seen.project).defer("heads")
    model = get_object_or_404(models.select_related("snapshot"), version=version)
    figures = Figures(model.metrics)
    context = {
        "model": model,
        "figures": figures,
        "chart": comparison(figures),
        "metrics": [
            {
                "name": words,
                "meaning": meaning,
                "cell": figures.metric(name),
                "share": name == "accuracy",
            }
            for name, words, meaning in METRICS
        ],
        "baselines": [
            {"name": name, "n": row["rows"], **{key: estimate(row[key]) for key in COMPARED}}
            for name, row in sorted(figures.baselines.items())
        ],
        "scored": Score.objects.filter(reward_model=model).count(),
        "reviews": Review.objects.filter(reward_model=model).count(),
    }
    return seen.page("frontend/models/version.html", context)
