"""Texts with everybody's marks, a text a line; and the real sets that come so."""

import json
from collections import Counter

import pytest

from annotate.formats.base import BadLine, RefusedFile
from annotate.models import Annotation
from annotate.presets import PRESETS
from tests.annotate.round_trips import (
    bring_in,
    faults,
    option,
    read,
    real,
    spans,
    taken_out,
)
from tests.factories import make_project

MARKS = spans(labels=["Cliche", "Purple Prose"], severities=[option("Minor"), option("Major")])
EDIT = {
    "kind": "edit",
    "name": "edits",
    "title": "?",
    "labels": [option("Cliche"), option("Purple Prose")],
    "scores": 10,
}
TEXT = "A 😀 silent conversation, all in all."
SPAN = {"start": 2, "end": 10, "text": "😀 silent", "category": "Cliche"}
RECORD = {
    "item_id": "p1",
    "source": "set",
    "prompt": "Write.",
    "response": TEXT,
    "model": "gpt",
    "genre": "fiction",
    "annotations": [
        {
            "annotator": "w1",
            "kind": "human",
            "spans": [SPAN | {"edit": "quiet", "severity": "major", "comment": "Worn."}],
            "scores_before_after": ["3", "8"],
        },
        {"annotator": "llm", "kind": "llm", "method": "fs5", "spans": []},
    ],
}


def test_marks_of_people_and_llms_become_labels():
    item, [first, second] = read(RECORD, "spans", [MARKS])
    assert (item.key, item.source, item.metadata) == ("p1", "set", {"genre": "fiction"})
    assert item.completions[0].generator == "gpt"
    [span] = first["errors"]["spans"]
    assert span == {
        "completion": 0,
        "start": 2,
        "end": 10,
        "text": "😀 silent",
        "label": "cliche",
        "severity": "major",
        "comment": "Worn.",
    }
    assert second["errors"] == {"spans": [], "clean": [0]}
    assert [(one.annotator, one.kind) for one in item.labels] == [
        ("w1", "human"),
        ("llm (fs5)", "llm"),
    ]


def test_edits_of_spans_answer_a_question_of_edits():
    _, [first, second] = read(RECORD, "spans", [MARKS, EDIT])
    assert first["edits"] == {
        "edits": [
            {
                "completion": 0,
                "start": 2,
                "end": 10,
                "text": "😀 silent",
                "replacement": "quiet",
                "label": "cliche",
            }
        ],
        "scores": [{"completion": 0, "initial": 3, "final": 8}],
    }
    assert "edits" not in second


def test_marks_in_the_source_are_spans_of_a_passage():
    span = {"side": "source", "start": 0, "end": 2, "text": "So", "category": "cliche"}
    record = {
        "item_id": "t1",
        "source_text": "So what?",
        "target_text": "Na und?",
        "system": "sys",
        "doc": "d",
        "annotations": [{"annotator": "r", "spans": [span]}],
    }
    item, [answers] = read(record, "spans", [MARKS | {"contexts": True}])
    assert item.contexts == [{"title": "Source", "text": "So what?"}]
    assert item.messages[0]["content"] == "Translate the text."
    assert (item.completions[0].generator, item.metadata) == ("sys", {"doc": "d"})
    assert answers["errors"]["spans"][0]["context"] == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"start": None, "end": None}, "span 1: has no place of '😀 silent'"),
        ({"text": "silent"}, "2-10 quotes 'silent', but there stands '😀 silent'"),
        ({"category": "Silly"}, "the label 'Silly' is none of the form"),
        ({"context": 3}, "passage 4, which the item does not have"),
    ],
)
def test_a_span_that_cannot_be_read_is_told_and_the_others_stay(change, says):
    other = {"start": 0, "end": 1, "text": "A", "category": "Cliche"}
    record = RECORD | {"annotations": [{"annotator": "w", "spans": [SPAN | change, other]}]}
    item, [answers] = read(record, "spans", [MARKS | {"contexts": True}])
    assert [one["text"] for one in answers["errors"]["spans"]] == ["A"]
    [fault] = item.labels[0].faults
    assert says in fault


def test_other_names_may_be_those_of_labels_of_either_question():
    form = [MARKS, EDIT | {"labels": [option("Worn")]}]
    named = "Cliche=worn; Silly=cliche"
    _, [first, _] = read(RECORD, "spans", form, labels=named)
    assert first["errors"]["spans"][0]["label"] == "cliche"
    assert first["edits"]["edits"][0]["label"] == "worn"
    with pytest.raises(RefusedFile, match="'wrong' is no label; use one of cliche, purple_prose"):
        read(RECORD, "spans", form, labels="Cliche=wrong")


