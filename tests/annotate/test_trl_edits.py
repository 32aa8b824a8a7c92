"""Whoever edits a completion prefers what comes of it: such pairs in TRL's rows."""

import io
import json

import pytest

from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import importer
from annotate.formats.base import RefusedFile
from annotate.importing import import_items
from annotate.snapshots import take_snapshot
from tests.factories import make_project

pytestmark = pytest.mark.django_db
EDIT = {"kind": "edit", "name": "edit", "title": "Edit", "scores": 10}
TEXT = "👍🏽 It was a dark night.\r\nShe ran."


def change(start, end, replacement, completion=0, text=TEXT):
    return {
        "completion": completion,
        "start": start,
        "end": end,
        "text": text[start:end],
        "replacement": replacement,
    }


def label(annotator, *edits, initial=None, final=None, kind="human", **more):
    scores = [{"completion": 0, "initial": initial, "final": final}] if initial else []
    answers = {"edit": {"edits": list(edits), "scores": scores, **more}}
    return {"annotator": annotator, "kind": kind, "answers": answers}


def exported(*labels, questions=(EDIT,), completions=(TEXT,), **options):
    project = make_project(questions=list(questions))
    record = {
        "key": "one",
        "prompt": "Begin a story.",
        "completions": [{"text": text} for text in completions],
        "labels": list(labels),
    }
    report = import_items(project, [record], importer("tandem", project.questions, {}))
    assert not report.faults
    snapshot, file = take_snapshot(project), io.StringIO(newline="\n")
    result = write_snapshot(snapshot, exporter_for(snapshot, "trl", options), file)
    return [json.loads(line) for line in file.getvalue().splitlines()], result.left_out


DARK = change(12, 16, "moonless")


def test_the_edited_text_is_chosen_and_the_original_rejected():
    rows, left_out = exported(label("Ann", DARK, initial=3, final=8))
    assert rows == [
        {
            "prompt": "Begin a story.",
            "chosen": "👍🏽 It was a moonless night.\r\nShe ran.",
            "rejected": TEXT,
        }
    ]
    assert left_out == {}


def test_scores_and_the_gain_stand_beside_the_pair_where_they_are_wanted():
    scored = label("Ann", DARK, initial=3, final=8)
    [row], _ = exported(scored, scores="yes", margin="yes")
    assert (row["score_chosen"], row["score_rejected"], row["margin"]) == (8, 3, 5 / 9)
    [row], _ = exported(label("Ann", DARK), scores="yes", margin="yes")
    assert (row["score_chosen"], row["score_rejected"], row["margin"]) == (None, None, 0.0)


def test_each_different_text_is_a_pair_and_people_s_stand_before_judges():
    ran = change(len(TEXT) - 8, len(TEXT), "She walked.")
    labels = [
        label("Ann", DARK),
        label("Bob", DARK, ran),
        label("Cem", DARK),
        label("gpt", ran, kind="llm"),
    ]
    rows, _ = exported(*labels)
    assert [row["chosen"].count("moonless") for row in rows] == [1, 1]
    assert [row["chosen"].count("walked") for row in rows] == [0, 1]
    for source, number in (("people", 2), ("judges", 1), ("all", 3)):
        assert len(exported(*labels, source=source)[0]) == number


def test_an_item_without_an_edit_is_left_out_and_counted():
    unchanged = {"annotator": "Ann", "answers": {"edit": {"edits": [], "unchanged": [0]}}}
    assert exported(unchanged) == ([], {"without edits": 1})
    assert exported() == ([], {"without edits": 1})


def test_every_completion_that_was_edited_has_its_pair():
    other = change(0, 5, "First", completion=1, text="Other one.")
    rows, _ = exported(label("Ann", DARK, other), completions=(TEXT, "Other one."))
    assert [row["rejected"] for row in rows] == [TEXT, "Other one."]


def test_edits_decide_where_they_are_named_or_nothing_else_does():
    preference = {"kind": "preference", "name": "overall", "title": "Which?"}
    two = (TEXT, "Other one.")
    rows, left_out = exported(
        label("Ann", DARK), questions=(preference, EDIT), completions=two, question="edit"
    )
    assert len(rows) == 1
    rows, left_out = exported(label("Ann", DARK), questions=(preference, EDIT), completions=two)
    assert (rows, left_out) == ([], {"without label": 1})
    with pytest.raises(RefusedFile, match="no preference named 'edits'"):
        exported(label("Ann", DARK), question="edits")
