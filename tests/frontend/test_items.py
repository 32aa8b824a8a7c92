import pytest
from django.urls import reverse
from django.utils import timezone

from annotate.aggregation import aggregate_stale
from annotate.assignment import submit
from annotate.models import Aggregate, Annotator, Item
from routing.models import JudgeCall, RewardModel, RoutingDecision, RoutingPolicy, Score
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge, make_reward_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def listed(client, query=""):
    response = client.get(f"/projects/pairs/items/{query}")
    assert response.status_code == 200
    return [row["item"].key for row in response.context["rows"]]


def test_only_researchers_and_admins_see_items(client, project):
    item = make_item(project)
    for url in ("/projects/pairs/items/", item.get_absolute_url()):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
        assert statuses(client, project, "post", url) == [302, 405, 405, 405, 405]


def test_an_item_of_another_project_is_not_found(client, project, researcher):
    other = make_item(make_project(slug="other"))
    url = reverse("item", args=["pairs", other.pk])
    assert client.get(url).status_code == 404
    assert client.get(url, headers=HTMX).status_code == 404


def test_an_empty_project_says_where_to_import(client, researcher):
    assert reverse("import", args=["pairs"]) in client.get("/projects/pairs/items/").text


def test_htmx_gets_the_list_alone(client, project, researcher):
    make_item(project, key="first")
    response = client.get("/projects/pairs/items/", headers=HTMX)
    assert "first" in response.text
    assert "<html" not in response.text
    assert "HX-Request" in response["Vary"]


def test_pages_follow_each_other_without_gap_or_repeat(client, project, researcher):
    keys = [make_item(project, key=f"k{n:03}").key for n in range(120)]
    first = client.get("/projects/pairs/items/")
    second = client.get("/projects/pairs/items/" + first.context["found"].later)
    third = client.get("/projects/pairs/items/" + second.context["found"].later)
    seen = [row["item"].key for page in (first, second, third) for row in page.context["rows"]]
    assert seen == keys
    assert not third.context["found"].later
    back = client.get("/projects/pairs/items/" + third.context["found"].earlier)
    assert [row["item"].key for row in back.context["rows"]] == keys[50:100]


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=-1", "?before=99999999999999999999", "?route=nowhere"]
)
def test_conditions_that_make_no_sense_are_left_out(client, project, researcher, query):
    make_item(project, key="there")
    assert listed(client, query) == ["there"]


def test_items_are_picked_by_route_state_and_source(client, project, researcher):
    make_item(project, key="open", source="a")
    make_item(project, key="full", seats_left=0)
    make_item(project, key="judged", route="judge", evaluation=True)
    make_item(project, key="unrouted", route=None, waits_for=Item.WaitsFor.BUDGET)
    assert listed(client, "?route=none") == ["unrouted"]
    assert listed(client, "?route=judge") == ["judged"]
    assert listed(client, "?state=open") == ["open"]
    assert listed(client, "?state=done") == ["full"]
    assert listed(client, "?state=for-judge") == ["judged"]
    assert listed(client, "?state=budget") == ["unrouted"]
    assert listed(client, "?state=evaluation") == ["judged"]
    assert listed(client, "?source=a") == ["open"]
    assert listed(client, "?key=un") == ["unrouted"]


def test_items_are_picked_by_who_labelled_them(client, project, researcher):
    person, judge = make_annotator(project), make_annotator(project, kind="llm")
    by_people, by_both, by_judge, _ = (
        make_item(project, key=key) for key in ("people", "both", "judge", "none")
    )
    for item in (by_people, by_both):
        make_annotation(item, person)
    for item in (by_judge, by_both):
        make_annotation(item, judge)
    assert listed(client, "?labels=people") == ["people", "both"]
    assert listed(client, "?labels=judges") == ["both", "judge"]
    assert listed(client, "?labels=both") == ["both"]
    assert listed(client, "?labels=none") == ["none"]
    assert listed(client, f"?annotator={judge.pk}") == ["both", "judge"]


def test_items_on_which_people_disagree_are_found(client, project, researcher):
    torn, agreed = make_item(project, key="torn"), make_item(project, key="agreed")
    for value in (1, -1):
        make_annotation(torn, make_annotator(project), value=value)
        make_annotation(agreed, make_annotator(project), value=1)
    aggregate_stale(project)
    assert listed(client, "?labels=split") == ["torn"]


