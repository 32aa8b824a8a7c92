"""What is written arrives, once: without a network, in two tabs, late, and after Back."""

import re

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Assignment, Form, Item
from tests.browser.working import (
    AWAY,
    answer,
    begin,
    open_work,
    prompt,
    values,
    wait_for_next,
)
from tests.factories import make_item

OUTBOX_EMPTY = """async () => {
    while (Object.keys(localStorage).some((name) => name.startsWith("tandem-outbox")))
        await new Promise((done) => setTimeout(done, 20));
}"""


@pytest.fixture
def work(page, site, member, items):
    return begin(page, site)


# ---------------------------------------------------------------------------------------- no network


def test_without_a_network_an_answer_waits_and_goes_by_itself(work, context):
    work.expected += AWAY
    before = prompt(work)
    answer(work, "Written in a tunnel")
    context.set_offline(True)
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble p")).to_contain_text("server cannot be reached")
    expect(work.locator("#trouble p")).to_have_attribute("role", "alert")
    expect(work.locator("#trouble [data-count]")).to_contain_text("Trying again in")
    expect(work.locator("textarea")).to_have_value("Written in a tunnel")
    context.set_offline(False)
    wait_for_next(work, before)
    expect(work.locator("#trouble")).to_be_hidden()
    assert values() == ["Written in a tunnel"]


def test_an_answer_that_waits_survives_that_the_browser_is_closed(
    work, context, browser, site, member
):
    work.expected += AWAY
    answer(work, "Closed too early")
    context.set_offline(True)
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble")).to_be_visible()
    state = context.storage_state()
    again = browser.new_context(storage_state=state)
    page = again.new_page()
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator(".count")).to_contain_text("2 of 6")
    assert values() == ["Closed too early"]
    page.reload()
    assert Annotation.objects.count() == 1
    again.close()
    context.set_offline(False)
    work.reload()
    expect(work.locator(".count")).to_contain_text("2 of 6")
    assert Annotation.objects.count() == 1


def test_an_answer_whose_item_is_not_on_the_page_any_more_is_sent_beside_it(
    work, context, site, member
):
    work.expected += AWAY
    answer(work, "An hour later")
    context.set_offline(True)
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble")).to_be_visible()
    first = Assignment.objects.get()
    Assignment.objects.update(state="expired")
    Item.objects.filter(pk=first.item_id).update(rank=9, seats_left=1)
    work.goto("about:blank")
    page = context.new_page()
    context.set_offline(False)
    with page.expect_response(lambda each: each.request.method == "POST") as sent:
        open_work(page, site)
    assert sent.value.status == 200
    assert values() == ["An hour later"]
    assert Annotation.objects.get().assignment == first
    assert page.evaluate("Object.keys(localStorage).filter(n => n.includes('outbox'))") == []


def test_the_first_page_tells_of_an_answer_that_waits(work, context, browser, site):
    work.expected += AWAY
    answer(work, "Closed too early")
    context.set_offline(True)
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble")).to_be_visible()
    again = browser.new_context(storage_state=context.storage_state())
    page = again.new_page()
    page.goto(f"{site}/")
    expect(page.locator("#waiting")).to_contain_text("has not arrived yet")
    page.get_by_role("link", name="Open the workspace").click()
    expect(page.locator(".count")).to_contain_text("2 of 6")
    # Where only the reply was lost, the next item is here before the answer is sent again.
    page.evaluate(OUTBOX_EMPTY)
    page.goto(f"{site}/")
    expect(page.locator("#waiting")).to_be_hidden()
    again.close()
    assert values() == ["Closed too early"]
    work.goto("about:blank")
    context.set_offline(False)


def test_what_cannot_be_done_without_a_network_is_said(work, context):
    work.expected += AWAY
    before = prompt(work)
    context.set_offline(True)
    work.keyboard.press("s")
    expect(work.locator("#trouble p")).to_contain_text("Not done")
    work.keyboard.press("2")
    context.set_offline(False)
    work.get_by_role("button", name="Try now").click()
    wait_for_next(work, before)
    assert Assignment.objects.filter(state="skipped").count() == 1


