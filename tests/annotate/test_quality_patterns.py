"""Planted ways of answering are found, and good annotators are left alone."""

from collections import Counter

import numpy as np
import pytest

from annotate.quality import patterns
from annotate.quality.copying import pairs
from annotate.quality.study import study
from tests.annotate.planted_people import FIRST, KINDS, SECOND, TIE, planted, votes_of

SEEDS = range(6)


@pytest.fixture(scope="module")
def found():
    """By kind of annotator, how often each sign was given, at about 310 labels each."""
    signs = {kind: Counter() for kind in ("good", *KINDS)}
    for seed in SEEDS:
        who, votes = planted(seed, others=KINDS, items=1_800)
        for kind, person in zip(who, study(votes).people, strict=True):
            signs[kind].update(person.signs)
    return signs


@pytest.mark.parametrize(
    ("kind", "sign", "least"),
    [
        ("random", "chance", 5),
        ("always first", "position", 6),
        ("always first", "same", 6),
        ("mostly first", "position", 6),
        ("longer", "length", 6),
        ("drifter", "drift", 4),
        ("always tie", "same", 6),
        ("quick", "quick", 6),
        ("copier", "copies", 6),
        ("presser", "position", 5),
    ],
)
def test_who_answers_oddly_is_found(found, kind, sign, least):
    assert found[kind][sign] >= least


def test_somebody_who_presses_one_key_for_a_while_is_found_in_a_shorter_time():
    given = Counter()
    for seed in range(12):
        who, votes = planted(seed, others=["presser"], items=600)
        given.update(study(votes).people[who.index("presser")].signs)
    assert given["runs"] >= 2


def test_good_annotators_beside_them_get_no_sign(found):
    assert found["good"] == {}


def test_of_good_annotators_alone_next_to_nobody_gets_a_sign():
    """At most 1 % of a kind of sign may be false; over ten projects that is none or one."""
    given = Counter()
    for seed in range(100, 110):
        _, votes = planted(seed)
        for person in study(votes).people:
            given.update(person.signs)
    assert given.total() <= 1


def test_a_group_that_knows_nothing_has_nobody_near_chance():
    """Where the others do no better than chance, to be near it says nothing about anybody."""
    _, votes = planted(3, good=0, others=["random"] * 15, items=600)
    assert all("chance" not in person.signs for person in study(votes).people)


# ------------------------------------------------------------------------------------------- by hand


def one(item, who, value, *, turned=0, longer=-1, seconds=10.0, at=0.0):
    return item, who, value, turned, longer, seconds, at


def test_the_share_of_the_first_shown_is_counted_among_decided_answers():
    rows = [one(n, 0, FIRST if n < 30 else SECOND, turned=n % 2) for n in range(40)]
    rows += [one(n, 0, TIE, turned=n % 2) for n in range(40, 60)]
    details = patterns.position(votes_of(rows, items=60, people=1)).details[0]
    # First was shown first on 15 of its 30; second was shown first on 5 of its 10.
    assert (details["n"], details["value"]) == (40, 0.5)


def test_where_the_order_was_not_drawn_nothing_is_said_of_the_place():
    rows = [one(n, 0, FIRST) for n in range(60)]
    found = patterns.position(votes_of(rows, items=60, people=1))
    assert found.details == {}
    assert np.isnan(found.p).all()


def test_matches_of_dealt_answers_have_the_mean_and_variance_of_the_formula():
    """Against all permutations of four answers: own 0 0 1 2, aggregate 0 1 1 0."""
    from itertools import permutations

    own, agreed = [0, 0, 1, 2], [0, 1, 1, 0]
    hits = [sum(a == b for a, b in zip(p, agreed, strict=True)) for p in permutations(own)]
    rows = []
    for item, (mine, theirs) in enumerate(zip(own, agreed, strict=True)):
        rows += [one(item, 0, mine), one(item, 1, theirs), one(item, 2, theirs)]
    votes = votes_of(rows, items=4, people=3)
    chance, spread = patterns._matching(votes, np.array([4.0, 4.0, 4.0]))
    assert chance[0] == pytest.approx(np.mean(hits) / 4)
    assert spread[0] == pytest.approx(np.std(hits))


def test_the_change_is_the_last_third_less_the_first_on_items_equally_hard():
    rows = []
    for n in range(90):
        rows.append(one(n, 0, FIRST if n < 60 else SECOND, at=float(n)))
        rows += [one(n, who, FIRST, at=float(n)) for who in (1, 2, 3)]
    found = patterns.drift(votes_of(rows, items=90, people=4))
    assert found.details[0]["value"] == pytest.approx(-1, abs=0.02)
    assert found.p[0] < 1e-6
    assert found.p[1] == 1  # who never changes


