"""The settings page: who may change what, two admins at once, and the end of a project."""

import datetime
from decimal import Decimal

import pytest

from annotate.models import AuditEntry, Item, Project
from annotate.models.projects import Route
from routing.routing import set_policy
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/settings/"
DELETE = f"{PAGE}delete/"


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def loaded(client):
    """What a browser would send back of the page as it is, hidden fields too."""
    form = client.get(PAGE).context["form"]
    fields = {}
    for field in form:
        shown = field.field.prepare_value(field.value())
        for name in (field.html_name, field.html_initial_name):
            fields[name] = "" if shown is None else str(shown)
    return fields


def test_only_admins_change_settings(client, project):
    assert statuses(client, project, "get", PAGE) == [302, 404, 403, 403, 200]
    assert statuses(client, project, "post", PAGE)[:4] == [302, 404, 403, 403]
    assert statuses(client, project, "post", DELETE)[:4] == [302, 404, 403, 403]


def test_settings_are_shown_in_minutes_and_percent_and_stored_in_seconds_and_shares(
    client, project, admin
):
    sent = loaded(client)
    assert (sent["lease_seconds"], sent["evaluation_share"]) == ("30", "10")
    changed = {
        "lease_seconds": "2.5",
        "undo_seconds": "0",
        "evaluation_share": "12.5",
        "random_share": "0",
        "overlap": "3",
        "due_on": "2027-03-01",
        "pay_per_label_usd": "0.25",
        "default_route": "",
    }
    response = client.post(PAGE, sent | changed, follow=True)
    project.refresh_from_db()
    assert (project.lease_seconds, project.undo_seconds) == (150, 0)
    assert (project.evaluation_share, project.random_share) == (0.125, 0)
    assert (project.overlap, project.default_route) == (3, None)
    assert project.due_on == datetime.date(2027, 3, 1)
    assert project.pay_per_label_usd == Decimal("0.25")
    assert "Saved: " in response.text


def test_what_was_before_and_after_is_in_the_audit_log(client, project, admin):
    client.post(PAGE, loaded(client) | {"overlap": "2", "name": "Other"})
    entry = AuditEntry.objects.get(action="project.settings")
    assert entry.actor == admin.username
    assert entry.details == {
        "before": {"name": "Pairs", "overlap": 1},
        "after": {"name": "Other", "overlap": 2},
    }


def test_saving_without_a_change_writes_nothing_down(client, project, admin):
    assert "Nothing was changed" in client.post(PAGE, loaded(client), follow=True).text
    assert not AuditEntry.objects.exists()


def test_two_admins_who_change_different_settings_both_succeed(client, project, admin):
    first, second = loaded(client), loaded(client)
    client.post(PAGE, first | {"overlap": "3"})
    client.post(PAGE, second | {"name": "Other"})
    project.refresh_from_db()
    assert (project.overlap, project.name) == (3, "Other")


def test_the_second_of_two_who_change_the_same_setting_is_told_and_may_insist(
    client, project, admin
):
    sent = loaded(client) | {"lease_seconds": "20"}
    Project.objects.update(lease_seconds=600)
    response = client.post(PAGE, sent)
    assert response.status_code == 422
    assert "Somebody else has changed this to 10 meanwhile" in response.text
    project.refresh_from_db()
    assert project.lease_seconds == 600
    insisting = sent | {"initial-lease_seconds": "10"}
    assert f'value="{insisting["initial-lease_seconds"]}" name' not in response.text
    assert 'name="initial-lease_seconds" value="10"' in response.text
    client.post(PAGE, insisting)
    project.refresh_from_db()
    assert project.lease_seconds == 1200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("random_share", "101"),
        ("evaluation_share", "-1"),
        ("overlap", "0"),
        ("overlap", "101"),
        ("lease_seconds", "0"),
        ("pay_per_label_usd", "-1"),
        ("pay_per_label_usd", "NaN"),
        ("lease_seconds", "inf"),
        ("name", " "),
        ("name", "a\x00b"),
        ("description", "a\ud800b"),
        ("due_on", "soon"),
        ("default_route", "elsewhere"),
    ],
)
def test_values_out_of_range_are_refused_and_nothing_else_is_saved(
    client, project, admin, field, value
):
    sent = loaded(client) | {"retrain_after_labels": "7", field: value}
    if "\ud800" in value:
        with pytest.raises(UnicodeEncodeError):
            client.post(PAGE, sent)
        return
    assert client.post(PAGE, sent).status_code == 422
    project.refresh_from_db()
    assert project.retrain_after_labels == 50


def test_while_a_policy_decides_the_default_route_is_not_asked_for(client, project, admin):
    set_policy(project, "all_human")
    sent = loaded(client)
    assert "default_route" not in sent
    assert "decided by" in client.get(PAGE).text
    client.post(PAGE, sent | {"default_route": "judge", "name": "Other"})
    project.refresh_from_db()
    assert (project.default_route, project.name) == (None, "Other")


def test_overlap_says_which_items_keep_what_they_have(client, project, admin):
    for overlap in (1, 1, 3):
        make_item(project, overlap=overlap)
    text = client.get(PAGE).text
    assert "2 items want 1" in text
    assert "1 item wants 3" in text


def test_words_are_shown_as_words(client, project, admin):
    client.post(PAGE, loaded(client) | {"name": "<script>alert(1)</script> 名前 עברית"})
    text = client.get(PAGE).text
    assert "<script>alert" not in text
    assert "名前 עברית" in text


def test_the_page_takes_as_many_queries_for_many_items_as_for_one(
    client, project, admin, django_assert_num_queries
):
    for size in (1, 20):
        for _ in range(size):
            make_item(project)
        with django_assert_num_queries(8):
            client.get(PAGE)


# ------------------------------------------------------------------------------------------- the end


def test_a_project_without_labels_is_deleted_by_who_types_its_name(client, project, admin):
    make_item(project)
    text = client.post(DELETE, {"slug": "pears"}, follow=True).text
    assert "Not deleted: type pairs" in text
    client.post(DELETE, {"slug": "pairs"})
    assert not Project.objects.exists()
    assert not Item.objects.exists()
    entry = AuditEntry.objects.get(action="project.delete")
    assert (entry.project_slug, entry.details) == ("pairs", {"items": 1})


def test_a_project_with_labels_stays(client, project, admin):
    make_annotation(make_item(project), make_annotator(project))
    assert "cannot be deleted" in client.get(PAGE).text
    text = client.post(DELETE, {"slug": "pairs"}, follow=True).text
    assert "Labels have been given" in text
    assert Project.objects.exists()
    assert not AuditEntry.objects.exists()


def test_researchers_neither_see_nor_post_the_settings(client, project):
    sign_in(client, project, RESEARCHER)
    assert client.get(PAGE).status_code == 403
    assert client.post(DELETE, {"slug": "pairs"}).status_code == 403


def test_the_api_changes_settings_through_the_same_function(client, project, admin):
    response = client.patch("/api/projects/pairs/", {"overlap": 4}, content_type="application/json")
    assert response.status_code == 200
    assert response.json()["overlap"] == 4
    assert AuditEntry.objects.get(action="project.settings").details["after"] == {"overlap": 4}
    assert project.default_route == Route.HUMAN
