"""The queue of items to decide, one item with its labels, and how decisions compare."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.adjudication import decide, last_review
from annotate.aggregation import aggregate_stale
from annotate.models import Aggregate, Annotation, Gold
from routing.models import Review, ReviewVisit, Score
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.roles import HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge, make_review, make_reward_model

pytestmark = pytest.mark.django_db
QUEUE = "/projects/pairs/reviews/"
FIGURES = f"{QUEUE}figures/"
FORM = [
    {"kind": "preference", "name": "overall", "title": "Which is better?", "points": 5},
    {"kind": "rating", "name": "style", "title": "Style", "required": False},
    {"kind": "text", "name": "why", "title": "Why?", "required": False},
]


def sheet(item):
    return f"{QUEUE}items/{item.pk}/"


def side(value):
    return {"overall": {"value": value, "both_bad": False}}


@pytest.fixture
def project():
    return make_project(slug="pairs", questions=FORM)


@pytest.fixture
def people(project):
    return [make_annotator(project, name=f"worker {n}") for n in range(4)]


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def disputed(project, people, values=(1, -1), **fields):
    item = make_item(project, **fields)
    for annotator, value in zip(people, values, strict=False):
        make_annotation(item, annotator, value=value)
    aggregate_stale(project)
    return item


def posted(item, value="1", reason="B is right.", **more):
    review = last_review(item)
    sent = {"answer-overall": value, "reason": reason, "after": review.pk if review else ""}
    return sent | more


# ------------------------------------------------------------------------------------- who may do it


def test_to_annotators_and_strangers_reviewing_does_not_exist(client, project, people):
    item = disputed(project, people)
    for url in (QUEUE, FIGURES, sheet(item)):
        assert statuses(client, project, "get", url) == [302, 404, 404, 200, 200]
    opened = statuses(client, project, "post", f"{sheet(item)}opinions/")
    assert opened == [302, 404, 404, 303, 303]
    assert statuses(client, project, "post", sheet(item), posted(item))[:3] == [302, 404, 404]
    assert last_review(item) is None or last_review(item).annotator.user is not None
    assert Annotation.objects.filter(purpose="review").count() == 1  # the researcher's


def test_items_of_another_project_are_not_found(client, project, researcher):
    item = make_item(make_project())
    assert client.get(sheet(item)).status_code == 404
    assert client.post(sheet(item), posted(item)).status_code == 404
    assert client.post(f"{sheet(item)}opinions/").status_code == 404


# ------------------------------------------------------------------------------------------ the queue


def test_disputed_items_are_listed_with_how_people_part(client, project, people, researcher):
    disputed(project, people, (1, 2, -1), prompt="Clear enough?")
    disputed(project, people, (1, -2, 0), prompt="Torn?")
    text = client.get(QUEUE).text
    assert "Torn?" in text
    assert "Clear enough?" not in text
    assert "A 1 · tie 1 · B 1" in text
    wider = client.get(f"{QUEUE}?least=0.33").text
    assert wider.index("Torn?") < wider.index("Clear enough?")
    part = client.get(QUEUE, headers=HTMX).text
    assert "<html" not in part


def test_an_empty_queue_says_what_comes_there(client, project, researcher):
    text = client.get(QUEUE).text
    assert "no answer has more than half of them" in text
    assert "asks for one label an item" in text
    assert "very low probability" in client.get(f"{QUEUE}?why=model").text


def test_the_queue_takes_as_many_queries_for_many_items_as_for_one(
    client, project, people, researcher
):
    counts = []
    for many in (1, 6):
        for _ in range(many):
            disputed(project, people)
        with CaptureQueriesContext(connection) as queries:
            client.get(QUEUE)
        counts.append(len(queries))
    assert counts[0] == counts[1] == 13


def test_an_item_that_somebody_else_has_open_is_marked(client, project, people, researcher):
    item = disputed(project, people)
    other = make_member(project, role="admin").user
    ReviewVisit.objects.create(item=item, user=other, until=timezone.now() + timedelta(minutes=5))
    assert f"open for {other}" in client.get(QUEUE).text
    assert f"<strong>{other}</strong> has this item open too" in client.get(sheet(item)).text


def test_the_settle_link_takes_the_lists_conditions_along(client, project, people, researcher):
    disputed(project, people, (1, 1, -1), tags=["law"])
    disputed(project, people, (1, 1, -1))
    text = client.get(f"{QUEUE}?least=0.33&tag=law").text
    link = "?all=1&amp;kind=settle&amp;review=open&amp;disagreement_min=0.33&amp;tag=law"
    assert link in text
    preview = client.get(f"/projects/pairs/items/change/{link.replace('&amp;', '&')}")
    assert "Settle by majority" in preview.text
    assert ">1</b> item would change" in preview.text


# ------------------------------------------------------------------------------------------ one item


def test_labels_stand_side_by_side_under_pseudonyms_and_the_minority_is_marked(
    client, project, people, researcher
):
    item = disputed(project, people, (1, 2, -1))
    member = make_member(project)
    label = make_annotation(item, member.user.annotator_or_new, value=1)
    text = client.get(sheet(item)).text
    assert text.count('class="cell second"') == 3
    assert text.count('class="cell first apart"') == 1
    assert f"person {label.annotator_id}" in text
    assert member.user.username not in text


def test_what_judges_and_the_model_say_is_hidden_until_it_is_asked_for(
    client, project, people, researcher
):
    item = disputed(project, people)
    judge = make_judge(project, name="opinionated")
    make_annotation(item, judge.annotator, value=2)
    model = make_reward_model(project, promoted=True)
    for completion, reward in zip(item.completions.all(), (2.0, 0.0), strict=True):
        Score.objects.create(reward_model=model, completion=completion, reward=reward)
    before = client.get(sheet(item)).text
    for hidden in ("opinionated", "model-0", "probability of"):
        assert hidden not in before
    part = client.post(f"{sheet(item)}opinions/", headers=HTMX).text
    for shown in ("opinionated", "B clearly better", "model-0", "<strong>A better</strong>"):
        assert shown in part
    assert "<html" not in part
    assert "opinionated" in client.get(sheet(item)).text  # what was seen stays seen
    client.post(sheet(item), posted(item))
    assert last_review(item).suggestions["informed"] is True


def test_a_decision_is_stored_with_its_reason_and_the_next_item_comes(
    client, project, people, researcher
):
    later, item = (disputed(project, people) for _ in range(2))
    response = client.post(sheet(item), posted(item, "-2", "A quotes the source."))
    assert response["Location"] == sheet(later)
    decision = last_review(item)
    assert decision.answers == side(-2)
    assert (decision.reason, decision.annotator.user) == ("A quotes the source.", researcher)
    assert decision.suggestions == {"shown": "none", "informed": False}
    aggregate_stale(project)
    people_say = Aggregate.objects.get(item=item, question="overall", source="people")
    assert (people_say.majority, people_say.method) == (-1, "review")
    last = client.post(sheet(later), posted(later), follow=True)
    assert "That was the last one of this list" in last.text


def test_the_list_that_one_came_from_is_kept(client, project, people, researcher):
    first, second = (disputed(project, people, (1, 1, -1), tags=["law"]) for _ in range(2))
    disputed(project, people)
    kept = "?tag=law&least=0.33"
    response = client.post(sheet(second) + kept, posted(second))
    assert response["Location"] == sheet(first) + kept


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"reason": " "}, "The decision has no reason"),
        ({"reason": "x" * 2001}, "2,001 characters"),
        ({"answer-overall": ""}, "Nothing is answered"),
        ({"answer-overall": "9"}, "is not on the scale"),
        ({"answer-style-0": "4"}, "is answered in part"),
    ],
)
def test_a_bad_decision_is_refused_and_nothing_that_was_typed_is_lost(
    client, project, people, researcher, sent, words
):
    item = disputed(project, people)
    response = client.post(sheet(item), posted(item, reason="My reason.") | sent)
    assert response.status_code == 422
    assert words in response.text
    assert sent.get("reason", "My reason.").strip() in response.text
    assert last_review(item) is None


def test_of_two_reviewers_the_second_is_told_and_may_store_it_all_the_same(
    client, project, people, researcher
):
    item = disputed(project, people)
    stale = posted(item, "2", "Mine, typed at length.")
    other = make_member(project, role="admin").user
    first = decide(item, side(-1), by=other, reason="A it is.", after=None)
    told = client.post(sheet(item), stale)
    assert told.status_code == 409
    for words in (str(other), "A it is.", "Mine, typed at length.", f'value="{first.pk}"'):
        assert words in told.text
    assert last_review(item) == first
    client.post(sheet(item), stale | {"after": first.pk})
    assert last_review(item).supersedes == first
    assert last_review(item).answers == side(2)


def test_a_decision_can_be_made_gold_in_the_same_step(client, project, people, researcher):
    item = disputed(project, people)
    client.post(sheet(item), posted(item, "2", gold="1"))
    assert Gold.objects.get(item=item).answers == side(2)


def test_a_decision_is_taken_back(client, project, people, researcher):
    item = disputed(project, people)
    client.post(sheet(item), posted(item))
    assert "The decision that stands" in client.get(sheet(item)).text
    client.post(sheet(item), {"withdraw": "1"})
    assert "The decision that stands" not in client.get(sheet(item)).text
    assert last_review(item).answers == {}


def test_a_label_or_the_majority_is_taken_over_into_the_form(client, project, people, researcher):
    item = disputed(project, people, (1, 1, -2))
    odd = Annotation.objects.latest("pk")
    taken = client.get(f"{sheet(item)}?take={odd.pk}").context
    assert taken["filled"].answers == side(-2)
    most = client.get(f"{sheet(item)}?take=majority").context
    assert most["filled"].answers == side(1)
    strange = make_annotation(make_item(project), people[0], value=2)
    assert client.get(f"{sheet(item)}?take={strange.pk}").context["filled"].answers == {}


def test_an_item_takes_as_many_queries_for_many_labels_as_for_few(
    client, project, people, researcher
):
    sides = ((1, -1), (1, -1), (1, -1, 1, -1), (1, -1))  # with an item before and after either
    _, few, many, _ = (disputed(project, people, values) for values in sides)
    counts = []
    for item in (few, few, many):
        with CaptureQueriesContext(connection) as queries:
            client.get(sheet(item))
        counts.append(len(queries))
    assert counts[1] == counts[2] == 25


# ---------------------------------------------------------------------- what the reward model disputes


@pytest.fixture
def review(project, people):
    item = disputed(project, people, (2,))
    return make_review(item.annotations.get(), make_reward_model(project, promoted=True))


def test_a_disputed_label_leads_to_its_item_with_the_models_opinion_open(
    client, project, review, researcher
):
    response = client.get(f"{QUEUE}{review.pk}/")
    item = review.annotation.item
    assert response["Location"] == f"{sheet(item)}?why=model"
    page = client.get(response["Location"])
    assert "a probability of 3.0\N{NO-BREAK SPACE}%" in page.text
    client.post(response["Location"], posted(item, "-1"))
    assert last_review(item).suggestions["informed"] is True
    review.refresh_from_db()
    assert (review.state, review.closed_by) == (Review.State.CORRECTED, researcher)


def test_a_kept_label_stays_as_it_is(client, project, review, researcher):
    client.post(f"{sheet(review.annotation.item)}?why=model", {"keep": "1"})
    review.refresh_from_db()
    assert (review.state, review.closed_by) == (Review.State.KEPT, researcher)
    assert not Annotation.objects.filter(purpose="review").exists()


def test_disputed_labels_are_listed_with_their_probability(client, project, review, researcher):
    text = client.get(f"{QUEUE}?why=model").text
    assert "3.0\N{NO-BREAK SPACE}%" in text
    assert "The reward model disagrees <b>1</b>" in text


# ----------------------------------------------------------------------------------- how they compare


def test_decisions_are_held_against_the_majority_and_everybody(client, project, people, researcher):
    judge = make_judge(project)
    for right in (1, 1, -1):
        item = disputed(project, people, (1, 1, -1))
        make_annotation(item, judge.annotator, value=-1)
        decide(item, side(right), by=researcher, reason="x", after=None)
    settled = disputed(project, people, (1, 1, -1))
    decide(settled, side(1), by=researcher, reason="x", after=None, raw={"settled": "majority"})
    page = client.get(FIGURES)
    found = page.context["questions"]
    assert (found.reviewed, found.settled, found.informed) == (3, 1, 0)
    [overall] = found.questions
    assert (overall.majority.value, overall.majority.n) == (pytest.approx(2 / 3), 3)
    assert {who.name: who.same.value for who in overall.people} == {
        "worker 0": pytest.approx(2 / 3),
        "worker 1": pytest.approx(2 / 3),
        "worker 2": pytest.approx(1 / 3),
    }
    assert [who.same.value for who in overall.judges] == [pytest.approx(1 / 3)]
    assert "66.7\N{NO-BREAK SPACE}% (20.8" in page.text  # Wilson's interval of 2 in 3
    assert f"?annotator={people[0].pk}&amp;review=reviewed" in page.text


def test_items_without_a_majority_are_counted_apart(client, project, people, researcher):
    item = disputed(project, people, (1, -1))
    decide(item, side(1), by=researcher, reason="x", after=None)
    [overall] = client.get(FIGURES).context["questions"].questions
    assert (overall.majority, overall.torn) == (None, 1)


def test_without_a_decision_the_figures_say_what_comes_there(client, project, researcher):
    assert "Nothing to compare yet" in client.get(FIGURES).text
