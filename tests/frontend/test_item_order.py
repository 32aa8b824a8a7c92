"""Lists of items in any order: pages without gap or repeat, and as cheap when deep as at the start."""

import itertools
import json

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from annotate.models import Item, ItemSummary
from annotate.searching import index_texts
from frontend.items import order as item_order
from frontend.items.order import ORDERS, Place, listed, neighbours, place_of
from routing.selection import Selection
from tests.factories import make_item, make_project

pytestmark = pytest.mark.django_db
VALUES = (0.5, None, 0.25, 0.5, 1.0, None, 0.25, 0.5)


@pytest.fixture
def project():
    """Items with equal, different and missing figures, and two that have no summary yet."""
    project = make_project()
    for n, value in enumerate(VALUES):
        item = make_item(project, key=f"k{n}", source="odd" if n % 2 else "even")
        ItemSummary.objects.create(
            item=item,
            project=project,
            people=n % 3,
            judges=n,
            disagreement=value,
            confidence=value,
            margin=value,
        )
    index_texts(project)
    for n in (8, 9):
        make_item(project, key=f"k{n}", source="odd" if n % 2 else "even")
    return project


def selected(project, query=""):
    return Selection.of(project, QueryDict(query))


def expected(project, order, rows):
    """In plain Python: by value where there is one, then without one, then without a summary."""

    def rank(item):
        summary = getattr(item, "summary", None)
        if order.column is None:
            return (0, 0, item.pk)
        if summary is None:
            return (2, 0, item.pk)
        value = getattr(summary, order.column)
        return (1, 0, item.pk) if value is None else (0, value, item.pk)

    parts = {}
    for item in rows:
        parts.setdefault(rank(item)[0], []).append(item)
    found = []
    for part in sorted(parts):
        found += sorted(parts[part], key=rank, reverse=order.descending)
    return [item.key for item in found]


def walk(selection, order, size):
    """All pages forwards, then all backwards from the last."""
    pages, after = [], None
    while True:
        page = listed(selection, order, after=after, size=size)
        pages.append([item.key for item in page.rows])
        if page.later is None:
            break
        after = page.later
    back, before = [], page.earlier
    while before is not None:
        page = listed(selection, order, before=before, size=size)
        back.insert(0, [item.key for item in page.rows])
        before = page.earlier
    return pages, back


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("size", [1, 3, 50])
def test_pages_follow_each_other_in_every_order_and_back(project, name, size):
    order = ORDERS[name]
    rows = Item.objects.filter(project=project).select_related("summary")
    pages, back = walk(selected(project), order, size)
    assert list(itertools.chain(*pages)) == expected(project, order, rows)
    assert list(itertools.chain(*back)) == list(itertools.chain(*pages[:-1]))


@pytest.mark.parametrize("name", ORDERS)
def test_a_filter_keeps_the_order(project, name):
    order = ORDERS[name]
    rows = Item.objects.filter(project=project, source="odd").select_related("summary")
    pages, _ = walk(selected(project, "source=odd"), order, 2)
    assert list(itertools.chain(*pages)) == expected(project, order, rows)


@pytest.mark.parametrize("name", ORDERS)
def test_neighbours_are_those_of_the_list(project, name):
    order, selection = ORDERS[name], selected(project, "source=even")
    rows = listed(selection, order).rows
    for before, item, after in zip([None, *rows[:-1]], rows, [*rows[1:], None], strict=True):
        wanted = (before.pk if before else None, after.pk if after else None)
        assert neighbours(selection, order, item) == wanted


def test_places_survive_the_address_bar(project):
    for order in ORDERS.values():
        for item in Item.objects.filter(project=project):
            place = place_of(item, order, project)
            assert Place.read(str(place), order) == place


@pytest.mark.parametrize(
    "text", ["", "x", "5", "0:1:2:3", "9::1", "0::-1", "0:nan:x", "0:1:99999999999999999999"]
)
def test_odd_places_are_none(text):
    assert Place.read(text, ORDERS[""]) is None
    assert Place.read(text, ORDERS["margin"]) is None


