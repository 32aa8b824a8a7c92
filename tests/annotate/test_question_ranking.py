"""Rankings: places, ties, orders of completions, and how far apart two are."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from annotate.questions import (
    IncompleteAnswers,
    InvalidAnswer,
    parse_question,
    parse_questions,
)
from annotate.questions.base.question import Found, Shown
from annotate.questions.ranking.orders import dense, fractional, in_words, kendall_distance

QUICK = settings(max_examples=80)
RANKS = st.lists(st.none() | st.integers(1, 6), min_size=6, max_size=6).filter(any)


def ranking(**config):
    return parse_question({"kind": "ranking", "name": "order", "title": "In which order?"} | config)


def ranks(*given):
    return {"ranks": list(given)}


def test_places_are_kept_without_gaps():
    question = ranking()
    assert question.parse(ranks(1, 4, 4, 2), completions=4) == ranks(1, 3, 3, 2)
    assert question.parse(ranks(3, None, 4, None), completions=4) == ranks(1, None, 2, None)


@pytest.mark.parametrize(
    "raw",
    [
        ranks(0, 1),
        ranks(1, 3),
        ranks(1, 2, 3),
        ranks(1),
        ranks(1, "2"),
        ranks(1, 2.0),
        ranks(True, 2),
        ranks(None, None),
        {"ranks": "12"},
        {"ranks": [1, 2], "more": 1},
        [1, 2],
        None,
    ],
)
def test_what_is_no_place_is_refused(raw):
    with pytest.raises(InvalidAnswer) as fault:
        ranking().parse(raw, completions=2)
    assert fault.value.question == "order"


def test_ties_are_refused_by_letter_where_they_are_not_allowed():
    question = ranking(ties=False)
    assert question.parse(ranks(2, 1, 3), completions=3) == ranks(2, 1, 3)
    with pytest.raises(InvalidAnswer, match="puts A and C both in place 2; give each"):
        question.parse(ranks(2, 1, 2), completions=3)


def test_a_ranking_of_a_part_stands_but_is_not_complete():
    question = ranking()
    answer = question.parse(ranks(2, None, 1), completions=3)
    assert not question.is_complete(answer, completions=3)
    assert question.is_complete(ranks(2, 1, 1), completions=3)


@given(given_ranks=RANKS, order=st.permutations(range(6)))
@QUICK
def test_an_answer_follows_its_completions_whatever_the_order(given_ranks, order):
    question = ranking()
    shown = question.parse({"ranks": given_ranks}, completions=6)
    own = question.permute(shown, order)
    assert [own["ranks"][position] for position in order] == shown["ranks"]
    assert question.parse(own, completions=6) == own
    fields = question.html(Shown(order=order, answer=own))
    assert fields.count(" checked") == sum(rank is not None for rank in given_ranks)


@given(given_ranks=RANKS, order=st.permutations(range(6)))
@QUICK
def test_what_a_page_holds_comes_back_as_it_was_clicked(given_ranks, order):
    question = ranking(ties=False)  # clashes too, until it is submitted
    data = {f"{question.field}-{n}": str(rank) for n, rank in enumerate(given_ranks) if rank}
    held = question.held(data, order)
    assert [held["ranks"][position] for position in order] == given_ranks


def test_fields_that_no_page_offers_are_held_as_nothing():
    assert ranking().held({"answer-order-0": "9"}, [0, 1]) is None
    assert ranking().held({}, [0, 1]) is None


def test_a_tie_shares_the_mean_of_its_places():
    assert fractional([1, 2, 2, 3]) == [1, 2.5, 2.5, 4]
    assert fractional([2, None, 1, 2]) == [2.5, None, 1, 2.5]
    assert sum(fractional([1, 1, 1, 1, 2])) == sum(fractional([5, 4, 3, 2, 1])) == 15


def test_ranks_read_as_an_order():
    assert in_words([2, 1, 2, None, 3]) == "B > A = C > E"
    assert ranking().words(ranks(2, 1)) == "B > A"
    assert ranking().columns(ranks(2, 1)) == {"1": 2, "2": 1}


# ---------------------------------------------------------------------------------------- distance


def test_the_distance_is_the_share_of_pairs_in_opposite_order():
    assert kendall_distance([1, 2, 3], [1, 2, 3]) == 0
    assert kendall_distance([1, 2, 3], [3, 2, 1]) == 1
    assert kendall_distance([1, 2, 3], [1, 3, 2]) == pytest.approx(1 / 3)
    assert kendall_distance([1, 1, 2], [1, 2, 3]) == pytest.approx(0.5 / 3)  # a tie in one: half
    assert kendall_distance([1, 2, None], [None, 1, 2]) == 0  # no pair that both rank


@given(order=st.permutations(range(5)))
@QUICK
def test_without_ties_the_distance_is_kendall_s_tau(order):
    tau = stats.kendalltau(range(5), order).statistic
    assert kendall_distance(list(range(5)), list(order)) == pytest.approx((1 - tau) / 2)


def test_the_distance_is_a_metric():
    every = [dense(found) for found in itertools.product((1, 2, 3), repeat=3)]
    for one, two, three in itertools.product(every, repeat=3):
        way = kendall_distance(one, two) + kendall_distance(two, three)
        assert kendall_distance(one, three) <= way + 1e-12
        assert (kendall_distance(one, two) == 0) == (one == two)


# --------------------------------------------------------------------------------------- combining


def test_rankings_combine_to_mean_ranks_and_their_order():
    combined = ranking().combine([ranks(1, 2, 3), ranks(1, 1, 2), ranks(2, 1, 3)])
    assert combined.count == 3
    assert combined.data == {
        "means": [1.5, 1.5, 3.0],
        "counts": [3, 3, 3],
        "first": [2, 2, 0],
        "ranks": [1, 1, 2],
    }
    assert ranking().summary(combined.data) == "A = B > C; mean rank A 1.5, B 1.5, C 3.0"


def test_a_method_s_ranks_make_the_order_and_how_sure_it_is():
    question = ranking()
    combined = question.combine([ranks(1, 2, 3)])
    found = {
        str(n): Found(value=v, deviation=d)
        for n, (v, d) in enumerate([(1.2, 0.3), (1.2, 0.3), (2.6, 0.4)])
    }
    settled = question.settle(combined, found)
    assert settled.data["ranks"] == [1, 1, 2]
    chance = stats.norm.cdf((2.6 - 1.2) / 0.5)
    assert settled.confidence == pytest.approx(chance, abs=1e-6)  # of the two pairs not tied
    assert question.settle(combined, {}) == combined


def test_a_judge_s_orders_give_their_mean_and_ties_where_they_contradict():
    assert ranking().reconcile([ranks(1, 2, 3), ranks(2, 1, 3)]) == ranks(1, 1, 2)
    strict = ranking(ties=False)
    assert strict.reconcile([ranks(1, 2, 3), ranks(2, 1, 3)]) is None
    assert strict.reconcile([ranks(1, 2, 3), ranks(1, 2, 3)]) == ranks(1, 2, 3)


def test_a_judge_gives_places_by_letter():
    question = ranking()
    assert question.from_judge({"A": 2, "B": 1, "C": 2}, completions=3) == ranks(2, 1, 2)
    assert question.from_judge({"A": 1}, completions=2) == ranks(1, None)  # refused as incomplete
    for payload in ({"A": 0, "B": 1}, {"C": 1}, "B > A", None):
        with pytest.raises(InvalidAnswer):
            question.from_judge(payload, completions=2)


def test_whoever_ranks_owes_every_place():
    questions = parse_questions([{"kind": "ranking", "name": "order", "title": "In which order?"}])
    with pytest.raises(IncompleteAnswers, match="not answered in full"):
        questions.parse({"order": ranks(1, None)}, completions=2, complete=True)
