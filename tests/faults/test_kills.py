"""Web, database and worker are killed at work; then independent SQL looks for what was lost or doubled.

The copy has a database of its own, so that its death hurts no other test. Annotators speak HTTP and,
like browsers, send the same submission again when no answer came.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from annotate.embedded import EmbeddedPostgres
from tests.running import ROOT, free_port, kill, new_folder, start, wait_for

ITEMS, OVERLAP, ANNOTATORS = 60, 2, 4

BUILD = f"""
import http.client
import json
from annotate.models import ApiToken
from tests import factories
project = factories.make_project(slug="kills", overlap={OVERLAP})
for _ in range({ITEMS}):
    factories.make_item(project)
members = [factories.make_member(project) for _ in range({ANNOTATORS})]
print(json.dumps([ApiToken.objects.issue(m.user, name="", scopes=["read", "label"])[1] for m in members]))
"""


class Copy:
    """Database and web of one copy of the program."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.server = EmbeddedPostgres(folder / "postgres")
        self.environment = {
            **os.environ,
            "ANNOTATE_VAR": str(folder),
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PORT": str(self.port),
        }
        self.processes = {}

    def __enter__(self):
        self.server.use()
        try:
            self.manage("migrate", "-v0")
            self.tokens = json.loads(self.manage("shell", "-v0", "-c", BUILD))
        except BaseException:
            self.server.leave()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            kill(process)
        self.server.leave()

    def manage(self, *arguments):
        arguments = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            arguments, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, check=True
        ).stdout

    def start(self, name):
        self.processes[name] = start(name, self.folder, self.environment)

    def kill(self, name):
        kill(self.processes[name])

    def restart_database(self):
        self.server.kill()
        wait_for(self.server.ensure_running)

    def rows(self, query):
        with psycopg.connect(self.server.conninfo()) as connection:
            return connection.execute(query).fetchall()


class Annotator(threading.Thread):
    """Labels until nothing is left, and notes what it sent and what was acknowledged."""

    def __init__(self, copy, number):
        super().__init__(daemon=True)
        self.copy, self.token = copy, copy.tokens[number]
        self.sent, self.kept = [], []

    def run(self):
        while (assignment := self.insist("next/")) is not None:
            turn = (assignment["id"], assignment["key"])
            self.sent.append(turn)
            answers = {"overall": {"value": 1, "both_bad": False}}
            body = {"key": assignment["key"], "answers": answers}
            self.insist(f"assignments/{assignment['id']}/submit/", body)
            self.kept.append(turn)

    def insist(self, path, body=None):
        """Asks until there is an answer; a fault of the server, or silence, is none."""
        while True:
            try:
                return self.ask(path, body)
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise
                error.close()
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)

    def ask(self, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.copy.port}/api/projects/kills/{path}",
            data=json.dumps(body or {}).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310  # likewise
            return json.load(response) if response.status == 200 else None


@pytest.fixture
def copy():
    with new_folder() as folder, Copy(folder) as copy:
        yield copy


@pytest.fixture
def annotators(copy):
    copy.start("web")
    annotators = [Annotator(copy, number) for number in range(ANNOTATORS)]
    for annotator in annotators:
        annotator.start()
    return annotators


def acknowledged(annotators):
    return {turn for annotator in annotators for turn in list(annotator.kept)}


def after_some_labels(annotators, number):
    before = len(acknowledged(annotators))
    wait_for(lambda: len(acknowledged(annotators)) >= before + number, seconds=60)


def assert_nothing_lost_or_doubled(copy, annotators):
    kept = acknowledged(annotators)
    stored = copy.rows("SELECT assignment_id, key FROM annotate_annotation")
    assert kept <= set(stored) <= {turn for annotator in annotators for turn in annotator.sent}
    assert len(stored) == len(set(stored))
    doubled = "SELECT 1 FROM annotate_annotation GROUP BY item_id, annotator_id HAVING count(*) > 1"
    assert copy.rows(doubled) == []
    wrong_seats = """
        SELECT item.id FROM annotate_item AS item
        WHERE seats_left <> overlap - (
            SELECT count(*) FROM annotate_assignment AS own
            WHERE own.item_id = item.id AND own.state IN ('open', 'submitted'))
    """
    assert copy.rows(wrong_seats) == []


def assert_all_is_done(copy, annotators):
    for annotator in annotators:
        annotator.join(60)
        assert not annotator.is_alive()
    assert copy.rows("SELECT count(*) FROM annotate_annotation") == [(ITEMS * OVERLAP,)]
    assert_nothing_lost_or_doubled(copy, annotators)


def test_killing_web_in_the_middle_of_submissions_loses_nothing_acknowledged(copy, annotators):
    moments = random.Random(7)  # noqa: S311  # no secret
    for _ in range(4):
        after_some_labels(annotators, 15)
        time.sleep(moments.uniform(0, 0.03))
        copy.kill("web")
        assert_nothing_lost_or_doubled(copy, annotators)
        copy.start("web")
    assert_all_is_done(copy, annotators)


def test_killing_the_database_in_the_middle_of_submissions_loses_nothing_acknowledged(
    copy, annotators
):
    for _ in range(3):
        after_some_labels(annotators, 20)
        copy.restart_database()
        assert_nothing_lost_or_doubled(copy, annotators)
    assert_all_is_done(copy, annotators)


def test_jobs_drain_after_kills_of_worker_and_database(copy):
    """No more is done than to start the processes again: the scheduler finds what is due."""
    copy.manage("shell", "-v0", "-c", STALE)
    for name in ("worker", "scheduler"):
        copy.start(name)
    wait_for(lambda: stale(copy) < STALE_ITEMS, seconds=60)
    copy.kill("worker")
    copy.restart_database()
    left = stale(copy)
    assert copy.rows("SELECT count(*) FROM annotate_aggregate") == [(2 * (STALE_ITEMS - left),)]
    copy.rows(TIME_PASSES)
    copy.start("worker")
    wait_for(lambda: stale(copy) == 0, seconds=60)
    assert copy.rows("SELECT count(*) FROM annotate_aggregate") == [(2 * STALE_ITEMS,)]


STALE_ITEMS = 5000
STALE = f"""
from tests import factories
from annotate.models import Annotation, Item, Project
project = factories.make_project(slug="stale")
annotator = factories.make_annotator(project)
items = Item.objects.bulk_create([
    Item(project=project, key=str(n), messages=[], prompt_hash="", route="human", overlap=1, seats_left=0, stale=True)
    for n in range({STALE_ITEMS})
], batch_size=1000)
Annotation.objects.bulk_create([
    Annotation(project=project, item=item, annotator=annotator, form=project.form,
               answers={{"overall": {{"value": 1, "both_bad": False}}}})
    for item in items
], batch_size=1000)
"""
TIME_PASSES = """
    WITH workers AS (UPDATE annotate_worker SET seen_at = seen_at - interval '1 minute'),
    hints AS (UPDATE annotate_hint SET queued_at = queued_at - interval '1 minute')
    SELECT 1
"""


def stale(copy):
    return copy.rows("SELECT count(*) FROM annotate_item WHERE stale")[0][0]
