"""How long the first page and the ledger take in a large project, warm, beside a small one.

    python bench/overview.py [--items 1000000] [--json] [--keep FOLDER]

The large project has as many labels as items: of every ten items six have a person's label, two a
judge's, one a person's out of an import, one none; judges' calls and people's pay make two entries of the ledger a
label. All of it is written by COPY into a database of its own (--keep leaves it in FOLDER), spread
over ninety days. Figures are milliseconds, the median of `--repeats` requests through Django's
test client in this process, all middleware included, with the number of queries; `fold_*` are
seconds for folding everything once, `count_items_s` for counting the items.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from annotate.models import Project

PAGES = {"overview": "", "ledger": "ledger/", "ledger_entries": "ledger/?after={middle}"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--keep", help="a folder to make, or find, the database in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        figures = measure(options.keep or folder, items=options.items, repeats=options.repeats)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<32}{value:10.3f}")


def measure(folder: str, *, items: int, repeats: int) -> dict[str, float]:
    os.environ |= {"ANNOTATE_VAR": folder, "DJANGO_SETTINGS_MODULE": "annotate.settings"}
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]
    server = settings.EMBEDDED
    assert server is not None
    server.use()
    try:
        call_command("migrate", verbosity=0, skip_checks=True)
        call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)
        return _measure(items=items, repeats=repeats)
    finally:
        connection.close()
        server.leave()


def _measure(*, items: int, repeats: int) -> dict[str, float]:
    from annotate.models import Project

    figures: dict[str, float] = {}
    small = Project.objects.filter(slug="small").first() or build("small", 500)
    large = Project.objects.filter(slug="large").first() or build("large", items, figures)
    fold(small)
    figures |= fold(large)
    for name, project in (("small", small), ("large", large)):
        for page, address in PAGES.items():
            figures |= visit(project, address, f"{page}_{name}", repeats)
    return figures


def seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


# --------------------------------------------------------------------------------------- building


def build(slug: str, items: int, figures: dict[str, float] | None = None) -> "Project":
    """The rows of a project at work, by SQL that says what it makes."""
    from django.db import connection

    from annotate.models import Annotator, Budget, Project, User
    from annotate.presets import PRESETS, create_project

    project = create_project(name=slug, slug=slug, preset=PRESETS["pairwise"], overlap=1)
    Project.objects.filter(pk=project.pk).update(default_route="human", pay_per_label_usd="0.05")
    people = [
        Annotator.objects.for_user(User.objects.create(username=f"{slug}-{number}"))
        for number in range(20)
    ]
    named = Annotator.objects.create(project=project, kind="human", name="named")
    judge = _judge(project)
    Budget.objects.create(project=project, unit="usd", period="total", cap=10 * items)
    Budget.objects.create(project=project, unit="labels", period="month", cap=items)
    parameters = {
        "project": project.pk,
        "n": items,
        "people": [person.pk for person in people],
        "named": named.pk,
        "llm": judge.annotator_id,
        "judge": judge.pk,
        "form": project.form.pk,
    }
    took = seconds(lambda: _run(_ROWS, parameters))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    if figures is not None:
        figures["build_s"] = took
    return project


def _judge(project: "Project") -> Any:
    from annotate.models import Annotator
    from routing.models import Judge

    annotator = Annotator.objects.create(project=project, kind="llm", name="judge")
    return Judge.objects.create(
        project=project, annotator=annotator, name="judge", kind="relevance", form=project.form
    )


def _run(statements: list[str], parameters: dict[str, Any]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        for statement in statements:
            cursor.execute(statement, parameters)


_ROWS = [
    """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, waits_for, tags, overlap, seats_left, queue, rank, stale, created_at)
    SELECT %(project)s, n::text, 'set ' || n %% 3,
        jsonb_build_array(jsonb_build_object('role', 'user', 'content', repeat('word ', 60) || n)),
        '[]', '{}', md5(n::text), n %% 10 = 0,
        CASE WHEN n %% 10 IN (6, 7) THEN 'judge' ELSE 'human' END, NULL, '{}', 1,
        CASE WHEN n %% 10 = 9 THEN 1 ELSE 0 END, '', n, false, now() - interval '91 days'
    FROM generate_series(0, %(n)s - 1) AS n
    """,
    """
    INSERT INTO annotate_assignment (project_id, item_id, annotator_id, state, "order", undos, form_id,
        opened_at, expires_at, closed_at, pay_held)
    SELECT project_id, id, (%(people)s::bigint[])[1 + key::int / 7 %% 20], 'submitted', '{0,1}', 0,
        %(form)s, moment, moment, moment, false
    FROM annotate_item, LATERAL (SELECT now() - interval '90 days' * (1 - key::float / %(n)s)) AS m(moment)
    WHERE project_id = %(project)s AND key::int %% 10 < 6
    """,
    """
    INSERT INTO annotate_annotation (project_id, item_id, annotator_id, assignment_id, purpose, attempt,
        answers, form_id, key, active_seconds, created_at)
    SELECT item.project_id, item.id,
        CASE WHEN key::int %% 10 < 6 THEN lent.annotator_id
            WHEN key::int %% 10 < 8 THEN %(llm)s ELSE %(named)s END,
        lent.id, 'work', 1, '{"overall": {"value": 1, "both_bad": false}}', %(form)s,
        COALESCE(lent.id::text || '-0', ''), 20,
        now() - interval '90 days' * (1 - key::float / %(n)s)
    FROM annotate_item AS item LEFT JOIN annotate_assignment AS lent ON lent.item_id = item.id
    WHERE item.project_id = %(project)s AND key::int %% 10 < 9 ORDER BY item.id
    """,
    """
    INSERT INTO annotate_itemsummary (item_id, project_id, people, judges, disagreement)
    SELECT id, project_id, (key::int %% 10 IN (0, 1, 2, 3, 4, 5, 8))::int,
        (key::int %% 10 IN (6, 7))::int, CASE WHEN key::int %% 100 = 0 THEN 0.5 ELSE 0 END
    FROM annotate_item WHERE project_id = %(project)s
    """,
    """
    INSERT INTO routing_judgecall (judge_id, item_id, "order", sample, shown_order, state, tries, losses,
        worker, fault, cost_usd, started_at, finished_at)
    SELECT %(judge)s, id, 0, 0, '{0,1}', 'answered', 1, 0, '', '', 0.001, now(), now()
    FROM annotate_item WHERE project_id = %(project)s AND key::int %% 10 IN (6, 7)
    """,
    """
    INSERT INTO annotate_ledgerentry (project_id, kind, unit, amount, annotator_id, reference, created_at)
    SELECT label.project_id, pay.kind, 'usd', pay.amount, pay.whose, 'annotation:' || label.id, created_at
    FROM annotate_annotation AS label, LATERAL (VALUES
        ('pay', 0.05, label.annotator_id), ('settlement', -0.05, NULL)) AS pay(kind, amount, whose)
    WHERE label.project_id = %(project)s AND label.assignment_id IS NOT NULL ORDER BY label.id
    """,
    """
    INSERT INTO annotate_ledgerentry (project_id, kind, unit, amount, annotator_id, reference, created_at)
    SELECT %(project)s, made.kind, 'usd', made.amount, %(llm)s, 'call:' || call.id || ':1',
        now() - interval '90 days' * (1 - item.key::float / %(n)s)
    FROM routing_judgecall AS call JOIN annotate_item AS item ON item.id = call.item_id,
        LATERAL (VALUES ('reservation', 0.002), ('settlement', -0.001)) AS made(kind, amount)
    WHERE item.project_id = %(project)s ORDER BY item.id
    """,
    """
    INSERT INTO annotate_ledgerentry (project_id, kind, unit, amount, reference, created_at)
    SELECT project_id, 'reservation', unit, amount, 'item:' || id,
        now() - interval '90 days' * (1 - key::float / %(n)s)
    FROM annotate_item, LATERAL (VALUES ('labels', 1), ('usd', 0.05)) AS held(unit, amount)
    WHERE project_id = %(project)s AND route = 'human' AND key::int %% 10 < 3 ORDER BY id
    """,
]


def fold(project: "Project") -> dict[str, float]:
    """Everything that there is, as the worker's jobs do."""
    from annotate.models import Watermark
    from annotate.tallies import folding
    from annotate.tallies.items import keep_count

    def to_the_end(kind: str) -> None:
        folding.fold(project, kind)
        time.sleep(folding.WAIT.total_seconds())
        while folding.fold(project, kind):
            pass

    figures = {
        f"fold_{kind}_s": seconds(lambda kind=kind: to_the_end(kind))  # type: ignore[misc]  # bound
        for kind in Watermark.Kind.values
    }
    return figures | {"count_items_s": seconds(lambda: keep_count(project))}


# -------------------------------------------------------------------------------------- measuring


def visit(project: "Project", page: str, name: str, repeats: int) -> dict[str, float]:
    from django.db import connection
    from django.test import Client

    from annotate.models import User

    url = f"/projects/{project.slug}/{page}".format(middle=_middle())
    client = Client()
    client.force_login(User.objects.get_or_create(username="staff", is_staff=True)[0])
    asked = []

    def count(execute: Any, sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(count):
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    times = [seconds(lambda: client.get(url)) for _ in range(repeats)]
    return {
        f"{name}_ms": 1000 * statistics.median(times),
        f"{name}_best_ms": 1000 * min(times),
        f"{name}_queries": len(asked),
    }


def _middle() -> str:
    """A place half-way through the ninety days, as the ledger's own links write it."""
    from datetime import timedelta

    from django.utils import timezone

    moment = timezone.now().replace(tzinfo=None) - timedelta(days=45)
    return f"{moment.isoformat()}_0"


if __name__ == "__main__":
    main()
