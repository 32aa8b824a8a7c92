"""Adjudication: the queue of items to decide, one item with all of its labels, and how decisions compare.

To annotators none of this exists.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from annotate.adjudication import (
    AlreadyDecided,
    LongReason,
    NoReason,
    last_review,
    parse_decision,
)
from annotate.gold import NotGold
from annotate.models import Annotation, Item
from annotate.questions import Answers, IncompleteAnswers, Questions
from annotate.questions.base.question import Shown
from frontend import markdown, showing
from frontend.items.history import answers_in_words
from frontend.overlays import marked_in
from frontend.pages import PageRequest, see_other, wants_part
from frontend.project_pages import Visit, visit
from frontend.reviews import listing, sheet
from frontend.reviews.figures import figures_of
from routing.models import Review, ReviewVisit
from routing.review_queue import MODEL, PEOPLE, Place, Queue
from routing.reviewing import decide, keep_all, look_at, open_opinions, withdraw
from routing.suggestions import questions_of

QUEUE, SHEET = "frontend/reviews/queue.html", "frontend/reviews/item.html"
MAJORITY = "majority"


def _visit(request: PageRequest, slug: str) -> Visit:
    try:
        return visit(request, slug)
    except PermissionDenied as refused:
        raise Http404 from refused


@login_required
@require_safe
def reviews(request: PageRequest, slug: str) -> HttpResponse:
    seen = _visit(request, slug)
    queue = Queue.of(seen.project, request.GET)
    page = queue.page(
        after=Place.read(request.GET.get("after", "")),
        before=Place.read(request.GET.get("before", "")),
    )
    context = {
        "queue": queue,
        "tabs_of_queue": listing.tabs(queue),
        "filter": listing.filter_of(queue, request.GET),
        "lines": listing.lines(queue, page, request.user),
        "page": listing.paging(page, request.GET),
        "kept": f"?{queue.query}" if queue.query else "",
        "settle": _settle(queue),
    }
    return seen.page(QUEUE, context, part="queue")


def _settle(queue: Queue) -> str:
    """The change of many items that settles what is listed; only people's votes have a majority."""
    if queue.why != PEOPLE or queue.asked:
        return ""
    query = f"all=1&kind=settle&review=open&disagreement_min={queue.least:g}"
    more = queue.selection.query
    return f"?{query}&{more}" if more else f"?{query}"


