"""The pages without a mouse: everything is reached, in the order that is read, and seen to be."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.everything import Everything

MOST_STOPS = 400
# Notes where the focus is: whether it shows, is in sight, and follows what came before.
NOTE = """() => {
    window.last ??= null;
    const element = document.activeElement;
    if (element === last) return "within";  // a date has several fields
    if (element === document.body || element.hasAttribute("data-reached")) return null;
    element.setAttribute("data-reached", "");
    last = element;
    const drawn = (one) => one && getComputedStyle(one).outlineStyle !== "none"
        && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
    const box = element.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 12));
    const moves = (one) => one && one !== document.documentElement
        && (["sticky", "fixed"].includes(getComputedStyle(one).position) || one.tagName === "svg"
            || one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY === "auto"
            || moves(one.parentElement));
    return {
        what: element.outerHTML.slice(0, 120),
        shows: drawn(element) || drawn(element.closest("label")),
        // In sight, and not below something that stays where it is while the page scrolls.
        seen: box.height === 0 || (hit !== null && (element.contains(hit) || hit.contains(element)
            || element.closest("label")?.contains(hit) || hit.closest("svg")?.contains(element))),
        left: box.left, top: box.top + scrollY, bottom: box.bottom + scrollY, moves: moves(element),
    };
}"""
MISSED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled
        && one.type !== "hidden" && !one.closest("[inert], [aria-hidden=true]") && !one.hasAttribute("data-reached")
        && !(one.type === "radio" && document.querySelector(`[data-reached][name="${one.name}"]`)))
    .map((one) => one.outerHTML.slice(0, 120))"""


def stops(page):
    """Where Tab leads, from the top of the page to its end."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(NOTE)
        if stop is None:
            return
        if stop != "within":
            yield stop
    raise AssertionError(f"Tab does not come to an end after {MOST_STOPS} stops")


def goes_back(before, after):
    """Up, and not into a column further right; frames that scroll and charts have an order of their own."""
    higher = after["bottom"] < before["top"] - 2
    return higher and after["left"] <= before["left"] and not before["moves"] | after["moves"]


def faults_of(page):
    found = list(stops(page))
    assert len(found) > 5
    for stop in found:
        if not stop["shows"]:
            yield f"the focus does not show: {stop['what']}"
        if not stop["seen"]:
            yield f"the focus is out of sight: {stop['what']}"
    for before, after in pairwise(found):
        if goes_back(before, after):
            yield f"the focus jumps up from {before['what']} to {after['what']}"
    yield from (f"out of reach: {one}" for one in page.evaluate(MISSED))


@pytest.fixture
def everything(transactional_db, sign_in, page):
    everything = Everything()
    sign_in(everything.admin)
    page.emulate_media(
        reduced_motion="reduce"
    )  # else a page is still scrolling when it is looked at
    return everything


def test_tab_reaches_all_there_is_in_reading_order(everything, page, site):
    faults = []
    for path in (
        "",
        "agreement/",
        "items/?q=a&gold=no",
        "people/",
        "form/",
        "settings/",
        "ledger/",
    ):
        page.goto(f"{site}/projects/everything/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        page.evaluate("document.activeElement.blur()")
        faults += [f"{path}: {fault}" for fault in faults_of(page)]
    assert not faults, "\n".join(faults)


def test_the_first_stop_leads_past_the_tabs(everything, page, site):
    page.goto(f"{site}/projects/everything/agreement/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_what_cannot_be_reached_or_seen_is_found(everything, page, site):
    page.goto(f"{site}/projects/everything/people/groups/")
    page.evaluate("""() => {
        document.querySelector("main button").tabIndex = -1;
        document.querySelector("#id_name").style.setProperty("outline", "none", "important");
        document.querySelector("main table a").tabIndex = 1;
    }""")
    found = "\n".join(faults_of(page))
    assert "out of reach: <button" in found
    assert "the focus does not show: <input" in found
    assert "the focus jumps up" in found


def test_items_are_found_ticked_and_changed_by_keys_alone(everything, page, site):
    page.goto(f"{site}/projects/everything/items/")
    page.get_by_label("Words in the texts").focus()
    page.keyboard.type("sky")
    expect(page.locator(".count")).to_contain_text("that fit")
    press_until(page, page.get_by_label("Tick physics-sky"))
    page.keyboard.press("Space")
    press_until(page, page.get_by_role("button", name="Change 1 ticked item"), key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/items/change/\?"))
    press_until(page, page.get_by_role("link", name=re.compile("^Archive")))
    page.keyboard.press("Enter")
    expect(page.locator(".figure")).to_have_text("1 item would change")
    press_until(page, page.get_by_role("button", name="Archive"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waits for a worker")).to_be_visible()


def press_until(page, wanted, *, key="Tab"):
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{key} does not lead to {wanted}")


def test_a_frame_is_a_stop_only_while_it_cuts_something_off(everything, page, site):
    page.goto(f"{site}/projects/everything/people/")
    table = page.locator(".wide", has=page.locator("table.people"))
    expect(table).not_to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 400, "height": 800})
    expect(table).to_have_attribute("tabindex", "0")
    table.focus()
    page.keyboard.press("ArrowRight")
    expect(table.locator("tbody td").last).not_to_be_in_viewport()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    expect(table.locator("tbody td").last).to_be_in_viewport()
