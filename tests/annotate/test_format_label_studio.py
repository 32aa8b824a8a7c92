"""Label Studio's tasks in and out: offsets in either counting, regions with more said of them."""

import json

import pytest

from annotate.formats.base import BadLine
from tests.annotate.round_trips import bring_in, option, read, spans, taken_out
from tests.factories import make_project

MARKS = spans(
    "errors",
    labels=["Silly", "Wrong", option("Too short", missing=True)],
    severities=[option("Minor"), option("Major")],
    contexts=True,
)
TEXT = "😀 An answer 😀 here 😀."


def region(start, end, text, label="Silly", *, name="r1", to="text", kind="labels", **value):
    given = {"start": start, "end": end, "text": text, kind: [label]} | value
    return {
        "id": name,
        "from_name": "errors",
        "to_name": to,
        "type": kind,
        "value": {name: part for name, part in given.items() if part is not None},
    }


def task(*results, annotations=None, **data):
    return {
        "id": 7,
        "data": {"text": TEXT, "prompt": "Ask.", "lang": "en"} | data,
        "annotations": annotations
        or [{"id": 1, "completed_by": 3, "lead_time": 8.5, "result": list(results)}],
        "predictions": [],
    }


def read_spans(record, **options):
    item, answers = read(record, "label_studio", [MARKS], **options)
    return item, [one for given in answers for one in given["errors"]["spans"]]


def test_a_task_becomes_an_item_and_its_annotations_labels():
    given = [
        {"completed_by": {"email": "ann@example.org"}, "result": [region(2, 4, "An")]},
        {"completed_by": 5, "was_cancelled": True, "result": []},
    ]
    record = task(annotations=given)
    record["predictions"] = [{"model_version": "m1", "result": [region(5, 11, "answer", "Wrong")]}]
    item, [first, second] = read_spans(record)
    assert item.completions[0].text == TEXT
    assert (item.messages[0]["content"], item.metadata) == ("Ask.", {"lang": "en"})
    assert [(one.annotator, one.kind) for one in item.labels] == [
        ("ann@example.org", "human"),
        ("m1", "llm"),
    ]
    assert (first["text"], first["label"], second["label"]) == ("An", "silly", "wrong")


@pytest.mark.parametrize("given", [(14, 18), (16, 20)])
def test_offsets_count_code_points_or_utf16_as_the_quoted_text_shows(given):
    assert TEXT[14:18] == "here"
    _, [span] = read_spans(task(region(*given, "here")))
    assert (span["start"], span["end"], span["text"]) == (14, 18, "here")


def test_without_a_quote_the_option_says_what_offsets_count():
    unquoted = task(region(16, 20, None))
    item, _ = read(unquoted, "label_studio", [MARKS])
    assert "may count code points or UTF-16, which differ here" in item.labels[0].faults[0]
    _, [span] = read_spans(unquoted, offsets="utf16")
    assert span["text"] == "here"
    _, [span] = read_spans(task(region(14, 18, None)), offsets="code_points")
    assert span["text"] == "here"


def test_a_quote_that_fits_by_both_countings_is_not_guessed():
    record = task(region(1, 2, "a"), text="😀aa")
    item, _ = read(record, "label_studio", [MARKS])
    assert item.labels[0].faults == []  # 1 is inside of a character when counted in UTF-16
    record = task(region(2, 3, "a"), text="😀aa")
    item, _ = read(record, "label_studio", [MARKS])
    assert "by code points as well as by UTF-16" in item.labels[0].faults[0]


def test_other_results_of_a_region_are_its_severity_and_comment():
    more = [
        region(3, 5, None, kind="choices") | {"value": {"choices": ["major"]}},
        region(3, 5, None) | {"type": "textarea", "value": {"text": ["It", "is."]}},
    ]
    _, [span] = read_spans(task(region(2, 4, "An"), *more))
    assert (span["severity"], span["comment"]) == ("major", "It\nis.")


def test_an_annotation_without_results_says_that_there_is_nothing():
    _, [answers] = read(task(), "label_studio", [MARKS])
    assert answers["errors"] == {"spans": [], "clean": [0]}


def test_a_choice_about_the_whole_text_may_say_what_is_missing():
    choice = {"from_name": "errors_missing", "to_name": "text", "type": "choices"}
    _, [answers] = read(
        task(choice | {"value": {"choices": ["Too short"]}}), "label_studio", [MARKS]
    )
    assert answers["errors"]["missing"] == [{"completion": 0, "label": "too_short"}]


