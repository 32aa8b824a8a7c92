"""Marking spans with the keyboard alone: into the text, along it, and from mark to mark."""

import re

import pytest
from playwright.sync_api import expect

from annotate.models import Form
from tests.browser.marking import SEVERITIES, begin, held, marks, press, says, spans, stored, submit
from tests.factories import make_item

WOMAN = "\U0001f469\U0001f3fd\u200d\U0001f680"  # one character to see, four code points
# fmt: off
TEXT = f"Ann {WOMAN} flew in 1972 \U0001f600\U0001f600 to the moon.\r\nשלום עולם, שלום.\n\tCafe\u0301 at the end. "  # noqa: RUF001
# fmt: on


@pytest.fixture
def work(page, site, member, project):
    def work(*completions, contexts=(), passages=False, **settings):
        Form.objects.add_version(project, [spans(contexts=passages, **settings)])
        make_item(project, completions=completions or (TEXT,), contexts=list(contexts))
        return begin(page, site)

    return work


def range_of(quote, start=0):
    at = TEXT.index(quote, start)
    return {"start": at, "end": at + len(quote), "text": quote}


def raw(page):
    """The text as it is stored, each line of it on a line."""
    page.keyboard.press("r")
    expect(page.locator(".completion [data-raw]").first).to_be_visible()


def test_overlapping_spans_are_made_changed_and_deleted_by_keys_alone(work):
    page = work()
    raw(page)
    page.keyboard.press("e")
    says(page, "In A.")
    # "Ann 👩🏽‍🚀": four characters on, and one that is seven units long.
    press(page, *["Shift+ArrowRight"] * 5, "1")
    says(page, f"Marked as Wrong: “Ann {WOMAN}” in A.")
    # From within it to beyond it: " 👩🏽‍🚀 flew".
    press(
        page, "ArrowLeft", "ArrowLeft", *["Shift+ArrowRight"] * 2, "Shift+Control+ArrowRight", "2"
    )
    assert marks(page) == [(f"Ann {WOMAN}", "wrong"), (f" {WOMAN} flew", "unclear")]
    # The second line runs from right to left, so the arrow to the left goes on.
    press(page, "ArrowDown", "Home", *["Shift+ArrowLeft"] * 4, "3")
    assert held(page)["spans"][2] == {"completion": 0, **range_of("שלום"), "label": "style"}
    # Back to the first, another label, an end that is nearer, and the last one goes.
    press(page, "[", "[", "3")
    assert marks(page)[0] == (f"Ann {WOMAN}", "style")
    press(page, *["Shift+ArrowLeft"] * 2)
    assert marks(page)[0] == ("Ann", "style")
    press(page, "]", "]", "Delete")
    says(page, "Deleted: “שלום” in A.")
    press(page, "Escape")
    submit(page)
    [answer] = stored()
    assert answer == {
        "spans": [
            {"completion": 0, **range_of("Ann"), "label": "style"},
            {"completion": 0, **range_of(f" {WOMAN} flew"), "label": "unclear"},
        ]
    }


def test_marks_beyond_line_ends_and_tabs_keep_their_code_points(work):
    page = work()
    raw(page)
    press(page, "e", "Control+End", *["Control+ArrowLeft"] * 4, *["Shift+ArrowRight"] * 4, "1")
    assert held(page)["spans"][0] == {"completion": 0, **range_of("Cafe\u0301"), "label": "wrong"}
    press(page, "Control+Home", "Shift+Control+End", "2", "Escape")
    submit(page)
    [answer] = stored()
    assert answer["spans"][0] == {
        "completion": 0, "start": 0, "end": len(TEXT), "text": TEXT, "label": "unclear",
    }  # fmt: skip


def test_a_mark_made_on_the_rendered_text_is_of_the_stored_one(work):
    text = "The **tower** stands in [Berlin](https://example.org/), `they` say."
    page = work(text)
    press(page, "e", *["Control+ArrowRight"] * 5, "1")
    press(page, *["ArrowRight"] * 2, *["Shift+ArrowRight"] * 4, "2")
    raw(page)
    assert marks(page) == [("Berlin", "wrong"), ("they", "unclear")]
    press(page, "Escape")
    submit(page)
    for span in stored()[0]["spans"]:
        assert text[span["start"] : span["end"]] == span["text"]


def test_by_words_the_arrows_go_by_word_and_marks_are_whole_words(work):
    page = work("One two, three. Four five six.", snap="words")
    press(page, "e", "ArrowRight", *["Shift+ArrowRight"] * 2, "1")
    assert marks(page) == [("two, three", "wrong")]
    press(page, "Shift+ArrowLeft")
    assert marks(page) == [("two,", "wrong")]
    press(page, "o", "Shift+ArrowLeft")
    assert marks(page) == [("One two,", "wrong")]
    press(page, "Control+ArrowRight", "Shift+Control+ArrowRight", "2")
    assert marks(page)[1] == ("Four five six.", "unclear")


def test_by_sentences_whole_ones_are_marked(work):
    page = work("One two. Three four! Five.", snap="sentences")
    press(page, "e", "ArrowRight", "Shift+ArrowRight", "1")
    assert marks(page) == [("Three four!", "wrong")]
    press(page, "Shift+ArrowRight")
    assert marks(page) == [("Three four! Five.", "wrong")]


def test_a_category_at_the_cursor_marks_the_word_there(work):
    page = work("One two three.")
    press(page, "e", "Control+ArrowRight", "ArrowRight", "1")
    assert marks(page) == [("two", "wrong")]


