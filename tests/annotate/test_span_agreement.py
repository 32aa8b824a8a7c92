"""Figures of agreement between those who mark parts of texts, worked by hand or out of a book."""

import numpy as np
import pytest

from annotate.agreement.marked import marked
from annotate.agreement.matching import Pairs, matches
from annotate.agreement.spans import Spans
from annotate.agreement.sums import Sums, estimates_of, mean
from annotate.stretches import Marks, cut

LABELS = ("a", "b", "c", "d", "e", "f", "g")


def marks_of(rows):
    """From (answer, text, start, end, label)."""
    columns = np.array(list(rows), dtype=np.int64).reshape(-1, 5).T
    return Marks(*columns)


def spans_of(answers, lengths, missing=(), *, text_item=None):
    """From (item, annotator, [(text, start, end, label)]), and the length of each text.

    A text is the item of the same number, unless ``text_item`` says otherwise.
    """
    item, annotator = (
        np.array(column) for column in zip(*[row[:2] for row in answers], strict=True)
    )
    marks = marks_of([(place, *mark) for place, row in enumerate(answers) for mark in row[2]])
    lacking = marks_of([(place, text, -1, -1, label) for place, text, label in missing])
    table = marked(
        marks,
        lacking,
        item=item,
        text_item=np.arange(len(lengths)) if text_item is None else np.array(text_item),
        lengths=np.array(lengths),
        labels=len(LABELS),
    )
    day = np.zeros(len(item), dtype=np.int64)
    return Spans(item, annotator, day, table, LABELS, np.arange(len(item)))


def pair(first, second, *, length=100):
    """One text of two annotators, each [(start, end, label)]."""
    return spans_of(
        [(0, 0, [(0, *mark) for mark in first]), (0, 1, [(0, *mark) for mark in second])], [length]
    )


def value(spans, name):
    return spans.figures([name])[name].value


# --------------------------------------------------------------------------------------- character F1


def test_character_f1_is_twice_what_both_mark_over_what_each_marks():
    found = pair([(0, 10, 0)], [(5, 15, 0)]).figures()
    assert found["character_f1"].value == pytest.approx(2 * 5 / 20)
    assert found["character_f1"].chance == pytest.approx(2 * (10 * 10 / 100) / 20)


def test_character_f1_without_labels_does_not_mind_them():
    found = pair([(0, 10, 0)], [(0, 10, 1)]).figures()
    assert found["character_f1"].value == 1
    assert found["character_f1_labels"].value == 0
    assert found["character_f1_labels"].chance == 0


def test_a_character_counts_once_however_often_it_is_marked():
    found = pair([(0, 10, 0), (4, 10, 0)], [(0, 10, 0)]).figures()
    assert found["character_f1"].value == found["character_f1_labels"].value == 1


def test_a_character_counts_for_each_of_its_labels():
    found = pair([(0, 10, 0), (0, 10, 1)], [(0, 10, 0)]).figures()
    assert found["character_f1"].value == 1
    assert found["character_f1_labels"].value == pytest.approx(2 * 10 / 30)


def test_of_two_who_mark_nothing_f1_is_not_defined_but_they_agree_that_there_is_nothing():
    found = pair([], []).figures()
    assert found["character_f1"].value is None
    assert found["character_f1"].n == 0
    assert found["agreement_any"].value == 1
    assert found["alpha"].value is None  # all answers are the same


def test_marking_something_where_another_marks_nothing_is_an_f1_of_nought():
    found = pair([(0, 10, 0)], []).figures()
    assert found["character_f1"].value == 0
    assert found["agreement_any"].value == 0


def test_every_pair_of_an_item_counts_once():
    spans = spans_of(
        [(0, 0, [(0, 0, 10, 0)]), (0, 1, [(0, 0, 10, 0)]), (0, 2, []), (1, 0, [(1, 0, 4, 0)])],
        [50, 50],
    )
    found = spans.figures()["character_f1"]
    assert found.value == pytest.approx((1 + 0 + 0) / 3)
    assert found.n == 1  # nobody else answered the second


def test_texts_of_an_item_are_counted_together():
    spans = spans_of(
        [(0, 0, [(0, 0, 10, 0), (1, 0, 10, 0)]), (0, 1, [(0, 0, 10, 0)])],
        [20, 80],
        text_item=[0, 0],
    )
    found = spans.figures()["character_f1"]
    assert found.value == pytest.approx(2 * 10 / 30)
    assert found.chance == pytest.approx(2 * (10 * 10 / 20) / 30)


