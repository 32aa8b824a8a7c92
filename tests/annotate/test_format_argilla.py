"""Argilla's records in and out: responses and suggestions in both of their forms."""

import json

import pytest

from annotate.formats.base import BadLine
from tests.annotate.round_trips import bring_in, option, read, spans, take_out, taken_out
from tests.annotate.test_format_label_studio import ITEM, kept
from tests.factories import make_project

MARKS = spans(
    "errors",
    labels=["Silly", "Wrong", option("Too short", missing=True)],
    severities=[option("Minor"), option("Major")],
    contexts=True,
)
TEXT = "An answer 😀 here."
RECORD = {
    "id": "r1",
    "fields": {"prompt": "Ask.", "text": TEXT},
    "metadata": {"lang": "en"},
    "suggestions": {
        "errors": {
            "value": [span := {"label": "silly", "start": 0, "end": 2}],
            "score": 0.5,
            "agent": "m1",
        }
    },
    "responses": {
        "errors": [
            {"value": [span, {"label": "Wrong", "start": 3, "end": 9}], "user_id": "u1"},
            {"value": [], "user_id": "u2"},
        ],
        "quality": [{"value": 3, "user_id": "u3"}],
    },
}


def test_responses_are_labels_of_people_and_suggestions_of_an_llm():
    item, [first, second, third] = read(RECORD, "argilla", [MARKS])
    assert (item.key, item.metadata, item.completions[0].text) == ("r1", {"lang": "en"}, TEXT)
    assert [(one.annotator, one.kind) for one in item.labels] == [
        ("u1", "human"),
        ("u2", "human"),
        ("m1", "llm"),
    ]
    assert [one["text"] for one in first["errors"]["spans"]] == ["An", "answer"]
    assert second["errors"] == {"spans": [], "clean": [0]}
    assert [one["label"] for one in third["errors"]["spans"]] == ["silly"]


def test_the_form_of_the_api_is_read_as_well():
    api = RECORD | {
        "responses": [
            {"values": {"errors": {"value": [span]}}, "status": "submitted", "user_id": "u1"},
            {"values": {"errors": {"value": [span]}}, "status": "discarded", "user_id": "u2"},
        ],
        "suggestions": [{"question_name": "errors", "value": [], "agent": "m1"}],
    }
    item, [first, second] = read(api, "argilla", [MARKS])
    assert [one.annotator for one in item.labels] == ["u1", "m1"]
    assert [one["text"] for one in first["errors"]["spans"]] == ["An"]
    assert second["errors"]["clean"] == [0]


def test_the_question_may_have_another_name_there():
    record = RECORD | {"suggestions": {}, "responses": {"ents": RECORD["responses"]["errors"]}}
    assert read(record, "argilla", [MARKS])[0].labels == []
    assert len(read(record, "argilla", [MARKS], name="ents")[1]) == 2


@pytest.mark.parametrize(("offsets", "start"), [("code_points", 12), ("utf16", 13)])
def test_behind_an_emoji_the_option_has_to_say_what_offsets_count(offsets, start):
    value = [{"label": "silly", "start": start, "end": start + 4}]
    record = RECORD | {"suggestions": {"errors": {"value": value}}, "responses": {}}
    item, _ = read(record, "argilla", [MARKS])
    assert "may count code points or UTF-16" in item.labels[0].faults[0]
    _, [answers] = read(record, "argilla", [MARKS], offsets=offsets)
    assert answers["errors"]["spans"][0]["text"] == "here"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"label": "Grave", "start": 0, "end": 2}, "the label 'Grave' is none"),
        ({"label": "silly"}, "has no place"),
        ({"label": "silly", "start": 0, "end": 99}, "not within the text"),
    ],
)
def test_a_span_that_cannot_be_read_is_told_and_the_others_stay(given, says):
    record = RECORD | {"suggestions": {"errors": {"value": [span, given]}}, "responses": {}}
    item, [answers] = read(record, "argilla", [MARKS])
    assert len(answers["errors"]["spans"]) == 1
    [fault] = item.labels[0].faults
    assert fault.startswith("errors span 2: ")
    assert says in fault


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fields": None}, "'fields' is None"),
        ({"fields": {"image": 3}}, "name it by the option completions"),
        ({"id": [1]}, "'id' is"),
    ],
)
def test_a_record_that_cannot_be_used_is_refused(change, says):
    with pytest.raises(BadLine, match=says):
        read(RECORD | change, "argilla", [MARKS])


@pytest.mark.parametrize("offsets", ["code_points", "utf16"])
def test_what_is_exported_can_be_imported_again(db, offsets):
    project, copy = make_project(questions=[MARKS]), make_project(questions=[MARKS])
    bring_in(project, json.dumps(ITEM), "tandem")
    text, result = take_out(project, "argilla", offsets=offsets)
    assert result.left_out == {"parts that are missing, which have no place": 1}
    assert bring_in(copy, text, "argilla", offsets=offsets).bad == 0
    [before], [after] = taken_out(project, "tandem"), taken_out(copy, "tandem")
    first = before["labels"][0]["answers"]["errors"]
    # What Argilla has no place for.
    del first["missing"]
    for one in first["spans"]:
        one.pop("severity", None)
        one.pop("comment", None)
    for record in (before, after):
        for label in record["labels"]:
            label["created_at"] = None
    assert kept(after) == kept(before)


def test_argilla_has_one_suggestion_a_question_so_further_ones_are_counted(db):
    project = make_project(questions=[MARKS])
    label = ITEM["labels"][1]
    item = {
        "key": "k",
        "prompt": "?",
        "completions": [{"text": TEXT}],
        "labels": [
            label | {"annotator": who, "answers": {"errors": {"spans": [], "clean": [0]}}}
            for who in ("m1", "m2")
        ],
    }
    bring_in(project, json.dumps(item), "tandem")
    text, result = take_out(project, "argilla")
    [record] = json.loads(text)
    assert record["suggestions"] == {"errors": {"value": [], "score": None, "agent": "m1"}}
    assert result.left_out == {"judges' answers beyond one suggestion a question": 1}