def test_the_options_name_the_fields():
    record = {
        "data": {"q": "Ask.", "a": "One.", "b": "Two.", "doc": "A passage."},
        "annotations": [
            {"result": [region(0, 3, "Two", to="b"), region(2, 9, "passage", to="doc", name="r2")]}
        ],
    }
    options = {"prompt": "q", "completions": "a, b", "contexts": "doc"}
    item, [first, second] = read_spans(record, **options)
    assert [one.text for one in item.completions] == ["One.", "Two."]
    assert item.contexts == [{"title": "doc", "text": "A passage."}]
    assert (first["completion"], second["context"]) == (1, 0)


def test_markup_counts_in_offsets_of_the_whole_and_line_breaks_may_be_escaped():
    marked = region("/p[1]", "/p[1]", "a\\nb", kind="hypertextlabels")
    marked["value"]["globalOffsets"] = {"start": 1, "end": 4}
    _, [span] = read_spans(task(marked, text="(a\nb)"))
    assert span["text"] == "a\nb"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (region(0, 2, "An"), "0-2 quotes 'An', but there stands"),
        (region(0, 1, "😀", "Grave"), "the label 'Grave' is none"),
        (region(None, None, "An"), "has no place"),
        (region(0, 99, None), "not within the text"),
        (region(0, 1, "😀", to="prompt", name="r2"), "region 2: is of 'prompt', which is no text"),
    ],
)
def test_a_region_that_cannot_be_read_is_told_and_the_others_stay(given, says):
    given = given | {"id": "r2"}
    record = task(region(2, 4, "An"), given, context_1="A passage.")
    item, found = read_spans(record)
    assert [one["text"] for one in found] == ["An"]
    [fault] = item.labels[0].faults
    assert says in fault


@pytest.mark.parametrize(
    ("data", "says"),
    [({"image": "x.png"}, "name it by the option completions"), (None, "'data' is None")],
)
def test_a_task_without_a_text_is_refused(data, says):
    with pytest.raises(BadLine, match=says):
        read({"data": data}, "label_studio", [MARKS])


ITEM = {
    "key": "k1",
    "messages": [{"role": "user", "content": "Ask."}],
    "contexts": [{"title": "", "text": "A 😀 passage."}],
    "completions": [{"text": TEXT}, {"text": "Two."}, {"text": "Three."}],
    "metadata": {"lang": "en"},
    "labels": [
        {
            "annotator": "Ann",
            "created_at": "2026-01-02T03:04:05+00:00",
            "seconds_spent": 3.5,
            "answers": {
                "errors": {
                    "spans": [
                        {
                            "completion": 0,
                            "start": 14,
                            "end": 18,
                            "text": "here",
                            "label": "silly",
                            "severity": "major",
                            "comment": "No.",
                        },
                        {"context": 0, "start": 2, "end": 3, "text": "😀", "label": "wrong"},
                    ],
                    "missing": [{"completion": 1, "label": "too_short"}],
                    "clean": [2],
                }
            },
        },
        {
            "annotator": "m1",
            "kind": "llm",
            "created_at": "2026-01-02T03:04:05+00:00",
            "answers": {"errors": {"spans": [], "clean": [0, 1, 2]}},
        },
    ],
}


def kept(record):
    """What a round trip has to keep of an item."""
    labels = [
        {n: one.get(n) for n in ("annotator", "kind", "answers", "created_at")}
        for one in record["labels"]
    ]
    names = ("key", "messages", "contexts", "metadata")
    texts = [one["text"] for one in record["completions"]]
    return {**{n: record[n] for n in names}, "texts": texts, "labels": labels}


@pytest.mark.parametrize("offsets", ["code_points", "utf16"])
def test_what_is_exported_can_be_imported_again_in_either_counting(db, offsets):
    project, copy = make_project(questions=[MARKS]), make_project(questions=[MARKS])
    bring_in(project, json.dumps(ITEM), "tandem")
    tasks = taken_out(project, "label_studio", offsets=offsets)
    [first] = tasks[0]["annotations"]
    starts = [one["value"]["start"] for one in first["result"] if one["type"] == "labels"]
    assert starts == ([14, 2] if offsets == "code_points" else [16, 2])
    result = bring_in(copy, json.dumps(tasks), "label_studio")
    assert (result.added, result.labels, result.bad) == (1, 2, 0)
    [before], [after] = taken_out(project, "tandem"), taken_out(copy, "tandem")
    assert kept(after) == kept(before)
    assert after["labels"][0]["seconds_spent"] == 3.5
