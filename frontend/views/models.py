"""Reward models by version, and the labels that they strongly disagree with."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from annotate import audit
from annotate.jobs import ask
from annotate.models import Annotation, Completion, Hint, Project
from annotate.questions import Answers, IncompleteAnswers, Questions
from annotate.questions.base.question import Shown
from frontend import showing
from frontend.items.history import answers_in_words
from frontend.pages import PageRequest
from frontend.paging import keyset
from frontend.project_pages import Visit, visit
from frontend.reward_figures import LONGER, Figures, accuracy_by_version, comparison, estimate
from routing.models import Review, RewardModel, Score
from routing.reviewing import AlreadyReviewed, correct, keep

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


@login_required
@require_safe
def reviews(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    state = request.GET.get("state", Review.State.OPEN)
    of_project = Review.objects.filter(project=seen.project)
    chosen = of_project.filter(state=state) if state in Review.State.values else of_project
    rows = chosen.select_related(
        "annotation__annotator", "annotation__form", "annotation__item", "reward_model"
    ).defer("reward_model__heads")
    found = keyset(rows, request.GET)  # made worst first
    context = {
        "found": found,
        "state": state,
        "counts": {name: of_project.filter(state=name).count() for name in Review.State.values},
        "rows": [
            {
                "review": review,
                "answers": answers_in_words(
                    review.annotation.form.parsed, review.annotation.answers
                ),
            }
            for review in found.rows
        ],
    }
    return seen.page("frontend/models/reviews.html", context, part="reviews")


@login_required
@require_http_methods(["GET", "POST"])
def review(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    rows = Review.objects.filter(project=seen.project).defer("reward_model__heads")
    chosen = get_object_or_404(
        rows.select_related(
            "annotation__annotator", "annotation__form", "annotation__item__project", "reward_model"
        ),
        pk=pk,
    )
    questions = chosen.annotation.item.project.questions
    completions = list(chosen.annotation.item.completions.all())
    faults: dict[str, str] = {}
    answers: Answers = {k: a for k, a in chosen.annotation.answers.items() if k in questions.names}
    if request.method == "POST":
        try:
            _decide(request, chosen, questions, len(completions))
        except AlreadyReviewed as fault:
            messages.warning(request, str(fault))
        except IncompleteAnswers as fault:
            faults = fault.faults
        if not faults:
            following = rows.filter(state=Review.State.OPEN).order_by("-pk").first()
            return (
                redirect("review", slug, following.pk) if following else redirect("reviews", slug)
            )
    shown = _shown(questions, answers, faults, len(completions))
    context = {
        "review": chosen,
        "item": chosen.annotation.item,
        "completions": _with_rewards(chosen, completions),
        "answers": answers_in_words(chosen.annotation.form.parsed, chosen.annotation.answers),
        "questions": shown,
        "faults": faults,
        "assets": showing.assets(questions),
    }
    return seen.page("frontend/models/review.html", context, status=422 if faults else 200)


def _with_rewards(review: Review, completions: list[Completion]) -> list[dict[str, object]]:
    scores = Score.objects.filter(completion__in=completions, reward_model=review.reward_model_id)
    rewards = dict(scores.values_list("completion", "reward"))
    return [
        {"position": one.position, "text": one.text, "reward": rewards.get(one.pk)}
        for one in completions
    ]


def _decide(request: PageRequest, chosen: Review, questions: Questions, completions: int) -> None:
    if "keep" in request.POST:
        keep(chosen, by=request.user)
        messages.success(request, "The label stands.")
        return
    raw = questions.read(request.POST, completions=completions)
    answers = questions.parse(raw, completions=completions, complete=True)
    correct(chosen, answers, by=request.user)
    messages.success(request, "Corrected: your answer counts instead.")


def _shown(
    questions: Questions,
    answers: Answers,
    faults: dict[str, str],
    completions: int,
) -> list[str]:
    """The questions as the reviewer answers them, in the item's own order."""
    order = list(range(completions))
    return [
        question.html(
            Shown(
                order=order, answer=answers.get(question.name), error=faults.get(question.name, "")
            )
        )
        for question in questions
    ]
