"""Snapshots written as files, and read again."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate import exporting
from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import importer
from annotate.importing import import_items
from annotate.presets import PRESETS
from annotate.snapshots import take_snapshot
from tests.annotate.rich import RICH, bring_in, label, record
from tests.factories import make_annotation, make_annotator, make_project


@pytest.fixture
def project(db):
    return make_project(questions=PRESETS["pairwise"].questions)


def export(project, name="tandem", *, snapshot=None, **options):
    """The result, and the lines."""
    snapshot = snapshot or take_snapshot(project)
    file = io.StringIO(newline="\n")
    result = write_snapshot(snapshot, exporter_for(snapshot, name, options), file)
    return result, [json.loads(line) for line in file.getvalue().removesuffix("\n").split("\n")]


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
    project.aggregation = {"overall": "majority"}
    project.save()
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
        assert len(queries) <= 5  # the form is read once
        before = len(queries)
        next(pages)
        assert len(queries) - before == 4  # items, completions, labels, gold
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
        (["--format", "csv"], "no format 'csv' for this; use one of argilla, fine_grained"),
        (["--format", "trl", "--snapshot", "7"], "has no snapshot 7"),
        (["--format", "trl", "--option", "source=me"], "cannot be 'me'; use one of best, people"),
        (["--format", "trl", "--out", "/nowhere/x.jsonl"], "No such file or directory"),
    ],
)
def test_bad_input_to_the_export_is_one_clear_line(project, tmp_path, arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("export", project.slug, "--out", str(tmp_path / "x.jsonl"), *arguments)
    assert list(tmp_path.glob("*.part")) == []
