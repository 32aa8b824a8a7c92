"""The promoted model's scores and the order in which open items are handed out."""

import json
from random import Random

import numpy as np
import pytest

from annotate.assignment import claim
from annotate.models import Item, ItemSummary
from routing import ranking
from routing.artefacts import head_of
from routing.learning import Settings, train
from routing.models import RewardModel, Score
from routing.ranking import apply_promoted, due_projects, information, ranks
from tests.factories import make_item, make_member, make_project
from tests.routing.learnt import add_pair, make_labelled_project
from tests.routing.tiny_encoder import save_tiny_encoder

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(encoder=save_tiny_encoder(tmp_path_factory.mktemp("encoder")))


@pytest.fixture
def project(settings):
    """Thirty labelled items and ten that nobody has seen, with a promoted model."""
    project = make_labelled_project(30, random_share=0)
    Item.objects.update(seats_left=0)
    draw = Random(5)  # noqa: S311
    for _ in range(10):
        add_pair(project, draw)
    train(project, settings)
    return project


def model_of(project):
    return RewardModel.objects.get(project=project, promoted=True)


def open_items(project):
    return Item.objects.filter(project=project, seats_left__gt=0).order_by("rank", "pk")


def test_every_completion_gets_its_reward(project):
    assert apply_promoted(project) == 40
    scores = Score.objects.filter(reward_model=model_of(project))
    assert scores.count() == 80
    good = scores.filter(completion__text__startswith="a").values_list("reward", flat=True)
    bad = scores.filter(completion__text__startswith="j").values_list("reward", flat=True)
    assert np.mean(good) > np.mean(bad) + 1
    assert all(spread > 0 for spread in scores.values_list("spread", flat=True))


def test_every_items_margin_is_kept_beside_what_its_summary_holds(project):
    alone = make_item(project, completions=("a b c",))
    known = Item.objects.filter(project=project).first()
    ItemSummary.objects.create(item=known, project=project, people=2, confidence=0.9, margin=99)
    apply_promoted(project)
    rewards = dict(Score.objects.values_list("completion_id", "reward"))
    for item in Item.objects.filter(project=project).exclude(pk=alone.pk):
        first, second = (rewards[pk] for pk in item.completions.values_list("pk", flat=True))
        assert item.summary.margin == pytest.approx(abs(first - second), abs=1e-5)
    assert ItemSummary.objects.get(item=alone).margin is None
    known.summary.refresh_from_db()
    assert (known.summary.people, known.summary.confidence) == (2, 0.9)


def test_what_would_teach_most_comes_first(project, settings):
    apply_promoted(project)
    assert [item.rank for item in open_items(project)] != [0] * 10
    head = head_of(model_of(project))
    from routing.artefacts import pairs_of, vectors_for

    gains = []
    for item in open_items(project):
        pairs = pairs_of(project, [item.pk])
        found = vectors_for(head, pairs.by_hash())
        margins, variances = head.margins(
            pairs.first.prompt_vectors(found), pairs.first.side(found), pairs.second.side(found)
        )
        gains.append(information(margins, variances)[0])
    assert gains == sorted(gains, reverse=True)


def test_the_next_claim_is_the_item_of_the_least_rank(project):
    apply_promoted(project)
    first = open_items(project).first()
    assert claim(make_member(project)).item == first


def test_members_are_told_once_the_last_batch_is_written(project, monkeypatch):
    monkeypatch.setattr(ranking, "BATCH", 3)
    before = project.ranking
    apply_promoted(project)
    project.refresh_from_db()
    assert project.ranking == before + 1


def test_small_pages_give_the_same_ranks_and_scores(project, monkeypatch):
    apply_promoted(project)
    expected = list(open_items(project).values_list("pk", "rank"))
    RewardModel.objects.update(ranked_at=None)
    Item.objects.update(rank=0)
    monkeypatch.setattr(ranking, "BATCH", 7)
    apply_promoted(project)
    assert [pk for pk, _ in expected] == list(open_items(project).values_list("pk", flat=True))
    np.testing.assert_allclose(
        [rank for _, rank in expected],
        open_items(project).values_list("rank", flat=True),
        atol=1e-3,
    )


def test_items_without_a_seat_left_keep_their_rank(project):
    apply_promoted(project)
    closed = Item.objects.filter(project=project, seats_left=0)
    assert set(closed.values_list("rank", flat=True)) == {0.0}


def test_a_model_that_has_ranked_is_not_due_until_items_arrive(project):
    assert due_projects() == [project.pk]
    apply_promoted(project)
    assert due_projects() == []
    new = make_item(project, completions=("a b", "j b"))
    assert due_projects() == [project.pk]
    ranks_before = list(open_items(project).exclude(pk=new.pk).values_list("pk", "rank"))
    assert apply_promoted(project) == 1
    assert Score.objects.filter(completion__item=new).count() == 2
    assert list(open_items(project).exclude(pk=new.pk).values_list("pk", "rank")) == ranks_before


def test_a_killed_ranking_is_done_again_from_the_start(project, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ranking, "_rank", killed)
    with pytest.raises(KeyboardInterrupt):
        apply_promoted(project)
    monkeypatch.undo()
    assert due_projects() == [project.pk]
    assert apply_promoted(project) == 40
    assert Score.objects.count() == 80


def test_scores_of_an_earlier_version_go_away(project, settings):
    apply_promoted(project)
    old = model_of(project)
    train(project, settings)
    assert model_of(project) != old
    apply_promoted(project)
    assert not Score.objects.filter(reward_model=old).exists()
    assert Score.objects.filter(reward_model=model_of(project)).count() == 80


def test_without_a_promoted_model_nothing_is_ranked():
    project = make_project()
    make_item(project)
    assert apply_promoted(project) == 0
    assert due_projects() == []


def test_an_item_without_the_compared_pair_takes_a_place_in_the_middle(project):
    alone = make_item(project, completions=("a b c",))
    apply_promoted(project)
    alone.refresh_from_db()
    assert alone.rank == 0.5
    assert Score.objects.filter(completion__item=alone).exists()


def test_a_share_of_the_items_takes_a_random_place(project):
    model = model_of(project)
    ids = list(range(2000))
    gains = np.linspace(0, 1, 2000)
    quantiles = np.linspace(0, 1, 101).tolist()
    project.random_share = 0.2
    mixed = ranks(ids, gains, quantiles, project, model)
    project.random_share = 0.0
    ordered = ranks(ids, gains, quantiles, project, model)
    moved = mixed != ordered
    assert 0.15 < moved.mean() < 0.25
    assert 0.4 < mixed[moved].mean() < 0.6
    assert (np.diff(ordered) <= 0).all()
    project.random_share = 0.2
    np.testing.assert_array_equal(mixed, ranks(ids, gains, quantiles, project, model))


def test_information_has_the_values_worked_by_hand():
    found = information(np.array([0.0, 0.0, 1000.0]), np.array([4.0, 0.0, 4.0]))
    assert found == pytest.approx([np.log(2), 0, 0])


def test_metrics_keep_what_new_items_are_ranked_by(project):
    apply_promoted(project)
    stored = model_of(project).metrics
    assert len(stored["gain_quantiles"]) == 101
    assert stored["accuracy"]
    json.dumps(stored)
