"""Adjudication over the API."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from annotate.adjudication import decide, last_review
from annotate.aggregation import aggregate_stale
from annotate.models import ApiToken, Gold
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db
B = {"overall": {"value": 2, "both_bad": False}}


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def item(project):
    item = make_item(project)
    for value in (1, -1):
        make_annotation(item, make_annotator(project), value=value)
    aggregate_stale(project)
    return item


@pytest.fixture
def client(project):
    return client_of(make_member(project, role="researcher").user)


def client_of(user, *scopes):
    _, secret = ApiToken.objects.issue(user, name="t", scopes=list(scopes or ("read", "write")))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def queue(project):
    return reverse("api-reviews", args=[project.slug])


def decision(item):
    return reverse("api-decision", args=[item.project.slug, item.pk])


def post(client, item, **more):
    return client.post(
        decision(item), {"answers": B, "reason": "B is right."} | more, format="json"
    )


def test_annotators_and_strangers_find_nothing_and_a_token_needs_its_scope(project, item):
    annotator = client_of(make_member(project).user)
    for client in (annotator, client_of(make_user())):
        assert client.get(queue(project)).status_code == 404
        assert client.get(decision(item)).status_code == 404
        assert post(client, item).status_code == 404
        assert client.delete(decision(item)).status_code == 404
    reader = client_of(make_member(project, role="researcher").user, "read")
    assert reader.get(queue(project)).status_code == 200
    assert post(reader, item).status_code == 403
    assert last_review(item) is None


def test_the_queue_is_that_of_the_page(client, project, item):
    found = client.get(queue(project)).json()
    assert found == {
        "results": [{"id": item.pk, "key": item.key, "value": 0.5}],
        "after": None,
    }
    assert client.get(queue(project), {"least": "0.9"}).json()["results"] == []


def test_the_queue_goes_on_where_a_page_ended(client, project, item, monkeypatch):
    monkeypatch.setattr("routing.review_queue.SIZE", 1)
    second = make_item(project)
    for value in (1, 0, -1):
        make_annotation(second, make_annotator(project), value=value)
    aggregate_stale(project)
    first = client.get(queue(project)).json()
    then = client.get(queue(project), {"after": first["after"]}).json()
    assert [one["results"][0]["id"] for one in (first, then)] == [second.pk, item.pk]
    assert then["after"] is None


def test_a_decision_is_stored_told_and_taken_back(client, item):
    assert client.get(decision(item)).status_code == 204
    made = post(client, item, gold=True)
    assert made.status_code == 201
    assert client.get(decision(item)).json() == made.json()
    assert made.json()["answers"] == B
    assert Gold.objects.get(item=item).answers == B
    assert client.delete(decision(item)).status_code == 204
    assert client.get(decision(item)).status_code == 204
    assert post(client, item).status_code == 201  # nobody has to know of what was taken back


def test_whoever_does_not_know_of_a_decision_gets_a_conflict(client, project, item):
    other = make_member(project, role="admin").user
    first = decide(item, B, by=other, reason="x", after=None)
    told = post(client, item)
    assert (told.status_code, told.json()["code"]) == (409, "already_decided")
    assert post(client, item, after=first.pk).status_code == 201
    assert last_review(item).supersedes == first


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"reason": ""}, "invalid"),
        ({"reason": "x" * 2001}, "invalid"),
        ({"answers": {}}, "incomplete_answers"),
        ({"answers": {"overall": {"value": 9}}}, "incomplete_answers"),
        ({"answers": {"odd": 1}}, "incomplete_answers"),
        ({"answers": {"why": {"text": "Free text."}}, "gold": True}, "not_gold"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_leaves_nothing(client, item, sent, code):
    refused = post(client, item, **sent)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert last_review(item) is None
