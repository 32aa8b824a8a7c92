"""What an item shows, in a browser: formulas, citations, differences, files, directions, hostile texts."""

# ruff: noqa: RUF001  # letters of other scripts

import io

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from annotate.media import store
from annotate.models import Item
from tests import media
from tests.factories import make_item
from tests.frontend.test_markdown import EVIL

PASSAGES = [
    {"title": "Sky", "text": "Air scatters blue light. Red light passes. " + "It goes on. " * 150},
    {"title": "Sea", "text": "Water absorbs red light. It looks blue."},
]


@pytest.fixture
def opened(page, site, member, project):
    """Opens the workspace on an item of its own."""

    def opened(*completions, **fields):
        item = make_item(project, completions=completions or ("One.", "Two."), **fields)
        page.goto(f"{site}/projects/pairs/work/")
        expect(page.locator("html[data-keys=ready]")).to_be_attached()
        if page.locator("#guidelines[open]").count():
            page.keyboard.press("Escape")
        expect(page.locator("#guidelines")).to_be_hidden()
        return item

    return opened


@pytest.fixture
def files(project, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    contents = {
        "wide.png": media.png(80, 40),
        "high.png": media.png(30, 60),
        "a.wav": media.wav(20),
    }
    for name, content in contents.items():
        store(project, name, io.BytesIO(content))


def requests_of(page):
    found = []
    page.on("request", lambda request: found.append(request.url))
    return found


# ------------------------------------------------------------------------------------------ formulas

HARD = r"""
$\frac{-b \pm \sqrt{b^2-4ac}}{2a}$ $\boxed{x}$ $\fbox{y}$ $\pmb{z}$ $\color{red} r$ $\colorbox{aqua}{c}$
$\cancel{x}$ $\underbrace{a+b}_{n}$ $\xrightarrow[under]{over}$ $\widehat{abc}$ $\phase{-78}$
$\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$ $\href{javascript:alert(1)}{x}$ $\htmlStyle{color:red}{x}$
$\includegraphics{http://evil/x.png}$ $\rule{9999em}{9999em}$ $\def\a{\a\a}\a$ $\url{http://evil}$

$$\begin{cases} x & \text{if } y \\ \overline{z} & \text{else} \end{cases}$$
"""


def test_formulas_are_set_under_the_strict_policy_and_stay_as_written_where_they_cannot_be(
    page, opened
):
    opened(HARD, r"Broken: $\frac{1$ and \(x^2\).")
    expect(page.locator(".math.set").first).to_be_visible()
    expect(page.locator(".math:not(.set, .unset)")).to_have_count(0)
    broken = page.locator(".math.unset", has_text=r"\frac{1")
    expect(broken).to_have_text(r"$\frac{1$")
    assert "parse error" in broken.get_attribute("title")
    assert page.locator(".math.set math").count() == page.locator(".math.set").count() > 12
    assert page.locator(".math [href], .math img").count() == 0
    box = page.locator(".math.set", has=page.locator(".mfrac")).first.bounding_box()
    assert 15 < box["height"] < 60


def test_only_an_item_with_formulas_fetches_what_sets_them(page, opened):
    asked = requests_of(page)
    opened("It costs $5 and $6.", "Nothing.")
    assert not [url for url in asked if "katex" in url.lower()]
    opened("It is $x^2$.", "Nothing.")
    page.keyboard.press("s")
    expect(page.locator(".math.set")).to_have_count(1)
    assert [url for url in asked if "katex.min" in url and url.endswith(".js")]


# ----------------------------------------------------------------------------------------- citations


def test_citations_lead_to_their_sentence_and_back_by_key_alone(page, opened):
    opened("Blue light is scattered [1:1]. Water is blue [2:2].", "No source.", contexts=PASSAGES)
    sentence = page.locator("#passage-2-2")
    expect(sentence).not_to_be_in_viewport()
    page.keyboard.press("c")
    expect(page.locator("#passage-1-1")).to_be_focused()
    expect(page.locator("#passage-1-1")).to_be_in_viewport()
    page.keyboard.press("c")
    expect(sentence).to_be_focused()
    expect(sentence).to_be_in_viewport()
    expect(page.locator(".cited")).to_have_count(1)
    expect(page.locator("#live")).to_contain_text("Cited as [2:2]: It looks blue")
    page.keyboard.press("b")
    expect(page.locator("a.cite", has_text="[2:2]")).to_be_focused()
    page.keyboard.press("1")  # answers go on as before
    expect(page.locator("input[data-key='1']").first).to_be_checked()


def test_the_sentences_of_a_passage_hold_its_text_to_the_code_point(page, opened):
    text = "😀 One.  Two!\n\n\tThree? עברית. <b>four</b>\r\nFive e\u0301"
    opened("a", "b", contexts=[{"title": "", "text": text}])
    shown = page.locator("#passage-1 .sentences")
    assert shown.evaluate("place => place.textContent") == text
    assert page.locator("#passage-1 .sentence").count() == 6


# --------------------------------------------------------------------------------------- differences


def marked(page, name):
    return page.evaluate(
        "name => [...(CSS.highlights.get(name) ?? [])].map(range => "
        "range.startContainer.data.slice(range.startOffset, range.endOffset))",
        name,
    )


def test_differences_are_marked_at_one_key_on_both_views_and_change_no_text(page, opened, project):
    opened("The **quick** cat sat.", "The *slow* cat sat down.")
    before = page.locator(".completion").all_inner_texts()
    page.keyboard.press("d")
    expect(page.locator("[data-differs]").first).to_contain_text("not in B")
    texts = {*marked(page, "tandem-chosen"), *marked(page, "tandem-other")}
    assert texts == {"quick", "slow", "down"}
    page.keyboard.press("r")
    expect(page.locator(".completion pre.raw").first).to_be_visible()
    page.wait_for_function("CSS.highlights.get('tandem-other')?.size > 0")
    assert "quick" in "".join([*marked(page, "tandem-chosen"), *marked(page, "tandem-other")])
    page.keyboard.press("r")
    page.keyboard.press("d")
    expect(page.locator("[data-differs]").first).to_be_hidden()
    assert marked(page, "tandem-other") == []
    assert page.locator(".completion").all_inner_texts() == before


def test_of_several_completions_each_is_compared_with_the_chosen_one(page, opened):
    opened("same one", "same two", "same three")
    page.keyboard.press("d")
    expect(page.locator("[data-differs]").first).to_be_visible()
    letters = page.locator(".completion").evaluate_all(
        "all => all.map(each => each.dataset.letter)"
    )
    assert letters == ["A", "B", "C"]
    assert len(marked(page, "tandem-chosen")) == 1
    assert len(marked(page, "tandem-other")) == 2
    first = marked(page, "tandem-chosen")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Against B")).to_be_visible()
    assert marked(page, "tandem-chosen") != first
    page.reload()
    expect(page.get_by_role("button", name="Differences")).to_have_attribute("aria-pressed", "true")


# -------------------------------------------------------------------------------------------- places


def test_many_completions_are_equally_wide_scroll_sideways_and_may_be_stacked(page, opened):
    opened(*(f"Completion {n}. " * 30 for n in range(6)))
    widths = [each.bounding_box()["width"] for each in page.locator(".completion").all()]
    assert max(widths) - min(widths) < 2
    assert min(widths) >= 340
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    last = page.locator("#completion-F")
    expect(last).not_to_be_in_viewport()
    page.get_by_role("link", name="F", exact=True).click()
    expect(last).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("v")
    boxes = [each.bounding_box() for each in page.locator(".completion").all()]
    assert len({round(box["x"]) for box in boxes}) == 1
    page.reload()
    expect(page.locator(".shelf.stacked")).to_be_visible()


@pytest.mark.parametrize("number", [2, 6])
def test_everything_is_readable_on_a_narrow_screen(page, opened, number):
    wide = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n"
    text = f"{wide}\n\n```python\n{'x = 1; ' * 60}\n```\n\n{'w' * 300}\n\n$${'x+' * 200}x$$"
    page.set_viewport_size({"width": 400, "height": 800})
    opened(*[text] * number, contexts=PASSAGES)
    expect(page.locator(".math.set")).to_have_count(number)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    scrolls = "all => all.every(each => each.scrollWidth > each.clientWidth && each.tabIndex === 0)"
    assert page.locator(".prose .wide").evaluate_all(scrolls)


def test_each_block_runs_the_way_its_own_text_does(page, opened):
    opened("- שלום\n- עולם\n\nEnglish.\n\n| שם | b |\n|--|--|\n| c | d |", "```\nשלום\n```")
    way = "all => all.map(each => getComputedStyle(each).direction)"
    completion = page.locator(".completion", has=page.locator(".prose li"))
    assert completion.locator(".prose > :is(ul, p, .wide)").evaluate_all(way) == [
        "rtl",
        "ltr",
        "rtl",
    ]
    assert page.locator(".prose pre").evaluate_all(way) == ["ltr"]
    html = page.evaluate("document.documentElement.dir")
    assert html == ""


def test_a_long_chat_starts_with_its_last_turns_and_opens_by_key(page, opened):
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"Turn {n}"} for n in range(9)]
    opened("a", "b", messages=turns)
    expect(page.locator(".turn", has_text="Turn 8")).to_be_in_viewport()
    expect(page.locator(".turn", has_text="Turn 0")).to_be_hidden()
    page.keyboard.press("p")
    expect(page.locator(".turn", has_text="Turn 0")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator(".turn", has_text="Turn 0")).to_be_hidden()


