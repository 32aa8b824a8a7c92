"""Marking spans by mouse and finger, beside the list of marks; and pages on which nothing can be marked."""

import re

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Form
from tests.browser.axe import AXE_SCRIPT, LOOKS, NEXT_FRAME, violations
from tests.browser.marking import (
    LABELS,
    PLACE,
    SEVERITIES,
    begin,
    click,
    drag,
    held,
    marks,
    press,
    says,
    spans,
    stored,
    submit,
)
from tests.factories import make_item

TEXT = "The tower was built in 1789. It stands in Berlin, as everybody knows."
PASSAGE = {"text": "It was completed in 1889. It stands in Paris.", "title": "Tower"}
GOOD = {
    "kind": "spans",
    "name": "good",
    "title": "What is good?",
    "labels": [{"value": "apt", "label": "Apt"}, {"value": "clear", "label": "Clear"}],
    "comments": "off",
}


SELECT = """(quote) => {
    const view = document.querySelector("[data-text=completion-0]:not([hidden])");
    const node = document.createTreeWalker(view, NodeFilter.SHOW_TEXT).nextNode();
    const at = node.data.indexOf(quote);
    getSelection().setBaseAndExtent(node, at, node, at + quote.length);
}"""


@pytest.fixture
def start(page, site, member, project):
    def start(*completions, contexts=(PASSAGE,), more=(), **settings):
        Form.objects.add_version(project, [spans(**settings), *more])
        make_item(project, completions=completions or (TEXT,), contexts=list(contexts))
        return begin(page, site)

    return start


def category(page, name, question="errors"):
    return page.locator(f"[data-question={question}]").get_by_role("button", name=name, exact=True)


def test_what_the_mouse_selects_is_marked_by_key_or_by_category(start):
    page = start()
    drag(page, "1789")
    press(page, "1")
    assert marks(page) == [("1789", "wrong")]
    drag(page, "Berlin")
    category(page, "Unclear").click()
    assert marks(page)[1] == ("Berlin", "unclear")
    submit(page)
    assert [TEXT[s["start"] : s["end"]] for s in stored()[0]["spans"]] == ["1789", "Berlin"]


def test_a_category_chosen_first_marks_each_selection(start):
    page = start(snap="words")
    press(page, "2")
    says(page, "Unclear: select text to mark it")
    drag(page, "ower was buil")
    drag(page, "stand")
    assert marks(page) == [("tower was built", "unclear"), ("stands", "unclear")]
    press(page, "Escape")
    drag(page, "Berlin")
    assert len(marks(page)) == 2


def test_a_mark_that_is_clicked_is_the_one_that_keys_change(start):
    page = start()
    drag(page, "The tower was built")
    press(page, "1")
    drag(page, "tower")
    press(page, "2")
    click(page, "tower")
    expect(page.locator("[data-current] q")).to_have_text(
        re.compile("^The tower was built$|^tower$")
    )
    first = page.locator("[data-current] q").inner_text()
    click(page, "tower")
    expect(page.locator("[data-current] q")).not_to_have_text(first)
    press(page, "3")
    assert sorted(label for _, label in marks(page)) in (["style", "unclear"], ["style", "wrong"])
    click(page, "everybody")
    expect(page.locator("[data-current]")).to_have_count(0)


def test_the_list_changes_all_there_is_about_a_mark(start):
    page = start(severities=SEVERITIES, evidence=True)
    drag(page, "1789")
    press(page, "1")
    row = page.locator("[data-current]")
    row.get_by_label("Category").select_option("Unclear")
    row.get_by_role("button", name="Major").click()
    row.get_by_label("Comment").fill("It was 1889")
    row.get_by_label("Add evidence").select_option(label="1:1 It was completed in 1889.")
    row.get_by_role("button", name="Start earlier").click()
    submit(page, key="Control+Enter")
    [span] = stored()[0]["spans"]
    assert span == {
        "completion": 0,
        "start": 22,
        "end": 27,
        "text": " 1789",
        "label": "unclear",
        "severity": "major",
        "comment": "It was 1889",
        "evidence": [{"context": 0, "start": 0, "end": 25, "text": "It was completed in 1889."}],
    }


def test_evidence_is_another_mark_or_what_is_selected_in_a_passage(start):
    page = start(evidence=True)
    drag(page, "Berlin")
    press(page, "1")
    drag(page, "1789")
    press(page, "1")
    page.locator("[data-current]").get_by_label("Add evidence").select_option(label="A “Berlin”")
    drag(page, "Paris", text="context-0")
    press(page, "x")
    expect(page.locator("[data-drop]")).to_have_count(2)
    submit(page)
    year, berlin = stored()[0]["spans"]
    assert year["evidence"] == [
        {"span": 1},
        {"context": 0, "start": 39, "end": 44, "text": "Paris"},
    ]
    assert "evidence" not in berlin


def test_deleting_in_the_list_keeps_the_focus_there(start):
    page = start()
    for quote in ("1789", "Berlin"):
        drag(page, quote)
        press(page, "1")
    page.get_by_role("button", name="1789").click()
    page.locator("[data-current]").get_by_role("button", name="Delete").click()
    expect(page.locator("[data-list] .jump")).to_be_focused()
    assert marks(page) == [("Berlin", "wrong")]


def test_no_error_is_pressed_for_each_completion(start):
    page = start("One.", "Two.")
    page.get_by_role("button", name="No error in B").click()
    assert held(page) == {"spans": [], "clean": [1]}
    page.get_by_role("button", name="No error in B").click()
    assert held(page) == {}


