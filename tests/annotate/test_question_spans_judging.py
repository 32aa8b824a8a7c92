"""How judges answer questions about spans: quotes that are placed, or left out and counted."""

import pytest

from annotate.offsets import Texts
from annotate.questions import InvalidAnswer, Questions
from annotate.questions.base.quotes import take_tallies
from tests.annotate.spans import (
    FIRST,
    LABELS,
    PASSAGE,
    SEVERITIES,
    TEXTS,
    asking,
    everything,
    quoting,
    span,
)


def quote(text, label="wrong", **more):
    return {"quote": text, "before": "", "label": label, **more}


def says(*spans, missing=()):
    return {"spans": list(spans), "missing": list(missing)}


def located(question, payload, texts=TEXTS):
    """What is stored, and how many quotes were found."""
    answer = question.from_judge(payload, completions=len(texts.completions))
    answers, tallies = take_tallies({"q": question.located(answer, texts)})
    return answers["q"], tallies["q"]


def test_quotes_become_spans_and_a_completion_without_any_has_nothing():
    quoted = quote("👩\u200d👩\u200d👧", severity="major", comment="A crowd.")
    answer, tally = located(everything(), {"A": says(quoted), "B": says()})
    assert answer == {
        "spans": [span(2, 7, severity="major", comment="A crowd.")],
        "clean": [1],
    }
    assert tally == {"of": 1, "absent": 0, "ambiguous": 0}


def test_a_quote_that_stands_nowhere_or_twice_is_left_out_and_counted():
    payload = {"A": says(quote("went"), quote("ran")), "B": says(quote("er"), quote("Another"))}
    answer, tally = located(asking(), payload)
    assert answer["spans"] == [span(8, 12), span(0, 7, completion=1)]
    assert tally == {"of": 4, "absent": 1, "ambiguous": 1}


def test_a_completion_all_of_whose_quotes_are_left_out_has_nothing_said_of_it():
    answer, _ = located(asking(), {"A": says(quote("went")), "B": says(quote("ran"))})
    assert answer == {"spans": [span(8, 12)]}
    with pytest.raises(InvalidAnswer, match="of 1 quotes none stands"):
        located(asking(), {"A": says(quote("ran"))})


def test_evidence_is_placed_in_passages_and_goes_where_it_stands_nowhere():
    evidence = [
        {"passage": 1, "quote": "to school", "before": ""},
        {"passage": 1, "quote": "by car", "before": ""},
        {"passage": 9, "quote": "They", "before": ""},
    ]
    missing = [{"label": "lacking", "severity": "minor", "comment": "", "evidence": evidence}]
    answer, tally = located(everything(), {"A": says(missing=missing), "B": says()})
    found = [quoting(PASSAGE, 10, 19)]
    assert answer["missing"] == [
        {"completion": 0, "label": "lacking", "severity": "minor", "evidence": found}
    ]
    assert tally == {"of": 3, "absent": 2, "ambiguous": 0}


def test_passages_are_marked_by_their_numbers_from_one():
    payload = {"A": says(), "B": says(), "passages": [{"passage": 1, **quote("They", "style")}]}
    answer, _ = located(everything(), payload)
    assert answer["spans"] == [{**quoting(PASSAGE, 0, 4), "label": "style"}]
    assert answer["clean"] == [0, 1]


def test_of_spans_that_may_not_overlap_the_first_is_kept():
    payload = {"A": says(quote("went"), quote(f"A {FIRST[2:7]} we", "style"), quote(FIRST[:1]))}
    answer, _ = located(asking(overlap=False), payload)
    assert answer["spans"] == [span(0, 1), span(8, 12)]


def test_a_judge_is_told_which_completions_are_asked_about_in_the_order_it_sees():
    question, turned = asking(completions=[1]), TEXTS.permuted([1, 0])
    assert "about completion B alone" in question.judge_material(TEXTS)
    assert "about completion A alone" in question.judge_material(turned)
    assert asking().judge_material(TEXTS) == ""
    payload = {"A": says(quote("Another")), "B": says(quote("went"))}
    answer, tally = located(question, payload, turned)
    assert answer == {"spans": [span(0, 7, text="Another")]}
    assert tally["of"] == 1
    assert question.permute(answer, [1, 0]) == {"spans": [span(0, 7, completion=1)]}


