"""What tests of the workspace do with it, again and again."""

from playwright.sync_api import expect

from annotate.models import Annotation

# On the console when a test takes the server away.
AWAY = ["Failed to load resource", "htmx:", "Response Status Error"]


def open_work(page, site):
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()


def prompt(page):
    return page.locator(".turn .reading").first.inner_text()


def wait_for_next(page, before):
    expect(page.locator(".turn .reading").first).not_to_have_text(before)


def values():
    return [a.answers["why"]["text"] for a in Annotation.objects.order_by("pk")]


def answer(page, text):
    page.keyboard.press("2")
    page.keyboard.press("w")
    page.keyboard.type(text)


def begin(page, site):
    """The workspace, guidelines read."""
    open_work(page, site)
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_hidden()
    return page