def test_items_that_get_harder_are_no_drift():
    """Hard items last, as when the most uncertain come late: the others err on them as well."""
    rng = np.random.default_rng(5)
    rows = []
    for n in range(300):
        right = 0.95 if n < 150 else 0.55
        rows += [
            one(n, who, FIRST if rng.random() < right else SECOND, at=float(n)) for who in range(5)
        ]
    assert (patterns.drift(votes_of(rows, items=300, people=5)).p > 0.01).all()


def test_a_run_that_the_items_explain_is_none():
    """Fifty items in a row on which all agree, such as a file that is sorted by its answers."""
    rows = [
        one(n, who, FIRST if n < 50 else SECOND, at=float(n))
        for n in range(100)
        for who in range(4)
    ]
    found = patterns.runs(votes_of(rows, items=100, people=4))
    assert found.details[0]["longest"] == 50
    alone = [r if r[1] else one(r[0], 0, r[2] if r[0] % 2 else TIE, at=r[6]) for r in rows]
    assert (patterns.runs(votes_of(alone, items=100, people=4)).p > 0.01).all()


def test_a_run_that_nothing_explains_stands_out():
    rng = np.random.default_rng(6)
    rows = [
        one(n, who, int(rng.choice([FIRST, SECOND])), turned=int(rng.integers(2)), at=float(n))
        for n in range(200)
        for who in range(4)
    ]
    rows = [
        one(r[0], 0, SECOND if r[3] else FIRST, turned=r[3], at=r[6])
        if r[1] == 0 and 80 <= r[0] < 110
        else r
        for r in rows
    ]
    found = patterns.runs(votes_of(rows, items=200, people=4))
    assert found.p[0] < 1e-4
    assert (found.p[1:] > 0.01).all()


def test_usual_time_is_of_three_people_at_least():
    rows = [one(n, who, FIRST, seconds=1.0 if who else 20.0) for n in range(40) for who in range(2)]
    assert patterns.quick(votes_of(rows, items=40, people=2)).details == {}


def test_a_quarter_of_the_usual_time_is_quick():
    seconds = {0: 4.9, 1: 20.0, 2: 20.0, 3: 6.0}
    rows = [one(n, who, FIRST, seconds=seconds[who]) for n in range(40) for who in range(4)]
    found = patterns.quick(votes_of(rows, items=40, people=4))
    # Medians 4.9, 6, 20, 20: 13 is usual, 3.25 a quarter of it.
    assert found.details[0]["limit"] == 3.25
    assert found.details[0]["value"] == 0


# ------------------------------------------------------------------------------------------- copying


def test_pairs_are_counted_by_hand():
    rows = []
    for n in range(40):
        differs = n < 20
        rows += [
            one(n, 0, SECOND if differs else FIRST, at=n * 100.0),
            one(n, 1, SECOND if n < 18 else FIRST, at=n * 100.0 + 30),
            one(n, 2, FIRST),
            one(n, 3, FIRST),
        ]
    found = {(p.first, p.second): p for p in pairs(votes_of(rows, items=40, people=4), rate=0.01)}
    pair = found[0, 1]
    # The others say first: on 20 items at least one of the two does not, on 18 of these both say second.
    assert (pair.shared, pair.same, pair.apart, pair.alike) == (40, 38, 20, 18)
    assert (pair.later, pair.lag, pair.followers) == (1.0, 30.0, (1,))


def test_who_agrees_with_everybody_copies_nobody():
    rows = [one(n, who, FIRST) for n in range(200) for who in range(5)]
    assert all(np.isnan(p.p) for p in pairs(votes_of(rows, items=200, people=5), rate=0.01))


def test_two_experts_among_a_noisy_crowd_are_no_copies():
    """Both are right in 95 %, three others in 60 %: they differ from the crowd together, by merit."""
    rng = np.random.default_rng(7)
    rows = []
    for n in range(400):
        for who in range(5):
            right = rng.random() < (0.95 if who < 2 else 0.6)
            rows.append(one(n, who, FIRST if right else int(rng.choice([TIE, SECOND]))))
    found = pairs(votes_of(rows, items=400, people=5), rate=0.01)
    assert not any(pair.stands_out for pair in found)


def test_what_a_judge_answers_is_nobodys_copy():
    who, votes = planted(8, others=["copier"], items=600)
    people = np.array([kind != "copier" for kind in who])
    mixed = votes.__class__(**{**vars_of(votes), "people": people})
    assert not any("copies" in person.signs for person in study(mixed).people)


def vars_of(votes):
    from dataclasses import fields

    return {f.name: getattr(votes, f.name) for f in fields(votes)}
