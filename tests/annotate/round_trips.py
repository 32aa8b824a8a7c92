"""Files in and out of projects, and the real sets where they are at hand."""

import io
import json
from pathlib import Path

import pytest

from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import importer
from annotate.importing import Result, import_file
from annotate.questions import parse_questions
from annotate.snapshots import take_snapshot

DATA = Path(__file__).parents[3] / "shared" / "data"


def real(name):
    """The records of a real set; the test is skipped where it is not at hand."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return [json.loads(line) for line in lines(path.read_text(encoding="utf-8"))]


def bring_in(project, text, name, /, **options):
    """Import a file's text; what came of it."""
    data = text.encode() if isinstance(text, str) else text
    result = Result()
    reader = importer(name, project.questions, options)
    for _ in import_file(project, io.BytesIO(data), reader, result=result):
        pass
    return result


def take_out(project, name, /, **options):
    """The text of an export, and its result."""
    snapshot = take_snapshot(project)
    file = io.StringIO(newline="\n")
    result = write_snapshot(snapshot, exporter_for(snapshot, name, options), file)
    return file.getvalue(), result


def taken_out(project, name, /, **options):
    """The records of an export: of an array or of lines."""
    text, _ = take_out(project, name, **options)
    return json.loads(text) if text.startswith("[") else [json.loads(one) for one in lines(text)]


def lines(text):
    return text.removesuffix("\n").split("\n") if text else []


def faults(result):
    return [(fault["line"], fault["message"]) for fault in result.faults]


def read(record, name, questions, /, **options):
    """One record by a format, and the answers of its labels as a form takes them."""
    form = parse_questions(questions)
    item = importer(name, form, options).parse(record)
    given = [
        form.parse(
            label.answers, completions=len(item.completions), complete=False, texts=item.texts
        )
        for label in item.labels
        if label.answers
    ]
    return item, given


def spans(name="errors", **settings):
    labels = settings.pop("labels", ["Irrelevant", "Wrong-Grounding"])
    return {
        "kind": "spans",
        "name": name,
        "title": "?",
        "labels": [one if isinstance(one, dict) else option(one) for one in labels],
        **settings,
    }


def option(label, **more):
    value = "_".join("".join(c if c.isalnum() else " " for c in label.lower()).split())
    return {"value": value, "label": label, **more}
