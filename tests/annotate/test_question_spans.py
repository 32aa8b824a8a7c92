"""Marked parts of texts: what an answer may say, what it has to, and what it comes to."""

import json

import pytest

from annotate.questions import InvalidAnswer, InvalidForm, Questions
from annotate.questions.base.question import Shown
from tests.annotate.spans import (
    FIRST,
    LABELS,
    PASSAGE,
    SEVERITIES,
    TEXTS,
    asking,
    everything,
    quoting,
    span,
)


def fitted(question, raw, texts=TEXTS):
    answer = question.parse(raw, completions=len(texts.completions))
    return question.fit(answer, texts)


# ----------------------------------------------------------------------------------- what is stored


def test_a_span_is_kept_to_the_code_point_whatever_the_text_holds():
    family = span(2, 7)
    accent = span(FIRST.index("e\u0301"), FIRST.index("e\u0301") + 2)
    across = span(FIRST.index("\r"), FIRST.index("to"), "style")
    assert family["text"] == "👩\u200d👩\u200d👧"
    assert across["text"] == "\r\n"
    answer = fitted(asking(), {"spans": [accent, family, across]})
    assert answer == {"spans": [family, across, accent]}


def test_spans_stand_in_the_order_of_texts_places_and_labels_longer_ones_first():
    shuffled = [
        {"context": 0, "start": 0, "end": 4, "text": "They", "label": "style"},
        span(0, 7, "style", completion=1),
        span(2, 7, "style"),
        span(0, 7, "wrong"),
        span(0, 7, "style"),
        span(0, 9, "wrong"),
    ]
    found = fitted(everything(), {"spans": shuffled})["spans"]
    assert found == [shuffled[5], shuffled[4], shuffled[3], shuffled[2], shuffled[1], shuffled[0]]


def test_evidence_follows_the_spans_that_it_names_when_they_are_sorted():
    later, earlier = span(10, 14, evidence=[{"span": 1}]), span(0, 1, evidence=[{"span": 0}])
    missing = [{"completion": 1, "label": "lacking", "evidence": [{"span": 0}]}]
    answer = fitted(everything(), {"spans": [later, earlier], "missing": missing})
    assert [one["start"] for one in answer["spans"]] == [0, 10]
    assert [one["evidence"] for one in answer["spans"]] == [[{"span": 1}], [{"span": 0}]]
    assert answer["missing"][0]["evidence"] == [{"span": 1}]


def test_what_is_empty_is_left_out():
    raw = {
        "spans": [span(0, 1, severity=None, comment="", evidence=[])],
        "missing": [],
        "clean": [],
    }
    assert fitted(everything(), raw) == {"spans": [span(0, 1)]}


def test_completions_without_anything_are_named_once_and_in_order():
    assert asking().parse({"clean": [1, 0, 1]}, completions=2) == {"spans": [], "clean": [0, 1]}


def test_an_answer_follows_its_completions_into_the_item_s_order():
    question = everything()
    shown = {
        "spans": [
            span(0, 7, completion=0, text="Another", evidence=[{"span": 1}]),
            span(0, 1, completion=1, text="A", evidence=[quoting(PASSAGE, 0, 4)]),
            {"context": 0, "start": 5, "end": 9, "text": "went", "label": "style"},
        ],
        "missing": [{"completion": 0, "label": "lacking"}],
        "clean": [2],
    }
    answer = question.parse(shown, completions=3)
    own = question.permute(answer, [1, 0, 2])
    assert own == {
        "spans": [
            span(0, 1, evidence=[quoting(PASSAGE, 0, 4)]),
            span(0, 7, completion=1, evidence=[{"span": 0}]),
            {"context": 0, "start": 5, "end": 9, "text": "went", "label": "style"},
        ],
        "missing": [{"completion": 1, "label": "lacking"}],
        "clean": [2],
    }
    assert question.permute(own, [1, 0, 2]) == answer


