"""A project's first page: counts, forecasts, what needs attention, and what it costs to say so."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from annotate import ledger
from annotate.models import (
    Annotation,
    Hint,
    Item,
    ItemTally,
    LedgerEntry,
    Project,
    Watermark,
)
from annotate.models.projects import Route
from annotate.tallies import folding, items
from routing.models import JudgeCall
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
)
from tests.frontend.roles import HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge, make_reward_model
from tests.running import wait_for

pytestmark = pytest.mark.django_db
HOME = "/projects/pairs/"
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def label(project, when, *, member=None, count=1, **fields):
    """Labels out of assignments at a moment, one an item."""
    member = member or make_member(project)
    for _ in range(count):
        lent = make_assignment(make_item(project), member, state="submitted")
        make_annotation(lent.item, lent.annotator, assignment=lent, created_at=when, **fields)


def test_researchers_and_admins_see_it(client, project):
    assert statuses(client, project, "get", HOME) == [302, 404, 403, 200, 200]


# -------------------------------------------------------------------------------------- progress


def test_an_empty_project_leads_to_the_import(client, researcher):
    text = client.get(HOME).text
    assert "Bring items in first" in text
    assert reverse("import", args=["pairs"]) in text


def test_every_number_of_the_bars_links_to_its_rows(client, project, researcher):
    make_annotation(make_item(project), make_annotator(project))
    response = client.get(HOME)
    for part in (*response.context["shares"]["people"], *response.context["shares"]["judges"]):
        listed = client.get(part.url)
        assert listed.status_code == 200
        assert not part.count or listed.context["rows"]


def test_labels_stand_against_seats_wanted_by_source(client, project, researcher):
    person, judge = make_annotator(project), make_annotator(project, kind="llm")
    make_annotation(make_item(project, route=Route.BOTH, overlap=2, seats_left=1), person)
    make_annotation(make_item(project, route=Route.JUDGE), judge)
    make_assignment(make_item(project, overlap=2), make_member(project))
    progress = client.get(HOME).context["progress"]
    assert (progress.by_people, progress.wanted) == (1, 4)
    assert (progress.left, progress.lent) == (2, 1)
    assert (progress.judge_items, progress.for_judges) == (1, 2)


def test_a_large_project_says_when_its_items_were_counted_and_has_them_counted_anew(
    client, project, researcher, monkeypatch
):
    monkeypatch.setattr(items, "SMALL", 1)
    for _ in range(2):
        make_item(project)
    items.keep_count(project)
    ItemTally.objects.update(counted_at=timezone.now() - timedelta(minutes=1))
    assert "were counted at" in client.get(HOME).text
    assert Hint.objects.get(project=project, kind="count-items").wanted


# ------------------------------------------------------------------------------------- forecasts


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def pace(project, *counts):
    """Labels at ten o'clock of the days before today."""
    member = make_member(project)
    for back, count in enumerate(reversed(counts), 1):
        label(project, NOON - timedelta(days=back, hours=2), member=member, count=count)


def forecast_of(client):
    return client.get(HOME).context["overview"].people_forecast


def test_a_steady_pace_is_told_as_a_range_of_days_beside_the_due_date(
    client, project, at_noon, researcher
):
    Project.objects.update(due_on=date(2026, 3, 22))
    pace(project, 1, 5, 5, 5, 5)
    for _ in range(20):
        make_item(project)
    told = forecast_of(client)
    # 20 left at 5 a day: 24 March. Half the width: t(3) sqrt(1/20 + 1/20) = 1.00 of the logarithm.
    assert told.when == "Done 21\N{EN DASH}31 March (95\N{NO-BREAK SPACE}%)"
    assert told.due == ("Expected 2 days after the due date, 22 March: 8 a day would meet it.")
    assert told.late
    assert "At 5.0 a day, the mean of the last 4 whole days" in told.basis


def test_with_little_to_go_by_the_page_says_so(client, project, at_noon, researcher):
    make_item(project)
    assert forecast_of(client).when == "No forecast yet: no label was given here."
    label(project, NOON - timedelta(hours=3))
    assert forecast_of(client).when == "Too early to forecast."


def test_a_project_that_stands_still_is_not_foretold(client, project, at_noon, researcher):
    label(project, NOON - timedelta(days=7), count=3)
    make_item(project)
    assert forecast_of(client).when == "No label since 13 March: nothing to forecast from."
    label(project, NOON - timedelta(days=30))
    Annotation.objects.filter(created_at__gt=NOON - timedelta(days=10)).delete()
    assert "since 18 February" in forecast_of(client).when


