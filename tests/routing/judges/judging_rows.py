"""Projects and judges for tests that ask a scripted server."""

from decimal import Decimal

from annotate.models import Annotation, Budget, LedgerEntry
from annotate.models.budgets import Unit
from routing.judges.versions import create_judge
from tests.factories import make_item, make_project

QUICK = {
    "concurrency": 1,
    "tries": 3,
    "answers": 2,
    "try_seconds": 20,
    "total_seconds": 60,
    "backoff_seconds": 0.01,
    "max_tokens": 100,
}
NO_TIES = [{"kind": "preference", "name": "overall", "title": "Which?", "points": 4}]


def make_judge(server, *, items=1, questions=None, project=None, prices=(0, 0), **settings):
    """A judge of a new project whose items are for judges; the first completion is the good one."""
    project = project or make_project(default_route="judge", questions=questions)
    for _ in range(items):
        make_item(project, completions=("a good answer", "a bad answer"))
    judge, _ = create_judge(
        project,
        name="scripted",
        kind="openai",
        model="scripted",
        base_url=server.url,
        settings=QUICK | settings,
        input_price_usd=None if prices is None else Decimal(prices[0]),
        output_price_usd=None if prices is None else Decimal(prices[1]),
    )
    return judge


def the_label(judge):
    return Annotation.objects.get(annotator=judge.annotator)


def budget(project, cap):
    return Budget.objects.create(project=project, unit=Unit.USD, cap=Decimal(cap))


def spent(project):
    return LedgerEntry.objects.filter(project=project).total(Unit.USD)
