"""A judge asked for rankings, choices, reasons and under a criterion, through the whole of judging."""

import json
import re

import pytest

from annotate.models import Item
from routing import judging
from tests.routing.judges.judging_rows import make_judge, the_label
from tests.routing.judges.scripted_server import GOOD, completion, scripted

pytestmark = pytest.mark.django_db(transaction=True)
OPTIONS = [{"value": value, "label": value.title()} for value in ("facts", "tone")]
FORM = [
    {"kind": "preference", "name": "overall", "title": "Which?", "criterion": "As a nurse"},
    {
        "kind": "choice",
        "name": "reasons",
        "title": "What makes it better?",
        "options": OPTIONS,
        "several": True,
        "ask_if": {"question": "overall", "answer": ["not_tie"]},
    },
    {"kind": "ranking", "name": "order", "title": "In which order?"},
    {"kind": "choice", "name": "problems", "title": "Wrong?", "options": OPTIONS, "each": True},
]


def answering(overall=None, reasons=("facts",)):
    """Ranks the completion with "good" in it first; ``overall`` is said whatever is shown."""

    def answer(body):
        shown = re.findall(
            r'<completion name="(.)">\n(.*?)\n</', body["messages"][-1]["content"], re.DOTALL
        )
        best = next(name for name, text in shown if GOOD in text)
        answers = {
            "overall": overall or ("A>B" if best == "A" else "A<B"),
            "reasons": list(reasons) if reasons else None,
            "order": {name: 1 if name == best else 2 for name, _ in shown},
            "problems": {name: "tone" if name == best else "facts" for name, _ in shown},
        }
        return completion(json.dumps({"answers": answers, "confidence": 70}))

    return answer


def test_what_a_judge_ranks_and_chooses_stands_in_the_item_s_own_order():
    with scripted(otherwise=answering()) as server:
        judge = make_judge(server, questions=FORM)
        judging.judge_items(judge)
    assert the_label(judge).answers == {
        "overall": {"value": -1, "both_bad": False},
        "reasons": {"chosen": ["facts"]},
        "order": {"ranks": [1, 2]},
        "problems": {"each": [["tone"], ["facts"]]},
    }


def test_a_judge_is_told_the_criterion_and_upon_what_a_question_is_asked():
    with scripted(otherwise=answering()) as server:
        judging.judge_items(make_judge(server, questions=FORM))
    system = server.script.requests[0]["messages"][0]["content"]
    assert "Judge by this alone: As a nurse" in system
    assert "Answer it only if overall is “one of them is better”; else say null." in system
    assert "from 1 for the best to 2 for the worst" in system
    assert "- facts: Facts" in system


def test_reasons_for_a_tie_are_dropped_and_need_not_be_given():
    for reasons in (("facts",), None):
        with scripted(otherwise=answering("A=B", reasons)) as server:
            judge = make_judge(server, questions=FORM)
            judging.judge_items(judge)
        assert "reasons" not in the_label(judge).answers


def test_reasons_go_where_two_orders_contradict_each_other():
    with scripted(otherwise=answering("A>B")) as server:
        judge = make_judge(server, questions=FORM)
        judging.judge_items(judge)
    answers = the_label(judge).answers
    assert answers["overall"]["value"] == 0
    assert "reasons" not in answers
    assert answers["order"] == {"ranks": [1, 2]}


def test_a_judge_without_the_reasons_that_it_owes_has_failed():
    with scripted(otherwise=answering("A>B", None)) as server:
        judge = make_judge(server, questions=FORM)
        counts = judging.judge_items(judge)
    assert "labelled" not in counts.items
    assert Item.objects.get().annotations.count() == 0
