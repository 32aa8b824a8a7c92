"""Answers beside what the others agree on, worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from annotate.quality.study import LEAST_COMPARED, study
from tests.annotate.planted_people import FIRST, SECOND, TIE, planted, votes_of


def row(item, who, value, *, turned=0, longer=-1, seconds=10.0, at=0.0):
    return item, who, value, turned, longer, seconds, at


def test_the_aggregate_leaves_the_annotator_out():
    votes = votes_of(
        [row(0, 0, FIRST), row(0, 1, FIRST), row(0, 2, SECOND), row(1, 0, TIE)], items=2, people=3
    )
    # In order of annotators: 0 on both items, 1, 2.
    assert votes.others.tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1], [2, 0, 0]]
    # Two others who differ agree on nothing; nobody else is nothing to compare with.
    assert votes.agreed.tolist() == [-1, -1, -1, FIRST]
    assert votes.compared.tolist() == [False, False, False, True]


def test_an_llm_is_held_against_all_people_and_counts_for_none():
    rows = [row(0, 0, FIRST), row(0, 1, TIE), row(0, 2, SECOND), row(1, 1, TIE), row(1, 2, TIE)]
    votes = votes_of(rows, items=2, people=3, people_mask=[True, True, False])
    assert votes.others.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert votes.agreed.tolist() == [TIE, FIRST, -1, -1, TIE]


def test_a_review_stands_for_all_but_the_reviewer():
    rows = [row(0, 0, FIRST), row(0, 1, FIRST), row(0, 2, SECOND)]
    votes = votes_of(rows, items=1, people=3, review=np.array([SECOND]), reviewer=np.array([2]))
    assert votes.agreed.tolist() == [SECOND, SECOND, FIRST]


def test_what_is_expected_is_what_others_reach_on_items_like_these():
    """Strata by hand: three agree on items 0 to 3; on item 4 the third one errs."""
    rows = [row(item, who, FIRST) for item in range(4) for who in range(3)]
    rows += [row(4, 0, FIRST), row(4, 1, FIRST), row(4, 2, SECOND)]
    votes = votes_of(rows, items=5, people=3)
    third = votes.own[2]
    # With two others of one mind, annotators 0 and 1 agree with them on 8 of 8 comparable items;
    # one answer at the overall rate (12.5 of 14) is added.
    assert votes.expected[third] == pytest.approx([(8 + 12.5 / 14) / 9] * 5)


def test_turned_answers_are_mirrored_to_their_places_on_the_page():
    votes = votes_of(
        [row(0, 0, FIRST, turned=1), row(1, 0, FIRST), row(2, 0, TIE, turned=1)], items=3, people=1
    )
    assert votes.shown.tolist() == [SECOND, FIRST, TIE]


def test_labels_that_came_all_at_once_have_no_times():
    rows = [row(item, 0, FIRST, at=5.0) for item in range(4)]
    rows += [row(item, 1, FIRST, at=float(item)) for item in range(4)]
    assert votes_of(rows, items=4, people=2).dated.tolist() == [False, True]


# ------------------------------------------------------------------------------------------ figures


def alike(number, *, hits, others=2):
    """``others`` people agree on ``number`` items; annotator 0 gives their answer on ``hits``."""
    rows = []
    for item in range(number):
        rows.append(
            row(item, 0, FIRST if item < hits else SECOND, at=item * 60.0, seconds=item + 1)
        )
        rows += [row(item, who, FIRST, at=item * 60.0) for who in range(1, others + 1)]
    return votes_of(rows, items=number, people=others + 1)


def test_agreement_counts_hits_and_is_shrunk_towards_the_group():
    found = study(alike(40, hits=30))
    person = found.people[0]
    assert (person.hits, person.compared) == (30, 40)
    # Three people weigh as much as two answers of the group's share, (110 + .5) / (120 + 1).
    share = (30 + 40 + 40 - 20 + 0.5) / (40 + 30 + 30 + 1)
    assert found.prior.mean == pytest.approx(share)
    # At least half an answer of either kind is added.
    assert person.agreement.value == pytest.approx((30 + 2 * share) / (40.5 + 2 * share))
    assert person.agreement.low < 0.75 < person.agreement.high


def test_too_few_labels_have_no_figure_at_all():
    person = study(alike(LEAST_COMPARED - 1, hits=3)).people[0]
    assert person.agreement is None
    assert person.signs == []
    assert set(person.data) == {"given"}


def test_confusion_has_a_row_for_what_others_agree_on():
    person = study(alike(40, hits=30)).people[0]
    assert person.data["confusion"] == [[30, 0, 10], [0, 0, 0], [0, 0, 0]]


def test_answers_stand_beside_the_others_on_the_same_items():
    person = study(alike(40, hits=30)).people[0]
    assert person.data["given"] == [30, 0, 10]
    assert person.data["others"] == [1.0, 0.0, 0.0]


def test_pace_is_the_median_and_its_course():
    person = study(alike(60, hits=60)).people[0]
    assert person.seconds == 30.5
    assert [part["n"] for part in person.data["paces"]] == [15, 15, 15, 15]
    assert [part["value"] for part in person.data["paces"]] == [8, 23, 38, 53]


def test_agreement_over_time_is_in_equal_parts():
    parts = study(alike(60, hits=30)).people[0].data["windows"]
    assert [part["value"] for part in parts] == [1, 1, 0, 0]
    assert parts[0]["from"] == 0
    assert parts[-1]["to"] == 59 * 60


def test_ratings_show_how_much_higher_somebody_rates():
    rows = []
    for item in range(20):
        rows += [row(item, 0, 3), row(item, 1, 2), row(item, 2, 1 if item % 2 else 2)]
    votes = replace(
        votes_of(rows, items=20, people=3), classes=5, signed=False, scale=np.arange(1.0, 6.0)
    )
    offset = study(votes).people[0].data["offset"]
    # Others' means are 3 and 2.5, own ratings 4.
    assert offset["value"] == pytest.approx(1.25)
    assert offset["low"] < 1.25 < offset["high"]


def test_the_two_parts_of_one_label_count_once_for_tests():
    """Ratings of two completions in one label vary together: n is the number of labels."""
    _, votes = planted(1, items=100)
    doubled = replace(
        votes,
        **{
            name: np.repeat(getattr(votes, name), 2)
            for name in (
                "item",
                "annotator",
                "value",
                "answer",
                "turned",
                "longer",
                "seconds",
                "at",
            )
        },
        unit=np.column_stack([votes.unit * 2, votes.unit * 2 + 1]).ravel(),
        review=np.full(200, -1),
        reviewer=np.full(200, -1),
    )
    once, twice = study(votes), study(doubled)
    for one, two in zip(once.people, twice.people, strict=True):
        assert two.compared == 2 * one.compared
        assert (one.agreement is None) == (two.agreement is None)
        if one.agreement and two.agreement:
            assert two.agreement.low == pytest.approx(one.agreement.low, abs=1e-6)


def test_nobody_is_nothing():
    found = study(votes_of([], items=0, people=0))
    assert found.people == []
