"""Snapshots: what is in them, and that they never change."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.models import Annotation, Completion, Item, Snapshot
from annotate.snapshots import (
    annotations_of,
    pack_ids,
    take_snapshot,
    texts_digest,
    unpack_ids,
)
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_project,
    make_user,
    text_hash,
)


@given(ids=st.sets(st.integers(1, 2**62)))
@settings(derandomize=True, database=None, deadline=None)
def test_ids_come_back_as_they_were(ids):
    assert unpack_ids(pack_ids(sorted(ids))) == sorted(ids)


def test_a_hundred_thousand_ids_take_little_room():
    assert len(pack_ids(range(1, 300_000, 3))) < 5_000


@pytest.fixture
def project(db):
    return make_project()


def labelled(project, value=1, **fields):
    return make_annotation(make_item(project), make_annotator(project), value=value, **fields)


def test_a_snapshot_holds_the_current_labels_and_what_they_were_made_with(project):
    first = labelled(project, value=-1)
    second = make_annotation(first.item, first.annotator, value=1, supersedes=first)
    judge = make_annotator(project, kind="llm", name="judge")
    verdict = make_annotation(first.item, judge)
    labelled(project, purpose=Annotation.Purpose.QUALIFICATION)
    user = make_user()
    snapshot = take_snapshot(project, user=user)
    assert [a.pk for page in annotations_of(snapshot) for a in page] == [second.pk, verdict.pk]
    assert (snapshot.number, snapshot.count, snapshot.created_by) == (1, 2, user)
    assert (snapshot.form, snapshot.guidelines) == (project.form, project.guidelines)
    assert snapshot.judges == [{"pk": judge.pk, "name": "judge", "version": 1}]
    assert snapshot.last_item == Item.objects.latest("pk").pk


def test_the_same_labels_give_back_the_snapshot_there_is(project):
    labelled(project)
    assert take_snapshot(project) == take_snapshot(project)
    assert Snapshot.objects.count() == 1


def test_any_change_of_labels_items_texts_or_form_gives_another_one(project):
    annotation = labelled(project)
    digests = [take_snapshot(project).digest]
    labelled(project)
    digests.append(take_snapshot(project).digest)
    make_item(project)
    digests.append(take_snapshot(project).digest)
    Completion.objects.filter(item=annotation.item, position=0).update(text_hash=text_hash("x"))
    digests.append(take_snapshot(project).digest)
    project.forms.add_version(project, project.form.questions)
    digests.append(take_snapshot(project).digest)
    assert len(set(digests)) == 5
    assert list(project.snapshots.order_by("pk").values_list("number", flat=True)) == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_the_texts_digest_is_the_same_in_pages_of_any_size(project, monkeypatch):
    for _ in range(7):
        make_item(project)
    last = Item.objects.latest("pk").pk
    whole = texts_digest(project, last_item=last)
    monkeypatch.setattr("annotate.snapshots.PAGE", 3)
    assert texts_digest(project, last_item=last) == whole
    assert texts_digest(project, last_item=last - 1) != whole


def test_the_texts_stay_in_the_database_while_they_are_hashed(project):
    for _ in range(30):
        make_item(project)
    with CaptureQueriesContext(connection) as queries:
        take_snapshot(project)
    assert len(queries) <= 14
    assert not any('completion"."text"' in query["sql"] for query in queries)


def test_a_project_without_labels_can_be_frozen_as_well(project):
    snapshot = take_snapshot(project)
    assert (snapshot.count, list(annotations_of(snapshot))) == (0, [])


@pytest.mark.parametrize(
    "change", [{"digest": "0" * 64}, {"annotation_ids": b""}, {"texts_digest": "0" * 64}]
)
def test_the_database_refuses_to_change_one(project, change):
    take_snapshot(project)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Snapshot.objects.update(**change)


def test_another_project_s_labels_stay_out(project):
    labelled(make_project())
    assert take_snapshot(project).count == 0
