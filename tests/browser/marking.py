"""What tests of marking do with the workspace, again and again."""

import json

from playwright.sync_api import expect

from annotate.models import Annotation

LABELS = [
    {"value": "wrong", "label": "Wrong"},
    {"value": "unclear", "label": "Unclear"},
    {"value": "style", "label": "Style"},
    {"value": "lacks", "label": "Lacks something", "missing": True},
]
SEVERITIES = [{"value": "minor", "label": "Minor"}, {"value": "major", "label": "Major"}]
# The middle of a character of a text, in the view of it that is to be seen: [x, y].
PLACE = """([text, quote, end]) => {
    const view = [...document.querySelectorAll(`[data-text="${text}"]`)].find((one) => !one.closest("[hidden]"));
    const walk = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const at = node.data.indexOf(quote);
        if (at < 0) continue;
        node.parentElement.scrollIntoView({ block: "nearest" });
        const range = document.createRange();
        range.setStart(node, end ? at + quote.length - 1 : at);
        range.setEnd(node, end ? at + quote.length : at + 1);
        const box = range.getBoundingClientRect();
        return [end ? box.right - 1 : box.left + 1, box.top + box.height / 2];
    }
    throw new Error(`no ${quote} in ${text}`);
}"""


def spans(**settings):
    """A question about spans."""
    return {
        "kind": "spans",
        "name": "errors",
        "title": "What is wrong?",
        "labels": LABELS,
        "snap": "characters",
        **settings,
    }


def begin(page, site):
    page.goto(f"{site}/projects/pairs/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.locator("#guidelines")).to_be_hidden()
    expect(page.locator("[data-slot][data-ready]").first).to_be_attached()
    return page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def held(page, name="errors"):
    """What the page would send."""
    return json.loads(page.input_value(f"input[name=answer-{name}]") or "{}")


def marks(page, name="errors"):
    return [(span["text"], span["label"]) for span in held(page, name).get("spans", [])]


def says(page, text):
    expect(page.locator("[data-says]").first).to_contain_text(text)


def drag(page, quote, *, text="completion-0"):
    """Selects by mouse, from one side to the other."""
    page.mouse.move(*page.evaluate(PLACE, [text, quote, False]))
    page.mouse.down()
    page.mouse.move(*page.evaluate(PLACE, [text, quote, True]), steps=4)
    page.mouse.up()
    page.wait_for_function(
        "() => !getSelection().isCollapsed || document.querySelector('[data-current]')"
    )


def click(page, quote, *, text="completion-0"):
    page.mouse.click(*page.evaluate(PLACE, [text, quote, False]))


def stored(count=1):
    """The answers to the question, once they are stored."""
    found = Annotation.objects.order_by("pk")
    assert found.count() == count
    return [annotation.answers["errors"] for annotation in found]


def submit(page, *, key="Enter"):
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing left for you here")
