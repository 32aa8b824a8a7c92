"""Edits of completions: what comes of them, what an answer may say, and how far apart two are."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.offsets import Texts
from annotate.questions import IncompleteAnswers, InvalidForm, Questions, Shown, parse_questions
from annotate.questions.edit.replacing import difference, edited, words_of

# The same cases as the browser's: tests/js/edits.test.mjs.
CASES = json.loads((Path(__file__).parents[1] / "js" / "edits.json").read_text())
TEXT = "She lives in Berlin. 👩‍👩‍👧 It is e\u0301lite.\r\nReally!"
TEXTS = Texts([TEXT, "Second."])
LABELS = [{"value": "fact", "label": "Fact"}, {"value": "style", "label": "Style"}]
WRITING = st.text(st.sampled_from("ab ,.'\n\r\t👍🏽👩‍é\u0301\u200f\u2029中文"), max_size=40)


def edit(**config):
    [question] = parse_questions([{"kind": "edit", "name": "edit", "title": "Edit?", **config}])
    return question


def of(found, replacement, completion=0, **more):
    """An edit of the first place where ``found`` stands."""
    text = TEXTS.completions[completion]
    start = text.index(found)
    return {
        "completion": completion,
        "start": start,
        "end": start + len(found),
        "text": found,
        "replacement": replacement,
        **more,
    }


def inserted(at, replacement, **more):
    return {
        "completion": 0,
        "start": at,
        "end": at,
        "text": "",
        "replacement": replacement,
        **more,
    }


def answer(*edits, **more):
    return {"edits": list(edits), **more}


def parsed(question, raw, *, complete=False, texts=TEXTS):
    size = len(texts.completions)
    return Questions([question]).parse(
        {"edit": raw}, completions=size, complete=complete, texts=texts
    )["edit"]


def refusal(question, raw, **more):
    with pytest.raises(IncompleteAnswers) as caught:
        parsed(question, raw, **more)
    return caught.value.faults["edit"]


# ---------------------------------------------------------------------------------- replacements


def as_edits(text, found):
    return [
        {"start": start, "end": end, "text": text[start:end], "replacement": new}
        for start, end, new in found
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["original"][:20])
def test_replacements_lead_from_one_text_to_the_other(case):
    found = difference(case["original"], case["changed"])
    assert [list(one) for one in found] == case["edits"]
    made = as_edits(case["original"], found)
    assert edited(case["original"], made) == case["changed"]


@given(WRITING, WRITING)
@settings(max_examples=400, deadline=None)
def test_any_text_becomes_any_other_by_ordered_replacements_that_change_something(text, other):
    found = difference(text, other)
    assert edited(text, as_edits(text, found)) == other
    assert all(one.end < two.start for one, two in pairwise(found))
    assert all(text[one.start : one.end] != one.text for one in found)
    assert bool(found) == (text != other)


@given(WRITING)
def test_words_hold_the_whole_text(text):
    assert "".join(words_of(text)) == text


def test_a_text_that_was_written_anew_is_one_replacement():
    old = " ".join(f"old{n}" for n in range(900))
    new = " ".join(f"new{n}" for n in range(900))
    assert difference(f"Same. {old} End.", f"Same. {new} End.") == [(6, 6 + len(old), new)]


# ------------------------------------------------------------------------------------ validation


def test_edits_are_kept_in_the_order_of_the_text_and_give_the_edited_text():
    raw = answer(of("Really", "Surely"), of("Berlin", "Bonn"), inserted(len(TEXT), " 👍"))
    found = parsed(edit(), raw)
    assert [one["text"] for one in found["edits"]] == ["Berlin", "Really", ""]
    assert edit().rewritten(found, 0, TEXT) == (
        "She lives in Bonn. 👩‍👩‍👧 It is e\u0301lite.\r\nSurely! 👍"
    )
    assert edit().rewritten(found, 1, "Second.") is None
    assert edit().rewritten(answer(unchanged=[1]), 1, "Second.") == "Second."


@st.composite
def raw_edits(draw, text):
    """Ranges of ``text`` that touch at most, each with something else in its place."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=10)))
    pairs = zip(places[::2], places[1::2], strict=False)
    edits = [
        {"completion": 0, "start": a, "end": b, "text": text[a:b], "replacement": draw(WRITING)}
        for a, b in pairs
    ]
    kept = {(one["start"], one["end"]): one for one in edits if one["replacement"] != one["text"]}
    return list(kept.values())


