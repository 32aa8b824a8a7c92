"""Methods on comparisons, numbers and rankings; and the special functions under all of them."""

import choix
import numpy as np
import pytest
from scipy import special, stats

from annotate.aggregation.methods.adjusted_mean import adjusted_mean, scale_reliability
from annotate.aggregation.methods.bradley_terry import (
    Comparisons,
    attention,
    bradley_terry,
    chance_second_is_stronger,
    settle,
    tie_zone,
)
from annotate.aggregation.methods.mean import correlation, mean, noise_of
from annotate.aggregation.methods.numbers import beta_interval, digamma, normal_cdf
from annotate.aggregation.methods.plackett_luce import Rankings, kendall_tau, plackett_luce
from annotate.aggregation.methods.votes import InvalidVotes, Numbers, Votes
from tests.annotate.planted import empty


def test_special_functions_are_scipy_s():
    x = np.array([1e-3, 0.1, 0.5, 1.0, 3.7, 40.0, 1e6])
    assert digamma(x) == pytest.approx(special.digamma(x), rel=1e-9, abs=1e-9)
    z = np.linspace(-6, 6, 61)
    assert normal_cdf(z) == pytest.approx(stats.norm.cdf(z), abs=1e-7)


def test_intervals_of_a_share_are_the_beta_distribution_s():
    right, wrong = np.array([0.0, 3.0, 0.0, 80.0, 9999.5]), np.array([0.0, 0.0, 7.0, 20.0, 0.5])
    low, high = beta_interval(right, wrong)
    assert low == pytest.approx(stats.beta.ppf(0.025, right + 1, wrong + 1), abs=3e-4)
    assert high == pytest.approx(stats.beta.ppf(0.975, right + 1, wrong + 1), abs=3e-4)


# ------------------------------------------------------------------------------------ Bradley-Terry


