"""Exports aggregate a snapshot's labels by the methods that it names, from the snapshot alone."""

import io
import json

import pytest

from annotate.aggregation import aggregate_stale
from annotate.aggregation.choosing import choose_method
from annotate.aggregation.fitting import fit_project
from annotate.aggregation.frozen import learn, methods_of
from annotate.exporting import exporter_for, write_snapshot
from annotate.models import Aggregate, Annotation, Snapshot
from annotate.snapshots import take_snapshot, unpack_array
from tests.factories import make_annotation, make_annotator, make_item, make_project


@pytest.fixture
def project(db):
    """Three good annotators, two who say the contrary, and an item of one against two of these."""
    project = make_project()
    people = [make_annotator(project) for _ in range(5)]
    for number in range(30):
        item = make_item(project, completions=(f"first {number}", f"second {number}"))
        truth = 1 if number % 3 else -1
        for place, person in enumerate(people):
            make_annotation(item, person, value=truth if place < 3 else -truth)
    torn = make_item(project, prompt="Torn", completions=("wrong", "right"))
    for person, value in zip(people[2:], (1, -1, -1), strict=True):
        make_annotation(torn, person, value=value)
    return project


def exported(snapshot, name="trl", **options):
    out = io.StringIO()
    write_snapshot(snapshot, exporter_for(snapshot, name, options), out)
    return out.getvalue()


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def torn(text):
    return next(row for row in rows(text) if "Torn" in str(row.get("prompt", row)))


def test_a_file_has_what_the_method_finds_and_not_what_most_said(project):
    snapshot = take_snapshot(project)
    assert snapshot.methods["questions"] == {"overall": "dawid_skene"}
    assert torn(exported(snapshot))["chosen"] == "right"
    choose_method(project, project.questions["overall"], "majority")
    assert torn(exported(take_snapshot(project)))["chosen"] == "wrong"


def test_a_file_says_what_the_pages_say(project):
    while aggregate_stale(project):
        pass
    fit_project(project)
    written = {
        row["key"]: row["aggregates"]["overall"]["people"]
        for row in rows(exported(take_snapshot(project), "tandem"))
    }
    shown = Aggregate.objects.filter(source="people").select_related("item")
    assert len(shown) == 31
    for aggregate in shown:
        found = written[aggregate.item.key]
        assert found["majority"] == aggregate.majority
        assert found["mean"] == pytest.approx(aggregate.mean, abs=1e-4)
        assert found["data"]["posterior"].keys() == aggregate.data["posterior"].keys()


def test_a_snapshot_gives_the_same_file_whatever_comes_after(project):
    snapshot = take_snapshot(project)
    before = exported(snapshot), exported(snapshot, "tandem")
    for item in project.items.all():
        make_annotation(item, make_annotator(project), value=-2)
    choose_method(project, project.questions["overall"], "mace")
    while aggregate_stale(project):
        pass
    fit_project(project)
    assert (exported(snapshot), exported(snapshot, "tandem")) == before


def test_another_method_makes_another_snapshot_of_the_same_labels(project):
    first = take_snapshot(project)
    assert take_snapshot(project) == first
    choose_method(project, project.questions["overall"], "glad")
    second = take_snapshot(project)
    assert second.digest != first.digest
    assert bytes(second.annotation_ids) == bytes(first.annotation_ids)


def test_a_snapshot_from_before_methods_is_counted(project):
    snapshot = take_snapshot(project)
    old = Snapshot(
        **{
            field.attname: getattr(snapshot, field.attname)
            for field in Snapshot._meta.concrete_fields
            if field.name not in ("id", "methods", "number")
        },
        number=99,
    )
    old.save()
    assert torn(exported(old))["chosen"] == "wrong"


def test_reviews_stand_in_files_too(project):
    item = project.items.get(messages__0__content="Torn")
    reviewer = make_annotator(project)
    make_annotation(item, reviewer, value=-2, purpose=Annotation.Purpose.REVIEW)
    assert torn(exported(take_snapshot(project)))["chosen"] == "wrong"


@pytest.mark.parametrize("method", ["weighted", "mace", "glad", "bradley_terry", "adjusted_mean"])
def test_every_method_learns_from_a_snapshot(project, method):
    choose_method(project, project.questions["overall"], method)
    snapshot = take_snapshot(project)
    frozen = learn(
        project.questions, snapshot.methods["questions"], unpack_array(snapshot.annotation_ids)
    )
    assert set(frozen.fits) == {("overall", "people"), ("overall", "all")}
    assert len(rows(exported(snapshot))) >= 30


def test_a_form_of_texts_names_no_method(db):
    project = make_project(questions=[{"kind": "text", "name": "why", "title": "Why?"}])
    make_annotation(make_item(project), make_annotator(project), answers={"why": {"text": "So."}})
    assert methods_of(project) == {}
    assert rows(exported(take_snapshot(project), "tandem"))[0]["aggregates"]["why"]
