"""What became of marks that were filled in before an annotator began."""

import pytest

from annotate.questions.base.filled_in import became


def span(start, end, label="wrong", **more):
    return {
        "completion": 0,
        "start": start,
        "end": end,
        "text": "x" * (end - start),
        "label": label,
    } | more


def missing(label="lacking", **more):
    return {"completion": 0, "label": label} | more


def outcome(before, after, *, lacks=(), lacks_now=()):
    found = became(
        {"spans": before, "missing": list(lacks)}, {"spans": after, "missing": list(lacks_now)}
    )
    return found["kept"], found["changed"], found["deleted"], found["added"]


FIRST, SECOND = span(0, 5), span(10, 15)


def test_what_is_left_as_it_was_is_kept():
    assert outcome([FIRST, SECOND], [FIRST, SECOND]) == ([0, 1], [], [], 0)


def test_what_is_taken_away_is_deleted():
    assert outcome([FIRST, SECOND], [SECOND]) == ([1], [], [0], 0)


def test_what_is_there_beside_it_is_added():
    assert outcome([FIRST], [FIRST, SECOND, span(20, 21)]) == ([0], [], [], 2)


@pytest.mark.parametrize(
    "now",
    [span(0, 4), span(4, 9), span(0, 5, "vague"), span(0, 5, comment="why"), span(0, 5, severity="major")],
)  # fmt: skip
def test_another_place_that_shares_characters_or_another_word_is_a_change(now):
    assert outcome([FIRST, SECOND], [now, SECOND]) == ([1], [0], [], 0)


def test_a_place_that_only_touches_it_is_another_mark():
    assert outcome([FIRST], [span(5, 9)]) == ([], [], [0], 1)


def test_marks_of_another_text_have_nothing_to_do_with_it():
    assert outcome([FIRST], [{**FIRST, "completion": 1}]) == ([], [], [0], 1)
    passage = {**FIRST, "context": 0}
    del passage["completion"]
    assert outcome([FIRST], [passage]) == ([], [], [0], 1)


def test_each_mark_answers_for_one_that_was_filled_in():
    assert outcome([FIRST, FIRST], [FIRST]) == ([0], [], [1], 0)
    assert outcome([span(0, 5), span(3, 9)], [span(2, 8)]) == ([], [0], [1], 0)
    assert outcome([span(0, 9)], [span(0, 3), span(4, 9)]) == ([], [0], [], 1)


def test_what_is_missing_is_counted_after_the_spans():
    kept = outcome([FIRST], [FIRST], lacks=[missing(), missing("date")], lacks_now=[missing()])
    assert kept == ([0, 1], [], [2], 0)
    changed = outcome([], [], lacks=[missing()], lacks_now=[missing(comment="the year")])
    assert changed == ([], [0], [], 0)


def test_evidence_does_not_part_marks_as_it_names_others_by_number():
    assert outcome([FIRST], [{**FIRST, "evidence": [{"span": 1}]}, SECOND]) == ([0], [], [], 1)


def test_without_an_answer_all_is_deleted():
    assert became({"spans": [FIRST]}, None) == {
        "kept": [],
        "changed": [],
        "deleted": [0],
        "added": 0,
    }
