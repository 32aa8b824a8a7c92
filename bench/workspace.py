"""What "submit and show the next item" costs: gunicorn on the embedded server, 1 and 8 annotators.

    python bench/workspace.py [--json] [--items 10000] [--labelled 0] [--each 250]

``--items 1000000`` measures in a project of a million, ``--labelled 20000`` at each annotator's
20,001st item, ``--each 20000`` whether memory stays flat. Each annotator has a keep-alive connection and submits without a pause; each submission brings the
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


WRITTEN = 2000  # items whose texts are their own; the others are copies of these
COPY = (
    """
    INSERT INTO annotate_item (project_id, key, source, messages, contexts, metadata, prompt_hash,
        evaluation, route, overlap, seats_left, queue, rank, stale, tags, created_at)
    SELECT project_id, n::text, source, messages, contexts, metadata, prompt_hash, evaluation,
        route, overlap, seats_left, queue, n, stale, tags, created_at
    FROM generate_series(%(written)s::int, %(items)s::int - 1) AS n
    JOIN annotate_item ON project_id = %(project)s AND key = (n %% %(written)s::int)::text
    """,
    "ANALYZE annotate_item",  # else the join below is planned for a few rows
    """
    INSERT INTO annotate_completion (item_id, position, text, generator, text_hash)
    SELECT copy.id, position, text, generator, text_hash
    FROM annotate_item AS copy
    JOIN annotate_item AS item ON item.project_id = %(project)s
        AND item.key = (copy.key::int %% %(written)s::int)::text
    JOIN annotate_completion ON item_id = item.id
    WHERE copy.project_id = %(project)s AND copy.rank >= %(written)s
    """,
    "ANALYZE annotate_completion",
)
LABEL = (
    """
    INSERT INTO annotate_assignment (project_id, item_id, annotator_id, state, "order", undos,
        opened_at, expires_at, closed_at, pay_held, form_id)
    SELECT project_id, id, %(annotator)s, 'submitted', '{0,1}', 0, now(), now(), now(), false, %(form)s
    FROM annotate_item WHERE project_id = %(project)s AND rank < %(labelled)s
    """,
    """
    INSERT INTO annotate_annotation (project_id, item_id, annotator_id, assignment_id, purpose,
        attempt, answers, form_id, key, created_at)
    SELECT project_id, item_id, annotator_id, id, 'work', 1, '{"overall": {"value": 1}}', form_id,
        id || '-0', now()
    FROM annotate_assignment WHERE project_id = %(project)s AND annotator_id = %(annotator)s
    """,
    """
    INSERT INTO annotate_cursor (membership_id, queue, rank, item_id)
    SELECT %(member)s, '', rank, id FROM annotate_item
    WHERE project_id = %(project)s AND rank = %(labelled)s - 1
    """,
    "ANALYZE annotate_assignment, annotate_annotation",
)


def label(member: Any, labelled: int) -> None:
    """Give a member labels of the first items, as if they had been worked through."""
    from django.db import connection

    values = {
        "annotator": member.user.annotator_or_new.pk,
        "project": member.project_id,
        "form": member.project.form.pk,
        "member": member.pk,
        "labelled": labelled,
    }
    with connection.cursor() as cursor:
        for statement in LABEL:
            cursor.execute(statement, values)


def make_project(
    slug: str, *, items: int, annotators: int, labelled: int = 0, overlap: int = 1
) -> list[str]:
    """A project of pairs as long as those that the peers were measured with; its sessions' keys."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.db import connection

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
                overlap=overlap,
                seats_left=overlap,
                rank=n,
            )
            for n in range(min(items, WRITTEN))
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
    with connection.cursor() as cursor:
        copied = {"project": project.pk, "written": WRITTEN, "items": items}
        for statement in COPY:
            cursor.execute(statement, copied)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = []
    for n in range(annotators):
        user = User.objects.create_user(f"{slug}-{n}")
        member = Membership.objects.create(project=project, user=user)
        if labelled:
            label(member, labelled)
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
        begun = memory_of(web)
        for annotator in annotators:
            annotator.milliseconds.clear()
        before, start = cpu_seconds([web, database]), time.perf_counter()
        run(annotators, each)
        elapsed = time.perf_counter() - start
        used = cpu_seconds([web, database]) - before
        memory = memory_of(web)
    took = sorted(ms for annotator in annotators for ms in annotator.milliseconds)
    return {
        "items": len(took),
        "server_cpu_ms_per_item": round(used / len(took) * 1000, 2),
        "items_per_second": round(len(took) / elapsed, 1),
        "p50_submit_ms": round(took[len(took) // 2], 1),
        "p95_submit_ms": round(took[int(len(took) * 0.95)], 1),
        "beyond_overlap": given_twice(slug),
        "errors": sum(annotator.errors for annotator in annotators),
        "web_pss_mib_at_start": begun,
        "web_pss_mib": memory,
    }


def memory_of(web: psutil.Process) -> int:
    """MiB of the web server's processes, what they share counted once."""
    processes = [web, *web.children()]
    return round(sum(process.memory_full_info().pss for process in processes) / 2**20)


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
    parser.add_argument(
        "--labelled", type=int, default=0, help="that each annotator has labelled before"
    )
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
        found = figures(options)
        print(json.dumps(found) if options.json else table(found))


# Label Studio 1.23.2, doccano 1.8.4 and Potato 2.12.1 on two cores like these, quiet, with pairs as
# long: CPU, items a second and p95 of a submission and the next item together.
PEERS = {
    "Label Studio": {"1": ("151-158", "4-6", "180-281"), "8": ("135-146", "10-13", "966-1096")},
    "doccano": {"1": ("54", "17", "70"), "8": ("62", "24", "514")},
    "Potato": {"1": ("31-32", "27", "38-41"), "8": ("35", "27, 4-5 % errors", "388-409")},
}


def table(found: dict[str, dict[str, Any]]) -> str:
    lines = ["annotators | tool | CPU ms an item | items a second | p95 ms"]
    for number, own in found.items():
        lines.append(
            f"{number} | Tandem | {own['server_cpu_ms_per_item']} | {own['items_per_second']} |"
            f" {own['p95_submit_ms']}"
        )
        lines += [f"{number} | {peer} | {' | '.join(of[number])}" for peer, of in PEERS.items()]
        rest = {name: value for name, value in own.items() if name not in SHOWN}
        lines.append(", ".join(f"{name} {value}" for name, value in rest.items()))
    return "\n".join(lines)


SHOWN = ("server_cpu_ms_per_item", "items_per_second", "p95_submit_ms")


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
            sessions = make_project(
                f"for-{number}",
                items=options.items,
                annotators=number,
                labelled=options.labelled,
                overlap=number if options.labelled else 1,
            )
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