@login_required
@require_safe
def review(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """A label that the reward model disputes is looked at with its item."""
    seen = _visit(request, slug)
    rows = Review.objects.filter(project=seen.project).select_related("annotation")
    item = get_object_or_404(rows, pk=pk).annotation.item_id
    return see_other(f"{reverse('adjudicate', args=[slug, item])}?why=model")


@login_required
@require_safe
def figures(request: PageRequest, slug: str) -> HttpResponse:
    seen = _visit(request, slug)
    return seen.page("frontend/reviews/figures.html", {"questions": figures_of(seen.project)})


# ------------------------------------------------------------------------------------------ one item


@dataclass(frozen=True)
class Sitting:
    """A reviewer at one item of a queue."""

    seen: Visit
    item: Item
    queue: Queue

    @property
    def kept(self) -> str:
        return f"?{self.queue.query}" if self.queue.query else ""

    def url(self, item: int) -> str:
        return reverse("adjudicate", args=[self.seen.project.slug, item]) + self.kept

    def next(self, *, backwards: bool = False) -> str:
        user = self.seen.request.user
        following = self.queue.next(self.item.pk, user=user, backwards=backwards)
        return self.url(following) if following is not None else ""


def _sitting(request: PageRequest, slug: str, pk: int) -> Sitting:
    seen = _visit(request, slug)
    items = Item.objects.filter(project=seen.project).prefetch_related("completions")
    item = get_object_or_404(items, pk=pk)
    item.project = seen.project
    return Sitting(seen, item, Queue.of(seen.project, request.GET))


@login_required
@require_http_methods(["GET", "POST"])
def adjudicate(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    sitting = _sitting(request, slug, pk)
    if request.method == "GET":
        return _show(sitting, _filled(sitting))
    if "withdraw" in request.POST:
        withdraw(sitting.item, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, "The decision is taken back: the labels count again.")
        return see_other(sitting.url(pk))
    following = sitting.next()
    if "keep" in request.POST:
        kept = keep_all(sitting.item, by=request.user)
        messages.success(request, f"Kept as it is: {_labels(kept)}.")
    elif (refused := _decide(sitting)) is not None:
        return refused
    if not following:
        messages.success(request, "That was the last one of this list.")
        return see_other(reverse("reviews", args=[slug]) + sitting.kept)
    return see_other(following)


def _labels(number: int) -> str:
    return f"{number} label{'s' if number != 1 else ''}"


def _decide(sitting: Sitting) -> HttpResponse | None:
    """Store what was posted; else the page that says why not, with all that was filled in."""
    request, item = sitting.seen.request, sitting.item
    given = request.POST
    filled = _typed(sitting)
    try:
        decision = decide(
            item,
            _answers(sitting),
            by=request.user,
            reason=given.get("reason", ""),
            after=int(text) if (text := given.get("after", "")).isdecimal() else None,
            gold="gold" in given,
        )
    except AlreadyDecided as told:
        return _show(sitting, filled, overtaken=told, status=409)
    except IncompleteAnswers as fault:
        return _show(sitting, filled, faults=fault.faults, status=422)
    except (NoReason, LongReason) as fault:
        return _show(sitting, filled, faults={"reason": str(fault)}, status=422)
    except NotGold as fault:
        return _show(sitting, filled, faults={"gold": str(fault)}, status=422)
    words = "; ".join(words for _, words in _in_words(decision))
    messages.success(request, f"Decided: {words}.")
    return None


def _answers(sitting: Sitting) -> Answers:
    """Raises ``IncompleteAnswers``."""
    questions, size = sitting.seen.project.questions, sitting.item.completions.count()
    raw = questions.read(sitting.seen.request.POST, completions=size)
    return parse_decision(questions, raw, item=sitting.item)


# --------------------------------------------------------------------------------- what is filled in


@dataclass(frozen=True)
class Filled:
    """What the form holds."""

    answers: Answers
    reason: str = ""
    gold: bool = False


def _filled(sitting: Sitting) -> Filled:
    """A label or the majority that is taken over; else the decision that stands; else nothing."""
    questions, take = sitting.seen.project.questions, sitting.seen.request.GET.get("take", "")
    if take == MAJORITY:
        return Filled(sheet.majority(sitting.item), "Settled by majority.")
    if take.isdecimal() and len(take) < 19:
        labels = Annotation.objects.work().by_people().filter(item=sitting.item, pk=int(take))
        if (label := labels.first()) is not None:
            return Filled(_known(questions, label.answers))
    before = last_review(sitting.item)
    if before is None:
        return Filled({})
    return Filled(_known(questions, before.answers), before.reason if before.answers else "")


def _known(questions: Questions, answers: Answers) -> Answers:
    return {
        name: answer
        for name, answer in answers.items()
        if (question := questions.named(name)) is not None and question.compared
    }


def _typed(sitting: Sitting) -> Filled:
    data, order = sitting.seen.request.POST, range(sitting.item.completions.count())
    held = {
        question.name: question.held(data, list(order))
        for question in sitting.seen.project.questions
    }
    answers = {name: answer for name, answer in held.items() if answer is not None}
    return Filled(answers, data.get("reason", ""), "gold" in data)


# ------------------------------------------------------------------------------------- what is shown


def _show(
    sitting: Sitting,
    filled: Filled,
    *,
    faults: dict[str, str] | None = None,
    overtaken: AlreadyDecided | None = None,
    status: int = 200,
) -> HttpResponse:
    seen, item, user = sitting.seen, sitting.item, sitting.seen.request.user
    others = look_at(item, user)
    labels = sheet.labels_of_people(item)
    marked = marked_in(item)
    decision = last_review(item)
    gold = sheet.gold_of(item)
    context: dict[str, Any] = {
        "item": item,
        "queue": sitting.queue,
        "kept": sitting.kept,
        "here": sitting.url(item.pk),
        "before": sitting.next(backwards=True),
        "after": sitting.next(),
        "others": others,
        "completions": list(item.completions.all()),
        "labels": labels,
        "marked": marked,
        "votes": listing.votes_by_item(sitting.queue.question, [item.pk]).get(item.pk),
        "majority": sheet.majority(item) if len(labels.rows) > 1 else {},
        "decision": decision if decision and decision.answers else None,
        "decided": _in_words(decision),
        "last": decision.pk if decision else "",
        "gold": gold,
        "filled": filled,
        "questions": _questions(seen, item, filled.answers, faults or {}),
        "faults": faults or {},
        "overtaken": overtaken,
        "assets": showing.assets(seen.project.questions),
        "disputed": Review.objects.filter(annotation__item=item, state=Review.State.OPEN).exists(),
        **_opinions(sitting),
    }
    return seen.page(SHEET, context, status=status)


def _in_words(decision: Annotation | None) -> list[tuple[str, str]]:
    if decision is None or not decision.answers:
        return []
    return answers_in_words(questions_of(decision.form_id), decision.answers)


def _questions(seen: Visit, item: Item, answers: Answers, faults: dict[str, str]) -> list[str]:
    """In the item's own order, as the labels beside them are written."""
    order, form = list(range(item.completions.count())), seen.project.questions
    texts = item.texts_for(form)
    return [
        question.html(
            Shown(
                order=order,
                answer=answers.get(question.name),
                error=faults.get(question.name, ""),
                texts=texts,
                render=markdown.render,
            )
        )
        for question in form
        if question.compared
    ]


def _opinions(sitting: Sitting) -> dict[str, Any]:
    """Shown once they were asked for, or where the model's is the reason to be here."""
    item, user = sitting.item, sitting.seen.request.user
    if sitting.queue.why == MODEL:
        open_opinions(item, user)
        opened = True
    else:
        visits = ReviewVisit.objects.filter(item=item, user=user, opinions_at__isnull=False)
        opened = visits.exists()
    return {
        "opened": opened,
        "opinions": sheet.opinions_on(item) if opened else None,
        "by_judges": marked_in(item).get("judges") if opened else None,
    }


@login_required
@require_http_methods(["POST"])
def opinions(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Show what judges and the reward model say, and remember that they were looked at."""
    sitting = _sitting(request, slug, pk)
    open_opinions(sitting.item, request.user)
    if not wants_part(request):
        return see_other(sitting.url(pk) + "#opinions")
    return sitting.seen.page(SHEET, {"item": sitting.item, **_opinions(sitting)}, part="opinions")