def test_the_categories_of_lamp_are_those_of_the_preset():
    record = RECORD | {
        "annotations": [
            {
                "annotator": "w",
                "spans": [SPAN | {"category": "Awkward Word Choice and Phrasing", "edit": "x"}],
            }
        ]
    }
    _, [answers] = read(record, "spans", PRESETS["edit"].questions)
    assert answers["edit"]["edits"][0]["label"] == "awkward"


def test_what_cannot_be_used_at_all_is_refused():
    with pytest.raises(RefusedFile, match="no question of the kind spans"):
        read(RECORD, "spans", [{"kind": "text", "name": "why", "title": "?"}])
    with pytest.raises(RefusedFile, match="hold no 'annotations'"):
        read({"prompt": "?"}, "spans", [MARKS])
    with pytest.raises(BadLine, match="annotation 1: 'kind' is 'robot'"):
        read(RECORD | {"annotations": [{"kind": "robot"}]}, "spans", [MARKS])


def test_what_is_exported_can_be_imported_again_and_is_the_same(db):
    form = [MARKS, EDIT]
    project, copy = make_project(questions=form), make_project(questions=form)
    assert bring_in(project, json.dumps(RECORD), "spans").labels == 2
    first = taken_out(project, "spans")
    assert first[0]["annotations"][0]["edited_response"] == TEXT.replace("😀 silent", "quiet")
    bring_in(copy, "\n".join(map(json.dumps, first)), "spans")
    assert taken_out(copy, "spans") == first
    assert [len(one["annotations"]) for one in taken_out(project, "spans", source="people")] == [1]


# ----------------------------------------------------------------------------------- the real sets


def all_spans(records):
    return [(a, s) for r in records for a in r["annotations"] for s in a["spans"]]


def form_of(records, **settings):
    names = sorted({s["category"] for _, s in all_spans(records)})
    labels = [{"value": f"c{n}", "label": name} for n, name in enumerate(names)]
    return spans(labels=labels, **settings)


def marked(records):
    """Every placed span, by text and annotator, with who placed it where."""
    return Counter(
        (
            record["item_id"],
            f"{one['annotator']} ({one['method']})" if one.get("method") else one["annotator"],
            span["start"],
            span["end"],
            span["text"],
            span["category"],
        )
        for record in records
        for one in record["annotations"]
        for span in one["spans"]
        if span["start"] is not None
    )


@pytest.mark.parametrize(
    ("name", "labels", "unplaced"),
    [
        ("lamp/spans.jsonl", 1859, 269),
        ("wmt23_mqm/segments_ende.jsonl", 2070, 0),
        ("wmt23_mqm/segments_zhen.jsonl", 8610, 58),
    ],
)
def test_the_real_sets_come_back_span_by_span(db, name, labels, unplaced):
    records = real(name)
    severities = [option("Minor"), option("Major")]
    form = form_of(records, severities=severities, contexts=True)
    project = make_project(questions=[form], overlap=3)
    result = bring_in(project, "\n".join(map(json.dumps, records)), "spans")
    told = [message for _, message in faults(result)]
    assert sum("has no place" in message for message in told) == unplaced
    # Labels all of whose spans have no place, of which nothing is left.
    empty = sum("nothing is answered" in message for message in told)
    assert (result.added, result.labels + empty) == (len(records), labels)
    assert result.bad == unplaced + empty
    assert marked(taken_out(project, "spans")) == marked(records)


def test_the_edits_of_the_real_set_lead_to_the_edited_texts_as_far_as_the_set_has_them(db):
    records = real("lamp/spans.jsonl")
    names = sorted({s["category"] for _, s in all_spans(records)})
    labels = [{"value": f"c{n}", "label": name} for n, name in enumerate(names)]
    project = make_project(questions=[EDIT | {"labels": labels}], overlap=3)
    people = [
        one | {"annotations": [a for a in one["annotations"] if a["kind"] == "human"]}
        for one in records
    ]
    result = bring_in(project, "\n".join(map(json.dumps, people)), "spans")
    stored = Annotation.objects.filter(project=project)
    kept = sum(len(one.answers["edits"]["edits"]) for one in stored)
    given = sum(len(a["spans"]) for one in people for a in one["annotations"])
    told = [message for _, message in faults(result)]
    refused = sum("overlaps" in m or "no place" in m or "as it is" in m for m in told)
    assert kept + refused == given
    assert all("scores" in one.answers["edits"] for one in stored)
