"""The form's editor in the browser: by the keyboard alone, and without scripts."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from annotate.models import Form, Membership
from tests.factories import make_annotation, make_annotator, make_item, make_member


@pytest.fixture
def admin(project, sign_in):
    member = make_member(project, role=Membership.Role.ADMIN)
    sign_in(member.user)
    return member.user


def tab_to(page, locator, *, most=80):
    """Press Tab until the focus is there, as somebody without a mouse would."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if locator.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{locator} was not reached in {most} steps")


def names(version):
    return [question["name"] for question in Form.objects.get(version=version).questions]


def test_a_form_is_changed_and_stored_by_the_keyboard_alone(page, site, project, admin):
    make_annotation(make_item(project, prompt="Prompt number 1"), make_annotator(project))
    page.goto(f"{site}/projects/pairs/form/")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Prompt number 1")

    title = page.locator("#id_q0-title")
    tab_to(page, title)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Which one would you keep?")
    expect(preview.locator(".sheet")).to_contain_text("Which one would you keep?")
    expect(title).to_be_focused()

    down = page.locator("#down-q0")
    page.keyboard.press("Shift+Tab")  # past "Remove"
    page.keyboard.press("Shift+Tab")
    expect(down).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".asked-question").first).to_contain_text("Why?")
    expect(down).to_be_focused()

    tab_to(page, page.locator('button[value="add:rating"]'))
    page.keyboard.press("Enter")
    expect(page.locator("#id_q2-title")).to_be_focused()
    page.keyboard.type("Tone")
    expect(preview.locator(".sheet")).to_contain_text("Tone")
    expect(preview).to_contain_text("Question rating is new")
    expect(preview).to_contain_text("1 label was made without rating")

    page.locator("#id_q2-maximum").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("99")
    expect(page.locator("#faults-q2")).to_contain_text("2 to 10 points")
    expect(page.locator("#id_q2-maximum")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("3")
    expect(page.locator("#faults-q2")).to_be_empty()

    note = page.locator("#note")
    tab_to(page, note)
    page.keyboard.type("Tone matters")
    tab_to(page, page.get_by_role("button", name="Store as version 2"), most=2)
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Version 2 is stored")
    assert names(2) == ["why", "overall", "rating"]
    stored = Form.objects.get(version=2).questions
    assert stored[1]["title"] == "Which one would you keep?"
    assert stored[2]["maximum"] == 3


def test_a_scale_in_use_is_refused_where_it_is_typed_and_one_key_renames_it(
    page, site, project, admin
):
    make_annotation(make_item(project), make_annotator(project))
    page.goto(f"{site}/projects/pairs/form/")
    page.locator("#id_q0-points").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("3")
    rename = page.get_by_role("button", name="Name it overall_2")
    expect(rename).to_be_visible()
    rename.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#id_q0-name")).to_have_value("overall_2")
    expect(page.locator("#faults-q0")).to_be_empty()
    told = "The main preference is overall_2 instead of overall"
    expect(page.locator("#preview")).to_contain_text(told)


@pytest.fixture
def without_scripts(browser, browser_context_args):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    yield context
    context.close()


def test_without_scripts_the_same_buttons_submit_the_page(without_scripts, site, project):
    make_annotation(make_item(project), make_annotator(project))
    user = make_member(project, role=Membership.Role.ADMIN).user
    client = Client()
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
    without_scripts.add_cookies([cookie])
    page = without_scripts.new_page()
    page.goto(f"{site}/projects/pairs/form/")
    page.get_by_role("button", name="Rating", exact=True).click()
    expect(page.locator("#id_q2-title")).to_be_focused()
    page.locator("#id_q2-title").fill("Tone")
    page.get_by_role("button", name="Store as version 2").click()
    expect(page.get_by_text("Nothing is stored yet")).to_be_visible()
    expect(page.locator("#preview")).to_contain_text("1 label was made without rating")
    assert Form.objects.count() == 1
    page.get_by_role("button", name="Store as version 2").click()
    expect(page.locator("#messages")).to_contain_text("Version 2 is stored")
    assert names(2) == ["overall", "why", "rating"]
