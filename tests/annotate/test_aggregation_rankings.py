"""Rankings and choices made into one label: mean ranks, Plackett-Luce, votes for each option."""

import json

import numpy as np
import pytest
from scipy import stats

from annotate.aggregation.choosing import choose_method
from annotate.aggregation.comparing import compare
from annotate.aggregation.methods.plackett_luce import Rankings, plackett_luce
from annotate.aggregation.methods.rankings import PRIOR, agreement_with_others, expected_ranks
from annotate.aggregation.methods.votes import Numbers
from annotate.agreement import project_agreement
from annotate.exporting import exporter_for, write_snapshot
from annotate.gold import set_gold
from annotate.models import Aggregate, AnnotatorQuality, ItemSummary, Reliability
from annotate.quality.report import refresh
from annotate.questions.ranking.orders import kendall_distance
from annotate.snapshots import take_snapshot
from tests.annotate.test_aggregation_fits import bring_up_to_date
from tests.factories import make_annotation, make_annotator, make_item, make_project

ORDER = [{"kind": "ranking", "name": "order", "title": "In which order?"}]
TEXTS = ("One.", "Two.", "Three.")


def numbers(given, *, things, annotators):
    """From (thing, annotator, rank)."""
    thing, who, rank = (np.array(part) for part in zip(*given, strict=True))
    return Numbers(thing, who, rank.astype(float), things, annotators)


# ---------------------------------------------------------------------------------------- functions


def planted(*, items=40, each=6, size=4, seed=0):
    """Rankings of items that share no thing, by annotators of whom the last ones rank at random."""
    draw, given = np.random.default_rng(seed), []
    for item in range(items):
        for who in draw.permutation(10)[:each]:
            noise = draw.gumbel(0, 0.4 if who < 8 else 50, size)
            for thing, rank in enumerate((np.arange(size) + noise).argsort().argsort() + 1):
                given.append((item * size + thing, who, rank))
    owner = np.repeat(np.arange(items), size)
    return numbers(given, things=items * size, annotators=10), owner


def test_items_fitted_together_are_as_fitted_alone():
    data, owner = planted(items=5)
    together = expected_ranks(data, owner)
    for item in range(5):
        rows = owner[data.item] == item
        who = np.unique(data.annotator[rows], return_inverse=True)[1]
        alone = plackett_luce(
            Rankings(who, data.item[rows] - 4 * item, data.value[rows], who.max() + 1, 4),
            prior=PRIOR,
        )
        strength = np.exp(alone.strength)
        before = strength[None, :] / (strength[:, None] + strength[None, :])
        assert together.rank[owner == item] == pytest.approx(0.5 + before.sum(axis=1), abs=1e-4)


def test_expected_ranks_have_the_sum_of_places_and_the_order_that_was_planted():
    data, owner = planted()
    found = expected_ranks(data, owner)
    assert found.rank.reshape(-1, 4).sum(axis=1) == pytest.approx(np.full(40, 10.0))
    tau = stats.kendalltau(found.rank, np.tile(np.arange(4), 40)).statistic
    assert tau > 0.8


def test_standard_errors_are_as_wide_as_ranks_vary():
    """Of many items with the same true strengths, ranks spread as each one's error says."""
    data, owner = planted(items=400, each=8, seed=1)
    found = expected_ranks(data, owner)
    spread = found.rank.reshape(-1, 4).std(axis=0)
    said = found.deviation.reshape(-1, 4).mean(axis=0)
    # The prior draws ranks together, which makes them vary less than their errors say.
    assert (spread < 1.3 * said).all()
    assert (spread > 0.3 * said).all()


def test_a_thing_that_nobody_ranked_has_no_rank_and_takes_no_part():
    data = numbers([(0, 0, 1), (1, 0, 2)], things=3, annotators=1)
    found = expected_ranks(data, np.zeros(3, dtype=np.intp))
    assert np.isnan(found.rank).tolist() == [False, False, True]
    assert found.rank[0] + found.rank[1] == pytest.approx(3)
    empty = Numbers(*(np.empty(0, np.intp),) * 2, np.empty(0), 2, 1)
    assert np.isnan(expected_ranks(empty, np.zeros(2, dtype=np.intp)).rank).all()


