"""What the workspace costs a browser: opened with an empty cache, and from one item to the next.

    python bench/page.py [--json] [--runs 5]

The text counts as visible in the first frame in which it is laid out. Then items are labelled by keys:
from the press of Enter until the frame with the next item is drawn. Needs a Chromium or Chrome.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from workspace import ROOT, make_project, web_server

WATCH = """
(function look() {
    const text = document.querySelector(".completion .reading");
    if (text && text.getBoundingClientRect().height > 0) window.visibleAt = performance.now();
    else requestAnimationFrame(look);
})();
"""

TURNS = """
window.turns = [];
let pressedAt = 0;
addEventListener("keydown", (event) => { if (event.key === "Enter") pressedAt = performance.now(); }, true);
addEventListener("htmx:afterSettle", () => {
    const from = pressedAt;
    requestAnimationFrame(() => setTimeout(() => turns.push(performance.now() - from)));
});
"""
ITEMS = 20  # labelled in each run


def open_page(browser: Browser, url: str, session: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    page = context.new_page()
    page.add_init_script(WATCH)
    page.add_init_script(TURNS)
    received: list[float] = []
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on(
        "Network.loadingFinished", lambda event: received.append(event["encodedDataLength"])
    )
    page.goto(url, wait_until="networkidle")
    found = {
        "visible_ms": page.evaluate("window.visibleAt"),
        "wire_bytes": sum(received),
        "requests": len(received),
        "dom_nodes": page.evaluate("document.querySelectorAll('*').length"),
        "js_heap_mib": page.evaluate("performance.memory.usedJSHeapSize") / 2**20,
    }
    received.clear()
    found |= label_items(page)
    found["next_wire_bytes"] = sum(received) / ITEMS
    context.close()
    return found


def label_items(page: Page) -> dict[str, float]:
    """Milliseconds from Enter until the next item is drawn, by keys alone."""
    page.keyboard.press("Escape")  # guidelines that have opened by themselves
    for turn in range(ITEMS):
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        while page.evaluate("turns.length") <= turn:
            page.wait_for_timeout(20)
        page.wait_for_timeout(80)  # nobody reads faster
    turns = sorted(page.evaluate("turns"))
    return {"next_visible_ms": statistics.median(turns), "next_visible_ms_p95": turns[-2]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="tandem-", ignore_cleanup_errors=True) as var:
        os.environ |= {
            "ANNOTATE_VAR": var,
            "DJANGO_SETTINGS_MODULE": "annotate.settings",
            "ANNOTATE_LOG_LEVEL": "WARNING",
        }
        print(json.dumps(figures(options.runs), indent=None if options.json else 2))


def figures(runs: int) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    assert settings.EMBEDDED is not None, "DATABASE_URL is set; this measures the embedded server"
    settings.EMBEDDED.use()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            call_command("prepare", wait=30)
        [session] = make_project("pairs", items=(runs + 2) * ITEMS, annotators=1)
        with web_server() as (port, _), sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            url = f"http://127.0.0.1:{port}/projects/pairs/work/"
            open_page(browser, url, session)  # the server's first answer compiles its templates
            found = [open_page(browser, url, session) for _ in range(runs)]
            browser.close()
        return {
            name: round(statistics.median(each[name] for each in found), 1) for name in found[0]
        }
    finally:
        connections.close_all()
        settings.EMBEDDED.leave()


if __name__ == "__main__":
    main()
