"""Rankings, choices and conditions in the workspace: by keys, by hand, and without scripts."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from annotate.models import Annotation, Form
from tests.factories import make_item, make_member
from tests.frontend.roles import ADMIN

OPTIONS = [
    {"value": "facts", "label": "Wrong facts"},
    {"value": "rude", "label": "Rude"},
    {"value": "long", "label": "Too long"},
]
FORM = [
    {"kind": "ranking", "name": "order", "title": "In which order?"},
    {
        "kind": "choice",
        "name": "problems",
        "title": "What is wrong?",
        "options": OPTIONS,
        "each": True,
        "several": True,
        "none": "Nothing",
    },
    {"kind": "choice", "name": "send", "title": "Send it?", "other": True},
    {
        "kind": "text",
        "name": "repair",
        "title": "What is to be done first?",
        "ask_if": {"question": "send", "answer": ["no"]},
    },
    {"kind": "rating", "name": "sure", "title": "Clarity", "maximum": 3},
]
TEXTS = ("The first.", "The second.", "The third.")


@pytest.fixture
def work(page, site, member, project):
    Form.objects.add_version(project, FORM)
    for number in range(3):
        make_item(project, prompt=f"Prompt number {number}", completions=TEXTS)
    page.goto(f"{site}/projects/pairs/work/")
    begin(page)
    return page


def begin(page):
    """Past the guidelines, which a whole page shows until something is submitted."""
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_hidden()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def active(page):
    return page.locator("[data-slot][data-active]")


def submit(page, key="Enter"):
    before = page.locator("input[name=key]").get_attribute("value")
    page.keyboard.press(key)
    expect(page.locator("input[name=key]")).not_to_have_attribute("value", before)


def own(annotation, *shown):
    """Answers by the place on the page, in the item's own order."""
    found = [None] * len(shown)
    for place, position in enumerate(annotation.order):
        found[position] = shown[place]
    return found


def test_a_ranking_choices_and_a_condition_are_answered_by_keys_alone(work):
    repair = work.locator("[data-question=repair]")
    expect(repair).to_be_hidden()
    press(work, "2", "1", "2")  # the order: A and C are tied
    press(work, "1", "3", "ArrowDown", "2", "ArrowDown", "1", "0")  # 0 takes the others back
    press(work, "ArrowDown", "2")  # do not send it: now it is asked what is to be done
    expect(repair).to_be_visible()
    expect(work.locator("textarea[name=answer-repair]")).to_be_focused()
    work.keyboard.type("Check 3 dates")
    press(work, "Tab", "1", "2", "3")
    submit(work)
    one = Annotation.objects.get()
    assert one.answers == {
        "order": {"ranks": own(one, 2, 1, 2)},
        "problems": {"each": own(one, ["facts", "long"], ["rude"], [])},
        "send": {"chosen": ["no"]},
        "repair": {"text": "Check 3 dates"},
        "sure": {"values": own(one, 1, 2, 3)},
    }


def test_keys_pass_over_what_is_not_asked_and_what_was_written_comes_back(work):
    press(work, "1", "2", "3", "0", "ArrowDown", "0", "ArrowDown", "0", "ArrowDown", "2")
    work.keyboard.type("Kept")
    press(work, "Escape")
    expect(active(work)).to_have_attribute("role", "radiogroup")
    press(work, "1")  # send it: the text goes, and the next slot is the rating
    expect(work.locator("[data-question=repair]")).to_be_hidden()
    expect(active(work)).to_have_attribute("data-hint", "A: 1 worst · 3 best")
    press(work, "3", "3", "3", "ArrowUp", "ArrowUp", "ArrowUp", "2")  # not after all
    expect(work.locator("textarea[name=answer-repair]")).to_have_value("Kept")
    press(work, "ArrowUp", "Escape", "1")
    submit(work)
    answers = Annotation.objects.get().answers
    assert "repair" not in answers
    assert answers["send"] == {"chosen": ["yes"]}


def test_other_opens_a_field_and_a_draft_keeps_boxes_and_words(work):
    words = work.locator("textarea.other")
    expect(words).to_be_hidden()
    press(work, "1", "1", "2", "1", "2", "ArrowDown", "0", "ArrowDown", "3", "ArrowDown", "3")
    expect(words).to_be_visible()
    work.keyboard.type("To a friend")
    expect(work.locator("#saved")).to_have_text("draft saved")
    work.reload()
    begin(work)
    expect(words).to_have_value("To a friend")
    expect(work.locator("[data-question=problems] input:checked")).to_have_count(4)
    press(work, "1", "1", "1")  # work goes on where an answer is owed
    submit(work)
    one = Annotation.objects.get()
    assert one.answers["send"] == {"chosen": ["other"], "other": "To a friend"}
    assert one.answers["problems"] == {"each": own(one, ["facts", "rude"], [], ["long"])}


# ------------------------------------------------------------------------------------------ by hand


def ranks(page):
    found = page.locator("[data-question=order] [data-slot]").all()
    return [one.locator("input:checked").get_attribute("value") for one in found]


def draw(page, chip, place):
    """From the middle of a chip into a lane, with the mouse."""
    start = page.locator(f"[data-chip={chip}]").bounding_box()
    end = page.locator(f"[data-place='{place}']").bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] - 8, end["y"] + end["height"] / 2, steps=4)
    page.mouse.up()