def test_a_search_without_an_index_stops_at_its_reach_and_goes_on(project, monkeypatch):
    monkeypatch.setattr(item_order, "NEAR", 1)
    monkeypatch.setattr(item_order, "REACH", 3)
    make_item(project, key="needle", source="rare")
    selection, looks, after, found = selected(project, "source=rare"), 0, None, []
    while True:
        page = listed(selection, ORDERS[""], after=after)
        found += [item.key for item in page.rows]
        looks += 1
        if page.later is None:
            break
        assert page.cut
        after = page.later
    assert found == ["needle"]
    assert looks == 4


@pytest.mark.parametrize("name", ["", "-id", "-margin", "people"])
@pytest.mark.parametrize("reach", [1, 2, 4])
def test_searches_that_stop_and_go_on_leave_nothing_out(project, monkeypatch, name, reach):
    monkeypatch.setattr(item_order, "NEAR", 1)
    monkeypatch.setattr(item_order, "REACH", reach)
    order = ORDERS[name]
    rows = Item.objects.filter(project=project, source="odd").select_related("summary")
    pages, back = walk(selected(project, "source=odd"), order, 2)
    assert list(itertools.chain(*pages)) == expected(project, order, rows)
    assert set(itertools.chain(*back)) <= set(expected(project, order, rows))


# --------------------------------------------------------------------------------------------- cost

COPIES = """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, rank, stale, tags, created_at)
    SELECT project_id, 'copy-' || n, CASE WHEN n %% 5000 = 0 THEN 'rare' ELSE 'usual' END, messages,
        contexts, metadata, prompt_hash, abs(hashint4(n)) %% 10 = 0, route, overlap, seats_left, queue, 0, false,
        '{}', created_at
    FROM annotate_item, generate_series(1, %s) AS n WHERE id = %s
"""
SUMMARIES = """
    INSERT INTO annotate_itemsummary (item_id, project_id, people, judges, disagreement, confidence, margin)
    SELECT id, project_id, id %% 4, id %% 3, CASE WHEN id %% 2 = 0 THEN (id %% 7) / 7.0 END,
        (id %% 1000) / 1000.0, abs(sin(id)) FROM annotate_item WHERE project_id = %s
"""
TEXTS = """
    INSERT INTO annotate_itemtext (item_id, project_id, words)
    SELECT id, project_id, to_tsvector('simple', 'usual' || CASE WHEN id %% 5000 = 0 THEN ' rare' ELSE '' END)
    FROM annotate_item WHERE project_id = %s
"""


def large(size):
    project = make_project()
    first = make_item(project)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [size, first.pk])
        cursor.execute(SUMMARIES, [project.pk])
        cursor.execute(TEXTS, [project.pk])
        cursor.execute("VACUUM ANALYZE annotate_item, annotate_itemsummary, annotate_itemtext")
    return project


def buffers_of(selection, order, after):
    """Pages that the queries of one page of the list read, the estimate of its length included."""
    with CaptureQueriesContext(connection) as queries:
        listed(selection, order, after=after)
    total = 0
    for query in queries.captured_queries:
        if not query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(query["sql"].replace("SET LOCAL", "SET"))  # for the queries below
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query['sql']}")
            [(plan,)] = cursor.fetchall()
        plan = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
        total += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return total


QUERIES = ("", "share=evaluation", "q=usual", "people_min=1", "disagreement_min=0.4", "route=human")


def most_buffers(size):
    project = large(size)
    deep = project.items.order_by("pk")[int(size * 0.9)]
    return {
        (query, name): max(
            buffers_of(selected(project, query), order, None),
            buffers_of(selected(project, query), order, place_of(deep, order, project)),
        )
        for query in QUERIES
        for name, order in ORDERS.items()
    }


@pytest.mark.django_db(transaction=True)
def test_a_page_reads_as_little_of_a_large_project_and_late_in_it_as_of_a_small_one():
    most = most_buffers(30_000)
    assert max(most.values()) < 5_000, sorted(most.items(), key=lambda one: -one[1])[:5]


@pytest.mark.django_db(transaction=True)
def test_a_rare_property_without_an_index_is_looked_for_within_reach(monkeypatch):
    monkeypatch.setattr(item_order, "NEAR", 100)
    monkeypatch.setattr(item_order, "REACH", 1_000)
    whole = buffers_of(selected(large(40_000), "source=rare"), ORDERS[""], None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('annotate_item') / 8192")
        [pages] = cursor.fetchone()
    assert whole < pages / 3
