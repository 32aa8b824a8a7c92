"""Methods on votes: values by hand, the field's library on the same rows, planted annotators."""

import warnings

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import GLAD, MACE, DawidSkene, MajorityVote

from annotate.aggregation.methods.accuracy import accuracy
from annotate.aggregation.methods.agreement import (
    agreement,
    agreement_reliability,
    common_accuracy,
    vote,
)
from annotate.aggregation.methods.dawid_skene import chances, dawid_skene, equal_errors, expect
from annotate.aggregation.methods.glad import chances as glad_chances
from annotate.aggregation.methods.glad import glad
from annotate.aggregation.methods.mace import mace, mace_reliability
from annotate.aggregation.methods.votes import InvalidVotes, Votes
from tests.annotate.planted import accuracy_of, crowd, empty, realised, votes


def frame(planted):
    return pd.DataFrame({"task": planted.item, "worker": planted.annotator, "label": planted.label})


def reference(model, planted):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its use of pandas is of another day
        return model.fit_predict(frame(planted)).sort_index().to_numpy()


# ------------------------------------------------------------------------------------- the arrays


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(InvalidVotes, match=r"label has shape \(1,\); give one a answer, \(2,\)"):
        Votes(np.array([0, 1]), np.array([0, 0]), np.array([0]), 2, 1, 2)


def test_indices_out_of_bounds_are_refused():
    with pytest.raises(InvalidVotes, match="label has indices 0 to 2; use 0 to 1"):
        Votes(np.array([0, 1]), np.array([0, 0]), np.array([0, 2]), 2, 1, 2)


# ------------------------------------------------------------------------- majority, weighted vote


def test_two_annotators_who_agree_in_68_of_100_cases_are_right_in_80():
    assert common_accuracy(0.8**2 + 0.2**2, 2) == pytest.approx(0.8)
    assert common_accuracy(0.7**2 + 0.3**2 / 2, 3) == pytest.approx(0.7)


def test_agreement_below_chance_is_taken_for_chance():
    assert common_accuracy(0.3, 2) == pytest.approx(0.51)


def test_agreement_is_with_the_others_alone():
    found = agreement(votes([(0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 1)]))
    assert found.share.tolist() == [0.5, 0.5, 0.0]
    assert found.answers.tolist() == [1, 1, 1]


def test_the_posterior_of_a_vote_is_worked_by_hand():
    posterior, likelihood = vote(votes([(0, 0, 1), (0, 1, 1), (0, 2, 0)]), np.full(3, 0.8))
    one, other = 0.5 * 0.8 * 0.8 * 0.2, 0.5 * 0.2 * 0.2 * 0.8
    assert posterior[0, 1] == pytest.approx(one / (one + other))
    assert likelihood == pytest.approx(np.log(one + other))


def test_a_weighted_vote_lets_one_good_annotator_outvote_two_bad_ones():
    posterior, _ = vote(votes([(0, 0, 1), (0, 1, 0), (0, 2, 0)]), np.array([0.95, 0.6, 0.6]))
    assert posterior[0].argmax() == 1


def test_the_majority_is_the_library_s_where_nothing_is_tied():
    planted, _, _ = crowd(classes=3)
    posterior, _ = vote(planted, np.full(planted.annotators, 0.7))
    clear = np.sort(posterior, axis=1)
    clear = clear[:, -1] > clear[:, -2] + 1e-9
    assert (posterior.argmax(axis=1) == reference(MajorityVote(), planted))[clear].all()


def test_accuracies_from_agreement_are_the_planted_ones():
    planted, truth, _ = crowd(items=4000, classes=3)
    found = agreement(planted)
    assert np.abs(found.accuracy - realised(planted, truth)).mean() < 0.03
    told = agreement_reliability(found, planted.classes)
    inside = (told.low <= realised(planted, truth)) & (realised(planted, truth) <= told.high)
    assert inside.mean() >= 0.9


# ------------------------------------------------------------------------------------- Dawid-Skene


