"""axe-core finds nothing in any state of the workspace, and what happens is read out."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from annotate.assignment import claim, submit
from annotate.models import Assignment, Form, Item
from tests.browser.axe import AXE_SCRIPT, LOOKS, NEXT_FRAME, violations

AWAY = ["Failed to load resource", "htmx:", "Response Status Error"]
QUESTIONS = [
    {"kind": "preference", "name": "overall", "title": "Which is better?", "both_bad": True},
    {"kind": "rating", "name": "style", "title": "Style"},
    {"kind": "text", "name": "why", "title": "Why?", "required": False},
]


@pytest.fixture
def work(page, site, member, project, items):
    Form.objects.add_version(project, QUESTIONS)
    page.expected += AWAY
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    return page


def faults(page):
    found = []
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)
        found += [f"{size['width']} {scheme} {fault}" for fault in violations(page)]
    return "\n".join(found)


def fault(page):
    page.keyboard.press("Enter")
    expect(page.locator(".question .errors").first).to_be_visible()


def guidelines(page):
    page.keyboard.press("g")
    expect(page.locator("#guidelines")).to_be_visible()


def keys(page):
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def comfort(page):
    page.keyboard.press(",")
    expect(page.locator("#comfort-form")).to_be_visible()


def answer(page):
    for key in ("4", "2", "3"):
        page.keyboard.press(key)


def offline(page):
    answer(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#trouble")).to_be_visible()


def signed_out(page):
    answer(page)
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sign-in")).to_be_visible()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in [role=alert]")).not_to_be_empty()


def too_late(page):
    Assignment.objects.update(state="expired")
    Item.objects.update(seats_left=0)
    answer(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("time for this item ran out")


def nothing_left(page):
    Item.objects.update(seats_left=0)
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing left for you here")


def item(page):
    answer(page)


@pytest.mark.parametrize(
    "reach",
    [item, fault, guidelines, keys, comfort, offline, signed_out, too_late, nothing_left],
    ids=lambda state: state.__name__,
)
def test_axe_finds_nothing(work, reach):
    work.keyboard.press("Escape")
    work.evaluate(AXE_SCRIPT)
    reach(work)
    found = faults(work)
    work.context.set_offline(False)
    assert not found, found


@pytest.mark.parametrize("corrections", [True, False])
def test_axe_finds_nothing_in_a_correction(page, site, member, project, items, corrections):
    lent = claim(member)
    answers = {"overall": {"value": 1, "both_bad": False}}
    label = submit(lent, answers, key=lent.key)
    project.corrections = corrections
    project.save()
    page.goto(f"{site}/projects/pairs/work/history/{label.pk}/")
    page.evaluate(AXE_SCRIPT)
    found = faults(page)
    assert not found, found


def test_every_next_item_is_read_out_and_the_focus_is_on_its_first_question(work):
    work.keyboard.press("Escape")
    for number in (2, 3):
        answer(work)
        work.keyboard.press("Control+Enter")
        expect(work.locator("#live")).to_contain_text(f"Item {number}.")
        expect(work.locator("[data-slot]").first).to_be_focused()


def test_what_was_wrong_is_read_out_and_has_the_focus(work):
    work.keyboard.press("Escape")
    work.keyboard.press("4")
    work.keyboard.press("Enter")
    expect(work.locator("#live")).to_contain_text("Not submitted")
    expect(work.locator("[data-fault] [data-slot]").first).to_be_focused()


def test_a_drawer_gives_the_focus_back(work):
    work.keyboard.press("Escape")
    work.keyboard.press("4")
    slot = work.locator("[data-slot][data-active]")
    expect(slot).to_be_focused()
    for key in ("g", "?", ","):
        work.keyboard.press(key)
        expect(work.locator("dialog.drawer[open]")).to_have_count(1)
        work.keyboard.press("Escape")
        expect(slot).to_be_focused()
    work.keyboard.press("3")
    expect(work.locator("input[name='answer-style-0'][value='3']")).to_be_checked()


def test_guidelines_stand_beside_the_completions_where_there_is_room(work):
    work.keyboard.press("Escape")
    work.keyboard.press("g")
    drawer = work.locator("#guidelines").bounding_box()
    for each in work.locator(".completion").all():
        box = each.bounding_box()
        assert box["x"] + box["width"] <= drawer["x"] + 1
    expect(work.get_by_role("button", name="Submit")).to_be_in_viewport(ratio=1)
    assert work.evaluate("document.documentElement.scrollWidth") <= 1280
