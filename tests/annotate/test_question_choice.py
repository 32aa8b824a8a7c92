"""Choices: one or several options, own words, reasons, and what is said of each completion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.questions import InvalidAnswer, InvalidForm, parse_question
from annotate.questions.base.options import read_options, value_of
from annotate.questions.base.question import Found, Shown
from annotate.questions.choice.sets import masi_distance

QUICK = settings(max_examples=80)
ABC = [{"value": value, "label": value.upper()} for value in "abc"]


def choice(**config):
    return parse_question(
        {"kind": "choice", "name": "q", "title": "Which?", "options": ABC} | config
    )


def chosen(*values):
    return {"chosen": list(values)}


def each(*sets):
    return {"each": [None if one is None else list(one) for one in sets]}


# -------------------------------------------------------------------------------------- validation


def test_one_option_is_chosen_and_several_stand_in_the_options_order():
    assert choice().parse(chosen("b"), completions=2) == chosen("b")
    several = choice(several=True)
    assert several.parse(chosen("c", "a", "c"), completions=2) == chosen("a", "c")


@pytest.mark.parametrize(
    ("config", "raw", "says"),
    [
        ({}, chosen("a", "b"), "chooses 2 options"),
        ({}, chosen(), "chooses nothing"),
        ({}, chosen("z"), "'z' is no option; use a, b, c"),
        ({}, chosen("other"), "'other' is no option"),
        ({}, {"chosen": "a"}, "no list of options"),
        ({}, {"chosen": ["a"], "other": "x"}, "not a choice; send an object with chosen"),
        ({}, each("a", "b"), "not a choice"),
        ({"several": True}, chosen(), "chooses nothing"),
        ({"several": True, "none": "None"}, chosen("none", "a"), "“None” is chosen beside others"),
        ({"other": True}, chosen("other") | {"other": "a\x00b"}, "NUL"),
        ({"other": True}, chosen("other") | {"other": "a" * 1001}, "1001 characters"),
        ({"reasons": ABC}, chosen("a") | {"reasons": ["z"]}, "'z' is no reason"),
        ({"each": True}, each("a"), "wants 2 choices"),
        ({"each": True}, each(None, None), "says nothing of any completion"),
        ({"each": True}, each("a", "ab"), "chooses 2 options"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_what_is_wrong(config, raw, says):
    with pytest.raises(InvalidAnswer, match=says):
        choice(**config).parse(raw, completions=2)


def test_none_of_them_is_an_answer_where_it_is_offered():
    question = choice(several=True, none="No problem")
    assert question.parse(chosen("none"), completions=2) == chosen()
    assert question.parse(chosen(), completions=2) == chosen()
    assert question.is_complete(chosen(), completions=2)
    assert question.words(chosen()) == "No problem"


def test_other_wants_words_and_keeps_them_only_with_it():
    question = choice(other=True)
    assert question.parse(chosen("a") | {"other": "Unsent"}, completions=2) == chosen("a")
    wordless = question.parse(chosen("other"), completions=2)
    assert not question.is_complete(wordless, completions=2)
    assert question.is_complete(chosen("other") | {"other": "Rhymes"}, completions=2)


def test_each_completion_is_owed_a_choice():
    question = choice(each=True)
    assert not question.is_complete(each("a", None), completions=2)
    assert question.is_complete(each("a", "b"), completions=2)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"options": [ABC[0]]}, "1 options; give 2 to 30"),
        ({"options": []}, "give 2 to 30"),
        ({"options": [], "several": True}, "give 1 to 30"),
        ({"options": [ABC[0]] * 2}, "two options 'a'"),
        ({"options": [{"value": "A b", "label": "x"}, ABC[0]]}, "value 'A b'; use up to 40"),
        ({"options": [{"value": "x", "label": " "}, ABC[0]]}, "no label"),
        ({"options": [{"value": "x"}, ABC[0]]}, "give it a value, a label"),
        ({"options": "ab"}, "write a list"),
        ({"options": [{"value": "none", "label": "No"}, ABC[0]]}, "'none', which stands for"),
        ({"none": "None"}, "“none of them” is a box beside several"),
        ({"each": True, "other": True}, "own words and reasons are about the item"),
        ({"each": True, "reasons": ABC}, "own words and reasons are about the item"),
    ],
)
def test_a_choice_that_contradicts_itself_is_refused(config, says):
    with pytest.raises(InvalidForm, match=says):
        choice(**config)


def test_a_value_is_made_of_the_words_and_stays_apart_from_others():
    assert value_of("Well formatted!", []) == "well_formatted"
    assert value_of("Well-formatted", ["well_formatted"]) == "well_formatted_2"
    assert value_of("日本語", []) == "option"
    assert read_options([{"value": value_of("9 " * 60, []), "label": "x"}])


# ------------------------------------------------------------------------------------- page fields

SETS = st.lists(st.sampled_from("abc"), unique=True)
CONFIGS = st.fixed_dictionaries(
    {"several": st.booleans(), "each": st.booleans(), "other": st.booleans()}
)


@given(config=CONFIGS, sets=st.lists(SETS, min_size=3, max_size=3), order=st.permutations(range(3)))
@QUICK
def test_what_is_shown_filled_in_is_read_back_the_same(config, sets, order):
    """Through the page: its checked fields, posted, give the answer that was shown."""
    config |= {"other": config["other"] and not config["each"]}
    question = choice(**config)
    size = None if config["several"] else 1
    given_sets = [found[:size] or ["a"] for found in sets]
    answer = each(*given_sets) if config["each"] else chosen(*given_sets[0])
    own = question.parse(answer, completions=3)
    posted = ticked(question.html(Shown(order=order, answer=own)))
    raw = question.read(posted, completions=3)
    assert question.permute(question.parse(raw, completions=3), order) == own


def ticked(page):
    from django.test.html import parse_html

    found = {}

    def walk(node):
        attributes = dict(node.attributes)
        if node.name == "input" and "checked" in attributes:
            found[attributes["name"]] = attributes["value"]
        for child in node.children:
            if not isinstance(child, str):
                walk(child)

    walk(parse_html(page))
    return found


def test_untouched_boxes_are_no_answer_and_ticked_ones_are():
    question = choice(several=True, none="None", reasons=ABC)
    assert question.read({}, completions=2) is None
    assert question.read({"answer-q-is-none": "yes"}, completions=2)["chosen"] == ["none"]
    data = {"answer-q-is-a": "yes", "answer-q-why-c": "yes", "answer-q-is-z": "yes"}
    assert question.read(data, completions=2) == {"chosen": ["a"], "reasons": ["c"]}


def test_words_of_other_come_with_it():
    question = choice(other=True)
    data = {"answer-q": "other", "answer-q-text": "Two\r\nlines"}
    assert question.read(data, completions=2) == chosen("other") | {"other": "Two\nlines"}
    page = question.html(Shown(order=[0, 1], answer=chosen("other") | {"other": "<b>&"}))
    assert "&lt;b&gt;&amp;" in page


def test_choices_follow_their_completions():
    question = choice(each=True, several=True)
    assert question.permute(each("ab", None, "c"), [2, 0, 1]) == each(None, "c", "ab")


def test_keys_are_digits_and_zero_is_none():
    options = [{"value": f"v{n}", "label": f"V{n}"} for n in range(1, 12)]
    page = choice(options=options, several=True, none="None").html(Shown(order=[0, 1]))
    assert [key for key in "1234567890" if f'data-key="{key}"' in page] == list("1234567890")
    assert page.count("data-key") == 10
    assert page.count("data-sole") == 1


# -------------------------------------------------------------------------------- distance, columns


def test_the_distance_of_sets_is_masi_as_in_the_paper():
    assert masi_distance("ab", "ba") == 0
    assert masi_distance("", "") == 0
    assert masi_distance("ab", "a") == pytest.approx(1 - 1 / 2 * 2 / 3)  # one holds the other
    assert masi_distance("ab", "bc") == pytest.approx(1 - 1 / 3 * 1 / 3)  # they overlap
    assert masi_distance("a", "b") == masi_distance("a", "") == 1


def test_one_option_is_compared_by_name_and_several_whole():
    single, several = choice(), choice(several=True)
    assert not single.whole
    assert single.metric == "nominal"
    assert single.values(chosen("b")) == {"": 1.0}
    assert single.value_words(1.0) == "B"
    assert several.whole
    assert several.distance(chosen("a", "b"), chosen("a")) == pytest.approx(2 / 3)
    assert choice(each=True).values(each("b", "c")) == {"0": 1.0, "1": 2.0}
    assert choice(each=True).distance(each("b", "c"), each("b", None)) == 0


def test_cells_of_an_export_are_flat():
    assert choice().columns(chosen("b")) == {"": "b"}
    assert choice(several=True).columns(chosen("b")) == {"a": False, "b": True, "c": False}
    assert choice(each=True).columns(each("b", None)) == {"1": "b"}
    assert choice(each=True, several=True).columns(each("b", None)) == {
        "1.a": False,
        "1.b": True,
        "1.c": False,
    }
    worded = choice(other=True, reasons=ABC).columns(
        chosen("other") | {"other": "Rhymes", "reasons": ["a", "c"]}
    )
    assert worded == {"": "other", "other_words": "Rhymes", "reasons": "a, c"}


# --------------------------------------------------------------------------------------- combining


def test_one_option_is_counted_and_the_commonest_leads():
    combined = choice().combine([chosen("a"), chosen("b"), chosen("b")])
    assert combined.data == {"answers": 3, "counts": {"a": 1, "b": 2}, "chosen": ["b"]}
    assert combined.share == pytest.approx(2 / 3)
    assert choice().combine([chosen("a"), chosen("b")]).data["chosen"] == []
    assert choice().summary(combined.data) == "B 2 of 3, A 1 of 3"


def test_of_several_each_that_more_than_half_have_is_chosen():
    question = choice(several=True, none="None", reasons=ABC)
    answers = [
        chosen("a", "b") | {"reasons": ["c"]},
        chosen("a") | {"reasons": []},
        chosen() | {"reasons": ["c"]},
    ]
    data = question.combine(answers).data
    assert data["counts"] == {"a": 2, "b": 1}
    assert data["chosen"] == ["a"]
    assert data["reasons"] == {"c": 2}


def test_of_each_completion_only_its_own_answers_count():
    data = choice(each=True).combine([each("a", "b"), each("a", None)]).data
    assert [part["answers"] for part in data["each"]] == [2, 1]
    assert [part["chosen"] for part in data["each"]] == [["a"], ["b"]]


def test_what_a_method_found_replaces_the_votes():
    question = choice()
    combined = question.combine([chosen("a"), chosen("a"), chosen("b")])
    settled = question.settle(combined, {"": Found(shares=[0.2, 0.7, 0.1])})
    assert settled.data["chosen"] == ["b"]
    assert settled.data["posterior"] == {"a": 0.2, "b": 0.7, "c": 0.1}
    assert settled.confidence == 0.7
    assert question.settle(combined, {}).data["chosen"] == ["a"]


def test_of_several_each_option_has_a_vote_of_its_own():
    question = choice(several=True)
    assert question.votes(chosen("a", "c")) == {"a": 1.0, "b": 0.0, "c": 1.0}
    both = choice(several=True, each=True).votes(each("a", None))
    assert both == {"0.a": 1.0, "0.b": 0.0, "0.c": 0.0}
    shares = {"a": [0.1, 0.9], "b": [0.8, 0.2], "c": [0.6, 0.4]}
    found = {value: Found(shares=one) for value, one in shares.items()}
    settled = question.settle(question.combine([chosen("a", "c")]), found)
    assert settled.data["chosen"] == ["a"]
    assert settled.confidence == pytest.approx((0.9 + 0.8 + 0.6) / 3)


# ------------------------------------------------------------------------------------------- judges


@pytest.mark.parametrize(
    ("config", "answers", "common"),
    [
        ({}, [chosen("a"), chosen("a")], chosen("a")),
        ({}, [chosen("a"), chosen("b")], None),
        ({"several": True}, [chosen("a", "b"), chosen("b", "c")], chosen("b")),
        ({"several": True}, [chosen("a"), chosen("b")], None),
        ({"several": True, "none": "N"}, [chosen(), chosen()], chosen()),
        ({"several": True, "none": "N"}, [chosen("a"), chosen()], None),
        ({"each": True}, [each("a", "b"), each("a", "c")], each("a", None)),
        ({"each": True}, [each("a", "b"), each("b", "c")], None),
    ],
)
def test_a_judge_s_orders_give_what_they_share(config, answers, common):
    assert choice(**config).reconcile(answers) == common


def test_a_judge_chooses_from_the_options_and_not_in_its_own_words():
    question = choice(other=True, reasons=ABC)
    assert question.judge_schema(completions=2)["properties"]["chosen"]["enum"] == ["a", "b", "c"]
    answer = question.from_judge({"chosen": "a", "reasons": ["b"]}, completions=2)
    assert answer == chosen("a") | {"reasons": ["b"]}
    problems = choice(each=True, several=True, none="Nothing")
    assert problems.from_judge({"A": ["a"], "B": []}, completions=2) == each("a", "")
    assert "empty for none of them" in problems.judge_instruction(completions=2)
