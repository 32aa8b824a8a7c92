"""Parsing records of each format: no database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.formats import exporters, importer, importers
from annotate.formats.base import BadLine, ParsedCompletion, RefusedFile
from annotate.presets import PRESETS
from annotate.questions import parse_questions
from tests.annotate.parsing import QUESTIONS, parse, value

PAIR = {"prompt": "Why?", "completions": [{"text": "So."}, {"text": "Because."}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def test_every_format_is_found_by_its_name():
    foreign = [
        "argilla",
        "fine_grained",
        "label_studio",
        "lamp",
        "mqm",
        "prm800k",
        "spans",
        "trl_stepwise",
    ]
    assert set(importers()) == {"bench", "tandem", "trl", *foreign}
    assert set(exporters()) == {"tandem", "trl", *foreign}
    with pytest.raises(RefusedFile, match="no format 'csv' for this; use one of argilla, bench"):
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
