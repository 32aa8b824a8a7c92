"""What somebody has to look at in a project, each with where to look and what can be done."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from annotate.models import (
    AnnotatorQuality,
    BulkAction,
    Hint,
    Item,
    ItemSummary,
    Project,
    Transfer,
    Worker,
)
from frontend.overview.attention_rows import Attention
from frontend.overview.figures import Overview, Progress
from frontend.overview.gold import attention_to_gold
from routing.models import Judge, JudgeCall, Review, RoutingPolicy

if TYPE_CHECKING:
    from django.db.models import QuerySet

JOBS = {
    "aggregate": "Adding up labels",
    "transfer": "Import and export",
    "route": "Routing",
    "judge": "Judging",
    "train": "Training",
    "rank": "Re-ranking",
    "score": "Scoring",
    "bulk": "Changing many items",
    "form": "Following a new form",
    "index-texts": "Indexing texts for search",
    "quality": "Looking at how people answer",
    "disputes": "Asking for more labels where they disagree",
    "fold-labels": "Keeping counts of labels",
    "fold-ledger": "Keeping sums of money",
    "count-items": "Counting items",
}
MANY = 1000  # rows are counted no further
EVEN = 0.5  # of people's answers: no side has more than half
FAILED_CALLS, FAILED_SHARE = 5, 0.1  # within a day
DAY = timedelta(days=1)


def attention_for(project: Project, seen: Overview) -> list[Attention]:
    """Serious things first."""
    found = [
        *_stopped(project),
        *_judges(project, seen),
        *_transfers(project),
        *_bulk_actions(project),
        *_routing(project, seen.progress),
        *_budgets(project, seen),
        *_nobody(project),
        *_people(project),
        *_disputed(project),
        *_stale(project),
    ]
    return sorted(found, key=lambda one: not one.serious)


def _url(name: str, project: Project, query: str = "") -> str:
    return reverse(name, args=[project.slug]) + query


def _some(rows: "QuerySet[Any]") -> tuple[int, str]:
    """How many there are, counted up to a thousand, and that number in words."""
    count = rows.order_by()[: MANY + 1].count()
    return count, f"more than {MANY:,}" if count > MANY else f"{count:,}"


def _s(count: int) -> str:
    """The end of a plural."""
    return "" if count == 1 else "s"


def _verb(count: int) -> str:
    """The end of what one does."""
    return "s" if count == 1 else ""


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]


def _stopped(project: Project) -> Iterator[Attention]:
    if not Worker.objects.alive().exists():
        yield Attention(
            "No worker is running",
            _url("project", project),
            "imports, judging and training wait until one is started",
            serious=True,
        )
    for hint in Hint.objects.filter(project=project).exclude(fault="").order_by("kind"):
        name = JOBS.get(hint.kind, hint.kind)
        when = f", next try at {hint.not_before:%H:%M:%S} UTC" if hint.not_before else ""
        tries = f"{hint.failures} time{_s(hint.failures)} in a row{when}"
        yield Attention(f"{name} failed: {hint.fault}", _url("project", project), tries, True)


def _judges(project: Project, seen: Overview) -> Iterator[Attention]:
    active = list(Judge.objects.filter(project=project, active=True))
    for judge in active:
        if judge.fault:
            yield Attention(
                f"Judge {judge} stands still", _url("judges", project), judge.fault, serious=True
            )
    yield from _failing(project, active, seen)


def _failing(project: Project, active: Sequence[Judge], seen: Overview) -> Iterator[Attention]:
    """Calls that failed within a day, where they are many beside those that gave a label."""
    failed = JudgeCall.objects.filter(
        judge__in=active, state=JudgeCall.State.FAILED, finished_at__gt=seen.now - DAY
    )
    count, words = _some(failed)
    if count >= FAILED_CALLS and count >= FAILED_SHARE * (count + seen.judged_today):
        query = "?calls=failed" if len(active) != 1 else f"?calls=failed&judge={active[0].pk}"
        yield Attention(
            f"{_upper(words)} judge calls failed within a day",
            _url("items", project, query),
            "each call says why; the items go to people instead",
            serious=True,
        )


def _transfers(project: Project) -> Iterator[Attention]:
    last = project.transfers.order_by("-created_at").first()
    if last is not None and last.state == Transfer.State.FAILED:
        yield Attention(
            f"The last {last.direction} failed",
            reverse("transfer", args=[project.slug, last.pk]),
            "see why, and try again",
            serious=True,
        )


def _bulk_actions(project: Project) -> Iterator[Attention]:
    last = project.bulk_actions.order_by("-created_at").first()
    if last is not None and last.state == BulkAction.State.FAILED:
        yield Attention(
            f"The last change of many items failed after {last.done:,}",
            _url("items", project),
            last.fault or "what was changed can be taken back",
            serious=True,
        )


def _routing(project: Project, progress: Progress) -> Iterator[Attention]:
    policy = RoutingPolicy.objects.active_for(project)
    if progress.undecided and policy is None and project.default_route is None:
        yield Attention(
            f"{progress.undecided:,} item{_s(progress.undecided)} "
            f"wait{_verb(progress.undecided)} for a routing policy",
            _url("routing", project),
            "switch one on, or give items a default route in the settings",
        )
    waiting, words = _some(Item.objects.filter(project=project, waits_for=Item.WaitsFor.BUDGET))
    if waiting:
        yield Attention(
            f"{_upper(words)} item{_s(waiting)} wait{_verb(waiting)} for budget",
            _url("items", project, "?state=budget"),
            "raise a budget in the ledger",
        )


def _budgets(project: Project, seen: Overview) -> Iterator[Attention]:
    url = _url("ledger", project, "#budgets")
    for state in seen.budgets:
        if state.use.reached:
            yield Attention(
                f"The budget of {state.cap_words} is spent",
                url,
                "raise it, or wait for the next period" if state.ends else "raise it to go on",
            )
        elif state.near:
            soon = f", used up {state.soon}" if state.soon else ""
            yield Attention(
                f"The budget of {state.cap_words} is {100 * state.share:.0f} % spent{soon}",
                url,
                "raise it in time, or let the work come to its end",
            )


def _nobody(project: Project) -> Iterator[Attention]:
    """Items of queues from which no member who is not paused may draw."""
    members = project.memberships.filter(paused_at=None).values_list("queues", flat=True)
    orphans = set(project.queues).difference(*members)
    if not orphans:
        return
    open_items = Item.objects.filter(project=project, queue__in=orphans).claimable()
    count, words = _some(open_items)
    if count:
        tags = " or ".join(sorted(queue.replace("+", " and ") for queue in orphans if queue))
        yield Attention(
            f"{_upper(words)} item{_s(count)} that nobody may label",
            _url("items", project, "?state=open"),
            f"no member has the tags {tags}" if tags else "nobody is a member, or all are paused",
            serious=True,
        )


def _people(project: Project) -> Iterator[Attention]:
    paused = project.memberships.exclude(paused_at=None).count()
    if paused:
        yield Attention(
            f"{paused:,} member{_s(paused)} {'is' if paused == 1 else 'are'} paused",
            _url("people", project, "?state=paused"),
            "they are given no items until a researcher lets them go on",
        )
    yield from attention_to_gold(project)
    odd = AnnotatorQuality.objects.filter(project=project).exclude(signs=[])
    count = odd.values("annotator").distinct().count()
    if count:
        yield Attention(
            f"The answers of {count:,} annotator{_s(count)} are worth a look",
            _url("people", project, "?state=looks"),
            "they show a pattern that careful work seldom does",
        )


def _disputed(project: Project) -> Iterator[Attention]:
    reviews, words = _some(Review.objects.filter(project=project, state=Review.State.OPEN))
    if reviews:
        yield Attention(
            f"{_upper(words)} label{_s(reviews)} to review",
            _url("reviews", project, "?why=model"),
            "the reward model strongly disagrees with them",
        )
    split, words = _some(ItemSummary.objects.filter(project=project, disagreement__gte=EVEN))
    if split:
        yield Attention(
            f"On {words} item{_s(split)} no answer has more than half of the people",
            _url("reviews", project),
            "decide them by review, or ask more people",
        )


def _stale(project: Project) -> Iterator[Attention]:
    count, words = _some(Item.objects.stale().filter(project=project))
    if count > MANY:
        yield Attention(
            f"The labels of {words} items are still to be added up",
            _url("items", project),
            "until then lists and exports show what was known before",
        )
