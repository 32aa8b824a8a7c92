"""Agreement between every two people, and of judges with people."""

import numpy as np
import pytest
from django.core.cache import cache
from sklearn.metrics import cohen_kappa_score

from annotate.agreement import detailed_agreement
from annotate.agreement.pairs import LEAST_COMMON
from annotate.presets import PRESETS
from tests.factories import make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def project():
    return make_project()


def label(project, rows, annotators):
    """An item for each row; None is no label."""
    for row in rows:
        item = make_item(project)
        for who, value in zip(annotators, row, strict=True):
            if value is not None:
                make_annotation(item, who, value=value)


def people_of(project, number):
    return [make_annotator(project) for _ in range(number)]


def found(project, part, question="overall"):
    return detailed_agreement(project)[question][part]


# ---------------------------------------------------------------------------------- every two people


def test_pairs_have_the_kappa_of_the_field_s_library(project):
    rng = np.random.default_rng(7)
    first = rng.integers(-2, 3, size=40)
    second = np.where(rng.random(40) < 0.5, first, rng.integers(-2, 3, size=40))
    people = people_of(project, 2)
    label(project, zip(first.tolist(), second.tolist(), strict=True), people)
    [pair] = found(project, "pairs")["pairs"]
    assert pair["n"] == 40
    sides = np.sign(first), np.sign(second)
    assert pair["cohen"]["value"] == pytest.approx(cohen_kappa_score(*sides), abs=1e-9)
    for weights in ("linear", "quadratic"):
        theirs = cohen_kappa_score(first, second, labels=range(-2, 3), weights=weights)
        assert pair[f"cohen_{weights}"]["value"] == pytest.approx(theirs, abs=1e-9)
    assert pair["agreement"]["value"] == pytest.approx((sides[0] == sides[1]).mean())
    decided = (first != 0) & (second != 0)
    without = pair["agreement_without_ties"]
    assert without["value"] == pytest.approx((sides[0] == sides[1])[decided].mean())
    assert without["n"] == decided.sum()
    assert pair["cohen"]["low"] < pair["cohen"]["value"] < pair["cohen"]["high"]


def test_pairs_with_few_items_in_common_are_left_out_and_counted(project):
    people = people_of(project, 4)
    label(project, [(1, 1, None, None)] * LEAST_COMMON, people)
    label(project, [(1, None, 1, None)] * (LEAST_COMMON - 1), people)
    label(project, [(None, None, 1, 1)], people)
    pairs = found(project, "pairs")
    assert [(p["first"]["annotator"], p["second"]["annotator"]) for p in pairs["pairs"]] == [
        (people[0].pk, people[1].pk)
    ]
    assert pairs["left_out"] == 2
    assert pairs["least_items"] == LEAST_COMMON


def test_the_pairs_with_most_in_common_come_first_and_the_rest_is_counted(project, monkeypatch):
    monkeypatch.setattr("annotate.agreement.pairs.MOST_PAIRS", 1)
    people = people_of(project, 3)
    label(project, [(1, 1, 1)] * 10 + [(None, 1, -1)] * 3, people)
    pairs = found(project, "pairs")
    [pair] = pairs["pairs"]
    assert (pair["first"]["annotator"], pair["n"]) == (people[1].pk, 13)
    assert (pairs["left_out"], pairs["beyond"]) == (0, 2)


def test_an_item_with_two_completions_counts_once_for_a_pair():
    project = make_project(questions=PRESETS["helpsteer2"].questions)
    people = people_of(project, 2)
    rng = np.random.default_rng(0)
    given = rng.integers(0, 5, size=(12, 2, 2))
    for rows in given.tolist():
        item = make_item(project)
        for who, values in zip(people, rows, strict=True):
            make_annotation(item, who, answers={"verbosity": {"values": values}})
    [pair] = found(project, "pairs", "verbosity")["pairs"]
    first, second = given[:, 0].ravel(), given[:, 1].ravel()
    assert pair["n"] == pair["cohen"]["n"] == 12
    assert pair["cohen"]["value"] == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    assert "agreement_without_ties" not in pair


# ------------------------------------------------------------------------------------------- judges


def judge_of(project, values, name="robot"):
    judge = make_annotator(project, kind="llm", name=name)
    for item, value in zip(project.items.order_by("pk"), values, strict=True):
        if value is not None:
            make_annotation(item, judge, value=value)
    return judge


