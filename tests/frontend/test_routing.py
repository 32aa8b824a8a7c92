from decimal import Decimal

import pytest

from annotate.models import Budget, Item
from routing.models import RoutingDecision, RoutingPolicy
from routing.routing import route_all, set_policy
from tests.factories import make_item, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
ROUTING = "/projects/pairs/routing/"


@pytest.fixture
def project():
    return make_project(slug="pairs", default_route=None, evaluation_share=0)


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def test_researchers_see_the_routing_and_admins_change_it(client, project):
    assert statuses(client, project, "get", ROUTING) == [302, 404, 403, 200, 200]
    policy = statuses(client, project, "post", f"{ROUTING}policy/all_human/", {"seed": "0"})
    assert policy == [302, 404, 403, 403, 302]


def test_researchers_are_offered_no_change(client, researcher):
    assert "policy-form" not in client.get(ROUTING).text


def test_without_a_policy_the_page_says_what_happens(client, researcher):
    assert "No policy is on" in client.get(ROUTING).text


def test_switching_a_policy_on_makes_a_new_version(client, project, admin):
    for seed in ("1", "2"):
        client.post(f"{ROUTING}policy/all_human/", {"seed": seed})
    rows = RoutingPolicy.objects.order_by("version")
    assert [(row.version, row.settings["seed"], row.active) for row in rows] == [
        (1, 1, False),
        (2, 2, True),
    ]
    assert rows[1].created_by == admin


def test_a_policys_settings_are_checked(client, project, admin):
    judge = make_judge(project)
    data = {"judge": judge.pk, "seed": "0", "threshold": "1.5", "random_share": "0"}
    response = client.post(f"{ROUTING}policy/confidence/", data)
    assert response.status_code == 422
    assert "less than or equal to 1" in response.text
    assert not RoutingPolicy.objects.exists()
    client.post(f"{ROUTING}policy/confidence/", data | {"threshold": "0.8"})
    assert RoutingPolicy.objects.get().settings["threshold"] == 0.8


def test_a_policy_that_needs_a_judge_leads_to_making_one(client, project, admin):
    response = client.get(
        f"{ROUTING}?kind=confidence", headers={**HTMX, "HX-Target": "policy-form"}
    )
    assert "/projects/pairs/judges/new/" in response.text
    assert "<html" not in response.text


def test_a_judge_of_another_project_cannot_be_chosen(client, project, admin):
    judge = make_judge(make_project(slug="other"))
    data = {"judge": judge.pk, "seed": "0", "random_share": "0"}
    assert client.post(f"{ROUTING}policy/all_judge/", data).status_code == 422


def test_an_unknown_policy_is_refused(client, project, admin):
    assert client.post(f"{ROUTING}policy/telepathy/").status_code == 302
    assert not RoutingPolicy.objects.exists()


def test_where_items_went_and_why_links_to_just_those_items(client, project, researcher):
    Budget.objects.create(project=project, unit="labels", cap=Decimal(1))
    set_policy(project, "all_human")
    for key in ("first", "second"):
        make_item(project, key=key, route=None)
    route_all(project)
    response = client.get(ROUTING)
    assert response.context["to_people"] == 1
    reasons = {row["share"].reason: row for row in response.context["reasons"]}
    assert set(reasons) == {"all to people", "budget"}
    for reason, row in reasons.items():
        items = [one["item"] for one in client.get(row["url"]).context["rows"]]
        decisions = RoutingDecision.objects.current().filter(reason=reason)
        assert [item.pk for item in items] == [decision.item_id for decision in decisions]
    waiting = next(part for part in response.context["where"] if part.look == "waits")
    [row] = client.get(waiting.url).context["rows"]
    assert row["item"].waits_for == Item.WaitsFor.BUDGET


def test_decisions_are_paged_newest_first(client, project, researcher):
    policy = set_policy(project, "all_human")
    rows = [
        RoutingDecision.objects.create(policy=policy, item=make_item(project), reason=f"r{n}")
        for n in range(25)
    ]
    first = client.get(ROUTING)
    second = client.get(
        ROUTING + first.context["found"].later, headers={**HTMX, "HX-Target": "decisions"}
    )
    seen = [row.pk for page in (first, second) for row in page.context["found"].rows]
    assert seen == [row.pk for row in reversed(rows)]
    assert 'id="decisions"' in second.text
    assert "<html" not in second.text


def test_the_page_takes_as_many_queries_for_many_decisions_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    policy = set_policy(project, "all_human")
    for size in (1, 20):
        while RoutingDecision.objects.count() < size:
            RoutingDecision.objects.create(policy=policy, item=make_item(project), reason="r")
        with django_assert_num_queries(13):
            client.get(ROUTING)
