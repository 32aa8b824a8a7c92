import re

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Assignment, Form, Item, Project
from tests.factories import make_item

RATINGS = [
    {"kind": "preference", "name": "overall", "title": "Which is better?", "both_bad": True},
    {"kind": "rating", "name": "style", "title": "Style"},
    {"kind": "text", "name": "why", "title": "Why?", "required": False},
]


@pytest.fixture
def work(page, site, member, items):
    """The workspace, guidelines read."""
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_hidden()
    return page


def prompt(page):
    return page.locator(".turn .reading").first.inner_text()


def wait_for_next(page, before):
    expect(page.locator(".turn .reading").first).not_to_have_text(before)


def test_items_are_labelled_with_the_keyboard_alone(page, site, member, items, project):
    Form.objects.add_version(project, RATINGS)
    page.goto(f"{site}/")
    page.keyboard.press("Enter")  # continues with the first project
    expect(page.locator("#guidelines")).to_be_visible()
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("g")
    for keys in ("5", "1", "3"):
        before = prompt(page)
        page.keyboard.press(keys)
        page.keyboard.press("4")
        page.keyboard.press("2")
        page.keyboard.press("w")
        page.keyboard.type("Because 1 is u.")
        page.keyboard.press("Control+Enter")
        wait_for_next(page, before)
    stored = Annotation.objects.order_by("pk")
    assert [a.answers["why"]["text"] for a in stored] == ["Because 1 is u."] * 3
    for annotation, shown in zip(stored, (2, -2, 0), strict=True):
        turned = annotation.order == [1, 0]
        assert annotation.answers["overall"]["value"] == (-shown if turned else shown)
        assert annotation.answers["style"]["values"] == ([2, 4] if turned else [4, 2])
        assert 0 <= annotation.active_seconds <= annotation.focused_seconds
        assert annotation.focused_seconds <= annotation.wall_seconds < 60


def test_everything_needed_is_on_the_screen_at_1280_by_720(page, site, member, project):
    Form.objects.add_version(project, RATINGS)
    make_item(project, prompt="A long one. " * 400, completions=("words " * 3000, "more " * 3000))
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Escape")
    for name in ("Submit", "Skip", "Undo"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    for slot in page.locator("[data-slot]").all():
        expect(slot).to_be_in_viewport(ratio=1)
    widths = [each.bounding_box()["width"] for each in page.locator(".completion").all()]
    assert abs(widths[0] - widths[1]) < 2
    assert page.evaluate("document.documentElement.scrollHeight") <= 720
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_narrow_screen_stacks_and_does_not_scroll_sideways(page, site, member, items, project):
    Form.objects.add_version(project, RATINGS)
    Project.objects.update(name="A project with a name of many words that goes on and on")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/projects/pairs/work/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_active_question_moves_on_and_digits_follow_it(work, project):
    active = work.locator("[data-slot][data-active]")
    expect(active).to_have_attribute("role", "radiogroup")
    work.keyboard.press("4")
    expect(work.locator("input[data-key='4']")).to_be_checked()
    work.keyboard.press("2")
    expect(work.locator("input[data-key='2']")).to_be_checked()
    work.keyboard.press("ArrowRight")
    expect(work.locator("input[data-key='3']")).to_be_checked()
    work.keyboard.press("Backspace")
    expect(work.locator("input:checked")).to_have_count(0)
    work.keyboard.press("ArrowDown")
    expect(work.locator("textarea")).to_be_focused()
    work.keyboard.type("4")
    expect(work.locator("input:checked")).to_have_count(0)


def test_submitting_nothing_is_refused_at_the_question(work):
    work.expected.append("422")
    work.keyboard.press("Enter")
    expect(work.locator(".question .errors")).to_have_text(re.compile("not answered"))
    work.keyboard.press("3")
    before = prompt(work)
    work.keyboard.press("Enter")
    wait_for_next(work, before)
    assert Annotation.objects.count() == 1


def test_a_draft_survives_a_reload(work):
    work.keyboard.press("2")
    work.keyboard.press("w")
    work.keyboard.type("Half a thought")
    work.reload()
    expect(work.locator("textarea")).to_have_value("Half a thought")
    expect(work.locator("input[data-key='2']")).to_be_checked()


def test_a_draft_reaches_the_server_and_another_browser(work, browser, site, context):
    work.keyboard.press("w")
    with work.expect_response("**/work/draft/") as answer:
        work.keyboard.type("From the first one")
    assert answer.value.status == 200
    expect(work.locator("#saved")).to_have_text("draft saved")
    elsewhere = browser.new_context(storage_state={"cookies": context.cookies()})
    other = elsewhere.new_page()
    other.goto(f"{site}/projects/pairs/work/")
    expect(other.locator("textarea")).to_have_value("From the first one")
    elsewhere.close()


def test_submitting_twice_at_once_makes_one_label(work):
    before = prompt(work)
    work.keyboard.press("2")
    work.evaluate("""() => {
        const submit = document.querySelector('button[data-do=submit]');
        submit.click(); submit.click(); submit.click();
    }""")
    wait_for_next(work, before)
    assert Annotation.objects.count() == 1


def test_a_key_held_down_does_not_run_through_the_items(work):
    work.keyboard.press("2")
    before = prompt(work)
    work.keyboard.down("Enter")
    for _ in range(5):
        work.keyboard.down("Enter")
    wait_for_next(work, before)
    work.keyboard.up("Enter")
    assert Annotation.objects.count() == 1
    assert Assignment.objects.open().count() == 1


def test_skip_and_undo_have_keys(work):
    first = prompt(work)
    work.keyboard.press("s")
    wait_for_next(work, first)
    second = prompt(work)
    work.keyboard.press("5")
    work.keyboard.press("Enter")
    wait_for_next(work, second)
    third = prompt(work)
    work.keyboard.press("u")
    wait_for_next(work, third)
    assert prompt(work) == second
    expect(work.locator("input[data-key='5']")).to_be_checked()
    work.keyboard.press("1")
    work.keyboard.press("Enter")
    wait_for_next(work, second)
    old, new = Annotation.objects.order_by("pk")
    assert new.supersedes == old


def test_when_the_server_is_away_the_answer_stays_and_can_be_sent_again(work, context):
    work.expected += ["Failed to load resource", "htmx:"]
    before = prompt(work)
    work.keyboard.press("2")
    context.set_offline(True)
    work.keyboard.press("Enter")
    expect(work.locator("#trouble")).to_contain_text("the server cannot be reached")
    expect(work.locator("input[data-key='2']")).to_be_checked()
    context.set_offline(False)
    work.keyboard.press("Enter")
    wait_for_next(work, before)
    assert Annotation.objects.count() == 1


def test_an_answer_that_comes_too_late_is_told_clearly(work):
    work.expected.append("409")
    Assignment.objects.update(state="expired")
    Item.objects.update(seats_left=0)
    work.keyboard.press("2")
    work.keyboard.press("Enter")
    expect(work.get_by_role("heading", level=1)).to_have_text("The time for this item ran out")
    work.keyboard.press("Enter")
    expect(work.get_by_role("heading", level=1)).to_have_text("Nothing left for you here")


def test_whoever_is_signed_out_meanwhile_comes_back_to_the_draft(work, context, member, sign_in):
    work.keyboard.press("w")
    work.keyboard.type("Not lost")
    context.clear_cookies(name="sessionid")
    work.keyboard.press("Control+Enter")
    expect(work.get_by_label("Password")).to_be_visible()
    work.get_by_label("User name or email").fill(member.user.username)
    work.get_by_label("Password").fill("secret")
    work.keyboard.press("Enter")
    expect(work.locator("textarea")).to_have_value("Not lost")


def test_raw_text_shows_what_is_stored(page, site, member, project):
    evil = "**bold** <script>alert(1)</script>\r\n\u05e9\u05dc\u05d5\u05dd"
    make_item(project, prompt="Which?", completions=(evil, evil))
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    page.keyboard.press("r")
    raw = page.locator(".completion pre.raw").first
    expect(raw).to_be_visible()
    assert raw.evaluate("each => each.textContent") == evil
    page.keyboard.press("r")
    expect(raw).to_be_hidden()


def test_labels_can_be_given_without_javascript(browser, site, context, member, items):
    plain = browser.new_context(
        java_script_enabled=False, storage_state={"cookies": context.cookies()}
    )
    page = plain.new_page()
    page.goto(f"{site}/projects/pairs/work/")
    page.get_by_role("button", name="Start labelling").click()
    before = prompt(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".question .errors")).to_contain_text("not answered")
    page.locator("label.step").first.click()
    page.locator("textarea").fill("Plain\nform")
    page.get_by_role("button", name="Submit").click()
    wait_for_next(page, before)
    assert Annotation.objects.get().answers["why"] == {"text": "Plain\nform"}
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("textarea")).to_have_value("Plain\nform")
    page.get_by_role("link", name="Guidelines").click()
    expect(page.locator("#guidelines")).to_be_visible()
    plain.close()


