"""Records with anything in place of any part of theirs: items or faults come of them, never a crash."""

import copy
import json

import pytest

from annotate.formats import importer
from annotate.formats.base import BadLine, RefusedFile
from annotate.importing.pieces import Piece
from annotate.importing.reading import Reader
from annotate.importing.rows import Result
from annotate.questions import parse_questions
from tests.annotate import (
    test_format_argilla,
    test_format_fine_grained,
    test_format_lamp,
    test_format_mqm,
    test_format_spans,
    test_format_steps,
)
from tests.annotate import test_format_label_studio as label_studio

ANYTHING = [None, True, 0, -7, 10**9, 1.5, "", "x", "😀", [], ["x"], [[]], [None], {}, {"x": 1}]
EDITED = [test_format_spans.MARKS | {"contexts": True}, test_format_spans.EDIT]
ROWS = [test_format_mqm.row(metadata='{"note": "x", "timestamp": 5}'), test_format_mqm.clean("r2")]
RECORDS = {
    "spans": (
        EDITED,
        test_format_spans.RECORD
        | {"contexts": [{"title": "t", "text": "p"}], "source_text": "s", "target_text": "So."},
    ),
    "fine_grained": (test_format_fine_grained.FORM, test_format_fine_grained.RECORD),
    "lamp": (
        [test_format_lamp.MARKS, test_format_lamp.EDIT],
        test_format_lamp.record(
            test_format_lamp.edit("as", "when"), test_format_lamp.edit("She", "He"), postedit="He"
        ),
    ),
    "prm800k": ([test_format_steps.STEPS], test_format_steps.SECOND),
    "trl_stepwise": ([test_format_steps.STEPS], test_format_steps.ROW),
    "label_studio": (
        [label_studio.MARKS],
        label_studio.task(
            label_studio.region(2, 4, "An"),
            label_studio.region(2, 4, None, kind="choices"),
            {"from_name": "errors_missing", "type": "choices", "value": {"choices": ["Too short"]}},
            context_1="A passage.",
        )
        | {"predictions": [{"model_version": "m1", "result": []}]},
    ),
    "argilla": ([test_format_argilla.MARKS], test_format_argilla.RECORD),
}


def places(value, path=()):
    """Where in a record anything stands, its parts included."""
    yield path
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, name))


def replaced(record, path, value):
    found = copy.deepcopy(record)
    part = found
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return found


@pytest.mark.parametrize("name", RECORDS)
def test_whatever_stands_in_a_record_an_item_or_a_fault_comes_of_it(name):
    form, record = RECORDS[name]
    questions = parse_questions(form)
    reader = Reader(questions, importer(name, questions, {}))
    assert len(reader.rows([Piece(1, json.dumps(record))], Result())) == 1
    for path in places(record):
        for value in ANYTHING if path else ():
            result = Result()
            try:
                rows = reader.rows([Piece(1, json.dumps(replaced(record, path, value)))], result)
            except RefusedFile:
                continue
            assert rows or result.bad, f"{path} as {value!r} is lost"


@pytest.mark.parametrize("cell", range(10))
def test_whatever_stands_in_a_cell_of_a_table_an_item_or_a_fault_comes_of_it(cell):
    questions = parse_questions([test_format_mqm.ERRORS])
    reader = importer("mqm", questions, {})
    for value in ("", " ", "<v>", "</v><v>", "{}", "[1]", '{"timestamp": "x"}', "\\ud800", "😀"):
        cells = ROWS[0].split("\t")
        cells[cell] = value
        rows = [(1, "\t".join(cells)), (2, ROWS[1])]
        try:
            item = reader.parse({"rows": rows})
        except BadLine:
            continue
        assert item.completions