@given(st.data())
@settings(deadline=None)
def test_what_is_derived_does_not_hang_on_the_order_in_which_edits_were_sent(data):
    text = data.draw(WRITING.filter(bool))
    edits = data.draw(raw_edits(text))
    mixed = data.draw(st.permutations(edits))
    by_hand = text
    for one in reversed(edits):
        by_hand = by_hand[: one["start"]] + one["replacement"] + by_hand[one["end"] :]
    question, texts = edit(), Texts([text])
    if not edits or by_hand == text:
        return
    found = parsed(question, answer(*mixed), texts=texts)
    assert question.rewritten(found, 0, text) == by_hand
    assert parsed(question, json.loads(json.dumps(found)), texts=texts) == found
    both = Texts(["Other.", text])
    shown = question.permute(found, [1, 0])
    assert parsed(question, shown, texts=both) == shown
    assert question.permute(shown, [1, 0]) == found


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (of("Berlin", "Bonn") | {"text": "berlin"}, "but there stands 'Berlin'"),
        (of("Berlin", "Berlin"), "leaves 'Berlin' as it is"),
        (inserted(3, ""), "leaves '' as it is"),
        (inserted(3, "x") | {"text": "s"}, "quote nothing"),
        (inserted(999, "x"), "at a place from 0 to its end"),
        (of("Berlin", "Bonn") | {"start": 20, "end": 10}, "ends where it starts or before"),
        (of("Berlin", None), "without a replacement"),
        (of("Berlin", "\x00"), "NUL"),
        (of("Berlin", "Bonn", label="fact"), "there are no categories"),
        (of("Berlin", "Bonn", mood="x"), "'mood', which nothing reads"),
        (of("Berlin", "Bonn") | {"completion": 4}, "which there is none of"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_remedy(given, fault):
    assert fault in refusal(edit(), answer(given))


def test_edits_neither_overlap_nor_cancel_each_other():
    overlap = answer(of("lives in", "is from"), of("in Berlin", "here"))
    assert "which overlap; make them one" in refusal(edit(), overlap)
    twice = answer(inserted(3, "a"), inserted(3, "b"))
    assert "which overlap; make them one" in refusal(edit(), twice)
    beside = answer(inserted(13, "West "), of("Berlin", "Bonn"))
    assert parsed(edit(), beside)["edits"][0]["replacement"] == "West "
    nothing = answer(of("S", ""), inserted(1, "S"))
    assert "together leave completion 1 as it is" in refusal(edit(), nothing)


def test_a_completion_is_edited_or_unchanged_and_each_one_asked_about_is_owed():
    first = of("Berlin", "Bonn")
    assert "keep one of these" in refusal(edit(), answer(first, unchanged=[0]))
    assert "says nothing of B" in refusal(edit(), answer(first), complete=True)
    assert parsed(edit(), answer(first, unchanged=[1]), complete=True)
    assert parsed(edit(completions=[0]), answer(first), complete=True)
    assert "of which it is not asked" in refusal(edit(completions=[0]), answer(unchanged=[1]))
    assert "says nothing; edit a completion" in refusal(edit(), answer())


def test_which_completion_is_asked_about_is_its_place_in_the_item():
    shown = TEXTS.permuted([1, 0])
    question = edit(completions=[0])
    raw = answer(of("Berlin", "Bonn") | {"completion": 1})
    assert parsed(question, raw, complete=True, texts=shown)
    assert "not asked" in refusal(question, answer(unchanged=[0]), texts=shown)


def test_categories_and_reasons_are_owed_of_people_where_the_form_says_so():
    question = edit(labels=LABELS, reasons="required", completions=[0])
    bare, named = of("Berlin", "Bonn"), of("Berlin", "Bonn", label="fact")
    assert "no category for the edit of 'Berlin'" in refusal(question, answer(bare), complete=True)
    assert "no reason for the edit of 'Berlin'" in refusal(question, answer(named), complete=True)
    assert parsed(question, answer(named | {"reason": "She moved."}), complete=True)
    assert parsed(question, answer(bare)), "a file may leave them out"
    assert "use one of fact, style" in refusal(question, answer(bare | {"label": "x"}))
    assert "does not ask for" in refusal(edit(reasons="off"), answer(bare | {"reason": "x"}))


def test_scores_are_given_before_and_after_and_once_where_nothing_changed():
    question, first = edit(scores=10), of("Berlin", "Bonn")
    both = [
        {"completion": 0, "initial": 3, "final": 8},
        {"completion": 1, "initial": 9, "final": 9},
    ]
    found = parsed(question, answer(first, unchanged=[1], scores=both), complete=True)
    assert found["scores"][1] == {"completion": 1, "initial": 9}
    lacking = answer(first, unchanged=[1], scores=[{"completion": 0, "initial": 3}])
    assert "no score of A as it is now; give 1 to 10" in refusal(question, lacking, complete=True)
    for score, fault in [
        ({"completion": 0, "initial": 11}, "use 1, the worst, to 10"),
        ({"completion": 0}, "without points"),
        ({"completion": 1, "initial": 3, "final": 5}, "leave the final score out"),
    ]:
        assert fault in refusal(question, answer(first, unchanged=[1], scores=[score]))
    assert "score it once" in refusal(question, answer(first, scores=[both[0], both[0]]))
    assert "does not ask for" in refusal(edit(), answer(first, scores=both))


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"scores": 1}, "use 2 to 100, or 0 for none"),
        ({"completions": [0, 0]}, "name each position once"),
        ({"reasons": "maybe"}, "use one of off, optional, required"),
    ],
)
def test_settings_that_make_no_sense_are_refused(config, fault):
    with pytest.raises(InvalidForm, match=fault):
        edit(**config)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_page_posts_what_it_shows_whatever_the_order(order):
    from tests.annotate.test_question_steps import posted

    question, texts = edit(scores=5), TEXTS.permuted(order)
    own = parsed(
        question,
        answer(
            of("It", '<i>"&'),
            unchanged=[1],
            scores=[{"completion": 0, "initial": 2, "final": 4}, {"completion": 1, "initial": 5}],
        ),
    )
    data = posted(question.html(Shown(order=order, answer=own, texts=texts)))
    assert question.held(data, order) == own
    assert parsed(question, question.read(data, completions=2), complete=True, texts=texts)