# --------------------------------------------------------------------------------------------- files


def test_images_open_large_by_key_and_esc_closes_them(page, opened, files):
    item = opened()
    item.completions.update(media=[{"file": "wide.png", "alt": "A wide one"}, {"file": "high.png"}])
    page.reload()
    image = page.locator(".completion img").first
    assert image.evaluate("one => one.complete || new Promise(done => one.onload = done)")
    assert image.evaluate("one => one.naturalWidth") == 80
    expect(page.locator("figcaption").first).to_have_text("A wide one")
    page.keyboard.press("i")
    dialog = page.locator("dialog#picture")
    expect(dialog).to_contain_text("A · 1 of 4 · A wide one")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("A · 2 of 4")
    page.keyboard.press("s")  # keys of the workspace wait
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("2")
    expect(page.locator("input[data-key='2']").first).to_be_checked()
    assert Item.objects.get().pk == item.pk


def test_recordings_play_seek_and_pause_by_key(page, opened, files):
    item = opened()
    item.completions.update(media=[{"file": "a.wav", "alt": "A tone"}])
    asked = []
    page.on("response", lambda response: asked.append((response.url, response.status)))
    page.reload()
    first, second = page.locator("audio").all()
    expect(first).to_have_js_property("duration", 20)
    page.keyboard.press("l")
    page.keyboard.press("l")
    assert first.evaluate("one => one.currentTime") == 10
    page.keyboard.press("j")
    assert first.evaluate("one => one.currentTime") == 5
    page.keyboard.press("k")
    expect(first).to_have_js_property("paused", False)
    second.evaluate("one => one.play()")
    expect(first).to_have_js_property("paused", True)
    page.keyboard.press("k")
    expect(second).to_have_js_property("paused", True)
    assert 206 in {status for url, status in asked if "/files/" in url}


