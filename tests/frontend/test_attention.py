"""What the first page says that somebody has to look at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from annotate.budgets import set_budget
from annotate.models import (
    AnnotatorQuality,
    BulkAction,
    Hint,
    Item,
    ItemSummary,
    LedgerEntry,
    Membership,
    Project,
    Transfer,
    Worker,
)
from routing.models import JudgeCall
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.roles import RESEARCHER, sign_in
from tests.frontend.rows import make_judge, make_review, make_reward_model

pytestmark = pytest.mark.django_db
HOME = "/projects/pairs/"
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def attention(client):
    return [one.words for one in client.get(HOME).context["attention"]]


def test_nothing_needs_attention_while_all_is_well(client, project, researcher):
    make_item(project)
    Worker.objects.create(name="here")
    assert attention(client) == []


def test_what_needs_attention_is_listed_serious_things_first(client, project, researcher):
    item = make_item(project, route=None, waits_for=Item.WaitsFor.BUDGET)
    Hint.objects.create(project=project, kind="train", fault="ValueError: no label", failures=2)
    make_judge(project, fault="The key is not set.")
    make_review(make_annotation(item, make_annotator(project)), make_reward_model(project))
    set_budget(project, unit="labels", period="total", cap=Decimal(0))
    Transfer.objects.create(project=project, direction="import", format="trl", state="failed")
    words = attention(client)
    assert words[0] == "No worker is running"
    assert "Training failed: ValueError: no label" in words
    assert "Judge judge v1 stands still" in words
    assert "The last import failed" in words
    assert words[-3:] == [
        "1 item waits for budget",
        "The budget of 0 people's labels in all is spent",
        "1 label to review",
    ]


def test_items_that_nobody_will_route_are_pointed_out(client, project, researcher):
    Project.objects.update(default_route=None)
    make_item(project, route=None)
    assert "1 item waits for a routing policy" in attention(client)


def test_items_that_nobody_may_label_are_pointed_out(client, project, researcher):
    Project.objects.update(queues=["", "german"])
    make_item(project, queue="german")
    assert "1 item that nobody may label" in attention(client)
    Membership.objects.filter(user=researcher).update(queues=["", "german"])
    assert "1 item that nobody may label" not in attention(client)
    Membership.objects.filter(user=researcher).update(paused_at=timezone.now())
    assert "1 item that nobody may label" in attention(client)


def test_items_on_which_people_split_evenly_are_pointed_out(client, project, researcher):
    for disagreement in (0.5, 0.6, 0.4):
        ItemSummary.objects.create(
            item=make_item(project), project=project, disagreement=disagreement
        )
    assert "On 2 items no answer has more than half of the people" in attention(client)


def test_paused_members_and_answers_worth_a_look_are_pointed_out(client, project, researcher):
    paused = make_member(project)
    Membership.objects.filter(pk=paused.pk).update(paused_at=timezone.now())
    AnnotatorQuality.objects.create(
        project=project,
        question="overall",
        annotator=make_annotator(project),
        answers=9,
        compared=9,
        hits=1,
        signs=["random"],
    )
    make_item(project)
    told = {one.words: one.url for one in client.get(HOME).context["attention"]}
    for words in ("1 member is paused", "The answers of 1 annotator are worth a look"):
        assert client.get(told[words]).status_code == 200


def test_judges_whose_calls_fail_are_pointed_out_within_a_day(client, project, researcher):
    judge = make_judge(project)
    for n in range(5):
        JudgeCall.objects.create(
            judge=judge,
            item=make_item(project),
            order=0,
            shown_order=[0, 1],
            state="failed",
            finished_at=timezone.now() - timedelta(hours=n),
        )
    assert "5 judge calls failed within a day" in attention(client)
    JudgeCall.objects.update(finished_at=timezone.now() - timedelta(hours=25))
    assert "5 judge calls failed within a day" not in attention(client)


def test_a_failed_change_of_many_items_is_pointed_out(client, project, researcher):
    make_item(project)
    BulkAction.objects.create(project=project, kind="archive", state="failed", done=3)
    assert "The last change of many items failed after 3" in attention(client)


def test_a_budget_near_its_end_is_pointed_out_with_its_day(client, project, at_noon, researcher):
    make_item(project)
    for back in range(1, 6):
        LedgerEntry.objects.create(
            project=project,
            kind="pay",
            unit="usd",
            amount=Decimal(10),
            reference=f"annotation:{back}",
            created_at=NOON - timedelta(days=back),
        )
    set_budget(project, unit="usd", period="total", cap=Decimal(70))
    assert (
        "The budget of 70 USD in all is 71 % spent, used up in 2 days (22 March, 12:00 UTC)"
        in attention(client)
    )
