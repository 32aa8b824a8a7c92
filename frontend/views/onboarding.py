"""The way to work: guidelines, worked examples, the test. One step at a time, by keyboard alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotate import onboarding as way
from annotate.assignment import LeaseLost, own_membership
from annotate.gold_checks import TINY
from annotate.models import Assignment, Gold, Membership
from annotate.onboarding import NoTest, Scored, Step, Test
from annotate.questions import Answers, IncompleteAnswers, Questions
from frontend import markdown, showing
from frontend.pages import PageRequest, page, see_other
from frontend.paging import number

TITLES = {
    Step.GUIDELINES: "Guidelines",
    Step.EXAMPLES: "Examples",
    Step.TEST: "Test",
    Step.WORK: "Work",
}


@dataclass(frozen=True)
class ShownStep:
    """A step in the line of steps; ``url`` is empty for what is still ahead."""

    title: str
    url: str
    state: str  # "behind", "present" or "ahead"


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def onboarding(request: PageRequest, slug: str) -> HttpResponse:
    """The first step that is ahead; ``step`` in the query string shows one that is behind again."""
    membership = member_of(request, slug)
    if request.method == "POST":
        return _go_on(request, membership)
    path = way.way_of(membership)
    asked = request.GET.get("step", "")
    step = Step(asked) if asked in path.steps and asked in path.behind else path.present
    if asked == Step.TEST and path.present == Step.TEST:
        step = Step.TEST
    if step == Step.WORK:
        return see_other("work", slug)
    context = _frame(membership, path, step) | _PAGES[step](request, membership)
    return page(request, f"frontend/onboarding/{step}.html", context)


def member_of(request: PageRequest, slug: str) -> Membership:
    """To whoever is no member the page does not exist."""
    membership = own_membership(request.user, slug)
    if membership is None:
        raise Http404
    return membership


def _go_on(request: PageRequest, membership: Membership) -> HttpResponse:
    done, slug = request.POST.get("done", ""), membership.project.slug
    if done in (Step.GUIDELINES, Step.EXAMPLES):
        way.pass_step(membership, Step(done))
        return see_other("onboarding", slug)
    try:
        way.begin_test(membership)
    except NoTest as fault:
        messages.warning(request, str(fault))
        return see_other("onboarding", slug)
    return see_other("test", slug)


def _frame(membership: Membership, path: way.Way, step: Step) -> dict[str, Any]:
    here = reverse("onboarding", args=[membership.project.slug])
    shown = []
    for each in path.steps:
        behind = each in path.behind and each != step
        state = "present" if each == step else "behind" if behind else "ahead"
        url = f"{here}?step={each}" if behind or each == path.present != step else ""
        shown.append(ShownStep(TITLES[each], url if each != Step.WORK else "", state))
    return {
        "project": membership.project,
        "membership": membership,
        "here": here,
        "steps": shown,
        "behind": step in path.behind,
        "onward": path.present,
        "guidelines": membership.project.guidelines,
    }


# -------------------------------------------------------------------------------- what steps show


def _guidelines(_request: PageRequest, membership: Membership) -> dict[str, Any]:
    shown = membership.project.guidelines
    return {"text": markdown.render(shown.text, heading=2) if shown else ""}


def _examples(request: PageRequest, membership: Membership) -> dict[str, Any]:
    examples = way.examples_for(membership)
    place = min(max(number(request.GET, "n") or 1, 1), len(examples) or 1)
    context: dict[str, Any] = {"place": place, "count": len(examples)}
    if examples:
        gold = examples[place - 1]
        gold.item.project = membership.project
        context |= {"gold": gold, **as_shown(_in_own_order(gold))}
        context |= {"answers": in_words(gold.form.parsed, gold.answers)}
    return context | {"before": place - 1, "after": place + 1 if place < len(examples) else 0}


def _in_own_order(gold: Gold) -> Assignment:
    """As an item that somebody has open is shown; not stored."""
    order = [one.position for one in gold.item.completions.all()]
    return Assignment(project=gold.item.project, item=gold.item, order=order, form=gold.form)


def as_shown(assignment: Assignment) -> dict[str, Any]:
    return {
        "turns": showing.turns(assignment),
        "completions": showing.completions(assignment),
    }


def in_words(questions: Questions, answers: Answers) -> list[tuple[str, str]]:
    """Titles of questions and what is answered, in words."""
    return [
        (one.config.title, one.words(answers[one.name])) for one in questions if one.name in answers
    ]


def _test(_request: PageRequest, membership: Membership) -> dict[str, Any]:
    project = membership.project
    running, last = way.running_test(membership), way.last_test(membership)
    over = last if running is None else None
    return {
        "running": running,
        "last": over,
        "passed": membership.qualified_at is not None,
        "tries_left": way.tries_left(membership),
        "ready": running is not None or bool(way.askable(project, queues=membership.queues)),
        "wanted": project.qualification_pass,
        "recap": [recalled(one) for one in over.scored]
        if over is not None and project.qualification_feedback
        else [],
        "crowd": hasattr(membership, "crowd_visit"),
    }


_PAGES = {Step.GUIDELINES: _guidelines, Step.EXAMPLES: _examples, Step.TEST: _test}


# ------------------------------------------------------------------------------------- the test


@dataclass(frozen=True)
class Recalled:
    """An answered item of a test: what was said and what is right, as it stood on the page."""

    scored: Scored
    verdict: str
    answers: list[tuple[str, str, str]]  # title, own answer, right answer

    @property
    def right(self) -> bool:
        return self.verdict == RIGHT

    @property
    def note(self) -> str:
        gold = self.scored.gold
        return markdown.render(gold.note) if gold is not None and gold.note else ""

    @property
    def prompt(self) -> str:
        return str(self.scored.annotation.item.prompt)


RIGHT, PARTLY, WRONG = "Right", "Partly right", "Not right"


def recalled(scored: Scored) -> Recalled:
    annotation, gold = scored.annotation, scored.gold
    form = annotation.form.parsed
    own = dict(in_words(form, _as_it_stood(form, annotation.answers, annotation.order)))
    rows = []
    if gold is not None:
        known = _as_it_stood(gold.form.parsed, gold.answers, annotation.order)
        rows = [
            (title, own.get(title, "nothing"), words)
            for title, words in in_words(gold.form.parsed, known)
        ]
    if scored.score is None:
        verdict = "Counts for nothing any more"
    else:
        verdict = RIGHT if scored.score > 1 - TINY else PARTLY if scored.score else WRONG
    return Recalled(scored, verdict, rows)


def _as_it_stood(form: Questions, answers: Answers, order: list[int] | None) -> Answers:
    """From the item's own order back to that of the page."""
    if order is None:
        return answers
    inverse = sorted(range(len(order)), key=order.__getitem__)
    return form.permute(answers, inverse)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def test(request: PageRequest, slug: str) -> HttpResponse:
    """One item of the running try after the other; what was right after each, where that is told."""
    membership = member_of(request, slug)
    if request.method == "POST":
        return _answered(request, membership)
    running = way.running_test(membership)
    told = _told(request, membership, running)
    if told is not None:
        return _page(request, membership, running, told=told)
    if running is None:
        return _out(slug)
    return _page(request, membership, running, assignment=running.open[0])


