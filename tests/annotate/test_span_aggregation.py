"""Several annotators' marks made into spans again: by hand, and with planted annotators."""

import numpy as np
import pytest

from annotate.aggregation.arranging import Answers
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.methods.dawid_skene import dawid_skene
from annotate.aggregation.methods.support import f1_with_others, joined
from annotate.aggregation.methods.votes import Votes
from annotate.aggregation.stretched import arrange_marks
from annotate.questions import parse_question
from annotate.questions.base.question import InvalidForm
from tests.annotate.planted_spans import (
    answer,
    arranged,
    character_f1,
    planted,
    ranges,
    settled,
    spans_question,
)


def of_one(question, *answers, method="support", **more):
    """The settlement of one item's answers."""
    rows = [(7, place, one) for place, one in enumerate(answers)]
    return settled(question, rows, method, **more)[7]


# ---------------------------------------------------------------------------------- votes, by hand


def test_a_character_gets_a_label_that_more_than_half_gave_it():
    found = of_one(
        spans_question(),
        answer((0, 10, "wrong")),
        answer((4, 12, "wrong")),
        answer((20, 30, "wrong"), (4, 12, "dull")),
    )
    assert ranges(found) == [(4, 10, "wrong")]
    assert found.spans[0].support == pytest.approx(2 / 3)
    assert found.confidence is None  # shares are no probabilities


def test_the_share_is_of_those_who_say_what_the_aggregate_says():
    found = of_one(
        spans_question(),
        answer((0, 10, "wrong")),
        answer((0, 10, "wrong")),
        answer((5, 15, "wrong")),
    )
    assert ranges(found) == [(0, 10, "wrong")]
    assert found.share == pytest.approx((5 * 2 / 3 + 5 * 1 + 5 * 2 / 3) / 15)


def test_half_is_not_more_than_half():
    found = of_one(spans_question(), answer((0, 10, "wrong")), answer())
    assert ranges(found) == []
    found = of_one(spans_question(), answer((0, 10, "wrong")))
    assert ranges(found) == [(0, 10, "wrong")]


@pytest.mark.parametrize(
    ("support", "wanted"),
    [(0, (0, 12)), (0.32, (0, 12)), (0.34, (4, 10)), (0.66, (4, 10)), (0.67, None)],
)
def test_the_support_that_is_needed_can_be_set(support, wanted):
    found = of_one(
        spans_question(support=support),
        answer((0, 10, "wrong")),
        answer((4, 12, "wrong")),
        answer(),
    )
    assert ranges(found) == ([(*wanted, "wrong")] if wanted else [])


@pytest.mark.parametrize("support", [-0.1, 1, 1.5])
def test_support_that_nothing_or_everything_has_is_refused(support):
    with pytest.raises(InvalidForm, match="share from 0 to below 1"):
        spans_question(support=support)


def test_a_third_is_not_more_than_a_third_however_it_is_rounded():
    question = spans_question(support=1 / 3)
    assert ranges(of_one(question, answer((0, 9, "wrong")), answer(), answer())) == []


def test_stretches_with_enough_support_are_one_span_with_its_mean_support():
    found = of_one(
        spans_question(),
        answer((0, 10, "wrong")),
        answer((0, 10, "wrong")),
        answer((0, 5, "wrong")),
    )
    assert ranges(found) == [(0, 10, "wrong")]
    assert found.spans[0].support == pytest.approx((5 * 1 + 5 * 2 / 3) / 10)


def test_spans_side_by_side_stay_apart_where_most_part_them():
    two, one = answer((0, 5, "wrong"), (5, 9, "wrong")), answer((0, 9, "wrong"))
    assert ranges(of_one(spans_question(), two, two, one)) == [(0, 5, "wrong"), (5, 9, "wrong")]
    assert ranges(of_one(spans_question(), two, one, one)) == [(0, 9, "wrong")]


def test_another_label_s_ends_do_not_part_a_span():
    both = answer((0, 9, "wrong"), (5, 9, "dull"))
    assert ranges(of_one(spans_question(), both, both)) == [(0, 9, "wrong"), (5, 9, "dull")]


def test_where_labels_may_not_overlap_the_one_with_most_support_stays():
    answers = [answer((0, 9, "wrong"))] + [answer((0, 9, "dull"))] * 2
    together = of_one(spans_question(support=0.3), *answers)
    assert ranges(together) == [(0, 9, "wrong"), (0, 9, "dull")]
    alone = of_one(spans_question(support=0.3, overlap=False), *answers)
    assert ranges(alone) == [(0, 9, "dull")]
    even = of_one(spans_question(support=0.3, overlap=False), *answers[:2])
    assert ranges(even) == [(0, 9, "wrong")]  # the first in the order of priority