def test_chance_is_the_mean_over_all_rotations_of_the_one_s_marks():
    length, first, second = 23, [(2, 7), (11, 12)], [(0, 4), (9, 15)]
    of_first = np.zeros(length, bool)
    of_second = np.zeros(length, bool)
    for marks, of in ((first, of_first), (second, of_second)):
        for start, end in marks:
            of[start:end] = True
    shared = [(np.roll(of_first, turn) & of_second).sum() for turn in range(length)]
    by_hand = np.mean(shared) * 2 / (of_first.sum() + of_second.sum())
    found = pair([(*m, 0) for m in first], [(*m, 0) for m in second], length=length)
    assert found.figures()["character_f1"].chance == pytest.approx(by_hand)


# --------------------------------------------------------------------------------------------- spans


def test_exact_f1_wants_the_same_range_and_label():
    found = pair([(0, 10, 0), (20, 25, 1)], [(0, 10, 0), (20, 25, 2), (30, 31, 0)])
    assert value(found, "exact_f1") == pytest.approx(2 * 1 / 5)


def test_nearly_is_when_both_ends_are_at_most_five_characters_apart():
    assert value(pair([(10, 20, 0)], [(15, 25, 0)]), "tolerant_f1") == 1
    assert value(pair([(10, 20, 0)], [(16, 25, 0)]), "tolerant_f1") == 0
    assert value(pair([(10, 20, 0)], [(10, 26, 0)]), "tolerant_f1") == 0
    assert value(pair([(10, 20, 0)], [(10, 20, 1)]), "tolerant_f1") == 0


def test_a_span_has_one_partner_at_most():
    assert value(pair([(10, 20, 0)], [(9, 20, 0), (11, 20, 0)]), "tolerant_f1") == 2 / 3


def test_the_nearest_are_partners_first_and_what_is_left_is_matched_again():
    first, second = [(10, 20, 0), (13, 20, 0)], [(12, 20, 0), (9, 20, 0)]
    assert value(pair(first, second), "tolerant_f1") == 1


def test_spans_of_other_texts_and_of_the_same_annotator_are_no_partners():
    spans = spans_of(
        [(0, 0, [(0, 0, 5, 0), (0, 1, 6, 0)]), (0, 1, [(1, 0, 5, 0)])], [9, 9], text_item=[0, 0]
    )
    assert value(spans, "tolerant_f1") == 0


def test_matches_by_chance_count_the_rotations_that_bring_two_spans_together():
    marks = marks_of([(0, 0, 10, 20, 0), (1, 0, 40, 53, 0)])
    found, by_chance = matches(marks, Pairs.of(np.zeros(2, int)), np.array([200]))
    turns = [abs(10 + turn - 40) <= 5 and abs(20 + turn - 53) <= 5 for turn in range(-100, 100)]
    assert found.tolist() == [0]
    assert by_chance.tolist() == [sum(turns) / 200]