def test_overlap_is_refused_with_words_where_it_is_not_allowed(work):
    page = work("One two three four.", overlap=False)
    press(
        page, "e", "Control+ArrowRight", "Shift+Control+ArrowRight", "Shift+Control+ArrowRight", "1"
    )
    press(page, "Control+ArrowLeft", "Shift+Control+ArrowRight", "Shift+Control+ArrowRight", "2")
    says(page, "Marks may not overlap here, and “two three” is marked.")
    assert marks(page) == [(" two three", "wrong")]
    expect(page.locator("[data-says].fault")).to_be_visible()


def test_severity_and_comment_have_keys(work):
    page = work("One two three.", severities=SEVERITIES, comments="optional")
    press(page, "e", "Control+ArrowRight", "1", "Shift+Digit2", "Enter")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("Not 1, but 2.")
    press(page, "Enter")
    expect(page.locator(".completion").first).to_be_focused()
    press(page, "ArrowRight", "Shift+Control+ArrowRight", "2", "Shift+Digit1", "Escape")
    submit(page)
    first, second = stored()[0]["spans"]
    assert (first["text"], first["severity"], first["comment"]) == ("One", "major", "Not 1, but 2.")
    assert (second["label"], second["severity"]) == ("unclear", "minor")


def test_a_comment_that_is_owed_is_asked_for_at_once(work):
    page = work("One two three.", comments="required")
    press(page, "e", "Shift+Control+ArrowRight", "1")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("Why not")
    press(page, "Escape", "Escape")
    submit(page)
    assert stored()[0]["spans"][0]["comment"] == "Why not"


def test_no_error_and_what_is_missing_take_one_key_each(work, project):
    page = work("One.", "Two.", "Three.")
    press(page, "0")
    says(page, "A: nothing to mark.")
    press(page, "0")
    press(page, "e", "4")
    page.keyboard.type("The date")
    press(page, "Enter", "Escape")
    submit(page)
    [answer] = stored()
    assert len(answer["clean"]) == 2
    [missing] = answer["missing"]
    assert (missing["label"], missing["comment"]) == ("lacks", "The date")
    assert {missing["completion"], *answer["clean"]} == {0, 1, 2}


def test_what_was_done_is_taken_back_and_done_again(work):
    page = work("One two three.")
    press(page, "e", "Shift+Control+ArrowRight", "1", "2", "Delete")
    assert marks(page) == []
    press(page, "z")
    assert marks(page) == [("One", "unclear")]
    press(page, "Control+z")
    assert marks(page) == [("One", "wrong")]
    press(page, "Shift+z")
    assert marks(page) == [("One", "unclear")]
    press(page, "z", "z", "z")
    says(page, "There is nothing to take back.")


def test_tab_goes_from_mark_to_mark_and_then_out_of_the_text(work):
    page = work("One two three.")
    press(page, "e", "Shift+Control+ArrowRight", "1")
    press(page, "ArrowRight", "Shift+Control+ArrowRight", "2")
    press(page, "Control+Home", "Tab")
    expect(page.locator("[data-current] q")).to_have_text("One")
    press(page, "Tab")
    expect(page.locator("[data-current] q")).to_have_text("two")
    press(page, "Tab")
    expect(page.locator("[data-cursor]")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.completion') === null")


def test_passages_are_marked_where_they_are_asked_about(work):
    page = work("One.", contexts=[{"text": "It was 1889. It still is."}], passages=True)
    press(page, "0", "e", "e", "Control+ArrowRight", "Control+ArrowRight", "1", "Escape")
    submit(page)
    [span] = stored()[0]["spans"]
    assert span == {"context": 0, "start": 3, "end": 6, "text": "was", "label": "wrong"}


def test_a_draft_brings_marks_back_after_a_reload(work):
    page = work("One two three.", severities=SEVERITIES)
    press(page, "e", "Shift+Control+ArrowRight", "1", "Shift+Digit1", "Escape")
    with page.expect_response("**/work/draft/"):
        pass
    page.reload()
    expect(page.locator("[data-list] .jump")).to_have_count(1)
    expect(page.locator("[data-list] .jump")).to_have_text(re.compile("Wrong · Minor.*One"))
    assert page.evaluate("[...CSS.highlights.keys()].some((name) => name.startsWith('mark-0-0'))")


def test_a_submission_that_is_refused_keeps_the_marks(work):
    page = work("One two three.", "Four.")
    page.expected.append("422")
    press(page, "e", "Shift+Control+ArrowRight", "1", "Escape", "Enter")
    expect(page.locator(".question .errors")).to_contain_text("Says nothing of B")
    assert marks(page) == [("One", "wrong")] or marks(page) == [("Four", "wrong")]
    press(page, "0")
    submit(page)


def test_marks_come_back_when_a_submission_is_taken_back(work, project):
    page = work("One two three.", "Four five.")
    press(page, "e", "Shift+Control+ArrowRight", "1", "Escape", "0")
    before = held(page)
    submit(page)
    press(page, "u")
    expect(page.locator("[data-list] .jump")).to_have_count(1)
    assert held(page) == before


def test_of_many_completions_the_one_that_is_asked_about_is_in_view(work):
    page = work(*(f"Answer {number}. " * 40 for number in range(8)), completions=[5])
    letter = page.locator(".found .text b").inner_text()
    asked = page.locator(f"#completion-{letter}")
    expect(asked).to_contain_text("Answer 5.")
    expect(asked.locator("header")).to_be_in_viewport(ratio=0.9)
