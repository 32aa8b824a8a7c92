"""What the page knows of where its texts come from: places, selections, and what it cannot show."""

import pytest
from playwright.sync_api import expect

from annotate.models import Form
from tests.annotate.round_trips import spans
from tests.factories import make_item

ASKING = """async ([address, text, which]) => {
    const { mapOf, viewAround, viewsOf } = await import(address);
    const views = viewsOf(text);
    const view = which === "raw" ? views.at(-1) : views[0];
    const map = mapOf(view);
    const range = (first, from, last, to) => {
        const found = document.createRange();
        found.setStart(first, from);
        found.setEnd(last, to);
        return found;
    };
    const string = (one) => String(range(one.startContainer, one.startOffset, one.endContainer, one.endOffset));
    const strings = (ranges) => ranges.map(string);
    return %s;
}"""


@pytest.fixture
def show(page, site, member, project):
    """Opens the workspace on an item with the given completions; asks the page about the first."""
    project.guideline_versions.all().delete()
    Form.objects.add_version(project, [spans(contexts=True, snap="characters")])

    def show(*completions, **fields):
        item = make_item(project, completions=completions, **fields)
        page.goto(f"{site}/projects/pairs/work/")
        expect(page.locator("html[data-keys=ready]")).to_be_attached()
        return item

    return show


@pytest.fixture
def ask(page, site):
    """Evaluates an expression with the map of a text's rendered view, or of the only one."""

    def ask(expression, *, text="completion-0", view="seen"):
        return page.evaluate(
            ASKING % expression, [f"{site}/static/frontend/js/text_map.js", text, view]
        )

    return ask


def found(start, end, exact=True):
    return {"start": start, "end": end, "exact": exact}


def test_a_paragraph_up_to_the_next_one_is_its_source(show, ask):
    """As three clicks select it."""
    show("One *two*\r\nthree.\n\nFour.")
    first, second = (f"view.querySelectorAll('p')[{n}]" for n in (0, 1))
    assert ask(f"map.rangeAt(range({first}.firstChild, 0, {second}, 0))") == found(0, 17)
    assert ask("map.slice(0, 17)") == "One *two*\r\nthree."


def test_what_is_selected_beyond_a_text_ends_with_it(show, ask):
    show("One.\n\nTwo.", contexts=[{"text": "Other."}])
    everything = "range(document.body, 0, document.body, document.body.childNodes.length)"
    assert ask(f"map.rangeAt({everything})") == found(0, 10)
    assert ask(f"map.rangeAt({everything})", text="context-0") == found(0, 6)
    assert ask("map.rangeAt(range(document.body, 0, view, 0))") is None


def test_elements_can_be_ends_of_a_selection(show, ask):
    show("a\n\n- b\n- c\n\n---\n\nd")
    assert ask("map.rangeAt(range(view, 1, view, view.childNodes.length - 2))") == found(5, 10)
    assert ask("map.rangeAt(range(view.querySelector('hr'), 0, view.querySelector('hr'), 0))") == (
        found(17, 17, exact=False)
    )


def test_a_place_between_characters_is_found_and_found_again(show, ask):
    show("*a🙂* b\\*c")
    em = "view.querySelector('em').firstChild"
    assert ask(f"map.rangeAt(range({em}, 1, {em}, 1))") == found(2, 2)
    assert ask(f"map.rangeAt(range({em}, 3, {em}, 3))") == found(3, 3)
    assert ask("[1, 2, 3, 4, 5].map((at) => map.pointOf(at)?.offset)") == [0, 1, 3, 0, 1]
    assert ask("[0, 6, 9].map((at) => map.pointOf(at)?.node.data ?? null)") == [None, " b", "*c"]


def test_half_a_character_is_never_marked(show, ask):
    show("a🙂b")
    assert ask(
        "map.rangeAt(range(view.querySelector('p').firstChild, 2, view.querySelector('p').firstChild, 2))"
    ) == found(1, 1)
    text = "view.querySelector('p').firstChild"
    assert ask(f"map.rangeAt(range({text}, 2, {text}, 4))") == found(1, 3)
    assert ask(f"map.rangeAt(range({text}, 0, {text}, 2))") == found(0, 2)


def test_a_formula_is_marked_as_a_whole_once_it_is_set(page, show, ask):
    show("Let $x^2$ be.")
    expect(page.locator("[data-rendered] .math.set")).to_be_visible()
    inside = "view.querySelector('.katex-html').firstChild"
    assert ask(f"map.rangeAt(range({inside}, 0, {inside}, 1))") == found(4, 9, exact=False)
    assert ask("map.rangesOf(5, 6).length") == 1
    boxes = ask("map.rectsOf(5, 6).map((box) => [box.width > 10, box.height > 10])")
    assert boxes == [[True, True]]
    assert ask("strings(map.rangesOf(0, 4))") == ["Let "]
    assert ask("map.rangeAt(range(view, 0, view, 1))") == found(0, 13)


def test_what_is_not_to_be_seen_is_not_mapped_and_the_raw_text_has_it(show, ask):
    show("[a](http://b.c) **d**")
    parts = "[[0, 1], [1, 2], [4, 14], [16, 18], [16, 19]]"
    asked = f"{parts}.map(([start, end]) => map.isMapped(start, end))"
    assert ask(asked) == [False, True, False, False, True]
    assert ask(asked, view="raw") == [True] * 5
    assert ask("strings(map.rangesOf(0, 21))") == ["a", " ", "d"]


def test_a_change_of_the_page_is_noticed_at_once(show, ask):
    show("One *two* three")
    wrap = """(() => {
        const before = strings(map.rangesOf(5, 15));
        const mark = document.createElement("mark");
        range(view.querySelector("em").firstChild, 1, view.querySelector("em").firstChild, 2).surroundContents(mark);
        const again = mapOf(view);
        return [again !== map, mapOf(view) === again, before, strings(again.rangesOf(5, 15)), again.rangeAt(range(mark, 0, mark, 1))];
    })()"""
    assert ask(wrap) == [True, True, ["two", " three"], ["t", "w", "o", " three"], found(6, 7)]
    assert ask("mapOf(view) === map") is True


def test_maps_are_of_the_item_that_is_shown(page, show, ask, project):
    show("First.")
    make_item(project, completions=("Another.",))
    shown = page.locator("[data-rendered]").last
    assert ask("[map.source, map.length]") == ["First.", 6]
    page.evaluate("window.stayed = true")
    page.keyboard.press("s")
    expect(shown).to_have_text("Another.")
    assert page.evaluate("window.stayed") is True
    assert ask("[map.source, map.length]") == ["Another.", 8]


def test_passages_are_mapped_in_their_numbered_and_in_their_rendered_form(show, ask):
    plain, structured = "One 🙂. Two.\r\nThree.", "# Head\n\nA **word**."
    show("a", contexts=[{"text": plain}, {"text": structured}])
    assert ask("map.source", text="context-0") == plain
    sentence = "view.querySelectorAll('.sentence')[1]"
    assert ask(f"map.rangeAt(range({sentence}, 0, {sentence}, 1))", text="context-0") == found(
        7, 11
    )
    assert ask("strings(map.rangesOf(10, 16))", text="context-1") == ["word"]
    assert ask("map.source", text="context-1", view="raw") == structured


def test_the_text_of_a_prompt_is_of_no_view(show, ask):
    show("a", prompt="Why?")
    assert ask("viewAround(document.querySelector('.turn .reading')) === null") is True
    assert ask("viewAround(view.querySelector('p').firstChild) === view") is True
