"""What judges and people marked, shown in a browser: filled in to work from, painted where it is only read."""

import pytest
from playwright.sync_api import expect

from annotate.models import Annotation
from tests.browser.axe import AXE_SCRIPT, LOOKS, NEXT_FRAME, all_faults, violations
from tests.browser.marking import begin, held, spans
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project

RENDERED = (
    "**Lyon** 🇫🇷 is the capital of *France*.\n\n- It was founded in 1972.\n- שלום, it is old."
)
OTHER = "Paris is it."


def part(quote, label="wrong", completion=0, text=RENDERED, **more):
    start = text.index(quote)
    place = {"start": start, "end": start + len(quote), "text": quote}
    return {"completion": completion, **place, "label": label} | more


LYON, CAPITAL = part("Lyon** 🇫🇷"), part("is the capital of *France*", "unclear", comment="Of what?")
YEAR, HEBREW = part("1972"), part("שלום", "style")
IT = part("it", "unclear", 1, OTHER)


@pytest.fixture
def project(transactional_db):
    return make_project(slug="pairs", name="Pairs", questions=[spans(suggestions="before")])


@pytest.fixture
def marked(project):
    """An item that three people and a judge have marked."""
    item = make_item(project, completions=(RENDERED, OTHER), overlap=5)
    people = [
        {"spans": [LYON, CAPITAL, IT]},
        {"spans": [LYON, YEAR, HEBREW], "clean": [1]},
        {"spans": [YEAR], "missing": [{"completion": 1, "label": "lacks", "comment": "the year"}]},
    ]
    for number, answer in enumerate(people):
        who = make_annotator(project, name=f"worker {number}")
        make_annotation(item, who, answers={"errors": answer})
    judge = make_annotator(project, kind="llm", name="mini v1")
    make_annotation(item, judge, answers={"errors": {"spans": [LYON, YEAR, IT]}})
    return item


@pytest.fixture
def researcher(project, sign_in):
    user = make_member(project, role="researcher").user
    sign_in(user)
    return user


def painted(page, name):
    """The texts of the highlights whose name begins so, in the order they were added."""
    return page.evaluate(
        """name => [...CSS.highlights].filter(([each]) => each.startsWith(name)).flatMap(
            ([, ranges]) => [...ranges].map((one) => {
                const range = document.createRange();
                range.setStart(one.startContainer, one.startOffset);
                range.setEnd(one.endContainer, one.endOffset);
                return range.toString();
            }))""",
        name,
    )


# ------------------------------------------------------------------------------------- filled in


def test_marks_of_a_judge_say_whose_they_are_until_they_are_changed(
    page, site, marked, sign_in, project
):
    sign_in(make_member(project).user)
    begin(page, site)
    rows = page.locator("ol[data-list] > li")
    expect(rows).to_have_count(3)
    expect(page.locator(".suggested")).to_have_text(["suggested by mini v1"] * 3)
    page.locator(".jump", has_text="1972").click()
    page.locator("[data-field=label]").select_option("style")
    expect(page.locator(".suggested")).to_have_count(2)
    page.locator(".jump", has_text="Lyon").click()
    page.locator(".details [data-delete]").click()
    expect(page.locator(".suggested")).to_have_count(1)
    assert len(held(page)["spans"]) == 2
    page.locator("[data-do=submit]").click()
    expect(page.locator("h1", has_text="Nothing left for you here")).to_be_visible()
    label = Annotation.objects.exclude(assignment=None).get()
    recorded = label.suggestions["questions"]["errors"]
    assert (recorded["kept"], recorded["changed"], recorded["deleted"]) == ([2], [1], [0])
    assert label.answers["errors"]["spans"] == [YEAR | {"label": "style"}, IT]


def test_the_workspace_with_marks_filled_in_keeps_the_guidelines(
    page, site, marked, sign_in, project
):
    sign_in(make_member(project).user)
    begin(page, site)
    page.evaluate(AXE_SCRIPT)
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)
        assert list(violations(page)) == []


# ------------------------------------------------------------------------------------ read-only


def test_an_item_shows_who_marked_what_in_its_texts(page, site, marked, researcher):
    page.goto(f"{site}/projects/pairs/items/{marked.pk}/")
    expect(page.locator("[data-controls]").first).to_be_visible()
    assert "".join(painted(page, "part-red-0")) == "Lyon 🇫🇷"
    assert painted(page, "part-red-2") == ["1972"]
    assert "it" in painted(page, "part-")  # of the other completion
    people = page.locator("#people-marked-title").locator("xpath=..")
    people.locator("input[data-by]").nth(2).uncheck()
    assert painted(page, "part-red-2") == []
    assert painted(page, "part-red-1") != []


def test_how_many_marked_a_text_is_painted_and_told_in_a_table(page, site, marked, researcher):
    page.goto(f"{site}/projects/pairs/items/{marked.pk}/")
    people = page.locator("#people-marked-title").locator("xpath=..")
    people.locator("input[data-heat]").check()
    assert "".join(painted(page, "heat-3")) == "Lyon 🇫🇷1972"
    people.locator("summary", has_text="How many").click()
    expect(people.locator("tr[data-level]", has_text="1972")).to_contain_text("2 of 3")
    people.locator("input[data-heat]").uncheck()
    assert painted(page, "heat-") == []


def test_a_row_shows_its_place_in_the_text_by_keyboard(page, site, marked, researcher):
    page.goto(f"{site}/projects/pairs/items/{marked.pk}/")
    button = page.locator(".show-mark", has_text="1972").first
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert painted(page, "chosen-one") == ["1972"]
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    assert painted(page, "chosen-one") == []


def test_a_reviewer_starts_a_decision_from_one_of_the_labels(page, site, marked, researcher):
    page.goto(f"{site}/projects/pairs/reviews/items/{marked.pk}/")
    assert "".join(painted(page, "part-red-0")) == "Lyon 🇫🇷"
    expect(page.locator("#judges-marked-title")).to_have_count(0)
    page.locator("a.take").nth(1).click()
    expect(page.locator("[data-slot][data-ready]").first).to_be_attached()
    assert held(page)["spans"] == [LYON, YEAR, HEBREW]
    page.keyboard.press("Escape")
    page.locator("[data-do=opinions]").click()
    expect(page.locator("#judges-marked-title")).to_be_visible()
    expect(
        page.locator("#judges-marked-title").locator("xpath=..").locator(".show-mark")
    ).to_have_count(3)


def test_pages_that_show_marks_keep_the_guidelines(page, site, marked, researcher):
    urls = [f"/projects/pairs/items/{marked.pk}/", f"/projects/pairs/reviews/items/{marked.pk}/"]
    assert all_faults(page, site, urls) == ""
