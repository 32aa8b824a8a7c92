"""The API: sign-in, roles, items in, labels, and the errors that programs get."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from annotate.models import Annotation, ApiToken, Item, Project
from annotate.transfers import go_on
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import release

pytestmark = pytest.mark.django_db
ANSWERS = {"overall": {"value": -2, "both_bad": False}}


@pytest.fixture
def project():
    return make_project()


def client_of(user):
    client = APIClient()
    client.force_login(user)
    return client


def member_client(project, role="annotator"):
    return client_of(make_member(project, role=role).user)


def url(name, project, *args):
    return reverse(f"api-{name}", args=[project.slug, *args])


def token_client(user, *scopes, **fields):
    _, secret = ApiToken.objects.issue(user, name="test", scopes=list(scopes), **fields)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


# ------------------------------------------------------------------------------------------- sign-in


def test_without_sign_in_everything_but_the_schema_is_refused(project):
    answer = APIClient().get(url("project", project))
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"


def test_a_token_signs_in_within_its_scopes(project):
    user = make_member(project, role="researcher").user
    client = token_client(user, "read")
    assert client.get(url("items", project)).status_code == 200
    refused = client.post(url("items", project), [], format="json")
    assert refused.status_code == 403
    assert "scope" in refused.json()["detail"]


def test_an_expired_or_unknown_token_is_refused(project):
    user = make_member(project).user
    client = token_client(user, "read", expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(url("project", project)).status_code == 401
    client.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert client.get(url("project", project)).status_code == 401


def test_only_the_hash_of_a_token_is_stored():
    token, secret = ApiToken.objects.issue(make_user(), name="x", scopes=["read"])
    assert secret not in "".join(str(value) for value in vars(token).values())


def test_create_token_prints_a_token_that_works_once(project, capsys):
    user = make_member(project).user
    call_command("create_token", user.username, "--scopes", "read")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {capsys.readouterr().out.strip()}")
    assert client.get(url("project", project)).status_code == 200


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["ada", "--scopes", "fly"], ["ada", "--days", "0"]]
)
def test_create_token_refuses_bad_input_in_one_line(arguments):
    make_user("ada")
    with pytest.raises(CommandError) as refused:
        call_command("create_token", *arguments)
    assert "\n" not in str(refused.value)
    assert not ApiToken.objects.exists()


# --------------------------------------------------------------------------------------------- roles

READING = ["project", "form", "items", "annotations", "members", "exports"]


@pytest.mark.parametrize("name", READING)
def test_a_stranger_does_not_learn_that_a_project_exists(project, name):
    assert client_of(make_user()).get(url(name, project)).status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [("project", 200), ("form", 200), *((name, 403) for name in READING[2:])],
)
def test_an_annotator_reads_the_project_and_its_form_only(project, name, status):
    assert member_client(project).get(url(name, project)).status_code == status


@pytest.mark.parametrize("name", READING)
def test_a_researcher_reads_everything(project, name):
    assert member_client(project, "researcher").get(url(name, project)).status_code == 200


def test_only_admins_change_settings(project):
    change = {"overlap": 3}
    researcher = member_client(project, "researcher")
    assert researcher.patch(url("project", project), change, format="json").status_code == 403
    admin = member_client(project, "admin")
    assert admin.patch(url("project", project), change, format="json").status_code == 200
    project.refresh_from_db()
    assert project.overlap == 3


def test_the_list_holds_only_own_projects(project):
    make_project()
    listed = member_client(project).get(reverse("api-projects")).json()["results"]
    assert [row["slug"] for row in listed] == [project.slug]


def test_another_persons_assignment_is_not_found(project):
    make_item(project)
    taken = member_client(project).post(url("next", project)).json()
    other = member_client(project)
    assert other.get(url("assignment", project, taken["id"])).status_code == 404
    assert other.post(url("skip", project, taken["id"])).status_code == 404


# ------------------------------------------------------------------------------------ projects, items


def test_a_new_project_comes_from_a_preset_and_has_its_maker_as_admin():
    asked = {"name": "Mine", "slug": "mine", "preset": "helpsteer2"}
    refused = client_of(make_user()).post(reverse("api-projects"), asked, format="json")
    assert refused.status_code == 403
    client = client_of(make_user(is_staff=True))
    assert client.post(reverse("api-projects"), asked, format="json").status_code == 201
    assert len(Project.objects.get(slug="mine").questions) == 6
    again = client.post(reverse("api-projects"), asked, format="json")
    assert again.status_code == 400
    assert "slug" in again.json()["faults"]


def test_a_new_form_is_a_new_version_and_a_wrong_one_is_refused(project):
    client = member_client(project, "admin")
    good = [{"kind": "text", "name": "why", "title": "Why?"}]
    assert client.post(url("form", project), good, format="json").json()["version"] == 2
    bad = client.post(url("form", project), [{"kind": "riddle"}], format="json")
    assert bad.status_code == 400
    assert "riddle" in bad.json()["detail"]
    assert project.forms.count() == 2
    researcher = member_client(project, "researcher")
    assert researcher.post(url("form", project), good, format="json").status_code == 403


def test_a_form_that_would_mix_two_scales_is_refused_with_a_way_out(project):
    make_annotation(make_item(project), make_annotator(project))
    three = [{"kind": "preference", "name": "overall", "title": "Which?", "points": 3}]
    refused = member_client(project, "admin").post(url("form", project), three, format="json")
    assert refused.status_code == 400
    assert "such as overall_2" in refused.json()["detail"]


def record(key, **more):
    completions = [{"text": "One.", "generator": "m1"}, {"text": "Two.", "generator": "m2"}]
    return {"key": key, "prompt": f"Say {key} 🙂", "completions": completions} | more


def test_items_come_in_bulk_once_and_bad_ones_are_listed_by_number(project):
    client = member_client(project, "researcher")
    rows = [record("a"), {"key": "b"}, record("c")]
    first = client.post(url("items", project), rows, format="json").json()
    assert (first["added"], first["bad"]) == (2, 1)
    assert first["faults"][0]["line"] == 2
    again = client.post(url("items", project), rows, format="json").json()
    assert (again["added"], again["present"]) == (0, 2)
    assert Item.objects.count() == 2


def test_items_come_in_as_json_lines(project):
    client = member_client(project, "researcher")
    lines = "\n".join(json.dumps(record(key), ensure_ascii=False) for key in "abc")
    answer = client.post(url("items", project), lines.encode(), content_type="application/x-ndjson")
    assert answer.json()["added"] == 3


def test_items_are_listed_page_by_page(project):
    for _ in range(5):
        make_item(project)
    client = member_client(project, "researcher")
    page = client.get(url("items", project), {"page_size": 3}).json()
    rest = client.get(page["next"]).json()
    assert len(page["results"]) + len(rest["results"]) == 5
    assert rest["next"] is None


@pytest.mark.parametrize("body", ["{", '"text"', '{"key": 1}'])
def test_a_body_that_is_no_list_of_items_is_refused_with_a_message(project, body):
    client = member_client(project, "researcher")
    answer = client.post(url("items", project), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]


# ------------------------------------------------------------------------------------------ labelling


def test_labelling_over_the_api_ends_in_the_items_own_order(project):
    make_item(project)
    member = make_member(project)
    client = client_of(member.user)
    taken = client.post(url("next", project)).json()
    assert "generator" not in json.dumps(taken)
    texts = [completion["text"] for completion in taken["item"]["completions"]]
    body = {"key": taken["key"], "answers": ANSWERS, "active_seconds": 3.5}
    done = client.post(url("submit", project, taken["id"]), body, format="json")
    assert done.status_code == 200
    stored = Annotation.objects.get()
    turned = texts[0] != "A short one."
    assert stored.answers["overall"]["value"] == (2 if turned else -2)
    assert stored.active_seconds == 3.5
    assert client.post(url("next", project)).status_code == 204


def test_an_annotator_corrects_an_own_label_and_nobody_elses(project):
    make_item(project)
    client = member_client(project)
    lent = client.post(url("next", project)).json()
    label = client.post(
        url("submit", project, lent["id"]), {"key": lent["key"], "answers": ANSWERS}, format="json"
    ).json()
    other = {"answers": {"overall": {"value": 1, "both_bad": False}}}
    first, again = (
        client.post(url("correct", project, label["id"]), other, format="json") for _ in range(2)
    )
    assert (first.status_code, first.json()) == (200, again.json())
    assert Annotation.objects.get(pk=first.json()["id"]).supersedes_id == label["id"]
    stranger = member_client(project)
    refused = stranger.post(url("correct", project, label["id"]), other, format="json")
    assert refused.status_code == 404
    Project.objects.update(corrections=False)
    refused = client.post(url("correct", project, first.json()["id"]), other, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_correctable")
    assert client.post(url("correct", project, label["id"]), {}, format="json").status_code == 400


def test_a_repeated_submission_gets_the_first_answer_again(project):
    make_item(project)
    client = member_client(project)
    taken = client.post(url("next", project)).json()
    body = {"key": taken["key"], "answers": ANSWERS}
    first, second = (
        client.post(url("submit", project, taken["id"]), body, format="json") for _ in range(2)
    )
    assert first.json() == second.json()
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"overall": {"value": 9}},
        {"overall": {"value": True}},
        {"overall": {"value": None}},
        {"overall": {"value": 1}, "other": {"value": 1}},
        {"overall": {"value": 1}, "why": {"text": "\x00"}},
        {"overall": {"value": 1}, "why": {"text": "\ud800"}},
        {"overall": {"value": 1}, "why": {"text": "x" * 30_000}},
        {"overall": [1]},
    ],
)
def test_malformed_answers_get_a_message_and_leave_no_row(project, answers):
    make_item(project)
    client = member_client(project)
    taken = client.post(url("next", project)).json()
    body = json.dumps({"key": taken["key"], "answers": answers})
    answer = client.post(url("submit", project, taken["id"]), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not Annotation.objects.exists()


def test_a_wrong_key_is_a_conflict(project):
    make_item(project)
    client = member_client(project)
    taken = client.post(url("next", project)).json()
    body = {"key": "1-99", "answers": ANSWERS}
    answer = client.post(url("submit", project, taken["id"]), body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")


def test_skip_renew_and_undo(project):
    make_item(project), make_item(project)
    client = member_client(project)
    assert client.post(url("undo", project)).json()["code"] == "nothing_to_undo"
    first = client.post(url("next", project)).json()
    assert client.post(url("renew", project, first["id"])).json()["expires_at"]
    assert client.post(url("skip", project, first["id"])).status_code == 204
    assert client.post(url("renew", project, first["id"])).status_code == 409
    second = client.post(url("next", project)).json()
    body = {"key": second["key"], "answers": ANSWERS}
    client.post(url("submit", project, second["id"]), body, format="json")
    assert client.post(url("undo", project)).json()["id"] == second["id"]


def test_annotations_are_listed_without_the_superseded_ones(project):
    item, annotator = make_item(project), make_annotator(project)
    old = make_annotation(item, annotator)
    new = make_annotation(item, annotator, value=2, supersedes=old)
    client = member_client(project, "researcher")
    listed = client.get(url("annotations", project)).json()["results"]
    assert [row["id"] for row in listed] == [new.pk]
    everything = client.get(url("annotations", project), {"all": 1}).json()["results"]
    assert [row["id"] for row in everything] == [old.pk, new.pk]


def test_listing_items_takes_as_many_queries_for_many_as_for_few(
    project, django_assert_num_queries
):
    for _ in range(20):
        make_item(project)
    client = member_client(project, "researcher")
    with django_assert_num_queries(6):
        client.get(url("items", project))


def test_the_openapi_document_and_its_page_are_there(client):
    assert b"openapi: 3" in client.get(reverse("api-schema")).content
    client.force_login(make_user())
    page = client.get(reverse("api-docs"))
    assert page.status_code == 200
    assert b"<script>" not in page.content


# -------------------------------------------------------------------------------------------- exports


def test_an_export_is_made_in_the_background_and_fetched_when_it_is_done(project):
    make_annotation(make_item(project), make_annotator(project))
    client = member_client(project, "researcher")
    asked = client.post(url("exports", project), {"format": "trl"}, format="json")
    assert asked.status_code == 202
    place = asked["Location"]
    early = client.get(f"{place}file/")
    assert (early.status_code, early.json()["code"]) == (409, "not_finished")
    while go_on(project):
        pass
    assert client.get(place).json()["state"] == "done"
    assert member_client(project).get(f"{place}file/").status_code == 403
    answer = client.get(f"{place}file/")
    row = json.loads(b"".join(answer.streaming_content))
    release(answer)
    assert row["chosen"] == "A longer completion, with reasons."


def test_an_unknown_export_format_is_refused(project):
    client = member_client(project, "researcher")
    answer = client.post(url("exports", project), {"format": "punch cards"}, format="json")
    assert answer.status_code == 400
    assert "punch cards" in answer.json()["detail"]
