"""A claim reads as little in a large project, and late in it, as in a small one and early."""

import json

import pytest
from django.db import connection

from annotate.assignment import claiming
from annotate.models import Cursor, Item
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db
COPIES = """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, rank, stale, tags, created_at)
    SELECT project_id, 'copy-' || n, '', messages, contexts, metadata, prompt_hash, evaluation, route,
        overlap, CASE WHEN n <= %(labelled)s THEN 1 ELSE 2 END, queue, n, stale, tags, created_at
    FROM annotate_item, generate_series(1, %(size)s) AS n WHERE id = %(item)s
"""
ASSIGNMENTS = """
    INSERT INTO annotate_assignment (project_id, item_id, annotator_id, state, "order", undos,
        opened_at, expires_at, closed_at, pay_held, form_id)
    SELECT project_id, id, %(annotator)s, 'submitted', '{0,1}', 0, now(), now(), now(), false, %(form)s
    FROM annotate_item WHERE project_id = %(project)s AND rank BETWEEN 1 AND %(labelled)s
"""
LABELS = """
    INSERT INTO annotate_annotation (project_id, item_id, annotator_id, assignment_id, purpose,
        attempt, answers, form_id, key, created_at)
    SELECT project_id, item_id, annotator_id, id, 'work', 1, '{}', form_id, id || '-0', now()
    FROM annotate_assignment WHERE project_id = %(project)s
"""


def plan_of(query, parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", parameters)
        [(plan,)] = cursor.fetchall()
    return (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]


def project_of(size, *, labelled):
    """A member who has labelled the first ``labelled`` of ``size`` items, overlap 2."""
    project = make_project(overlap=2)
    member = make_member(project)
    values = {
        "size": size,
        "labelled": labelled,
        "item": make_item(project, rank=size + 1).pk,
        "project": project.pk,
        "annotator": member.user.annotator_or_new.pk,
        "form": project.form.pk,
    }
    with connection.cursor() as cursor:
        for statement in (COPIES, ASSIGNMENTS, LABELS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE annotate_item, annotate_assignment, annotate_annotation")
    if labelled:
        last = Item.objects.get(project=project, rank=labelled)
        Cursor.objects.create(membership=member, queue="", rank=last.rank, item_id=last.pk)
    return member


def next_claim(member):
    """The plan of looking for the member's next item, as it was run."""
    cursor = Cursor.objects.filter(membership=member).first()
    place = (cursor.rank, cursor.item_id) if cursor else (float("-inf"), 0)
    parameters = {
        "project": member.project_id,
        "annotator": member.user.annotator_or_new.pk,
        "queue": "",
        "rank": place[0],
        "id": place[1],
    }
    return plan_of(claiming._FIRST, parameters)


def buffers(plan):
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.mark.parametrize(("size", "labelled"), [(25_000, 0), (25_000, 20_000)])
def test_a_claim_reads_few_pages_in_a_project_of_any_size_and_late_in_it(size, labelled):
    small = next_claim(project_of(20, labelled=5))
    large = next_claim(project_of(size, labelled=labelled))
    assert large["Actual Rows"] == 1
    assert buffers(large) < buffers(small) + 40, json.dumps([small, large], indent=1)
