"""Parsing records of each format, and writing them: no database."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.aggregation import Label, combine
from annotate.formats import exporter, exporters, importer, importers
from annotate.formats.base import (
    BadLine,
    ExportedItem,
    ExportedLabel,
    ParsedCompletion,
    RefusedFile,
    Setting,
)
from annotate.formats.dialogue import common_prompt, turns
from annotate.hashes import prompt_hash
from annotate.presets import PRESETS
from annotate.questions import parse_questions
from annotate.sampling import in_evaluation_share

QUESTIONS = parse_questions(PRESETS["pairwise"].questions)
PAIR = {"prompt": "Why?", "completions": [{"text": "So."}, {"text": "Because."}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def parse(record, name="tandem", questions=QUESTIONS, **options):
    return importer(name, questions, options).parse(record)


def value(number):
    return {"overall": {"value": number, "both_bad": False}}


def test_every_format_is_found_by_its_name():
    assert list(importers()) == ["bench", "tandem", "trl"]
    assert list(exporters()) == ["tandem", "trl"]
    with pytest.raises(RefusedFile, match="no format 'csv' for this; use one of bench, tandem"):
        importer("csv", QUESTIONS, {})


def test_an_option_that_a_format_does_not_have_is_refused():
    with pytest.raises(RefusedFile, match="no option 'anotator'; there are: annotator, kind"):
        importer("trl", QUESTIONS, {"anotator": "me"})
    with pytest.raises(RefusedFile, match="cannot be 'robot'; use one of human, llm"):
        importer("trl", QUESTIONS, {"kind": "robot"})


@pytest.mark.parametrize("name", ["trl", "bench"])
def test_rows_about_a_preference_want_a_form_that_asks_for_one(name):
    ratings = parse_questions(PRESETS["helpsteer2"].questions)
    with pytest.raises(RefusedFile, match="asks no preference"):
        importer(name, ratings, {})
    with pytest.raises(RefusedFile, match="no preference named 'best'"):
        importer(name, QUESTIONS, {"question": "best"})


# ------------------------------------------------------------------------------------------ tandem


def test_a_full_item_is_read():
    item = parse(
        {
            "key": "k1",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": ""},
            ],
            "contexts": [{"text": "A passage."}],
            "completions": [{"text": "So.", "generator": "m1"}, {"text": ""}],
            "source": "set",
            "metadata": {"topic": "x"},
            "overlap": 3,
            "labels": [
                {
                    "annotator": "Ann",
                    "answers": value(1),
                    "seconds_spent": 12.5,
                    "created_at": "2026-11-20T10:00:00+02:00",
                    "order": [1, 0],
                    "raw": {"any": ["thing"]},
                },
                {"annotator": "judge", "kind": "llm", "version": 2, "answers": value(-1)},
            ],
        }
    )
    assert item.contexts == [{"title": "", "text": "A passage."}]
    assert item.completions == [ParsedCompletion("So.", "m1"), ParsedCompletion("")]
    assert item.overlap == 3
    first, second = item.labels
    assert (first.kind, first.wall_seconds, first.order) == ("human", 12.5, [1, 0])
    assert first.created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert (second.kind, second.version) == ("llm", 2)


def test_a_prompt_stands_for_a_single_user_turn():
    assert parse(PAIR).messages == [{"role": "user", "content": "Why?"}]
    assert parse(PAIR).key == ""


def test_text_is_kept_to_the_character():
    text = " \t\r\n e\u0301👩‍👩‍👧\u2028<script>&amp;\ufeff "
    item = parse({"prompt": text, "completions": [{"text": text}, {"text": "b"}]})
    assert item.messages[0]["content"] == item.completions[0].text == text


LABEL = {"annotator": "Ann", "answers": value(1)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"prompt": None}, "'prompt' is None; write a text"),
        ({"prompt": 5}, "'prompt' is 5; write a text"),
        ({"messages": []}, "'prompt' and 'messages' are both there"),
        ({"completions": None}, "has 0 completions; give 1 to 26"),
        ({"completions": "ab"}, "'completions' is 'ab'; write a list"),
        ({"completions": [{"text": "a"}] * 27}, "has 27 completions"),
        ({"completions": ["a", "b"]}, "completion 1 is 'a'; write an object"),
        ({"completions": [{"text": "a"}, {"text": None}]}, "completion 2: 'text' is None"),
        (
            {"completions": [{"text": "a", "model": "m"}]},
            "completion 1 has an unknown field 'model'",
        ),
        ({"completions": [{"text": "a", "generator": "m" * 151}]}, "has 151 characters"),
        ({"key": "k" * 201}, "'key' has 201 characters; shorten it to 200"),
        ({"key": 7}, "'key' is 7; write a text"),
        ({"promt": "x"}, "unknown field 'promt'; put what is your own into 'metadata'"),
        ({"contexts": [{"title": "t"}]}, "'text' is missing"),
        ({"contexts": ["t"]}, "context 1 is 't'; write an object"),
        ({"metadata": [1]}, r"'metadata' is \[1\]; write an object"),
        ({"overlap": 0}, "'overlap' is 0; write a number from 1 to 100"),
        ({"labels": {}}, "'labels' is {}; write a list"),
        ({"labels": [LABEL | {"annotator": " "}]}, "label 1: 'annotator' is empty"),
        ({"labels": [LABEL | {"kind": "robot"}]}, "'kind' is 'robot'; use human or llm"),
        ({"labels": [LABEL | {"purpose": "qualification"}]}, "use work or review"),
        ({"labels": [LABEL | {"answers": None}]}, "'answers' is None; write an object"),
        ({"labels": [LABEL | {"seconds_spent": -1}]}, "write seconds, 0 or more"),
        ({"labels": [LABEL | {"seconds_spent": True}]}, "write seconds, 0 or more"),
        ({"labels": [LABEL | {"created_at": "yesterday"}]}, "write a time such as 2026-"),
        ({"labels": [LABEL | {"created_at": "0001-01-01T00:00:00+14:00"}]}, "write a time such"),
        (
            {"labels": [LABEL | {"order": [0, 0]}]},
            r"'order' is \[0, 0\]; write the positions 0 to 1",
        ),
        ({"labels": [LABEL | {"order": [0, True]}]}, "write the positions 0 to 1"),
        ({"labels": [LABEL | {"version": 0}]}, "write a number from 1"),
        ({"labels": [LABEL | {"anotator": "x"}]}, "label 1 has an unknown field 'anotator'"),
    ],
)
def test_a_line_that_cannot_be_used_tells_its_fault_the_value_and_the_remedy(change, says):
    with pytest.raises(BadLine, match=says):
        parse(PAIR | change)


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "at least one turn"),
        ("Why?", "at least one turn"),
        (["Why?"], "turn 1 of 'messages' is 'Why\\?'"),
        ([{"role": "human", "content": ""}], "role 'human'; use one of system, user"),
        ([{"role": "user"}], "the content None; write a text"),
        (
            [{"role": "user", "content": "", "tool_calls": []}],
            "'tool_calls', which cannot be shown",
        ),
    ],
)
def test_a_chat_that_cannot_be_shown_is_refused(messages, says):
    with pytest.raises(BadLine, match=says):
        parse({"messages": messages, "completions": PAIR["completions"]})


def test_an_item_without_a_prompt_is_refused():
    with pytest.raises(BadLine, match="'messages' is missing"):
        parse({"completions": PAIR["completions"]})


@pytest.mark.parametrize("name", ["tandem", "trl", "bench"])
@given(
    record=st.dictionaries(
        st.sampled_from(
            [
                "key",
                "prompt",
                "messages",
                "contexts",
                "completions",
                "source",
                "metadata",
                "overlap",
                "labels",
                "chosen",
                "rejected",
                "margin",
                "item_id",
                "response_a",
                "response_b",
                "arg_a",
                "human",
                "llm",
                "gold",
                "meta",
            ]
        ),
        JSON,
    )
)
@settings(max_examples=150)
def test_any_record_is_read_or_refused(name, record):
    try:
        item = parse(record, name)
    except (BadLine, RefusedFile):
        return
    assert 1 <= len(item.completions) <= 26
    assert item.messages


# --------------------------------------------------------------------------------------------- trl


def sides(record, **options):
    """The texts that are preferred and not, whatever their places."""
    item = parse(record, "trl", **options)
    [label] = item.labels
    texts = [completion.text for completion in item.completions]
    return texts if label.answers["overall"]["value"] == -1 else texts[::-1], item


def test_a_row_with_its_prompt_beside_it():
    row = {"prompt": "Why?", "chosen": "So.", "rejected": " No.", "margin": 2.0, "id": 7}
    texts, item = sides(row, annotator="crowd", source="mine")
    assert texts == ["So.", " No."]
    assert item.messages == [{"role": "user", "content": "Why?"}]
    assert (item.source, item.metadata) == ("mine", {"id": 7})
    assert (item.labels[0].annotator, item.labels[0].kind) == ("crowd", "human")
    assert item.labels[0].raw == {"margin": 2.0}


def test_the_place_of_a_completion_does_not_tell_which_was_chosen():
    places = [
        parse({"prompt": "?", "chosen": f"a{n}", "rejected": f"b{n}"}, "trl")
        .labels[0]
        .answers["overall"]["value"]
        for n in range(200)
    ]
    assert 70 < places.count(1) < 130
    one = parse({"prompt": "?", "chosen": "x", "rejected": "y"}, "trl")
    other = parse({"prompt": "?", "chosen": "y", "rejected": "x"}, "trl")
    assert one.completions == other.completions


def test_a_chat_with_its_prompt_beside_it():
    prompt = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    row = {
        "prompt": prompt,
        "chosen": [{"role": "assistant", "content": "a"}],
        "rejected": [{"role": "assistant", "content": "b"}],
    }
    texts, item = sides(row)
    assert (texts, item.messages) == (["a", "b"], prompt)


def test_the_prompt_inside_two_chats_is_all_but_the_last_turn():
    prompt = [{"role": "user", "content": "Hi"}]
    row = {
        "chosen": [*prompt, {"role": "assistant", "content": "a"}],
        "rejected": [*prompt, {"role": "assistant", "content": "b"}],
    }
    texts, item = sides(row)
    assert (texts, item.messages) == (["a", "b"], prompt)


def test_the_prompt_inside_two_dialogues_ends_at_the_last_assistant_they_share():
    start = "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why?\n\nAssistant:"
    texts, item = sides({"chosen": f"{start} So that.", "rejected": f"{start} So this."})
    assert texts == ["So that.", "So this."]
    assert item.messages == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Why?"},
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"prompt": "?", "chosen": "a"}, "'rejected' is missing; add it"),
        ({"prompt": "?", "completion": "a", "label": True}, "export preference rows"),
        ({"prompt": "?", "chosen": "a", "rejected": "a"}, "are the same"),
        ({"prompt": "?", "chosen": "a", "rejected": [{"role": "user", "content": ""}]}, "one form"),
        ({"chosen": "ab", "rejected": "ac"}, "share no prompt"),
        ({"prompt": "?", "chosen": 5, "rejected": "a"}, "'chosen' is 5"),
        (
            {
                "chosen": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "a"}],
                "rejected": [
                    {"role": "user", "content": "y"},
                    {"role": "assistant", "content": "b"},
                ],
            },
            "differ before their last turn",
        ),
    ],
)
def test_a_row_that_prefers_nothing_is_refused(row, says):
    with pytest.raises(BadLine, match=says):
        parse(row, "trl")


def test_a_dialogue_that_is_none_stays_one_turn():
    for text in ("Human: Hi", "Why?", "Assistant: x\n\nAssistant:", "x\n\nHuman: y\n\nAssistant:"):
        assert turns(text) == [{"role": "user", "content": text}] or len(turns(text)) > 0
    assert turns("Why?") == [{"role": "user", "content": "Why?"}]
    assert common_prompt("same line\nab", "same line\nac") == "same line\n"


# ------------------------------------------------------------------------------------------- bench

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
    "record", [{"annotations": []}, {"feedback": {}}, {"responses": {}, "rankings": []}]
)
def test_sets_of_spans_and_rankings_are_refused_as_a_whole(record):
    with pytest.raises(RefusedFile, match="come later"):
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


# ----------------------------------------------------------------------------------------- written


def exported(*answers, kind="human", evaluation=False, messages=None, contexts=()):
    labels = [
        ExportedLabel(
            f"ann{n}",
            kind,
            1,
            "",
            "work",
            value(one),
            datetime(2026, 1, 1, tzinfo=UTC),
            None,
            None,
            None,
            None,
            None,
        )
        for n, one in enumerate(answers)
    ]
    aggregates = combine(QUESTIONS, (Label(one.answers, one.kind == "human") for one in labels))
    return ExportedItem(
        [ParsedCompletion("first", "m1"), ParsedCompletion("second")],
        labels,
        aggregates,
        key="k",
        source="",
        messages=messages or [{"role": "user", "content": "Why?"}],
        contexts=list(contexts),
        metadata={},
        evaluation=evaluation,
        overlap=1,
    )  # fmt: skip


CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Why?"}]  # fmt: skip


def written(item, *, chats=False, **options):
    return exporter("trl", QUESTIONS, options, Setting(overlap=1, chats=chats)).row(item)


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        ([-1], "first"),
        ([2, 1, -2], "second"),
        ([-1, 0], "first"),
        ([2, -1], "second"),
        ([0], None),
        ([1, -1], None),
        ([0, 0, 2], None),
        ([], None),
    ],
)
def test_the_chosen_one_is_the_majority_s_and_without_one_the_mean_s(answers, chosen):
    row = written(exported(*answers))
    assert (row and row["chosen"]) == chosen
    assert row is None or set(row) == {"prompt", "chosen", "rejected"}


def test_what_is_left_out_is_counted():
    writer = exporter("trl", QUESTIONS, {"part": "training"})
    for item in (exported(0), exported(0), exported(), exported(1, evaluation=True), exported(1)):
        writer.row(item)
    assert writer.left_out == {"ties": 2, "without label": 1, "in the evaluation share": 1}


def test_a_judge_s_label_counts_where_nobody_else_labelled():
    assert written(exported(1, kind="llm"))["chosen"] == "second"
    assert written(exported(1, kind="llm"), source="people") is None
    assert written(exported(1), source="judges") is None


@pytest.mark.parametrize(
    ("answers", "margin"), [([-2], 1.0), ([-1], 0.5), ([-2, -1], 0.75), ([-1, -1, 2], 0.0)]
)
def test_the_margin_is_the_mean_strength_as_a_share_of_the_strongest(answers, margin):
    row = written(exported(*answers), margin="yes")
    assert row["margin"] == margin
    assert isinstance(row["margin"], float)


def test_a_file_has_one_form_texts_or_chats():
    assert written(exported(1))["prompt"] == "Why?"
    row = written(exported(1), chats=True)
    assert row == {
        "prompt": [{"role": "user", "content": "Why?"}],
        "chosen": [{"role": "assistant", "content": "second"}],
        "rejected": [{"role": "assistant", "content": "first"}],
    }
    assert written(exported(1, messages=CHAT), chats=True)["prompt"] == CHAT
    text = written(exported(1, messages=CHAT), chats=True, form="text")["prompt"]
    assert text == "user: Hi\n\nassistant: Yes?\n\nuser: Why?"


def test_passages_stand_before_the_question_that_they_belong_to():
    contexts = [{"title": "T", "text": "One."}, {"title": "", "text": "Two."}]
    assert written(exported(1, contexts=contexts))["prompt"] == "T\nOne.\n\nTwo.\n\nWhy?"
    chat = written(exported(1, contexts=contexts, messages=CHAT), chats=True)["prompt"]
    assert chat[:2] == CHAT[:2]
    assert chat[2]["content"] == "T\nOne.\n\nTwo.\n\nWhy?"


# ------------------------------------------------------------------------------------------ shares


def test_a_prompt_s_hash_depends_on_what_it_holds_and_not_on_the_order_of_names():
    turn, other = {"role": "user", "content": "x"}, {"content": "x", "role": "user"}
    assert prompt_hash([turn], []) == prompt_hash([other], [])
    assert prompt_hash([turn], []) != prompt_hash([turn], [{"title": "", "text": "x"}])
    assert prompt_hash([turn], []) != prompt_hash([turn, turn], [])


def test_the_evaluation_share_is_of_its_size_and_grows_around_what_it_had():
    hashes = [prompt_hash([{"role": "user", "content": str(n)}], []) for n in range(3000)]
    small = {one for one in hashes if in_evaluation_share(one, 0.1)}
    large = {one for one in hashes if in_evaluation_share(one, 0.3)}
    assert small < large
    assert len(small) / 3000 == pytest.approx(0.1, abs=0.02)
    assert not any(in_evaluation_share(one, 0) for one in hashes)
    assert all(in_evaluation_share(one, 1) for one in hashes)


def test_the_evaluation_share_tells_nothing_about_folds_by_the_same_hash():
    hashes = [prompt_hash([{"role": "user", "content": str(n)}], []) for n in range(3000)]
    inside = [int(one[:8], 16) % 10 for one in hashes if in_evaluation_share(one, 0.3)]
    assert all(0.06 < inside.count(fold) / len(inside) < 0.14 for fold in range(10))
