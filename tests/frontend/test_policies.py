"""Policies on the routing page: dry runs, switching off, and versions."""

import pytest

from annotate.models import AuditEntry, Item
from routing.models import RoutingDecision, RoutingPolicy
from routing.routing import NoPolicy, route_all, set_policy, switch_off
from tests.factories import make_item, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/routing/"
DRY, OFF = f"{PAGE}dry-run/", f"{PAGE}off/"


@pytest.fixture
def project():
    return make_project(slug="pairs", default_route=None)


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def test_researchers_may_look_and_admins_switch(client, project):
    seed = {"seed": "0"}
    found = statuses(client, project, "post", f"{DRY}all_human/", seed)
    assert found == [302, 404, 403, 200, 200]
    assert statuses(client, project, "post", OFF)[:4] == [302, 404, 403, 403]


def test_a_dry_run_shows_counts_reasons_and_examples_and_stores_nothing(client, project, admin):
    for _ in range(5):
        make_item(project)
    sent = {"seed": "0"}
    page, part = (
        client.post(f"{DRY}all_human/", sent),
        client.post(f"{DRY}all_human/", sent, headers=HTMX),
    )
    for response in (page, part):
        assert "all to people" in response.text
        assert "5 items" in response.text
        assert "5 examples" in response.text
    assert "<html" not in part.text
    assert "<html" in page.text
    assert not RoutingDecision.objects.exists()
    assert not RoutingPolicy.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("kind", "sent", "fault"),
    [
        ("random", {"seed": "0", "share": "2"}, "less than or equal to 1"),
        ("random", {"seed": "x", "share": "1"}, "whole number"),
    ],
)
def test_settings_that_cannot_be_are_refused(client, project, admin, kind, sent, fault):
    judge = make_judge(project)
    response = client.post(f"{DRY}{kind}/", sent | {"judge": judge.pk})
    assert response.status_code == 422
    assert fault in response.text


def test_a_policy_that_does_not_exist_leads_back(client, project, admin):
    assert "no policy" in client.post(f"{DRY}best/", follow=True).text


def test_nothing_to_decide_on_is_said(client, project, admin):
    assert "no item that it would decide on" in client.post(f"{DRY}all_human/", {"seed": "0"}).text


# ------------------------------------------------------------------------------------ switching off


def test_switching_off_leaves_routes_and_gives_new_items_a_default(client, project, admin):
    make_item(project)
    policy = set_policy(project, "all_human")
    route_all(project)
    assert "Switch all_human v1 off" in client.get(PAGE).text
    client.post(OFF, {"default_route": "judge"})
    project.refresh_from_db()
    policy.refresh_from_db()
    assert (policy.active, project.default_route) == (False, "judge")
    assert Item.objects.get().route == "human"
    assert RoutingDecision.objects.current().count() == 1
    entry = AuditEntry.objects.get(action="policy.off")
    assert (entry.details["before"], entry.details["default_route"]) == ("all_human v1", "judge")
    assert "Switch it off" not in client.get(PAGE).text


def test_without_a_policy_or_with_a_route_that_is_none_nothing_is_switched(client, project, admin):
    assert "No policy was on" in client.post(OFF, follow=True).text
    set_policy(project, "all_human")
    answer = client.post(OFF, {"default_route": "nowhere"}, follow=True)
    assert "no route" in answer.text
    assert RoutingPolicy.objects.filter(active=True).exists()


def test_the_function_says_when_none_is_on(project):
    with pytest.raises(NoPolicy):
        switch_off(project, default_route=None)


def test_items_that_waited_wait_on_and_the_next_policy_takes_them(project):
    make_judge(project)
    item = make_item(project)
    set_policy(project, "confidence", {"random_share": 0})
    route_all(project)
    switch_off(project, default_route="human")
    item.refresh_from_db()
    assert item.waits_for == Item.WaitsFor.JUDGE
    set_policy(project, "all_human")
    route_all(project)
    item.refresh_from_db()
    assert (item.route, item.waits_for) == ("human", None)


# ----------------------------------------------------------------------------------------- versions


def test_versions_say_what_each_changed_and_how_many_items_stand_at_its_word(
    client, project, admin
):
    make_judge(project)
    make_item(project)
    set_policy(project, "random", {"share": 0.25}, user=admin)
    route_all(project)
    set_policy(project, "random", {"share": 0.5}, user=admin)
    set_policy(project, "all_human", user=admin)
    third, second, first = client.get(PAGE).context["policies"]
    assert (first.items, second.items) == (1, 0)
    assert second.changes == ["share 0.25 → 0.5"]
    assert third.changes == ["another policy than random", "seed 0"]
    assert third.policy.created_by == admin


def test_researchers_see_versions_and_no_switch(client, project):
    set_policy(project, "all_human")
    sign_in(client, project, RESEARCHER)
    text = client.get(PAGE).text
    assert "Versions of the policy" in text
    assert "Switch it off" not in text
    assert "What would it do?" not in text