def comparisons(*, ties=True, things=60, items=3000, each=4, annotators=30, seed=0):
    """Comparisons with the planted strengths, shares of attention and differences."""
    draw = np.random.default_rng(seed)
    strength = draw.normal(0, 1.5, things)
    first = draw.integers(0, things, items)
    second = (first + draw.integers(1, things, items)) % things
    attentive = np.where(np.arange(annotators) < 6, 0.0, draw.uniform(0.8, 1, annotators))
    difference, tie = strength[second] - strength[first], 0.9 if ties else 0.0
    item = np.repeat(np.arange(items), each)
    who = np.stack([draw.permutation(annotators)[:each] for _ in range(items)]).ravel()
    chance = draw.random(len(item))
    below, above = special.expit(-difference - tie)[item], special.expit(difference - tie)[item]
    label = np.where(chance < below, 0, np.where(chance < 1 - above, 1, 2))
    label = np.where(draw.random(len(item)) < attentive[who], label, 0)  # the habit: the first
    label, classes = (label, 3) if ties else (label // 2, 2)
    planted = Votes(item, who, label, items, annotators, classes)
    return Comparisons(planted, first, second, things), strength, attentive, difference


@pytest.mark.parametrize("ties", [True, False])
def test_strengths_and_who_looks_are_found(ties):
    data, strength, attentive, difference = comparisons(ties=ties)
    found = bradley_terry(data)
    assert np.corrcoef(found.strength, strength)[0, 1] > 0.98
    told = attention(data, found)
    assert told.value[:6].max() < 0.3 < 0.6 < told.value[6:].min()
    assert np.corrcoef(told.value, attentive)[0, 1] > 0.95
    posterior, where, _ = settle(data.votes, found.rest, found.annotators, found.tie)
    edge = tie_zone(found.tie)
    clear = np.abs(difference) > edge + 1
    side = np.where(difference > 0, data.votes.classes - 1, 0)
    assert (posterior.argmax(axis=1) == side)[clear].mean() > 0.97
    assert np.corrcoef(where, difference)[0, 1] > 0.95


def test_without_noise_the_strengths_are_in_the_order_of_choix():
    draw = np.random.default_rng(2)
    strength = draw.normal(0, 1, 12)
    pairs = [tuple(draw.permutation(12)[:2]) for _ in range(3000)]
    won = [
        (a, b) if draw.random() < special.expit(strength[a] - strength[b]) else (b, a)
        for a, b in pairs
    ]
    first, second = (np.array(part) for part in zip(*pairs, strict=True))
    label = np.array([int(winner == b) for (winner, _), (_, b) in zip(won, pairs, strict=True)])
    item = np.arange(len(pairs))
    planted = Votes(item, np.zeros(len(pairs), dtype=np.intp), label, len(pairs), 1, 2)
    found = bradley_terry(Comparisons(planted, first, second, 12))
    theirs = choix.opt_pairwise(12, won)
    assert np.corrcoef(found.strength, theirs)[0, 1] > 0.999
    assert (np.argsort(found.strength) == np.argsort(theirs)).mean() > 0.8


def test_pairs_of_many_completions_inform_each_other():
    """a over b and b over c say a over c, which nobody compared."""
    item = np.repeat([0, 1], 5)
    planted = Votes(item, np.tile(np.arange(5), 2), np.zeros(10, dtype=np.intp), 2, 5, 2)
    found = bradley_terry(Comparisons(planted, np.array([0, 1]), np.array([1, 2]), 3))
    assert found.strength.argmax() == 0
    assert found.strength.argmin() == 2
    chance = chance_second_is_stronger(found, np.array([0, 0]), np.array([1, 2]))
    assert chance[1] < chance[0] < 0.5


def test_a_tie_is_the_likeliest_answer_only_within_its_zone():
    assert tie_zone(0.5) == 0
    edge = tie_zone(1.5)
    second = special.expit(edge - 1.5)
    assert special.expit(edge + 1.5) - second == pytest.approx(second)


def test_things_and_classes_that_do_not_belong_are_refused():
    planted = Votes(np.array([0]), np.array([0]), np.array([0]), 1, 1, 2)
    with pytest.raises(InvalidVotes, match="second goes beyond the 2 things"):
        Comparisons(planted, np.array([0]), np.array([2]), 2)
    with pytest.raises(InvalidVotes, match="5 classes; use 3, or 2 without ties"):
        Comparisons(empty(classes=5), np.empty(0, int), np.empty(0, int), 0)


@pytest.mark.parametrize("items", [0, 3])
def test_comparisons_without_answers_leave_everything_open(items):
    things = np.arange(items)
    nothing = Comparisons(empty(items=items, annotators=1, classes=2), things, things + items, 6)
    found = bradley_terry(nothing)
    posterior, _, _ = settle(nothing.votes, found.rest, found.annotators, found.tie)
    assert posterior == pytest.approx(np.full((items, 2), 0.5))


# ------------------------------------------------------------------------------------------- numbers


def ratings(*, items=2000, each=4, annotators=40, seed=0, alike=False):
    draw = np.random.default_rng(seed)
    truth = draw.normal(3, 1, items)
    offset, slope = draw.normal(0, 0.7, annotators), draw.uniform(0.6, 1.4, annotators)
    noise = draw.uniform(0.1, 1.2, annotators)
    if alike:
        offset, slope, noise = 0 * offset, 1 + 0 * slope, 0.5 + 0 * noise
    item = np.repeat(np.arange(items), each)
    who = np.stack([draw.permutation(annotators)[:each] for _ in range(items)]).ravel()
    value = offset[who] + slope[who] * truth[item]
    value = value + draw.normal(0, 1, len(item)) * np.sqrt(noise[who])
    return Numbers(item, who, value, items, annotators), truth, (offset, slope, noise)


def test_a_mean_and_its_error_are_worked_by_hand():
    given = Numbers(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 3.0, 4.0]), 3, 2)
    assert noise_of(given) == 2.0
    found = mean(given, 2.0)
    assert found.value[:2].tolist() == [2.0, 4.0]
    assert np.isnan(found.value[2])
    assert found.deviation == pytest.approx([1.0, np.sqrt(2), np.sqrt(2)])


def test_correlation_with_the_others_is_pearson_s():
    given, _, _ = ratings(items=60, each=3, annotators=5)
    table = np.full((60, 5), np.nan)
    table[given.item, given.annotator] = given.value
    mine = ~np.isnan(table[:, 0])
    others = np.nanmean(table[mine][:, 1:], axis=1)
    told = correlation(given)
    assert told.value[0] == pytest.approx(stats.pearsonr(table[mine, 0], others)[0])
    assert told.low[0] < told.value[0] < told.high[0]


def test_adjusted_means_find_the_scales_and_beat_plain_means():
    given, truth, (_, slope, noise) = ratings()
    found = adjusted_mean(given)
    plain = mean(given, 1.0).value
    assert np.sqrt(np.mean((found.value - truth) ** 2)) < 0.6 * np.sqrt(
        np.mean((plain - truth) ** 2)
    )
    assert np.corrcoef(found.scales.slope, slope)[0, 1] > 0.9
    assert np.corrcoef(found.scales.noise, noise)[0, 1] > 0.9
    assert np.mean(((found.value - truth) / found.deviation) ** 2) == pytest.approx(1, abs=0.25)


def test_the_reliability_of_a_scale_is_the_squared_correlation_with_the_truth():
    given, truth, (_, slope, noise) = ratings(items=4000)
    told = scale_reliability(given, adjusted_mean(given))
    planted = slope**2 * truth.var() / (slope**2 * truth.var() + noise)
    assert np.abs(told.value - planted).mean() < 0.06
    assert ((told.low <= planted) & (planted <= told.high)).mean() > 0.85