# ---------------------------------------------------------------------------------------------- time


def seconds(page):
    """What would be sent now: at work, in focus, by the clock."""
    sent = page.evaluate("Object.fromEntries(new FormData(document.getElementById('answers')))")
    return tuple(float(sent[f"{name}_seconds"]) for name in ("active", "focused", "wall"))


def test_time_in_another_window_counts_by_the_clock_alone(page, site, member, items):
    page.clock.install()
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    page.clock.run_for(10_000)
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    page.clock.run_for(60_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.clock.run_for(5_000)
    assert seconds(page) == pytest.approx((15, 15, 75), abs=1)


def test_whoever_does_nothing_for_half_a_minute_is_not_at_work(page, site, member, items):
    page.clock.install()
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    page.clock.run_for(100_000)
    page.keyboard.press("2")
    page.clock.run_for(10_000)
    assert seconds(page) == pytest.approx((40, 110, 110), abs=1)


def test_time_goes_on_after_a_reload_and_starts_anew_with_the_next_item(page, site, member, items):
    page.clock.install()
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    page.clock.run_for(20_000)
    page.reload()
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("Escape")  # the guidelines are open again
    page.clock.run_for(5_000)
    assert seconds(page) == pytest.approx((25, 25, 25), abs=1)
    before = prompt(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_for_next(page, before)
    page.clock.run_for(3_000)
    assert seconds(page) == pytest.approx((3, 3, 3), abs=1)


def test_waiting_for_the_network_is_no_work(page, site, member, items, context):
    page.expected += ["Failed to load resource", "htmx:"]
    page.clock.install()
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    page.clock.run_for(10_000)
    before = prompt(page)
    page.keyboard.press("2")
    context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_be_visible()
    page.clock.run_for(600)
    context.set_offline(False)
    page.clock.run_for(600_000)
    wait_for_next(page, before)
    assert Annotation.objects.get().active_seconds in (None, pytest.approx(10, abs=1))