def test_what_the_form_does_not_ask_for_is_dropped_from_a_judge_s_answer():
    quoted = quote("went", severity="minor", comment="No.", evidence=[{"passage": 1, "quote": "x"}])
    answer, _ = located(asking(comments="off"), {"A": says(quoted), "B": None})
    assert answer == {"spans": [span(8, 12)]}


@pytest.mark.parametrize(
    "payload",
    [
        5,
        {},
        {"A": 5},
        {"A": {"spans": 5}},
        {"A": says(5)},
        {"A": says({"label": "wrong"})},
        {"A": says(quote(5))},
        {"A": says(quote("went", "lacking"))},
        {"A": says(quote("went", "accuracy"))},
        {"A": says(quote("went", severity="grave"))},
        {"A": says(missing=[{"label": "wrong"}])},
        {"A": says(quote("went", evidence=5))},
        {"A": says(quote("went", evidence=[{"quote": "They"}]))},
        {"passages": [{"passage": 0, **quote("They")}]},
        {"passages": [{"passage": True, **quote("They")}]},
    ],
)
def test_a_judge_that_does_not_keep_to_the_schema_gives_no_label(payload):
    with pytest.raises(InvalidAnswer):
        located(everything(), payload)


def test_the_schema_asks_for_every_property_and_allows_no_other():
    schema = everything().judge_schema(completions=2)
    assert list(schema["properties"]) == ["A", "B", "passages"]

    def check(part):
        if part["type"] == "object":
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False
            for one in part["properties"].values():
                check(one)
        elif part["type"] == "array":
            check(part["items"])

    check(schema)
    spans = schema["properties"]["A"]["properties"]["spans"]["items"]["properties"]
    assert spans["label"]["enum"] == ["wrong", "invented", "style"]
    assert spans["severity"]["enum"] == ["minor", "major"]


def test_the_instruction_names_labels_with_their_headings_and_what_is_asked_of_each():
    words = everything(prioritised=True, overlap=False).judge_instruction(completions=2)
    assert "- wrong: Accuracy/Wrong" in words
    assert "- style: Style (how it is said)" in words
    assert "- lacking: Lacking" in words
    assert "the first of them" in words
    assert "must not overlap" in words
    assert "- accuracy" not in words
    bare = asking(labels=LABELS[3:4], comments="off").judge_instruction(completions=1)
    for said in ("missing", "severity", "comment", "overlap", "passage", "first of them"):
        assert said not in bare


def test_two_orders_of_a_judge_keep_what_both_mark():
    question = asking(severities=SEVERITIES)
    first = {
        "spans": [span(0, 9, severity="minor"), span(10, 14), span(0, 7, completion=1)],
        "missing": [{"completion": 0, "label": "lacking"}],
    }
    second = {
        "spans": [span(2, 7, severity="major"), span(10, 14, "style")],
        "missing": [{"completion": 0, "label": "lacking", "comment": "Why?"}],
        "clean": [1],
    }
    assert question.reconcile([first, second]) == {
        "spans": [span(0, 9, severity="minor")],
        "missing": [{"completion": 0, "label": "lacking"}],
    }
    assert question.reconcile([first, first]) == first
    clean = {"spans": [], "clean": [0, 1]}
    assert question.reconcile([clean, {"spans": [span(0, 1)], "clean": [1]}]) == {
        "spans": [],
        "clean": [1],
    }
    assert question.reconcile([first, clean]) is None


def test_a_form_takes_a_judge_s_answer_through_to_what_is_stored():
    form = Questions([asking()])
    payload = {"q": {"A": says(quote("WENT")), "B": says()}}
    answers = form.from_judge(payload, completions=2, texts=Texts(TEXTS.completions))
    kept, _ = take_tallies(answers)
    assert form.parse(kept, completions=2, complete=True, texts=TEXTS) == kept
    assert kept["q"]["spans"] == [span(8, 12)]