def test_where_all_use_the_scale_alike_adjusting_costs_nothing():
    given, truth, _ = ratings(alike=True)
    plain, adjusted = mean(given, 0.5).value, adjusted_mean(given).value
    assert np.corrcoef(adjusted, truth)[0, 1] > np.corrcoef(plain, truth)[0, 1] - 0.002


@pytest.mark.parametrize(
    ("item", "who", "value"),
    [
        ([], [], []),
        ([0], [0], [3.0]),
        ([0, 1, 2], [0, 0, 0], [1.0, 2.0, 5.0]),
        ([0, 0, 1, 1], [0, 1, 0, 1], [2.0, 2.0, 2.0, 2.0]),
    ],
    ids=["nothing", "one answer", "one annotator", "all alike"],
)
def test_degenerate_numbers_stay_finite(item, who, value):
    many = max(item, default=-1) + 1
    given = Numbers(
        np.array(item, dtype=np.intp), np.array(who, dtype=np.intp), np.array(value), many,
        max(who, default=-1) + 1,
    )  # fmt: skip
    found = adjusted_mean(given)
    assert np.isfinite(found.value).all()
    assert np.isfinite(found.deviation).all()
    told = scale_reliability(given, found)
    assert ((told.low >= 0) & (told.high <= 1)).all()
    assert np.isfinite(mean(given, noise_of(given)).value).all()
    correlation(given)


# ------------------------------------------------------------------------------------ Plackett-Luce


def rankings(*, things=8, many=400, of=5, seed=0):
    draw = np.random.default_rng(seed)
    strength = draw.normal(0, 1, things)
    orders = []
    for _ in range(many):
        shown = draw.permutation(things)[:of]
        orders.append(shown[np.argsort(-(strength[shown] + draw.gumbel(size=of)))].tolist())
    return orders, strength - strength.mean()


def reference(method, orders):
    with np.errstate(divide="ignore"):
        return method(8, orders)


def test_plackett_luce_is_choix_s():
    orders, strength = rankings()
    found = plackett_luce(
        Rankings.of([[[n] for n in order] for order in orders], things=8), prior=0
    )
    assert found.strength == pytest.approx(reference(choix.ilsr_rankings, orders), abs=1e-5)
    assert np.mean(((found.strength - strength) / found.deviation) ** 2) < 2.5


def test_pairs_as_rankings_are_bradley_terry():
    orders, _ = rankings(of=2, many=600)
    found = plackett_luce(
        Rankings.of([[[n] for n in order] for order in orders], things=8), prior=0
    )
    assert found.strength == pytest.approx(reference(choix.ilsr_pairwise, orders), abs=1e-5)


def test_two_wins_of_three_are_odds_of_two_to_one():
    orders = [[[0], [1]], [[0], [1]], [[1], [0]]]
    found = plackett_luce(Rankings.of(orders, things=2), prior=0)
    assert found.strength[0] - found.strength[1] == pytest.approx(np.log(2))
    assert found.agreement.tolist() == [1.0, 1.0, -1.0]


def test_ties_bring_things_together():
    apart = plackett_luce(Rankings.of([[[0], [1]]] * 3, things=2))
    tied = plackett_luce(Rankings.of([[[0], [1]]] * 3 + [[[0, 1]]] * 3, things=2))
    level = plackett_luce(Rankings.of([[[0, 1]]] * 3, things=2))
    assert apart.strength[0] > tied.strength[0] > level.strength[0]
    assert level.strength == pytest.approx([0, 0])
    assert np.isnan(level.agreement).all()


def test_weights_stand_for_repeated_rankings():
    once = Rankings.of([[[0], [1], [2]], [[2], [1], [0]]], things=3)
    twice = Rankings.of([[[0], [1], [2]], [[0], [1], [2]], [[2], [1], [0]]], things=3)
    weighted = plackett_luce(once, weights=np.array([2.0, 1.0]))
    assert weighted.strength == pytest.approx(plackett_luce(twice).strength)


def test_what_always_wins_and_what_was_never_ranked_stay_finite():
    found = plackett_luce(Rankings.of([[[0], [1]]] * 5, things=3))
    assert np.isfinite(found.strength).all()
    assert np.isfinite(found.deviation).all()
    assert found.strength[0] > found.strength[2] > found.strength[1]
    assert plackett_luce(Rankings.of([], things=0)).strength.size == 0


def test_kendall_s_tau_is_scipy_s():
    a, b = np.array([1.0, 2, 2, 4, 5]), np.array([2.0, 1, 3, 3, 9])
    assert kendall_tau(a, b) == pytest.approx(stats.kendalltau(a, b)[0])
