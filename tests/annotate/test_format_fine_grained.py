"""Fine-Grained RLHF's feedback in and out: spans with grounds, gaps, corrections, preferences."""

import json
from itertools import combinations

import pytest

from annotate.formats.base import BadLine
from tests.annotate.round_trips import (
    bring_in,
    faults,
    option,
    read,
    real,
    spans,
    take_out,
    taken_out,
)
from tests.factories import make_project

ERRORS = ["Irrelevant", "Redundant", "Incoherent", "Wrong-Grounding", "Unverifiable"]
LACKS = ["Missing-Answer", "Missing-Major-Auxiliary", "Missing-Minor-Auxiliary"]
FEEDBACK = spans(
    labels=[*ERRORS, *(option(one, missing=True) for one in LACKS)],
    evidence=True,
    overlap=False,
    completions=[0],
)
PAIRS = [
    {"kind": "preference", "name": f"p{a}{b}", "title": "?", "points": 3, "pair": [a, b]}
    for a, b in combinations(range(4), 2)
]
EDIT = {"kind": "edit", "name": "correction", "title": "?", "completions": [0]}
FORM = [FEEDBACK, EDIT, *PAIRS]
RECORD = {
    "question": "Who?",
    "passages": [["First", "One 😀 is here.", "Two."], ["Second", "Three.", "Four."]],
    "gold": "Ann.",
    "prediction 1": "It was 😀 Bob. It was Bob.",
    "prediction 2": "b",
    "prediction 3": "c",
    "prediction 4": "d",
    "feedback": {
        "errors": [
            {"error type": "Redundant", "explanation": "It was Bob.", "start": 14, "end": 25},
            {
                "error type": "Wrong-Grounding",
                "explanation": '{"passage_id":2,"sentence_id":[1,2]}',
                "start": 7,
                "end": 12,
            },
        ],
        "missing-info": [
            {"error type": "Missing-Answer", "passage_id": 1, "sentence_id": [2]},
        ],
        "corrected-prediction": "It was Ann 😀.",
    },
    "preference": [1, 2, 0, 2, 1, 0],
}


def feedback(**change):
    return RECORD | {"feedback": RECORD["feedback"] | change}


def test_a_record_becomes_an_item_of_four_answers_and_a_label():
    item, [answers] = read(RECORD, "fine_grained", FORM)
    assert [one.text for one in item.completions][1:] == ["b", "c", "d"]
    assert item.contexts == [
        {"title": "First", "text": "One 😀 is here. Two."},
        {"title": "Second", "text": "Three. Four."},
    ]
    assert item.metadata["gold"] == "Ann."
    wrong, redundant = answers["errors"]["spans"]
    assert (wrong["label"], wrong["text"]) == ("wrong_grounding", "😀 Bob")
    assert [one["text"] for one in wrong["evidence"]] == ["Three.", "Four."]
    assert (redundant["comment"], redundant["text"]) == ("It was Bob.", "It was Bob.")
    [lack] = answers["errors"]["missing"]
    assert lack["label"] == "missing_answer"
    assert lack["evidence"] == [{"context": 0, "start": 15, "end": 19, "text": "Two."}]
    values = {name: answers[name]["value"] for name in answers if name.startswith("p")}
    assert values == {"p01": -1, "p02": 1, "p03": 0, "p12": 1, "p13": -1, "p23": 0}


def test_a_correction_is_the_edits_that_lead_to_it():
    _, [answers] = read(RECORD, "fine_grained", FORM)
    text, edits = RECORD["prediction 1"], answers["correction"]["edits"]
    for edit in reversed(edits):
        assert text[edit["start"] : edit["end"]] == edit["text"]
        text = text[: edit["start"]] + edit["replacement"] + text[edit["end"] :]
    assert text == "It was Ann 😀."


@pytest.mark.parametrize(
    ("correction", "answer"),
    [("", None), (RECORD["prediction 1"], {"edits": [], "unchanged": [0]})],
)
def test_without_a_correction_there_is_no_answer_and_the_same_text_is_left_unchanged(
    correction, answer
):
    _, [answers] = read(feedback(**{"corrected-prediction": correction}), "fine_grained", FORM)
    assert answers.get("correction") == answer


def test_feedback_without_errors_says_that_there_are_none():
    _, [answers] = read(feedback(errors=[], **{"missing-info": []}), "fine_grained", FORM)
    assert answers["errors"] == {"spans": [], "clean": [0]}


def test_a_pair_that_is_compared_the_other_way_round_turns_its_preference():
    pair = PAIRS[0] | {"pair": [1, 0], "points": 5}
    _, [answers] = read(RECORD, "fine_grained", [FEEDBACK, pair])
    assert answers["p01"]["value"] == 1


