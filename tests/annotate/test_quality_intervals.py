"""Distributions and tests against values worked by hand, published, or scipy's."""

import numpy as np
import pytest
from scipy import special, stats

from annotate.quality.intervals import (
    Prior,
    at_least,
    at_most,
    beta_cdf,
    beta_quantile,
    discoveries,
    kolmogorov,
    mean,
    median,
    normal_tail,
    prior_of,
    shrunk,
    wilson,
)


def test_the_incomplete_beta_function_is_scipys():
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.1, 500, (2, 2_000))
    x = rng.uniform(0, 1, 2_000)
    assert np.abs(beta_cdf(a, b, x) - special.betainc(a, b, x)).max() < 1e-10
    assert beta_cdf(3, 5, [0.0, 1.0]).tolist() == [0.0, 1.0]


def test_it_holds_for_large_numbers_too():
    assert beta_cdf(60_000, 40_000, 0.6) == pytest.approx(special.betainc(6e4, 4e4, 0.6), abs=1e-8)


def test_quantiles_of_beta_are_scipys():
    a, b = np.array([0.5, 2, 30, 400]), np.array([0.5, 9, 12, 3])
    for share in (0.025, 0.5, 0.975):
        assert np.abs(beta_quantile(a, b, share) - stats.beta.ppf(share, a, b)).max() < 1e-9


def test_tails_of_the_binomial_by_hand():
    assert at_least(2, 2, 0.5) == pytest.approx(1 / 4)
    assert at_least(1, 3, 0.5) == pytest.approx(7 / 8)
    assert at_least(0, 3, 0.5) == 1
    assert at_most(1, 3, 0.5) == pytest.approx(4 / 8)
    assert at_most(3, 3, 0.5) == 1


def test_wilsons_interval_is_the_published_one():
    """Newcombe 1998, table I: 81 of 263, and 0 of 20."""
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20).low == 0
    assert round(wilson(0, 20).high, 4) == 0.1611


def test_the_normal_tail_is_at_its_usual_places():
    assert normal_tail(np.array([0.0]))[0] == 0.5
    assert normal_tail(np.array([1.959964]))[0] == pytest.approx(0.025, abs=1e-7)


def test_the_median_lies_between_the_order_statistics_of_its_interval():
    found = median(np.arange(1.0, 101.0))
    # n/2 ± 1.96 √n / 2 = 40.2 and 59.8: the 40th and the 61st of 100.
    assert (found.value, found.low, found.high, found.n) == (50.5, 40.0, 61.0, 100)
    alone = median(np.array([7.0]))
    assert (alone.value, alone.low, alone.high) == (7.0, 7.0, 7.0)


def test_intervals_of_medians_hold_the_median_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(1_000):
        found = median(rng.lognormal(3, 1, 25))
        held += found.low <= np.exp(3) <= found.high
    assert held >= 940


def test_a_mean_with_its_normal_interval_by_hand():
    found = mean(np.array([1.0, 3.0]))
    assert found.value == 2
    assert found.high - found.low == pytest.approx(2 * 1.959964 * np.sqrt(2) / np.sqrt(2))


# --------------------------------------------------------------------------------------- shrinking


def test_few_answers_stay_near_the_group_and_many_do_not():
    value, low, high = shrunk(np.array([0.0, 0.0]), np.array([1.0, 400.0]), Prior(8, 2))
    assert value[0] == pytest.approx(8 / 11)
    assert value[1] == pytest.approx(8 / 410)
    assert low[0] < value[0] < high[0]
    assert high[0] - low[0] > 10 * (high[1] - low[1])


def test_a_group_that_always_agrees_makes_nobody_certain():
    hits = np.array([66.0, 66, 66, 66])
    value, low, high = shrunk(hits, hits, prior_of(hits, hits))
    assert (low < value).all()
    assert (value < high).all()
    assert 0.95 < low[0] < 0.98


def test_nobody_has_the_groups_share_and_a_wide_interval():
    value, low, high = shrunk(np.array([0.0]), np.array([0.0]), Prior(8, 2))
    assert value[0] == 0.8
    assert high[0] - low[0] > 0.4


@pytest.mark.parametrize("seed", range(5))
def test_the_groups_spread_is_recovered(seed):
    rng = np.random.default_rng(seed)
    share = rng.beta(12, 4, 300)
    n = rng.integers(20, 200, 300)
    prior = prior_of(rng.binomial(n, share).astype(float), n.astype(float))
    assert prior.mean == pytest.approx(0.75, abs=0.03)
    assert 10 < prior.a + prior.b < 24


def test_shrunk_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(2)
    share = rng.beta(12, 4, 2_000)
    n = np.full(2_000, 15.0)
    hits = rng.binomial(15, share).astype(float)
    _, low, high = shrunk(hits, n, prior_of(hits, n))
    assert 0.93 < np.mean((low <= share) & (share <= high)) < 0.97


def test_a_group_of_four_weighs_two_answers():
    prior = prior_of(np.array([9.0, 9, 9, 9]), np.array([10.0, 10, 10, 10]))
    assert prior.a + prior.b == pytest.approx(2)


# ------------------------------------------------------------------------------ many tests at once


def test_discoveries_by_hand():
    """Limits at 5 % of four tests: 0.0125, 0.025, 0.0375, 0.05; the third saves the second."""
    p = np.array([0.030, 0.001, 0.9, 0.029])
    assert discoveries(p, 0.05).tolist() == [True, True, False, True]


def test_what_was_not_tested_neither_counts_nor_stands_out():
    p = np.array([np.nan, 0.04, np.nan])
    assert discoveries(p, 0.05).tolist() == [False, True, False]
    assert discoveries(np.array([np.nan]), 0.05).tolist() == [False]


def test_discoveries_are_statsmodels():
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(3)
    for _ in range(20):
        p = rng.beta(0.3, 1, 200)
        expected = multipletests(p, alpha=0.05, method="fdr_bh")[0]
        assert discoveries(p, 0.05).tolist() == expected.tolist()


def test_kolmogorovs_distribution_is_scipys():
    for distance in (0.1, 0.5, 0.9, 1.36, 2.2):
        assert kolmogorov(distance) == pytest.approx(special.kolmogorov(distance), abs=1e-9)