def test_rankings_of_a_part_are_put_together():
    """Nobody ranked all: a over b, b over c. Mean ranks cannot tell a from b."""
    given = [(0, 0, 1), (1, 0, 2), (1, 1, 1), (2, 1, 2)]
    found = expected_ranks(numbers(given, things=3, annotators=2), np.zeros(3, dtype=np.intp))
    assert found.rank[0] < found.rank[1] < found.rank[2]


def test_who_ranks_at_random_agrees_with_nobody():
    data, owner = planted(items=200)
    found = agreement_with_others(data, owner)
    assert found.value[:8].min() > 0.5 > 0.2 > found.value[8:].max()
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_agreement_with_others_is_the_mean_tau():
    given = [(0, 0, 1), (1, 0, 2), (2, 0, 3), (0, 1, 1), (1, 1, 3), (2, 1, 2)]
    found = agreement_with_others(numbers(given, things=3, annotators=3), np.zeros(3, np.intp))
    assert found.value[:2] == pytest.approx([1 / 3, 1 / 3])
    assert np.isnan(found.value[2])
    assert (found.low[2], found.high[2]) == (0, 1)


# ------------------------------------------------------------------------------------- in a project


@pytest.fixture
def project(db):
    return make_project(questions=ORDER)


def rank(item, person, *given):
    return make_annotation(item, person, answers={"order": {"ranks": list(given)}})


def ranked(project, *, items=12):
    people = [make_annotator(project) for _ in range(3)]
    made = [make_item(project, completions=TEXTS) for _ in range(items)]
    for number, item in enumerate(made):
        rank(item, people[0], 2, 1, 3)
        rank(item, people[1], 2, 1, 2)
        rank(item, people[2], *((3, 2, 1) if number % 2 else (2, 1, 3)))
    return made, people


def test_mean_ranks_are_the_default_and_make_the_order(project):
    items, people = ranked(project)
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=items[0], source="people")
    assert found.method == "mean"
    assert found.data["ranks"] == [2, 1, 3]
    assert found.data["means"] == pytest.approx([(2 + 2.5 + 2) / 3, 1, (3 + 2.5 + 3) / 3])
    assert 0.5 < found.confidence < 1
    assert ItemSummary.objects.get(item=items[0]).confidence == found.confidence
    rows = Reliability.objects.filter(fit__source="people", fit__current=True)
    assert rows.get(annotator=people[0]).value > rows.get(annotator=people[2]).value


def test_plackett_luce_can_be_chosen(project):
    items, people = ranked(project)
    choose_method(project, project.questions["order"], "plackett_luce")
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=items[0], source="people")
    assert found.method == "plackett_luce"
    assert found.data["ranks"] == [2, 1, 3]
    assert sum(found.data["means"]) == pytest.approx(6, abs=1e-5)
    assert all(error > 0 for error in found.data["deviations"])
    rows = Reliability.objects.filter(fit__source="people", fit__current=True)
    assert rows.get(annotator=people[0]).value > rows.get(annotator=people[2]).value


def test_the_methods_are_compared_on_gold(project):
    items, _ = ranked(project)
    set_gold(items[0], {"order": {"ranks": [2, 1, 3]}})
    bring_up_to_date(project)
    rows = compare(project)["questions"]["order"]["methods"]
    assert [row["method"] for row in rows] == ["mean", "plackett_luce", "adjusted_mean"]
    assert [row["known"] for row in rows] == [3, 3, 3]
    assert all(row["right"] >= 2 for row in rows)


def test_rankings_are_compared_whole_by_kendall_s_distance(project):
    item, people = make_item(project, completions=TEXTS), [make_annotator(project) for _ in "ab"]
    rank(item, people[0], 1, 2, 3)
    rank(item, people[1], 2, 1, 3)
    other = make_item(project, completions=TEXTS)
    rank(other, people[0], 3, 2, 1)
    rank(other, people[1], 3, 2, 1)
    found = project_agreement(project)["order"]
    given = [[1, 2, 3], [2, 1, 3], [3, 2, 1], [3, 2, 1]]
    by_chance = np.mean(
        [kendall_distance(given[i], given[j]) for i in range(4) for j in range(4) if i != j]
    )
    assert found["metric"] == "distance"
    assert found["alpha"]["value"] == pytest.approx(1 - (1 / 3) / 2 / by_chance)
    assert found["agreement"]["value"] == 0.5


