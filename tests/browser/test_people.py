"""From an invitation to labels, a pause and back, by two people in two browsers."""

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Membership
from tests.factories import make_item, make_member, make_project, make_user

PASSWORD = "correct-horse-battery"


@pytest.fixture
def project(transactional_db):
    project = make_project(slug="pairs", name="Pairs")
    for n in range(4):
        make_item(project, prompt=f"Prompt number {n}")
    return project


@pytest.fixture
def other(browser, site):
    """Somebody else's browser; nothing may stand on its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(10_000)
    heard = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield page
    context.close()
    assert heard == []


def label(page, key="1"):
    before = page.locator(".turn .reading").first.inner_text()
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    return before


def test_invited_labelling_paused_and_let_back_in(project, page, site, sign_in, other):
    admin = make_member(project, role="admin", user=make_user("boss"))
    sign_in(admin.user)
    page.goto(f"{site}/projects/pairs/people/")
    page.get_by_role("link", name="Invite somebody").first.click()
    page.get_by_label("For whom").fill("for Ada")
    page.keyboard.press("Enter")
    link = page.get_by_role("textbox", name="Link")
    expect(link).to_be_focused()
    address = link.input_value()

    other.goto(address)
    expect(other.get_by_text("You are invited to Pairs")).to_be_visible()
    assert address.split("/")[-2] not in other.url
    other.keyboard.press("Enter")  # make an account
    other.get_by_label("User name").fill("ada")
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_label("The password again").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="Pairs")).to_be_visible()
    member = Membership.objects.get(user__username="ada")

    other.keyboard.press("Enter")  # start labelling
    expect(other.locator("#guidelines")).to_be_visible()
    expect(other.locator("html[data-keys=ready]")).to_be_attached()
    other.keyboard.press("Enter")
    expect(other.locator("#guidelines")).to_be_hidden()
    before = label(other)
    expect(other.locator(".turn .reading").first).not_to_have_text(before)
    assert Annotation.objects.filter(annotator__user=member.user).count() == 1

    page.goto(f"{site}/projects/pairs/people/")
    page.get_by_role("link", name="ada", exact=True).click()
    expect(page.get_by_text("Open now")).to_be_visible()
    page.get_by_label("Reason").fill("Please call me first.")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("is given no more items")

    label(other)  # what is open may be finished
    expect(other.get_by_role("heading", name="Your work here is paused")).to_be_visible()
    expect(other.get_by_role("alert")).to_have_text("Please call me first.")
    other.keyboard.press("Enter")
    expect(other.get_by_text("paused: Please call me first.")).to_be_visible()
    assert Annotation.objects.filter(annotator__user=member.user).count() == 2

    page.get_by_role("button", name="Let ada go on").click()
    expect(page.locator("#messages")).to_contain_text("ada can go on")
    expect(page.get_by_text("Paused a member")).to_be_visible()
    other.reload()
    other.get_by_role("link", name="Continue labelling").click()
    expect(other.locator("[data-assignment]")).to_be_visible()


def test_the_list_is_filtered_and_sorted_without_leaving_the_page(project, page, site, sign_in):
    admin = make_member(project, role="admin", user=make_user("boss"))
    for name in ("ada", "grace"):
        make_member(project, user=make_user(name))
    sign_in(admin.user)
    page.goto(f"{site}/projects/pairs/people/")
    page.get_by_label("Name", exact=True).fill("gra")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="ada", exact=True)).to_be_hidden()
    expect(page.get_by_role("link", name="grace", exact=True)).to_be_visible()
    assert "q=gra" in page.url
    page.go_back()
    expect(page.get_by_role("link", name="ada", exact=True)).to_be_visible()
