"""Labels of steps: how texts are divided, what an answer may say, and what a page posts."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.offsets import Texts
from annotate.questions import IncompleteAnswers, InvalidAnswer, InvalidForm, Shown, parse_questions
from annotate.questions.steps.dividing import lines, paragraphs

MATHS = "Let x = 2.\n\nThen x² = 4. 👍🏽\r\n\r\nSo x³ = 9.\n"
FIRST, SECOND, THIRD = (0, 10), (12, 27), (31, 41)
TEXTS = Texts([MATHS, "One step."])


def steps(**settings):
    [question] = parse_questions(
        [{"kind": "steps", "name": "steps", "title": "Steps?", **settings}]
    )
    return question


def step(place, label="good", completion=0, text=None, **more):
    text = text or TEXTS.completions[completion]
    start, end = place
    return {
        "completion": completion,
        "start": start,
        "end": end,
        "text": text[start:end],
        "label": label,
        **more,
    }


def answer(*given):
    return {"steps": list(given)}


def parsed(question, raw, *, complete=False, texts=TEXTS):
    """Through the whole of the validation."""
    from annotate.questions import Questions

    size = len(texts.completions)
    return Questions([question]).parse(
        {"steps": raw}, completions=size, complete=complete, texts=texts
    )["steps"]


def refusal(question, raw, **more):
    with pytest.raises(IncompleteAnswers) as caught:
        parsed(question, raw, **more)
    return caught.value.faults["steps"]


# ------------------------------------------------------------------------------------- dividing


def pieces(text, rule):
    return [text[start:end] for start, end in rule(text)]


def test_paragraphs_are_parted_by_empty_lines_whatever_ends_a_line():
    assert paragraphs(MATHS) == [FIRST, SECOND, THIRD]
    assert pieces("a\nb\n \t\nc\r\rd", paragraphs) == ["a\nb", "c", "d"]
    assert paragraphs("") == paragraphs(" \n\n ") == []


def test_a_block_of_code_stays_whole_over_its_empty_lines():
    code = "```python\na = 1\n\nb = 2\n```"
    assert pieces(f"First:\n\n{code}\n\nThen.", paragraphs) == ["First:", code, "Then."]
    assert pieces("~~~~\na\n\n~~~\n\nb\n~~~~\n\nc", paragraphs)[-1] == "c"
    assert pieces("```\nnever closed\n\nto the end", paragraphs) == [
        "```\nnever closed\n\nto the end"
    ]


def test_lines_are_steps_without_the_white_space_around_them():
    assert pieces("  a \r\n\n b\tc\rd", lines) == ["a", "b\tc", "d"]


@given(st.text(st.sampled_from("a \n\r\t`~.👍🏽é\u0301\u200f"), max_size=60))
def test_steps_follow_each_other_and_hold_everything_but_white_space(text):
    for rule in (lines, paragraphs):
        after, kept = 0, []
        for start, end in rule(text):
            assert after <= start < end <= len(text)
            assert text[after:start].strip() == ""
            assert text[start:end].strip() == text[start:end]
            kept.append(text[start:end])
            after = end
        assert text[after:].strip() == ""
        assert bool(kept) == bool(text.strip())


def test_steps_that_came_with_a_completion_stand_before_the_rule_and_only_where_it_says_so():
    texts = Texts(["One. Two.", "Three. Four."], steps=[[(0, 4), (5, 9)], None])
    assert list(steps().divided(texts, 0)) == [(0, 4), (5, 9)]
    assert list(steps().divided(texts, 1)) == [(0, 12)]
    assert list(steps(divide="lines").divided(texts, 0)) == [(0, 9)]
    assert list(steps(divide="sentences").divided(texts, 1)) == [(0, 6), (7, 12)]


# ------------------------------------------------------------------------------------ validation


def test_labels_are_kept_in_the_order_of_the_text():
    raw = answer(step(THIRD, "bad"), step(FIRST), step((0, 9), completion=1))
    assert [s["start"] for s in parsed(steps(), raw)["steps"]] == [0, 31, 0]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (step((0, 5)), "0-5 is no step of completion 1; the nearest one is 0-10"),
        (step(FIRST) | {"text": "Let y = 2."}, "but there stands 'Let x = 2.'"),
        (step(SECOND) | {"start": 13, "end": 28}, "there stands"),
        (step(FIRST, "great"), "use one of good, neutral, bad"),
        (step(FIRST) | {"completion": 2}, "which there is none of"),
        (step(FIRST, mood="fine"), "'mood', which nothing reads"),
        (step(FIRST, comment=3), "write a text"),
        (step(FIRST, comment="\ud800"), "lone surrogate"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_remedy(given, fault):
    assert fault in refusal(steps(), answer(given))


def test_a_step_is_labelled_once_and_an_answer_labels_one_at_least():
    assert "which overlap" in refusal(steps(), answer(step(FIRST), step(FIRST, "bad")))
    assert "label at least one" in refusal(steps(), answer())
    assert "has 'steps' that is no list" in refusal(steps(), {"steps": 3})
    assert "does not ask for" in refusal(steps(comments="off"), answer(step(FIRST, comment="no")))


def test_every_step_is_owed_up_to_the_first_error():
    one = step((0, 9), completion=1)
    to_the_error = answer(step(FIRST), step(SECOND, "bad"), one)
    gap = answer(step(FIRST), step(THIRD, "bad"), one)
    assert parsed(steps(), to_the_error, complete=True)
    up_to_it = "step 2 of A has no label; label every step, up to the first error"
    assert refusal(steps(), gap, complete=True) == up_to_it
    for question in (steps(first_error=False), steps(bad="")):
        fault = "step 3 of A has no label; label every step"
        assert refusal(question, to_the_error, complete=True) == fault
    assert parsed(steps(), gap), "a file may leave steps out"


def test_a_comment_is_owed_for_an_error_where_the_form_says_so():
    question = steps(comments="required")
    one = step((0, 9), completion=1)
    fault = refusal(question, answer(step(FIRST, "bad"), one), complete=True)
    assert fault == "has no comment on the error 'Let x = 2.'; say what is wrong"
    assert parsed(question, answer(step(FIRST, "bad", comment="Why 2?"), one), complete=True)


def test_a_completion_without_steps_owes_none():
    texts = Texts(["Fine.", " \n"])
    assert parsed(steps(), answer(step((0, 5), text="Fine.")), complete=True, texts=texts)


def test_an_answer_is_turned_into_the_item_s_own_order():
    shown = answer(step(FIRST, completion=0), step((0, 9), completion=1))
    own = steps().permute(shown, [1, 0])
    assert [(s["completion"], s["end"]) for s in own["steps"]] == [(0, 9), (1, 10)]
    assert steps().permute(own, [1, 0]) == shown


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"labels": [{"value": "a", "label": "A"}]}, "give 2 to 9"),
        ({"bad": "wrong"}, "is 'wrong', which is no label; use one of good, neutral, bad"),
        ({"divide": "words"}, "use one of given, lines, paragraphs, sentences"),
        ({"comments": "yes"}, "use one of off, optional, required"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, fault):
    with pytest.raises(InvalidForm, match=re.escape(fault)):
        steps(**settings)


# ------------------------------------------------------------------------------------------ page


def posted(page):
    """What a browser sends of a page, its text areas without the first newline."""
    data = {}
    for field in re.findall(r"<input[^>]*>", page):
        found = [re.search(rf' {part}="([^"]*)"', field) for part in ("name", "value")]
        if all(found) and ('type="hidden"' in field or " checked" in field):
            name, value = (html.unescape(one[1]) for one in found)
            data[name] = value
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n([^<]*)</textarea>', page):
        data[name] = html.unescape(text)
    return data


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_page_posts_what_it_shows_whatever_the_order(order):
    question = steps()
    own = answer(
        step(FIRST), step(SECOND, "neutral", comment='<b> & "5"'), step((0, 9), "bad", completion=1)
    )
    texts = TEXTS.permuted(order)
    data = posted(question.html(Shown(order=order, answer=own, texts=texts)))
    raw = question.read(data, completions=2)
    given = parsed(question, raw, complete=False, texts=texts)
    assert question.permute(given, order) == own
    assert question.held(data, order) == own


def test_an_untouched_page_says_nothing_and_a_whole_answer_may_come_as_json():
    question = steps()
    data = posted(question.html(Shown(order=[0, 1], texts=TEXTS)))
    assert question.read(data, completions=2) is None
    whole = answer(step(FIRST))
    assert question.read({question.field: json.dumps(whole)}, completions=2) == whole


def test_a_division_that_was_tampered_with_is_refused():
    question = steps()
    data = {f"{question.field}-of": '[[0, 0, 5, "Let x"], 7]', f"{question.field}-0": "good"}
    assert "is no step" in refusal(question, question.read(data, completions=2))
    data[f"{question.field}-1"] = "good"
    with pytest.raises(InvalidAnswer, match="send an object"):
        question.parse(question.read(data, completions=2), completions=2)


def test_text_that_belongs_to_no_step_is_shown_too():
    texts = Texts(["Answer: one. two."], steps=[[(8, 12), (13, 17)]])
    page = steps().html(Shown(order=[0], texts=texts))
    assert re.search(r'class="between">.*Answer:', page)


def test_what_a_form_posts_for_no_item_s_texts_is_shown_as_an_example():
    assert "Neutral" in steps().html(Shown(order=[0]))
