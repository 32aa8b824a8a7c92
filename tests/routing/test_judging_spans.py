"""Judges that mark parts of texts: they quote, quotes are located or refused, and refused ones counted."""

import json

import pytest

from annotate.models import Annotation, Item
from routing import judging
from routing.judges import llm, trials
from routing.judges.orders import asked_again, orders
from routing.judges.quality import as_json, quality
from routing.judges.trials import start_trial
from routing.judges.versions import create_judge
from routing.models import JudgeCall
from tests.factories import make_item, make_project
from tests.routing.judges.judging_rows import QUICK, the_label
from tests.routing.judges.scripted_server import completion, scripted

pytestmark = pytest.mark.django_db(transaction=True)

LABELS = [
    {"value": "wrong", "label": "Wrong", "help": "against the passage"},
    {"value": "vague", "label": "Vague"},
    {"value": "lacking", "label": "Lacking", "missing": True},
]
ERRORS = {
    "kind": "spans",
    "name": "errors",
    "title": "Mark the errors.",
    "labels": LABELS,
    "prioritised": True,
    "severities": [
        {"value": "minor", "label": "Minor"},
        {"value": "major", "label": "Major"},
    ],
}
OVERALL = {"kind": "preference", "name": "overall", "title": "Which?", "ask_if": None}
TEXTS = ("Lyon is the capital 🇫🇷, Lyon it is.", "“Paris” — of course…")


@pytest.fixture(autouse=True)
def forget_endpoints():
    llm._dialects.clear()


def span(quote, label="wrong", severity="major", comment="", before=""):
    return {
        "quote": quote, "before": before, "label": label, "severity": severity, "comment": comment,
    }  # fmt: skip


def said(first=(), second=(), *, missing=(), **answers):
    """A verdict: spans by completion, A first."""
    errors = {
        "A": {"spans": list(first), "missing": list(missing)},
        "B": {"spans": list(second), "missing": []},
    }
    return says_json({"answers": {"errors": errors, **answers}, "confidence": 60})


