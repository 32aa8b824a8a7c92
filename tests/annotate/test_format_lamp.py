"""LAMP's edits in and out: places found by what is quoted, or by what comes of the edits."""

import json
from collections import Counter

import pytest

from tests.annotate.round_trips import bring_in, option, read, real, spans, taken_out
from tests.factories import make_project

EDIT = {
    "kind": "edit",
    "name": "edits",
    "title": "?",
    "labels": [option("Cliche"), option("Purple Prose")],
    "scores": 10,
}
MARKS = spans("marks", labels=["Cliche", "Purple Prose"])
BEFORE = "She saw 😀 as she walked, as one does."


def edit(original, changed, category="Cliche", **more):
    given = {"originalText": original, "editedText": changed, "categorization": category}
    return given | more


def record(*edits, **change):
    return {
        "instruction": "What does she do?",
        "preedit": BEFORE,
        "postedit": "",
        "id": "W1_batch1",
        "source": "gpt4o",
        "type": "Fiction",
        "fine_grained_edits": list(edits),
        "creativity_scores": ["3", "5"],
        **change,
    }


def edits_of(given):
    item, answers = read(given, "lamp", [EDIT])
    return item, [(e["start"], e["end"], e["replacement"]) for e in answers[0]["edits"]["edits"]]


def test_an_edit_is_where_its_text_stands_once():
    item, found = edits_of(record(edit("😀 as", "it as"), edit("one does.", "", "purple prose")))
    assert found == [(8, 12, "it as"), (28, 37, "")]
    assert (item.labels[0].annotator, item.completions[0].generator) == ("W1", "gpt4o")
    assert item.metadata == {"type": "Fiction"}
    assert item.labels[0].faults == []


def test_an_edit_answers_a_question_of_spans_as_well():
    _, [answers] = read(record(edit("😀", "it")), "lamp", [MARKS, EDIT])
    assert answers["marks"]["spans"][0]["text"] == "😀"
    assert answers["edits"]["scores"] == [{"completion": 0, "initial": 3, "final": 5}]


@pytest.mark.parametrize(
    ("after", "place"),
    [
        ("She saw 😀 as she walked, when one does.", 25),
        ("She saw 😀 when she walked, as one does.", 10),
    ],
)
def test_the_edited_text_tells_which_of_several_places_is_meant(after, place):
    _, found = edits_of(record(edit("as", "when"), postedit=after))
    assert found == [(place, place + 2, "when")]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (edit("as", "when"), "edit 2: 'as' stands 2 times in 'preedit'"),
        (edit("nowhere", ""), "edit 2: 'nowhere' does not stand in 'preedit'"),
        (edit("walked", "ran", "Silly"), "edit 2: the label 'Silly' is none"),
        (edit("saw 😀", "x"), "edit 2: 4-9 overlaps the edit of 0-7"),
        (edit("walked", "walked"), "edit 2: has an edit that leaves 'walked' as it is"),
        (edit("walked", None), "edit 2: has an edit of 'walked' without a replacement"),
    ],
)
def test_an_edit_that_cannot_be_read_is_told_and_the_others_stay(given, says):
    item, found = edits_of(record(edit("She saw", "There was"), given))
    assert found == [(0, 7, "There was")]
    [fault] = item.labels[0].faults
    assert fault.startswith(says)


def test_a_text_without_edits_is_left_unchanged():
    _, [answers] = read(record(), "lamp", [MARKS, EDIT])
    assert answers["edits"] == {
        "edits": [],
        "unchanged": [0],
        "scores": [{"completion": 0, "initial": 3}],
    }
    assert answers["marks"] == {"spans": [], "clean": [0]}


def test_places_beside_the_quote_are_used_and_insertions_need_them():
    insertion = edit("", "Then ", start=0, end=0)
    _, found = edits_of(record(insertion, edit("as", "when", start=25, end=27)))
    assert found == [(0, 0, "Then "), (25, 27, "when")]


def test_an_export_can_be_imported_again_and_is_the_same(db):
    project, copy = make_project(questions=[EDIT]), make_project(questions=[EDIT])
    given = [record(edit("😀 as", "it as"), item_id="k1")]
    given += [
        record(item_id="k1", annotator="Bea"),
        record(edit("saw", "met"), item_id="k1", id="W2_b"),
    ]
    result = bring_in(project, json.dumps(given), "lamp")
    assert (result.added, result.labels, result.bad) == (1, 3, 0)
    first = taken_out(project, "lamp")
    assert [one["annotator"] for one in first] == ["W1", "Bea", "W2"]
    assert first[0]["postedit"] == BEFORE.replace("😀 as", "it as")
    assert first[0]["creativity_scores"] == ["3", "5"]
    bring_in(copy, json.dumps(first), "lamp")
    assert taken_out(copy, "lamp") == first


def test_the_real_set_comes_back_edit_by_edit_from_quotes_alone(db):
    records = real("lamp/spans.jsonl")
    upstream = [
        {
            "item_id": one["item_id"],
            "annotator": a["annotator"],
            "instruction": one["prompt"],
            "preedit": one["response"],
            "postedit": a.get("edited_response", ""),
            "source": one["model"],
            "creativity_scores": a["scores_before_after"],
            "fine_grained_edits": [edit(s["text"], s["edit"], s["category"]) for s in a["spans"]],
        }
        for one in records
        for a in one["annotations"]
        if a["kind"] == "human"
    ]
    names = sorted({e["categorization"] for one in upstream for e in one["fine_grained_edits"]})
    labels = [{"value": f"c{n}", "label": name} for n, name in enumerate(names)]
    project = make_project(questions=[EDIT | {"labels": labels}], overlap=3)
    result = bring_in(project, json.dumps(upstream), "lamp")
    assert (result.added, result.labels) == (len(records), len(upstream))
    out = {(one["item_id"], one["annotator"]): one for one in taken_out(project, "lamp")}
    known = {
        (one["item_id"], a["annotator"]): Counter(
            (s["start"], s["end"], s["edit"]) for s in a["spans"] if s["start"] is not None
        )
        for one in records
        for a in one["annotations"]
        if a["kind"] == "human"
    }
    kept = {
        key: Counter((e["start"], e["end"], e["editedText"]) for e in one["fine_grained_edits"])
        for key, one in out.items()
    }
    assert all(found <= known[key] for key, found in kept.items())
    lost = sum((known[key] - found).total() for key, found in kept.items())
    unplaced = sum(
        s["start"] is None
        for r in records
        for a in r["annotations"]
        if a["kind"] == "human"
        for s in a["spans"]
    )
    assert lost + unplaced == result.bad