def test_a_span_has_the_severity_that_most_of_its_characters_were_given():
    question = spans_question(
        severities=[{"value": "minor", "label": "Minor"}, {"value": "major", "label": "Major"}]
    )
    found = of_one(
        question,
        answer((0, 10, "wrong", "major")),
        answer((0, 4, "wrong", "minor"), (4, 10, "wrong", "major")),
        answer((0, 10, "wrong", "minor")),
    )
    assert found.spans[0].mark.severity == "major"


def test_what_is_missing_is_voted_on_by_label():
    found = of_one(
        spans_question(),
        answer(missing=["fact"]),
        answer((0, 2, "dull"), missing=["fact"]),
        answer(),
    )
    assert [(one.mark.label, one.mark.start) for one in found.missing] == [("fact", None)]
    assert found.missing[0].support == pytest.approx(2 / 3)
    assert ranges(found) == []


def test_texts_are_apart_even_where_places_are_the_same():
    question = spans_question(contexts=True)
    passage = {"spans": [{"context": 0, "start": 0, "end": 9, "text": "x" * 9, "label": "wrong"}]}
    rows = [(1, 0, answer((0, 9, "wrong"))), (1, 1, passage), (1, 2, passage)]
    found = arrange_marks(question, Answers.of(rows))
    shares = METHODS["support"].settle(found.data, {}, {})
    [span] = found.by_item(shares)[1].spans
    assert (span.mark.target.kind, span.mark.start, span.mark.end) == ("context", 0, 9)


def test_items_do_not_vote_on_each_other():
    rows = [
        (1, 0, answer((0, 9, "wrong"))),
        (2, 0, answer((0, 9, "wrong"))),
        (2, 1, answer()),
        (3, 0, answer()),
    ]
    found = settled(spans_question(), rows)
    assert {item: ranges(one) for item, one in found.items()} == {1: [(0, 9, "wrong")], 2: []}


def test_overlapping_marks_of_one_annotator_are_one_vote():
    twice = answer((0, 6, "wrong"), (3, 9, "wrong"))
    assert ranges(of_one(spans_question(), twice, answer(), answer())) == []


# --------------------------------------------------------------------------------- units of a fit


def test_every_answer_votes_on_every_stretch_and_on_what_nobody_marked():
    rows = [(1, 5, answer((0, 10, "wrong"))), (1, 6, answer((5, 25, "dull")))]
    data = arranged(spans_question(), rows, length=100).data
    assert data.votes.items == 4 + 1  # wrong 0-5 and 5-10, dull 5-10 and 10-25, and the rest
    assert len(data.votes) == 2 * 5
    lengths = data.weight * (5 + 5 + 5 + 15) / 4
    assert sorted(lengths.tolist()) == pytest.approx([5, 5, 5, 15, 2 * 100 - 30])
    marked = data.votes.label == 1
    assert np.bincount(data.votes.annotator, marked).tolist() == [2, 2]


def test_a_weight_of_two_is_an_item_twice():
    rng = np.random.default_rng(2)
    truth = rng.random(60) < 0.3
    label = np.where(rng.random((60, 3)) < 0.8, truth[:, None], ~truth[:, None]).astype(int)
    item, annotator = np.repeat(np.arange(60), 3), np.tile(np.arange(3), 60)
    once = Votes(item, annotator, label.ravel(), 60, 3, 2)
    twice = Votes(
        np.concatenate([item, item + 60]),
        np.tile(annotator, 2),
        np.tile(label.ravel(), 2),
        120,
        3,
        2,
    )
    weighted = dawid_skene(once, weight=np.full(60, 2.0))
    doubled = dawid_skene(twice)
    np.testing.assert_allclose(weighted.confusion, doubled.confusion)
    np.testing.assert_allclose(weighted.posterior, doubled.posterior[:60])
    assert weighted.log_likelihood == pytest.approx(doubled.log_likelihood)


def test_stretches_that_the_same_annotators_marked_are_fitted_as_one():
    rows, _ = planted(np.random.default_rng(12), items=40, found=(0.9, 0.6, 0.4))
    data = arranged(spans_question(), rows).data
    fewer, weight = joined(data.votes, data.weight)
    assert fewer.items == 2**3  # three annotators of every item
    assert weight.sum() == pytest.approx(data.weight.sum())
    whole = dawid_skene(data.votes, weight=data.weight, tolerance=1e-9)
    short = dawid_skene(fewer, weight=weight, tolerance=1e-9)
    np.testing.assert_allclose(short.confusion, whole.confusion, atol=1e-9)
    assert short.log_likelihood == pytest.approx(whole.log_likelihood)


# -------------------------------------------------------------------------- reliability, by hand


def test_f1_with_the_others_is_that_of_their_marks():
    rows = [(1, 0, answer((0, 10, "wrong"))), (1, 1, answer((5, 20, "wrong"))), (2, 0, answer())]
    data = arranged(spans_question(), rows).data
    found, weight = f1_with_others(data.votes, data.weight, data.owner)
    assert found.value == pytest.approx([2 * 5 / 25, 2 * 5 / 25])
    assert weight == pytest.approx([1, 1])


