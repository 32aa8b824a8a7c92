"""The queue of a large project costs what that of a small one does, at its start and late in it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.review_queue import Queue
from tests.annotate.test_claim_cost import plan_of
from tests.factories import make_annotator, make_item, make_member, make_project

pytestmark = pytest.mark.django_db
COPIES = """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, rank, stale, tags, created_at)
    SELECT project_id, 'copy-' || n, '', messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, n, false, tags, created_at
    FROM annotate_item, generate_series(1, %s) AS n WHERE id = %s
"""
SUMMARIES = """
    INSERT INTO annotate_itemsummary (item_id, project_id, people, judges, disagreement)
    SELECT id, project_id, 4, 0, 0.5 + (id %% 100) / 400.0 FROM annotate_item WHERE project_id = %s
"""
DECISIONS = """
    INSERT INTO annotate_annotation (project_id, item_id, annotator_id, purpose, attempt, answers,
        form_id, key, reason, created_at)
    SELECT project_id, item_id, %s, 'review', 1, '{"overall": {"value": 1, "both_bad": false}}',
        %s, '', 'x', now()
    FROM annotate_itemsummary WHERE project_id = %s AND disagreement > 0.5 AND item_id %% 2 = 0
    ORDER BY disagreement DESC LIMIT %s
"""


REMOVED = ("Filter", "Index Recheck", "Join Filter")


def project_of(size, *, decided=0):
    """All items are disputed; of the most disputed some are decided."""
    project = make_project()
    first = make_item(project)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [size, first.pk])
        cursor.execute(SUMMARIES, [project.pk])
        reviewer = make_annotator(project)
        cursor.execute(DECISIONS, [reviewer.pk, project.form.pk, project.pk, decided])
        cursor.execute("ANALYZE annotate_item, annotate_itemsummary, annotate_annotation")
    return project


def rows(plan):
    """Rows that a plan's nodes went through, kept or not.

    Blocks would count what tests before have left dead in the same tables too.
    """
    here = plan["Actual Rows"] + sum(plan.get(f"Rows Removed by {by}", 0) for by in REMOVED)
    return here * plan["Actual Loops"] + sum(rows(part) for part in plan.get("Plans", []))


def read(queue, act):
    """Rows that the queries of ``act`` go through."""
    assert queue.question is not None
    with CaptureQueriesContext(connection) as queries:
        act(queue)
    return sum(rows(plan_of(query["sql"].replace("%", "%%"), [])) for query in queries)


def middle_of(queue):
    page = queue.page()
    for _ in range(5):
        page = queue.page(after=page.later)
    return page.entries[0]


@pytest.mark.parametrize(
    "act",
    [
        lambda queue: queue.page(),
        lambda queue: queue.page(after=middle_of(queue)),
        lambda queue: queue.next(middle_of(queue).item, user=queue.user),
    ],
    ids=["first page", "a later page", "the next item"],
)
def test_the_queue_reads_as_little_in_a_large_project(act):
    read_in = []
    for size in (2_000, 20_000):
        project = project_of(size, decided=100)
        queue = Queue.of(project, "")
        object.__setattr__(queue, "user", make_member(project, role="researcher").user)
        read_in.append(read(queue, act))
    small, large = read_in
    assert large < 1.5 * small


def test_counting_stops_at_a_thousand():
    queue = Queue.of(project_of(3_000), "")
    assert queue.count() == (1_000, True)
