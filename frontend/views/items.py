"""The items of a project, and what has happened to each of them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from annotate.models import Annotation, BulkAction, Item, Project
from annotate.searching import coverage
from frontend.history import history_of
from frontend.item_filter import ItemFilter, chips
from frontend.item_order import ORDERS, REACH, SIZE, Listed, Order, Place, listed
from frontend.item_rows import columns, rows
from frontend.judge_figures import estimate_of
from frontend.pages import PageRequest
from frontend.paging import number
from frontend.project_pages import visit
from routing.judges.quality import agreements
from routing.selection import Count, Selection

PLACES = ("after", "before", "looked")


@login_required
@require_safe
def items(request: PageRequest, slug: str) -> HttpResponse:
    seen = visit(request, slug)
    query, project = request.GET, seen.project
    selection, order = Selection.of(project, query), order_of(query)
    found = listed(
        selection, order, after=_place(query, "after", order), before=_place(query, "before", order)
    )
    context = {
        "filter": ItemFilter(query),
        "chips": chips(selection, query),
        "columns": columns(order, query),
        "conditions": _without_places(query).urlencode(),
        "rows": rows(project, found.rows),
        "count": _count(selection, found),
        "looked": (number(query, "looked") or 0) + REACH if found.cut else 0,
        "covered": coverage(project),
        "size": SIZE,
        "running": project.bulk_actions.exclude(state__in=BulkAction.FINISHED).first(),
        **_links(query, found),
    }
    return seen.page("frontend/items/list.html", context, part="items")


def order_of(query: QueryDict) -> Order:
    return ORDERS.get(query.get("sort", ""), ORDERS[""])


def _place(query: QueryDict, name: str, order: Order) -> Place | None:
    return Place.read(query.get(name, ""), order)


def _without_places(query: QueryDict) -> QueryDict:
    rest = query.copy()
    for name in PLACES:
        rest.pop(name, None)
    return rest


def _links(query: QueryDict, found: Listed) -> dict[str, str]:
    """Query strings of the pages before and after, empty where there are none."""
    links = {}
    for name, parameter, place in (
        ("earlier", "before", found.earlier),
        ("later", "after", found.later),
    ):
        rest = _without_places(query)
        rest[parameter] = str(place)
        if found.cut and not found.rows:
            rest["looked"] = str((number(query, "looked") or 0) + REACH)
        links[name] = f"?{rest.urlencode()}" if place is not None else ""
    return links


def _count(selection: Selection, found: Listed) -> Count:
    """Of a list that is on the page as a whole, its length."""
    whole = not (found.earlier or found.later)
    return Count(len(found.rows)) if whole else selection.count()


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