def test_items_are_picked_by_the_decision_that_stands(client, project, researcher):
    policy = RoutingPolicy.objects.create(project=project, version=1, kind="all_human", active=True)
    item, other = make_item(project, key="unsure"), make_item(project, key="moved")
    RoutingDecision.objects.create(policy=policy, item=item, reason="judge is unsure")
    RoutingDecision.objects.create(
        policy=policy, item=other, reason="judge is unsure", current=False
    )
    RoutingDecision.objects.create(policy=policy, item=other, reason="all to people")
    assert listed(client, "?reason=judge+is+unsure") == ["unsure"]
    assert listed(client, f"?policy={policy.pk}&reason=all+to+people") == ["moved"]


def test_the_list_takes_as_many_queries_for_fifty_items_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    annotator = make_annotator(project)
    counts = []
    for size in (1, 50):
        while project.items.count() < size:
            make_annotation(make_item(project), annotator)
        aggregate_stale(project)
        with django_assert_num_queries(8) as found:
            client.get("/projects/pairs/items/")
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_history_tells_who_was_shown_what_under_a_pseudonym(client, project, researcher):
    member = make_member(project, user=make_user("ada-lovelace"))
    item = make_item(project)
    assignment = make_assignment(item, member, order=[1, 0])
    answers = {"overall": {"value": -2, "both_bad": False}, "why": {"text": "<b>It is right</b>"}}
    submit(assignment, answers, key=assignment.key)
    text = client.get(item.get_absolute_url()).text
    assert "ada-lovelace" not in text
    assert f"person {member.user.annotator.pk}" in text
    assert "shown in the order B A" in text
    assert "A clearly better" in text
    assert "&lt;b&gt;It is right&lt;/b&gt;" in text


def test_the_history_has_calls_decisions_and_rewards(client, project, researcher):
    item, judge = make_item(project), make_judge(project)
    JudgeCall.objects.create(
        judge=judge,
        item=item,
        order=1,
        shown_order=[1, 0],
        state=JudgeCall.State.ANSWERED,
        verdict={"overall": {"value": 1, "both_bad": False}},
        raw={"text": "B, I <script>think</script>"},
        confidence=0.75,
        finished_at=timezone.now(),
    )
    policy = RoutingPolicy.objects.create(
        project=project, version=1, kind="confidence", active=True
    )
    RoutingDecision.objects.create(
        policy=policy, item=item, route="both", reason="judge is unsure", score=0.75
    )
    model = make_reward_model(project, promoted=True)
    Score.objects.create(reward_model=model, completion=item.completions.first(), reward=1.5)
    text = client.get(item.get_absolute_url()).text
    assert "judge is unsure" in text
    assert "A slightly better" in text  # what it said of the second shown, in the item's own order
    assert "confidence 0.75" in text
    assert "<script>think" not in text
    assert "+1.50" in text


def test_a_judges_label_stands_beside_its_measured_agreement(client, project, researcher):
    judge, person = make_annotator(project, kind="llm", name="gpt"), make_annotator(project)
    items = [make_item(project) for _ in range(4)]
    for n, item in enumerate(items):
        make_annotation(item, judge, value=1)
        make_annotation(item, person, value=1 if n else -1)
    aggregate_stale(project)
    assert Aggregate.objects.exists()
    response = client.get(items[0].get_absolute_url())
    assert "75.0\N{NO-BREAK SPACE}%" in response.text
    assert "measured on 4 items" in response.text


def test_a_judge_that_nobody_can_measure_says_so(client, project, researcher):
    item = make_item(project)
    make_annotation(item, make_annotator(project, kind="llm"))
    assert "nobody knows how often" in client.get(item.get_absolute_url()).text


def test_the_item_page_takes_as_many_queries_for_many_events(
    client, project, researcher, django_assert_max_num_queries
):
    item = make_item(project)
    for _ in range(20):
        make_annotation(item, make_annotator(project, kind=Annotator.Kind.LLM))
        make_annotation(item, make_annotator(project))
    with django_assert_max_num_queries(24):
        client.get(item.get_absolute_url())


def test_an_unpromoted_models_rewards_are_not_shown(client, project, researcher):
    item = make_item(project)
    model = make_reward_model(project, promoted=False)
    assert isinstance(model, RewardModel)
    Score.objects.create(reward_model=model, completion=item.completions.first(), reward=1.5)
    assert "+1.50" not in client.get(item.get_absolute_url()).text
