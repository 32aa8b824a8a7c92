"""A newcomer comes by invitation to work without the mouse; somebody who only ever says "first" is stopped."""

import re

import pytest
from playwright.sync_api import expect

from annotate.crowd import set_up
from annotate.invitations import invite
from annotate.models import Annotation, Assignment, Gold, Membership
from tests.annotate.golden import make_gold
from tests.factories import make_item, make_member, make_project

BETTER = {"overall": {"value": 2, "both_bad": False}}


@pytest.fixture
def study(transactional_db):
    """A project with all steps; of every pair the longer one is right."""
    project = make_project(
        slug="pairs",
        name="Pairs",
        guidelines="# What to prefer\n\nThe answer that gives *reasons*.",
        qualification_pass=0.5,
        qualification_size=2,
    )
    for number in range(4):
        make_item(project, prompt=f"Prompt number {number}")
    for use in (Gold.Use.EXAMPLE, Gold.Use.EXAMPLE, Gold.Use.QUALIFICATION, Gold.Use.QUALIFICATION):
        make_gold(project, use, answers=BETTER, note="It gives *reasons*.")
    return project


def choose_right(page):
    """The key of the longer completion, the test's and the work's right answer here."""
    first = page.locator(".completion").first.inner_text()
    page.keyboard.press("1" if "longer" in first else "5")


def ready(page):
    """What goes on has the focus."""
    expect(page.locator("main [autofocus]")).to_be_focused()


def go_on(page):
    ready(page)
    page.keyboard.press("Enter")


def test_a_newcomer_goes_from_an_invitation_to_work_by_keys_alone(page, site, study):
    link = invite(study)
    page.goto(f"{site}/join/{link.secret}/")
    page.keyboard.press("Enter")  # make an account
    page.get_by_label("User name").fill("newcomer")
    for label in ("Password", "The password again"):
        page.get_by_label(label, exact=True).fill("a-long-enough-one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("Start labelling"))).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="What to prefer")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name="Example 1 of 2")).to_be_visible()
    ready(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Example 2 of 2")).to_be_visible()
    ready(page)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Example 1 of 2")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name="Example 2 of 2")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name="A short test")).to_be_visible()
    go_on(page)

    for _ in range(2):
        expect(page.locator("html[data-keys=ready]")).to_be_attached()
        expect(page.locator("#answers")).to_be_visible()
        choose_right(page)
        page.keyboard.press("Enter")
        expect(page.locator("#verdict")).to_have_text("Right")
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are in")).to_be_visible()
    go_on(page)

    expect(page.locator("#answers [data-do=submit]")).to_be_visible()
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    expect(page.locator("#guidelines")).to_be_hidden()  # read already
    expect(page.locator(".count")).to_have_text("1 of 4")
    choose_right(page)
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_have_text("saved")
    assert Annotation.objects.work().count() == 1
    assert Annotation.objects.filter(purpose="qualification").count() == 2


def test_the_steps_go_without_script_too(browser, site, study):
    with browser.new_context(java_script_enabled=False) as context:
        member = make_member(study)
        page = context.new_page()
        page.goto(f"{site}/accounts/login/?next=/projects/pairs/work/")
        page.get_by_label("User name or email").fill(member.user.username)
        page.get_by_label("Password", exact=True).fill("secret")
        page.keyboard.press("Enter")
        for name in ("I have read them", "Next example", "To the test", "Begin"):
            page.get_by_text(name).click()
        for _ in range(2):
            page.locator("input[name=answer-overall]").first.check()
            page.locator("button[data-do=submit]").click()
            page.locator(".told a").click()
        expect(page.locator("h1")).to_have_text(re.compile("You are in|Not quite yet"))
        assert Annotation.objects.filter(purpose="qualification").count() == 2


def test_who_always_says_first_is_paused_and_told_why(page, site, sign_in, transactional_db):
    project = make_project(slug="pairs", gold_every=2, gold_pass=0.8, gold_window=6)
    for number in range(60):
        make_item(project, prompt=f"Prompt number {number}")
    for _ in range(30):
        make_gold(project, answers=BETTER)
    member = make_member(project)
    Membership.objects.filter(pk=member.pk).update(guidelines_read_at="2026-01-01T00:00Z")
    sign_in(member.user)
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    for _ in range(80):
        key = page.locator("#work").get_attribute("data-key")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(page.locator(f'#work[data-key="{key}"]')).to_have_count(0)
        if page.get_by_role("heading", name="Your work here is paused").is_visible():
            break
    expect(page.get_by_role("alert")).to_contain_text("items whose right answer is known")
    labels = Annotation.objects.filter(annotator=member.user.annotator)
    assert labels.filter(purpose=Assignment.Purpose.PLANTED).count() >= 6
    page.reload()
    expect(page.get_by_role("heading", name="Your work here is paused")).to_be_visible()


def test_a_participant_from_prolific_begins_works_and_gets_the_code(page, site, transactional_db):
    project = make_project(slug="pairs", name="Pairs")
    for number in range(5):
        make_item(project, prompt=f"Prompt number {number}")
    _, secret = set_up(project, completion_code="C1A2B3", labels_each=2)
    ids = "PROLIFIC_PID=5f3e0a&STUDY_ID=s1&SESSION_ID=t1"
    page.goto(f"{site}/crowd/{secret}/?{ids}")
    assert secret not in page.url
    page.keyboard.press("Enter")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("Enter")  # past the guidelines
    for _ in range(2):
        key = page.locator("#work").get_attribute("data-key")
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        expect(page.locator(f'#work[data-key="{key}"]')).to_have_count(0)
    expect(page.get_by_text("C1A2B3")).to_be_visible()
    back = page.get_by_role("link", name=re.compile("Return to Prolific"))
    expect(back).to_be_focused()
    assert back.get_attribute("href") == "https://app.prolific.com/submissions/complete?cc=C1A2B3"
    page.goto(f"{site}/crowd/{secret}/?{ids}")
    expect(page.get_by_text("C1A2B3")).to_be_visible()
