"""When versions are trained, on what, which one is promoted, and which labels are looked at again."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotate.models import Annotation, Form, Hint, Item
from annotate.snapshots import unpack_ids
from routing import artefacts, jobs
from routing.learning import JUDGE, LONGER, Settings, due_projects, train, train_if_new
from routing.models import Review, RewardModel
from routing.rewards.train import NothingToLearn
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.routing.learnt import add_labelled, make_labelled_project
from tests.routing.tiny_encoder import save_tiny_encoder

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(encoder=save_tiny_encoder(tmp_path_factory.mktemp("encoder")))


@pytest.fixture(scope="module")
def blind(tmp_path_factory):
    """Settings with an encoder to which all words are the same."""
    return Settings(encoder=save_tiny_encoder(tmp_path_factory.mktemp("blind"), words="yz"))


def age(model, minutes):
    RewardModel.objects.filter(pk=model.pk).update(
        created_at=timezone.now() - timedelta(minutes=minutes)
    )


class TestDue:
    def test_enough_labels_make_a_first_version_due(self):
        project = make_labelled_project(4, annotators=1, retrain_after_labels=5)
        assert due_projects() == []
        make_annotation(make_item(project), make_annotator(project))
        assert due_projects() == [project.pk]

    def test_qualification_answers_do_not_count(self):
        project = make_project(retrain_after_labels=1)
        make_annotation(
            make_item(project),
            make_annotator(project),
            purpose=Annotation.Purpose.QUALIFICATION,
        )
        assert due_projects() == []

    def test_the_next_version_waits_for_new_labels_and_for_the_interval(self, settings):
        project = make_labelled_project(retrain_after_labels=10, retrain_every_minutes=5)
        model = train(project, settings)
        age(model, 6)
        assert due_projects() == []
        add_labelled(project, [make_annotator(project)], 10, seed=1)
        assert due_projects() == [project.pk]
        age(model, 4)
        assert due_projects() == []

    def test_nothing_is_due_where_no_preference_is_asked(self):
        question = {"kind": "text", "name": "why", "title": "Why?"}
        project = make_project(questions=[question], retrain_after_labels=1)
        make_annotation(make_item(project), make_annotator(project), answers={"why": {"text": "x"}})
        assert due_projects() == []

    def test_once_the_compared_question_has_changed_it_waits_for_labels_that_answer_it(self):
        project = make_labelled_project(3, retrain_after_labels=3)
        assert due_projects() == [project.pk]
        renamed = {"kind": "preference", "name": "overall_2", "title": "Which?", "points": 3}
        Form.objects.add_version(project, [renamed])
        assert due_projects() == []

    def test_no_number_of_labels_means_never(self):
        make_labelled_project(3, retrain_after_labels=0)
        assert due_projects() == []


class TestTraining:
    def test_the_first_version_is_promoted_and_says_what_it_is(self, settings):
        project = make_labelled_project()
        model = train(project, settings)
        assert (model.version, model.promoted, model.recipe) == (1, True, "bt")
        assert model.verdict == "Promoted: the first version."
        assert model.metrics["trained_on"] == {
            "pairs": 80,
            "pairs_by_people": 80,
            "pairs_by_judges": 0,
            "votes": 160,
        }
        assert model.metrics["accuracy"]["value"] > 0.8
        assert model.metrics["against"] == "people"
        assert set(model.libraries) == {"numpy", "torch", "transformers"}
        assert Hint.objects.filter(project=project, kind="rank").exists()

    def test_its_snapshot_holds_the_labels_it_learnt_from(self, settings):
        project = make_labelled_project(20)
        model = train(project, settings)
        expected = list(project.annotations.order_by("pk").values_list("pk", flat=True))
        assert unpack_ids(model.snapshot.annotation_ids) == expected
        assert model.metrics["newest_annotation"] == expected[-1]

    def test_longer_wins_and_the_judges_stand_beside_it_on_the_same_rows(self, settings):
        project = make_labelled_project(60)
        judges = [make_annotator(project, kind="llm", name=name) for name in ("one", "two")]
        for item in Item.objects.filter(project=project):
            for judge in judges:
                make_annotation(item, judge, value=-1)
        baselines = train(project, settings).metrics["baselines"]
        assert set(baselines) == {LONGER, JUDGE, "one", "two"}
        assert baselines[LONGER]["accuracy"]["value"] == 0.5  # all texts are equally long
        assert baselines[JUDGE]["rows"] == 60
        assert 0.2 < baselines[JUDGE]["accuracy"]["value"] < 0.8
        assert baselines[JUDGE]["difference"]["low"] > 0

    def test_without_people_it_is_held_against_the_judges_it_learnt_from(self, settings):
        project = make_labelled_project(60, kind="llm", annotators=1)
        metrics = train(project, settings).metrics
        assert metrics["against"] == "judges"
        assert set(metrics["baselines"]) == {LONGER}
        assert metrics["trained_on"]["pairs_by_judges"] == 60

    def test_a_new_version_that_is_not_worse_takes_the_promotion(self, settings):
        project = make_labelled_project()
        first = train(project, settings)
        add_labelled(project, [make_annotator(project)], 20, seed=1)
        second = train(project, settings)
        first.refresh_from_db()
        assert (second.version, second.promoted, first.promoted) == (2, True, False)
        assert second.verdict.startswith("Promoted: not worse than version 1 on 100 shared pairs")
        assert second.metrics["compared"]["worse"] is False

    def test_a_version_that_is_worse_is_kept_and_not_promoted(self, settings, blind):
        project = make_labelled_project()
        first = train(project, settings)
        second = train(project, blind)
        first.refresh_from_db()
        assert (second.promoted, first.promoted) == (False, True)
        assert second.verdict.startswith("Not promoted: worse than version 1")
        assert second.metrics["compared"]["accuracy"]["high"] < 0

    def test_versions_are_compared_on_the_evaluation_share_once_it_is_large_enough(self, settings):
        project = make_labelled_project(120)
        shared = list(project.items.order_by("pk").values_list("pk", flat=True)[:55])
        Item.objects.filter(pk__in=shared).update(evaluation=True)
        train(project, settings)
        assert train(project, settings).metrics["compared"]["rows"] == 55

    def test_a_version_whose_encoder_is_gone_does_not_stand_in_the_way(self, settings):
        project = make_labelled_project(30)
        first = train(project, settings)
        artefacts._head.cache_clear()
        head = artefacts.head_of(first)
        changed = type(head)(**{**vars(head), "window": "other"})
        RewardModel.objects.filter(pk=first.pk).update(heads=changed.to_bytes())
        artefacts._head.cache_clear()
        second = train(project, settings)
        assert second.promoted
        assert "cannot be used any more" in second.verdict

    def test_the_same_labels_are_not_learnt_twice_by_the_job(self, settings):
        project = make_labelled_project(30)
        first = train(project, settings)
        assert train_if_new(project) is None
        add_labelled(project, [make_annotator(project)], 5, seed=1)
        second = train_if_new(project)
        assert (second.version, second.encoder) == (2, first.encoder)

    def test_the_job_trains_once_and_leaves_the_rest_to_the_interval(self, settings):
        project = make_labelled_project(30, retrain_after_labels=5)
        train(project, settings)
        add_labelled(project, [make_annotator(project)], 5, seed=1)
        assert jobs.train(project) is False
        assert project.reward_models.count() == 2

    def test_without_a_label_there_is_nothing_to_learn(self, settings):
        with pytest.raises(NothingToLearn):
            train(make_project(), settings)


class TestDisputes:
    def test_a_label_that_the_model_strongly_disagrees_with_is_looked_at_again(self, settings):
        project = make_labelled_project(200)
        person = make_annotator(project)
        add_labelled(project, [person], 2, seed=1, flipped=True)
        model = train(project, settings)
        reviews = Review.objects.filter(project=project)
        assert {review.annotation.annotator for review in reviews} == {person}
        assert all(review.reward_model == model for review in reviews)
        assert all(review.probability < 0.1 for review in reviews)

    def test_a_version_that_is_not_promoted_disputes_nothing(self, settings, blind):
        project = make_labelled_project(200)
        train(project, settings)
        Review.objects.all().delete()
        add_labelled(project, [make_annotator(project)], 2, seed=1, flipped=True)
        assert not train(project, blind).promoted
        assert not Review.objects.exists()

    def test_an_open_review_that_the_new_version_does_not_back_goes_away(self, settings):
        project = make_labelled_project(60)
        old = train(project, settings)
        agreed = project.annotations.first()
        closed = project.annotations.last()
        for annotation, state in ((agreed, "open"), (closed, "kept")):
            Review.objects.create(
                project=project,
                annotation=annotation,
                reward_model=old,
                probability=0.05,
                state=state,
            )
        train(project, settings)
        assert list(Review.objects.values_list("annotation", flat=True)) == [closed.pk]


class TestCommand:
    def test_it_prints_one_json_object(self, settings, capsys):
        import json

        project = make_labelled_project(30)
        call_command("train", project.slug, "--encoder", settings.encoder, "--json")
        printed = json.loads(capsys.readouterr().out)
        assert printed["version"] == 1
        assert {"accuracy", "log_loss", "brier", "ece", "baselines"} <= set(printed)
        assert set(printed["accuracy"]) == {"value", "low", "high"}
        assert printed["ranked"] == 30

    def test_it_prints_the_baselines_in_words(self, settings, capsys):
        project = make_labelled_project(30)
        call_command("train", project.slug, "--encoder", settings.encoder)
        printed = capsys.readouterr().out
        assert "longer wins" in printed
        assert "out of fold, against people" in printed

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--recipe", "magic"], "no recipe"),
            (["--encoder", "/nowhere/at/all"], "nowhere"),
            ([], "No pair has a label"),
        ],
    )
    def test_bad_input_ends_it_with_one_line(self, options, message):
        project = make_project()
        with pytest.raises(CommandError, match=message):
            call_command("train", project.slug, *options)

    def test_an_unknown_project_is_named(self):
        with pytest.raises(CommandError, match="no project 'nobody'"):
            call_command("train", "nobody")


def test_what_pages_and_the_queue_import_does_not_bring_torch():
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; "
        "django.setup(); import routing.jobs, routing.scoring, annotate.urls; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
