"""What a paused member is told: in the workspace, on the first page, over the API."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from annotate import members
from annotate.assignment import claim
from annotate.models import Annotation
from tests.factories import make_item, make_member, make_project
from tests.frontend.roles import HTMX

pytestmark = pytest.mark.django_db
WORK = "/projects/pairs/work/"
REASON = "Please read <the> new guidelines."


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def submit(client, assignment, **headers):
    data = {"assignment": assignment.pk, "key": assignment.key, "answer-overall": "1"}
    return client.post(WORK, data | {"done": 0, "left": 3}, **headers)


def test_the_workspace_says_so_with_the_reason(client, project, member):
    make_item(project)
    members.pause(member, REASON)
    text = client.get(WORK).text
    assert "Your work here is paused" in text
    assert "Please read &lt;the&gt; new guidelines." in text
    assert "<textarea" not in text


def test_what_is_open_may_be_finished_and_then_nothing_comes(client, project, member):
    for _ in range(2):
        make_item(project)
    opened = claim(member)
    members.pause(member, REASON)
    assert f'data-assignment="{opened.pk}"' in client.get(WORK).text
    response = submit(client, opened, headers=HTMX)
    assert Annotation.objects.count() == 1
    assert "Your work here is paused" in response.text
    assert "<html" not in response.text


def test_without_a_script_the_way_is_the_same(client, project, member):
    make_item(project)
    opened = claim(member)
    make_item(project)
    members.pause(member, REASON)
    response = submit(client, opened, follow=True)
    assert "Your work here is paused" in response.text


def test_who_is_let_go_on_is_given_items_again(client, project, member):
    make_item(project)
    members.pause(member, REASON)
    assert "paused" in client.get(WORK).text
    members.reinstate(member)
    assert "data-assignment=" in client.get(WORK).text


def test_the_first_page_says_so_and_offers_nothing_new(client, project, member):
    make_item(project)
    assert "Start labelling" in client.get("/").text
    members.pause(member, REASON)
    text = client.get("/").text
    assert "Your work here is paused: Please read &lt;the&gt; new guidelines." in text
    assert "Start labelling" not in text


def test_the_first_page_leads_to_what_is_still_open(client, project, member):
    make_item(project)
    claim(member)
    members.pause(member, REASON)
    assert "Finish what is open" in client.get("/").text


def test_the_api_answers_403_with_a_code_and_the_reason(project, member):
    make_item(project)
    members.pause(member, REASON)
    client = APIClient()
    client.force_login(member.user)
    answer = client.post(reverse("api-next", args=["pairs"]))
    assert (answer.status_code, answer.json()) == (403, {"detail": REASON, "code": "paused"})


def test_the_api_lets_what_is_open_be_finished(project, member):
    make_item(project)
    opened = claim(member)
    members.pause(member, REASON)
    client = APIClient()
    client.force_login(member.user)
    assert client.post(reverse("api-next", args=["pairs"])).json()["id"] == opened.pk
    answers = {"overall": {"value": 1, "both_bad": False}}
    answer = client.post(
        reverse("api-submit", args=["pairs", opened.pk]),
        {"key": opened.key, "answers": answers},
        format="json",
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(("role", "named"), [("researcher", False), ("admin", True)])
def test_the_api_names_members_to_admins_alone(project, member, role, named):
    members.pause(member, REASON)
    members.set_tags(member, ["law"])
    client = APIClient()
    client.force_login(make_member(project, role=role).user)
    [first, _] = client.get(reverse("api-members", args=["pairs"])).json()["results"]
    assert first["username"] == (member.user.username if named else None)
    assert (first["tags"], first["paused_reason"]) == (["law"], REASON)
