"""Projects and items from the command line."""

import json

import pytest
from django.core.management import CommandError, call_command

from annotate.models import Annotator, Hint, Project
from tests.annotate.lines import label, record
from tests.factories import make_project


@pytest.fixture
def project(db):
    return make_project(overlap=2)


@pytest.fixture
def path(tmp_path):
    def write(*records):
        file = tmp_path / "items.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in records))
        return str(file)

    return write


def test_the_command_imports_reports_faults_and_hints_at_what_is_due(project, path, capsys):
    file = path(record("k1", labels=[label()]), {"key": "k2"})
    call_command("import_items", project.slug, file, "--format", "tandem")
    said = capsys.readouterr()
    assert said.out == "1 items added, 1 labels added, 1 faults.\n"
    assert said.err.startswith("Line 2: has 0 completions; give 1 to 26.")
    assert set(Hint.objects.values_list("kind", flat=True)) >= {"aggregate", "route"}


def test_the_command_can_answer_with_one_json_object(project, path, capsys):
    row = {"prompt": "?", "chosen": "a", "rejected": "b"}
    arguments = ["--format", "trl", "--option", "annotator=crowd", "--json"]
    call_command("import_items", project.slug, path(row), *arguments)
    assert json.loads(capsys.readouterr().out)["labels"] == 1
    assert Annotator.objects.get(project=project).name == "crowd"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope", "x", "--format", "tandem"], "no project 'nope'; there are:"),
        (["SLUG", "x.jsonl", "--format", "tandem"], "x.jsonl: No such file or directory"),
        (
            ["SLUG", "FILE", "--format", "csv"],
            "no format 'csv' for this; use one of argilla, bench",
        ),
        (["SLUG", "FILE", "--format", "trl", "--option", "a"], "write NAME=VALUE"),
        (["SLUG", "FILE", "--format", "trl", "--option", "a=b"], "trl has no option 'a'"),
        (["SLUG", "FILE", "--format", "bench"], "No item of .* could be imported"),
    ],
)
def test_bad_input_to_the_command_is_one_clear_line(project, path, arguments, says):
    file = path({"key": "k1"})
    given = [{"SLUG": project.slug, "FILE": file}.get(one, one) for one in arguments]
    with pytest.raises(CommandError, match=says):
        call_command("import_items", *given)


def test_make_a_project_from_the_command_line(db, capsys):
    call_command(
        "create_project", "Mine", "--slug", "mine", "--preset", "multipref", "--overlap", "3"
    )
    project = Project.objects.get(slug="mine")
    assert (project.name, project.overlap, project.default_route) == ("Mine", 3, None)
    for arguments, says in [
        (["--slug", "mine", "--preset", "pairwise"], "already exists"),
        (["--slug", "m2", "--preset", "mqn"], "no preset 'mqn'"),
        (
            ["--slug", "m2", "--preset", "pairwise", "--overlap", "0"],
            "overlap: Ensure this value is greater",
        ),
        (["--slug", "m2", "--preset", "pairwise", "--owner", "nobody"], "no user 'nobody'"),
    ]:
        with pytest.raises(CommandError, match=says):
            call_command("create_project", "Mine", *arguments)