def _out(slug: str) -> HttpResponse:
    return see_other(f"{reverse('onboarding', args=[slug])}?step=test")


def _told(request: PageRequest, membership: Membership, running: Test | None) -> Scored | None:
    """The answer that was just given, by its id in the query string."""
    told = number(request.GET, "told")
    if not told or not membership.project.qualification_feedback:
        return None
    test = running or way.last_test(membership)
    return next((one for one in test.scored if one.annotation.pk == told), None) if test else None


def _answered(request: PageRequest, membership: Membership) -> HttpResponse:
    running, slug = way.running_test(membership), membership.project.slug
    asked = number(request.POST, "assignment") or 0
    own = membership.user.annotator_or_new.assignments.filter(project=membership.project_id)
    assignment = own.select_related("item", "form").filter(pk=asked).first()
    if assignment is None:
        raise Http404
    assignment.project = membership.project
    try:
        answers = showing.read_answers(assignment, request.POST)
    except IncompleteAnswers as fault:
        if running is None:
            return _out(slug)
        filled = showing.filled_in(assignment, request.POST)
        return _page(
            request, membership, running, assignment=assignment, filled=filled, faults=fault.faults
        )
    try:
        annotation = way.answer_test(
            membership,
            assignment,
            answers,
            key=request.POST.get("key", ""),
            timing=showing.read_timing(assignment, request.POST),
        )
    except LeaseLost:
        messages.warning(request, "This item is asked no more; the test goes on with the next one.")
        return see_other("test", slug)
    here = reverse("test", args=[slug])
    if membership.project.qualification_feedback:
        return see_other(f"{here}?told={annotation.pk}")
    return see_other(here)


def _page(
    request: PageRequest,
    membership: Membership,
    running: Test | None,
    *,
    assignment: Assignment | None = None,
    told: Scored | None = None,
    filled: Answers | None = None,
    faults: Mapping[str, str] | None = None,
) -> HttpResponse:
    """An item to answer, or what was right about the one that was."""
    test = running or way.last_test(membership)
    shown = assignment or (told.annotation.assignment if told is not None else None)
    assert shown is not None
    assert test is not None
    faults = faults or {}
    context = _frame(membership, way.way_of(membership), Step.TEST) | {
        "here": reverse("test", args=[membership.project.slug]),
        "assignment": assignment,
        "place": len(test.scored) + (assignment is not None),
        "size": test.size,
        "last": running is None,
        "assets": showing.assets(shown.form.parsed),
        **as_shown(shown),
    }
    if assignment is not None:
        begun = showing.begun(assignment) if filled is None else filled
        context |= {
            "questions": showing.questions(assignment, begun, faults),
            "fault": faults.get("", ""),
            "faults": faults,
            "drafted_at": showing.drafted_at(assignment),
        }
    if told is not None:
        context["told"] = recalled(told)
    status = 422 if faults else 200
    return page(request, "frontend/onboarding/item.html", context, part="item", status=status)
