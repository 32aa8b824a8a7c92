"""Labelling steps in the workspace: by keys, by hand, and without scripts."""

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation, Form, Membership
from tests.browser.axe import faults_as_is
from tests.browser.working import begin
from tests.factories import make_item, make_member

STEPS = {"kind": "steps", "name": "steps", "title": "Is each step right?", "divide": "paragraphs"}
FORM = [STEPS, {"kind": "choice", "name": "final", "title": "Is the answer right?"}]
PARTS = [
    "Let $n = 2$. 👍🏽",
    "```python\na = 1\n\nb = 2\n```",
    "\u200f\u05db\u05df **$n^2 = 4$**.",
    "So $n^3 = 9$.\r\nHence nine.",
    "Done.",
]
TEXT = "\r\n\r\n".join(PARTS)


@pytest.fixture
def work(page, site, member, project):
    Form.objects.add_version(project, FORM)
    make_item(project, completions=(TEXT,))
    make_item(project, completions=("Last one.",))
    return begin(page, site)


def labels(page):
    """Of each step what is chosen."""
    steps = page.locator(".step").all()
    return [
        (
            step.locator("input:checked").get_attribute("value")
            if step.locator("input:checked").count()
            else ""
        )
        for step in steps
    ]


def marked(page):
    return page.locator(".step:has([data-active]) .number").inner_text()


def submit(page, key="Enter"):
    before = page.locator("input[name=key]").get_attribute("value")
    page.keyboard.press(key)
    expect(page.locator("input[name=key]")).not_to_have_attribute("value", before)


def stored():
    answer = Annotation.objects.get().answers["steps"]
    for step in answer["steps"]:
        assert TEXT[step["start"] : step["end"]] == step["text"]
    return [(step["text"], step["label"], step.get("comment")) for step in answer["steps"]]


def test_each_key_labels_a_step_and_goes_on_to_the_next(work):
    expect(work.locator(".step")).to_have_count(5)
    expect(work.locator(".completions")).to_be_hidden()
    assert marked(work) == "1"
    for key in "121":
        work.keyboard.press(key)
    assert marked(work) == "4"
    work.keyboard.press("ArrowUp")
    work.keyboard.press("ArrowUp")
    work.keyboard.press("1")
    assert marked(work) == "3"
    assert labels(work) == ["good", "good", "good", "", ""]
    work.keyboard.press("Backspace")
    assert labels(work) == ["good", "good", "", "", ""]


def test_one_key_labels_everything_up_to_the_first_error_and_what_follows_is_passed_over(work):
    work.keyboard.press("2")
    for _ in range(2):
        work.keyboard.press("ArrowDown")
    work.keyboard.press("f")
    assert labels(work) == ["neutral", "good", "good", "bad", ""]
    work.keyboard.press("w")
    work.keyboard.type("2 · 2 · 2 = 8")
    work.keyboard.press("Escape")
    assert marked(work) == "4"
    work.keyboard.press("ArrowDown")
    expect(work.locator("[data-question=final] [data-active]")).to_be_visible()
    work.keyboard.press("2")
    submit(work)
    assert stored() == [
        (PARTS[0], "neutral", None),
        (PARTS[1], "good", None),
        (PARTS[2], "good", None),
        (PARTS[3], "bad", "2 · 2 · 2 = 8"),
    ]
    assert marked(work) == "1"


def test_a_step_without_a_label_is_named_and_nothing_is_lost(work):
    work.expected.append("422")
    for key in ("1", "ArrowDown", "1", "1", "1"):
        work.keyboard.press(key)
    work.keyboard.press("2")
    work.keyboard.press("Enter")
    fault = "Step 2 has no label; label every step, up to the first error"
    expect(work.locator("[data-question=steps] .errors")).to_contain_text(fault)
    assert labels(work) == ["good", "", "good", "good", "good"]
    assert marked(work) == "2"
    work.keyboard.press("1")
    submit(work)
    assert len(stored()) == 5


