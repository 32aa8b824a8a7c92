"""Coefficients of agreement: published values, the field's libraries on the same tables, edges."""

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from annotate.agreement.coefficients import (
    METRICS,
    Agreement,
    Alpha,
    Cohen,
    Fleiss,
    Gwet,
    SameAnswer,
    alpha,
    differences,
    krippendorff_alpha,
    linear,
    of_table,
    quadratic,
)

COUNTS = arrays.arrays(
    np.int64, st.tuples(st.integers(1, 12), st.just(4)), elements=st.integers(0, 3)
)
VALUES = np.array([-2.0, -1.0, 0.0, 3.0])
FROM_ZERO = np.array([0.0, 1.0, 2.0, 5.0])
OFTEN = settings(max_examples=200, derandomize=True, database=None, deadline=None)

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example C; Gwet computes his
# coefficients on the same table (2014, table 2.10; the R package irrCAC).
RATINGS = [
    [1, 1, None, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [None, 5, 5, 5],
    [None, None, 1, 1],
    [None, None, 3, None],
]
EXAMPLE = np.array([[row.count(value) for value in range(1, 6)] for row in RATINGS], dtype=float)
# Fleiss (1971), table 1: diagnoses of 30 patients by 6 psychiatrists each.
DIAGNOSES = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""


def value(coefficient, counts):
    return float(of_table(coefficient, np.asarray(counts, dtype=float)).value[0])


def cells(first, second, size):
    """The table that two annotators' answers make, as a row of cells a unit."""
    return np.eye(size * size)[np.asarray(first) * size + np.asarray(second)]


# --------------------------------------------------------------------------------- Krippendorff


@given(counts=COUNTS, metric=st.sampled_from(METRICS))
@OFTEN
def test_alpha_equals_the_field_s_library(counts, metric):
    values = FROM_ZERO if metric == "ratio" else VALUES
    pairable = counts[counts.sum(axis=1) >= 2]
    assume(np.count_nonzero(pairable.sum(axis=0)) > 1)
    theirs = krippendorff.alpha(
        value_counts=counts, value_domain=values, level_of_measurement=metric
    )
    ours = krippendorff_alpha(counts.astype(float), values, metric)
    assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_krippendorff_s_own_example(metric, published):
    found = krippendorff_alpha(EXAMPLE, np.arange(1.0, 6.0), metric)
    assert found == pytest.approx(published, abs=5e-4)


def test_alpha_is_one_when_all_agree_and_not_defined_when_nothing_differs():
    values = np.array([0.0, 1.0])
    for metric in METRICS:
        assert krippendorff_alpha(np.array([[2.0, 0], [0, 2]]), values, metric) == 1
        assert np.isnan(krippendorff_alpha(np.array([[2.0, 0], [3, 0]]), values, metric))
        assert np.isnan(krippendorff_alpha(np.array([[1.0, 0], [0, 1]]), values, metric))
        assert np.isnan(krippendorff_alpha(np.zeros((0, 2)), values, metric))


@given(counts=COUNTS, metric=st.sampled_from(METRICS))
@OFTEN
def test_alpha_is_what_there_was_less_chance_over_what_chance_leaves(counts, metric):
    values = FROM_ZERO if metric == "ratio" else VALUES
    found = of_table(alpha(values, metric), counts.astype(float))
    assume(not np.isnan(found.value[0]))
    expected = (found.observed - found.chance) / (1 - found.chance)
    assert found.value[0] == pytest.approx(expected[0], abs=1e-9)


@given(counts=COUNTS, shift=st.integers(-5, 5), stretch=st.integers(1, 7))
@OFTEN
def test_alpha_does_not_mind_another_unit_of_measurement(counts, shift, stretch):
    one = krippendorff_alpha(counts.astype(float), VALUES, "interval")
    other = krippendorff_alpha(counts.astype(float), VALUES * stretch + shift, "interval")
    assert one == pytest.approx(other, abs=1e-9, nan_ok=True)


def test_a_value_that_nobody_gave_changes_no_alpha():
    for metric in METRICS:
        without = krippendorff_alpha(EXAMPLE, np.arange(1.0, 6.0), metric)
        wider = np.insert(EXAMPLE, 2, 0, axis=1)
        again = krippendorff_alpha(wider, np.array([1.0, 2, 2.5, 3, 4, 5]), metric)
        assert again == pytest.approx(without, abs=1e-12)


def test_odd_metrics_are_refused_with_a_remedy():
    with pytest.raises(ValueError, match="use one of nominal, ordinal"):
        differences(VALUES, "cosine")
    with pytest.raises(ValueError, match="use interval"):
        differences(VALUES, "ratio")


def test_any_distance_makes_an_alpha():
    """The distances of a metric, handed over as they are, give that metric's alpha."""
    values = np.arange(1.0, 6.0)
    given_away = Alpha(np.abs(values[:, None] - values[None, :]) ** 2)
    assert value(given_away, EXAMPLE) == pytest.approx(
        krippendorff_alpha(EXAMPLE, values, "interval")
    )


def test_many_values_are_ranked_as_few_are():
    counts = np.random.default_rng(4).multinomial(3, [1 / 40] * 40, size=50).astype(float)
    values = np.arange(40.0)
    ranked = alpha(values, "ordinal", totals=counts.sum(axis=0))
    assert value(ranked, counts) == pytest.approx(value(alpha(values, "ordinal"), counts))
    theirs = krippendorff.alpha(
        value_counts=counts.astype(int), value_domain=values, level_of_measurement="ordinal"
    )
    assert value(ranked, counts) == pytest.approx(theirs, abs=1e-9)


# ------------------------------------------------------------------------------------ Fleiss, Gwet


def test_fleiss_own_table_gives_fleiss_own_kappa():
    counts = np.array([[int(digit) for digit in row] for row in DIAGNOSES.split()], dtype=float)
    assert counts.sum(axis=0).tolist() == [26, 26, 30, 55, 43]
    found = of_table(Fleiss(np.eye(5)), counts)
    assert found.observed[0] == pytest.approx(0.556, abs=5e-4)
    assert found.chance[0] == pytest.approx(0.220, abs=5e-4)
    assert found.value[0] == pytest.approx(0.430, abs=5e-4)


@given(ratings=arrays.arrays(np.int64, (9, 4), elements=st.integers(0, 3)))
@OFTEN
def test_fleiss_kappa_equals_the_field_s_library(ratings):
    counts, _ = aggregate_raters(ratings, n_cat=4)
    assume(np.count_nonzero(counts.sum(axis=0)) > 1)
    assert value(Fleiss(np.eye(4)), counts) == pytest.approx(fleiss_kappa(counts), abs=1e-9)


def test_the_coefficients_that_gwet_publishes_of_an_incomplete_table():
    """Package irrCAC on cac.raw4raters: AC1 0.77544, Fleiss 0.76117; one unit has one answer."""
    same = np.eye(5)
    ac1, fleiss = of_table(Gwet(same), EXAMPLE), of_table(Fleiss(same), EXAMPLE)
    assert ac1.value[0] == pytest.approx(0.77544, abs=5e-6)
    assert fleiss.value[0] == pytest.approx(0.76117, abs=5e-6)
    assert ac1.observed[0] == pytest.approx(0.81818, abs=5e-6)
    assert ac1.chance[0] == pytest.approx(0.19032, abs=5e-6)


def test_ac1_holds_where_kappa_breaks_down():
    """Gwet (2008): 125 people, two raters, nearly all the same. Kappa -0.023, AC1 0.941."""
    counts = np.repeat([[2.0, 0], [1, 1], [0, 2]], [118, 7, 0], axis=0)
    first = np.repeat([0, 0, 1], [118, 5, 2])
    second = np.repeat([0, 1, 0], [118, 5, 2])
    assert value(Gwet(np.eye(2)), counts) == pytest.approx(0.9408, abs=5e-5)
    assert value(Cohen(np.eye(2)), cells(first, second, 2)) == pytest.approx(-0.0234, abs=5e-5)


def test_ac2_by_hand():
    """Three units, two answers each, values 0, 1, 2: weights 1, 3/4, 0."""
    counts = [[2, 0, 0], [1, 1, 0], [0, 0, 2]]
    found = of_table(Gwet(quadratic(np.array([0.0, 1.0, 2.0]))), np.array(counts, dtype=float))
    spread = np.array([3, 1, 2]) / 6
    by_chance = (3 + 4 * 0.75) / 6 * (spread * (1 - spread)).sum()
    assert found.observed[0] == pytest.approx((1 + 0.75 + 1) / 3)
    assert found.chance[0] == pytest.approx(by_chance)
    assert found.value[0] == pytest.approx((2.75 / 3 - by_chance) / (1 - by_chance))


@given(counts=COUNTS)
@OFTEN
def test_the_order_of_classes_and_units_plays_no_part(counts):
    table, same = counts.astype(float), np.eye(4)
    for coefficient in (Fleiss(same), Gwet(same), Agreement(), alpha(VALUES, "nominal")):
        again = value(coefficient, table[::-1, [2, 0, 3, 1]])
        assert value(coefficient, table) == pytest.approx(again, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("coefficient", [Fleiss(np.eye(2)), Gwet(np.eye(2)), Agreement()])
def test_without_two_answers_to_anything_nothing_is_defined(coefficient):
    assert np.isnan(value(coefficient, [[1, 0], [0, 1]]))
    assert np.isnan(value(coefficient, np.zeros((0, 2))))


def test_when_all_say_the_same_kappa_is_not_defined_and_ac1_is_one():
    counts = [[3, 0], [2, 0]]
    assert np.isnan(value(Fleiss(np.eye(2)), counts))
    assert value(Gwet(np.eye(2)), counts) == 1
    assert value(Agreement(), counts) == 1
    assert np.isnan(value(Gwet(np.eye(1)), [[3], [2]]))


# ------------------------------------------------------------------------------------------- Cohen

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)


@given(answers=ANSWERS, weights=st.sampled_from([None, "linear", "quadratic"]))
@OFTEN
def test_cohen_s_kappa_equals_the_field_s_libraries(answers, weights):
    first, second = map(list, zip(*answers, strict=True))
    assume(len({*first, *second}) > 1)
    scale = np.arange(4.0)
    ours = {None: np.eye(4), "linear": linear(scale), "quadratic": quadratic(scale)}[weights]
    found = value(Cohen(ours), cells(first, second, 4))
    theirs = cohen_kappa_score(first, second, labels=range(4), weights=weights)
    assert found == pytest.approx(theirs, abs=1e-9)
    table = cells(first, second, 4).sum(axis=0).reshape(4, 4)
    assert found == pytest.approx(cohens_kappa(table, wt=weights, return_results=False), abs=1e-9)


def test_cohen_s_kappa_by_hand():
    """20 both yes, 15 both no, 5 and 10 apart: 0.7 observed, 0.5 by chance."""
    first, second = (
        np.repeat([0, 0, 1, 1], [20, 5, 10, 15]),
        np.repeat([0, 1, 0, 1], [20, 5, 10, 15]),
    )
    found = of_table(Cohen(np.eye(2)), cells(first, second, 2))
    assert [float(figure[0]) for figure in found] == pytest.approx([0.4, 0.7, 0.5])
    share = of_table(SameAnswer(np.eye(2)), cells(first, second, 2))
    assert [float(figure[0]) for figure in share] == pytest.approx([0.7, 0.7, 0.5])


def test_two_annotators_who_never_differ_nor_vary_have_no_kappa():
    assert np.isnan(value(Cohen(np.eye(2)), cells([0, 0], [0, 0], 2)))
    assert np.isnan(value(Cohen(np.eye(2)), np.zeros((0, 4))))


# ------------------------------------------------------------------------------------- agreement


def test_pairs_are_counted_within_units():
    found = of_table(Agreement(), np.array([[2.0, 1], [1, 0], [0, 4]]))
    assert found.value[0] == pytest.approx((1 + 6) / (3 + 6))
    assert found.chance[0] == pytest.approx((2 * 1 + 5 * 4) / (7 * 6))
