"""What marking costs a browser: spans on a long text, made, repainted, moved and scrolled past.

    python bench/spans.py [--json] [--spans 200] [--characters 50000] [--actions 60]

One completion of Markdown, in both of its views, with overlapping spans already marked. Milliseconds are from the press of a
key until the next frame is drawn (input, scripts, layout, paint): "make" selects a word and marks it, "relabel"
and "delete" change the chosen mark, "move" moves its edge, "cursor" goes a word on, "next" goes to the next mark,
"repaint" shows the other view. "scroll" is the time between two frames while a view scrolls. Needs a Chromium or Chrome.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from random import Random
from typing import Any

from playwright.sync_api import Page, sync_playwright
from workspace import ROOT, make_project, text, web_server

WATCH = """
window.took = [];
window.armed = false;
addEventListener("keydown", () => {
    if (!window.armed) return;
    const from = performance.now();
    requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - from)));
}, true);
"""
SCROLL = """(steps) => new Promise((done) => {
    const frame = document.querySelector(".completion");
    const found = [];
    let last = performance.now();
    const step = () => {
        const now = performance.now();
        found.push(now - last);
        last = now;
        frame.scrollTop += 400;
        if (found.length <= steps) requestAnimationFrame(step);
        else done(found.slice(1));
    };
    requestAnimationFrame(step);
})"""
LABELS = [{"value": name.lower(), "label": name} for name in ("Wrong", "Unclear", "Style", "Good")]
QUESTION = {"kind": "spans", "name": "errors", "title": "What is wrong?", "labels": LABELS}
SEVERITIES = [{"value": "minor", "label": "Minor"}, {"value": "major", "label": "Major"}]


def markdown(characters: int) -> str:
    """Paragraphs with emphasis and lists, as models write them."""
    parts: list[str] = []
    while sum(map(len, parts)) < characters:
        words = text(72).split(" ")
        words[10] = f"**{words[10]}**"
        words[20] = f"`{words[20]}`"
        paragraph = " ".join(words)
        parts.append(f"- {paragraph}\n" if len(parts) % 5 == 4 else f"{paragraph}\n\n")
    return "".join(parts)[:characters].rstrip()


def marks(source: str, count: int) -> dict[str, Any]:
    """Spans of 20 to 200 characters, a third of them overlapping the one before."""
    random = Random(2)  # noqa: S311  # places, no secrets
    spans, step = [], len(source) // count
    for n in range(count):
        start = n * step + random.randrange(max(1, step // 3))
        end = min(len(source), start + (step + 40 if n % 3 == 0 else random.randrange(20, step)))
        label = LABELS[n % len(LABELS)]["value"]
        quoted = {"start": start, "end": end, "text": source[start:end]}
        spans.append({"completion": 0, **quoted, "label": label, "severity": "minor"})
    return {"spans": spans}


def prepare(slug: str, *, characters: int, spans: int) -> None:
    """The project's first item gets the long text, and a draft with the marks."""
    from annotate.assignment import claim, save_draft
    from annotate.models import Completion, Form, Item, Membership, Project

    project = Project.objects.get(slug=slug)
    Form.objects.add_version(project, [QUESTION | {"severities": SEVERITIES}])
    item = Item.objects.filter(project=project).order_by("rank").first()
    assert item is not None
    source = markdown(characters)
    Completion.objects.filter(item=item, position=1).delete()
    Completion.objects.filter(item=item).update(text=source)
    assignment = claim(Membership.objects.get(project=project))
    assert assignment is not None
    fields = {"answer-errors": json.dumps(marks(source, spans))}
    save_draft(assignment, {"key": assignment.key, "at": 1, "fields": fields})


def press(page: Page, *keys: str) -> list[float]:
    """Milliseconds of each key until its frame is drawn."""
    page.evaluate("took.length = 0; window.armed = true")
    for count, key in enumerate(keys, start=1):
        page.keyboard.press(key)
        page.wait_for_function("(count) => took.length >= count", arg=count)
    found: list[float] = page.evaluate("window.armed = false, [...took]")
    return found


def measure(page: Page, actions: int) -> dict[str, list[float]]:
    """Milliseconds by action."""
    found: dict[str, list[float]] = {name: [] for name in ACTIONS}
    press(page, "e")
    for turn in range(actions):
        for _ in range(7):
            found["cursor"] += press(page, "ArrowRight")
        found["make"] += [sum(press(page, "Shift+ArrowRight", "Shift+ArrowRight", "1")[-1:])]
        found["relabel"] += press(page, "2")
        found["move"] += press(page, "Shift+ArrowRight", "Shift+ArrowLeft")
        if turn % 2:
            found["delete"] += press(page, "Delete")
        found["next"] += press(page, "]")
        press(page, "ArrowRight")
    press(page, "Escape")
    for _ in range(10):
        found["repaint"] += press(page, "r")
    page.evaluate("document.querySelector('.completion').scrollTop = 0")
    found["scroll"] = page.evaluate(SCROLL, 100)
    return found


ACTIONS = ("make", "relabel", "move", "delete", "next", "cursor", "repaint", "scroll")


def open_page(page: Page, url: str, spans: int) -> None:
    page.add_init_script(WATCH)
    page.goto(url, wait_until="networkidle")
    page.wait_for_function(
        "(count) => document.querySelectorAll('.marks li').length === count", arg=spans
    )
    page.keyboard.press("Escape")  # guidelines that have opened by themselves


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--spans", type=int, default=200)
    parser.add_argument("--characters", type=int, default=50_000)
    parser.add_argument("--actions", type=int, default=60)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="tandem-", ignore_cleanup_errors=True) as var:
        os.environ |= {
            "ANNOTATE_VAR": var,
            "DJANGO_SETTINGS_MODULE": "annotate.settings",
            "ANNOTATE_LOG_LEVEL": "WARNING",
        }
        found = figures(options.spans, options.characters, options.actions)
        print(json.dumps(found) if options.json else table(found))


def figures(spans: int, characters: int, actions: int) -> dict[str, Any]:
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
        [session] = make_project("pairs", items=2, annotators=1)
        prepare("pairs", characters=characters, spans=spans)
        with web_server() as (port, _), sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            url = f"http://127.0.0.1:{port}/projects/pairs/work/"
            context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
            page = context.new_page()
            open_page(page, url, spans)
            found = measure(page, actions)
            browser.close()
        return {"spans": spans, "characters": characters} | {
            name: summary(found[name]) for name in ACTIONS
        }
    finally:
        connections.close_all()
        settings.EMBEDDED.leave()


def summary(took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(p95, 1)}


def table(found: dict[str, Any]) -> str:
    lines = [f"{found['spans']} spans on {found['characters']:,} characters", "  p50 ms  p95 ms"]
    lines += [f"{found[name]['p50_ms']:8} {found[name]['p95_ms']:7}  {name}" for name in ACTIONS]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
