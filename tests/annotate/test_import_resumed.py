"""Arrays and tables imported in the background: after a kill they go on, and nothing counts twice."""

import json

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError

from annotate import importing, transfers
from annotate.importing import pieces
from annotate.models import Annotation
from annotate.transfers import go_on, start_import
from tests.annotate.test_format_fine_grained import FORM, RECORD
from tests.annotate.test_format_mqm import ERRORS, clean, row, table
from tests.factories import make_project

RECORDS = [RECORD | {"item_id": f"q{n}"} for n in range(6)]
BAD = {"question": "?"}
FILES = {
    "one line": ("fine_grained", FORM, json.dumps([*RECORDS, BAD])),
    "indented": ("fine_grained", FORM, json.dumps([*RECORDS, BAD], indent=2)),
    "table": (
        "mqm",
        [ERRORS],
        # Each segment's second rating stands after all of the first ones.
        table(
            *(row("r1", doc=f"d{n}") for n in range(6)),
            "a\tbad\trow",
            *(clean("r2", doc=f"d{n}") for n in range(6)),
        ),
    ),
}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(pieces, "BATCH_LINES", 2)


def start(name):
    format_, form, text = FILES[name]
    project = make_project(questions=form, overlap=3)
    return start_import(project, ContentFile(text.encode(), name="file"), format=format_)


def check_done(transfer):
    transfer.refresh_from_db()
    labels = 12 if transfer.format == "mqm" else 6
    assert (transfer.state, transfer.done) == ("done", transfer.total)
    counts = {name: transfer.result[name] for name in ("added", "present", "labels", "bad")}
    assert counts == {"added": 6, "present": 0, "labels": labels, "bad": 1}
    assert Annotation.objects.filter(project=transfer.project).count() == labels
    [fault] = transfer.result["faults"]
    assert fault["message"].startswith("has 3 cells" if transfer.format == "mqm" else "record 7: ")


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_a_killed_import_goes_on_where_it_was(name, monkeypatch):
    transfer = start(name)
    real, seen = importing.store_rows, []

    def killed_in_the_second_batch(*args):
        real(*args)
        seen.append(1)
        if len(seen) == 2:
            raise OperationalError("killed")

    monkeypatch.setattr(importing, "store_rows", killed_in_the_second_batch)
    with pytest.raises(OperationalError):
        go_on(transfer.project)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.result["added"]) == ("running", 2)
    while go_on(transfer.project):
        pass
    check_done(transfer)


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_a_long_import_goes_on_batch_by_batch(name, monkeypatch):
    monkeypatch.setattr(transfers, "STRETCH_SECONDS", -1.0)
    transfer = start(name)
    parts = 0
    while go_on(transfer.project):
        parts += 1
    assert parts >= 4
    check_done(transfer)
