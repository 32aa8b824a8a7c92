import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.factories import make_project
from tests.frontend.roles import ANNOTATOR, STRANGER, sign_in

pytestmark = pytest.mark.django_db


def test_who_may_not_see_a_page_is_told_why_and_where_to_go(client):
    sign_in(client, make_project(slug="pairs"), ANNOTATOR)
    response = client.get("/projects/pairs/people/")
    assert response.status_code == 403
    assert "not for your role" in response.text


def test_a_stranger_learns_nothing_of_a_project(client):
    sign_in(client, make_project(slug="pairs"), STRANGER)
    known, unknown = client.get("/projects/pairs/"), client.get("/projects/other/")
    assert known.status_code == unknown.status_code == 404
    for response in (known, unknown):
        assert "There is nothing here" in response.text
        assert "pairs" not in response.text


def test_a_form_without_its_token_is_refused_with_a_remedy():
    client = Client(enforce_csrf_checks=True)
    sign_in(client, make_project(slug="pairs"), ANNOTATOR)
    response = client.post("/projects/pairs/work/")
    assert response.status_code == 403
    assert "reload the page" in response.text


def test_the_page_of_a_fault_needs_no_request():
    assert "The fault is ours" in render_to_string("500.html")
