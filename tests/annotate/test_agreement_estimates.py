"""Tables of counts, items drawn anew, and the intervals that come of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotate.agreement.coefficients import METRICS, Agreement, Fleiss, Gwet, alpha, of_table
from annotate.agreement.estimates import Estimate, estimates
from annotate.agreement.tables import distinct, group, meetings

VALUES = np.array([0.0, 1.0, 2.0])
OFTEN = settings(max_examples=100, derandomize=True, database=None, deadline=None)


def one(units, coefficient):
    return estimates(units, {"it": coefficient})["it"]


@given(
    rows=arrays.arrays(
        np.int64, st.tuples(st.integers(1, 30), st.integers(1, 40)), elements=st.integers(0, 3)
    )
)
@OFTEN
def test_rows_are_told_apart_however_many_columns_they_have(rows):
    first, which = distinct(rows)
    assert (rows[first][which] == rows).all()
    assert len(first) == len(np.unique(rows, axis=0))


def test_every_two_answers_to_a_unit_meet_once():
    unit = np.array([4, 2, 4, 4, 9, 2])
    pairs = {tuple(sorted(pair)) for pair in zip(*map(list, meetings(unit)), strict=True)}
    assert pairs == {(0, 2), (0, 3), (2, 3), (1, 5)}
    assert not len(meetings(np.array([1]))[0])
    assert not len(meetings(np.zeros(0, dtype=np.int64))[0])


@given(
    counts=arrays.arrays(np.int64, (12, 3), elements=st.integers(0, 3)),
    item=arrays.arrays(np.int64, 12, elements=st.integers(0, 5)),
)
@OFTEN
def test_items_kept_once_give_the_figures_of_all(counts, item):
    counts = counts.astype(float)
    units = group(VALUES, counts, item=item)
    assert units.weight.sum() == len(np.unique(item[counts.any(axis=1)]))
    for coefficient in (
        *(alpha(VALUES, metric) for metric in METRICS),
        Agreement(),
        Gwet(np.eye(3)),
    ):
        whole = float(of_table(coefficient, counts[counts.any(axis=1)]).value[0])
        found = one(units, coefficient).value
        assert found == pytest.approx(whole, abs=1e-9) if found is not None else np.isnan(whole)


def test_items_that_look_alike_are_one_kind():
    counts = np.array([[2.0, 0, 0], [0, 1, 1]] * 50 + [[0, 1, 1], [2, 0, 0]] * 50)
    assert group(VALUES, counts).weight.tolist() == [100, 100]
    # Two units an item: the order of the units plays no part.
    assert group(VALUES, counts, item=np.arange(200) // 2).weight.tolist() == [100]


def test_items_of_very_many_units_stay_as_they_are():
    counts = np.tile([2.0, 0, 0], (60, 1))
    units = group(VALUES, counts, item=np.repeat([0, 1], 30))
    assert units.weight.tolist() == [1, 1]
    assert one(units, Agreement()).n == 2


@pytest.mark.parametrize("coefficient", [Agreement(), alpha(VALUES, "ordinal"), Fleiss(np.eye(3))])
def test_the_interval_holds_the_figure_and_is_the_same_each_time(coefficient):
    counts = np.random.default_rng(5).multinomial(3, [1 / 3] * 3, size=60).astype(float)
    first, again = (one(group(VALUES, counts), coefficient) for _ in range(2))
    assert first == again
    assert first.low < first.value < first.high
    assert first.n == 60


def test_the_interval_has_the_width_that_theory_gives():
    """A share of n items with two answers each: a standard error of sqrt(p (1 - p) / n)."""
    counts = np.repeat([[2.0, 0, 0], [1, 1, 0]], [150, 50], axis=0)
    for table in (counts, counts[np.random.default_rng(0).permutation(200)]):
        found = one(group(VALUES, table), Agreement())
        assert (found.high - found.low) / 2 == pytest.approx(
            1.96 * (0.75 * 0.25 / 200) ** 0.5, rel=0.08
        )


def test_drawing_items_one_by_one_gives_the_same_spread_as_drawing_by_kind():
    alike = np.repeat([[2.0, 0, 0], [1, 1, 0]], [300, 100], axis=0)
    units = group(VALUES, alike)
    singly = type(units)(VALUES, alike, np.arange(400), np.ones(400))
    widths = [
        found.high - found.low for found in (one(units, Agreement()), one(singly, Agreement()))
    ]
    assert widths[0] == pytest.approx(widths[1], rel=0.1)
    assert one(units, Agreement()).value == one(singly, Agreement()).value


def test_the_bootstrap_resamples_items_not_units():
    """Two units of one item go together: the spread is that of 20 items, not of 40 units."""
    counts = np.random.default_rng(1).multinomial(2, [0.5, 0.5, 0], size=40).astype(float)
    doubled = np.vstack([counts, counts])
    together = group(VALUES, doubled, item=np.tile(np.arange(40), 2))
    apart = group(VALUES, doubled)
    width = [
        found.high - found.low for found in (one(together, Agreement()), one(apart, Agreement()))
    ]
    assert width[0] / width[1] == pytest.approx(2**0.5, rel=0.2)


def test_units_with_one_answer_tell_gwet_of_the_spread_and_alpha_of_nothing():
    pairs = np.array([[2.0, 0, 0], [1, 1, 0], [0, 2, 0]])
    singles = np.vstack([pairs, np.tile([0.0, 0, 1], (30, 1))])
    few, many = group(VALUES, pairs), group(VALUES, singles)
    nominal = alpha(VALUES, "nominal")
    assert one(few, nominal) == one(many, nominal)
    assert one(few, Gwet(np.eye(3))).observed == one(many, Gwet(np.eye(3))).observed
    assert one(few, Gwet(np.eye(3))).chance != one(many, Gwet(np.eye(3))).chance
    assert one(many, Gwet(np.eye(3))).n == 3


def test_a_figure_never_comes_without_what_chance_would_give():
    found = one(group(VALUES, np.array([[2.0, 0, 0], [1, 1, 0], [0, 2, 0]])), Agreement())
    assert (found.value, found.observed) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found.chance == pytest.approx((3 * 2 + 3 * 2) / (6 * 5))


def test_without_a_second_answer_there_is_no_figure_and_one_item_has_no_interval():
    nothing = Estimate(None, None, None, 0)
    assert one(group(VALUES, np.array([[1.0, 0, 0]])), Agreement()) == nothing
    assert one(group(VALUES, np.zeros((0, 3))), alpha(VALUES, "nominal")) == nothing
    lone = one(group(VALUES, np.array([[1.0, 1, 0]])), Agreement())
    assert (lone.value, lone.low, lone.high, lone.n) == (0, None, None, 1)


def test_all_alike_has_no_alpha_but_an_agreement():
    units = group(VALUES, np.tile([0.0, 3, 0], (20, 1)))
    assert one(units, alpha(VALUES, "interval")) == Estimate(None, None, None, 20, 1.0, 1.0)
    assert one(units, Agreement()) == Estimate(1.0, 1.0, 1.0, 20, 1.0, 1.0)


def test_sides_come_of_values_and_leave_ties_out():
    strengths = np.array([-2.0, -1, 0, 1, 2])
    units = group(strengths, np.array([[1.0, 1, 0, 0, 0], [0, 0, 1, 0, 1], [0, 1, 0, 1, 1]]))
    sides = units.mapped(np.sign(strengths))
    assert sides.values.tolist() == [-1, 0, 1]
    assert sorted(sides.counts.tolist()) == [[0, 1, 1], [1, 0, 2], [2, 0, 0]]
    decided = units.mapped(np.array([-1, -1, np.nan, 1, 1]))
    assert sorted(decided.counts.tolist()) == [[0, 1], [1, 2], [2, 0]]
    assert decided.items(2) == 2