def test_dawid_and_skene_s_e_step_is_worked_by_hand():
    confusion = np.array([[[0.9, 0.1], [0.3, 0.7]], [[0.6, 0.4], [0.2, 0.8]]])
    posterior, likelihood = expect(votes([(0, 0, 1), (0, 1, 1)]), np.array([0.6, 0.4]), confusion)
    first, second = 0.6 * 0.1 * 0.4, 0.4 * 0.7 * 0.8
    assert posterior[0] == pytest.approx([first / (first + second), second / (first + second)])
    assert likelihood == pytest.approx(np.log(first + second))


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_dawid_skene_gives_the_labels_of_crowd_kit(classes):
    planted, _, _ = crowd(items=20_000, annotators=200, classes=classes)
    same = dawid_skene(planted).posterior.argmax(axis=1) == reference(DawidSkene(), planted)
    assert same.mean() >= 0.9999


def test_dawid_skene_gives_the_confusions_of_crowd_kit():
    planted, _, _ = crowd(items=5000, classes=3)
    model = DawidSkene()
    reference(model, planted)
    theirs = (
        model.errors_.sort_index().sort_index(axis=1).to_numpy().reshape(planted.annotators, 3, 3)
    )
    ours = dawid_skene(planted, prior=0.0).confusion
    assert np.abs(ours.transpose(0, 2, 1) - theirs).max() < 0.01


def test_dawid_skene_beats_the_majority_and_finds_the_accuracies():
    planted, truth, _ = crowd(items=3000, classes=3)
    found = dawid_skene(planted, tolerance=1e-7)
    told = accuracy(planted, found.posterior, chances(planted, found.confusion))
    plain, _ = vote(planted, np.full(planted.annotators, 0.75))
    assert np.bincount(planted.annotator).min() >= 100
    assert accuracy_of(found.posterior, truth) > accuracy_of(plain, truth) + 0.01
    assert np.abs(told.value - realised(planted, truth)).max() < 0.03
    inside = (told.low <= realised(planted, truth)) & (realised(planted, truth) <= told.high)
    assert inside.mean() >= 0.9


def test_a_warm_start_ends_where_a_cold_one_does_and_sooner():
    planted, _, _ = crowd(classes=3)
    cold = dawid_skene(planted, tolerance=1e-9, iterations=500)
    warm = dawid_skene(
        planted, start=(cold.prevalence, cold.confusion), tolerance=1e-9, iterations=500
    )
    assert warm.iterations < cold.iterations / 3
    assert np.abs(warm.posterior - cold.posterior).max() < 1e-3


def test_renaming_items_and_annotators_changes_nothing():
    planted, _, _ = crowd(items=300, classes=3)
    draw = np.random.default_rng(1)
    items, people = draw.permutation(planted.items), draw.permutation(planted.annotators)
    renamed = Votes(
        items[planted.item], people[planted.annotator], planted.label, planted.items,
        planted.annotators, 3,
    )  # fmt: skip
    assert np.allclose(dawid_skene(renamed).posterior[items], dawid_skene(planted).posterior)


def test_a_prior_keeps_single_answers_as_they_were_given():
    planted, _, _ = crowd(each=1, classes=3)
    found = dawid_skene(planted, prior=equal_errors(0.75, 3, 10.0), tolerance=1e-7)
    assert (found.posterior.argmax(axis=1)[planted.item] == planted.label).all()


# ---------------------------------------------------------------------------------------- MACE, GLAD


@pytest.mark.parametrize("classes", [2, 3])
def test_mace_is_near_crowd_kit(classes):
    planted, truth, _ = crowd(annotators=60, classes=classes)
    model = MACE(n_restarts=1)
    labels, found = reference(model, planted), mace(planted)
    assert (found.posterior.argmax(axis=1) == labels).mean() > 0.98
    assert accuracy_of(found.posterior, truth) > (labels == truth).mean() - 0.005


def test_mace_finds_who_presses_one_key():
    planted, truth, _ = crowd(items=3000, annotators=30, classes=3, least=0.75)
    label = np.where(planted.annotator < 6, 2, planted.label)
    spammed = Votes(planted.item, planted.annotator, label, planted.items, planted.annotators, 3)
    found = mace(spammed)
    told = mace_reliability(spammed, found)
    assert told.value[:6].max() < 0.1 < 0.5 < told.value[6:].min()
    assert told.high[:6].max() < 0.3
    assert (found.habits.habit[:6].argmax(axis=1) == 2).all()
    assert accuracy_of(found.posterior, truth) > 0.95


