"""What a page of the list of items costs in a project of a million, in every order, early and deep.

    python bench/pages.py [--json] [--items 1000000] [--labelled 0.1]

The project is made by SQL in a database of its own, which goes with it. For each combination of
conditions and order: milliseconds of the page's queries (its items, their count, what is shown of
each; the best of three) and the buffers that PostgreSQL reads for the items (EXPLAIN), on the first
page and on one that begins nine tenths down the list.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TRIES = 3
CONDITIONS = (
    "",
    "route=human",
    "route=judge",
    "state=open",
    "state=budget",
    "share=evaluation",
    "source=rare",
    "labels=people",
    "labels=split",
    "people_min=2",
    "disagreement_min=0.5",
    "confidence_max=0.6",
    "margin_max=0.1",
    "tag=few",
    "tag=many",
    "gold=yes",
    "review=reviewed",
    "annotator={annotator}",
    "archived=only",
    "q=usual+",
    "q=usu",
    "q=rareword",
    "q=usual&route=judge",
)
ORDERS = ("", "-id", "-disagreement", "confidence", "margin", "-margin", "-people", "judges")

# One in ten thousand is rare, one in a thousand has few of something.
ITEMS = """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, waits_for, overlap, seats_left, queue, rank, stale, tags, created_at)
    SELECT %(project)s, 'item-' || n, CASE WHEN n %% 10000 = 7 THEN 'rare' ELSE 'usual' END,
        jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Question ' || n || ': '
            || repeat('why is the usual answer not the best one here? ', 6))),
        '[]', '{}', md5(n::text) || md5(n::text), abs(hashint4(n)) %% 10 = 0,
        CASE WHEN n %% 1000 = 3 THEN 'judge' WHEN n %% 1000 IN (4, 5) THEN NULL ELSE 'human' END,
        CASE WHEN n %% 1000 = 4 THEN 'archive' WHEN n %% 1000 = 5 THEN 'budget' END,
        2, 2, '', random(), false,
        CASE WHEN n %% 1000 = 1 THEN '{few}' WHEN n %% 3 = 0 THEN '{many}' ELSE '{}' END::text[], now()
    FROM generate_series(1, %(items)s) AS n
"""
SUMMARIES = """
    INSERT INTO annotate_itemsummary (item_id, project_id, people, judges, disagreement, confidence, margin)
    SELECT id, project_id, CASE WHEN abs(hashint8(id)) %% 1000 < %(permille)s THEN 1 + id %% 3 ELSE 0 END,
        id %% 3, CASE WHEN abs(hashint8(id)) %% 1000 < %(permille)s THEN (id %% 5) / 4.0 END,
        CASE WHEN id %% 3 > 0 THEN 0.5 + random() / 2 END, abs(random() - random()) * 3
    FROM annotate_item WHERE project_id = %(project)s
"""
LABELS = """
    INSERT INTO annotate_annotation (project_id, item_id, annotator_id, purpose, attempt, answers,
        form_id, key, created_at)
    SELECT %(project)s, summary.item_id, (%(annotators)s::bigint[])[1 + (summary.item_id + n) %% 200],
        CASE WHEN summary.item_id %% 500 = 0 AND n = 1 THEN 'review' ELSE 'work' END, 1,
        jsonb_build_object('overall', jsonb_build_object('value', 1 - n %% 3, 'both_bad', false)),
        %(form)s, '', now()
    FROM annotate_itemsummary AS summary, generate_series(1, summary.people) AS n
    WHERE summary.project_id = %(project)s AND summary.people > 0
"""
AGGREGATES = """
    INSERT INTO annotate_aggregate (project_id, item_id, question, source, count, mean, majority,
        share, confidence, method, data, version, updated_at)
    SELECT project_id, item_id, 'overall', 'people', people, 0.5, 1,
        CASE WHEN item_id %% 4 = 0 THEN 0.6 ELSE 1 END, confidence, 'majority', '{}', 1, now()
    FROM annotate_itemsummary WHERE project_id = %(project)s AND people > 0
"""
TEXTS = """
    INSERT INTO annotate_itemtext (item_id, project_id, words)
    SELECT id, project_id, to_tsvector('simple', (messages -> 0 ->> 'content')
        || CASE WHEN id %% 10000 = 9 THEN ' rareword' ELSE '' END)
    FROM annotate_item WHERE project_id = %(project)s
"""
GOLD = """
    INSERT INTO annotate_gold (item_id, answers, form_id, note, created_at)
    SELECT id, '{"overall": {"value": 1, "both_bad": false}}', %(form)s, '', now()
    FROM annotate_item WHERE project_id = %(project)s AND id %% 2000 = 11
