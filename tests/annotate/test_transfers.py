"""Files in and out in the background."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError

from annotate import exporting, importing, jobs, transfers
from annotate.formats import RefusedFile
from annotate.importing import import_file, pieces
from annotate.models import Annotation, Hint, Transfer
from annotate.presets import PRESETS
from annotate.snapshots import take_snapshot
from annotate.transfers import go_on, start_export, start_import
from tests.annotate.rich import RICH, bring_in, label, record
from tests.factories import make_item, make_member, make_project
from tests.running import ROOT, environment


@pytest.fixture
def project(db):
    return make_project(questions=PRESETS["pairwise"].questions)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def upload(project, records, name="items.jsonl", **more):
    lines = "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in records)
    more = {"format": "tandem"} | more
    return start_import(project, ContentFile(lines.encode(), name=name), **more)


def lines_of(transfer):
    with transfer.file.open("rb") as file:
        return file.read().splitlines()


def finish(project):
    while go_on(project):
        pass


def test_an_uploaded_file_is_imported_and_its_faults_are_told(project):
    user = make_member(project).user
    transfer = upload(project, [*RICH, "broken\n"], user=user)
    assert (transfer.state, transfer.total) == ("waiting", transfer.file.size)
    assert Hint.objects.filter(project=project, kind="transfer").exists()
    finish(project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.user, transfer.file_name) == ("done", user, "items.jsonl")
    assert transfer.done == transfer.total
    assert (transfer.result["added"], transfer.result["labels"], transfer.result["bad"]) == (
        3,
        6,
        1,
    )
    assert transfer.result["faults"][0]["line"] == 4
    assert transfer.finished_at is not None
    assert set(Hint.objects.values_list("kind", flat=True)) >= {"aggregate", "route"}


def test_a_transfer_goes_on_where_a_killed_worker_was_and_counts_every_line_once(
    project, monkeypatch
):
    monkeypatch.setattr(pieces, "BATCH_LINES", 2)
    transfer = upload(project, [record(f"k{n}", labels=[label()]) for n in range(7)])
    real, seen = importing.store_rows, []

    def killed_in_the_third_batch(*args):
        real(*args)
        seen.append(1)
        if len(seen) == 3:
            raise OperationalError("killed")

    monkeypatch.setattr(importing, "store_rows", killed_in_the_third_batch)
    with pytest.raises(OperationalError):
        go_on(project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.result["added"], project.items.count()) == ("running", 4, 4)
    finish(project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.result["added"], transfer.result["present"]) == ("done", 7, 0)
    assert transfer.result["labels"] == Annotation.objects.count() == 7


def test_a_long_import_gives_its_place_back_after_a_while(project, monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_LINES", 2)
    monkeypatch.setattr(transfers, "STRETCH_SECONDS", -1.0)
    transfer = upload(project, [record(f"k{n}") for n in range(5)])
    assert [go_on(project) for _ in range(5)] == [True, True, True, True, False]
    transfer.refresh_from_db()
    assert (transfer.state, transfer.result["added"]) == ("done", 5)


def test_an_export_in_the_background_freezes_a_snapshot_and_leaves_its_file(project):
    bring_in(project, RICH)
    transfer = start_export(project, format="trl", options={"margin": "yes"})
    finish(project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.done, transfer.total) == ("done", 3, 3)
    assert transfer.snapshot.number == 1
    assert transfer.file_name == f"{project.slug}-1-trl.jsonl"
    [line] = [json.loads(line) for line in lines_of(transfer)]
    assert line["margin"] == 0.5
    assert transfer.result["left_out"] == {"both bad": 1, "without label": 1}
    assert not list(Path(transfer.file.storage.path("parts")).iterdir())


def test_a_given_snapshot_is_exported_again(project):
    bring_in(project, RICH[:1])
    snapshot = take_snapshot(project)
    bring_in(project, RICH[1:])
    transfer = start_export(project, format="tandem", snapshot=snapshot)
    finish(project)
    transfer.refresh_from_db()
    assert transfer.result["rows"] == 1


def test_an_export_that_was_cut_off_begins_anew(project, monkeypatch):
    bring_in(project, RICH)
    monkeypatch.setattr(exporting, "PAGE", 1)
    transfer = start_export(project, format="tandem")
    real = exporting._labels
    left = [2]

    def cut_off(*args):
        left[0] -= 1
        if left[0] == 0:
            raise OperationalError("killed")
        return real(*args)

    monkeypatch.setattr(exporting, "_labels", cut_off)
    with pytest.raises(OperationalError):
        go_on(project)
    finish(project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.result["rows"]) == ("done", 3)
    assert len(lines_of(transfer)) == 3


def test_unknown_formats_and_options_are_refused_before_anything_is_stored(project):
    with pytest.raises(RefusedFile):
        upload(project, [], format="csv")
    with pytest.raises(RefusedFile):
        start_export(project, format="trl", options={"nope": "1"})
    assert not Transfer.objects.exists()


def test_a_file_that_cannot_be_used_ends_its_transfer_and_the_next_one_runs(project):
    spans = upload(project, [{"item_id": "x", "annotations": []}], format="bench")
    good = upload(project, RICH)
    finish(project)
    spans.refresh_from_db()
    good.refresh_from_db()
    assert (spans.state, good.state) == ("failed", "done")
    assert spans.result["fault"].startswith("These records hold spans ('annotations')")


def test_a_fault_of_the_program_ends_the_transfer_and_says_so(project, monkeypatch):
    transfer = upload(project, RICH)
    monkeypatch.setattr(importing, "store_rows", lambda *_: 1 / 0)
    finish(project)
    transfer.refresh_from_db()
    assert transfer.state == "failed"
    assert "ZeroDivisionError" in transfer.result["fault"]


def test_the_job_is_due_while_a_transfer_is_unfinished(project):
    make_item(project)
    assert project.pk not in jobs.projects_with_transfers()
    start_export(project, format="tandem")
    assert project.pk in jobs.projects_with_transfers()
    assert jobs.KINDS["transfer"].run(project)
    assert project.pk not in jobs.projects_with_transfers()
    assert not jobs.KINDS["transfer"].run(project)


def test_a_process_that_finds_its_import_further_than_it_left_it_counts_nothing(
    project, monkeypatch
):
    transfer = upload(project, [record(f"k{n}", labels=[label()]) for n in range(10)])

    def after_another(*arguments, **options):
        monkeypatch.undo()
        finish(project)
        return import_file(*arguments, **options)

    monkeypatch.setattr(transfers, "import_file", after_another)
    assert transfers.go_on(project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.result["added"], transfer.result["present"]) == ("done", 10, 0)


GO_ON = """
import django
django.setup()
from annotate.models import Project
from annotate.transfers import go_on
while go_on(Project.objects.get(slug="killed")):
    pass
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_of_an_import_loses_and_doubles_nothing(settings, tmp_path):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    settings.MEDIA_ROOT = tmp_path / "test-files" / worker  # as the other process has it
    project = make_project(slug="killed")
    number = 30_000
    transfer = upload(project, [record(f"k{n}", labels=[label()]) for n in range(number)])
    process = subprocess.Popen([sys.executable, "-c", GO_ON], cwd=ROOT, env=environment(tmp_path))
    try:
        end = time.monotonic() + 60
        while not (transfer.done or transfer.finished) and time.monotonic() < end:
            time.sleep(0.02)
            transfer.refresh_from_db()
        time.sleep(0.3)  # into the next batch
    finally:
        process.kill()
        process.wait(20)
    transfer.refresh_from_db()
    assert 0 < transfer.result["added"] < number
    finish(project)
    transfer.refresh_from_db()
    assert transfer.state == "done"
    assert transfer.result["added"] == transfer.result["labels"] == project.items.count() == number
    assert (transfer.result["present"], transfer.result["conflicts"]) == (0, 0)
    assert project.annotations.count() == number