def test_the_marked_step_is_in_sight_whatever_the_window(work):
    work.set_viewport_size({"width": 900, "height": 560})
    for _ in range(4):
        work.keyboard.press("1")
    step = work.locator(".step:has([data-active])")
    expect(step).to_be_in_viewport(ratio=0.9)


def test_by_hand_a_label_an_error_and_a_comment(work):
    second = work.locator(".step").nth(1)
    second.get_by_label("Neutral").click()
    third = work.locator(".step").nth(2)
    third.hover()
    third.get_by_role("button", name="First error").click()
    assert labels(work) == ["good", "neutral", "bad", "", ""]
    second.hover()
    second.get_by_role("button", name="Comment").click()
    work.keyboard.type("Why this?")
    expect(second.locator("textarea")).to_have_value("Why this?")


def test_what_is_labelled_comes_back_after_a_reload(work, site):
    for key in "13":
        work.keyboard.press(key)
    expect(work.locator("#saved")).to_have_text("draft saved")
    work.reload()
    expect(work.locator("html[data-keys=ready]")).to_be_attached()
    assert labels(work) == ["good", "bad", "", "", ""]
    expect(work.locator(".step").nth(1)).to_have_attribute("data-colour", "red")
    expect(work.locator(".step[data-beyond]")).to_have_count(3)


def test_hundreds_of_steps_can_be_labelled_and_sent(page, site, member, project):
    Form.objects.add_version(project, [{**STEPS, "divide": "lines"}])
    make_item(project, completions=("\n".join(f"Step {n}." for n in range(600)),))
    work = begin(page, site)
    expect(work.locator(".step")).to_have_count(600)
    work.locator(".step input[value=good]").evaluate_all(
        "all => all.forEach((each) => { each.checked = true; })"
    )
    work.keyboard.press("2")
    work.keyboard.press("Enter")
    expect(work.locator("h1")).to_contain_text("Nothing left")
    given = Annotation.objects.get().answers["steps"]["steps"]
    assert [step["label"] for step in given] == ["neutral"] + ["good"] * 599


def test_raw_text_is_shown_step_by_step(work):
    work.keyboard.press("r")
    expect(work.locator(".step").nth(2).locator("[data-raw]")).to_have_text(PARTS[2])


def test_nobody_is_kept_out(work):
    for key in "12":
        work.keyboard.press(key)
    assert "".join(faults_as_is(work)) == ""


def test_without_scripts_steps_are_labelled_all_the_same(browser, site, member, project, context):
    Form.objects.add_version(project, FORM)
    make_item(project, completions=(TEXT,))
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{site}/projects/pairs/work/")
    for step, label in enumerate(["good", "good", "bad"]):
        page.locator(".step").nth(step).locator(f"input[value={label}]").check(force=True)
    page.locator(".step").nth(2).locator("textarea").fill("So?\nNo.")
    page.locator("[data-question=final] input").last.check(force=True)
    page.locator("button[data-do=submit]").click()
    expect(page.locator("h1")).to_contain_text("Nothing left")
    assert stored()[2] == (PARTS[2], "bad", "So?\nNo.")
    plain.close()


def test_a_reviewer_decides_steps_with_the_same_keys(page, site, project, sign_in):
    reviewer = make_member(project, role=Membership.Role.RESEARCHER)
    sign_in(reviewer.user)
    Form.objects.add_version(project, [STEPS])
    item = make_item(project, completions=("One.\n\nTwo.\n\nThree.",))
    page.goto(f"{site}/projects/pairs/reviews/items/{item.pk}/")
    expect(page.locator(".step")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("f")
    assert labels(page) == ["good", "bad", ""]
    page.keyboard.press("w")
    page.keyboard.type("It does not follow.")
    page.keyboard.press("Control+Enter")
    decided = "Decided: A: Good 1, Bad 1, first error “Two.”"
    expect(page.locator("#messages")).to_contain_text(decided)
    assert Annotation.objects.get().reason == "It does not follow."
