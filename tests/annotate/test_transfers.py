"""Files in and out: exports of snapshots, and transfers that run in the background."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from annotate import exporting, importing, jobs, transfers
from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import RefusedFile, importer
from annotate.importing import import_file, import_items, reading
from annotate.models import Annotation, Hint, Transfer
from annotate.presets import PRESETS
from annotate.snapshots import take_snapshot
from annotate.transfers import go_on, start_export, start_import
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.running import ROOT, environment


@pytest.fixture
def project(db):
    return make_project(questions=PRESETS["pairwise"].questions)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def label(annotator="Ann", value=1, **change):
    answers = {"overall": {"value": value, "both_bad": False}, **change.pop("answers", {})}
    return {"annotator": annotator, "kind": "human", "answers": answers, **change}


def record(key="k1", **change):
    return {
        "key": key,
        "messages": [{"role": "user", "content": "Why?"}],
        "completions": [
            {"text": f"First of {key}.", "generator": "m1"},
            {"text": f"Second of {key}.", "generator": "m2"},
        ],
        **change,
    }


RICH = [
    record(
        "k1",
        contexts=[{"title": "T", "text": "A passage.\r\n"}],
        source="set",
        metadata={"topic": "x", "n": 1.5, "deep": {"list": [1, None, "é"]}},
        overlap=4,
        labels=[
            label(
                "Ann",
                -2,
                answers={"why": {"text": " Because\r\n\t👩‍👩‍👧 עברית \u2028"}},
                created_at="2026-01-02T03:04:05.678901+00:00",
                seconds_spent=12.25,
                active_seconds=3.0,
                focused_seconds=5.5,
                order=[1, 0],
                raw={"hit": "h1"},
            ),
            label("Bea", 1, created_at="2026-01-02T03:04:06+00:00"),
            label(
                "gpt",
                2,
                kind="llm",
                version=2,
                description="A judge.",
                created_at="2026-01-02T03:04:07+00:00",
            ),
            label("Rev", 1, purpose="review", created_at="2026-01-02T03:04:08+00:00"),
        ],
    ),
    record(
        "k2",
        labels=[
            label("gpt", 0, kind="llm", version=2, created_at="2026-01-02T03:04:07+00:00"),
            {
                "annotator": "Ann",
                "kind": "human",
                "answers": {"overall": {"value": None, "both_bad": True}},
                "created_at": "2026-01-02T03:04:07+00:00",
            },
        ],
    ),
    record("k3"),
]


def bring_in(project, records):
    result = import_items(project, records, importer("tandem", project.questions, {}))
    assert not result.bad
    return result


def export(project, name="tandem", *, snapshot=None, **options):
    """The result, and the lines."""
    snapshot = snapshot or take_snapshot(project)
    file = io.StringIO(newline="\n")
    result = write_snapshot(snapshot, exporter_for(snapshot, name, options), file)
    return result, [json.loads(line) for line in file.getvalue().removesuffix("\n").split("\n")]


# ----------------------------------------------------------------------------------------- exports


def test_what_is_exported_can_be_imported_again_and_is_the_same(project):
    bring_in(project, RICH)
    _, first = export(project)
    copy = make_project(questions=PRESETS["pairwise"].questions)
    bring_in(copy, first)
    _, second = export(copy)
    assert second == first
    again = bring_in(project, first)
    assert (again.added, again.labels, again.conflicts) == (0, 0, 0)


def test_an_export_holds_everything_that_was_imported(project):
    bring_in(project, RICH)
    _, lines = export(project)
    for given, line in zip(RICH, lines, strict=True):
        assert {name: line[name] for name in given if name != "labels"} == {
            name: given[name] for name in given if name != "labels"
        }
        assert line["labels"] == given.get("labels", [])


def test_aggregates_are_exported_by_question_and_source(project):
    bring_in(project, RICH)
    _, [first, second, third] = export(project)
    overall = first["aggregates"]["overall"]
    assert overall["people"]["mean"] == overall["all"]["mean"] == 1.0  # the review
    assert overall["judges"]["mean"] == 2.0
    assert second["aggregates"]["overall"]["people"]["data"]["both_bad"] == 1
    assert "mean" not in second["aggregates"]["overall"]["people"]
    assert third["aggregates"] == {}


def test_a_snapshot_gives_the_same_file_whatever_came_later(project):
    bring_in(project, RICH)
    snapshot = take_snapshot(project)
    before = export(project, snapshot=snapshot)
    item = project.items.first()
    make_annotation(item, make_annotator(project), value=-2)
    ann = project.annotations.filter(annotator__name="Ann", item=item).get()
    make_annotation(item, ann.annotator, value=2, supersedes=ann)
    bring_in(project, [record("k9", labels=[label()])])
    assert export(project, snapshot=snapshot) == before
    assert export(project)[0].items == 4


def test_an_export_is_the_same_in_pages_of_any_size(project, monkeypatch):
    bring_in(project, RICH + [record(f"m{n}", labels=[label()]) for n in range(5)])
    whole = export(project)
    monkeypatch.setattr(exporting, "PAGE", 3)
    assert export(project) == whole


def test_each_page_is_read_by_the_same_few_statements_and_holds_nothing_open(project, monkeypatch):
    bring_in(project, [record(f"m{n}", labels=[label()]) for n in range(8)])
    snapshot = take_snapshot(project)
    writer = exporter_for(snapshot, "tandem", {})
    monkeypatch.setattr(exporting, "PAGE", 2)
    with CaptureQueriesContext(connection) as queries:
        pages = exporting._pages(snapshot)
        next(pages)
        assert len(queries) <= 4  # the form is read once
        before = len(queries)
        next(pages)
        assert len(queries) - before == 3
    assert writer.left_out == {}
    assert not any("DECLARE" in query["sql"] or "BEGIN" in query["sql"] for query in queries)


def test_the_trl_export_takes_people_s_label_where_there_is_one(project):
    bring_in(
        project,
        [
            record("k1", labels=[label("gpt", 2, kind="llm"), label("Ann", -1)]),
            record("k2", labels=[label("gpt", 2, kind="llm")]),
            record("k3", labels=[label("Ann", 0), label("gpt", 1, kind="llm")]),
            record("k4"),
        ],
    )
    result, lines = export(project, "trl")
    assert lines == [
        {"prompt": "Why?", "chosen": "First of k1.", "rejected": "Second of k1."},
        {"prompt": "Why?", "chosen": "Second of k2.", "rejected": "First of k2."},
    ]
    assert (result.rows, result.items) == (2, 4)
    assert result.left_out == {"ties": 1, "without label": 1}
    assert result.summary() == "2 rows; left out: 1 ties, 1 without label."


def test_one_chat_makes_the_whole_trl_file_conversational(project):
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    bring_in(
        project, [record("k1", labels=[label()]), record("k2", messages=chat, labels=[label()])]
    )
    _, lines = export(project, "trl")
    assert all(isinstance(line[name], list) for line in lines for name in line)
    assert lines[1]["prompt"] == chat
    _, texts = export(project, "trl", form="text")
    assert texts[1]["prompt"] == "system: Be brief.\n\nuser: Why?"


def test_what_trl_rows_say_survives_import_and_export(project):
    rows = [
        {"prompt": f"Prompt {n}?", "chosen": f"Chosen {n}.", "rejected": f"Rejected {n}."}
        for n in range(20)
    ]
    import_items(project, rows, importer("trl", project.questions, {}))
    assert export(project, "trl")[1] == rows


# ---------------------------------------------------------------------------------------- commands


def test_the_command_writes_a_snapshot_under_its_final_name_at_the_end(project, tmp_path, capsys):
    bring_in(project, RICH)
    out = tmp_path / "out.jsonl"
    call_command("export", project.slug, "--format", "trl", "--out", str(out))
    assert "Snapshot 1" in capsys.readouterr().out
    assert [json.loads(line)["chosen"] for line in out.read_text().splitlines()] == [
        "Second of k1."
    ]
    call_command(
        "export", project.slug, "--format", "tandem", "--out", str(out), "--snapshot", "1", "--json"
    )
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "rows": 3,
        "items": 3,
        "left_out": {},
        "snapshot": 1,
        "digest": project.snapshots.get().digest,
    }
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "csv"], "no format 'csv' for this; use one of tandem, trl"),
        (["--format", "trl", "--snapshot", "7"], "has no snapshot 7"),
        (["--format", "trl", "--option", "source=me"], "cannot be 'me'; use one of best, people"),
        (["--format", "trl", "--out", "/nowhere/x.jsonl"], "No such file or directory"),
    ],
)
def test_bad_input_to_the_export_is_one_clear_line(project, tmp_path, arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("export", project.slug, "--out", str(tmp_path / "x.jsonl"), *arguments)
    assert list(tmp_path.glob("*.part")) == []


# --------------------------------------------------------------------------------------- transfers


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
    monkeypatch.setattr(reading, "BATCH_LINES", 2)
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
    monkeypatch.setattr(reading, "BATCH_LINES", 2)
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
