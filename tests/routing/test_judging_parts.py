"""Judges asked for steps and edits, alone and beside a preference, through the whole of judging."""

import json

import pytest

from annotate.models import Annotation
from routing import judging
from routing.judges import llm
from routing.judges.quality import quality
from routing.judges.versions import create_judge
from routing.models import JudgeCall
from tests.factories import make_item, make_project
from tests.routing.judges.judging_rows import QUICK, the_label
from tests.routing.judges.scripted_server import completion, scripted

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = {"kind": "steps", "name": "steps", "title": "Is each step right?", "divide": "lines"}
EDIT = {"kind": "edit", "name": "better", "title": "Make it better."}
OVERALL = {"kind": "preference", "name": "overall", "title": "Which?"}
TEXTS = ("2 + 2 = 4 🙂\n4 + 4 = 9", "It is nine.\r\nIt is.")


@pytest.fixture(autouse=True)
def forget_endpoints():
    llm._dialects.clear()


def judged(questions, answers):
    """The judge that was asked about one item, and what it was asked."""
    text = json.dumps({"answers": answers, "confidence": 60})
    with scripted(otherwise=lambda body: completion(text)) as server:
        project = make_project(default_route="judge", questions=questions)
        make_item(project, completions=TEXTS)
        judge, _ = create_judge(
            project,
            name="scripted",
            kind="openai",
            model="scripted",
            base_url=server.url,
            settings=QUICK,
            input_price_usd=0,
            output_price_usd=0,
        )
        judging.judge_items(judge)
    return judge, server.script.requests


def numbered(*labels):
    return [{"step": n, "label": label, "comment": ""} for n, label in enumerate(labels, start=1)]


def edit(quote, replacement, before=""):
    return {"quote": quote, "before": before, "replacement": replacement, "reason": ""}


def test_steps_are_shown_by_number_and_come_back_as_places():
    judge, [request] = judged(
        [STEPS], {"steps": {"A": numbered("good", "bad"), "B": numbered("neutral", "good")}}
    )
    assert "A 2: 4 + 4 = 9" in request["messages"][1]["content"]
    steps = the_label(judge).answers["steps"]["steps"]
    assert [(one["completion"], one["start"], one["text"], one["label"]) for one in steps] == [
        (0, 0, "2 + 2 = 4 🙂", "good"),
        (0, 12, "4 + 4 = 9", "bad"),
        (1, 0, "It is nine.", "neutral"),
        (1, 13, "It is.", "good"),
    ]
    assert "unlocated" not in JudgeCall.objects.get().raw


def test_a_step_that_there_is_not_makes_a_bad_answer():
    _, requests = judged([STEPS], {"steps": {"A": numbered("good", "bad", "bad"), "B": []}})
    assert len(requests) == QUICK["answers"]
    assert not Annotation.objects.exists()


def test_edits_are_quoted_and_refused_ones_counted():
    judge, _ = judged(
        [EDIT],
        {
            "better": {
                "A": {"edits": [edit("4 + 4 = 9", "4 + 4 = 8"), edit("5 + 5", "")]},
                "B": {"edits": [edit("It is", "That is"), edit("nine", "eight")]},
            }
        },
    )
    edits = the_label(judge).answers["better"]["edits"]
    assert [(one["completion"], one["text"], one["replacement"]) for one in edits] == [
        (0, "4 + 4 = 9", "4 + 4 = 8"),
        (1, "nine", "eight"),
    ]
    [found] = quality(judge).quotes
    assert (found.question, found.of, found.absent, found.ambiguous) == ("better", 4, 1, 1)


def test_edits_none_of_which_can_be_placed_make_a_bad_answer_and_count():
    parts = {"A": {"edits": [edit("5", "")]}, "B": {"edits": [edit("It is", "That is")]}}
    judge, requests = judged([EDIT], {"better": parts})
    assert len(requests) == QUICK["answers"]
    assert not Annotation.objects.exists()
    [found] = quality(judge).quotes
    assert (found.of, found.refused.hits) == (2, 2)


def test_beside_a_preference_they_are_asked_in_the_items_own_order_alone():
    answers = {
        "steps": {"A": numbered("good", "bad"), "B": numbered("good", "good")},
        "better": {"A": {"edits": []}, "B": {"edits": []}},
        "overall": "A=B",
    }
    judge, requests = judged([STEPS, EDIT, OVERALL], answers)
    asked = [one["messages"][0]["content"] for one in requests]
    assert [("## steps" in one, "## better" in one, "## overall" in one) for one in asked] == [
        (True, True, True),
        (False, False, True),
    ]
    found = the_label(judge).answers
    assert set(found) == {"steps", "better", "overall"}
    assert found["better"]["unchanged"] == [0, 1]
    assert len(found["steps"]["steps"]) == 4