def test_a_judge_is_held_against_people_on_the_same_items(project):
    people = people_of(project, 3)
    label(project, [(1, 1, 1), (1, 1, -1), (-1, -1, 0), (1, 1, 1)], people)
    robot = judge_of(project, [1, 1, 1, None])
    [judge] = found(project, "judges")
    assert (judge["annotator"], judge["name"], judge["n"]) == (robot.pk, "robot", 3)
    # By item: the judge is like all, two and none of three people; people in 3, 1 and 1 of 3 pairs.
    assert judge["agreement"]["value"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert judge["agreement_people"]["value"] == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert judge["agreement_difference"]["value"] == pytest.approx(0)
    assert judge["agreement"]["n"] == 3
    # The majority takes the judge's side on the first two of three items, all without ties.
    assert judge["majority"]["value"] == pytest.approx(2 / 3)
    assert judge["majority_without_ties"]["n"] == 3


def test_each_person_left_out_in_turn_is_measured_as_the_judge_is(project):
    people = people_of(project, 3)
    label(project, [(1, 1, -1), (1, 1, 1)], people)
    judge_of(project, [-1, 1])
    [judge] = found(project, "judges")
    # Item one: leaving a 1 out leaves (1, -1), no majority; leaving the -1 out leaves 1, and
    # neither the person nor the judge said 1. Item two: all say 1, and each is left out once.
    assert judge["majority_of_others"]["value"] == pytest.approx((0 + 3) / 4)
    assert judge["majority_of_others_people"]["value"] == pytest.approx((0 + 3) / 4)
    assert judge["majority_of_others_difference"]["value"] == pytest.approx(0)
    assert judge["majority_of_others"]["n"] == 2


def test_a_judge_that_guesses_as_people_do_does_as_well_as_a_person(project):
    """Judge and people draw alike: being one of those who make the majority is no handicap."""
    rng = np.random.default_rng(11)
    right = rng.choice([-1, 1], size=400)
    wrong = rng.random((400, 4)) < 0.3
    given = np.where(wrong, -right[:, None], right[:, None]).tolist()
    label(project, [row[:3] for row in given], people_of(project, 3))
    judge_of(project, [row[3] for row in given])
    [judge] = found(project, "judges")
    for figure in ("majority_of_others_difference", "agreement_difference", "alpha_difference"):
        assert judge[figure]["low"] < 0 < judge[figure]["high"]
        assert abs(judge[figure]["value"]) < 0.06


def test_a_judge_that_copies_people_agrees_and_one_that_contradicts_does_not(project):
    people = people_of(project, 3)
    sides = ([(1, 1, 1)] * 3 + [(-1, -1, -1)] * 3 + [(2, 1, -1)]) * 4
    label(project, sides, people)
    judge_of(project, [row[0] for row in sides], name="copy")
    judge_of(project, [-row[0] for row in sides], name="contrary")
    copy, contrary = found(project, "judges")
    assert copy["alpha"]["value"] > 0.8 > 0 > contrary["alpha"]["value"]
    assert copy["alpha_people"]["value"] == pytest.approx(contrary["alpha_people"]["value"])
    assert copy["cohen"]["value"] == 1
    assert contrary["cohen"]["value"] == pytest.approx(-1, abs=0.05)
    assert copy["agreement_difference"]["low"] > 0 > contrary["agreement_difference"]["high"]
    assert copy["agreement_people"]["chance"] == pytest.approx(0.5, abs=0.05)


def test_a_judge_beside_one_person_has_a_majority_but_nothing_to_compare(project):
    label(project, [(1,), (-1,), (1,)], people_of(project, 1))
    label(project, [(1, 1)], people_of(project, 2))
    judge_of(project, [1, 1, 1, None])
    [judge] = found(project, "judges")
    assert judge["majority"]["value"] == pytest.approx(2 / 3)
    assert judge["agreement"] == dict.fromkeys(judge["agreement"]) | {"n": 0}


def test_judges_that_share_no_item_with_people_are_not_there(project):
    label(project, [(1, 1), (1, -1)], people_of(project, 2))
    make_annotation(make_item(project), make_annotator(project, kind="llm"))
    assert found(project, "judges") == []


def test_ratings_of_a_judge_are_held_against_people_s():
    project = make_project(questions=PRESETS["helpsteer2"].questions)
    people, judge = people_of(project, 2), make_annotator(project, kind="llm")
    for n in range(8):
        item = make_item(project)
        values = [[n % 5, 2], [n % 5, 3], [n % 5, 2]]
        for who, own in zip([*people, judge], values, strict=True):
            make_annotation(item, who, answers={"coherence": {"values": own}})
    [row] = found(project, "judges", "coherence")
    assert row["agreement"]["value"] == pytest.approx((1 + 1 / 2) / 2)
    assert row["agreement_people"]["value"] == pytest.approx(1 / 2)
    assert row["alpha"]["value"] > row["alpha_people"]["value"] > 0.5
    assert row["majority"]["n"] == 8  # two people who differ have no majority