def test_a_finished_project_has_no_forecast(client, project, at_noon, researcher):
    pace(project, 1, 5, 5, 5, 5)
    response = client.get(HOME)
    assert response.context["overview"].people_forecast is None
    assert "all that are wanted" in response.text


def test_imports_are_no_pace(client, project, at_noon, researcher):
    who = make_annotator(project)
    for back in range(1, 6):
        make_annotation(make_item(project), who, created_at=NOON - timedelta(days=back))
    make_item(project)
    assert forecast_of(client).when == "No forecast yet: no label was given here."


def test_judges_are_foretold_by_their_items_once_they_have_begun(
    client, project, at_noon, researcher
):
    judge = make_judge(project)
    waiting = [make_item(project, route=Route.JUDGE) for _ in range(12)]
    assert client.get(HOME).context["overview"].judges_forecast is None
    for back in range(1, 6):
        make_annotation(
            waiting.pop(), judge.annotator, created_at=NOON - timedelta(hours=back, minutes=-5)
        )
        make_annotation(
            waiting.pop(), judge.annotator, created_at=NOON - timedelta(hours=back, minutes=-9)
        )
    told = client.get(HOME).context["overview"].judges_forecast
    assert told.when == "Done 20\N{EN DASH}21 March (95\N{NO-BREAK SPACE}%)"
    assert told.basis.startswith("At 48 a day, the mean of the last 4 whole hours")


# -------------------------------------------------------------------------------- labels over time


def flow_of(client):
    return client.get(HOME).context["overview"].flow


def test_labels_are_charted_by_day_and_source_and_twinned_by_a_table(
    client, project, at_noon, researcher
):
    Project.objects.update(created_at=NOON - timedelta(days=5))
    judge = make_judge(project)
    label(project, NOON - timedelta(days=2), count=2)
    make_annotation(make_item(project), judge.annotator, created_at=NOON - timedelta(days=2))
    make_annotation(make_item(project), make_annotator(project), created_at=NOON)
    make_annotation(
        make_item(project), make_annotator(project), created_at=NOON - timedelta(days=700)
    )
    flow = flow_of(client)
    assert flow.unit == "day"
    assert [bucket.words for bucket in flow.buckets] == [f"{n} Mar" for n in range(15, 21)]
    assert flow.buckets[3].given == {"people": 2, "judges": 1}
    assert flow.buckets[5].given == {"imports": 1}
    assert (flow.before, flow.totals["imports"]) == (1, 2)
    text = client.get(HOME).text
    assert "18 Mar: 2 by people" in text


@pytest.mark.parametrize(
    ("age", "unit"), [(2, "hour"), (30, "day"), (200, "week"), (900, "month"), (4000, "year")]
)
def test_the_bars_fit_the_projects_age(client, project, at_noon, researcher, age, unit):
    Project.objects.update(created_at=NOON - timedelta(days=age))
    label(project, NOON - timedelta(hours=1))
    flow = flow_of(client)
    assert flow.unit == unit
    assert sum(bucket.total for bucket in flow.buckets) == 1
    assert len(flow.buckets) <= 62


def test_labels_that_an_import_brings_from_the_weeks_before_the_project_are_charted(
    client, project, at_noon, researcher
):
    Project.objects.update(created_at=NOON - timedelta(hours=1))
    for days in (10, 200):
        old = NOON - timedelta(days=days)
        make_annotation(make_item(project), make_annotator(project), created_at=old)
    flow = flow_of(client)
    assert (flow.unit, len(flow.buckets), flow.before) == ("day", 11, 1)
    assert flow.buckets[0].given == {"imports": 1}


def test_days_are_those_of_utc(client, project, at_noon, researcher):
    Project.objects.update(created_at=NOON - timedelta(days=5))
    label(project, datetime(2026, 3, 18, 23, 59, 59, tzinfo=UTC))
    label(project, datetime(2026, 3, 19, 0, 0, 0, tzinfo=UTC))
    assert [bucket.total for bucket in flow_of(client).buckets] == [0, 0, 0, 1, 1, 0]


def test_a_project_without_labels_teaches_how_they_come(client, project, researcher):
    make_item(project)
    assert "No label has come yet" in client.get(HOME).text


# ------------------------------------------------------------------------------------------ cost


