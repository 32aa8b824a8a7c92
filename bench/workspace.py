"""What "submit and show the next item" costs: gunicorn on the embedded server, 1 and 8 annotators.

    python bench/workspace.py [--json] [--items 10000] [--each 250]

Each annotator has a keep-alive connection and submits without a pause; each submission brings the
next item in its answer. CPU is that of all web and PostgreSQL processes. Half the machine's time
may go to the annotators, who run on it as well.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
WARM_UP = 20
WORDS = (ROOT / "LICENSE").read_text(encoding="utf-8").lower().split()
random = Random(1)  # noqa: S311  # texts and answers, no secrets


@dataclass
class Annotator:
    """One browser: its session, and what it has seen."""

    port: int
    session: str
    path: str
    milliseconds: list[float] = field(default_factory=list)
    errors: int = 0

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.headers = {"Cookie": f"sessionid={self.session}"}
        page = self._send("GET")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None, "the workspace shows no form"
        self.headers |= {
            "X-CSRFToken": token[1],
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.page = page

    def _send(self, method: str, body: str | None = None) -> str:
        self.connection.request(method, self.path, body, self.headers)
        response = self.connection.getresponse()
        if cookie := response.headers.get("Set-Cookie"):
            self.headers["Cookie"] = f"sessionid={self.session}; {cookie.split(';')[0]}"
        content = response.read().decode()
        if response.status != 200:
            self.errors += 1
        return content

    def submit(self) -> bool:
        """Whether there was another item to answer."""
        hidden = dict(re.findall(r'name="(assignment|key|done|left)" value="([^"]*)"', self.page))
        if "key" not in hidden:
            return False
        answer = {"answer-overall": random.randint(-2, 2), "active_seconds": 0.1}
        body = urllib.parse.urlencode(hidden | answer)
        start = time.perf_counter()
        self.page = self._send("POST", body)
        self.milliseconds.append((time.perf_counter() - start) * 1000)
        return True

    def work(self, items: int) -> None:
        for _ in range(items):
            if not self.submit():
                return


def text(words: int) -> str:
    sentences = [random.choices(WORDS, k=12) for _ in range(words // 12)]
    return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)


def make_project(slug: str, *, items: int, annotators: int) -> list[str]:
    """A project of pairs as long as those that the peers were measured with; its sessions' keys."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from annotate.models import Completion, Item, Membership, User
    from annotate.presets import create_project, preset_named

    project = create_project(
        name=slug, slug=slug, preset=preset_named("pairwise"), default_route="human"
    )
    made = Item.objects.bulk_create(
        (
            Item(
                project=project,
                key=str(n),
                messages=[{"role": "user", "content": text(60)}],
                prompt_hash=f"{n:064x}",
                route="human",
                overlap=1,
                seats_left=1,
            )
            for n in range(items)
        ),
        batch_size=1000,
    )
    Completion.objects.bulk_create(
        (
            Completion(item=item, position=n, text=text(120), text_hash=f"{n:064x}")
            for item in made
            for n in range(2)
        ),
        batch_size=1000,
    )
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = []
    for n in range(annotators):
        user = User.objects.create_user(f"{slug}-{n}")
        Membership.objects.create(project=project, user=user)
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        sessions.append(session.session_key)
    return sessions


def given_twice(slug: str) -> int:
    """Items with more labels than their overlap."""
    from django.db.models import Count, F

    from annotate.models import Item

    counted = Item.objects.filter(project__slug=slug).annotate(labels=Count("annotations"))
    return counted.filter(labels__gt=F("overlap")).count()


def cpu_seconds(roots: list[psutil.Process]) -> float:
    """Of the processes and all that came from them, those that have ended included."""
    total = 0.0
    for root in roots:
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
    return total


@contextlib.contextmanager
def web_server() -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "annotate.processes", "web"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(port)},
        start_new_session=True,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def measure(
    slug: str, sessions: list[str], *, each: int, database: psutil.Process
) -> dict[str, Any]:
    with web_server() as (port, web):
        path = f"/projects/{slug}/work/"
        annotators = [Annotator(port, session, path) for session in sessions]
        run(annotators, WARM_UP)
        for annotator in annotators:
            annotator.milliseconds.clear()
        before, start = cpu_seconds([web, database]), time.perf_counter()
        run(annotators, each)
        elapsed = time.perf_counter() - start
        used = cpu_seconds([web, database]) - before
        memory = [process.memory_full_info() for process in [web, *web.children()]]
    took = sorted(ms for annotator in annotators for ms in annotator.milliseconds)
    return {
        "items": len(took),
        "server_cpu_ms_per_item": round(used / len(took) * 1000, 2),
        "items_per_second": round(len(took) / elapsed, 1),
        "p50_submit_ms": round(took[len(took) // 2], 1),
        "p95_submit_ms": round(took[int(len(took) * 0.95)], 1),
        "beyond_overlap": given_twice(slug),
        "errors": sum(annotator.errors for annotator in annotators),
        "web_rss_mib": round(sum(each.rss for each in memory) / 2**20),
        "web_pss_mib": round(sum(each.pss for each in memory) / 2**20),
    }


def run(annotators: list[Annotator], items: int) -> None:
    threads = [threading.Thread(target=each.work, args=[items]) for each in annotators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--items", type=int, default=10_000, help="in the project")
    parser.add_argument("--each", type=int, default=250, help="items that each annotator submits")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="tandem-", ignore_cleanup_errors=True) as var:
        os.environ |= {
            "ANNOTATE_VAR": var,
            "DJANGO_SETTINGS_MODULE": "annotate.settings",
            "ANNOTATE_WEB_PROCESSES": "2",
            "ANNOTATE_WEB_THREADS": "4",
            "ANNOTATE_LOG_LEVEL": "WARNING",
        }
        print(json.dumps(figures(options), indent=None if options.json else 2))


def figures(options: argparse.Namespace) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    embedded = settings.EMBEDDED
    assert embedded is not None, "DATABASE_URL is set; this measures the embedded server"
    embedded.use()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            call_command("prepare", wait=30)
        pid = int((embedded.folder / "postmaster.pid").read_text().split()[0])
        found = {}
        for number in (1, 8):
            sessions = make_project(f"for-{number}", items=options.items, annotators=number)
            found[str(number)] = measure(
                f"for-{number}", sessions, each=options.each, database=psutil.Process(pid)
            )
        return found
    finally:
        from django.db import connections

        connections.close_all()
        embedded.leave()


if __name__ == "__main__":
    main()
