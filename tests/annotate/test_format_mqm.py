"""MQM tables in and out: marks, raters whose rows are spread, rows that cannot be read."""

import json
from collections import Counter

import pytest

from annotate.importing import pieces
from annotate.models import Annotation
from tests.annotate.round_trips import (
    bring_in,
    faults,
    lines,
    option,
    real,
    spans,
    take_out,
)
from tests.factories import make_project

HEADER = [
    "system",
    "doc",
    "docSegId",
    "globalSegId",
    "rater",
    "source",
    "target",
    "category",
    "severity",
    "metadata",
]
SEVERITIES = [option("Minor"), option("Major")]
ERRORS = spans(
    labels=[
        option("Accuracy"),
        option("Mistranslation", parent="accuracy"),
        option("Omission", parent="accuracy"),
        option("Other"),
        option("Non-translation!", missing=True),
    ],
    severities=SEVERITIES,
    contexts=True,
)


def row(
    rater="r1", target="Ein <v>Haus</v> 😀 ist da.", category="Accuracy/Mistranslation", **cells
):
    given = {
        "system": "sys",
        "doc": "d",
        "docSegId": "1",
        "globalSegId": "7",
        "rater": rater,
        "source": "A house 😀 is there.",
        "target": target,
        "category": category,
        "severity": "Major",
        "metadata": "",
    }
    return "\t".join((given | cells)[name] for name in HEADER)


def clean(rater="r1", **cells):
    target = cells.pop("target", "Ein Haus 😀 ist da.")
    return row(rater, target, "No-error", severity="no-error", **cells)


def table(*rows, header=True):
    return "\n".join(["\t".join(HEADER)] * header + list(rows)) + "\n"


@pytest.fixture
def project(db):
    return make_project(questions=[ERRORS], overlap=3)


def answers(project):
    return {
        one.annotator.name: one.answers["errors"]
        for one in Annotation.objects.filter(project=project).select_related("annotator")
    }


def test_the_rows_of_a_segment_are_one_item_with_a_label_a_rater(project):
    rows = [
        row(metadata=json.dumps({"timestamp": 1700000000123, "note": "It is a hut."})),
        clean("r2"),
        row(source="A house <v>😀 is</v> there.", target="Ein Haus 😀 ist da.", severity="minor"),
    ]
    result = bring_in(project, table(*rows), "mqm")
    assert (result.lines, result.added, result.labels, result.bad) == (1, 1, 2, 0)
    item = project.items.get()
    assert (item.key, item.metadata) == ("d:1:7:sys", {"doc": "d", "doc_seg": "1", "seg": "7"})
    assert item.contexts == [{"title": "Source", "text": "A house 😀 is there."}]
    assert item.completions.get().text == "Ein Haus 😀 ist da."
    first, second = answers(project)["r1"]["spans"]
    assert first == {
        "completion": 0,
        "start": 4,
        "end": 8,
        "text": "Haus",
        "label": "mistranslation",
        "severity": "major",
        "comment": "It is a hut.",
    }
    assert (second["context"], second["text"], second["severity"]) == (0, "😀 is", "minor")
    assert answers(project)["r2"] == {"spans": [], "clean": [0]}
    label = Annotation.objects.get(annotator__name="r1")
    assert label.created_at.isoformat() == "2023-11-14T22:13:20.123000+00:00"


