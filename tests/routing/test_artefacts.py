"""Vectors kept in the database, and what labels a reward model learns from."""

import numpy as np
import pytest

from annotate.models import Annotation
from annotate.snapshots import take_snapshot
from routing import artefacts
from routing.artefacts import (
    NoPreference,
    code_version,
    encoder_named,
    labels_of,
    pairs_of,
    prompt_text,
    store_embeddings,
    vectors,
)
from routing.models import Embedding
from routing.rewards.encode import Encoder, UnknownEncoder
from tests.factories import make_annotation, make_annotator, make_item, make_project, text_hash
from tests.routing.tiny_encoder import save_tiny_encoder

pytestmark = pytest.mark.django_db

TEXTS = {text_hash(text): text for text in ("a b", "c", "", "d e f " * 20)}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def project():
    return make_project()


class TestVectors:
    def test_stored_vectors_come_back_without_encoding(self, encoder, monkeypatch):
        first = vectors(TEXTS, encoder)
        assert first.windowed == 1
        assert Embedding.objects.count() == len(TEXTS)
        monkeypatch.setattr(Encoder, "encode", lambda *_: pytest.fail("encoded again"))
        again = vectors(TEXTS, encoder)
        np.testing.assert_array_equal(again.of(list(TEXTS)), first.of(list(TEXTS)))

    def test_they_are_those_of_the_encoder(self, encoder):
        found = vectors(TEXTS, encoder)
        for name, text in TEXTS.items():
            np.testing.assert_allclose(
                found.of([name])[0], encoder_named(encoder).encode([text])[0], atol=1e-2
            )

    def test_the_database_reads_the_same_numbers(self, encoder):
        found = vectors(TEXTS, encoder)
        for row in Embedding.objects.all():
            np.testing.assert_array_equal(
                np.array(row.vector, dtype=np.float32), found.of([row.text_hash])[0]
            )

    def test_only_new_texts_are_encoded(self, encoder):
        vectors(TEXTS, encoder)
        seen = []
        vectors(
            TEXTS | {text_hash("g"): "g"},
            encoder,
            progress=lambda done, total: seen.append((done, total)),
        )
        assert seen == [(1, 1)]

    def test_two_encoders_stand_side_by_side(self, encoder, tmp_path):
        other = save_tiny_encoder(tmp_path / "other", seed=1)
        one, two = (vectors(TEXTS, name).matrix for name in (encoder, other))
        assert Embedding.objects.count() == 2 * len(TEXTS)
        assert not np.allclose(one, two)

    def test_what_another_worker_stored_meanwhile_stays(self, encoder):
        found = vectors(TEXTS, encoder)
        store_embeddings(list(TEXTS), np.zeros_like(found.matrix), encoder_named(encoder))
        np.testing.assert_array_equal(vectors(TEXTS, encoder).matrix, found.matrix)

    def test_vectors_may_be_had_without_keeping_them(self, encoder):
        assert vectors(TEXTS, encoder, keep=False).matrix.shape == (4, 8)
        assert not Embedding.objects.exists()

    def test_no_texts_have_no_vectors(self, encoder):
        assert vectors({}, encoder).matrix.shape == (0, 8)

    def test_a_name_too_long_to_keep_is_refused(self):
        with pytest.raises(UnknownEncoder, match="longer than 120"):
            vectors(TEXTS, "x" * 121)


def test_a_prompt_reads_passages_first_and_names_roles_where_there_are_several():
    hello = {"role": "user", "content": "Hello"}
    answer = {"role": "assistant", "content": "Hi"}
    assert prompt_text([hello], []) == "Hello"
    assert (
        prompt_text([hello, answer], [{"title": "T", "text": "P"}, {"text": "Q"}])
        == "T\nP\n\nQ\n\nuser: Hello\n\nassistant: Hi"
    )


