"""The items of a project, and what has happened to each of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from annotate.gold import NotGold, set_gold_from
from annotate.models import BulkAction, Item
from annotate.searching import coverage
from frontend.items.filter import ItemFilter, chips
from frontend.items.order import ORDERS, REACH, SIZE, Listed, Order, Place, listed, neighbours
from frontend.items.page import standing
from frontend.items.rows import columns, rows
from frontend.pages import PageRequest, see_other
from frontend.paging import number
from frontend.project_pages import Visit, visit
from routing.bulk.actions import Chosen, do_now
from routing.bulk.base import InvalidSetting
from routing.bulk.gold_kinds import read_use
from routing.bulk.kinds import KINDS
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
    """One item, and its neighbours in the list that the query string describes."""
    seen = visit(request, slug)
    item = _item(seen, pk)
    order = order_of(request.GET)
    before, after = neighbours(Selection.of(seen.project, request.GET), order, item)
    query = _without_places(request.GET).urlencode()
    context = {
        "item": item,
        "query": f"?{query}" if query else "",
        "before": before,
        "after": after,
        "kinds": [kind for kind in KINDS.values() if seen.may(kind.role)],
        **standing(item),
    }
    return seen.page("frontend/items/item.html", context, part="history")


def _item(seen: Visit, pk: int) -> Item:
    item: Item = get_object_or_404(seen.project.items.prefetch_related("completions"), pk=pk)
    item.project = seen.project
    return item


@login_required
@require_POST
def change_item(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """One of the changes of many items, made to this one at once."""
    seen = visit(request, slug)
    item, kind = _item(seen, pk), KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        raise Http404
    if not seen.may(kind.role):
        raise PermissionDenied
    try:
        settings = kind.read(request.POST.dict())
    except InvalidSetting as fault:
        messages.error(request, str(fault))
        return _back(request, item)
    chosen = Chosen(Selection(seen.project), (item.pk,))
    action = do_now(chosen, kind, settings, by=request.user)
    if action.done:
        url = reverse("bulk-change", args=[slug, action.pk])
        told = format_html('{}: done. <a href="{}">Take it back</a>', kind.words(settings), url)
        messages.success(request, told)
    else:
        messages.warning(request, f"Left as it was: the item {next(iter(action.left), '')}.")
    return _back(request, item)


@login_required
@require_POST
def label_as_gold(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Make one label of the item its gold."""
    seen = visit(request, slug)
    item = _item(seen, pk)
    label = get_object_or_404(item.annotations.current(), pk=number(request.POST, "label") or 0)
    try:
        use = read_use(request.POST.dict()) if request.POST.get("use") else None
        note = request.POST.get("note", "").replace("\0", "")[:2000]
        set_gold_from(label, by=request.user, note=note, use=use)
    except (NotGold, InvalidSetting) as fault:
        messages.warning(request, str(fault))
    else:
        messages.success(request, "This label is the item's gold now.")
    return _back(request, item)


def _back(request: PageRequest, item: Item) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return see_other(f"{item.get_absolute_url()}{'?' if query else ''}{query}")
