"""Labels of steps in and out: PRM800K's lines, and TRL's rows of stepwise supervision."""

import json

import pytest

from annotate.aggregation import aggregate_stale
from annotate.formats.base import BadLine, RefusedFile
from tests.annotate.round_trips import bring_in, faults, read, take_out, taken_out
from tests.factories import make_project

STEPS = {"kind": "steps", "name": "steps", "title": "?"}


def completion(text, rating, **more):
    return {"text": text, "rating": rating, "flagged": None, **more}


def step(*completions, chosen=0, human=None):
    return {
        "completions": list(completions),
        "human_completion": human,
        "chosen_completion": chosen,
    }


def line(*steps, generated=None, **change):
    return {
        "labeler": "l1",
        "timestamp": "2023-01-22T04:34:27.052924",
        "generation": 9,
        "is_quality_control_question": False,
        "is_initial_screening_question": False,
        "question": {
            "problem": "What is $2+2$?",
            "ground_truth_answer": "4",
            "pre_generated_steps": generated,
        },
        "label": {"steps": list(steps), "total_time": 278270, "finish_reason": "found_error"},
        **change,
    }


GENERATED = ["We add 😀.", "2 + 2\n\nis 5.", "So 5."]
SECOND = line(
    step(completion(GENERATED[0], 1)),
    step(completion(GENERATED[1], -1), completion("It is 4.", 1), chosen=None),
    generated=GENERATED,
)


def labels_of(record, **options):
    item, answers = read(record, "prm800k", [STEPS], **options)
    return item, [(one["text"], one["label"]) for one in answers[0]["steps"]["steps"]]


def test_a_pre_generated_solution_is_the_completion_with_its_steps():
    item, labels = labels_of(SECOND)
    [text] = item.completions
    assert text.text == "\n\n".join(GENERATED)
    assert [text.text[start:end] for start, end in text.steps] == GENERATED
    assert labels == [("We add 😀.", "good"), ("2 + 2\n\nis 5.", "bad")]
    assert item.metadata == {"ground_truth_answer": "4"}
    [label] = item.labels
    assert (label.annotator, label.wall_seconds) == ("l1", 278.27)
    assert label.raw["label"]["steps"][1]["completions"][1]["text"] == "It is 4."


def test_without_one_the_completion_is_what_was_chosen_or_written_at_each_step():
    record = line(
        step(completion("a", -1), completion("b", 0), chosen=1),
        step(completion("c", -1), chosen=None, human={"text": "d", "rating": None}),
        step(completion("e", -1), completion("f", -1), chosen=None),
        step(completion("never", 1)),
    )
    item, labels = labels_of(record)
    assert item.completions[0].text == "b\n\nd\n\ne"
    assert labels == [("b", "neutral"), ("d", "good"), ("e", "bad")]


def test_a_step_without_a_rating_has_no_label():
    _, labels = labels_of(line(step(completion("a", None)), step(completion("b", 1))))
    assert labels == [("b", "good")]
    item, _ = read(line(step(completion("a", None))), "prm800k", [STEPS])
    assert item.labels == []


def test_other_labels_can_stand_for_the_ratings():
    form = STEPS | {
        "labels": [{"value": v, "label": v.upper()} for v in ("right", "so", "no", "odd")],
        "bad": "no",
    }
    _, answers = read(SECOND, "prm800k", [form], ratings="so, odd, no")
    assert [one["label"] for one in answers[0]["steps"]["steps"]] == ["so", "no"]
    with pytest.raises(RefusedFile, match="Option ratings is 'so'; name three of the labels right"):
        read(SECOND, "prm800k", [form], ratings="so")