def test_a_selection_across_two_texts_is_refused_with_words(start):
    page = start("One two.", "Three four.")
    page.evaluate("""() => {
        const [a, b] = document.querySelectorAll("[data-text^=completion]:not([hidden])");
        getSelection().setBaseAndExtent(a, 0, b, b.childNodes.length);
    }""")
    press(page, "1")
    says(page, "The selection goes across several texts")
    assert held(page) == {}


def test_passages_are_not_marked_where_they_are_not_asked_about(start):
    page = start()
    drag(page, "Paris", text="context-0")
    press(page, "1")
    says(page, "Passages are not marked here")


def test_each_of_several_questions_has_its_own_marks_and_keys(start):
    page = start(more=[GOOD])
    drag(page, "1789")
    press(page, "1")
    press(page, "Escape", "ArrowDown")
    drag(page, "everybody")
    press(page, "1")
    assert marks(page) == [("1789", "wrong")]
    assert marks(page, "good") == [("everybody", "apt")]
    submit(page)


def test_without_the_highlight_api_marks_are_laid_over_the_text(page, start):
    page.add_init_script("delete globalThis.Highlight")
    start()
    before = page.locator("[data-text=completion-0]").first.evaluate("one => one.outerHTML")
    drag(page, "1789")
    press(page, "1")
    mark = page.locator(".over-text > mark")
    expect(mark).to_have_count(1)
    x, y = page.evaluate(PLACE, ["completion-0", "1789", False])
    box = mark.bounding_box()
    assert box["x"] <= x <= box["x"] + box["width"]
    assert box["y"] <= y <= box["y"] + box["height"]
    after = page.locator("[data-text=completion-0]").first.evaluate("one => one.outerHTML")
    assert after == before
    press(page, "Delete")
    expect(mark).to_have_count(0)


def test_marking_leaves_the_elements_of_the_text_as_they_are(start):
    page = start()
    before = page.locator("[data-text=completion-0]").first.evaluate("one => one.outerHTML")
    drag(page, "1789")
    press(page, "1", "e", "ArrowRight", "Escape")
    after = page.locator("[data-text=completion-0]").first.evaluate("one => one.outerHTML")
    assert after == before


def test_marks_are_painted_on_both_views(start):
    page = start("The **tower** was built.")
    drag(page, "tower")
    press(page, "1")
    painted = """() => [...CSS.highlights].flatMap(([name, all]) => name.startsWith("mark-")
        ? [...all].map((one) => [name, one.startContainer.data.slice(one.startOffset, one.endOffset)]) : [])"""
    assert page.evaluate(painted) == [["mark-0-0-now", "tower"]]
    press(page, "Escape", "r")
    expect(page.locator("pre.raw").last).to_be_visible()
    page.wait_for_function(
        "() => [...CSS.highlights.get('mark-0-0-0') ?? []].some((one) => one.startContainer.parentElement.matches('pre'))"
    )
    assert page.evaluate(painted) == [["mark-0-0-0", "tower"]]


def test_a_correction_that_is_closed_shows_marks_that_cannot_be_changed(start, site, project):
    page = start()
    drag(page, "1789")
    press(page, "1")
    submit(page)
    project.corrections = False
    project.save()
    label = Annotation.objects.get()
    page.goto(f"{site}/projects/pairs/work/history/{label.pk}/")
    expect(page.locator("fieldset:disabled .jump")).to_have_count(1)
    page.wait_for_function("() => CSS.highlights.get('mark-0-0-0')?.size === 1")
    expect(page.locator(".details")).to_have_count(0)


def test_a_finger_selects_and_the_categories_are_at_hand(browser, site, context, start):
    start("\n\n".join([TEXT] * 20))
    size = {"width": 400, "height": 800}
    phone = browser.new_context(
        storage_state={"cookies": context.cookies()}, viewport=size, has_touch=True, is_mobile=True
    )
    hand = begin(phone.new_page(), site)
    hand.evaluate(SELECT, "1789")  # as a finger that rests on a word does
    wrong = category(hand, "Wrong")
    expect(wrong).to_be_in_viewport(ratio=1)
    wrong.tap()
    assert marks(hand) == [("1789", "wrong")]
    hand.touchscreen.tap(*hand.evaluate(PLACE, ["completion-0", "everybody", False]))
    expect(hand.locator("[data-picking]")).to_have_count(0)
    hand.touchscreen.tap(*hand.evaluate(PLACE, ["completion-0", "1789", False]))
    expect(hand.locator("[data-current] q")).to_have_text("1789")
    phone.close()


def faults(page):
    found = []
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)
        found += [f"{size['width']} {scheme} {fault}" for fault in violations(page)]
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(beyond) == 0
    return "\n".join(found)


def test_axe_finds_nothing_while_marks_are_made(start):
    page = start(severities=SEVERITIES, evidence=True, more=[GOOD])
    page.evaluate(AXE_SCRIPT)
    assert not (found := faults(page)), found
    page.set_viewport_size({"width": 1280, "height": 720})
    drag(page, "1789")
    press(page, "1")
    press(page, "4")
    press(page, "Escape", "e", "Shift+Control+ArrowRight")
    assert not (found := faults(page)), found
    press(page, "Escape", "?")
    expect(page.locator("#keys")).to_be_visible()
    assert not (found := faults(page)), found


def test_every_category_shows_its_key_and_more_than_a_colour(start):
    page = start()
    shown = page.locator(".category")
    assert [one.locator("kbd").inner_text() for one in shown.all()] == ["1", "2", "3", "4"]
    lines = page.locator(".category .swatch").evaluate_all(
        "all => all.map((one) => one.dataset.line)"
    )
    assert len(set(lines)) == len(lines) == len(LABELS) - 1
