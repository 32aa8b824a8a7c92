"""A worker is killed in the middle of a batch of a change of many items; the next one goes on."""

import subprocess

import pytest

from annotate.models import BulkAction, BulkChange, Item
from routing.bulk import actions
from routing.bulk.actions import Chosen, run, start, undo
from routing.bulk.kinds import KINDS
from routing.selection import Selection
from tests.factories import make_item, make_project
from tests.running import environment, python, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS, BATCH, WHOLE = 11, 3, 2

# Does whole batches, then stops inside the next one's transaction, its items changed and locked.
WORKER = f"""
import django, time
django.setup()
from annotate.models import Project
from routing.bulk import actions
actions.BATCH = {BATCH}
project = Project.objects.get(slug="kills")
for _ in range({WHOLE}):
    assert actions.run(project)
def stuck(*_args, **_more):
    print("inside", flush=True)
    time.sleep(600)
actions.BulkChange.objects.bulk_create = stuck
actions.run(project)
"""


def kill_inside_a_batch(tmp_path):
    worker = python("-c", WORKER, env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    try:
        assert worker.stdout.readline() == "inside\n"
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def finish(project, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", BATCH)
    wait_for(lambda: run(project) is not None)  # waits for the dead worker's locks, if any
    while run(project):
        pass


def test_a_killed_worker_has_done_whole_batches_and_the_next_one_does_the_rest(
    tmp_path, monkeypatch
):
    project = make_project(slug="kills")
    for _ in range(ITEMS):
        make_item(project)
    action = start(Chosen(Selection(project)), KINDS["archive"], {}, by=None)
    kill_inside_a_batch(tmp_path)
    action.refresh_from_db()
    assert (action.state, action.done) == (BulkAction.State.RUNNING, WHOLE * BATCH)
    assert Item.objects.archived().count() == WHOLE * BATCH

    finish(project, monkeypatch)
    action.refresh_from_db()
    assert (action.state, action.done) == (BulkAction.State.DONE, ITEMS)
    assert Item.objects.archived().count() == ITEMS
    assert BulkChange.objects.filter(action=action).values("item").distinct().count() == ITEMS

    back = undo(action, by=None)
    kill_inside_a_batch(tmp_path)
    assert Item.objects.archived().count() == ITEMS - WHOLE * BATCH
    finish(project, monkeypatch)
    back.refresh_from_db()
    assert (back.state, back.done, back.left) == (BulkAction.State.DONE, ITEMS, {})
    assert not Item.objects.archived().exists()
    assert set(Item.objects.values_list("route", flat=True)) == {"human"}
