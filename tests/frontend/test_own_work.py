"""My work: progress, pace and pay."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from annotate.assignment import Timing, claim, submit
from annotate.models import Annotation, Assignment, Membership, Project
from frontend.own.work import Done, done, first_labels, last_days
from frontend.templatetags.own import spell
from tests.factories import make_item, make_member, make_project, make_user

pytestmark = pytest.mark.django_db
URL = "/projects/pairs/work/mine/"
BETTER = {"overall": {"value": 2, "both_bad": False}}
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def label(member, *, days_ago=0, timing=Timing(30, 60, 90)):  # noqa: B008  # it never changes
    make_item(member.project)
    assignment = claim(member)
    annotation = submit(assignment, BETTER, key=assignment.key, timing=timing)
    when = timezone.now() - timedelta(days=days_ago)
    Annotation.objects.filter(pk=annotation.pk).update(created_at=when)
    return annotation


@pytest.mark.parametrize("role", Membership.Role.values)
def test_members_of_every_role_see_their_own_work(client, project, role):
    label(make_member(project))
    client.force_login(make_member(project, role=role).user)
    response = client.get(URL)
    assert response.status_code == 200
    assert "Nothing yet" in response.text


def test_to_others_there_is_no_such_page(client, project):
    assert client.get(URL).status_code == 302
    client.force_login(make_user())
    assert client.get(URL).status_code == 404
    assert client.post(URL).status_code == 405


def test_pace_is_labels_an_hour_of_time_at_work(member):
    label(member, timing=Timing(30, 60, 90))
    label(member, timing=Timing(90, 100, 300))
    label(member, timing=Timing())  # not measured: counted, and left out of the pace
    sums = done(first_labels(member))
    assert sums == Done(labels=3, timed=2, active=120, focused=160, wall=390)
    assert sums.pace == 60


def test_too_little_time_gives_no_pace(member):
    label(member, timing=Timing(10, 10, 10))
    assert done(first_labels(member)).pace is None


def test_a_correction_is_no_new_label(client, member):
    annotation = label(member)
    key = f"{annotation.assignment_id}c{annotation.pk}"
    client.post(
        f"/projects/pairs/work/history/{annotation.pk}/", {"key": key, "answer-overall": "0"}
    )
    assert Annotation.objects.count() == 2
    assert done(first_labels(member)).labels == 1


def test_days_are_utc_and_days_without_labels_are_among_them(member):
    with time_machine.travel(NOON, tick=False):
        label(member)
        label(member, days_ago=3)
        label(member, days_ago=30)
        days = last_days(member, NOON.date())
    assert len(days) == 14
    assert {day.day.day: day.labels for day in days if day.labels} == {7: 1, 10: 1}
    assert days[-1].active == 30


def test_earnings_are_what_the_ledger_holds(client, member):
    Project.objects.update(pay_per_label_usd=Decimal("0.25"))
    member.project.refresh_from_db()
    label(member)
    label(member)
    make_item(member.project)
    claim(member)
    text = client.get(URL).text
    assert "0.2500 USD a label; 0.2500 USD waits" in text
    assert '<td class="number">0.5000</td><td class="number">0.5000</td>' in text


def test_where_nothing_is_paid_nothing_is_said_of_pay(client, member):
    label(member)
    text = client.get(URL).text
    assert "Earned" not in text
    assert "USD" not in text


def test_the_page_shows_figures_with_a_chart_and_its_table(client, member):
    for _ in range(4):
        label(member)
    make_item(member.project)
    text = client.get(URL).text
    assert "4</a></b> labelled by you" in text
    assert "1 left" in text
    assert '<svg class="chart bars" role="img" aria-label="Labels a day' in text
    assert "?day=" in text


def test_it_takes_a_fixed_number_of_queries(client, member, django_assert_num_queries):
    label(member)
    with django_assert_num_queries(10):
        client.get(URL)
    for _ in range(5):
        label(member, days_ago=1)
    with django_assert_num_queries(10):
        client.get(URL)


def test_an_open_item_of_a_member_who_was_paused_is_named(client, member):
    make_item(member.project)
    claim(member)
    Membership.objects.update(paused_at=timezone.now())
    assert "Finish what is open" in client.get(URL).text
    assert Assignment.objects.open().exists()


def test_times_are_spelled_for_people():
    assert [spell(n) for n in (0, 45, 60, 719, 3599, 3600, 12_000)] == [
        "0 s",
        "45 s",
        "1 min",
        "12 min",
        "60 min",
        "1 h",
        "3 h 20 min",
    ]
