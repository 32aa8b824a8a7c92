"""An annotator's own keys and display: set in the workspace, in force at once and everywhere."""

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Assignment, User


@pytest.fixture
def work(page, site, member, items):
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_hidden()
    return page


def drawer(page):
    page.keyboard.press(",")
    form = page.locator("#comfort-form")
    expect(form).to_be_visible()
    return form


def prompt(page):
    return page.locator(".turn .reading").first.inner_text()


def test_a_key_is_set_anew_by_pressing_it(work):
    form = drawer(work)
    field = form.get_by_label("Skip")
    field.focus()
    work.keyboard.press("X")
    expect(field).to_have_value("x")
    assert Assignment.objects.open().count() == 1  # nothing was skipped meanwhile
    work.keyboard.press("Tab")
    expect(form.get_by_label("Undo")).to_be_focused()
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("status")).to_have_text("Saved.")
    expect(work.locator("button[data-do=skip] kbd")).to_have_text("x")
    work.keyboard.press("Escape")
    expect(work.locator("#comfort")).to_be_hidden()
    before = prompt(work)
    work.keyboard.press("s")
    work.keyboard.press("x")
    expect(work.locator(".turn .reading").first).not_to_have_text(before)
    assert Assignment.objects.filter(state="skipped").count() == 1
    expect(work.locator("button[data-do=skip] kbd")).to_have_text("x")


def test_the_space_bar_submits_where_somebody_wants_it_to(work):
    form = drawer(work)
    form.get_by_label("Submit").focus()
    work.keyboard.press(" ")
    work.keyboard.press("Enter")  # saves
    expect(work.locator("button[data-do=submit] kbd")).to_have_text("Enter")
    form.get_by_label("Submit").focus()
    work.keyboard.press("Space")
    form.get_by_role("button", name="Save").click()
    expect(work.locator("button[data-do=submit] kbd")).to_have_text("Space")
    work.keyboard.press("Escape")
    before = prompt(work)
    work.keyboard.press("2")
    work.keyboard.press("Space")
    expect(work.locator(".turn .reading").first).not_to_have_text(before)
    assert Annotation.objects.count() == 1


def test_questions_show_the_own_key_too(page, site, member, items):
    member.user.comfort = {"keys": {"write": "e", "guidelines": "q"}}
    member.user.save()
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("q")  # they have opened by themselves
    expect(page.locator("#guidelines")).to_be_hidden()
    expect(page.locator(".questions [data-key-of=write]")).to_have_text("e")
    page.keyboard.press("w")
    expect(page.locator("textarea")).not_to_be_focused()
    page.keyboard.press("e")
    expect(page.locator("textarea")).to_be_focused()


def test_one_key_for_two_commands_is_refused_and_told(work):
    work.expected.append("422")
    form = drawer(work)
    form.get_by_label("Skip").focus()
    work.keyboard.press("u")
    expect(form.locator("[data-twin]")).to_have_count(2)
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("Not saved")
    expect(form.locator(".errorlist")).to_contain_text("is there for")
    expect(form.locator(".faulty input")).to_be_focused()
    assert not User.objects.get().comfort
    expect(work.locator("button[data-do=skip] kbd")).to_have_text("s")


def test_size_width_and_colours_show_while_they_are_chosen_and_stay_when_saved(work):
    form = drawer(work)
    form.get_by_label("Dark").check()
    form.get_by_label("Size of texts").select_option("22")
    reading = work.locator(".completion .reading").first
    expect(reading).to_have_css("font-size", "22px")
    expect(work.locator("html")).to_have_attribute("data-theme", "dark")
    work.keyboard.press("Escape")
    expect(reading).to_have_css("font-size", "16px")
    form = drawer(work)
    form.get_by_label("Dark").check()
    form.get_by_label("Size of texts").select_option("22")
    form.get_by_label("Width").select_option("50")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("status")).to_have_text("Saved.")
    work.reload()
    expect(reading).to_have_css("font-size", "22px")
    expect(work.locator("html")).to_have_attribute("data-theme", "dark")
    assert User.objects.get().comfort == {"theme": "dark", "size": 22, "width": 50}


def test_without_javascript_it_is_a_page_with_a_form(browser, site, context, member, items):
    plain = browser.new_context(
        java_script_enabled=False, storage_state={"cookies": context.cookies()}
    )
    page = plain.new_page()
    page.goto(f"{site}/projects/pairs/work/")
    page.get_by_role("button", name="Start labelling").click()
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("link", name="Change keys").click()
    page.get_by_label("Skip").fill("F2")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("button[data-do=skip] kbd")).to_have_text("F2")
    assert page.url.endswith("/work/")
    plain.close()
