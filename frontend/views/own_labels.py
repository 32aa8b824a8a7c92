"""One's own labels in a project: a list, and each as it was shown, open to correction."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from annotate.assignment import NotCorrectable, correct, correction_key, why_not_correctable
from annotate.assignment.own import own_membership
from annotate.models import Annotation, Membership
from annotate.questions import Answers, IncompleteAnswers
from frontend import showing
from frontend.own.labels import DayForm, in_words, page_of
from frontend.pages import PageRequest, page, see_other, wants_part
from frontend.progress import Progress

SAME, DONE = "Nothing was changed.", "Corrected. What you had answered before is kept beside it."
OTHER = (
    "This label was corrected in another tab meanwhile: that correction stands. Look at it again."
)


def _membership(request: PageRequest, slug: str) -> Membership:
    """To everybody but members the page does not exist."""
    membership = own_membership(request.user, slug)
    if membership is None:
        raise Http404
    return membership


@login_required
@require_GET
def own_labels(request: PageRequest, slug: str) -> HttpResponse:
    membership = _membership(request, slug)
    form = DayForm(request.GET)
    day = form.cleaned_data.get("day") if form.is_valid() else None
    found = page_of(membership, request.GET, day)
    context = {
        "project": membership.project,
        "here": "labels",
        "paused": membership.paused_at is not None,
        "form": form,
        "day": day,
        "found": found,
        "labels": [in_words(each) for each in found.rows],
    }
    return page(request, "frontend/own/labels.html", context, part="labels")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def own_label(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """The item as it was shown, with the own answers; submitting others supersedes them."""
    membership = _membership(request, slug)
    annotation = get_object_or_404(_any_turn(membership), pk=pk)
    if request.method == "GET":
        return _shown(request, membership, annotation)
    assignment = annotation.assignment
    assert assignment is not None  # none is looked for without
    try:
        answers = showing.read_answers(assignment, request.POST)
    except IncompleteAnswers as fault:
        filled = showing.filled_in(assignment, request.POST)
        return _shown(request, membership, annotation, filled=filled, faults=fault.faults)
    try:
        stored = correct(
            annotation,
            answers,
            membership=membership,
            key=request.POST.get("key", ""),
            timing=showing.read_timing(assignment, request.POST),
        )
    except NotCorrectable as refusal:
        filled = showing.filled_in(assignment, request.POST)
        return _shown(request, membership, annotation, filled=filled, refusal=str(refusal))
    return _done(request, membership, annotation, stored, answers)


def _any_turn(membership: Membership) -> Any:  # a custom queryset
    """Also labels that a correction has replaced: a repeat of it is answered too."""
    own = Annotation.objects.filter(annotator__user=membership.user_id, assignment__isnull=False)
    rows = own.filter(project=membership.project_id).handed_out()
    return rows.select_related("item", "assignment", "form", "guidelines")


def _done(
    request: PageRequest,
    membership: Membership,
    before: Annotation,
    stored: Annotation,
    answers: Answers,
) -> HttpResponse:
    if stored.answers != answers:
        messages.warning(request, OTHER)
    elif stored == before:
        messages.info(request, SAME)
    else:
        messages.success(request, DONE)
    url = f"{reverse('my-labels', args=[membership.project.slug])}#label-{stored.pk}"
    return HttpResponseClientRedirect(url) if wants_part(request) else see_other(url)


def _shown(
    request: PageRequest,
    membership: Membership,
    annotation: Annotation,
    *,
    filled: Answers | None = None,
    faults: dict[str, str] | None = None,
    refusal: str = "",
) -> HttpResponse:
    later = Annotation.objects.filter(supersedes=annotation).first()
    if later is not None and request.method == "GET":
        return see_other("my-label", membership.project.slug, later.pk)
    assignment, faults = annotation.assignment, faults or {}
    assert assignment is not None
    assignment.item, assignment.project = annotation.item, membership.project
    locked = refusal or why_not_correctable(annotation, membership)
    form = showing.form_of(annotation.form_id)
    context = {
        "project": membership.project,
        "here": reverse("my-label", args=[membership.project.slug, annotation.pk]),
        "progress": Progress(0, 0),
        "correcting": annotation,
        "locked": locked,
        "key": correction_key(annotation),
        "assignment": assignment,
        "turns": showing.turns(assignment),
        "completions": showing.completions(assignment),
        "questions": showing.questions(
            assignment, annotation.answers if filled is None else filled, faults
        ),
        "fault": faults.get("", ""),
        "faults": faults,
        "drafted_at": 0,
        "assets": showing.assets(form.parsed),
        "guidelines": annotation.guidelines,
    }
    status = 409 if refusal else 422 if faults else 200
    return page(request, "frontend/work/page.html", context, part="item", status=status)
