"""Several people's labels of steps: votes, weights, agreement; and a judge that answers by number."""

import krippendorff
import numpy as np
import pytest

from annotate.aggregation.arranging import Answers, arrange
from annotate.aggregation.catalogue import METHODS
from annotate.agreement import project_agreement
from annotate.models import Aggregate
from annotate.offsets import Texts
from annotate.questions import InvalidAnswer, parse_questions
from tests.annotate.test_aggregation_fits import bring_up_to_date
from tests.factories import make_annotation, make_annotator, make_item, make_project

FORM = [
    {"kind": "steps", "name": "steps", "title": "Steps?", "divide": "lines", "first_error": False}
]
TEXT = "One.\nTwo.\nThree."
LINES = [(0, 4), (5, 9), (10, 16)]
BY_LETTER = {"g": "good", "n": "neutral", "b": "bad"}


def question(**more):
    [found] = parse_questions([{**FORM[0], **more}])
    return found


def answer(letters, completion=0, text=TEXT, ranges=LINES):
    """Such as "gnb", a letter a line; "." is no label."""
    return {
        "steps": [
            {
                "completion": completion,
                "start": start,
                "end": end,
                "text": text[start:end],
                "label": BY_LETTER[letter],
            }
            for letter, (start, end) in zip(letters, ranges, strict=False)
            if letter != "."
        ]
    }


# ------------------------------------------------------------------------------------ aggregation


def test_each_step_has_its_own_counts_and_the_commonest_label_or_none():
    found = question().combine([answer("ggb"), answer("gn."), answer("gbb")])
    assert [one["label"] for one in found.data["steps"]] == ["good", None, "bad"]
    assert [one["counts"] for one in found.data["steps"]] == [
        {"good": 3},
        {"good": 1, "neutral": 1, "bad": 1},
        {"bad": 2},
    ]
    assert [one["answers"] for one in found.data["steps"]] == [3, 3, 2]
    assert found.share == pytest.approx((1 + 1 / 3 + 1) / 3)
    assert question().summary(found.data) == "A: Good 1, Bad 1, undecided 1"


def settled(method, rows):
    """Labels by item, as a method settles answers ``(item, annotator, answer)``."""
    asked = question()
    arranged = arrange(asked, Answers.of(rows))
    fitted = METHODS[method].fit(arranged.data)
    found = arranged.by_item(METHODS[method].settle(arranged.data, fitted.shared, fitted.own))
    return {
        item: asked.settle(asked.combine([a for i, _, a in rows if i == item]), found[item])
        for item in found
    }


def test_a_weighted_vote_believes_those_who_agree_with_others_against_more_who_do_not():
    truth = ["gnb", "bgn", "ngb", "gbn", "bng", "nbg"]
    wrong = ["bbg", "gnb", "bnn", "nng", "ggb", "bgn"]
    rows = [(item, who, answer(letters)) for who in (1, 2, 3) for item, letters in enumerate(truth)]
    rows += [(item, 9, answer(letters)) for item, letters in enumerate(wrong)]
    # On the last item one who is mostly right stands against one who is mostly wrong.
    rows += [(6, 1, answer("ggg")), (6, 9, answer("bgg"))]
    votes, weights = settled("majority", rows)[6], settled("weighted", rows)[6]
    assert votes.data["steps"][0]["label"] is None
    assert weights.data["steps"][0]["label"] == "good"
    assert weights.data["steps"][0]["shares"]["good"] > 0.6
    assert weights.data["steps"][1]["label"] == "good"
    shares = [max(one["shares"].values()) for one in weights.data["steps"]]
    assert weights.confidence == pytest.approx(sum(shares) / 3, abs=1e-5)


def test_steps_of_thousands_of_texts_are_told_apart():
    """Where steps begin differs from text to text, so a project has far more units than an item."""
    rows = [
        (item, who, answer("gb", ranges=[(item, item + 1), (item + 5, item + 6)], text="x" * 4000))
        for item in range(3000)
        for who in (1, 2)
    ]
    found = settled("majority", rows)
    assert len(found) == 3000
    for item in (0, 1023, 1024, 2999):
        steps = found[item].data["steps"]
        assert [one["start"] for one in steps] == [item, item + 5]
        assert [one["label"] for one in steps] == ["good", "bad"]


@pytest.mark.django_db
def test_a_project_keeps_what_its_labels_of_steps_come_to():
    project = make_project(questions=FORM)
    people = [make_annotator(project) for _ in range(3)]
    items = [make_item(project, completions=(TEXT,)) for _ in range(4)]
    for item in items:
        for person, letters in zip(people, ("gnb", "gnb", "bnb"), strict=True):
            make_annotation(item, person, answers={"steps": answer(letters)})
    bring_up_to_date(project)
    kept = Aggregate.objects.get(item=items[0], question="steps", source="people")
    assert [one["label"] for one in kept.data["steps"]] == ["good", "neutral", "bad"]
    assert kept.count == 3


