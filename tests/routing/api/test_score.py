"""Asking for rewards over the API."""

import json
import threading

import pytest
from django.db import connection
from django.urls import reverse
from rest_framework.test import APIClient

from annotate.models import ApiToken
from annotate.snapshots import take_snapshot
from routing.api import views
from routing.models import RewardModel, ScoreRequest
from routing.scoring import CHANNEL
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ROW = {"prompt": "What is 2 + 2?", "completion": "4"}


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def model(project):
    return RewardModel.objects.create(
        project=project,
        version=1,
        recipe="bt",
        encoder="tiny",
        window="w",
        snapshot=take_snapshot(project),
        seed=0,
        code_version="1",
        heads=b"",
        promoted=True,
    )


@pytest.fixture
def client(project):
    _, secret = ApiToken.objects.issue(
        make_member(project, role="researcher").user, name="t", scopes=["read"]
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def ask(client, project, *rows, **more):
    place = reverse("api-scores", args=[project.slug])
    return client.post(place, {"rows": list(rows), **more}, format="json")


def answer_as_a_worker_would():
    """Answer the request as soon as it is there, from another connection."""

    def work():
        try:
            while not ScoreRequest.objects.filter(state="waiting").update(
                state="done", rewards=[{"reward": 0.5, "spread": 0.1}]
            ):
                pass
            with connection.cursor() as cursor:
                pk = str(ScoreRequest.objects.get().pk)
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, pk])
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_few_rows_are_answered_at_once(client, project, model):
    worker = answer_as_a_worker_would()
    answer = ask(client, project, ROW)
    worker.join()
    assert answer.status_code == 200
    assert answer.json()["rewards"] == [{"reward": 0.5, "spread": 0.1}]
    assert answer.json()["version"] == 1


def test_without_a_worker_the_answer_waits_behind_a_url(client, project, model, monkeypatch):
    monkeypatch.setattr(views, "WAIT_SECONDS", 0.1)
    answer = ask(client, project, ROW)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    ScoreRequest.objects.update(state="done", rewards=[])
    assert client.get(answer["Location"]).json()["state"] == "done"


def test_many_rows_do_not_hold_the_connection(client, project, model):
    assert ask(client, project, *[ROW] * (views.SMALL + 1)).status_code == 202


def test_without_a_model_or_with_an_unknown_version_it_says_so(client, project):
    assert ask(client, project, ROW).json()["code"] == "no_reward_model"
    assert ask(client, project, ROW, version=7).status_code == 409


@pytest.mark.parametrize(
    "row",
    [
        {"completion": "x"},
        {"prompt": "x"},
        {"prompt": "x", "messages": [{"role": "user", "content": "x"}], "completion": "y"},
        {"messages": [{"role": "user"}], "completion": "y"},
        {"messages": [{"role": "user", "content": 3}], "completion": "y"},
        {"prompt": "x\ud800", "completion": "y"},
        {"prompt": "x", "completion": "y\x00"},
        "text",
    ],
)
def test_malformed_rows_are_refused_and_leave_nothing(client, project, model, row):

    place = reverse("api-scores", args=[project.slug])
    body = json.dumps({"rows": [row]})
    answer = client.post(place, body, content_type="application/json")
    assert answer.status_code == 400
    assert not ScoreRequest.objects.exists()


def test_strangers_and_annotators_get_no_scores(project, model):
    for user, status in ((make_user(), 404), (make_member(project).user, 403)):
        client = APIClient()
        client.force_login(user)
        assert ask(client, project, ROW).status_code == status
