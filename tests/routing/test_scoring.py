"""Rewards for texts that are asked for, by requests and by a command."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from routing import jobs
from routing.learning import Settings, train
from routing.models import Embedding, Score, ScoreRequest
from routing.ranking import apply_promoted
from routing.scoring import CHANNEL, NoModel, answer_one, due_projects, model_of
from tests.factories import make_project, make_user
from tests.routing.learnt import make_labelled_project
from tests.routing.tiny_encoder import save_tiny_encoder

pytestmark = pytest.mark.django_db
ROWS = [
    {"prompt": "a question", "completion": "a b c"},
    {"messages": [{"role": "user", "content": "a question"}], "completion": "j b c"},
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(encoder=save_tiny_encoder(tmp_path_factory.mktemp("encoder")))


@pytest.fixture
def project(settings):
    project = make_labelled_project(60)
    train(project, settings)
    return project


def ask(project, rows=ROWS, **fields):
    return ScoreRequest.objects.create(project=project, user=make_user(), rows=rows, **fields)


def test_a_request_is_answered_by_the_promoted_model(project):
    request = ask(project)
    assert due_projects() == [project.pk]
    assert answer_one(project)
    request.refresh_from_db()
    assert (request.state, request.reward_model) == ("done", model_of(project))
    liked, disliked = (row["reward"] for row in request.rewards)
    assert liked > disliked + 1
    assert all(row["spread"] > 0 for row in request.rewards)
    assert due_projects() == []
    assert not answer_one(project)


def test_the_reward_is_that_of_the_stored_score(project):
    apply_promoted(project)
    score = Score.objects.select_related("completion__item").first()
    completion = score.completion
    request = ask(project, [{"messages": completion.item.messages, "completion": completion.text}])
    answer_one(project)
    request.refresh_from_db()
    assert request.rewards[0]["reward"] == pytest.approx(score.reward, abs=0.02)


def test_the_oldest_request_is_answered_first(project):
    first, second = ask(project), ask(project)
    answer_one(project)
    states = ScoreRequest.objects.in_bulk()
    assert (states[first.pk].state, states[second.pk].state) == ("done", "waiting")


def test_texts_that_are_only_asked_about_are_not_kept(project):
    before = Embedding.objects.count()
    ask(project)
    answer_one(project)
    assert Embedding.objects.count() == before


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"completion": "x"}, "either 'prompt' or 'messages'"),
        ({"prompt": "x"}, "either 'completion' or 'completions'"),
        ({"prompt": 1, "completion": "x"}, "'prompt' is 1"),
        ({"messages": [], "completion": "x"}, "'messages'"),
    ],
)
def test_a_request_that_cannot_be_scored_says_why(project, row, fault):
    request = ask(project, [row])
    answer_one(project)
    request.refresh_from_db()
    assert request.state == "failed"
    assert fault in request.fault


def test_without_a_model_the_request_fails_with_the_remedy():
    project = make_project()
    request = ask(project)
    assert jobs.score(project)
    request.refresh_from_db()
    assert "train one first" in request.fault


def test_a_version_is_found_by_number(project):
    assert model_of(project, 1) == model_of(project)
    with pytest.raises(NoModel, match="no version 7; it has 1"):
        model_of(project, 7)


@pytest.mark.django_db(transaction=True)
def test_whoever_listens_is_told(project):
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    request = ask(project)
    answer_one(project)
    notices = list(connection.connection.notifies(timeout=5, stop_after=1))
    with connection.cursor() as cursor:
        cursor.execute(f"UNLISTEN {CHANNEL}")
    assert [notice.payload for notice in notices] == [str(request.pk)]


class TestCommand:
    def score(self, project, tmp_path, rows, capsys):
        file = tmp_path / "rows.jsonl"
        file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        call_command("score", project, str(file))
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def test_it_adds_a_reward_to_each_row(self, project, tmp_path, capsys):
        rows = [{**ROWS[0], "id": "ünï"}, ROWS[1]]
        scored = self.score(project.slug, tmp_path, rows, capsys)
        assert [{k: v for k, v in row.items() if k != "reward"} for row in scored] == rows
        assert scored[0]["reward"] > scored[1]["reward"]

    def test_several_completions_get_a_reward_each(self, project, tmp_path, capsys):
        rows = [{"prompt": "x", "completions": ["a b c", {"text": "j b c"}]}, ROWS[0]]
        scored = self.score(f"{project.slug}@1", tmp_path, rows, capsys)
        assert len(scored[0]["rewards"]) == 2
        assert scored[0]["rewards"][0] > scored[0]["rewards"][1]

    def test_it_reads_standard_input(self, project, monkeypatch, capsys):
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(ROWS[0]) + "\n\n"))
        call_command("score", project.slug, "-")
        assert "reward" in json.loads(capsys.readouterr().out)

    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            ("{", "Line 1: "),
            ("[1]", "Line 1: it is no object"),
            ('{"prompt": "x"}', "Line 1: it needs"),
        ],
    )
    def test_a_bad_line_is_named(self, project, tmp_path, line, fault):
        file = tmp_path / "bad.jsonl"
        file.write_text(line)
        with pytest.raises(CommandError, match=fault):
            call_command("score", project.slug, str(file))

    @pytest.mark.parametrize(
        ("named", "file", "fault"),
        [
            ("{}@9", "-", "no version 9"),
            ("{}@x", "-", "is no number"),
            ("{}", "/no/such/file", "No such file"),
        ],
    )
    def test_bad_input_ends_it_with_one_line(self, project, named, file, fault):
        with pytest.raises(CommandError, match=fault):
            call_command("score", named.format(project.slug), file)