def says_json(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return lambda body: completion(text)


def make_judge(server, *questions, items=1):
    project = make_project(default_route="judge", questions=list(questions) or [ERRORS])
    for _ in range(items):
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
    return judge


def judged(*answers, questions=()):
    """A judge that has been asked about one item, and what it was asked."""
    with scripted(*answers, otherwise=answers[-1]) as server:
        judge = make_judge(server, *questions)
        judging.judge_items(judge)
    return judge, server.script.requests


def call_of(judge):
    return JudgeCall.objects.get(judge=judge)


# --------------------------------------------------------------------------------------- a good one


def test_what_a_judge_quotes_stands_in_its_label_to_the_code_point():
    judge, _ = judged(
        said(
            [span("the capital 🇫🇷", comment="It is not.")],
            [span('"Paris" - of', "vague", "minor")],
            missing=[{"label": "lacking", "severity": "minor", "comment": "the country"}],
        )
    )
    assert the_label(judge).answers == {
        "errors": {
            "spans": [
                {
                    "completion": 0, "start": 8, "end": 22, "text": "the capital 🇫🇷",
                    "label": "wrong", "severity": "major", "comment": "It is not.",
                },
                {
                    "completion": 1, "start": 0, "end": 12, "text": "“Paris” — of",
                    "label": "vague", "severity": "minor",
                },
            ],
            "missing": [
                {"completion": 0, "label": "lacking", "severity": "minor", "comment": "the country"}
            ],
        }
    }  # fmt: skip
    assert call_of(judge).raw["unlocated"] == {"errors": {"of": 2, "absent": 0, "ambiguous": 0}}


def test_a_judge_that_finds_nothing_says_that_there_is_nothing():
    judge, _ = judged(said())
    assert the_label(judge).answers == {"errors": {"spans": [], "clean": [0, 1]}}


def test_a_judge_s_label_is_its_own_annotator_s():
    judge, _ = judged(said([span("capital")]))
    label = Annotation.objects.get()
    assert label.annotator == judge.annotator
    assert label.annotator.kind == "llm"


def test_the_prompt_has_definitions_priority_severities_and_how_to_quote():
    _, [request] = judged(said())
    system = request["messages"][0]["content"]
    for words in (
        "- wrong: Wrong (against the passage)",
        "Where several fit, give the first of them.",
        "- major: Major",
        "Quote each place",
        "“before”",
        "Under “missing”",
    ):
        assert words in system
    assert system.index("- wrong") < system.index("- vague")
    schema = request["response_format"]["json_schema"]["schema"]
    one = schema["properties"]["answers"]["properties"]["errors"]["properties"]["A"]
    quoted = one["properties"]["spans"]["items"]
    assert set(quoted["required"]) == {"quote", "before", "label", "severity", "comment"}
    assert quoted["properties"]["label"]["enum"] == ["wrong", "vague"]


# -------------------------------------------------------------------------------------- bad answers


@pytest.mark.parametrize(
    "answer",
    [
        '{"answers": {"errors": {"A": {"spans": [{"quote": "cap',
        {"answers": {"errors": {"A": {"spans": [span("capital", "hallucinated")]}}}},
        {"answers": {"errors": {"A": {"spans": [span("capital", severity="fatal")]}}}},
        {"answers": {"errors": {"A": {"spans": [{"label": "wrong", "severity": "major"}]}}}},
        {"answers": {"errors": {"A": {"spans": ["capital"]}}}},
        {"answers": {"errors": {"A": {"spans": "capital"}}}},
        {"answers": {"errors": ["capital"]}},
        {"answers": {"errors": {}}},
        {"answers": {"errors": {"A": {"spans": [span(12)], "missing": []}}}},
    ],
)
def test_an_answer_of_no_use_is_asked_for_again_and_then_given_up(answer):
    judge, requests = judged(says_json(answer))
    assert len(requests) == QUICK["answers"]
    assert not Annotation.objects.exists()
    assert call_of(judge).fault.startswith("bad answer")
    assert Item.objects.get().route == "human"


def test_an_answer_of_no_use_is_made_up_for_by_the_next():
    judge, requests = judged(says_json('{"answers": {"err'), said([span("capital")]))
    assert len(requests) == 2
    assert the_label(judge).answers["errors"]["spans"][0]["start"] == 12


# ------------------------------------------------------------------------------------ refused quotes


def test_quotes_that_cannot_be_placed_are_left_out_and_counted():
    judge, requests = judged(said([span("capital"), span("Lyon"), span("Marseille")]))
    spans = the_label(judge).answers["errors"]["spans"]
    assert [one["text"] for one in spans] == ["capital"]
    assert call_of(judge).raw["unlocated"] == {"errors": {"of": 3, "absent": 1, "ambiguous": 1}}
    assert len(requests) == 1
    assert the_label(judge).raw["orders"][0]["unlocated"]["errors"]["of"] == 3


def test_what_stands_before_a_quote_tells_which_one_is_meant():
    judge, _ = judged(said([span("Lyon", before="🇫🇷,")]))
    [one] = the_label(judge).answers["errors"]["spans"]
    assert (one["start"], one["end"]) == (24, 28)


def test_a_completion_whose_quotes_are_all_refused_is_left_unanswered():
    """It is not clean: the judge said that something is wrong with it."""
    judge, _ = judged(said([span("capital")], [span("Berlin")]))
    answer = the_label(judge).answers["errors"]
    assert "clean" not in answer
    assert {one["completion"] for one in answer["spans"]} == {0}


def test_an_answer_of_which_nothing_is_left_is_a_bad_one_and_its_quotes_count():
    judge, requests = judged(said([span("Marseille")], [span("Berlin")]))
    assert len(requests) == QUICK["answers"]
    assert not Annotation.objects.exists()
    call = call_of(judge)
    assert "of 2 quotes none stands in its text just once" in call.fault
    assert call.raw["unlocated"] == {"errors": {"of": 2, "absent": 2, "ambiguous": 0}}


@pytest.mark.parametrize(
    "quote",
    [
        "</completion><script>alert(1)</script>",
        "capital\u202e",
        ".*",
        "\\u0000",
        "L" * 100_000,
        "e\u0301" * 20_000,
        "' OR 1=1 --",
        "%(question)s",
        "\n" * 1_000,
        "capital\x00",
        "capital\ud83c",
    ],
)
def test_hostile_quotes_are_only_ever_found_or_not(quote):
    judge, _ = judged(said([span("capital"), span(quote)]))
    spans = the_label(judge).answers["errors"]["spans"]
    assert all(one["text"] == TEXTS[0][one["start"] : one["end"]] for one in spans)
    assert {one["text"] for one in spans} == {"capital"}


@pytest.mark.parametrize("comment", ["why\x00", "why\ud83c"])
def test_characters_that_cannot_be_stored_make_a_bad_answer(comment):
    judge, _ = judged(said([span("capital", comment=comment)]))
    assert not Annotation.objects.exists()
    assert call_of(judge).state == "failed"


# -------------------------------------------------------------------------------- orders and figures


def test_a_form_about_parts_of_texts_alone_is_asked_in_one_order():
    _, requests = judged(said())
    assert len(requests) == 1


def test_only_what_compares_completions_is_asked_again_in_the_other_order():
    def answer(body):
        first = "Lyon" in body["messages"][1]["content"].split("</completion>")[0]
        spans = said([span("capital")], overall="A<B") if first else said(overall="A>B")
        return spans(body)

    judge, requests = judged(answer, questions=[ERRORS, OVERALL])
    assert [("## errors" in one["messages"][0]["content"]) for one in requests] == [True, False]
    assert the_label(judge).answers == {
        "errors": {
            "spans": [
                {
                    "completion": 0, "start": 12, "end": 19, "text": "capital",
                    "label": "wrong", "severity": "major",
                }
            ],
            "clean": [1],
        },
        "overall": {"value": 1, "both_bad": False},
    }  # fmt: skip


def test_what_is_asked_upon_marks_is_asked_where_these_are():
    upon = {"question": "errors", "answer": ["wrong"]}
    project = make_project(questions=[ERRORS, {**OVERALL, "ask_if": upon}])
    assert asked_again(project.questions) == []
    assert orders(project.questions, 2) == [[0, 1]]


def test_the_share_of_refused_quotes_is_a_figure_of_the_judge():
    with scripted(otherwise=said([span("capital"), span("Lyon"), span("Oslo")])) as server:
        judge = make_judge(server, items=2)
        judging.judge_items(judge)
    [found] = quality(judge).quotes
    assert (found.question, found.of, found.absent, found.ambiguous) == ("errors", 6, 2, 2)
    assert as_json(quality(judge))["quotes"]["errors"]["refused"]["value"] == pytest.approx(4 / 6)
    assert JudgeCall.objects.with_refused_quotes().count() == 2


def test_calls_without_refused_quotes_are_not_listed_as_such():
    judge, _ = judged(said([span("capital")]))
    assert not JudgeCall.objects.filter(judge=judge).with_refused_quotes().exists()


def test_a_trial_keeps_what_became_of_its_quotes():
    with scripted(otherwise=said([span("capital"), span("Oslo")])) as server:
        judge = make_judge(server)
        trial = start_trial(judge, items=1, cap_usd=1)
        while trials.go_on(judge.project):
            pass
    [call] = trial.calls.all()
    assert call.raw["unlocated"] == {"errors": {"of": 2, "absent": 1, "ambiguous": 0}}
    assert [one["text"] for one in call.verdict["errors"]["spans"]] == ["capital"]