def test_competence_is_the_planted_share_of_answers_known():
    planted, _, planted_accuracy = crowd(items=4000, classes=3)
    told = mace_reliability(planted, mace(planted))
    known = (planted_accuracy - 1 / 3) / (2 / 3)  # a guess among three is lucky in a third
    assert np.corrcoef(told.value, known)[0, 1] > 0.98
    assert np.abs(told.value - known).mean() < 0.05


def test_restarts_of_mace_keep_the_best():
    planted, _, _ = crowd(items=300, classes=3)
    several = mace(planted, restarts=5)
    singles = [mace(planted, restarts=1, seed=seed).log_likelihood for seed in range(5)]
    assert several.log_likelihood == max(singles)


@pytest.mark.parametrize("classes", [2, 3])
def test_glad_is_near_crowd_kit(classes):
    planted, truth, _ = crowd(annotators=60, classes=classes)
    model = GLAD()
    labels, found = reference(model, planted), glad(planted)
    assert (found.posterior.argmax(axis=1) == labels).mean() > 0.96
    assert accuracy_of(found.posterior, truth) > (labels == truth).mean() - 0.005
    assert np.corrcoef(found.ability, model.alphas_.sort_index())[0, 1] > 0.98


def test_glad_finds_the_hard_items_and_the_able_annotators():
    draw = np.random.default_rng(3)
    items, each = 1500, 10
    truth, ability = draw.integers(0, 2, items), draw.uniform(0.2, 3, 40)
    ease = draw.choice([0.2, 2.0], items)
    item = np.repeat(np.arange(items), each)
    who = np.stack([draw.permutation(40)[:each] for _ in range(items)]).ravel()
    right = draw.random(len(item)) < 1 / (1 + np.exp(-ability[who] * ease[item]))
    planted = Votes(item, who, np.where(right, truth[item], 1 - truth[item]), items, 40, 2)
    found = glad(planted)
    assert np.corrcoef(found.ability, ability)[0, 1] > 0.9
    assert found.log_ease[ease > 1].mean() > found.log_ease[ease < 1].mean() + 0.5
    told = accuracy(planted, found.posterior, glad_chances(planted, found.ability, found.log_ease))
    assert np.abs(told.value - realised(planted, truth)).mean() < 0.03


# ----------------------------------------------------------------------------------- degenerate input


def every_method(planted):
    yield vote(planted, agreement(planted).accuracy)[0]
    yield dawid_skene(planted, prior=equal_errors(0.75, planted.classes, 10.0)).posterior
    yield mace(planted, restarts=2).posterior
    yield glad(planted).posterior


@pytest.mark.parametrize(
    "planted",
    [
        empty(classes=3),
        empty(items=4, annotators=2, classes=3),
        votes([(0, 0, 1)], classes=2),
        votes([(n, 0, n % 2) for n in range(9)]),
        votes([(n, a, 1) for n in range(9) for a in range(3)], classes=3),
        votes([(0, 0, 0), (0, 1, 0)], classes=1),
    ],
    ids=["nothing", "no answers", "one answer", "one annotator", "all ties", "one class"],
)
def test_degenerate_votes_give_shares_and_no_warnings(planted):
    for posterior in every_method(planted):
        assert posterior.shape == (planted.items, planted.classes)
        assert np.allclose(posterior.sum(axis=1), 1)


def test_all_the_same_is_believed():
    planted = votes([(n, a, 1) for n in range(9) for a in range(3)], classes=3)
    assert all((posterior.argmax(axis=1) == 1).all() for posterior in every_method(planted))


def test_nothing_is_known_of_somebody_whom_nobody_else_stands_beside():
    alone = votes([(n, 0, n % 2) for n in range(50)])
    found = dawid_skene(alone)
    told = accuracy(alone, found.posterior, chances(alone, found.confusion))
    assert told.high[0] - told.low[0] > 0.9
    competence = mace_reliability(alone, mace(alone, restarts=1))
    assert competence.high[0] - competence.low[0] > 0.9


def test_an_interval_narrows_with_answers():
    few, many = (crowd(items=items, least=0.8, most=0.8)[0] for items in (80, 2000))
    widths = []
    for planted in (few, many):
        found = dawid_skene(planted)
        told = accuracy(planted, found.posterior, chances(planted, found.confusion))
        widths.append(float((told.high - told.low).mean()))
    assert widths[1] < widths[0] / 3
