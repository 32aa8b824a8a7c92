"""Questions that are asked upon what was marked: they come and go with the marks."""

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Form
from tests.browser.marking import begin, press, spans, submit
from tests.factories import make_item

UPON = {"required": True, "kind": "text"}
WHY = {**UPON, "name": "why", "title": "Why?", "ask_if": {"question": "errors", "answer": ["any"]}}
STYLE = {
    **UPON,
    "name": "tone",
    "title": "Which tone?",
    "ask_if": {"question": "errors", "answer": ["style", "none"]},
}


@pytest.fixture
def work(page, site, member, project):
    Form.objects.add_version(project, [spans(), WHY, STYLE])
    make_item(project, completions=("One two three.",))
    return begin(page, site)


def shown(page):
    """Which of the two questions are asked."""
    found = page.locator("[data-if]:not([hidden])")
    return [one.get_attribute("data-question") for one in found.all()]


def test_a_question_turns_up_with_the_marks_that_it_is_asked_upon(work):
    page = work
    assert shown(page) == []
    press(page, "e", "Shift+ArrowRight", "1")
    expect(page.locator("[data-question=why]")).to_be_visible()
    assert shown(page) == ["why"]
    press(page, "3")  # another label for the same mark
    expect(page.locator("[data-question=tone]")).to_be_visible()
    assert shown(page) == ["why", "tone"]
    press(page, "Delete")
    expect(page.locator("[data-question=why]")).to_be_hidden()
    assert shown(page) == []
    press(page, "0")  # nothing to mark
    expect(page.locator("[data-question=tone]")).to_be_visible()
    assert shown(page) == ["tone"]


def test_a_draft_is_restored_with_what_it_asks(work, site):
    page = work
    press(page, "e", "Shift+ArrowRight", "1", "Escape")
    begin(page, site)
    expect(page.locator("[data-question=why]")).to_be_visible()
    page.locator("textarea[name=answer-why]").press_sequentially("It is two.")
    submit(page, key="Control+Enter")
    [answers] = Annotation.objects.values_list("answers", flat=True)
    assert answers["why"] == {"text": "It is two."}
    assert [span["label"] for span in answers["errors"]["spans"]] == ["wrong"]
