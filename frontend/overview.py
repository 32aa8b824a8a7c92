"""The figures of a project's first page, each with the rows that it counts."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.urls import reverse

from annotate import ledger
from annotate.models import Annotation, Annotator, Assignment, Hint, Item, Project, Transfer, Worker
from annotate.models.projects import Route
from frontend.charts import Part, parts
from routing.models import Judge, Review, RoutingPolicy

JOBS = {
    "aggregate": "Adding up labels",
    "transfer": "Import and export",
    "route": "Routing",
    "judge": "Judging",
    "train": "Training",
    "rank": "Re-ranking",
    "score": "Scoring",
}


@dataclass(frozen=True)
class Progress:
    """Labels and seats. ``left`` seats are free, ``lent`` ones are being worked on."""

    items: int
    by_people: int
    by_judges: int
    people_items: int
    judge_items: int
    left: int
    lent: int
    for_judges: int
    undecided: int

    @property
    def wanted(self) -> int:
        """People's labels that there will be when every seat is taken."""
        return self.by_people + self.left + self.lent

    @property
    def for_judges_left(self) -> int:
        return max(0, self.for_judges - self.judge_items)


def progress_of(project: Project) -> Progress:
    people = Q(route__in=(Route.HUMAN, Route.BOTH))
    counts = Item.objects.filter(project=project).aggregate(
        items=Count("pk"),
        left=Sum("seats_left", filter=people),
        for_judges=Count("pk", filter=Q(route__in=(Route.JUDGE, Route.BOTH))),
        undecided=Count("pk", filter=Q(route__isnull=True)),
    )
    labels = Annotation.objects.current().work().filter(project=project)
    by_kind = {
        row["annotator__kind"]: row
        for row in labels.values("annotator__kind").annotate(
            n=Count("pk"), on=Count("item", distinct=True)
        )
    }
    human, llm = (by_kind.get(kind, {"n": 0, "on": 0}) for kind in Annotator.Kind.values)
    return Progress(
        items=counts["items"],
        by_people=human["n"],
        by_judges=llm["n"],
        people_items=human["on"],
        judge_items=llm["on"],
        left=counts["left"] or 0,
        lent=Assignment.objects.open().filter(project=project, annotations=None).count(),
        for_judges=counts["for_judges"],
        undecided=counts["undecided"],
    )


def shares_of(project: Project, progress: Progress) -> dict[str, list[Part]]:
    """The bars of the first page: people's labels, and the items that judges have."""
    items = reverse("items", args=[project.slug])
    return {
        "people": parts(
            [
                Part("given", progress.by_people, "people", f"{items}?labels=people"),
                Part("being worked on", progress.lent, "lent", f"{items}?state=open"),
                Part("still wanted", progress.left, "rest", f"{items}?state=open"),
            ]
        ),
        "judges": parts(
            [
                Part("labelled", progress.judge_items, "judge", f"{items}?labels=judges"),
                Part("waiting", progress.for_judges_left, "rest", f"{items}?state=for-judge"),
            ]
        ),
    }


@dataclass(frozen=True)
class Attention:
    """Something that somebody has to look at, and where."""

    words: str
    url: str
    remedy: str
    serious: bool = False


def attention_for(project: Project, progress: Progress) -> list[Attention]:
    found = [
        *_stopped(project),
        *_judges(project),
        *_transfers(project),
        *_routing(project, progress),
        *_reviews(project),
    ]
    return sorted(found, key=lambda one: not one.serious)


def _url(name: str, project: Project, query: str = "") -> str:
    return reverse(name, args=[project.slug]) + query


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
        when = f", next try at {hint.not_before:%H:%M:%S}" if hint.not_before else ""
        tries = f"{hint.failures} time{'s' if hint.failures != 1 else ''} in a row{when}"
        yield Attention(f"{name} failed: {hint.fault}", _url("project", project), tries, True)


def _judges(project: Project) -> Iterator[Attention]:
    for judge in Judge.objects.filter(project=project, active=True).exclude(fault=""):
        yield Attention(
            f"Judge {judge} stands still", _url("judges", project), judge.fault, serious=True
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


def _routing(project: Project, progress: Progress) -> Iterator[Attention]:
    policy = RoutingPolicy.objects.active_for(project)
    if progress.undecided and policy is None and project.default_route is None:
        yield Attention(
            f"{progress.undecided:,} items wait for a routing policy",
            _url("routing", project),
            "switch one on, or give items a default route in the settings",
        )
    waiting = Item.objects.filter(project=project, waits_for=Item.WaitsFor.BUDGET).count()
    if waiting:
        yield Attention(
            "1 item waits for budget" if waiting == 1 else f"{waiting:,} items wait for budget",
            _url("items", project, "?state=budget"),
            "raise a budget on the routing page",
        )
    for budget in project.budgets.all():
        if ledger.committed(budget) >= budget.cap:
            words = f"{budget.cap.normalize():f} {budget.get_unit_display()}"
            yield Attention(
                f"The budget of {words} {budget.get_period_display()} is spent",
                _url("routing", project),
                "raise it, or wait for the next period",
            )


def _reviews(project: Project) -> Iterator[Attention]:
    count = Review.objects.filter(project=project, state=Review.State.OPEN).count()
    if count:
        yield Attention(
            f"{count} label{'s' if count != 1 else ''} to review",
            _url("reviews", project),
            "the reward model strongly disagrees with them",
        )