def test_a_rating_that_no_step_of_the_solution_has_is_told():
    item, _ = read(
        line(
            step(completion("other", 1)),
            *[step(completion(g, 1)) for g in GENERATED[1:]],
            step(completion("more", 1)),
            generated=GENERATED,
        ),
        "prm800k",
        [STEPS],
    )
    assert [fault.split(";")[0] for fault in item.labels[0].faults] == [
        "step 1: none of its alternatives is the pre-generated step",
        "step 4: the solution has 3 steps",
    ]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (line(step(completion("a", 2))), "step 1 has the rating 2; use 1, 0, -1 or null"),
        (line(step(completion("a", True))), "step 1 has the rating True"),
        (line(step(completion("a", 1), chosen=3)), "the chosen completion 3 of 1"),
        (line(step(chosen=None, human=3)), "the human completion 3; write a text"),
        (line(), "has no steps"),
        (line(generated=[1]), "'pre_generated_steps' is"),
        ({"question": {"problem": "?"}}, "'label' is None; write an object"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused(record, says):
    with pytest.raises(BadLine, match=says):
        read(record, "prm800k", [STEPS])


@pytest.mark.parametrize("name", ["prm800k", "trl_stepwise"])
def test_a_question_that_divides_by_itself_cannot_take_steps_of_a_file(name):
    with pytest.raises(RefusedFile, match="divides completions by lines"):
        read(SECOND, name, [STEPS | {"divide": "lines"}])


def test_lines_come_back_with_their_alternatives(db):
    project = make_project(questions=[STEPS], overlap=2)
    other = SECOND | {"labeler": "l2", "timestamp": "2023-01-23T04:34:27"}
    result = bring_in(project, "\n".join(map(json.dumps, (SECOND, other))), "prm800k")
    assert (result.added, result.present, result.labels, result.bad) == (1, 1, 2, 0)
    assert taken_out(project, "prm800k") == [SECOND, other]


def test_labels_of_people_here_are_written_in_the_same_form(db):
    project = make_project(questions=[STEPS])
    text = "One.\n\nTwo.\n\nThree."
    steps = [
        {"completion": 0, "start": 0, "end": 4, "text": "One.", "label": "good"},
        {"completion": 0, "start": 6, "end": 10, "text": "Two.", "label": "bad"},
    ]
    label = {"annotator": "Ann", "answers": {"steps": {"steps": steps}}, "seconds_spent": 2.5}
    item = {"key": "k", "prompt": "?", "completions": [{"text": text}], "labels": [label]}
    bring_in(project, json.dumps(item), "tandem")
    [row] = taken_out(project, "prm800k")
    assert row["question"]["pre_generated_steps"] == ["One.", "Two.", "Three."]
    assert row["label"] == {
        "steps": [step(completion("One.", 1)), step(completion("Two.", -1), chosen=None)],
        "total_time": 2500,
        "finish_reason": "found_error",
    }


# ------------------------------------------------------------------------------------ TRL's rows

ROW = {
    "prompt": "2+2?",
    "completions": [" We add.\n", "", "It is 😀 5."],
    "labels": [True, True, False],
}


def test_a_row_is_a_completion_with_its_steps_and_a_label():
    item, answers = read(
        ROW | {"id": 7}, "trl_stepwise", [STEPS], annotator="crowd", between="line"
    )
    [text] = item.completions
    assert text.text == " We add.\n\n\nIt is 😀 5."
    steps = answers[0]["steps"]["steps"]
    assert [(one["text"], one["label"]) for one in steps] == [
        (" We add.\n", "good"),
        ("It is 😀 5.", "bad"),
    ]
    assert (item.labels[0].annotator, item.metadata) == ("crowd", {"id": 7})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": [True]}, r"'labels' is \[True\] for 3 steps"),
        ({"labels": [1, 2, 0]}, "write true or false for each"),
        ({"completions": []}, "write a list of steps"),
        ({"completions": [""], "labels": [True]}, "write a list of steps"),
        ({"prompt": None}, "'prompt' is None"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused(change, says):
    with pytest.raises(BadLine, match=says):
        read(ROW | change, "trl_stepwise", [STEPS])


@pytest.fixture
def labelled(db):
    """Three people label four steps: good, neutral, one undecided, and one that nobody labels."""
    project = make_project(questions=[STEPS], overlap=3)
    text = "a.\n\nb.\n\nc.\n\nd."
    given = {"Ann": "gng", "Bea": "gnb", "Cyd": "gn"}
    names = {"g": "good", "n": "neutral", "b": "bad"}
    labels = [
        {
            "annotator": who,
            "answers": {
                "steps": {
                    "steps": [
                        {
                            "completion": 0,
                            "start": 4 * n,
                            "end": 4 * n + 2,
                            "text": text[4 * n : 4 * n + 2],
                            "label": names[one],
                        }
                        for n, one in enumerate(said)
                    ]
                }
            },
        }
        for who, said in given.items()
    ]
    items = [
        {
            "key": "k1",
            "prompt": "?",
            "completions": [{"text": text}],
            "labels": labels,
            "contexts": [{"title": "T", "text": "P"}],
        },
        {"key": "k2", "prompt": "?", "completions": [{"text": "x"}]},
    ]
    bring_in(project, "\n".join(map(json.dumps, items)), "tandem")
    aggregate_stale(project)
    return project


def test_rows_hold_the_steps_up_to_the_first_that_is_undecided(labelled):
    text, result = take_out(labelled, "trl_stepwise")
    assert json.loads(text) == {
        "prompt": "T\nP\n\n?",
        "completions": ["a.", "b."],
        "labels": [True, False],
    }
    assert result.left_out == {"items whose first step has no label": 1}


def test_what_is_neither_good_nor_bad_may_count_as_right(labelled):
    [row] = taken_out(labelled, "trl_stepwise", neutral="true")
    assert row["labels"] == [True, True]


def test_rows_come_back_as_they_were(db):
    project = make_project(questions=[STEPS])
    rows = [
        {"prompt": "2+2?", "completions": ["We add.", "It is 😀 5."], "labels": [True, False]},
        {"prompt": "3+3?", "completions": ["It is 6."], "labels": [True]},
    ]
    result = bring_in(project, "\n".join(map(json.dumps, rows)), "trl_stepwise")
    assert faults(result) == []
    assert taken_out(project, "trl_stepwise") == rows


def test_trl_reads_the_rows(labelled, tmp_path):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "steps.jsonl"
    path.write_text(take_out(labelled, "trl_stepwise")[0], encoding="utf-8")
    data = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path)
    )
    assert str(data.features["labels"].feature.dtype) == "bool"
    assert data[0]["completions"] == ["a.", "b."]
