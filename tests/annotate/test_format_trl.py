"""TRL's rows, read and written: no database."""

from datetime import UTC, datetime

import pytest

from annotate.aggregation import Label, combine
from annotate.formats import exporter
from annotate.formats.base import BadLine, ExportedItem, ExportedLabel, ParsedCompletion, Setting
from annotate.formats.dialogue import common_prompt, turns
from tests.annotate.parsing import QUESTIONS, parse, value


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