"""
VACUUM = "VACUUM ANALYZE annotate_{}"
TABLES = ("item", "itemsummary", "itemtext", "annotation", "aggregate", "gold")


def make_project(items: int, labelled: float) -> tuple[Any, int]:
    """The project and one of its annotators."""
    from django.db import connection

    from annotate.models import Annotator
    from annotate.presets import create_project, preset_named

    project = create_project(name="Pages", slug="pages", preset=preset_named("pairwise"))
    people = Annotator.objects.bulk_create(
        Annotator(project=project, kind="human", name=f"p{n}") for n in range(200)
    )
    parameters: dict[str, Any] = {
        "project": project.pk,
        "items": items,
        "permille": round(1000 * labelled),
        "annotators": [one.pk for one in people],
        "form": project.form.pk,
    }
    with connection.cursor() as cursor:
        for name in ("ITEMS", "SUMMARIES", "LABELS", "AGGREGATES", "TEXTS", "GOLD"):
            start = time.perf_counter()
            cursor.execute(globals()[name], parameters)
            print(f"{name.lower()}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
        for table in TABLES:
            cursor.execute(VACUUM.format(table))
    return project, people[0].pk


def page_of(project: Any, query: str, order: Any, after: Any) -> None:
    """What the view asks of the database for a page."""
    from django.http import QueryDict

    from frontend.items.order import listed
    from frontend.items.rows import rows
    from routing.selection import Selection

    selection = Selection.of(project, QueryDict(query))
    found = listed(selection, order, after=after)
    rows(project, found.rows)
    if found.earlier or found.later:
        selection.count()


def buffers_of(project: Any, query: str, order: Any, after: Any) -> int:
    """Of the queries that find a page's items."""
    from django.db import connection, transaction
    from django.http import QueryDict

    from frontend.items.order import listed
    from routing.selection import Selection

    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        listed(Selection.of(project, QueryDict(query)), order, after=after)
    total = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, params in statements:
            if not sql.startswith("SELECT"):
                if "SET LOCAL" in sql:
                    cursor.execute(sql)
                continue
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            [(plan,)] = cursor.fetchall()
            top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
            total += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return total


def deep_place(project: Any, order: Any) -> Any:
    """Nine tenths down the list of all items."""
    from annotate.models import Item, ItemSummary
    from frontend.items.order import place_of

    if order.column is None:
        rows = Item.objects.filter(project=project).order_by("-pk" if order.descending else "pk")
        return place_of(rows[int(rows.count() * 0.9)], order, project)
    known = ItemSummary.objects.filter(project=project, **{f"{order.column}__isnull": False})
    sign = "-" if order.descending else ""
    sorted_ = known.order_by(f"{sign}{order.column}", f"{sign}item_id")
    return place_of(sorted_[int(sorted_.count() * 0.9)].item, order, project)


def best(work: Any) -> float:
    took = []
    for _ in range(TRIES):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return round(min(took), 1)


def figures(options: argparse.Namespace) -> dict[str, Any]:
    from frontend.items.order import ORDERS as ALL

    project, annotator = make_project(options.items, options.labelled)
    found: dict[str, Any] = {}
    for name in ORDERS:
        order = ALL[name]
        for condition in CONDITIONS:
            query = condition.format(annotator=annotator)
            row: dict[str, Any] = {}
            for place, after in (("first", None), ("deep", deep_place(project, order))):
                row[f"{place}_ms"] = best(
                    lambda q=query, o=order, a=after: page_of(project, q, o, a)
                )
                row[f"{place}_buffers"] = buffers_of(project, query, order, after)
            found[f"{condition or 'all'} by {name or 'id'}"] = row
            if not options.json:
                print(f"{condition or 'all':24} {name or 'id':14}", row, flush=True)
    slowest = max(found, key=lambda one: max(found[one]["first_ms"], found[one]["deep_ms"]))
    return {"items": options.items, "slowest": slowest, "pages": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--labelled", type=float, default=0.1, help="share of items with labels")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="tandem-", ignore_cleanup_errors=True) as var:
        os.environ |= {
            "ANNOTATE_VAR": var,
            "DJANGO_SETTINGS_MODULE": "annotate.settings",
            "ANNOTATE_LOG_LEVEL": "WARNING",
        }
        measured = measure(options)
    if options.json:
        print(json.dumps(measured))
    else:
        name = measured["slowest"]
        print(f"slowest: {name} {measured['pages'][name]}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    embedded = settings.EMBEDDED
    assert embedded is not None, "DATABASE_URL is set; this measures the embedded server"
    embedded.use()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            call_command("prepare", wait=30)
        return figures(options)
    finally:
        from django.db import connections

        connections.close_all()
        embedded.leave()


if __name__ == "__main__":
    main()