def test_a_tie_is_left_out_where_the_form_has_none():
    _, [answers] = read(RECORD, "fine_grained", [FEEDBACK, PAIRS[2] | {"points": 4}])
    assert "p03" not in answers


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ({"error type": "Silly", "start": 0, "end": 2}, "the label 'Silly' is none of the form"),
        ({"error type": "Redundant", "start": None, "end": 2}, "has no place"),
        ({"error type": "Redundant", "start": 20, "end": 99}, "not within the text of 25"),
        ({"error type": "Redundant", "start": 5, "end": 5}, "ends where it starts"),
        ({"error type": "Redundant", "start": 0, "end": 8}, "0-8 overlaps 7-12"),
        ({"error type": "Missing-Answer", "start": 0, "end": 2}, "label 'missing_answer'"),
    ],
)
def test_an_error_that_cannot_be_read_is_told_and_the_others_stay(error, says):
    errors = [*RECORD["feedback"]["errors"], error]
    item, [answers] = read(feedback(errors=errors), "fine_grained", FORM)
    assert len(answers["errors"]["spans"]) == 2
    [fault] = item.labels[0].faults
    assert fault.startswith("error 3: ")
    assert says in fault


def test_grounds_that_are_not_there_are_told_and_the_error_stays():
    error = {"error type": "Redundant", "start": 0, "end": 2}
    error["explanation"] = '{"passage_id":2,"sentence_id":[0,1]}'
    item, [answers] = read(feedback(errors=[error]), "fine_grained", FORM)
    [span] = answers["errors"]["spans"]
    assert [one["text"] for one in span["evidence"]] == ["Three."]
    assert "names sentence 0 of passage 2" in item.labels[0].faults[0]


def test_another_name_of_a_label_can_be_given():
    error = [{"error type": "Silly", "start": 0, "end": 2}]
    _, [answers] = read(feedback(errors=error), "fine_grained", FORM, labels="Silly=irrelevant")
    assert answers["errors"]["spans"][0]["label"] == "irrelevant"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"preference": [1, 2]}, "'preference' is .*; write six numbers"),
        ({"passages": [["T", 3]]}, "passage 1 is"),
        ({"prediction 1": None}, "'prediction 1' is None"),
        ({"kind": "robot"}, "'kind' is 'robot'"),
    ],
)
def test_a_record_that_cannot_be_used_is_refused(change, says):
    with pytest.raises(BadLine, match=says):
        read(RECORD | change, "fine_grained", FORM)


def comparable(record):
    """What a round trip keeps, in one order."""
    errors = sorted(record["feedback"]["errors"], key=lambda one: (one["start"], one["end"]))
    lacks = sorted(record["feedback"]["missing-info"], key=json.dumps)
    return {
        **{name: record[name] for name in ("question", "passages", "gold", "preference")},
        **{name: value for name, value in record.items() if name.startswith("prediction")},
        "feedback": record["feedback"] | {"errors": errors, "missing-info": lacks},
    }


def test_an_export_is_the_array_that_came_in(db):
    project = make_project(questions=FORM)
    records = [RECORD, RECORD | {"question": "Where?", "preference": [0] * 6}]
    result = bring_in(project, json.dumps(records, indent=2), "fine_grained")
    assert (result.added, result.labels, result.bad) == (2, 2, 0)
    assert list(map(comparable, taken_out(project, "fine_grained"))) == list(
        map(comparable, records)
    )


def test_what_is_exported_can_be_imported_again_with_its_annotators(db):
    project, copy = make_project(questions=FORM), make_project(questions=FORM)
    bring_in(project, json.dumps([RECORD | {"item_id": "q1"}]), "fine_grained")
    more = RECORD | {"item_id": "q1", "annotator": "Bea", "preference": [2] * 6}
    bring_in(project, json.dumps([more]), "fine_grained")
    text, result = take_out(project, "fine_grained")
    assert (result.items, result.rows) == (1, 2)
    again = bring_in(copy, text, "fine_grained")
    assert (again.added, again.labels, again.conflicts) == (1, 2, 0)
    assert take_out(copy, "fine_grained")[0] == text


def test_a_judge_s_feedback_is_written_where_it_is_asked_for(db):
    project = make_project(questions=FORM)
    bring_in(project, json.dumps([RECORD]), "fine_grained", annotator="gpt", kind="llm")
    text, result = take_out(project, "fine_grained")
    assert text == "[\n\n]\n"
    assert result.left_out == {"items without such a label": 1}
    [record] = taken_out(project, "fine_grained", source="judges")
    assert (record["annotator"], record["kind"]) == ("gpt", "llm")


def test_the_real_set_comes_back_as_it_was(db):
    records = real("finegrained_qa/items.jsonl")
    project = make_project(questions=FORM)
    upstream = [{name: one[name] for name in one if name != "source"} for one in records]
    result = bring_in(project, json.dumps(upstream), "fine_grained")
    errors = sum(len(one["feedback"]["errors"]) for one in records)
    stored = [label.answers["errors"] for label in project.annotations.all()]
    assert (result.added, result.labels) == (len(records), len(records))
    assert all("names sentence 0 of passage" in message for _, message in faults(result))
    assert sum(len(one["spans"]) for one in stored) == errors
    out = {one["item_id"]: comparable(one) for one in taken_out(project, "fine_grained")}
    changed = [one for one in records if out[one["item_id"]] != comparable(one)]
    told = {message.split(":")[0] for _, message in faults(result)}
    assert len(changed) == len(told)  # records that name a passage's title among the grounds