def test_who_stands_beside_nobody_is_not_measured():
    data = arranged(spans_question(), [(1, 0, answer((0, 10, "wrong")))]).data
    found, _ = f1_with_others(data.votes, data.weight, data.owner)
    assert np.isnan(found.value[0])
    assert (found.low[0], found.high[0]) == pytest.approx((0.025, 0.975), abs=0.001)


def test_the_one_who_marks_as_others_do_counts_for_more():
    rng = np.random.default_rng(4)
    rows, _ = planted(rng, items=60, found=(0.9, 0.9, 0.1), invented=1)
    fitted = METHODS["weighted_support"].fit(arranged(spans_question(), rows).data)
    good, as_good, bad = fitted.own["weight"]
    assert good > 1.1
    assert as_good > 1.1
    assert bad < 0.7
    assert (fitted.reliability.high[2] < fitted.reliability.low[:2]).all()


# ------------------------------------------------------------------------------ planted annotators


def f1_of(rows, truth, method):
    found = settled(spans_question(), rows, method)
    return character_f1({item: ranges(one) for item, one in found.items()}, truth)


def test_good_annotators_together_find_what_was_planted():
    rows, truth = planted(np.random.default_rng(1), items=80, found=(0.85, 0.85, 0.85))
    for method in ("support", "weighted_support", "dawid_skene_characters"):
        assert f1_of(rows, truth, method) > 0.85, method


def test_weights_and_dawid_skene_hear_the_good_ones_where_bad_ones_are_many():
    rows, truth = planted(
        np.random.default_rng(3), items=120, found=(0.95, 0.95, 0.1, 0.1, 0.1), invented=2
    )
    votes = f1_of(rows, truth, "support")
    assert votes < 0.6
    assert f1_of(rows, truth, "weighted_support") > 0.8
    assert f1_of(rows, truth, "dawid_skene_characters") > 0.8


def test_dawid_skene_finds_what_few_of_many_blind_annotators_see():
    """Each sees four in ten, and invents little: two who agree are then enough of five."""
    rows, truth = planted(np.random.default_rng(3), items=120, found=(0.4,) * 5, invented=0.5)
    assert f1_of(rows, truth, "dawid_skene_characters") > f1_of(rows, truth, "support") + 0.15


def test_dawid_skene_recovers_how_often_each_sees_what_is_there():
    shares = (0.9, 0.7, 0.5, 0.3)
    rows, _ = planted(np.random.default_rng(6), items=250, found=shares, invented=0.5)
    fitted = METHODS["dawid_skene_characters"].fit(arranged(spans_question(), rows).data)
    seen = fitted.own["confusion"][:, 1, 1]
    # Ends are off by up to three characters, so that a little less than a span found is right.
    np.testing.assert_allclose(seen, shares, atol=0.12)
    assert (np.diff(seen) < 0).all()
    assert (fitted.own["confusion"][:, 0, 1] < 0.02).all()


def test_dawid_skene_says_how_sure_it_is():
    rows, _ = planted(np.random.default_rng(6), items=40, found=(0.8, 0.8, 0.8))
    found = settled(spans_question(), rows, "dawid_skene_characters")
    assert all(0.5 <= one.confidence <= 1 for one in found.values())


def test_a_warm_start_ends_where_a_cold_one_does():
    rows, _ = planted(np.random.default_rng(8), items=60, found=(0.9, 0.6, 0.4))
    method, data = METHODS["dawid_skene_characters"], arranged(spans_question(), rows).data
    cold = method.fit(data)
    warm = method.fit(data, (cold.shared, cold.own))
    np.testing.assert_allclose(warm.own["confusion"], cold.own["confusion"], atol=1e-3)


@pytest.mark.parametrize("method", ["support", "weighted_support", "dawid_skene_characters"])
def test_the_order_of_answers_does_not_matter(method):
    rng = np.random.default_rng(9)
    rows, _ = planted(rng, items=25, found=(0.9, 0.6, 0.4))
    question = spans_question()
    found = settled(question, rows, method)
    other = settled(question, [rows[place] for place in rng.permutation(len(rows))], method)
    assert {item: ranges(one) for item, one in found.items()} == {
        item: ranges(one) for item, one in other.items()
    }


@pytest.mark.parametrize("method", ["support", "weighted_support", "dawid_skene_characters"])
def test_answers_that_all_mark_nothing_can_be_fitted(method):
    rows = [(item, who, answer()) for item in range(3) for who in range(2)]
    assert settled(spans_question(), rows, method) == {}


def test_a_question_without_spans_has_no_support_setting():
    with pytest.raises(InvalidForm, match="unknown setting 'support'"):
        parse_question({"kind": "text", "name": "why", "title": "Why?", "support": 0.5})