def test_cost_is_told_in_all_and_by_label(client, project, researcher):
    judge = make_judge(project)
    member = make_member(project)
    label(project, timezone.now(), member=member, count=4)
    for annotation in Annotation.objects.all():
        LedgerEntry.objects.create(
            project=project,
            kind="pay",
            unit="usd",
            amount=Decimal("0.25"),
            reference=f"annotation:{annotation.pk}",
        )
    make_annotation(make_item(project), judge.annotator)
    for number, spent in (("1", "0.04"), ("2", None)):
        reference = f"call:{number}:1"
        ledger.reserve(
            project, "usd", Decimal("0.1"), reference=reference, annotator=judge.annotator
        )
        if spent:
            ledger.settle(project, "usd", Decimal(spent), reference=reference)
    JudgeCall.objects.create(
        judge=judge,
        item=make_item(project),
        order=0,
        shown_order=[0, 1],
        state="reserved",
        reserved_usd=Decimal("0.1"),
    )
    cost = client.get(HOME).context["overview"].cost
    assert (cost.people, cost.judges, cost.reserved) == (
        Decimal(1),
        Decimal("0.04"),
        Decimal("0.1"),
    )
    assert (cost.per_people_label, cost.per_judge_label) == (Decimal("0.25"), Decimal("0.04"))


# -------------------------------------------------------------------------------- what it costs


def test_the_overview_takes_as_many_queries_for_many_items_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    annotator, member = make_annotator(project), make_member(project)
    for version, size in ((1, 1), (2, 30)):
        make_reward_model(project, version=version)
        while project.items.count() < size:
            make_annotation(make_item(project), annotator)
        label(project, timezone.now(), member=member)
        with django_assert_num_queries(QUERIES):
            client.get(HOME)


QUERIES = 32


def buffers(run):
    """Pages of the database that the queries of ``run`` touch, by EXPLAIN of each."""
    asked = []

    def remember(execute, sql, parameters, many, context):
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(remember):
        run()
    return sum(_buffers(sql, parameters) for sql, parameters in asked if "SELECT" in sql[:20])


def _buffers(sql, parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
        [[plan]] = cursor.fetchone()
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


@pytest.mark.django_db(transaction=True)
def test_twenty_times_the_labels_read_hardly_more_of_the_database_once_they_are_folded(
    client, project, monkeypatch
):
    """Before folding they do: a tail is read label by label."""
    monkeypatch.setattr(folding, "WAIT", timedelta(0))
    monkeypatch.setattr(items, "SMALL", 0)
    sign_in(client, project, RESEARCHER)
    who = make_annotator(project)
    spent = []
    for size in (50, 1000):
        add_labels(project, who, size)
        before = buffers(lambda: client.get(HOME))
        for kind in Watermark.Kind.values:
            wait_for(partial(folded, project, kind))
        items.keep_count(project)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        spent.append((before, buffers(lambda: client.get(HOME))))
    (small_before, small), (large_before, large) = spent
    assert large_before > small_before + 500
    assert large <= small + 20


def folded(project, kind):
    """A step of folding; whether that was the last. Tests beside this one may hold it up."""
    folding.fold(project, kind)
    mark = Watermark.objects.get(project=project, kind=kind)
    return mark.ceiling is None and mark.folded_to > 0


def add_labels(project, who, size):
    """Items with a label each and its pay, all within an hour."""
    new = Item.objects.bulk_create(
        Item(
            project=project,
            key=f"{size}-{n}",
            messages=[{"role": "user", "content": "?"}],
            prompt_hash=f"{n}",
            route=Route.HUMAN,
            overlap=1,
            seats_left=0,
        )
        for n in range(size)
    )
    rows = Annotation.objects.bulk_create(
        Annotation(
            project=project,
            item=item,
            annotator=who,
            form=project.form,
            answers={},
            created_at=NOON,
        )
        for item in new
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            project=project,
            kind="pay",
            unit="usd",
            amount=Decimal("0.1"),
            annotator=who,
            reference=f"annotation:{row.pk}",
            created_at=NOON,
        )
        for row in rows
    )


def test_the_part_for_htmx_leaves_out_what_it_does_not_show(client, project, researcher):
    make_item(project)
    make_reward_model(project)
    response = client.get(HOME, headers=HTMX)
    assert 'id="progress"' in response.text
    assert "<html" not in response.text
    assert "accuracy" not in response.context