def test_an_untouched_page_says_nothing():
    question = edit()
    for held in ("", '{"edits": []}', '{"edits": [], "unchanged": [], "scores": []}'):
        assert question.read({question.field: held}, completions=2) is None
    assert "send an object" in refusal(
        question, question.read({question.field: "["}, completions=2)
    )


# ------------------------------------------------------------------- agreement and aggregation


def test_the_distance_is_one_less_the_f1_of_what_is_touched():
    question = edit()
    one, other = answer(of("Berlin", "Bonn")), answer(of("in Berlin", "here"))
    assert question.distance(one, other) == pytest.approx(1 - 2 * 6 / (6 + 9))
    assert question.distance(one, answer(of("Really", "So"))) == 1
    assert question.distance(answer(unchanged=[0]), one) == 1
    assert question.distance(answer(unchanged=[0]), answer(unchanged=[0])) == 0
    assert question.distance(answer(inserted(3, "a")), answer(inserted(3, "b"))) == 0
    assert question.distance(answer(inserted(3, "a")), answer(inserted(4, "a"))) == 1
    apart = of("Second", "2nd", completion=1)
    assert question.distance(answer(of("Berlin", "Bonn"), apart), one) == 0, "B is in one alone"


def test_several_people_s_edits_are_counted_and_their_scores_averaged():
    question = edit(labels=LABELS, scores=10)
    fact = of("Berlin", "Bonn", label="fact")
    found = question.combine(
        [
            answer(fact, scores=[{"completion": 0, "initial": 3, "final": 8}]),
            answer(fact, of("It", "She", label="style"), scores=[{"completion": 0, "initial": 4}]),
            answer(unchanged=[0]),
        ]
    )
    assert found.data == {
        "completions": [
            {
                "completion": 0,
                "edited": 2,
                "unchanged": 1,
                "edits": 1.5,
                "initial": 3.5,
                "final": 8.0,
            }
        ],
        "labels": {"fact": 2, "style": 1},
    }
    assert question.summary(found.data) == "A: edited by 2 of 3, 3.5 → 8.0"


def test_an_answer_is_told_in_words_and_in_cells():
    question = edit(labels=LABELS, scores=10)
    given = answer(
        of("Berlin", "Bonn", label="fact", reason="She moved."),
        of("Really!", ""),
        unchanged=[1],
        scores=[{"completion": 0, "initial": 3, "final": 8}],
    )
    assert question.words(given) == (
        "A: “Berlin” → “Bonn” (Fact: She moved.), deleted “Really!”, 3 → 8; B: nothing to edit"
    )
    assert question.columns(given) == {
        "1.edits": 2,
        "1.unchanged": False,
        "1.initial": 3,
        "1.final": 8,
        "2.edits": 0,
        "2.unchanged": True,
    }
