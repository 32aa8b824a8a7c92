"""Deciding by keyboard alone, and suggestions in the workspace, in a browser."""

import pytest
from playwright.sync_api import expect

from annotate.adjudication import decide
from annotate.aggregation import aggregate_stale
from annotate.models import Annotation, Gold, Project
from tests.browser.axe import AXE_SCRIPT, all_faults, violations
from tests.factories import make_annotation, make_annotator, make_item, make_member


@pytest.fixture
def disputed(project):
    """Three items on which two people disagree, the first in the queue first."""
    people = [make_annotator(project, name=f"worker {n}") for n in range(2)]
    made = []
    for n in range(3):
        item = make_item(project, prompt=f"Disputed number {n}")
        for annotator, value in zip(people, (1, -1), strict=True):
            make_annotation(item, annotator, value=value)
        made.append(item)
    aggregate_stale(project)
    return made[::-1]


@pytest.fixture
def reviewer(project, sign_in):
    user = make_member(project, role="researcher").user
    sign_in(user)
    return user


def test_three_items_are_decided_with_the_keyboard_alone(page, site, project, disputed, reviewer):
    page.goto(f"{site}/projects/pairs/reviews/")
    page.keyboard.press("Enter")  # begins with the first
    heading = page.locator("h1")
    for number, (item, keys) in enumerate(zip(disputed, ("1", "3", "5"), strict=True)):
        expect(heading).to_contain_text(item.key)
        expect(page.locator("html[data-keys=ready]")).to_be_attached()
        page.keyboard.press(keys)
        page.keyboard.press("w")
        page.keyboard.type(f"Because j and o are {number}.")
        if number == 1:
            page.keyboard.press("Escape")
            page.keyboard.press("x")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("Control+Enter")
    expect(page.locator(".messages")).to_contain_text("That was the last one of this list")
    decisions = list(Annotation.objects.filter(purpose="review").order_by("pk"))
    assert [one.item for one in decisions] == disputed
    assert [one.answers["overall"]["value"] for one in decisions] == [-2, 0, 2]
    assert [one.reason for one in decisions] == [f"Because j and o are {n}." for n in range(3)]
    assert [gold.item for gold in Gold.objects.all()] == [disputed[1]]


def test_next_previous_and_the_opinions_have_keys(page, site, project, disputed, reviewer):
    llm = make_annotator(project, kind="llm", name="opinionated")
    make_annotation(disputed[1], llm, value=2)
    page.goto(f"{site}/projects/pairs/reviews/items/{disputed[0].pk}/")
    heading = page.locator("h1")
    page.keyboard.press("j")
    expect(heading).to_contain_text(disputed[1].key)
    expect(page.get_by_text("opinionated")).to_have_count(0)
    page.keyboard.press("o")
    expect(page.locator("#opinions")).to_contain_text("opinionated")
    expect(page.locator("#live")).to_contain_text("opinion")
    page.keyboard.press("4")  # keys go on working after the swap
    expect(page.locator("input[name=answer-overall][value='1']")).to_be_checked()
    page.keyboard.press("k")
    expect(heading).to_contain_text(disputed[0].key)


def test_what_was_typed_stays_when_the_reason_is_missing(page, site, project, disputed, reviewer):
    page.goto(f"{site}/projects/pairs/reviews/items/{disputed[0].pk}/")
    page.expected = ["422"]
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("has no reason")
    expect(page.locator("input[name=answer-overall][value='-1']")).to_be_checked()
    expect(page.locator("textarea[name=reason]")).to_be_focused()
    page.keyboard.type("Now it has.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text(disputed[1].key)


def test_pages_with_decisions_and_effects_keep_the_guidelines(
    page, site, project, disputed, reviewer
):
    people = list(disputed[0].annotations.all())
    llm = make_annotator(project, kind="llm", name="llm")
    make_annotation(disputed[0], llm, value=2)
    decide(disputed[1], answers(1), by=reviewer, reason="B is right.", after=None)
    for label, arm in zip(people, ("before", "none"), strict=True):
        for item in (make_item(project) for _ in range(3)):
            said = {"arm": arm, "shown": arm, "informed": arm == "before", "from": "judges"}
            make_annotation(
                item,
                label.annotator,
                suggestions={**said, "answers": answers(1)},
                active_seconds=4.0,
            )
    reviews = "/projects/pairs/reviews/"
    urls = [
        reviews,
        f"{reviews}?why=decided",
        f"{reviews}figures/",
        f"{reviews}items/{disputed[0].pk}/?why=model",  # with the opinions open
        f"{reviews}items/{disputed[1].pk}/",
        "/projects/pairs/suggestions/",
    ]
    faults = all_faults(page, site, urls)
    assert not faults, faults


# -------------------------------------------------------------------------------------- suggestions


def answers(value):
    return {"overall": {"value": value, "both_bad": False}}


def judged(project, items):
    llm = make_annotator(project, kind="llm", name="llm")
    for item in items:
        make_annotation(item, llm, value=2)


def start(page, site):
    page.goto(f"{site}/projects/pairs/work/")
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_hidden()


def submit(page, key="4"):
    before = page.locator("#work").get_attribute("data-key")
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(f"#work[data-key='{before}']")).to_have_count(0)


def own_labels():
    return list(Annotation.objects.exclude(assignment=None).order_by("pk"))


@pytest.mark.parametrize("mode", ["arm", "after"])
def test_the_workspace_keeps_the_guidelines_with_a_suggestion(
    page, site, project, items, member, mode
):
    Project.objects.update(suggestions=mode, suggestions_share=1)
    judged(project, items)
    start(page, site)
    if mode == "after":
        submit(page, "1")
    expect(page.locator("#suggestion, #compared")).to_have_count(1)
    page.evaluate(AXE_SCRIPT)
    faults = "".join(violations(page))
    assert not faults, faults


@pytest.mark.parametrize(("share", "shown"), [(1.0, 1), (0.0, 0)])
def test_the_arm_that_was_drawn_decides_what_is_seen(
    page, site, project, items, member, share, shown
):
    Project.objects.update(suggestions="arm", suggestions_share=share)
    judged(project, items)
    start(page, site)
    for _ in range(2):
        expect(page.locator("#suggestion")).to_have_count(shown)
        submit(page)
    records = [label.suggestions for label in own_labels()]
    arm = "before" if shown else "none"
    assert [one["arm"] for one in records] == [arm, arm]
    assert [one["informed"] for one in records] == [bool(shown)] * 2
    assert all(one["answers"]["overall"]["value"] == 2 for one in records)


def test_after_the_answer_one_key_opens_the_item_again(page, site, project, items, member):
    Project.objects.update(suggestions="after")
    judged(project, items)
    start(page, site)
    expect(page.locator("#suggestion")).to_have_count(0)
    submit(page, "3")
    expect(page.locator("#compared")).to_contain_text("the LLM judge")
    expect(page.locator("#live")).to_contain_text("you answered tie")
    first = own_labels()[0]
    page.keyboard.press("u")
    expect(page.locator("#suggestion")).to_contain_text("clearly better")
    submit(page, "5" if first.order == [0, 1] else "1")
    first, second = own_labels()
    assert second.supersedes == first
    assert (first.answers["overall"]["value"], second.answers["overall"]["value"]) == (0, 2)
    assert [label.suggestions["informed"] for label in (first, second)] == [False, True]
