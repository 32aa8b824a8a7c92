"""Takes the README's pictures from a running program: ``make up``, then ``make screenshots``.

    python docs/screenshots.py [--address http://127.0.0.1:8000] [--out docs/images]

Signs in with the demo's logins, which lie in var/ (or in ANNOTATE_VAR). Needs a Chromium or Chrome.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Name of the picture: who looks, at what, and how high the window is.
PICTURES = {
    "work": ("annotator", "/projects/demo/work/", 720),
    "spans": ("annotator", "/projects/demo-spans/work/", 720),
    "project": ("researcher", "/projects/demo/", 1420),
    "items": ("researcher", "/projects/demo/items/?sort=-disagreement", 720),
    "form": ("admin", "/projects/demo/form/", 720),
    "marks": ("researcher", "/projects/demo-spans/items/?sort=-disagreement", 900),
}
# What is marked for the picture, with which key; the first item that a newcomer gets has it.
MARKS = (("makes the battery last ten years", "2"), ("stops ageing altogether", "1"))
SELECT = """words => {
    const view = document.querySelector('[data-text="completion-0"]:not([hidden])');
    const walk = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const [first, last] = [words.split(" ").slice(0, 2).join(" "), words.split(" ").slice(-1)[0]];
    for (let node = walk.nextNode(), begun = false; node; node = walk.nextNode()) {
        if (!begun && node.data.includes(first)) {
            range.setStart(node, node.data.indexOf(first));
            begun = true;
        }
        if (begun && node.data.includes(last)) {
            range.setEnd(node, node.data.indexOf(last) + last.length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            return;
        }
    }
}"""


def passwords() -> dict[str, str]:
    path = Path(os.environ.get("ANNOTATE_VAR") or ROOT / "var") / "demo_logins.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        sys.exit(f"There are no demo logins in {path.parent}; start `make up` once.")


def sign_in(browser: Browser, address: str, user: str, password: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=login]", user)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    return page


def take(page: Page, url: str, height: int, path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(url)
    page.wait_for_timeout(1500)  # parts that come after the page
    if path.stem in ("work", "spans"):
        begin_an_answer(page, MARKS if path.stem == "spans" else ((None, "2"),))
    if path.stem == "marks":
        open_the_first(page)
    page.screenshot(path=path)
    print(f"{path} {path.stat().st_size // 1024} KB")


def begin_an_answer(page: Page, given: Sequence[tuple[str | None, str]]) -> None:
    """Past the guidelines, which a new annotator sees first, and with something chosen."""
    if page.locator("dialog[open]").count():
        page.keyboard.press("Enter")
    for words, key in given:
        if words is not None:
            page.evaluate(SELECT, words)
            page.wait_for_timeout(300)
        page.keyboard.press(key)
        page.wait_for_timeout(500)


def open_the_first(page: Page) -> None:
    """The first item of a list, where its completions begin."""
    page.locator("tbody a").first.click()
    page.wait_for_timeout(1500)
    page.evaluate(
        "scrollTo(0, document.querySelector('.completions, #completions').offsetTop - 60)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    port = os.environ.get("PORT", "8000")
    parser.add_argument("--address", default=f"http://127.0.0.1:{port}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    known = passwords()
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        browser = playwright.chromium.launch(executable_path=program)
        try:
            pages = {
                user: sign_in(browser, options.address, user, known[user])
                for user in {user for user, _, _ in PICTURES.values()}
            }
            for name, (user, path, height) in PICTURES.items():
                take(pages[user], f"{options.address}{path}", height, options.out / f"{name}.png")
        except BrowserError as fault:
            sys.exit(f"No pictures from {options.address}: {fault.message.splitlines()[0]}")
        finally:
            browser.close()


if __name__ == "__main__":
    main()