# --------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "marks nothing; mark a span, or name the completions without any"),
        ({"spans": []}, "marks nothing"),
        ({"spans": [span(0, 0)]}, "0-0 ends where it starts or before"),
        ({"spans": [span(3, 1)]}, "3-1 ends where it starts"),
        ({"spans": [span(0, 99)]}, "not within the text of"),
        ({"spans": [span(0, 1, text="B")]}, "quotes 'B', but there stands 'A'"),
        ({"spans": [span(0, 1, completion=0, text="a")]}, "there stands 'A'"),
        ({"spans": [span(0, 1, "accuracy")]}, "the label 'accuracy'; use one of wrong, invented"),
        ({"spans": [span(0, 1, "lacking")]}, "the label 'lacking'"),
        ({"missing": [{"completion": 0, "label": "wrong"}]}, "the label 'wrong'; use one of lack"),
        ({"missing": [{"context": 0, "label": "lacking"}]}, "'context', which nothing reads"),
        ({"spans": [span(0, 1) | {"completion": 2}]}, "completion 2, which there is none of"),
        ({"clean": [2]}, "completion 2, which there is none of; use 0 to 1"),
        ({"clean": [0], "spans": [span(0, 1)]}, "nothing in completion 1, and marks 'A' in it"),
        (
            {"clean": [0], "missing": [{"completion": 0, "label": "lacking"}]},
            "nothing in completion 1, and marks what is missing",
        ),
        ({"spans": [span(0, 1, severity="grave")]}, "the severity 'grave'; use one of minor"),
        ({"spans": [span(0, 1, evidence=[{"span": 0}])]}, "'A' as evidence for itself"),
        ({"spans": [span(0, 1, evidence=[{"span": 1}])]}, "span 1 as evidence, of 1"),
        ({"spans": [span(0, 1, evidence=[span(0, 1)])]}, "nothing reads"),
        (
            {"spans": [span(0, 1, evidence=[{"context": 1, "start": 0, "end": 1, "text": "T"}])]},
            "passage 2, which the item does not have; it has 1",
        ),
        (
            {"spans": [span(0, 1, evidence=[quoting("It says so.", 0, 4)])]},
            "quotes 'It s', but there stands 'They'",
        ),
        ({"spans": [span(0, 1, comment="a\x00")]}, "NUL at character 1"),
        ({"spans": [span(0, 1, text="\ud800")]}, "lone surrogate"),
        ({"spans": [span(0, 1, comment="a" * 5_001)]}, "5,001 characters; shorten it to 5,000"),
        ({"spans": [span(0, 1, colour="red")]}, "'colour', which nothing reads"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_fault_the_value_and_the_remedy(raw, says):
    with pytest.raises(InvalidAnswer) as fault:
        fitted(everything(), raw)
    assert says in fault.value.message
    assert fault.value.question == "q"


@pytest.mark.parametrize(
    ("settings", "raw", "says"),
    [
        ({}, {"spans": [span(0, 1, severity="minor")]}, "with severity, which is not asked for"),
        ({}, {"spans": [span(0, 1, evidence=[{"span": 0}])]}, "with evidence, which is not"),
        ({"comments": "off"}, {"spans": [span(0, 1, comment="So.")]}, "with comment, which is"),
        (
            {},
            {"spans": [{"context": 0, "start": 0, "end": 1, "text": "T", "label": "wrong"}]},
            "a part of a passage, which it does not ask about",
        ),
        (
            {"labels": LABELS[:4]},
            {"missing": [{"completion": 0, "label": "wrong"}]},
            "for which it has no label",
        ),
        ({"completions": [0]}, {"clean": [1]}, "about completion 2, of which it is not asked"),
    ],
)
def test_what_the_form_does_not_ask_for_is_refused(settings, raw, says):
    with pytest.raises(InvalidAnswer, match=says):
        fitted(asking(**settings), raw)


def test_overlap_is_refused_only_where_it_is_not_allowed_and_names_both_spans():
    raw = {"spans": [span(9, 13, "style"), span(2, 10), span(0, 2), span(0, 2, completion=1)]}
    assert len(fitted(asking(), raw)["spans"]) == 4
    with pytest.raises(InvalidAnswer) as fault:
        asking(overlap=False).parse(raw, completions=2)
    assert f"marks {FIRST[2:10]!r} (2-10) and 'ent\\r' (9-13) of completion 1" in str(fault.value)
    assert "shorten one of them" in str(fault.value)


def test_spans_that_touch_or_stand_in_two_texts_do_not_overlap():
    raw = {"spans": [span(0, 2), span(2, 7), span(0, 7, completion=1)]}
    assert asking(overlap=False).parse(raw, completions=2) == raw


# ------------------------------------------------------------------------------ what people still owe


def owed(question, raw, texts=TEXTS):
    answer = question.parse(raw, completions=2)
    return question.lacking(answer, completions=2, texts=texts)


def test_every_completion_that_is_asked_about_has_something_or_is_said_to_have_nothing():
    question = asking()
    assert owed(question, {"spans": [span(0, 1)]}) == (
        "says nothing of B; mark what there is, or say that there is nothing"
    )
    for rest in (
        {"clean": [1]},
        {"missing": [{"completion": 1, "label": "lacking"}]},
        {"spans": [span(0, 1), span(0, 7, completion=1)]},
    ):
        assert owed(question, {"spans": [span(0, 1)], **rest}) == ""
    passage = {"context": 0, "start": 0, "end": 4, "text": "They", "label": "wrong"}
    assert "nothing of A and B" in owed(asking(contexts=True), {"spans": [passage]})
    # What is left out of the only translation is marked in its source.
    assert owed(asking(contexts=True, completions=[1]), {"spans": [passage]}) == ""


def test_only_some_completions_may_be_asked_about_in_whatever_order_they_are_shown():
    question, turned = asking(completions=[1]), TEXTS.permuted([1, 0])
    raw = {"spans": [span(0, 7, text="Another")]}
    answer = question.fit(question.parse(raw, completions=2), turned)
    assert question.lacking(answer, completions=2, texts=turned) == ""
    assert question.permute(answer, [1, 0]) == {"spans": [span(0, 7, completion=1)]}
    with pytest.raises(InvalidAnswer, match="about completion 2, of which it is not asked"):
        question.fit(question.parse({"clean": [1]}, completions=2), turned)
    form = Questions([question])
    answers = form.parse({"q": raw}, completions=2, complete=True, texts=turned)
    assert answers == {"q": answer}


def test_severities_and_comments_are_owed_where_they_are_asked_for():
    question = asking(severities=SEVERITIES, comments="required")
    rest = {"clean": [1]}
    bare = {"spans": [span(0, 1)], **rest}
    assert owed(question, bare) == "has no severity for 'A'; choose one"
    rated = {"spans": [span(0, 1, severity="major", comment=" ")], **rest}
    assert owed(question, rated) == "has no comment for 'A'; write one"
    lacking = {"missing": [{"completion": 0, "label": "lacking"}], **rest}
    assert owed(question, lacking) == "has no severity for Lacking; choose one"
    full = {"spans": [span(0, 1, severity="major", comment="No.")], **rest}
    assert owed(question, full) == ""
    assert question.is_complete(question.parse(full, completions=2), completions=2)


# --------------------------------------------------------------------------------------- on a page


def test_a_page_posts_one_field_and_gets_it_back_in_the_order_that_is_shown():
    question = everything()
    own = question.parse({"spans": [span(0, 1)], "clean": [1]}, completions=2)
    page = question.context(Shown(order=[1, 0], answer=own))
    shown = json.loads(page["value"])
    assert shown == {"spans": [span(0, 1, completion=1, text="A")], "clean": [0]}
    data = {question.field: page["value"]}
    assert question.read(data, completions=2) == shown
    assert question.held(data, [1, 0]) == own


@pytest.mark.parametrize("text", ["", '{"spans": []}', '{"spans": [], "missing": [], "clean": []}'])
def test_a_field_from_which_everything_was_taken_away_is_untouched(text):
    assert everything().read({"answer-q": text}, completions=2) is None


@pytest.mark.parametrize("text", ["x", "[]", "5", "NaN", '{"spans": 5}', "[" * 3_000, "\ud800"])
def test_a_field_that_holds_no_answer_is_refused_and_not_shown_again(text):
    question, data = everything(), {"answer-q": text}
    with pytest.raises(InvalidAnswer):
        question.parse(question.read(data, completions=2), completions=2)
    assert question.held(data, [0, 1]) is None


# ------------------------------------------------------------------------------------ what it comes to


def test_later_questions_are_asked_upon_labels_and_upon_there_being_any():
    question = asking()
    assert list(question.outcomes) == ["any", "none", "wrong", "invented", "style", "lacking"]
    assert question.came_to({"spans": [span(0, 1)], "clean": [1]}) == {"any", "wrong"}
    missing = {"spans": [], "missing": [{"completion": 0, "label": "lacking"}]}
    assert question.came_to(missing) == {"any", "lacking"}
    assert question.came_to({"spans": [], "clean": [0, 1]}) == {"none"}


def test_an_answer_is_read_as_what_was_marked_where():
    question = everything()
    answer = fitted(
        question,
        {
            "spans": [
                span(8, 12, severity="major", comment="They drove."),
                {"context": 0, "start": 0, "end": 4, "text": "They", "label": "style"},
            ],
            "missing": [{"completion": 0, "label": "lacking"}],
            "clean": [1],
        },
    )
    assert question.words(answer) == (
        "A: “went” Accuracy/Wrong (Major: They drove.), Lacking; B: nothing to mark; "
        "passage 1: “They” Style"
    )


def test_flat_exports_have_the_answer_whole_and_how_often_each_label_is_given():
    question = asking()
    answer = question.parse({"spans": [span(0, 1), span(2, 7)], "clean": [1]}, completions=2)
    cells = question.columns(answer)
    assert json.loads(cells[""]) == answer
    assert cells["count.wrong"] == 2
    assert cells["count.lacking"] == 0
    assert "count.accuracy" not in cells
    assert cells["clean"] == "2"


def test_several_answers_combine_to_counts_by_label():
    question = asking()
    answers = [
        {"spans": [span(0, 1), span(2, 7), span(0, 7, "style")], "clean": [1]},
        {"spans": [span(0, 1)], "clean": [1]},
        {"spans": [], "clean": [0, 1]},
    ]
    combined = question.combine(answers)
    assert combined.count == 3
    assert combined.data == {"answers": 3, "counts": {"wrong": 2, "style": 1}, "nothing": 1}
    words = question.summary(combined.data)
    assert words == "Accuracy/Wrong 2 of 3, Style 1 of 3, nothing 1 of 3"


# ------------------------------------------------------------------------------------- definitions


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"labels": []}, "no label can be given to a span"),
        ({"labels": [LABELS[4]]}, "no label can be given to a span"),
        ({"labels": [{"value": "none", "label": "None"}]}, "'none', which stands for whether"),
        ({"comments": "sometimes"}, "'sometimes'; use one of off, optional, required"),
        ({"snap": 1}, "use one of characters, words, sentences"),
        ({"suggestions": True}, "use one of off, after, before"),
        ({"completions": [0, 0]}, "name each position once"),
        ({"completions": [-1]}, "name each position once"),
        ({"completions": [26]}, "below 26"),
        ({"completions": ["0"]}, "name each position"),
        ({"severities": SEVERITIES * 5}, "two options 'major'"),
        ({"severities": [{"value": str(n), "label": "S"} for n in range(10)]}, "9 at most"),
        ({"overlap": 1}, "write true or false"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(settings, says):
    with pytest.raises(InvalidForm, match=says):
        asking(**settings)


def test_words_colours_keys_headings_and_their_order_may_change_but_not_what_is_stored():
    question = asking()
    relabelled = [
        {"value": "style", "label": "Tone", "colour": "green", "key": "t"},
        {"value": "invented", "label": "Made up"},
        {"value": "wrong", "label": "Incorrect"},
        LABELS[4],
    ]
    assert asking(labels=relabelled, snap="sentences", comments="off").meaning == question.meaning
    for other in (
        {"labels": LABELS[:4]},
        {"labels": [*LABELS[:4], LABELS[4] | {"missing": False}]},
        {"severities": SEVERITIES},
        {"contexts": True},
        {"completions": [0]},
    ):
        assert asking(**other).meaning != question.meaning
