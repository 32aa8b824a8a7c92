"""The items of a project, and what has happened to each of them."""

from collections import Counter, defaultdict

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from annotate.models import Aggregate, Annotation, Item, Project
from frontend.history import history_of
from frontend.item_filter import ItemFilter
from frontend.judge_figures import estimate_of
from frontend.pages import PageRequest
from frontend.paging import keyset
from frontend.project_pages import visit
from routing.judges.quality import agreements


@login_required
@require_safe
def items(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    chosen = ItemFilter(request.GET)
    found = keyset(chosen.apply(seen.project.items.all()), request.GET)
    rows = _rows(seen.project, found.rows)
    context = {"filter": chosen, "found": found, "rows": rows}
    return seen.page("frontend/items/list.html", context, part="items")


def _rows(project: Project, items: list[Item]) -> list[dict[str, object]]:
    """What the list shows of each item, in two more queries for all of them."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    labels = Annotation.objects.current().work().filter(item__in=items)
    for row in labels.values("item_id", "annotator__kind").annotate(n=Count("pk")):
        counts[row["item_id"]][row["annotator__kind"]] = row["n"]
    main = project.questions.main_preference()
    best = Aggregate.objects.filter(item__in=items, question=main.name).best() if main else ()
    outcome = {aggregate.item_id: aggregate for aggregate in best}
    return [
        {
            "item": item,
            "taken": item.overlap - item.seats_left,
            "people": counts[item.pk]["human"],
            "judges": counts[item.pk]["llm"],
            "outcome": outcome.get(item.pk),
        }
        for item in items
    ]


@login_required
@require_safe
def item(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    seen = visit(request, slug)
    item = get_object_or_404(seen.project.items.prefetch_related("completions"), pk=pk)
    context = {"item": item, "judges": _judges(seen.project, item), **history_of(item)}
    return seen.page("frontend/items/item.html", context, part="history")


def _judges(project: Project, item: Item) -> list[dict[str, object]]:
    """Who of those that labelled the item is an LLM, with its measured agreement with people."""
    labels = Annotation.objects.current().by_judges().filter(item=item)
    found = list({label.annotator for label in labels.select_related("annotator")})
    agreed = agreements(project, found)
    return [
        {"name": annotator, "agreement": estimate_of(agreed[annotator.pk].decided)}
        for annotator in sorted(found, key=str)
    ]
