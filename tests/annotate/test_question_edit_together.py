"""Several people's edits, as characters that are replaced; and a judge that edits by quoting."""

import pytest

from annotate.agreement import project_agreement
from annotate.models import Aggregate
from annotate.offsets import Texts
from annotate.questions import InvalidAnswer, parse_questions
from annotate.questions.base.marks import Mark
from annotate.questions.base.quotes import TALLY
from tests.annotate.test_aggregation_fits import bring_up_to_date
from tests.factories import make_annotation, make_annotator, make_item, make_project

TEXT = "She lives in Berlin, in Berlin alone. 👍🏽 Really."
TEXTS = Texts([TEXT, "Second."])
LABELS = [{"value": "fact", "label": "Fact"}, {"value": "style", "label": "Style"}]
FORM = {"kind": "edit", "name": "edit", "title": "Edit?", "labels": LABELS}


def question(**more):
    [found] = parse_questions([{**FORM, **more}])
    return found


def change(start, end, replacement, label="fact"):
    return {
        "completion": 0,
        "start": start,
        "end": end,
        "text": TEXT[start:end],
        "replacement": replacement,
        "label": label,
    }


# ------------------------------------------------------------------- agreement and aggregation


def test_edits_mark_what_gives_way_and_insertions_mark_nothing():
    given = {"edits": [change(0, 0, "So "), change(13, 19, "Bonn"), change(21, 23, "out")]}
    assert question().marks(given) == [
        Mark(("completion", 0), 13, 19, "fact"),
        Mark(("completion", 0), 21, 23, "fact"),
    ]


@pytest.mark.django_db
def test_a_project_knows_which_passages_most_edit_and_how_far_people_agree():
    project = make_project(questions=[FORM])
    people = [make_annotator(project) for _ in range(3)]
    item = make_item(project, completions=(TEXT,))
    edits = [
        [change(13, 19, "Bonn")],
        [change(10, 19, "near Bonn")],
        [change(13, 19, "Köln"), change(41, 47, "Truly", "style")],
    ]
    for person, own in zip(people, edits, strict=True):
        make_annotation(item, person, answers={"edit": {"edits": own}})
    bring_up_to_date(project)
    kept = Aggregate.objects.get(item=item, question="edit", source="people")
    [agreed] = kept.data["agreed"]
    assert (agreed["start"], agreed["end"], agreed["label"]) == (13, 19, "fact")
    assert agreed["support"] == 1
    [one] = kept.data["completions"]
    assert (one["edited"], one["unchanged"]) == (3, 0)
    found = project_agreement(project)["edit"]
    # Each two people share 6 characters, of 6 + 9, 6 + 12 and 9 + 12.
    assert found["character_f1"]["value"] == pytest.approx((12 / 15 + 12 / 18 + 12 / 21) / 3)


# ----------------------------------------------------------------------------------------- judges


def edited(asked, payload):
    return asked.located(asked.from_judge(payload, completions=2), TEXTS)


def test_a_judge_s_edits_stand_where_their_quotes_do():
    given = {
        "A": {
            "edits": [
                {"quote": "Really", "replacement": "Indeed", "label": "style", "reason": "Better."},
                {"quote": "lives", "replacement": "lived", "label": "fact", "reason": ""},
            ]
        },
        "B": {"edits": []},
    }
    found = edited(question(), given)
    assert [(one["start"], one["replacement"]) for one in found["edits"]] == [
        (4, "lived"),
        (41, "Indeed"),
    ]
    assert found["edits"][1]["reason"] == "Better."
    assert "reason" not in found["edits"][0]
    assert found["unchanged"] == [1]
    assert found[TALLY] == {"of": 2, "absent": 0, "ambiguous": 0}


def test_a_quote_without_a_certain_place_is_left_out_and_counted_and_never_guessed():
    given = {
        "A": {
            "edits": [
                {"quote": "Berlin", "replacement": "Bonn", "label": "fact"},
                {"quote": "Paris", "replacement": "Rome", "label": "fact"},
                {"quote": "alone", "replacement": "only", "label": "style"},
            ]
        },
        "B": {"edits": []},
    }
    found = edited(question(), given)
    assert [one["text"] for one in found["edits"]] == ["alone"]
    assert found[TALLY] == {"of": 3, "absent": 1, "ambiguous": 1}


def test_edits_that_overlap_or_change_nothing_are_left_out():
    given = {
        "A": {
            "edits": [
                {"quote": "lives in", "replacement": "is from", "label": "fact"},
                {"quote": "She lives", "replacement": "He lives", "label": "fact"},
                {"quote": "alone", "replacement": "alone", "label": "style"},
            ]
        },
        "B": {"edits": []},
    }
    assert [one["text"] for one in edited(question(), given)["edits"]] == ["She lives"]


def test_scores_go_with_the_completions_that_are_answered():
    asked = question(labels=[], reasons="off", scores=5)
    given = {
        "A": {
            "edits": [{"quote": "alone", "replacement": "only"}],
            "initial": 2,
            "final": 4,
        },
        "B": {"edits": [], "initial": 5, "final": 5},
    }
    found = edited(asked, given)
    assert found["scores"] == [
        {"completion": 0, "initial": 2, "final": 4},
        {"completion": 1, "initial": 5},
    ]
    schema = asked.judge_schema(completions=2)["properties"]["A"]["properties"]
    assert set(schema) == {"edits", "initial", "final"}
    assert set(schema["edits"]["items"]["properties"]) == {"quote", "before", "replacement"}


def test_what_is_not_asked_about_is_left_out_whatever_the_order():
    asked = question(completions=[0])
    shown = TEXTS.permuted([1, 0])
    assert asked.judge_material(shown).startswith("Edit B alone")
    given = {
        "A": {"edits": [{"quote": "Second", "replacement": "First", "label": "fact"}]},
        "B": {"edits": [{"quote": "alone", "replacement": "only", "label": "fact"}]},
    }
    found = asked.located(asked.from_judge(given, completions=2), shown)
    assert [(one["completion"], one["text"]) for one in found["edits"]] == [(1, "alone")]


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (3, "not an object with edits"),
        ({"A": {"edits": []}}, "B has no list of edits"),
        ({"A": {"edits": [{"quote": "x"}]}, "B": {"edits": []}}, "no edit with a quote"),
    ],
)
def test_a_judge_that_answers_otherwise_has_failed(payload, fault):
    with pytest.raises(InvalidAnswer, match=fault):
        question().from_judge(payload, completions=2)
