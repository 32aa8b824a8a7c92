"""A claim reads as little in a large project, and late in it, as in a small one and early."""

import json

import pytest
from django.db import connection

from annotate.assignment import claiming
from annotate.models import Annotation, Assignment, Cursor, Item
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db
COPIES = """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, rank, stale, tags, created_at)
    SELECT project_id, 'copy-' || n, '', messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, n, stale, tags, created_at
    FROM annotate_item, generate_series(1, %s) AS n WHERE id = %s
"""


def buffers(query, parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", parameters)
        [(plan,)] = cursor.fetchall()
    plan = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def project_of(size, *, labelled):
    """A member who has labelled the first ``labelled`` of ``size`` items, overlap 2."""
    project = make_project(overlap=2)
    member = make_member(project)
    first = make_item(project)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [size, first.pk])
    done = Item.objects.filter(project=project).order_by("rank", "pk")[:labelled]
    annotator, form = member.user.annotator_or_new, project.form
    assignments = Assignment.objects.bulk_create(
        Assignment(
            project=project,
            item=item,
            annotator=annotator,
            state="submitted",
            order=[0, 1],
            form=form,
            expires_at=item.created_at,
        )
        for item in done
    )
    Annotation.objects.bulk_create(
        Annotation(project=project, item=a.item, annotator=annotator, form=form, answers={})
        for a in assignments
    )
    Item.objects.filter(pk__in=[a.item_id for a in assignments]).update(seats_left=1)
    if assignments:
        last = assignments[-1].item
        Cursor.objects.create(membership=member, queue="", rank=last.rank, item_id=last.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotate_item, annotate_assignment, annotate_annotation")
    return member


def read_by_next_claim(member):
    cursor = Cursor.objects.filter(membership=member).first()
    place = (cursor.rank, cursor.item_id) if cursor else (float("-inf"), 0)
    parameters = {
        "project": member.project_id,
        "annotator": member.user.annotator_or_new.pk,
        "queue": "",
        "rank": place[0],
        "id": place[1],
    }
    return buffers(claiming._FIRST, parameters)


@pytest.mark.parametrize(("size", "labelled"), [(20, 0), (20_000, 0), (20_000, 3_000)])
def test_a_claim_reads_few_pages_in_a_project_of_any_size_and_late_in_it(size, labelled):
    assert read_by_next_claim(project_of(size, labelled=labelled)) < 40