def test_rows_that_are_spread_over_the_file_come_together(project, monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_LINES", 1)
    rows = [
        row(),
        row("r2", system="other"),
        row("r2"),
        "",
        row(target="Ein Haus 😀 <v>ist</v> da.", category="other"),
    ]
    result = bring_in(project, table(*rows, header=False), "mqm")
    assert (result.added, result.labels, result.conflicts, result.bad) == (2, 3, 0, 0)
    assert [one["text"] for one in answers(project)["r1"]["spans"]] == ["Haus", "ist"]
    again = bring_in(project, table(*rows), "mqm")
    assert (again.added, again.labels_present, again.conflicts) == (0, 3, 0)


def test_older_tables_of_nine_columns_are_read(project):
    rows = [one.rsplit("\t", 1)[0] for one in (row(), clean("r2"))]
    head = "system\tdoc\tdoc_id\tseg_id\trater\tsource\ttarget\tcategory\tseverity"
    result = bring_in(project, "\r\n".join([head, *rows]), "mqm")
    assert (result.added, result.labels, result.bad) == (1, 2, 0)


def test_a_note_that_is_no_json_is_a_comment(project):
    bring_in(project, table(row(metadata="Not {good")), "mqm")
    assert answers(project)["r1"]["spans"][0]["comment"] == "Not {good"


def test_several_marks_of_a_row_are_spans_of_one_category(project):
    bring_in(project, table(row(target="<v>Ein</v> Haus 😀 <v>ist</v> da.")), "mqm")
    assert [one["text"] for one in answers(project)["r1"]["spans"]] == ["Ein", "ist"]


def test_an_error_without_marks_is_one_of_the_whole_where_the_label_has_no_place(project):
    bring_in(project, table(row(target="Ein Haus 😀 ist da.", category="Non-translation!")), "mqm")
    assert answers(project)["r1"]["missing"] == [
        {"completion": 0, "label": "non_translation", "severity": "major"}
    ]


def test_rows_without_a_rater_tell_of_the_segment_alone(project):
    result = bring_in(project, table(row("", "Ein Haus 😀 ist da.", ""), row()), "mqm")
    assert (result.added, result.labels, result.bad) == (1, 1, 0)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (row(category="Silly"), "the label 'Silly' is none of the form"),
        (row(severity="Grave"), "the severity 'Grave' is none of the form (minor, major)"),
        (row(target="Ein Haus 😀 ist da."), "label 'mistranslation'"),
        (row(target="Ein <v>Haus 😀 ist da."), "has a <v> that is not closed"),
        (row(target="Ein </v>Haus<v> 😀 ist da."), "marks that are not in pairs"),
        (row(target="Ein <v></v>Haus 😀 ist da."), "4-4 ends where it starts"),
        (row(target="<v>Eine</v> Haus 😀 ist da."), "the target is another text"),
        ("a\tb\tc", "has 3 cells; write 10, parted by tabs"),
        (row() + "\t", "has 11 cells"),
        (row(metadata="\0"), "NUL"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_by_its_line_and_the_others_stay(project, bad, says):
    result = bring_in(project, table(row(), clean("r2"), bad, clean("r3")), "mqm")
    assert (result.added, result.labels) == (1, 3)
    [(line, message)] = faults(result)
    assert line == 4
    assert says in message
    assert len(answers(project)["r1"]["spans"]) == 1


def test_a_rater_all_of_whose_rows_are_refused_has_no_label(project):
    result = bring_in(project, table(row(category="Silly"), clean("r2")), "mqm")
    assert (result.added, result.labels, result.bad) == (1, 1, 1)


def test_a_table_comes_back_row_by_row(project):
    stamp = json.dumps({"timestamp": 1700000000123})
    rows = [
        row(metadata=json.dumps({"timestamp": 1700000000123, "note": "Ü"}, ensure_ascii=False)),
        row(target="Ein Haus 😀 ist da.", source="<v>A</v> house 😀 is there.", metadata=stamp),
        clean("r2", metadata=stamp).replace("No-error", "no-error"),
    ]
    bring_in(project, table(*rows), "mqm")
    text, result = take_out(project, "mqm")
    assert text == table(*rows)
    assert (result.items, result.rows) == (1, 3)
    assert take_out(project, "mqm", header="no")[0] == table(*rows, header=False)


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a <v> b"])
def test_what_a_table_cannot_hold_is_left_out_and_counted(db, text):
    project = make_project(questions=[ERRORS])
    mark = {"completion": 0, "start": 0, "end": 1, "text": "a", "label": "other"}
    label = {"annotator": "Ann", "answers": {"errors": {"spans": [mark]}}}
    item = {"key": "k", "prompt": "?", "completions": [{"text": text}], "labels": [label]}
    bring_in(project, json.dumps(item), "tandem")
    text, result = take_out(project, "mqm")
    assert (lines(text), result.rows) == (["\t".join(HEADER)], 0)
    assert result.left_out == {"items with a tab, a line break or <v> in a text": 1}


# ------------------------------------------------------------------------------------ the real set


def upstream(records):
    """The table that the simpler form was made of, and how many spans have no place there."""
    rows, lost = [], 0
    for one in records:
        for annotation in one["annotations"]:
            texts = {"source": one["source_text"], "target": one["target_text"]}
            common = [one["system"], one["doc"], str(one["seg"]), "0", annotation["annotator"]]
            for span in annotation["spans"]:
                text = texts[span["side"]]
                if span["start"] is None:
                    lost += 1
                    continue
                start, end = span["start"], span["end"]
                marked = texts | {
                    span["side"]: f"{text[:start]}<v>{text[start:end]}</v>{text[end:]}"
                }
                rows.append([*common, *marked.values(), span["category"], span["severity"], ""])
            if not annotation["spans"]:
                rows.append([*common, *texts.values(), "no-error", "no-error", ""])
    return ["\t".join(cells) for cells in rows], lost


def by_rater(rows):
    """Rows without the metadata, whatever their order."""
    return Counter(one.rsplit("\t", 1)[0] for one in rows)


@pytest.mark.parametrize("pair", ["ende", "zhen"])
def test_the_real_set_comes_back_row_by_row(db, pair):
    records = real(f"wmt23_mqm/segments_{pair}.jsonl")
    categories = {s["category"] for r in records for a in r["annotations"] for s in a["spans"]}
    form = spans(
        labels=[{"value": f"c{n}", "label": one} for n, one in enumerate(sorted(categories))],
        severities=SEVERITIES,
        contexts=True,
    )
    rows, _ = upstream(records)
    # Spread, as files are that were put together rater by rater.
    spread = sorted(rows, key=lambda one: one.split("\t")[4])
    project = make_project(questions=[form], overlap=3)
    result = bring_in(project, table(*spread), "mqm")
    raters = {tuple(one.split("\t")[:5]) for one in rows}
    assert (result.added, result.labels) == (len(records), len(raters))
    assert (result.bad, result.conflicts) == (0, 0)
    text, _ = take_out(project, "mqm", header="no")
    assert by_rater(lines(text)) == by_rater(rows)
