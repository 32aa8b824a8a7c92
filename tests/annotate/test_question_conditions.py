"""Questions asked only upon an earlier answer, and questions under a criterion."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.aggregation import aggregate_stale
from annotate.formats import exporter, importer
from annotate.formats.base import BadLine
from annotate.gold import agreed
from annotate.importing import import_items
from annotate.models import Annotation
from annotate.questions import IncompleteAnswers, InvalidAnswer, InvalidForm, parse_questions
from annotate.questions.base.question import Shown
from routing.judges.prompts import schema
from routing.judges.reconcile import reconcile
from tests.factories import make_annotation, make_annotator, make_item, make_project

QUICK = settings(max_examples=80)
OPTIONS = [{"value": value, "label": value.title()} for value in ("facts", "tone")]


def upon(question, *answer):
    return {"question": question, "answer": list(answer)}


FORM = [
    {"kind": "preference", "name": "overall", "title": "Which?", "both_bad": True},
    {
        "kind": "choice",
        "name": "reasons",
        "title": "Why is it?",
        "options": OPTIONS,
        "several": True,
        "ask_if": upon("overall", "not_tie"),
    },
    {
        "kind": "text",
        "name": "source",
        "title": "Which fact?",
        "ask_if": upon("reasons", "facts"),
    },
    {
        "kind": "text",
        "name": "repair",
        "title": "What would help?",
        "required": False,
        "ask_if": upon("overall", "tie", "both_bad"),
    },
]
QUESTIONS = parse_questions(FORM)


def side(value):
    return {"value": value, "both_bad": value is None}


def parse(complete=True, **raw):
    return QUESTIONS.parse(raw, completions=2, complete=complete)


REASONS, FACT = {"chosen": ["facts"]}, {"text": "The year"}


# ---------------------------------------------------------------------------------- what is owed


def test_what_is_asked_is_owed_and_what_is_not_is_dropped():
    full = {"overall": side(1), "reasons": REASONS, "source": FACT}
    assert parse(**full) == full
    assert parse(overall=side(0), reasons=REASONS, source=FACT) == {"overall": side(0)}
    with pytest.raises(IncompleteAnswers) as fault:
        parse(overall=side(1))
    assert set(fault.value.faults) == {"reasons"}


def test_what_hangs_on_a_dropped_answer_is_dropped_too():
    assert parse(overall=side(None), reasons=REASONS, source=FACT, repair=FACT) == {
        "overall": side(None),
        "repair": FACT,
    }


def test_an_answer_that_nobody_asked_for_may_be_anything():
    assert parse(overall=side(0), reasons=17, source={"text": 5}) == {"overall": side(0)}
    with pytest.raises(IncompleteAnswers):
        parse(overall=side(1), reasons=17)


def test_an_import_that_leaves_the_condition_open_keeps_what_it_says():
    assert parse(complete=False, reasons=REASONS) == {"reasons": REASONS}
    assert parse(complete=False, overall=side(0), reasons=REASONS) == {"overall": side(0)}


@given(order=st.permutations([0, 1]), value=st.sampled_from([-2, -1, 0, 1, 2, None]))
@QUICK
def test_what_is_asked_does_not_depend_on_the_order_that_was_shown(order, value):
    raw = {"overall": side(value), "reasons": REASONS, "source": FACT, "repair": FACT}
    shown = parse(**raw)
    own = QUESTIONS.permute(shown, order)
    assert QUESTIONS.asked(own) == own
    assert parse(**own) == own


@pytest.mark.parametrize(
    ("definition", "came_to"),
    [
        ({"kind": "preference"}, {"not_tie": side(2), "tie": side(0)}),
        ({"kind": "rating"}, {"1": {"values": [4, 1]}, "4": {"values": [None, 4]}}),
        ({"kind": "choice"}, {"yes": {"chosen": ["yes"]}, "no": {"chosen": ["no"]}}),
        (
            {"kind": "choice", "several": True, "each": True, "none": "None"},
            {"yes": {"each": [["yes"], None]}, "none": {"each": [["yes"], []]}},
        ),
        ({"kind": "text"}, {"written": {"text": " x "}}),
    ],
)
def test_every_outcome_that_a_kind_names_can_be_asked_upon(definition, came_to):
    first = {"name": "first", "title": "First?", "required": False} | definition
    for (wanted, answer), (_, other) in itertools.product(came_to.items(), repeat=2):
        then = {"kind": "text", "name": "then", "title": "?", "ask_if": upon("first", wanted)}
        questions = parse_questions([first, then])
        assert wanted in questions["first"].outcomes
        asked = questions.asks(questions["then"], {"first": other})
        assert asked == (wanted in questions["first"].came_to(other))
        assert not questions.asks(questions["then"], {})
        page = questions["first"].html(Shown(order=[0, 1], answer=answer))
        assert f'data-outcome="{wanted}"' in page, "or a page could not show what is asked then"


def test_a_page_says_what_a_question_is_asked_upon():
    page = QUESTIONS["repair"].html(Shown(order=[0, 1]))
    assert 'data-if="overall" data-is="tie both_bad"' in page
    assert "data-if" not in QUESTIONS["overall"].html(Shown(order=[0, 1]))


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (upon("later", "yes"), "'later', which is no question before it; use one of overall"),
        (upon("q", "yes"), "no question before it"),
        (upon("order", "1"), "a ranking has no outcomes to ask upon; use one of overall"),
        (upon("overall", "first"), "is 'first', which it never is; use not_tie, tie."),
        (upon("overall", "both_bad"), "which it never is"),
        (upon("overall"), "names no answer to 'overall'"),
        ({"question": "overall"}, 'write {"question"'),
        ("overall", 'write {"question"'),
        (upon(5, "x"), 'write {"question"'),
    ],
)
def test_a_condition_that_cannot_be_is_refused(condition, says):
    form = [
        {"kind": "preference", "name": "overall", "title": "Which?"},
        {"kind": "ranking", "name": "order", "title": "Order?"},
        {"kind": "text", "name": "q", "title": "Why?", "ask_if": condition},
        {"kind": "choice", "name": "later", "title": "Later?"},
    ]
    with pytest.raises(InvalidForm, match=says):
        parse_questions(form)


# ------------------------------------------------------------------------------------------- judges


def test_a_judge_owes_what_it_is_asked_and_the_rest_is_dropped():
    told = {"overall": "A<B", "reasons": ["facts"], "source": "The year", "repair": None}
    answers = QUESTIONS.from_judge(told, completions=2)
    assert answers == {"overall": side(1) | {"both_bad": False}, "reasons": REASONS, "source": FACT}
    tie = QUESTIONS.from_judge(told | {"overall": "A=B", "repair": "Dates"}, completions=2)
    assert set(tie) == {"overall", "repair"}
    with pytest.raises(InvalidAnswer) as fault:
        QUESTIONS.from_judge(told | {"reasons": None}, completions=2)
    assert fault.value.question == "reasons"


def test_a_judge_may_say_null_only_where_there_is_a_condition():
    parts = schema(QUESTIONS, completions=2)["properties"]["answers"]["properties"]
    assert parts["reasons"]["anyOf"][-1] == {"type": "null"}
    assert "anyOf" not in parts["overall"]
    words = QUESTIONS.judge_instruction(QUESTIONS["repair"], completions=2)
    assert words.endswith("Answer it only if overall is “a tie” or “both bad”; else say null.")


class Call:
    """An answered call, as far as ``reconcile`` looks at it."""

    def __init__(self, verdict, order):
        self.verdict, self.shown_order, self.confidence, self.raw = verdict, order, None, None


def test_reasons_go_where_a_judge_s_two_orders_come_to_a_tie():
    verdict = {"overall": side(1), "reasons": REASONS}
    both = [Call(verdict, [0, 1]), Call(verdict, [1, 0])]  # the second one shown, both times
    assert reconcile(QUESTIONS, both).answers == {"overall": {"value": 0, "both_bad": False}}
    turned = {"overall": side(-1), "reasons": REASONS}
    agree = [Call(verdict, [0, 1]), Call(turned, [1, 0])]
    assert reconcile(QUESTIONS, agree).answers == verdict


# --------------------------------------------------------------------------------------- everywhere


def test_a_tie_that_people_agree_on_is_gold_without_the_reasons(db):
    project = make_project(questions=FORM)
    item = make_item(project)
    for _ in range(3):
        make_annotation(item, make_annotator(project), answers={"overall": side(0)})
    aggregate_stale(project)
    assert agreed(project, [item.pk])[item.pk].answers == {"overall": side(0)}


def test_an_import_drops_what_was_not_asked(db):
    project = make_project(questions=FORM)
    answers = {"overall": {"value": 0}, "reasons": REASONS}
    record = {
        "prompt": "?",
        "completions": [{"text": "a"}, {"text": "b"}],
        "labels": [{"annotator": "Ann", "answers": answers}],
    }
    result = import_items(project, [record], importer("tandem", project.questions, {}))
    assert not result.faults
    assert Annotation.objects.get().answers == {"overall": side(0)}


# ---------------------------------------------------------------------------------------- criteria

PERSONAS = [
    {"kind": "preference", "name": name, "title": "Which would you rather read?", "criterion": text}
    for name, text in (("nurse", "As a nurse on a night shift"), ("child", "As a child of eight"))
]


def test_a_criterion_stands_with_the_question_for_people_and_judges():
    questions = parse_questions(PERSONAS)
    page = questions["nurse"].html(Shown(order=[0, 1]))
    assert (
        '<p class="criterion" id="answer-nurse-criterion">As a nurse on a night shift</p>' in page
    )
    assert 'aria-labelledby="answer-nurse-title answer-nurse-criterion"' in page
    words = questions.judge_instruction(questions["child"], completions=2)
    assert words.startswith(
        "Judge by this alone: As a child of eight\nWhich would you rather read?"
    )


def test_one_item_under_two_criteria_is_two_answers_each_with_its_own():
    questions = parse_questions(PERSONAS)
    answers = {"nurse": side(2), "child": side(-1)}
    assert questions.columns(answers) == {
        "nurse": 2,
        "nurse.criterion": "As a nurse on a night shift",
        "child": -1,
        "child.criterion": "As a child of eight",
    }


def test_another_criterion_is_another_scale():
    nurse, child = parse_questions(PERSONAS)
    renamed = parse_questions([PERSONAS[0] | {"title": "Which is for you?"}])["nurse"]
    assert nurse.meaning != child.meaning
    assert nurse.meaning == renamed.meaning


def line(criteria):
    return {
        "prompt": "?",
        "completions": [{"text": "a"}, {"text": "b"}],
        "labels": [{"annotator": "Ann", "answers": {"nurse": {"value": 1}}}],
        "criteria": criteria,
    }


def test_a_file_tells_the_criteria_and_a_form_with_others_refuses_its_answers():
    questions = parse_questions(PERSONAS)
    assert exporter("tandem", questions, {}).criteria == {
        "nurse": "As a nurse on a night shift",
        "child": "As a child of eight",
    }
    reader = importer("tandem", questions, {})
    told = {"nurse": "As a nurse on a night shift", "elsewhere": "As a pilot"}
    assert reader.parse(line(told)).labels
    assert reader.parse(line({"child": "As a child of nine"})).labels  # which nobody answered
    with pytest.raises(BadLine, match="'nurse' was answered by the criterion 'As a pilot', and"):
        reader.parse(line({"nurse": "As a pilot"}))