def test_chips_are_drawn_into_places_and_the_fields_follow(work):
    expect(work.locator("[data-place='0'] [data-chip]")).to_have_count(3)
    draw(work, "C", 1)
    draw(work, "A", 2)
    draw(work, "B", 1)
    assert ranks(work) == ["2", "1", "1"]
    expect(work.locator("[data-place='1'] [data-chip]")).to_have_count(2)
    draw(work, "B", 3)
    assert ranks(work) == ["2", "3", "1"]
    expect(work.locator("#saved")).to_have_text("draft saved")
    work.reload()
    expect(work.locator("[data-place='3'] [data-chip=B]")).to_be_visible()


def test_without_ties_whoever_stood_there_changes_places(work, project, site):
    Form.objects.add_version(project, [{**FORM[0], "name": "strict", "ties": False}])
    press(work, "s")
    expect(work.locator("[data-question=strict]")).to_be_visible()  # another form: a whole page
    begin(work)
    expect(work.locator("[data-question=strict] [data-chip]")).to_have_count(3)
    press(work, "1", "2", "3")
    press(work, "ArrowUp", "ArrowUp", "3")  # the first goes third
    strict = work.locator("[data-question=strict] input:checked")
    assert [one.get_attribute("value") for one in strict.all()] == ["3", "2", "1"]
    submit(work)
    one = Annotation.objects.get()
    assert one.answers == {"strict": {"ranks": own(one, 3, 2, 1)}}


def test_a_finger_draws_too(browser, site, member, project, context):
    Form.objects.add_version(project, FORM[:1])
    make_item(project, completions=TEXTS)
    phone = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        storage_state=context.storage_state(),
    )
    page = phone.new_page()
    page.goto(f"{site}/projects/pairs/work/")
    page.get_by_role("button", name="Start labelling").click()
    chip = page.locator("[data-chip=B]")
    chip.scroll_into_view_if_needed()
    start, end = chip.bounding_box(), page.locator("[data-place='1']").bounding_box()
    touch = page.context.new_cdp_session(page)
    for kind, box in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2} if box else None
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at] if at else []})
    expect(page.locator("[data-place='1'] [data-chip=B]")).to_be_visible()
    assert ranks_chosen(page) == ["1"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("navigator.sendBeacon = () => true")
    phone.close()


def ranks_chosen(page):
    found = page.locator("[data-question=order] input:checked").all()
    return [one.get_attribute("value") for one in found]


# ----------------------------------------------------------------------------------- without scripts


def test_without_scripts_everything_is_shown_and_what_was_not_asked_is_left_out(
    browser, site, member, project, context
):
    Form.objects.add_version(project, FORM)
    make_item(project, completions=TEXTS)
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("textarea[name=answer-repair]")).to_be_visible()
    for place in range(3):
        page.locator(f"input[name=answer-order-{place}][value='1']").check(force=True)
        page.locator(f"input[name=answer-problems-{place}-is-none]").check(force=True)
        page.locator(f"input[name=answer-sure-{place}][value='2']").check(force=True)
    page.locator("input[name=answer-send][value=yes]").check(force=True)
    page.locator("textarea[name=answer-repair]").fill("Nothing")
    page.locator("button[data-do=submit]").click()
    expect(page.get_by_role("heading", name="Nothing left")).to_be_visible()
    assert set(Annotation.objects.get().answers) == {"order", "problems", "send", "sure"}
    plain.close()


# ------------------------------------------------------------------------------------- accessibility

PERSONAS = [
    {"kind": "preference", "name": "nurse", "title": "Which?", "criterion": "As a nurse"},
    {
        "kind": "choice",
        "name": "reasons",
        "title": "What makes it better?",
        "options": OPTIONS,
        "reasons": OPTIONS,
        "criterion": "As a nurse",
        "ask_if": {"question": "nurse", "answer": ["not_tie"]},
    },
]


RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def axe(page):
    """What is wrong with the page as it stands, wide and light, narrow and dark."""
    page.evaluate(AXE_SCRIPT)  # which the page's own policy would refuse as a script
    found = []
    for width, scheme in ((1280, "light"), (400, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)
        broken = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
        found += [f"{scheme} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in broken]
    return found


def test_axe_finds_nothing_in_rankings_choices_and_criteria(work, project):
    press(work, "2", "1", "2", "1", "ArrowDown", "0", "ArrowDown", "2", "ArrowDown", "3")
    assert axe(work) == []
    Form.objects.add_version(project, PERSONAS)
    press(work, "Escape", "s")
    expect(work.locator("[data-question=nurse]")).to_be_visible()
    begin(work)
    press(work, "1", "2")
    expect(work.locator("[data-question=reasons]")).to_be_visible()
    assert axe(work) == []


def test_axe_finds_nothing_in_the_editor_of_such_a_form(page, site, project, sign_in):
    Form.objects.add_version(project, [*FORM, *PERSONAS])
    sign_in(make_member(project, role=ADMIN).user)
    page.goto(f"{site}/projects/pairs/form/")
    for summary in page.locator(".seldom > summary").all():
        summary.click()
    assert axe(page) == []
