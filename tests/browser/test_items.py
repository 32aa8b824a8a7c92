"""Items in the browser: found, ticked, changed by a worker, and put back as they were."""

import re

import pytest
from playwright.sync_api import expect

from annotate.models import ItemSummary
from annotate.searching import index_texts
from tests.background import do_all_jobs
from tests.factories import make_annotation, make_annotator, make_item, make_member


@pytest.fixture
def admin(project, sign_in):
    member = make_member(project, role="admin")
    sign_in(member.user)
    return member


@pytest.fixture
def items(project):
    """Six items, three of which ask about the sky."""
    person, made = make_annotator(project), []
    for n in range(6):
        subject = "sky" if n % 2 else "sea"
        item = make_item(project, key=f"k{n}", prompt=f"Why is the {subject} blue, version {n}?")
        make_annotation(item, person)
        ItemSummary.objects.create(item=item, project=project, people=1, disagreement=n / 10)
        made.append(item)
    index_texts(project)
    return made


def keys(page):
    return page.locator(".item-table tbody th a:first-child").all_inner_texts()


def test_items_are_filtered_ticked_changed_and_put_back(project, admin, items, page, site):
    page.goto(f"{site}/projects/pairs/items/")
    expect(page.locator(".count")).to_have_text("6 items")
    page.get_by_label("Words in the texts").fill("blue sk")
    expect(page.locator(".count")).to_have_text("3 items that fit")
    assert page.url.endswith("/items/?q=blue%20sk")  # nothing that is empty
    page.get_by_label("Sort").select_option("-disagreement")
    expect(page.locator(".item-table tbody th a").first).to_have_text("k5")
    assert keys(page) == ["k5", "k3", "k1"]

    change = page.locator("[data-ticked]")
    expect(change).to_be_disabled()
    page.get_by_label("Tick all on this page").check()
    expect(change).to_have_text("Change 3 ticked items")
    page.get_by_label("Tick k3").uncheck()
    expect(change).to_have_text("Change 2 ticked items")
    change.click()

    page.get_by_role("link", name=re.compile("^Archive")).click()
    expect(page.locator(".figure")).to_have_text("2 items would change")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    do_all_jobs(project)
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    assert list(project.items.archived().order_by("pk")) == [items[1], items[5]]

    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    do_all_jobs(project)
    expect(page.locator(".figure")).to_have_text("2 items put back as they were")
    assert not project.items.archived().exists()


def test_all_that_fit_are_changed_with_a_setting_and_the_keyboard_alone(
    project, admin, items, page, site
):
    page.goto(f"{site}/projects/pairs/items/?q=sea")
    page.get_by_role("link", name="Change all 3").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^Add a tag")).focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Tag", exact=True)
    field.focus()
    page.keyboard.type("wet")
    page.keyboard.press("Enter")
    run = page.get_by_role("button", name="Add the tag “wet”")
    expect(run).to_be_visible()
    run.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    do_all_jobs(project)
    expect(page.locator(".figure")).to_have_text("3 items changed")
    assert set(project.items.tagged("wet").values_list("key", flat=True)) == {"k0", "k2", "k4"}


def test_an_item_is_changed_where_it_stands_and_the_next_one_is_a_link_away(
    project, admin, items, page, site
):
    page.goto(f"{site}/projects/pairs/items/?q=sky")
    page.get_by_role("link", name="k1", exact=True).click()
    page.get_by_role("link", name="Next item").click()
    expect(page.get_by_role("heading", name="k3")).to_be_visible()
    page.get_by_text("Make this gold").first.click()
    page.get_by_role("button", name="Make gold").first.click()
    expect(page.get_by_text("This label is the item's gold now.")).to_be_visible()
    page.get_by_text("Change this item").click()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Archive: done.")).to_be_visible()
    page.get_by_role("link", name="Take it back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()


def test_the_list_needs_no_script(project, admin, items, browser, context, site):
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{site}/projects/pairs/items/")
    page.get_by_label("Words in the texts").fill("sky")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".count")).to_have_text("3 items that fit")
    page.get_by_label("Tick k1").check()
    page.get_by_role("button", name="Change ticked items").click()
    page.get_by_role("link", name=re.compile("^Add a tag")).click()
    page.get_by_label("Tag", exact=True).fill("high")
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("button", name="Add the tag “high”").click()
    do_all_jobs(project)
    page.reload()
    expect(page.locator(".figure")).to_have_text("1 item changed")
    plain.close()
