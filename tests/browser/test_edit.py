"""Editing completions in the workspace: the whole text by keys, a passage by hand."""

import json

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Form
from annotate.questions import parse_questions
from tests.browser.axe import faults_as_is
from tests.browser.working import begin
from tests.factories import make_item

EDIT = {
    "kind": "edit",
    "name": "edit",
    "title": "Rewrite what could be better",
    "labels": [{"value": "fact", "label": "Fact"}, {"value": "style", "label": "Style"}],
    "scores": 5,
}
TEXT = "👩‍👩‍👧 She lives in **old Berlin**.\r\n\r\n\u200f\u05e9\u05dc! It was, in a way, a re\u0301sume\u0301.\tDone.  "


@pytest.fixture
def work(page, site, member, project):
    Form.objects.add_version(project, [EDIT])
    make_item(project, prompt="One", completions=(TEXT,))
    make_item(project, prompt="Two", completions=("Last one.",))
    return begin(page, site)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def written(page):
    return page.locator("[data-written]")


def held(page):
    """What the page would send, without what is fixed by the text."""
    answer = json.loads(page.locator(".edit [data-answer]").input_value())
    for edit in answer["edits"]:
        assert TEXT[edit["start"] : edit["end"]] == edit["text"]
    return [(edit["text"], edit["replacement"], edit.get("label")) for edit in answer["edits"]]


def submit(page):
    before = page.locator("input[name=key]").get_attribute("value")
    page.keyboard.press("Enter")
    expect(page.locator("input[name=key]")).not_to_have_attribute("value", before)


def stored():
    annotation = Annotation.objects.order_by("pk").last()
    [question] = parse_questions([EDIT])
    return annotation.answers["edit"], question.rewritten(annotation.answers["edit"], 0, TEXT)


def test_by_keys_alone_a_text_is_rewritten_its_edits_explained_and_scored(work):
    press(work, "w", "Control+Home")
    expect(written(work)).to_be_focused()
    press(work, *["ArrowRight"] * len("👪 She "), *["Shift+ArrowRight"] * len("lives"))
    work.keyboard.type("worked")
    press(work, "End", "ArrowLeft")
    work.keyboard.type(" 🎉")
    expect(work.locator(".change")).to_have_count(2)
    press(work, "Escape", "ArrowDown", "1", "2")
    press(work, "ArrowUp", "ArrowUp")
    expect(work.locator(".change").nth(0)).to_have_attribute("data-active", "")
    press(work, "w")
    work.keyboard.type("She moved.")
    press(work, "Escape", "ArrowDown", "ArrowDown", "2", "5")
    submit(work)
    answer, now = stored()
    first, second = answer["edits"]
    assert (first["text"], first["replacement"], first["label"]) == ("lives", "worked", "fact")
    assert first["reason"] == "She moved."
    assert (second["text"], second["replacement"], second["label"]) == ("", " 🎉", "style")
    assert answer["scores"] == [{"completion": 0, "initial": 2, "final": 5}]
    assert now == TEXT.replace("lives", "worked").replace("**.", "** 🎉.")


def test_a_passage_that_is_selected_in_the_rendered_text_is_one_edit(work):
    work.locator(".completion [data-rendered] strong").dblclick()
    work.locator(".completion [data-rendered]").evaluate(
        "view => getSelection().selectAllChildren(view.querySelector('strong'))"
    )
    button = work.locator("[data-passage]")
    expect(button).to_contain_text("old Berlin")
    button.click()
    expect(written(work)).to_be_focused()
    work.keyboard.type("old Bonn")
    assert held(work) == [("old Berlin", "old Bonn", None)]
    expect(written(work)).to_have_value(TEXT.replace("Berlin", "Bonn").replace("\r\n", "\n"))
    expect(work.locator(".change del")).to_have_text("old Berlin")
    expect(work.locator(".change ins")).to_have_text("old Bonn")
    work.get_by_text("In place").click()
    expect(work.locator(".marked ins")).to_have_text("old Bonn")


def test_an_edit_is_taken_back_by_key_its_category_first(work):
    press(work, "w", "Control+End")
    work.keyboard.type("So.")
    press(work, "Escape", "ArrowDown", "1", "ArrowUp")
    assert held(work)[0][2] == "fact"
    press(work, "Backspace")
    assert held(work)[0][2] is None
    press(work, "Backspace")
    expect(work.locator(".change")).to_have_count(0)
    expect(written(work)).to_have_value(TEXT.replace("\r\n", "\n"))
    expect(work.locator(".edit [data-answer]")).to_have_value("")
    expect(work.locator(".writing")).to_be_focused()


def test_a_text_without_a_fault_is_said_to_be_so_by_one_key(work):
    press(work, "0", "ArrowDown", "4")
    expect(work.locator("[data-score=final]")).to_be_hidden()
    submit(work)
    answer, now = stored()
    assert answer == {
        "edits": [],
        "unchanged": [0],
        "scores": [{"completion": 0, "initial": 4}],
    }
    assert now == TEXT


def test_what_is_owed_is_named_and_what_was_written_stays(work):
    work.expected.append("422")
    press(work, "w", "Control+End")
    work.keyboard.type("So.")
    press(work, "Control+Enter")
    expect(work.locator("#answer-edit-error")).to_contain_text("no category for the edit of")
    assert len(held(work)) == 1
    expect(work.locator(".change")).to_have_count(1)
    assert written(work).input_value().endswith("So.")


def test_what_is_written_comes_back_after_a_reload(work):
    press(work, "w", "Control+End")
    work.keyboard.type("So.")
    press(work, "Escape", "ArrowDown", "2", "3")
    expect(work.locator("#saved")).to_have_text("draft saved")
    before = held(work)
    work.reload()
    expect(work.locator("html[data-keys=ready]")).to_be_attached()
    assert held(work) == before
    expect(work.locator(".change input:checked")).to_have_value("style")
    expect(work.locator("[data-score=initial] input:checked")).to_have_value("3")
    assert written(work).input_value().endswith("So.")


def test_the_next_item_starts_with_its_own_text(work):
    press(work, "0", "ArrowDown", "4")
    submit(work)
    expect(written(work)).to_have_value("Last one.")
    expect(work.locator(".edit [data-answer]")).to_have_value("")
    press(work, "0")
    expect(work.locator("[data-unchanged]")).to_be_checked()


def test_nobody_is_kept_out(work):
    press(work, "w", "Control+End")
    work.keyboard.type("So.")
    press(work, "Escape", "ArrowDown", "2")
    assert "".join(faults_as_is(work)) == ""