class TestLabels:
    def test_votes_are_counted_by_side_and_by_who_gave_them(self, project):
        item = make_item(project)
        for value in (-2, -1, 0, 1):
            make_annotation(item, make_annotator(project), value=value)
        make_annotation(item, make_annotator(project, kind="llm", name="gpt"), value=2)
        found = labels_of(project)
        assert found.people.tolist() == [[2, 1, 1]]
        assert found.judges.tolist() == [[0, 0, 1]]
        assert found.by_judge["gpt"].tolist() == [-1]
        assert found.training.tolist() == [[2, 1, 1]]

    def test_judges_are_learnt_from_where_no_person_said_anything(self, project):
        item = make_item(project)
        make_annotation(item, make_annotator(project, kind="llm"), value=-1)
        assert labels_of(project).training.tolist() == [[1, 0, 0]]

    def test_judges_labels_in_the_evaluation_share_are_never_learnt_from(self, project):
        item = make_item(project, evaluation=True)
        make_annotation(item, make_annotator(project, kind="llm"), value=-1)
        found = labels_of(project)
        assert found.judges.tolist() == [[1, 0, 0]]
        assert found.training.tolist() == [[0, 0, 0]]

    def test_people_labels_in_the_evaluation_share_are_learnt_from(self, project):
        make_annotation(make_item(project, evaluation=True), make_annotator(project), value=-1)
        assert labels_of(project).training.tolist() == [[1, 0, 0]]

    def test_a_review_stands_alone(self, project):
        item = make_item(project)
        for _ in range(3):
            make_annotation(item, make_annotator(project), value=-2)
        reviewer = make_annotator(project)
        make_annotation(item, reviewer, value=2, purpose=Annotation.Purpose.REVIEW)
        found = labels_of(project)
        assert found.people.tolist() == [[0, 0, 1]]
        assert len(found.votes) == 4

    def test_superseded_and_qualification_labels_do_not_count(self, project):
        item, annotator = make_item(project), make_annotator(project)
        before = make_annotation(item, annotator, value=-2)
        make_annotation(item, annotator, value=2, supersedes=before)
        make_annotation(
            item, make_annotator(project), value=-2, purpose=Annotation.Purpose.QUALIFICATION
        )
        assert labels_of(project).people.tolist() == [[0, 0, 1]]

    def test_labels_that_take_no_side_are_no_votes(self, project):
        both_bad = {"overall": {"value": None, "both_bad": True}}
        make_annotation(make_item(project), make_annotator(project), answers=both_bad)
        make_annotation(
            make_item(project), make_annotator(project), answers={"why": {"text": "Long."}}
        )
        assert len(labels_of(project).pairs.items) == 0

    def test_a_snapshot_holds_what_was_labelled_then(self, project):
        make_annotation(make_item(project), make_annotator(project))
        snapshot = take_snapshot(project)
        make_annotation(make_item(project), make_annotator(project))
        assert len(labels_of(project, snapshot).pairs.items) == 1
        assert len(labels_of(project).pairs.items) == 2

    def test_other_projects_labels_stay_out_of_reach(self, project):
        other = make_project()
        make_annotation(make_item(other), make_annotator(other))
        assert len(labels_of(project).pairs.items) == 0
        assert len(pairs_of(project, other.items.values_list("pk", flat=True)).items) == 0

    def test_the_questions_pair_is_what_is_compared(self):
        question = {"kind": "preference", "name": "overall", "title": "Better?", "pair": [2, 0]}
        project = make_project(questions=[question])
        item = make_item(project, completions=("one", "two", "three"))
        make_annotation(item, make_annotator(project), value=-1)
        found = labels_of(project)
        assert (found.pairs.first.texts, found.pairs.second.texts) == (["three"], ["one"])
        assert found.people.tolist() == [[1, 0, 0]]

    def test_an_item_without_the_compared_completions_is_left_out(self, project):
        item = make_item(project, completions=("only one",))
        make_annotation(item, make_annotator(project))
        assert len(labels_of(project).pairs.items) == 0

    def test_a_project_without_a_preference_has_nothing_to_learn_from(self):
        question = {"kind": "text", "name": "why", "title": "Why?"}
        with pytest.raises(NoPreference, match="asks for no preference"):
            labels_of(make_project(questions=[question]))

    def test_pages_are_put_together_in_order(self, project, monkeypatch):
        monkeypatch.setattr(artefacts, "PAGE", 2)
        annotator = make_annotator(project)
        items = [make_item(project, completions=(f"{n} x", f"{n} y")) for n in range(5)]
        for n, item in enumerate(items):
            make_annotation(item, annotator, value=(-1) ** n)
        found = labels_of(project)
        assert found.pairs.items.tolist() == [item.pk for item in items]
        assert found.pairs.first.texts == [f"{n} x" for n in range(5)]
        assert found.people[:, 2].tolist() == [1, 0, 1, 0, 1]


def test_the_code_is_named_by_its_content():
    assert code_version() == code_version()
    assert code_version().startswith("rewards-")
