"""Snapshots: what is in them, and that they never change."""

import json
from io import StringIO

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from annotate.exporting import exporter_for, item_count, write_snapshot
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


# -------------------------------------------------------------------------------- archived items


def archive(item):
    Item.objects.filter(pk=item.pk).update(route=None, waits_for=Item.WaitsFor.ARCHIVE)


def exported(snapshot):
    file = StringIO()
    result = write_snapshot(snapshot, exporter_for(snapshot, "tandem", {}), file)
    assert result.items == item_count(snapshot)
    return [json.loads(line)["key"] for line in file.getvalue().splitlines()]


def test_archived_items_and_their_labels_are_no_part_of_a_snapshot(project):
    kept, gone, bare = (make_item(project, key=key) for key in ("kept", "gone", "bare"))
    label = make_annotation(kept, make_annotator(project))
    make_annotation(gone, make_annotator(project))
    archive(gone)
    archive(bare)
    snapshot = take_snapshot(project)
    assert unpack_ids(snapshot.annotation_ids) == [label.pk]
    assert unpack_ids(snapshot.archived_ids) == [gone.pk, bare.pk]
    assert exported(snapshot) == ["kept"]


def test_a_snapshot_stays_the_same_file_whatever_is_archived_or_restored_later(project):
    first, second = (make_item(project, key=key) for key in ("first", "second"))
    archive(first)
    snapshot = take_snapshot(project)
    Item.objects.filter(pk=first.pk).update(waits_for=None)
    archive(second)
    assert exported(snapshot) == ["second"]
    assert exported(take_snapshot(project)) == ["first"]


def test_archiving_an_unlabelled_item_makes_another_snapshot(project):
    make_item(project)
    before = take_snapshot(project)
    archive(make_item(project))
    assert take_snapshot(project) == before
    archive(Item.objects.get(waits_for=None))
    assert take_snapshot(project) != before


def test_the_digest_of_a_project_without_archived_items_is_that_of_its_texts(project):
    make_item(project)
    last = make_item(project).pk
    assert take_snapshot(project).texts_digest == texts_digest(project, last_item=last)
