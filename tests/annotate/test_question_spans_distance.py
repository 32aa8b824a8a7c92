"""How far apart two answers about spans are, and how near to gold: by hand, and character by character."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.gold import credit, gold_accuracy, is_right, set_gold
from annotate.gold_checks import score
from annotate.questions import Questions
from tests.annotate.spans import LABELS, asking, everything, span
from tests.factories import make_annotation, make_annotator, make_item, make_project

CLEAN = {"spans": [], "clean": [0, 1]}


def marks(*spans, **more):
    return {"spans": list(spans), **more}


def lacking(completion):
    return {"completion": completion, "label": "lacking"}


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        (marks(span(0, 4)), marks(span(0, 4)), 0),
        (marks(span(0, 4)), marks(span(2, 6)), 1 - 2 * 2 / 8),
        (marks(span(0, 4)), marks(span(4, 8)), 1),
        (marks(span(0, 4)), marks(span(0, 4, "style")), 1),
        # Cut into two, and said twice over, the characters are the same.
        (marks(span(0, 4)), marks(span(0, 2), span(1, 4)), 0),
        (marks(span(0, 4), span(0, 4, "style")), marks(span(0, 4)), 1 - 2 * 4 / 12),
        # What is missing counts like one character.
        (marks(missing=[lacking(0)]), marks(missing=[lacking(0)]), 0),
        (marks(missing=[lacking(0)]), marks(clean=[0]), 1),
        (marks(span(0, 3), missing=[lacking(0)]), marks(span(0, 3)), 1 - 2 * 3 / 7),
        (CLEAN, CLEAN, 0),
        (CLEAN, marks(span(0, 1), clean=[1]), 1),
        # Over both texts together, not the mean of both.
        (
            marks(span(0, 6), span(0, 2, completion=1)),
            marks(span(0, 6), span(2, 4, completion=1)),
            1 - 2 * 6 / 16,
        ),
        # A completion that one of them says nothing of is not compared.
        (marks(span(0, 4), span(0, 2, completion=1)), marks(span(0, 4)), 0),
        (marks(clean=[0]), marks(clean=[1]), 0),
    ],
)
def test_the_distance_is_one_less_the_f1_of_labelled_characters(first, second, distance):
    question = asking()
    assert question.distance(first, second) == pytest.approx(distance)
    assert question.distance(second, first) == pytest.approx(distance)


def test_passages_are_compared_whatever_is_said_of_completions():
    passage = {"context": 0, "start": 0, "end": 4, "text": "They", "label": "wrong"}
    assert everything().distance(marks(passage, clean=[0]), marks(clean=[0])) == 1
    assert everything().distance(marks(passage, clean=[0]), marks(passage, clean=[1])) == 0
    # Who marks a passage alone has looked at the translation, and found nothing in it.
    assert everything().distance(marks(passage), marks(span(0, 4))) == 1
    assert credit(everything(), marks(passage, span(0, 4)), marks(passage)) == pytest.approx(8 / 12)


SPANS = st.lists(
    st.builds(
        lambda start, size, label, completion: span(
            start, start + size, label, completion=completion
        ),
        st.integers(0, 12),
        st.integers(1, 8),
        st.sampled_from(["wrong", "style"]),
        st.integers(0, 1),
    ),
    max_size=6,
)


def characters(spans):
    return {
        (one["completion"], at, one["label"])
        for one in spans
        for at in range(one["start"], one["end"])
    }


@given(SPANS, SPANS)
@settings(max_examples=200)
def test_it_is_what_counting_characters_one_by_one_gives(first, second):
    one, other = characters(first), characters(second)
    total = len(one) + len(other)
    expected = 1 - 2 * len(one & other) / total if total else 0
    of_both = [
        marks(*spans, clean=[n for n in (0, 1) if n not in {one["completion"] for one in spans}])
        for spans in (first, second)
    ]
    assert asking().distance(*of_both) == pytest.approx(expected)


# -------------------------------------------------------------------------------------------- gold


def test_an_answer_gets_the_share_of_gold_that_it_marks():
    question, gold = asking(), marks(span(0, 4), clean=[1])
    assert credit(question, gold, gold) == 1
    assert credit(question, marks(span(2, 6), clean=[1]), gold) == pytest.approx(0.5)
    assert credit(question, CLEAN, gold) == 0
    # Gold says that there is nothing in the second one.
    wary = marks(span(0, 4), span(0, 4, completion=1))
    assert credit(question, wary, gold) == pytest.approx(2 / 3)
    # Saying nothing of a completion marks nothing in it.
    assert credit(question, marks(span(0, 4)), gold) == 1
    assert credit(question, marks(clean=[1]), gold) == 0


def test_half_of_gold_is_right_where_right_or_wrong_is_asked():
    question, gold = asking(), marks(span(0, 4), clean=[1])
    assert is_right(question, marks(span(2, 6), clean=[1]), gold)
    assert not is_right(question, marks(span(3, 7), clean=[1]), gold)


def test_a_test_s_score_counts_what_is_right_in_part_as_that_part():
    form = Questions([asking()])
    gold = {"q": marks(span(0, 4), clean=[1])}
    assert score(form, {"q": marks(span(2, 6), clean=[1])}, form, gold) == pytest.approx(0.5)
    relabelled = Questions([asking(labels=LABELS[:4])])
    assert score(relabelled, {"q": CLEAN}, form, gold) is None


@pytest.mark.django_db
def test_accuracy_adds_up_shares_of_gold():
    asked = {"kind": "spans", "name": "q", "title": "Wrong?", "labels": LABELS}
    project = make_project(questions=[asked])
    item, person = make_item(project), make_annotator(project)
    gold = set_gold(item, {"q": marks(span(0, 2, text="A "), clean=[1])})
    assert gold.answers["q"]["spans"] == [span(0, 2, text="A ")]
    make_annotation(item, person, answers={"q": marks(span(0, 1), clean=[1])})
    assert gold_accuracy(project) == {person.pk: (pytest.approx(2 / 3), 1)}
