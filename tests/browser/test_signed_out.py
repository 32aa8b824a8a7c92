"""Signed out in the middle of work: sign in in place, and nothing is lost, nor sent for another."""

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from annotate.models import Annotation, Assignment
from tests.browser.working import AWAY, answer, begin, prompt, values, wait_for_next
from tests.factories import make_member


@pytest.fixture
def work(page, site, member, items):
    return begin(page, site)


def sign_in_again(page, words="secret"):
    dialog = page.get_by_role("dialog", name="You have been signed out")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Password")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    return dialog


def test_whoever_is_signed_out_signs_in_in_place_and_the_answer_goes(work, member):
    before = prompt(work)
    answer(work, "Said by me")
    Session.objects.all().delete()
    work.keyboard.press("Control+Enter")
    dialog = sign_in_again(work)
    expect(dialog).to_be_hidden()
    wait_for_next(work, before)
    assert values() == ["Said by me"]
    second = prompt(work)
    work.keyboard.press("3")
    work.keyboard.press("Enter")  # the new token is in use
    wait_for_next(work, second)
    assert Annotation.objects.count() == 2


def test_a_wrong_password_is_said_and_the_answer_stays(work, member):
    work.expected += AWAY
    answer(work, "Still here")
    Session.objects.all().delete()
    work.keyboard.press("Control+Enter")
    dialog = sign_in_again(work, "wrong")
    expect(dialog.get_by_role("alert")).to_contain_text("not correct")
    expect(dialog.get_by_label("Password")).to_be_focused()
    work.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(work.locator("#trouble p")).to_contain_text("signed out")
    work.get_by_role("button", name="Sign in").click()
    work.get_by_label("Password").fill("secret")
    work.keyboard.press("Enter")
    expect(work.locator(".count")).to_contain_text("2 of 6")
    assert values() == ["Still here"]


def test_whoever_signs_in_again_in_another_tab_just_goes_on(work, context, member, sign_in):
    work.expected += AWAY
    before = prompt(work)
    answer(work, "From the first tab")
    context.clear_cookies()
    sign_in(member.user)
    work.keyboard.press("Control+Enter")  # with a token that nothing knows any more
    wait_for_next(work, before)
    assert values() == ["From the first tab"]


def test_the_answer_of_one_is_never_sent_for_another(work, context, project, sign_in):
    work.expected += AWAY
    answer(work, "Mine alone")
    context.clear_cookies()
    sign_in(make_member(project).user)
    work.keyboard.press("Control+Enter")
    expect(work.locator("#sign-in [role=alert]")).to_contain_text("Somebody else is signed in")
    assert not Annotation.objects.exists()
    assert work.evaluate("Object.keys(localStorage).some(n => n.includes('outbox'))")


def test_a_draft_of_somebody_signed_out_is_kept_and_the_page_says_so(work, member):
    Session.objects.all().delete()
    work.keyboard.press("w")
    work.keyboard.type("Half a thought")
    expect(work.locator("#trouble p")).to_contain_text("You have been signed out")
    expect(work.locator("textarea")).to_be_focused()
    work.get_by_role("button", name="Sign in").click()
    with work.expect_response("**/work/draft/") as sent:
        sign_in_again(work)
    assert sent.value.status == 200
    assert Assignment.objects.get().draft["fields"]["answer-why"] == "Half a thought"


def test_a_second_factor_is_given_in_another_tab_and_the_answer_goes(work, context, member):
    work.expected += AWAY
    secret = generate_totp_secret()
    TOTP.activate(member.user, secret)
    before = prompt(work)
    answer(work, "With two factors")
    Session.objects.all().delete()
    work.keyboard.press("Control+Enter")
    dialog = sign_in_again(work)
    expect(dialog.get_by_role("alert")).to_contain_text("in a new tab")
    link = dialog.get_by_role("link", name="In a new tab")
    expect(link).to_be_focused()
    with context.expect_page() as opened:
        link.press("Enter")
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    opened.value.locator("input[name=code]").first.fill(code)
    opened.value.keyboard.press("Enter")
    opened.value.wait_for_url(lambda url: "2fa" not in url)
    work.bring_to_front()
    work.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(dialog).to_be_hidden()
    wait_for_next(work, before)
    assert values() == ["With two factors"]
