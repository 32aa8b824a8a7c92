"""The pages on which many items are changed: who may, what is said before, and taking it back."""

import pytest
from django.urls import reverse

from annotate.models import BulkAction, Item
from routing.bulk import actions
from tests.background import do_all_jobs
from tests.factories import make_item, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
CHANGE = "/projects/pairs/items/change/"
CHANGES = "/projects/pairs/items/changes/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def action_of(project, **fields):
    fields = {"kind": "tag", "settings": {"tag": "a"}, "state": "done"} | fields
    return BulkAction.objects.create(project=project, **fields)


def test_pages_are_for_researchers_and_admins(client, project):
    make_item(project)
    pk = action_of(project, done=1).pk
    for url in (f"{CHANGE}?all=1&kind=tag", CHANGES, f"{CHANGES}{pk}/"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    assert statuses(client, project, "post", f"{CHANGES}{pk}/undo/") == [302, 404, 403, 303, 303]


def test_what_costs_labels_or_calls_is_for_admins_alone(client, project):
    item = make_item(project)
    action = action_of(project, kind="route", settings={"to": "human"}, done=1)
    for kind, data in (("route", {"do-to": "judge"}), ("overlap", {"do-to": "2"})):
        form = {"item": item.pk, "kind": kind, **data}
        assert statuses(client, project, "get", CHANGE, form) == [302, 404, 403, 403, 200]
        assert statuses(client, project, "post", CHANGE, form) == [302, 404, 403, 403, 303]
    undo = f"{CHANGES}{action.pk}/undo/"
    assert statuses(client, project, "post", undo) == [302, 404, 403, 403, 303]
    assert client.get(undo).status_code == 405


def test_an_action_of_another_project_is_not_found(client, project, admin):
    other = action_of(make_project(), done=1)
    assert client.get(f"{CHANGES}{other.pk}/").status_code == 404
    assert client.post(f"{CHANGES}{other.pk}/undo/").status_code == 404


def test_researchers_are_offered_what_they_may_do(client, project):
    sign_in(client, project, RESEARCHER)
    make_item(project)
    kinds = [one.name for one in client.get(f"{CHANGE}?all=1").context["kinds"]]
    assert kinds == [
        "gold",
        "use-gold",
        "ungold",
        "settle",
        "tag",
        "untag",
        "archive",
        "restore",
    ]


def test_a_preview_says_how_many_change_and_why_others_are_left(client, project, admin):
    make_item(project, key="first")
    make_item(project, key="second", route="judge")
    make_judge(project)
    response = client.get(CHANGE, {"all": 1, "kind": "route", "do-to": "judge"})
    text = response.text
    assert "Send to judge" in text
    assert "left: goes to judge already" in text
    assert "1 judge to look at <b>1</b> item" in text
    assert Item.objects.filter(route="human").count() == 1
    assert not BulkAction.objects.exists()
    part = client.get(CHANGE, {"all": 1, "kind": "route", "do-to": "judge"}, headers=HTMX).text
    assert "<html" not in part


def test_a_setting_that_is_wanted_is_asked_for_and_a_wrong_one_refused(client, project, admin):
    make_item(project)
    assert "Fill in what is asked" in client.get(CHANGE, {"all": 1, "kind": "overlap"}).text
    assert (
        "is no number from 1 to 100"
        in client.get(CHANGE, {"all": 1, "kind": "overlap", "do-to": "x"}).text
    )
    refused = client.post(CHANGE, {"all": 1, "kind": "tag", "do-tag": "a+b"})
    assert refused.status_code == 422
    assert "is no tag" in refused.text
    assert not BulkAction.objects.exists()


def test_ticked_items_are_changed_and_no_others(client, project, admin):
    ticked, other = make_item(project), make_item(project)
    response = client.post(
        CHANGE, {"item": [ticked.pk, "x", "-1"], "kind": "tag", "do-tag": "hard"}
    )
    assert response.status_code == 303
    do_all_jobs(project)
    ticked.refresh_from_db()
    other.refresh_from_db()
    assert (ticked.tags, other.tags) == (["hard"], [])


def test_all_that_fit_the_lists_conditions_are_changed(client, project, admin):
    make_item(project, source="a")
    make_item(project, source="b")
    client.post(CHANGE, {"all": 1, "source": "a", "kind": "archive"})
    do_all_jobs(project)
    assert list(project.items.archived().values_list("source", flat=True)) == ["a"]


def test_without_a_ticked_item_one_is_sent_back_to_the_list(client, project, admin):
    response = client.get(CHANGE, {"list": "route=human"}, follow=True)
    assert response.redirect_chain == [("/projects/pairs/items/?route=human", 303)]
    assert "No item is ticked" in response.text


def test_progress_is_watched_until_it_is_done(client, project, admin, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 1)
    for _ in range(2):
        make_item(project)
    url = client.post(CHANGE, {"all": 1, "kind": "tag", "do-tag": "hard"}).headers["Location"]
    waiting = client.get(url, headers=HTMX).text
    assert "Waits for a worker" in waiting
    assert "every 1s" in waiting
    assert actions.run(project)
    assert "50 % of 2 looked at" in client.get(url).text
    do_all_jobs(project)
    done = client.get(url, headers=HTMX).text
    assert "every 1s" not in done
    assert "Take it back" in done
    assert "hard" in client.get(CHANGES).text


def test_an_action_is_taken_back_once(client, project, admin):
    item = make_item(project, tags=["keep"])
    url = client.post(CHANGE, {"item": item.pk, "kind": "tag", "do-tag": "hard"}).headers[
        "Location"
    ]
    do_all_jobs(project)
    back = client.post(f"{url}undo/").headers["Location"]
    assert back != url
    do_all_jobs(project)
    item.refresh_from_db()
    assert item.tags == ["keep"]
    assert "put back as it was" in client.get(back).text
    assert "Take it back" not in client.get(url).text
    again = client.post(f"{url}undo/", follow=True)
    assert "taken back already" in again.text


def test_what_failed_says_so_and_can_be_taken_back(client, project, admin):
    action = action_of(
        project, state="failed", fault="The program failed (X); its log says where.", done=3
    )
    text = client.get(reverse("bulk-change", args=["pairs", action.pk])).text
    assert "The program failed" in text
    assert "Take it back" in text


def test_the_list_of_changes_takes_as_many_queries_for_many(
    client, project, admin, django_assert_num_queries
):
    assert "Nothing was changed yet" in client.get(CHANGES).text
    for _ in range(10):
        action_of(project, user=admin)
    with django_assert_num_queries(5):
        client.get(CHANGES)


def test_a_condition_and_a_setting_of_the_same_name_are_kept_apart(client, project, admin):
    tagged, other = make_item(project, tags=["a"]), make_item(project)
    form = {"all": 1, "tag": "a", "kind": "tag", "do-tag": "b"}
    assert client.get(CHANGE, form).context["found"].looked == 1
    client.post(CHANGE, form)
    do_all_jobs(project)
    tagged.refresh_from_db()
    other.refresh_from_db()
    assert (tagged.tags, other.tags) == (["a", "b"], [])


def test_an_undo_says_what_it_takes_back(client, project, admin):
    item = make_item(project)
    url = client.post(CHANGE, {"item": item.pk, "kind": "tag", "do-tag": "x"}).headers["Location"]
    do_all_jobs(project)
    back = client.post(f"{url}undo/").headers["Location"]
    assert "Take back: Add the tag “x”" in client.get(back).text
    assert "Take back: Add the tag “x”" in client.get(CHANGES).text