# -------------------------------------------------------------------------------- for everybody

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_all_that_an_item_can_show(page, opened, files, scheme):
    page.emulate_media(color_scheme=scheme)
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"Turn {n}"} for n in range(9)]
    code = "```python\n@a\ndef f(x: int) -> str:\n    return 'b' + str(3)  # c\n```\n\n- $x^2$ [1:1]\n\n"
    item = opened(
        code + "| a | b |\n|--|--|\n| c | d |", "שלום $\\frac{1$", messages=turns, contexts=PASSAGES
    )
    item.completions.update(
        media=[{"file": "wide.png", "alt": "Wide"}, {"file": "a.wav", "alt": "A"}]
    )
    page.reload()
    expect(page.locator(".math.set")).to_have_count(1)
    page.evaluate(AXE_SCRIPT)  # which the page's own policy would refuse as a script
    for keys in ("", "d", "c", "v", "r", "p", "i"):
        for key in keys:
            page.keyboard.press(key)
        found = page.evaluate("rules => axe.run(document, rules)", AXE)["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == [], keys


# ------------------------------------------------------------------------------------- hostile texts


def test_no_text_runs_or_loads_anything(page, opened, site):
    asked = requests_of(page)
    page.on("dialog", lambda dialog: pytest.fail(f"a text opened a dialog: {dialog.message}"))
    evil = "\n\n".join(EVIL)
    passages = [{"title": evil, "text": evil}]
    opened(
        evil,
        "\u202eevil " * 50,
        evil,
        messages=[{"role": "user", "content": evil}],
        contexts=passages,
    )
    expect(page.locator(".math:not(.set, .unset)")).to_have_count(0)
    for key in "rdrdcvp":
        page.keyboard.press(key)
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
    assert page.locator(".completion :is(script, svg, img, iframe, form, style)").count() == 0


def test_a_text_of_a_megabyte_can_still_be_judged_and_compared(page, opened):
    words = "the quick brown fox jumps over it " * 30_000
    opened(words, words.replace("fox", "dog", 5) + "end")
    page.keyboard.press("d")
    expect(page.locator("[data-differs]").first).to_contain_text("not in", timeout=30_000)
    page.keyboard.press("1")
    expect(page.locator("input[data-key='1']").first).to_be_checked()
