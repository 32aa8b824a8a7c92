"""The workspace: one item at a time, submitted and replaced in one round trip."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from annotate.assignment import (
    LeaseLost,
    NothingToUndo,
    NoWork,
    claim,
    own_assignment,
    own_membership,
    renew,
    save_draft,
    skip,
    submit,
    take_up_again,
    undo,
)
from annotate.models import Assignment, Membership
from annotate.questions import Answers, IncompleteAnswers
from frontend import offers, showing, suggestions
from frontend.pages import PageRequest, page, see_other, wants_part
from frontend.progress import MOST_COUNTED, Progress, progress_in
from frontend.way_in import before_work, instead_of_nothing

PAGE = "frontend/work/page.html"
FIRST_STANDS = "You answered that item before, in another tab or window: your first answer stands."
WHY_CLOSED = {
    Assignment.State.OPEN: "The item is open in another tab.",
    Assignment.State.SUBMITTED: "You have answered this item already, in another tab.",
    Assignment.State.SKIPPED: "You have skipped this item, in another tab.",
    Assignment.State.EXPIRED: "The time for this item ran out, and it is not free any more.",
}


@never_cache  # going back shows what is to be done now
@login_required
@require_http_methods(["GET", "POST"])
def work(request: PageRequest, slug: str) -> HttpResponse:
    membership = _membership(request, slug)
    if request.method == "GET":
        if (elsewhere := before_work(request, membership)) is not None:
            return elsewhere
        assignment, refusal = _claimed(membership)
        return _show(request, membership, assignment, refusal=refusal)
    assignment = _own_assignment(request, membership)
    try:
        answers = showing.read_answers(assignment, request.POST)
    except IncompleteAnswers as fault:
        filled = showing.filled_in(assignment, request.POST)
        return _show(
            request,
            membership,
            assignment,
            filled=filled,
            faults=fault.faults,
            progress=_told(request),
            status=422,
        )
    timing = showing.read_timing(assignment, request.POST)
    suggested = suggestions.record(assignment, request.POST, timing, answers)
    try:
        stored = submit(
            assignment,
            answers,
            key=request.POST.get("key", ""),
            timing=timing,
            suggestions=suggested,
        )
    except LeaseLost as lost:
        return _lost(request, membership, lost.assignment)
    except NoWork as refusal:
        _keep_draft(request, assignment)
        return _show(request, membership, None, refusal=refusal, kept=True, status=409)
    compared = suggestions.compared(assignment, answers, suggested)
    notice = "" if stored.answers == answers else FIRST_STANDS
    return _next(request, membership, assignment, done=1, compared=compared, notice=notice)


@login_required
@require_POST
def skip_item(request: PageRequest, slug: str) -> HttpResponse:
    membership = _membership(request, slug)
    assignment = _own_assignment(request, membership)
    skip(assignment)
    return _next(request, membership, assignment, done=0)


@login_required
@require_POST
def undo_last(request: PageRequest, slug: str) -> HttpResponse:
    membership = _membership(request, slug)
    present = own_assignment(membership, _number(request, "assignment"))
    if present is not None:
        _keep_draft(request, present)
    try:
        assignment = undo(membership)
    except NothingToUndo:
        minutes = membership.project.undo_seconds // 60
        text = f"Nothing to take back: a submission can be undone for {minutes} minutes."
        return _say_and_show(request, membership, text)
    if not wants_part(request):
        return see_other("work", slug)
    return _show(request, membership, assignment, notice="Taken back: change it and submit again.")


@login_required
@require_POST
def draft(request: PageRequest, slug: str) -> HttpResponse:
    """Keep what is filled in, and the lease with it; 409 when the lease has run out."""
    assignment = _own_assignment(request, _membership(request, slug))
    _keep_draft(request, assignment)
    return _renewed(assignment)


@login_required
@require_POST
def renew_lease(request: PageRequest, slug: str) -> HttpResponse:
    return _renewed(_own_assignment(request, _membership(request, slug)))


# ------------------------------------------------------------------------------------ what is whose


def _membership(request: PageRequest, slug: str) -> Membership:
    """Only members are given work; to everybody else the page does not exist."""
    membership = own_membership(request.user, slug)
    if membership is None:
        raise Http404
    return membership


def _own_assignment(request: PageRequest, membership: Membership) -> Assignment:
    assignment = own_assignment(membership, _number(request, "assignment"))
    if assignment is None:
        raise Http404
    return assignment


def _number(request: PageRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _claimed(membership: Membership) -> tuple[Assignment | None, NoWork | None]:
    """What there is to do, or why nothing is given out though something may be left."""
    try:
        return claim(membership), None
    except NoWork as refusal:
        return None, refusal


# ------------------------------------------------------------------------------------- what is shown


def _show(
    request: PageRequest,
    membership: Membership,
    assignment: Assignment | None,
    *,
    filled: Answers | None = None,
    faults: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    notice: str = "",
    refusal: NoWork | None = None,
    compared: suggestions.Strip | None = None,
    kept: bool = False,
    status: int = 200,
) -> HttpResponse:
    elsewhere = assignment is None and instead_of_nothing(request, membership, refusal)
    if elsewhere:
        return elsewhere
    progress = progress or progress_in(membership)
    context = _frame(membership, progress) | {"notice": notice, "compared": compared}
    if refusal is not None:
        context |= {"refusal": refusal, "kept": kept, "paused": membership.paused_at is not None}
    if assignment is not None:
        faults = faults or {}
        # What stands on a page that comes back with faults is what that page had.
        offered = offers.filled_in(assignment, None if filled is None else request.POST)
        if filled is None:
            fresh = not offers.is_begun(assignment)
            filled = offered.answers if fresh else showing.begun(assignment)
        context |= {
            "assignment": assignment,
            "offered": offered,
            "turns": showing.turns(assignment),
            "completions": showing.completions(assignment),
            "questions": showing.questions(assignment, filled, faults, offered.by_question),
            "fault": faults.get("", ""),
            "faults": faults,
            "drafted_at": showing.drafted_at(assignment),
            "suggestion": suggestions.beside(assignment),
        }
        if not wants_part(request):
            form = showing.form_of(assignment.form_id).parsed
            context |= {
                "assets": showing.assets(form),
                "shows_marks": any(question.suggestions == offers.AFTER for question in form),
                "guidelines": assignment.guidelines,
                "newcomer": request.method == "GET"
                and membership.guidelines_read_at is None
                and not (progress.done or assignment.undos),
            }
    return page(request, PAGE, context, part="item", status=status)


def _say_and_show(request: PageRequest, membership: Membership, text: str) -> HttpResponse:
    if wants_part(request):
        assignment, refusal = _claimed(membership)
        return _show(request, membership, assignment, notice=text, refusal=refusal)
    messages.warning(request, text)
    return see_other("work", membership.project.slug)


def _next(
    request: PageRequest,
    membership: Membership,
    before: Assignment,
    *,
    done: int,
    compared: suggestions.Strip | None = None,
    notice: str = "",
) -> HttpResponse:
    if not wants_part(request):
        if notice:
            messages.warning(request, notice)
        if compared is not None:
            messages.info(request, compared.in_words)
        return see_other("work", membership.project.slug)
    assignment, refusal = _claimed(membership)
    if assignment is not None and _differs(assignment, before):
        return HttpResponseClientRedirect(reverse("work", args=[membership.project.slug]))
    told = _told(request)
    left = told.left if told.is_long else max(told.left - 1, int(assignment is not None))
    progress = Progress(done=told.done + done, left=left if assignment is not None else 0)
    return _show(
        request,
        membership,
        assignment,
        progress=progress,
        notice=notice,
        refusal=refusal,
        compared=compared,
    )


def _differs(assignment: Assignment, before: Assignment) -> bool:
    """The page's scripts, styles and guidelines are another version's."""
    return assignment.form_id != before.form_id or assignment.guidelines_id != before.guidelines_id


def _told(request: PageRequest) -> Progress:
    """The progress that the page showed, counted on instead of anew: it is for the eye alone."""
    return Progress(done=_number(request, "done"), left=min(_number(request, "left"), MOST_COUNTED))


def _lost(request: PageRequest, membership: Membership, assignment: Assignment) -> HttpResponse:
    _keep_draft(request, assignment)
    answered = assignment.state == Assignment.State.SUBMITTED
    context = _frame(membership, _told(request)) | {"lost": True, "answered": answered}
    return page(request, PAGE, context, part="item", status=409)


def _frame(membership: Membership, progress: Progress) -> dict[str, Any]:
    """What is on the page whatever there is to do."""
    project = membership.project
    return {"project": project, "here": reverse("work", args=[project.slug]), "progress": progress}


# ---------------------------------------------------------------------------------- drafts and leases


def _keep_draft(request: PageRequest, assignment: Assignment) -> None:
    given = showing.read_draft(request.POST)
    if given["key"] == assignment.key:  # a page of an earlier turn has nothing to say
        save_draft(assignment, given)


def _renewed(assignment: Assignment) -> HttpResponse:
    expires_at = renew(assignment) or take_up_again(assignment)
    if expires_at is None:
        assignment.refresh_from_db(fields=["state"])
        return JsonResponse({"detail": WHY_CLOSED[Assignment.State(assignment.state)]}, status=409)
    return JsonResponse({"expires_at": expires_at.isoformat()})
