"""Replays: held-out rows stay out, budgets are exact, and the same seed says the same."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from annotate.models import Item
from routing.artefacts import Pairs, Written
from routing.policies import Case, JudgeState, Signal
from routing.rewards.features import Side, surface
from routing.simulation import Finished, people_of, replay, simulate, split, standard_error
from tests.factories import make_annotation, make_annotator, make_item, make_project

WANTED = [("all_human", 1.0), ("all_judge", 0.0), ("random", 0.25), ("confidence", 0.25)]


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def made_up(*, prompts=40, each=3, size=16, judge_error=0.3, evaluation=(), seed=0):
    """People side with a hidden direction; the judge errs where it is unsure."""
    draw = np.random.default_rng(seed)
    n = prompts * each
    keys = [f"prompt-{number // each:03d}" for number in range(n)]
    texts = [[f"{side} {number}" for number in range(n)] for side in ("first", "second")]
    vectors = [unit(draw.normal(size=(n, size))) for _ in texts]
    truth = np.where((vectors[0] - vectors[1]) @ draw.normal(size=size) > 0, 0, 2)
    wrong = draw.random(n) < judge_error
    sides = [Side(v, surface(keys, t)) for v, t in zip(vectors, texts, strict=True)]
    return Finished(
        pairs=Pairs(
            np.arange(n),
            np.array([key in evaluation for key in keys]),
            *(Written(keys, keys, t, t) for t in texts),
        ),
        prompts=unit(draw.normal(size=(n, size))),
        first=sides[0],
        second=sides[1],
        cases=[
            Case(
                item=number,
                key=f"item-{number}",
                judge=JudgeState.LABELLED,
                confidence=0.4 if wrong[number] else 0.9,
                signal=Signal.STATED,
            )
            for number in range(n)
        ],
        people=np.eye(3)[truth],
        judge=np.eye(3)[np.where(wrong, 2 - truth, truth)],
    )


def flipped(votes, rows):
    votes = votes.copy()
    votes[rows] = votes[rows][:, ::-1]
    return votes


def accuracies(data, parts, wanted=WANTED):
    return {(r.policy, r.budget): r.accuracy for r in replay(data, parts, wanted, seed=3)}


def test_no_prompt_is_trained_on_and_held_out():
    data = made_up()
    for seed in range(20):
        parts = split(data.keys, data.pairs.evaluation, seed=seed)
        prompts = [{data.keys[n] for n in np.flatnonzero(m)} for m in (parts.train, parts.test)]
        assert prompts[0] & prompts[1] == set()
        assert len(prompts[1]) == 12
        assert (parts.train ^ parts.test).all()


def test_the_evaluation_share_is_held_out_in_every_split_and_others_take_turns():
    data = made_up(evaluation=("prompt-000", "prompt-007"))
    tests = [split(data.keys, data.pairs.evaluation, seed=seed).test for seed in range(20)]
    assert all(test[data.pairs.evaluation].all() for test in tests)
    assert np.any(tests, axis=0).sum() > 100
    again = split(data.keys, data.pairs.evaluation, seed=7)
    assert (again.test == tests[7]).all()


def test_an_evaluation_share_larger_than_what_is_held_out_is_held_out_whole():
    data = made_up(prompts=4, evaluation=("prompt-000", "prompt-001", "prompt-002"))
    parts = split(data.keys, data.pairs.evaluation, seed=0)
    assert (parts.test == data.pairs.evaluation).all()


@pytest.mark.parametrize("kind", ["random", "confidence"])
@pytest.mark.parametrize("count", [1, 7, 100])
@pytest.mark.parametrize(
    ("budget", "people"),
    [(0.0, (0, 0, 0)), (0.25, (0, 1, 25)), (0.5, (0, 3, 50)), (1.0, (1, 7, 100))],
)
def test_a_budget_is_spent_to_the_item_and_never_passed(kind, count, budget, people):
    cases = made_up().cases[:count]
    sent = people_of(kind, budget, cases, seed=1)
    assert sent.sum() == people[(1, 7, 100).index(count)]


def test_confidence_buys_the_labels_that_the_judge_is_least_sure_of():
    data = made_up()
    sent = people_of("confidence", 0.25, data.cases, seed=0)
    unsure = np.array([case.confidence < 0.5 for case in data.cases])
    assert unsure.sum() > sent.sum()
    # All but the random share that the policy keeps for unbiased estimates.
    assert unsure[sent].mean() > 0.8
    at_random = people_of("random", 0.25, data.cases, seed=0)
    assert unsure[at_random].mean() < 0.5


def test_held_out_labels_teach_nothing():
    """A head that had seen any of them would move when they are turned around."""
    data = made_up()
    parts = split(data.keys, data.pairs.evaluation, seed=0)
    turned = replace(data, people=flipped(data.people, parts.test))
    for pair, accuracy in accuracies(data, parts).items():
        assert accuracies(turned, parts)[pair] == pytest.approx(1 - accuracy, abs=1e-12)
    judged = replace(data, judge=flipped(data.judge, parts.test))
    assert accuracies(judged, parts) == accuracies(data, parts)


def test_people_s_labels_that_were_not_bought_teach_nothing():
    data = made_up()
    parts = split(data.keys, data.pairs.evaluation, seed=0)
    training = np.flatnonzero(parts.train)
    cases = [data.cases[row] for row in training]
    for kind in ("random", "confidence"):
        sent = people_of(kind, 0.25, cases, seed=3)
        others = replace(data, people=flipped(data.people, training[~sent]))
        bought = replace(data, people=flipped(data.people, training[sent]))
        wanted = [(kind, 0.25)]
        assert accuracies(others, parts, wanted) == accuracies(data, parts, wanted)
        assert accuracies(bought, parts, wanted) != accuracies(data, parts, wanted)


def test_all_human_learns_from_people_alone_and_all_judge_from_the_judge_alone():
    data = made_up()
    parts = split(data.keys, data.pairs.evaluation, seed=0)
    before = accuracies(data, parts)
    no_judge = accuracies(replace(data, judge=flipped(data.judge, parts.train)), parts)
    assert no_judge["all_human", 1.0] == before["all_human", 1.0]
    assert no_judge["all_judge", 0.0] != before["all_judge", 0.0]
    no_people = accuracies(replace(data, people=flipped(data.people, parts.train)), parts)
    assert no_people["all_judge", 0.0] == before["all_judge", 0.0]
    assert no_people["all_human", 1.0] != before["all_human", 1.0]


def test_rows_stand_where_they_belong_and_random_is_always_beside_them():
    result = simulate(
        made_up(),
        policies=["all_human", "confidence", "all_judge"],
        budgets=[1.0, 0.0, 0.25],
        repeats=4,
        seed=1,
    )
    rows = {(row["policy"], row["budget"]): row for row in result["rows"]}
    assert list(rows) == [
        ("all_human", 1.0),
        ("confidence", 0.0),
        ("confidence", 0.25),
        ("confidence", 1.0),
        ("all_judge", 0.0),
        ("random", 0.0),
        ("random", 0.25),
        ("random", 1.0),
    ]
    for (policy, budget), row in rows.items():
        assert row["human_share"] == pytest.approx(budget, abs=0.01)
        assert (row["n_train"], row["n_test"], row["repeats"]) == (84, 36, 4)
        assert row["se"] > 0
        ends = {0.0: ("all_judge", 0.0), 1.0: ("all_human", 1.0)}
        if budget in ends:
            assert row["accuracy"] == rows[ends[budget]]["accuracy"], policy
    assert rows["all_human", 1.0]["accuracy"] > rows["all_judge", 0.0]["accuracy"]
    assert rows["confidence", 0.25]["accuracy"] > rows["random", 0.25]["accuracy"]
    gains = {(row["policy"], row["budget"]): row for row in result["against_random"]}
    assert set(gains) == {("confidence", budget) for budget in (0.0, 0.25, 1.0)}
    assert gains["confidence", 0.0]["difference"] == gains["confidence", 0.0]["se"] == 0
    assert gains["confidence", 0.25]["difference"] == pytest.approx(
        rows["confidence", 0.25]["accuracy"] - rows["random", 0.25]["accuracy"]
    )
    assert result["confidence_from"] == {"stated": 120}
    assert result["notes"] == []


def test_the_same_seed_says_the_same_and_another_does_not():
    results = [
        simulate(made_up(), policies=["confidence"], budgets=[0.25], repeats=2, seed=seed)
        for seed in (5, 5, 6)
    ]
    assert results[0] == results[1]
    assert results[0]["rows"] != results[2]["rows"]


def test_without_any_confidence_the_order_is_random_and_a_note_says_so():
    data = made_up()
    silent = replace(
        data, cases=[replace(case, confidence=None, signal=Signal.NONE) for case in data.cases]
    )
    result = simulate(silent, policies=["confidence"], budgets=[0.25], repeats=1, seed=0)
    assert result["confidence_from"] == {"none": 120}
    [note] = result["notes"]
    assert "random order by the seed" in note


def test_the_standard_error_is_that_of_a_mean():
    assert standard_error([0.5, 0.7, 0.6]) == pytest.approx(0.1 / 3**0.5)
    assert standard_error([0.5]) is None


@pytest.fixture
def labelled(db):
    """12 prompts, two items each; an imported LLM that contradicts itself on every third."""
    project = make_project()
    person, llm = make_annotator(project), make_annotator(project, kind="llm", name="gpt")
    for number in range(24):
        item = make_item(
            project,
            prompt=f"What is {number // 2} and {number // 2}?",
            completions=(f"It is {number // 2 * 2}.", "I do not know, sorry."),
            evaluation=number < 2,
        )
        make_annotation(item, person, value=-1)
        unsure = number % 3 == 0
        make_annotation(
            item,
            llm,
            value=0 if unsure else -1,
            raw={"label_order_ab": "a", "label_order_ba": "b" if unsure else "a"},
        )
    return project


def run(*arguments):
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_one_json_object(labelled):
    result = json.loads(
        run(
            labelled.slug,
            *("--judge", "gpt", "--policies", "confidence,all_human", "--budgets", "0,0.25"),
            *("--repeats", "2", "--seed", "4", "--json"),
        )
    )
    assert (result["project"], result["judge"], result["items"]) == (labelled.slug, "gpt", 24)
    assert result["confidence_from"] == {"orders": 24}
    assert {(row["policy"], row["budget"]) for row in result["rows"]} == {
        ("confidence", 0.0),
        ("confidence", 0.25),
        ("all_human", 1.0),
        ("random", 0.0),
        ("random", 0.25),
    }
    for row in result["rows"]:
        assert set(row) == {
            *("policy", "budget", "human_share", "accuracy", "se", "n_train", "n_test", "repeats")
        }
        assert 0 <= row["accuracy"] <= 1
    assert not Item.objects.exclude(waits_for=None).exists()


def test_the_command_prints_a_table_for_people(labelled):
    said = run(labelled.slug, "--judge", "gpt", "--repeats", "2", "--budgets", "0.5")
    assert "24 items with 12 prompts, 2 splits" in said
    assert "all_human       1.00        1.000" in said
    assert "longer wins" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--judge", "claude"], "has no LLM annotator 'claude'; there are: gpt"),
        (["--judge", "gpt", "--policies", "hyper"], "there is no policy 'hyper'"),
        (["--judge", "gpt", "--budgets", "25"], "25 is no share"),
        (["--judge", "gpt", "--budgets", "all"], "write shares with commas"),
        (["--judge", "gpt", "--repeats", "0"], "write 1 or more"),
        (["--judge", "gpt", "--held-out", "0.999"], "cannot be split"),
    ],
)
def test_bad_input_is_refused_in_one_line(labelled, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(labelled.slug, *arguments)


def test_a_project_without_labels_of_both_is_refused(db):
    project = make_project()
    make_annotation(make_item(project), make_annotator(project, kind="llm", name="gpt"))
    with pytest.raises(CommandError, match=r"No item of .* has a label of people and one of gpt"):
        run(project.slug, "--judge", "gpt")