def test_matching_many_texts_in_parts_gives_the_same(monkeypatch):
    rng = np.random.default_rng(5)
    answer = np.repeat(np.arange(60), 4)
    start = rng.integers(0, 30, size=240)
    marks = Marks(answer, answer // 3, start, start + 5, rng.integers(2, size=240)).once()
    pairs, lengths = Pairs.of(np.arange(60) // 3), np.full(20, 40)
    whole = matches(marks, pairs, lengths)
    monkeypatch.setattr("annotate.agreement.matching.CANDIDATES", 50)
    for one, other in zip(whole, matches(marks, pairs, lengths), strict=True):
        np.testing.assert_allclose(one, other)


def test_what_is_missing_is_compared_by_label():
    answers = [(0, 0, []), (0, 1, []), (1, 0, []), (1, 1, [])]
    missing = [(0, 0, 3), (0, 0, 4), (1, 0, 3), (2, 1, 3)]
    found = spans_of(answers, [9, 9], missing).figures()["missing_f1"]
    assert found.value == pytest.approx((2 * 1 / 3 + 0) / 2)
    assert "missing_f1" not in pair([(0, 1, 0)], [(0, 1, 0)]).figures()


# ------------------------------------------------------------------------------------- unitised alpha

# Krippendorff (2019), Content Analysis, 4th edition, figure 12.11: three observers, 60 long.
ALEX = [(0, 7, 0), (7, 13, 1), (30, 32, 4), (32, 37, 5), (37, 44, 5), (44, 60, 6)]
PAUL = [(0, 7, 0), (7, 13, 2), (13, 21, 4), (32, 44, 5)]
SUZAN = [(0, 7, 0), (7, 13, 3), (13, 21, 4), (32, 37, 5), (37, 41, 5), (41, 44, 5)]


def book():
    answers = [
        (0, who, [(0, *mark) for mark in marks]) for who, marks in enumerate((ALEX, PAUL, SUZAN))
    ]
    return spans_of(answers, [60])


def test_unitised_alpha_is_that_of_the_book():
    found = book().figures()
    assert found["alpha"].value == pytest.approx(0.510, abs=0.0005)
    assert found["alpha_marked"].value == pytest.approx(0.413, abs=0.001)


def test_unitised_alpha_follows_from_coincidences_as_worked_by_hand():
    """Of 180 characters 110 coincide; squares 49 + 36 + 4 + … and gaps of 17, 27 and 27."""
    found = book().figures()["alpha"]
    squares = 982
    values = np.array([71, 21, 6, 6, 6, 18, 36, 16])  # none, a, b, …
    expected = 180 - 180 * ((values**2).sum() - squares) / (180**2 - squares)
    assert found.observed == pytest.approx(110 / 180)
    assert found.chance == pytest.approx(1 - expected / 180)
    assert found.value == pytest.approx(1 - (180 - 110) / expected)


def test_unitised_alpha_is_one_where_all_mark_the_same_and_near_nought_by_chance():
    assert value(pair([(3, 9, 0)], [(3, 9, 0)]), "alpha") == pytest.approx(1)
    rng = np.random.default_rng(1)
    starts = rng.integers(0, 90, size=(400, 2))
    answers = [
        (item, who, [(item, start, start + 10, 0)])
        for item, row in enumerate(starts.tolist())
        for who, start in enumerate(row)
    ]
    assert abs(value(spans_of(answers, [100] * 400), "alpha")) < 0.05


def test_two_units_side_by_side_are_not_one():
    """Their squares differ, and with them what coincides with itself."""
    one, two = (
        cut(marks_of([(0, 0, *mark) for mark in marks]), labels=7)
        for marks in ([(0, 9, 0)], [(0, 4, 0), (4, 9, 0)])
    )
    assert one.unit.tolist() == [0]
    assert two.unit.tolist() == [0, 1]


def test_overlapping_marks_make_a_value_of_their_own():
    found = cut(marks_of([(0, 0, 0, 6, 0), (0, 0, 4, 9, 1), (1, 0, 4, 6, 1)]), labels=2)
    assert found.label_set.tolist() == [1, 3, 2, 2]
    assert found.row_length.tolist() == [4, 2, 2, 3, 2]


def test_a_label_s_own_alpha_holds_it_against_everything_else():
    rows = book().by_label()
    assert rows["a"]["alpha"]["value"] == pytest.approx(1)
    assert rows["a"]["character_f1"]["value"] == 1
    assert rows["b"]["character_f1"]["value"] == 0
    assert rows["b"]["alpha"]["value"] < 0
    assert rows["f"]["spans"] == 6
    assert next(iter(rows)) == "f"  # what is given most often comes first


def test_the_rarest_sets_of_labels_are_one_for_chance_alone(monkeypatch):
    whole = book().figures()["alpha"]
    monkeypatch.setattr("annotate.agreement.spans.MOST_VALUES", 4)
    fewer = book().figures()["alpha"]
    assert fewer.observed == whole.observed
    assert fewer.chance == pytest.approx(whole.chance, abs=0.05)
    assert fewer.chance > whole.chance


# ------------------------------------------------------------------------------- parts and intervals


def test_a_part_has_the_figures_that_it_would_have_alone():
    rng = np.random.default_rng(3)
    answers = [
        (
            item,
            who,
            [(item, int(s), int(s) + 8, int(rng.integers(3))) for s in rng.integers(0, 40, 3)],
        )
        for item in range(12)
        for who in range(3)
    ]
    whole = spans_of(answers, [50] * 12)
    part = whole.where((whole.item < 6) & (whole.annotator != 1))
    alone = spans_of([row for row in answers if row[0] < 6 and row[1] != 1], [50] * 12)
    for name, found in part.figures().items():
        assert found.as_json == pytest.approx(alone.figures()[name].as_json), name


def test_joined_parts_are_the_whole():
    whole = book()
    one, other = whole.where(whole.annotator < 1), whole.where(whole.annotator >= 1)
    assert one.joined(other).figures()["alpha"] == whole.figures()["alpha"]


def test_intervals_draw_items_anew():
    parts = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    found = estimates_of({"mean": Sums(parts, mean, 2)})["mean"]
    assert (found.value, found.low, found.high) == (0.5, 0, 1)


def test_one_item_has_no_interval():
    found = pair([(0, 10, 0)], [(5, 15, 0)]).figures()["character_f1"]
    assert (found.low, found.high) == (None, None)


def test_nobody_s_labels_have_no_figures():
    whole = book()
    nobody = whole.where(np.zeros(3, dtype=bool))
    assert {name: one.n for name, one in nobody.figures().items()}["alpha"] == 0
