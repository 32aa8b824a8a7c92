"""The workspace where the budget for pay is spent."""

from decimal import Decimal

import pytest
from django.urls import reverse

from annotate.assignment import claim, release
from annotate.models import Annotation, Assignment, Budget, Project
from annotate.models.budgets import Unit
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
HALF = Decimal("0.5")


@pytest.fixture
def project():
    project = make_project(slug="pairs", pay_per_label_usd=HALF)
    Budget.objects.create(project=project, unit=Unit.USD, cap=HALF)
    return project


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def fields(assignment):
    return {"assignment": assignment.pk, "key": assignment.key, "answer-overall": "1"}


def post(client, assignment, **headers):
    return client.post(reverse("work", args=["pairs"]), fields(assignment), headers=headers)


def test_the_page_says_that_the_budget_is_spent(client, project, member):
    make_item(project)
    make_item(project)
    claim(make_member(project))
    response = client.get(reverse("work", args=["pairs"]))
    assert response.status_code == 200
    assert "budget for pay is spent" in response.text
    Project.objects.update(pay_per_label_usd=0)
    assert "budget for pay" not in client.get(reverse("work", args=["pairs"])).text


def test_the_last_label_that_is_paid_is_answered_with_the_news(client, project, member):
    make_item(project)
    make_item(project)
    response = post(client, claim(member), **HTMX)
    assert response.status_code == 200
    assert "budget for pay is spent" in response.text
    assert Annotation.objects.count() == 1


def test_an_answer_whose_pay_has_gone_to_others_is_kept_as_a_draft(client, project, member):
    make_item(project)
    assignment = claim(member)
    release(assignment)
    Budget.objects.update(cap=0)
    response = post(client, assignment, **HTMX)
    assert response.status_code == 409
    assert "not counted" in response.text
    assert Assignment.objects.get().draft["fields"]
    assert not Annotation.objects.exists()


def test_the_api_says_that_the_budget_is_spent(client, project, member):
    make_item(project)
    make_item(project)
    claim(make_member(project))
    response = client.post("/api/projects/pairs/next/")
    assert (response.status_code, response.json()["code"]) == (409, "budget_spent")
