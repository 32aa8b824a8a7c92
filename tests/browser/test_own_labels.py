"""Looking back at one's own labels, and correcting one with the keyboard."""

import pytest
from playwright.sync_api import expect

from annotate.assignment import claim, submit
from annotate.models import Annotation

BETTER = {"overall": {"value": 1, "both_bad": False}, "why": {"text": "Shorter"}}


@pytest.fixture
def labels(member, items):
    found = []
    for _ in range(3):
        assignment = claim(member)
        found.append(submit(assignment, BETTER, key=assignment.key))
    return found


def ready(page):
    expect(page.locator("html[data-keys=ready]")).to_be_attached()


def test_a_label_is_found_and_corrected_by_keys(page, site, labels):
    page.expected.append("Autofocus")  # the test is quicker than the page
    page.goto(f"{site}/projects/pairs/work/")
    ready(page)
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.get_by_role("link", name="Labels", exact=True).press("Enter")
    page.get_by_role("link", name="Prompt number 1").press("Enter")
    ready(page)
    expect(page.locator("textarea")).to_have_value("Shorter")
    expect(page.locator("input:checked")).to_have_count(1)
    page.keyboard.press("3")
    page.keyboard.press("w")
    page.keyboard.type(", but wrong")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Corrected.")).to_be_visible()
    expect(page.locator("li:target")).to_contain_text("corrected")
    newest = Annotation.objects.latest("pk")
    assert newest.supersedes == labels[1]
    assert newest.answers["overall"]["value"] == 0
    assert newest.answers["why"]["text"] == "Shorter, but wrong"
    assert newest.active_seconds <= newest.focused_seconds <= newest.wall_seconds


def test_two_tabs_that_correct_one_label_are_safe(page, site, context, labels):
    url = f"{site}/projects/pairs/work/history/{labels[0].pk}/"
    other = context.new_page()
    for tab in (page, other):
        tab.goto(url)
        ready(tab)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Corrected.")).to_be_visible()
    other.keyboard.press("5")
    other.keyboard.press("Enter")
    expect(other.get_by_text("corrected in another tab")).to_be_visible()
    assert Annotation.objects.filter(supersedes=labels[0]).count() == 1


def test_a_correction_waits_for_the_network_too(page, site, context, labels):
    page.expected += ["Failed to load resource", "htmx:"]
    page.goto(f"{site}/projects/pairs/work/history/{labels[0].pk}/")
    ready(page)
    page.keyboard.press("3")
    context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("kept on this computer")
    context.set_offline(False)
    expect(page.get_by_text("Corrected.")).to_be_visible()
    assert Annotation.objects.filter(supersedes=labels[0]).count() == 1


def test_a_label_that_is_closed_is_shown_and_keys_change_nothing(page, site, project, labels):
    project.corrections = False
    project.save()
    page.goto(f"{site}/projects/pairs/work/history/{labels[0].pk}/")
    ready(page)
    before = page.locator("input:checked").get_attribute("value")
    page.keyboard.press("3")
    page.keyboard.press("w")
    expect(page.get_by_text("takes no corrections")).to_be_visible()
    assert page.locator("input:checked").get_attribute("value") == before
    page.keyboard.press("r")
    expect(page.locator(".completion pre.raw").first).to_be_visible()
    page.keyboard.press("r")
    page.get_by_role("link", name="My labels Enter").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("My labels")


def test_a_day_is_chosen_without_loading_the_page_anew(page, site, labels):
    page.goto(f"{site}/projects/pairs/work/history/")
    expect(page.locator(".own-labels li")).to_have_count(3)
    page.get_by_label("Day").fill("2020-01-01")
    expect(page.get_by_role("heading", name="Nothing on this day")).to_be_visible()
    assert page.url.endswith("?day=2020-01-01")