def test_a_server_that_fails_is_asked_again(work):
    work.expected += AWAY
    failures = iter([503, 500])

    def fail(route):
        status = next(failures, None)
        if status and route.request.method == "POST":
            route.fulfill(status=status, body="down")
        else:
            route.continue_()

    before = prompt(work)
    work.route(re.compile(r"/work/$"), fail)
    answer(work, "Third time lucky")
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble p")).to_contain_text("the server failed (503)")
    wait_for_next(work, before)
    assert values() == ["Third time lucky"]


def test_an_answer_that_arrived_though_its_reply_was_lost_counts_once(work):
    work.expected += AWAY
    lost = []

    def lose_reply(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort("connectionreset")
        else:
            route.continue_()

    before = prompt(work)
    work.route(re.compile(r"/work/$"), lose_reply)
    answer(work, "Sent twice")
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble")).to_be_visible()
    wait_for_next(work, before)
    assert lost == [200]
    assert values() == ["Sent twice"]


def test_what_is_changed_while_it_waits_is_not_sent_by_itself(work, context):
    work.expected += AWAY
    before = prompt(work)
    answer(work, "First")
    context.set_offline(True)
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble [data-count]")).to_contain_text("Trying again")
    work.keyboard.type(" thoughts")
    expect(work.locator("#trouble p")).to_contain_text("submit it again")
    context.set_offline(False)
    work.wait_for_timeout(2500)
    assert not Annotation.objects.exists()
    work.keyboard.press("Control+Enter")
    wait_for_next(work, before)
    assert values() == ["First thoughts"]


def test_an_answer_that_the_server_refuses_stays_on_the_page(work):
    work.expected += AWAY
    work.route(re.compile(r"/work/$"), lambda route: route.fulfill(status=413, body="too large"))
    answer(work, "Too much")
    work.keyboard.press("Control+Enter")
    expect(work.locator("#trouble p")).to_contain_text("refused it (413)")
    expect(work.locator("textarea")).to_have_value("Too much")
    work.unroute(re.compile(r"/work/$"))
    work.get_by_role("button", name="Try now").click()
    expect(work.locator(".count")).to_contain_text("2 of 6")
    assert values() == ["Too much"]


# ------------------------------------------------------------------------- two tabs, late, Back, reload


def test_a_second_tab_is_told_when_its_item_was_answered_in_the_first(work, context, site):
    other = context.new_page()
    other.expected = AWAY
    open_work(other, site)
    other.keyboard.press("Enter")
    before = prompt(other)
    work.keyboard.press("3")
    work.keyboard.press("Enter")
    wait_for_next(work, before)
    expect(other.locator("#trouble p")).to_contain_text(
        "answered this item already, in another tab"
    )
    other.get_by_role("link", name="Next item").click()
    expect(other.locator(".turn .reading").first).to_have_text(prompt(work))
    expect(other.locator("#trouble")).to_be_hidden()


def test_a_second_tab_that_answers_too_is_told_that_the_first_answer_stands(
    work, context, site, member
):
    other = context.new_page()
    open_work(other, site)
    other.keyboard.press("Enter")
    answer(work, "In the first tab")
    work.keyboard.press("Control+Enter")
    expect(work.locator(".count")).to_contain_text("2 of 6")
    expect(other.locator("#trouble")).to_be_visible()
    answer(other, "In the second tab")
    other.keyboard.press("Control+Enter")
    expect(other.locator(".note.good")).to_contain_text("your first answer stands")
    assert values() == ["In the first tab"]


def test_a_lease_that_ran_out_while_somebody_writes_is_taken_up_again(work):
    Assignment.objects.update(state="expired")
    Item.objects.update(seats_left=1)
    work.keyboard.press("w")
    with work.expect_response("**/work/draft/") as sent:
        work.keyboard.type("Slow but sure")
    assert sent.value.status == 200
    expect(work.locator("#trouble")).to_be_hidden()
    assert Assignment.objects.get().state == "open"
    assert Item.objects.get(pk=Assignment.objects.get().item_id).seats_left == 0


def test_a_lease_that_somebody_else_has_is_told_and_the_draft_kept(work):
    work.expected.append("409")
    before = prompt(work)
    Assignment.objects.update(state="expired")
    Item.objects.filter(assignments__isnull=False).update(seats_left=0)
    work.keyboard.press("w")
    work.keyboard.type("Too slow")
    expect(work.locator("#trouble p")).to_contain_text("not free any more")
    work.get_by_role("link", name="Next item").click()
    wait_for_next(work, before)
    assert Assignment.objects.earliest("pk").draft["fields"]["answer-why"] == "Too slow"


def test_back_shows_what_is_to_be_done_now_and_nothing_filled_in(work, site, context):
    before = prompt(work)
    answer(work, "One")
    work.keyboard.press("Control+Enter")
    wait_for_next(work, before)
    second = prompt(work)
    work.goto(f"{site}/")
    work.go_back()
    expect(work.locator("html[data-keys=ready]")).to_be_attached()
    expect(work.locator(".turn .reading").first).to_have_text(second)
    expect(work.locator("input:checked")).to_have_count(0)
    expect(work.locator("textarea")).to_have_value("")


def test_a_reload_in_the_middle_of_sending_counts_once(work):
    work.expected += AWAY
    answer(work, "In flight")
    held = []

    def hold_first(route):
        if route.request.method == "POST" and not held:
            held.append(route)  # and never let through
        else:
            route.continue_()

    work.route(re.compile(r"/work/$"), hold_first)
    work.keyboard.press("Control+Enter")
    for _ in range(100):
        if held:
            break
        work.wait_for_timeout(20)
    work.reload()
    expect(work.locator(".count")).to_contain_text("2 of 6")
    assert held
    assert values() == ["In flight"]


def test_a_page_of_an_older_form_loses_nothing(work, project):
    """The page is loaded anew for new scripts; what was sent is not sent twice."""
    before = prompt(work)
    answer(work, "On the old form")
    Form.objects.add_version(project, project.form.questions[:1])
    work.keyboard.press("Control+Enter")
    wait_for_next(work, before)
    expect(work.locator("textarea")).to_have_count(0)
    assert work.evaluate("Object.keys(localStorage).filter(n => n.includes('outbox'))") == []
    assert Annotation.objects.count() == 1


def test_every_kind_of_answer_comes_back_from_the_browser_alone(page, site, member, project):
    option = [{"value": each, "label": each.title()} for each in ("facts", "rude")]
    questions = [
        {"kind": "ranking", "name": "order", "title": "In which order?"},
        {"kind": "choice", "name": "wrong", "title": "What?", "options": option, "several": True},
        {"kind": "rating", "name": "style", "title": "Style"},
        {"kind": "text", "name": "why", "title": "Why?"},
    ]
    Form.objects.add_version(project, questions)
    make_item(project)
    page.expected += AWAY
    page.route("**/work/draft/", lambda route: route.abort())
    page.add_init_script("navigator.sendBeacon = () => true")
    open_work(page, site)
    page.keyboard.press("Escape")
    checked = [("order-0", "2"), ("order-1", "1"), ("style-0", "4"), ("style-1", "5")]
    for name, value in checked:
        page.locator(f"[name=answer-{name}][value='{value}']").check(force=True)
    page.get_by_label("Rude").check(force=True)
    page.locator("textarea[name=answer-why]").fill("Kept here")
    expect(page.locator("#saved")).to_have_text("draft kept in this browser")
    page.reload()
    expect(page.locator("#saved")).to_have_text("draft restored")
    for name, value in checked:
        expect(page.locator(f"[name=answer-{name}][value='{value}']")).to_be_checked()
    expect(page.get_by_label("Rude")).to_be_checked()
    expect(page.locator("input:checked")).to_have_count(5)
    expect(page.locator("textarea[name=answer-why]")).to_have_value("Kept here")
    expect(page.locator("[data-board] .lane").first.locator(".chip")).to_have_text("B")
