"""Every question kind: validation, orders, aggregation, judges, and what hostile input does."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.offsets import Texts
from annotate.presets import PRESETS
from annotate.questions import (
    IncompleteAnswers,
    InvalidAnswer,
    InvalidForm,
    kinds,
    parse_questions,
)
from annotate.questions.base.question import Shown
from annotate.questions.base.quotes import take_tallies

QUICK = settings(max_examples=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
OPTIONS = [
    {"value": "clear", "label": "Clear"},
    {"value": "short", "label": "Short", "help": "No more than is needed"},
    {"value": "kind", "label": "Kind"},
]
FORMS = [
    *(preset.questions for preset in PRESETS.values()),
    [
        {"kind": "preference", "name": "forced", "title": "Which?", "points": 4},
        {"kind": "preference", "name": "turned", "title": "Which?", "points": 7, "pair": [1, 0]},
        {"kind": "text", "name": "long", "title": "Why?", "minimum_length": 20},
    ],
    [
        {"kind": "ranking", "name": "order", "title": "In which order?"},
        {"kind": "ranking", "name": "strict", "title": "And without ties?", "ties": False},
        {"kind": "choice", "name": "one", "title": "Which?", "options": OPTIONS, "other": True},
        {
            "kind": "choice",
            "name": "several",
            "title": "Which ones?",
            "options": OPTIONS,
            "several": True,
            "none": "None of them",
            "reasons": OPTIONS,
            "ask_if": {"question": "one", "answer": ["clear", "other"]},
        },
        {"kind": "choice", "name": "each", "title": "Which?", "options": OPTIONS, "each": True},
        {
            "kind": "choice",
            "name": "problems",
            "title": "What is wrong with it?",
            "options": OPTIONS,
            "each": True,
            "several": True,
            "none": "Nothing",
            "criterion": "As a teacher of eight-year-olds",
        },
    ],
    [
        {"kind": "spans", "name": "spans", "title": "What is wrong?"},
        {
            "kind": "spans",
            "name": "errors",
            "title": "Which errors are there?",
            "labels": [
                {"value": "accuracy", "label": "Accuracy"},
                {"value": "omission", "label": "Omission", "parent": "accuracy", "missing": True},
                {"value": "addition", "label": "Addition", "parent": "accuracy", "key": "a"},
                {"value": "style", "label": "Style", "colour": "green"},
            ],
            "prioritised": True,
            "severities": OPTIONS,
            "comments": "required",
            "evidence": True,
            "overlap": False,
            "contexts": True,
        },
        {"kind": "spans", "name": "first", "title": "What is wrong?", "completions": [0]},
    ],
]
QUESTIONS = [
    *parse_questions(PRESETS["pairwise"].questions),
    parse_questions(PRESETS["helpsteer2"].questions)[0],
    *(question for form in FORMS[-3:] for question in parse_questions(form)),
]
SAID = "Because the first one is right. " * 2
TEXTS = Texts([SAID] * 2, [SAID])


def one(**config):
    [question] = parse_questions([{"name": "q", "title": "Q?", **config}])
    return question


def value(number):
    return {"value": number, "both_bad": False}


def parsed(question, raw):
    """The answer, or the fault."""
    try:
        return question.parse(raw, completions=2), None
    except InvalidAnswer as fault:
        return None, fault


def ids(question):
    return f"{question.kind}-{question.name}"


# ------------------------------------------------------------------------------- whatever the kind


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_examples_are_valid_and_parsing_them_again_changes_nothing(question):
    for example in question.examples():
        assert question.parse(example, completions=2) == example


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_an_answer_in_either_order_means_the_same(question):
    for example in question.examples():
        shown = question.permute(example, [1, 0])
        assert question.permute(shown, [1, 0]) == example


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_an_answer_is_at_no_distance_from_itself_and_distances_are_symmetric(question):
    for first, second in itertools.product(question.examples(), repeat=2):
        assert question.distance(first, first) == 0
        assert question.distance(first, second) == question.distance(second, first) >= 0


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_equal_answers_combine_to_the_same_whatever_their_number(question):
    for example in question.examples():
        once, thrice = question.combine([example]), question.combine([example] * 3)
        assert (once.count, thrice.count) == (1, 3)
        assert (once.mean, once.majority, once.share) == (
            thrice.mean,
            thrice.majority,
            thrice.share,
        )


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_a_question_is_rendered_with_each_of_its_answers_in_both_orders(question):
    for example in [None, *question.examples()]:
        for order in ([0, 1], [1, 0]):
            assert question.html(Shown(order=order, answer=example))


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
@given(raw=JSON)
@QUICK
def test_anything_else_is_refused_with_the_question_s_name(question, raw):
    answer, fault = parsed(question, raw)
    if answer is not None:
        assert question.parse(answer, completions=2) == answer
    else:
        assert fault.question == question.name
        assert fault.message


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
@given(payload=JSON)
@QUICK
def test_a_judge_that_says_anything_gives_a_valid_answer_or_none(question, payload):
    try:
        answer = question.from_judge(payload, completions=2)
        if question.needs_texts:
            answer = without_tally(question.located(answer, TEXTS))
    except InvalidAnswer:
        return
    assert question.parse(answer, completions=2) == answer


def without_tally(answer):
    """Kinds whose judges quote say beside the answer how many quotes they found."""
    return take_tallies({"q": answer})[0]["q"]


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
@given(data=st.dictionaries(st.text(max_size=3), st.text(max_size=5)), field=st.text(max_size=6))
@QUICK
def test_whatever_a_form_posts_is_read_and_then_valid_or_refused(question, data, field):
    data |= {question.field: field, f"{question.field}-0": field}
    raw = question.read(data, completions=2)
    if raw is not None:
        answer, fault = parsed(question, raw)
        assert answer is not None or fault.question == question.name


SETTINGS = [
    "help",
    "required",
    "points",
    "both_bad",
    "pair",
    "minimum",
    "maximum",
    "labels",
    "minimum_length",
    "ties",
    "options",
    "several",
    "each",
    "other",
    "none",
    "reasons",
    "criterion",
    "ask_if",
    "prioritised",
    "severities",
    "comments",
    "evidence",
    "overlap",
    "snap",
    "completions",
    "contexts",
    "suggestions",
]
DEFINITIONS = st.lists(
    st.builds(
        lambda kind, name, more: {"kind": kind, "name": name, "title": "Q"} | more,
        st.sampled_from(sorted(kinds())) | JSON,
        st.just("q") | JSON,
        st.dictionaries(st.sampled_from(SETTINGS), JSON | st.integers(0, 9), max_size=4),
    ),
    min_size=1,
    max_size=2,
)


@given(definition=JSON | DEFINITIONS)
@settings(QUICK, max_examples=300)
def test_a_form_is_valid_or_refused_with_a_reason(definition):
    try:
        questions = parse_questions(definition)
    except InvalidForm:
        return
    for question in questions:
        assert question.html(Shown(order=list(range(question.least_completions))))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[0]["name"])
def test_what_a_judge_may_say_by_the_schema_is_understood(form):
    questions = parse_questions(form)
    schema = questions.judge_schema(completions=2)
    assert schema["required"] == [question.name for question in questions]
    payload = {name: _example_of(part) for name, part in schema["properties"].items()}
    answers, _ = take_tallies(questions.from_judge(payload, completions=2, texts=TEXTS))
    assert questions.parse(answers, completions=2, complete=True, texts=TEXTS) == answers


def _example_of(schema, last=1):
    """Another value for each part of an object: no schema can say that ranks have to differ."""
    if "anyOf" in schema:
        return _example_of(schema["anyOf"][0])
    if schema["type"] == "object":
        parts = enumerate(schema["properties"].items(), start=1)
        found = {name: _example_of(part, number) for number, (name, part) in parts}
        return found | ({"replacement": "Both are right. "} if "replacement" in found else {})
    if schema["type"] == "array":
        return [_example_of(schema["items"])]
    if "enum" in schema:
        return schema["enum"][-last % len(schema["enum"])]
    return 1 if schema["type"] == "integer" else SAID


# ------------------------------------------------------------------------------------------ rating


def test_ratings_follow_their_completions():
    question = one(kind="rating", minimum=0, maximum=4)
    assert question.permute({"values": [4, 0, None]}, [2, 0, 1]) == {"values": [0, None, 4]}


@pytest.mark.parametrize(
    "values", [[5, 1], [-1, 0], [1], [1, 2, 3], [1.0, 2], [True, 1], [None, None], "12", None]
)
def test_ratings_off_the_scale_or_of_another_number_are_refused(values):
    with pytest.raises(InvalidAnswer):
        one(kind="rating", minimum=0, maximum=4).parse({"values": values}, completions=2)


def test_a_partial_rating_stands_but_is_not_complete():
    question = one(kind="rating")
    answer = question.parse({"values": [3, None]}, completions=2)
    assert not question.is_complete(answer, completions=2)
    assert question.is_complete({"values": [3, 1]}, completions=2)


def test_ratings_combine_to_means_by_completion():
    combined = one(kind="rating").combine([{"values": [1, 5]}, {"values": [2, None]}])
    assert combined.count == 2
    assert combined.data["means"] == [1.5, 5.0]
    assert combined.data["counts"] == [2, 1]
    assert combined.data["distributions"] == [{"1": 1, "2": 1}, {"5": 1}]
    assert combined.mean is combined.majority is combined.share is None


# -------------------------------------------------------------------------------------------- text


def test_text_is_kept_to_the_character():
    text = "  tab\t CRLF\r\n e\u0301 👩‍👩‍👧 עברית <script>\u2028 "
    assert one(kind="text").parse({"text": text}, completions=2) == {"text": text}


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a" * 20_001, 5, None])
def test_text_that_cannot_be_stored_is_refused(text):
    with pytest.raises(InvalidAnswer):
        one(kind="text").parse({"text": text}, completions=2)


def test_an_optional_text_may_be_empty_but_not_too_short():
    question = one(kind="text", required=False, minimum_length=5)
    assert question.parse({"text": " "}, completions=2) == {"text": " "}
    with pytest.raises(InvalidAnswer, match="write at least 5"):
        question.parse({"text": "abcd   "}, completions=2)


# ------------------------------------------------------------------------------------------- forms


def test_every_fault_of_a_submission_is_told_at_once():
    questions = parse_questions(PRESETS["helpsteer2"].questions)
    raw = {"helpfulness": {"values": [9, 1]}, "nonsense": 1, "correctness": {"values": [1, None]}}
    with pytest.raises(IncompleteAnswers) as fault:
        questions.parse(raw, completions=2, complete=True)
    assert set(fault.value.faults) == {
        "helpfulness",
        "nonsense",
        "correctness",
        "coherence",
        "complexity",
        "verbosity",
    }


def test_a_judge_or_an_import_may_answer_a_part_and_the_rest_stays_absent():
    questions = parse_questions(PRESETS["multipref"].questions)
    assert questions.parse({"helpful": value(1)}, completions=2, complete=False) == {
        "helpful": value(1)
    }
    with pytest.raises(IncompleteAnswers, match="nothing is answered"):
        questions.parse({}, completions=2, complete=False)


def test_the_main_preference_is_the_overall_one_else_the_first():
    multipref = parse_questions(PRESETS["multipref"].questions)
    assert multipref.main_preference() is multipref["overall"]
    assert parse_questions(PRESETS["helpsteer2"].questions).main_preference() is None


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ([], "at least one question"),
        ("x", "at least one question"),
        ([5], "is an object"),
        ([{"kind": "spins", "name": "q", "title": "Q"}], "no question kind 'spins'"),
        ([{"kind": ["text"], "name": "q", "title": "Q"}], "no question kind"),
        ([{"kind": "text", "title": "Q"}], "'name' is missing"),
        ([{"kind": "text", "name": "Q!", "title": "Q"}], "'Q!' is not allowed"),
        ([{"kind": "text", "name": "q", "title": " "}], "'title' is empty"),
        ([{"kind": "text", "name": "q", "title": "Q", "lenght": 1}], "unknown setting 'lenght'"),
        ([{"kind": "text", "name": "q", "title": "Q", "required": 1}], "write true or false"),
        ([{"kind": "preference", "name": "q", "title": "Q", "points": 1}], "use 2 to 9"),
        ([{"kind": "preference", "name": "q", "title": "Q", "pair": 5}], "pair"),
        ([{"kind": "preference", "name": "q", "title": "Q", "pair": [1, 1]}], "two different"),
        ([{"kind": "rating", "name": "q", "title": "Q", "labels": ["a"]}], "name every point"),
        ([{"kind": "rating", "name": "q", "title": "Q", "labels": 3}], "labels"),
        ([{"kind": "rating", "name": "q", "title": "Q", "maximum": 50}], "2 to 10 points"),
        ([{"kind": "text", "name": "q", "title": "Q"}] * 2, "Two questions are named 'q'"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(definition, says):
    with pytest.raises(InvalidForm, match=says):
        parse_questions(definition)
