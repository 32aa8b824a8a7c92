"""What programs say of suggestions that they showed themselves."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from annotate.models import Annotation
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db


def claimed(**project):
    made = make_project(**project)
    client = APIClient()
    client.force_login(make_member(made).user)
    make_item(made)
    return client, client.post(reverse("api-next", args=[made.slug])).json(), made


def submit(client, assignment, project, **more):
    place = reverse("api-submit", args=[project.slug, assignment["id"]])
    sent = {"key": assignment["key"], "answers": {"overall": {"value": 1, "both_bad": False}}}
    return client.post(place, sent | more, format="json")


def test_where_nothing_is_drawn_or_told_nothing_is_recorded():
    client, assignment, project = claimed()
    assert submit(client, assignment, project).status_code == 200
    assert Annotation.objects.get().suggestions is None


def test_the_api_shows_no_suggestion_and_records_that_of_either_arm():
    for share, arm in ((1, "before"), (0, "none")):
        client, assignment, project = claimed(suggestions="arm", suggestions_share=share)
        submit(client, assignment, project)
        assert Annotation.objects.get(project=project).suggestions == {
            "arm": arm,
            "shown": "none",
            "informed": False,
        }


def test_what_a_program_showed_is_recorded_in_the_items_own_order():
    client, assignment, project = claimed()
    told = {
        "shown": "before",
        "by": "my-model",
        "answers": {"overall": {"value": 2, "both_bad": False}},
        "probability": 0.7,
        "at": 0,
    }
    assert submit(client, assignment, project, suggestions=told).status_code == 200
    label = Annotation.objects.get()
    value = 2 if label.order == [0, 1] else -2
    assert label.suggestions == {
        **told,
        "answers": {"overall": {"value": value, "both_bad": False}},
        "informed": True,
    }


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"shown": "sometimes"},
        {"shown": "before", "probability": 7},
        {"shown": "before", "at": -1},
        {"shown": "before", "answers": {"overall": {"value": 9}}},
        {"shown": "before", "answers": {"odd": {"value": 1}}},
        "before",
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_label(told):
    client, assignment, project = claimed()
    refused = submit(client, assignment, project, suggestions=told)
    assert refused.status_code == 400
    assert not Annotation.objects.exists()