def test_an_answer_is_told_in_words_and_in_cells():
    given = {"steps": [*answer("gbn")["steps"], *answer("b", completion=1)["steps"]]}
    given["steps"][1]["comment"] = "It is three."
    assert question().words(given) == (
        "A: Good 1, Neutral 1, Bad 1, first error “Two.”: It is three.; "
        "B: Bad 1, first error “One.”"
    )
    cells = question().columns(given)
    assert (cells["1"], cells["1.bad"], cells["1.first_error"]) == ("good bad neutral", 1, 2)
    assert (cells["2"], cells["2.good"], cells["2.first_error"]) == ("bad", 0, 1)


# -------------------------------------------------------------------------------------- agreement


@pytest.mark.django_db
@pytest.mark.parametrize(("ordered", "level"), [(True, "ordinal"), (False, "nominal")])
def test_agreement_is_krippendorff_s_alpha_over_steps(ordered, level):
    project = make_project(questions=[{**FORM[0], "ordered": ordered}])
    people = [make_annotator(project) for _ in range(3)]
    given = ["gnb gnb gbb", "ggn gnn gnn", "bbb bbn bb.", "ngg nbg ngg"]
    for each in given:
        item = make_item(project, completions=(TEXT,))
        for person, letters in zip(people, each.split(), strict=True):
            make_annotation(item, person, answers={"steps": answer(letters)})
    place = {"g": 0.0, "n": 1.0, "b": 2.0, ".": np.nan}
    table = [[place[one] for each in given for one in each.split()[who]] for who in range(3)]
    expected = krippendorff.alpha(np.array(table), level_of_measurement=level)
    found = project_agreement(project)["steps"]
    assert found["metric"] == level
    assert found["alpha"]["value"] == pytest.approx(expected)


def test_the_distance_is_the_mean_over_steps_that_both_have_labelled():
    one, other = answer("gng"), answer("bn.")
    assert question().distance(one, other) == (1 + 0) / 2
    assert question().distance(answer("g"), answer("n")) == 0.5
    assert question(ordered=False).distance(answer("g"), answer("n")) == 1
    assert question().distance(answer("g.."), answer("..g")) == 0


# ----------------------------------------------------------------------------------------- judges

TEXTS = Texts([TEXT, "Only one."])


def test_a_judge_is_shown_numbers_and_its_labels_stand_at_the_ranges():
    asked = question(comments="optional")
    assert asked.judge_material(TEXTS).splitlines()[1:] == [
        "A 1: One.",
        "A 2: Two.",
        "A 3: Three.",
        "B 1: Only one.",
    ]
    payload = {
        "A": [
            {"step": 2, "label": "bad", "comment": "No."},
            {"step": 1, "label": "good", "comment": ""},
        ],
        "B": [{"step": 1, "label": "good"}],
    }
    found = asked.located(asked.from_judge(payload, completions=2), TEXTS)
    assert [(s["completion"], s["text"], s["label"]) for s in found["steps"]] == [
        (0, "One.", "good"),
        (0, "Two.", "bad"),
        (1, "Only one.", "good"),
    ]
    assert found["steps"][1]["comment"] == "No."
    assert "comment" not in found["steps"][0]


def test_a_step_of_many_words_is_shown_to_a_judge_by_its_beginning_and_end():
    long = " ".join(f"word{n}" for n in range(100))
    shown = question().judge_material(Texts([long])).splitlines()[1]
    assert shown.startswith("A 1: word0 word1")
    assert shown.endswith("word99")
    assert "[…]" in shown
    assert len(shown) < 260


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ([], "not an object with steps"),
        ({"A": []}, "B has no list of steps"),
        ({"A": [{"label": "good"}], "B": []}, "no step with its number"),
        ({"A": [], "B": []}, "labels no step"),
    ],
)
def test_a_judge_that_answers_otherwise_has_failed(payload, fault):
    with pytest.raises(InvalidAnswer, match=fault):
        question().from_judge(payload, completions=2)


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ({"step": 4, "label": "good"}, "has a label for step 4, but 3 steps; use 1 to 3"),
        ({"step": 1, "label": "fine"}, "use one of good, neutral, bad"),
    ],
)
def test_a_judge_that_labels_what_is_not_there_has_failed(step, fault):
    asked = question()
    given = asked.from_judge({"A": [step], "B": []}, completions=2)
    with pytest.raises(InvalidAnswer, match=fault):
        asked.located(given, TEXTS)


def test_of_a_judge_s_orders_stays_what_they_agree_on():
    asked = question()
    assert asked.reconcile([answer("gnb"), answer("gbb")]) == answer("g.b")
    assert asked.reconcile([answer("ggg"), answer("bbb")]) is None
