"""Spans in texts of any characters come back to the code point through every format that has places."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats import exporter, importer
from annotate.formats.base import ExportedItem, ExportedLabel, ParsedCompletion
from annotate.offsets import Texts
from annotate.questions import parse_questions
from tests.annotate.round_trips import spans

FORM = parse_questions([spans("errors", labels=["Silly", "Wrong"], contexts=True)])
# Emoji, families joined by ZWJ, combining marks, line ends, marks of direction, tabs, white space.
PIECES = [
    "a",
    "😀",
    "👩‍👩‍👧",
    "e\u0301",
    "\r\n",
    "\n",
    "\t",
    "\u200f",
    "ש",
    " ",
    "\U0001d518",
    "\u2028",
    "\\n",
]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
WAYS = [
    ("spans", {}, {}),
    ("label_studio", {}, {"offsets": "code_points"}),
    ("label_studio", {"offsets": "utf16"}, {"offsets": "utf16"}),
    ("argilla", {}, {"offsets": "code_points"}),
    ("argilla", {"offsets": "utf16"}, {"offsets": "utf16"}),
    ("mqm", {}, {}),
]


@st.composite
def marked(draw):
    """A completion and a passage, with spans in both, none twice."""
    texts = {"completion": draw(TEXTS), "context": draw(TEXTS)}
    found = {}
    for kind, text in texts.items():
        for _ in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            place = {kind: 0, "start": start, "end": end, "text": text[start:end]}
            found[kind, start, end] = {**place, "label": draw(st.sampled_from(["silly", "wrong"]))}
    return texts, list(found.values())


def exported(texts, answers):
    label = ExportedLabel(
        annotator="Ann",
        kind="human",
        version=1,
        description="",
        purpose="work",
        answers=answers,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        wall_seconds=None,
        active_seconds=None,
        focused_seconds=None,
        order=None,
        raw=None,
    )
    return ExportedItem(
        completions=[ParsedCompletion(texts["completion"], "m")],
        labels=[label],
        aggregates={},
        key="k",
        source="s",
        messages=[{"role": "user", "content": "?"}],
        contexts=[{"title": "", "text": texts["context"]}],
        metadata={},
        evaluation=False,
        overlap=1,
    )


def came_back(name, writer, rows, options):
    """The first label's answers, from the file's text on."""
    reader = importer(name, FORM, options)
    if name == "mqm":
        lines = enumerate((writer.written(row).removesuffix("\n") for row in rows), start=1)
        record = {"rows": list(lines)}
    else:
        record = json.loads(writer.written(rows[0]))
    item = reader.parse(record)
    assert [list(label.faults) for label in item.labels] == [[]]
    assert not item.faults
    return FORM.parse(item.labels[0].answers, completions=1, complete=False, texts=item.texts)


@pytest.mark.parametrize(("name", "out", "back"), WAYS)
@given(case=marked())
def test_spans_come_back_to_the_code_point(name, out, back, case):
    texts, parts = case
    answer = {"spans": parts} if parts else {"spans": [], "clean": [0]}
    answers = FORM.parse(
        {"errors": answer},
        completions=1,
        complete=False,
        texts=Texts([texts["completion"]], [texts["context"]]),
    )
    writer = exporter(name, FORM, out)
    rows = writer.rows(exported(texts, answers))
    if name == "mqm" and any(sign in text for text in texts.values() for sign in "\t\n\r"):
        assert (rows, sum(writer.left_out.values())) == ([], 1)
        return
    assert came_back(name, writer, rows, back) == answers
