"""Rows of pairs with labels of people, judges and gold: no database."""

import json
from datetime import UTC, datetime

import pytest

from annotate.formats import importer
from annotate.formats.base import BadLine, RefusedFile
from annotate.presets import PRESETS
from annotate.questions import parse_questions
from tests.annotate.parsing import QUESTIONS, parse, value

BENCH = {
    "item_id": "i1",
    "source": "set",
    "prompt": "Why?",
    "response_a": "So.",
    "response_b": "Because.",
    "model_a": "m1",
    "meta": {"slug": "x"},
}


def bench(points=5, **change):
    form = [{"kind": "preference", "name": "overall", "title": "?", "points": points}]
    return parse(BENCH | change, "bench", parse_questions(form))


def values(item):
    return [label.answers["overall"]["value"] for label in item.labels]


def test_labels_without_strength_are_the_weakest_preference():
    human = [{"annotator": f"w{n}", "label": label} for n, label in enumerate(("a", "b", "tie"))]
    item = bench(human=human)
    assert values(item) == [-1, 1, 0]
    assert [completion.generator for completion in item.completions] == ["m1", ""]
    assert (item.key, item.metadata) == ("i1", {"slug": "x"})


@pytest.mark.parametrize(
    ("points", "expected"), [(5, [-2, 1, 0]), (3, [-1, 1, 0]), (7, [-2, 1, 0])]
)
def test_strength_is_kept_as_far_as_the_scale_goes(points, expected):
    human = [
        {"annotator": "e1", "label": "a", "strength": 2, "shown_order": "ba"},
        {"annotator": "e2", "label": "b", "strength": 1, "timestamp": "2023-05-19 13:14:21"},
        {"annotator": "e3", "label": "tie", "strength": 0, "a_acceptable": True},
    ]
    item = bench(points, human=human)
    assert values(item) == expected
    assert item.labels[0].order == [1, 0]
    assert item.labels[1].created_at == datetime(2023, 5, 19, 13, 14, 21, tzinfo=UTC)
    assert item.labels[2].raw["a_acceptable"] is True


def test_an_answer_that_nobody_could_read_is_absent():
    item = bench(llm=[{"annotator": "gpt", "label": None}, {"annotator": "gpt-4", "label": "b"}])
    [label] = item.labels
    assert (label.annotator, label.kind) == ("gpt-4", "llm")


def test_the_method_of_a_judge_is_part_of_its_name_and_both_orders_stay_with_the_label():
    label = {
        "annotator": "GPT-4",
        "method": "Vanilla_NoRules",
        "label_order_ab": "a",
        "label_order_ba": "b",
        "label": "tie",
    }
    [parsed] = bench(llm=[label]).labels
    assert parsed.annotator == "GPT-4 (Vanilla_NoRules)"
    assert parsed.raw == label


def test_gold_comes_in_as_the_label_of_an_annotator_of_that_name():
    [label] = bench(gold="b", reason="It is shorter.").labels
    assert (label.annotator, label.kind, label.answers) == ("gold", "human", value(1))
    assert label.raw == {"gold": "b", "reason": "It is shorter."}


def test_a_reason_answers_the_form_s_text_question():
    human = [{"annotator": "w1", "label": "a", "reason": "It is right."}]
    [label] = parse(BENCH | {"human": human}, "bench").labels
    assert label.answers == value(-1) | {"why": {"text": "It is right."}}


def test_texts_are_looked_up_among_the_arguments(tmp_path):
    reader = importer("bench", QUESTIONS, {})
    record = {"item_id": "u1", "prompt": "Ban it?", "arg_a": "x:1", "arg_b": "x:2", "human": []}
    with pytest.raises(BadLine, match="argument 'x:1' is unknown; put arguments"):
        reader.parse(record)
    lines = [{"arg_id": f"x:{n}", "text": f"Argument {n}."} for n in (1, 2)]
    (tmp_path / "arguments.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    reader.look_beside(tmp_path / "pairs.jsonl")
    assert [one.text for one in reader.parse(record).completions] == ["Argument 1.", "Argument 2."]
    other = importer("bench", QUESTIONS, {})
    assert [other.parse(line) for line in lines] == [None, None]
    assert other.parse(record).completions[1].text == "Argument 2."


@pytest.mark.parametrize(
    ("record", "other"), [({"annotations": []}, "spans"), ({"feedback": {}}, "fine_grained")]
)
def test_sets_of_spans_are_refused_as_a_whole_with_the_format_that_reads_them(record, other):
    with pytest.raises(RefusedFile, match=f"use the format {other}"):
        parse({"item_id": "s1", "prompt": "?", **record}, "bench")


@pytest.mark.parametrize(
    ("human", "says"),
    [
        ([{"annotator": "w1", "label": "c"}], "human label 1: 'label' is 'c'; use a, b or tie"),
        ([{"annotator": "w1", "label": ["a"]}], "use a, b or tie"),
        ([{"label": "a"}], "human label 1: 'annotator' is missing"),
        ([{"annotator": "w1", "label": "a", "strength": "2"}], "write 1 or more"),
        (["a"], "human label 1 is 'a'; write an object"),
    ],
)
def test_a_label_that_cannot_be_read_is_refused_with_its_place(human, says):
    with pytest.raises(BadLine, match=says):
        bench(human=human)


# ---------------------------------------------------------------------------------------- rankings

RANKED = parse_questions([{"kind": "ranking", "name": "order", "title": "In which order?"}])
BOTH = parse_questions([*PRESETS["pairwise"].questions, *PRESETS["ranking"].questions[:1]])
RANKING = {
    "item_id": "r1",
    "prompt": "Describe it.",
    "responses": {"model": "Plain.", "edited": "Better.", "person": "Best."},
    "rankings": [{"annotator": "w1", "ranking": ["person", "edited", "model"]}],
}


@pytest.mark.parametrize("questions", [RANKED, BOTH])
def test_rankings_of_names_become_ranks_of_completions(questions):
    item = parse(RANKING, "bench", questions)
    assert [one.generator for one in item.completions] == ["edited", "model", "person"]
    assert [one.text for one in item.completions] == ["Better.", "Plain.", "Best."]
    [label] = item.labels
    assert (label.annotator, label.answers) == ("w1", {"order": {"ranks": [2, 3, 1]}})


@pytest.mark.parametrize(
    "order", [["person", "edited"], ["person", "edited", "edited"], ["a", "b", "c"], [1, 2, 3]]
)
def test_a_ranking_that_does_not_name_each_response_once_is_refused(order):
    record = RANKING | {"rankings": [{"annotator": "w1", "ranking": order}]}
    with pytest.raises(BadLine, match=r"ranking 1 is .*; name each of edited, model, person once"):
        parse(record, "bench", RANKED)


def test_a_set_that_the_form_does_not_ask_for_is_refused_as_a_whole():
    with pytest.raises(RefusedFile, match=r"hold rankings, .* the preset ranking"):
        parse(RANKING, "bench")
    with pytest.raises(RefusedFile, match=r"hold pairs, .* a preset such as pairwise"):
        parse(BENCH, "bench", RANKED)
    with pytest.raises(RefusedFile, match="no preference named 'x'"):
        parse(RANKING, "bench", BOTH, question="x")