def test_who_ranks_otherwise_is_seen_in_the_figures_of_people(project):
    _, people = ranked(project, items=20)
    refresh(project)
    found = AnnotatorQuality.objects.filter(project=project, question="order")
    rows = {row.annotator_id: row for row in found}
    shares = [rows[person.pk].hits / rows[person.pk].compared for person in people]
    assert shares[0] > shares[2]


def exported(project, **options):
    from io import StringIO

    snapshot, file = take_snapshot(project), StringIO()
    result = write_snapshot(snapshot, exporter_for(snapshot, "trl", options), file)
    return [json.loads(row) for row in file.getvalue().splitlines()], result


def test_a_ranking_trains_by_its_best_against_its_worst_or_by_every_pair(project):
    _, people = ranked(project, items=1)
    tied = make_item(project, completions=TEXTS)
    rank(tied, people[0], 1, 1, 1)
    bring_up_to_date(project)
    rows, result = exported(project, margin="yes")
    assert [(row["chosen"], row["rejected"]) for row in rows] == [("Two.", "Three.")]
    assert rows[0]["margin"] == pytest.approx((8.5 / 3 - 1) / 2)
    assert result.left_out == {"ties": 1}
    every, result = exported(project, pairs="all")
    assert [(row["chosen"], row["rejected"]) for row in every] == [
        ("Two.", "One."),
        ("Two.", "Three."),
        ("One.", "Three."),
    ]
    assert (result.rows, result.items) == (3, 2)


# ------------------------------------------------------------------------------------------ choices

SEVERAL = [
    {
        "kind": "choice",
        "name": "problems",
        "title": "What is wrong?",
        "each": True,
        "several": True,
        "none": "Nothing",
        "options": [{"value": f"v{n}", "label": f"V{n}"} for n in range(20)],
    },
    {"kind": "choice", "name": "kind", "title": "What is it?"},
]


@pytest.mark.parametrize("method", ["majority", "dawid_skene", "weighted", "mace", "glad"])
def test_choices_are_settled_by_every_method_that_fits(db, method):
    """More units an item than it has completions: each option of each is one."""
    project = make_project(questions=SEVERAL)
    people = [make_annotator(project) for _ in range(4)]
    for number in range(6):
        item = make_item(project, completions=TEXTS)
        for place, person in enumerate(people):
            wrong = [["v0", "v19"], ["v3"] if place else [], []]
            answer = "yes" if (number % 2 == 0) == (place > 0) else "no"
            answers = {"problems": {"each": wrong}, "kind": {"chosen": [answer]}}
            make_annotation(item, person, answers=answers)
    for question in project.questions:
        choose_method(project, question, method)
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=item, question="problems", source="people")
    assert [part["chosen"] for part in found.data["each"]] == [["v0", "v19"], ["v3"], []]
    assert found.confidence > 0.6
    one = Aggregate.objects.get(item=item, question="kind", source="people")
    assert (one.data["chosen"], one.majority) == (["no"], None)
    assert sum(one.data["posterior"].values()) == pytest.approx(1, abs=1e-4)


def test_choices_agree_by_name_and_sets_by_masi(db):
    project = make_project(questions=SEVERAL)
    item, people = make_item(project, completions=TEXTS), [make_annotator(project) for _ in "ab"]
    for person, sets, kind in zip(people, (["v0", "v1"], ["v0"]), ("yes", "yes"), strict=True):
        answers = {"problems": {"each": [sets, [], []]}, "kind": {"chosen": [kind]}}
        make_annotation(item, person, answers=answers)
    found = project_agreement(project)
    assert found["problems"]["metric"] == "distance"
    assert found["problems"]["agreement"]["value"] == 0
    assert found["kind"]["metric"] == "nominal"
    assert found["kind"]["agreement"]["value"] == 1
