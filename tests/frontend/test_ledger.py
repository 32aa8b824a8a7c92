"""The ledger: who sees what of it, its sums, its entries page by page, its file and its budgets."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from annotate import ledger
from annotate.budgets import set_budget
from annotate.models import AuditEntry, Budget, BudgetPeriod, LedgerEntry
from annotate.models.budgets import Unit
from frontend.ledger.budgets import budgets_of
from frontend.ledger.entries import LedgerFilter, as_csv, beyond
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
)
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/ledger/"
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def enter(project, amount, *, when=NOON, kind="pay", reference=None, unit="usd", whose=None):
    return LedgerEntry.objects.create(
        project=project,
        kind=kind,
        unit=unit,
        amount=Decimal(amount),
        reference=reference or f"annotation:{LedgerEntry.objects.count() + 1}",
        annotator=whose,
        created_at=when,
    )


def call(project, judge, number, *, when, spent=None):
    """A call for which 0.5 was reserved."""
    reference = f"call:{number}:1"
    with time_machine.travel(when, tick=False):
        ledger.reserve(
            project, Unit.USD, Decimal("0.5"), reference=reference, annotator=judge.annotator
        )
        if spent is not None:
            ledger.settle(project, Unit.USD, Decimal(spent), reference=reference)


def paid_label(project, member, *, when=NOON, amount="0.1", seconds=36):
    lent = make_assignment(make_item(project), member, state="submitted")
    made = make_annotation(
        lent.item, lent.annotator, assignment=lent, created_at=when, active_seconds=seconds
    )
    enter(project, amount, when=when, reference=f"annotation:{made.pk}", whose=lent.annotator)
    return made


# ------------------------------------------------------------------------------------------ roles


def test_researchers_see_sums_and_admins_persons_and_entries(client, project):
    assert statuses(client, project, "get", PAGE) == [302, 404, 403, 200, 200]
    assert statuses(client, project, "get", f"{PAGE}file/") == [302, 404, 403, 403, 200]
    budget = {"unit": "labels", "cap": "5", "period": "total"}
    assert statuses(client, project, "post", f"{PAGE}budget/", budget) == [302, 404, 403, 403, 303]
    pk = Budget.objects.get().pk
    removed = statuses(client, project, "post", f"{PAGE}budget/{pk}/")
    assert removed == [302, 404, 403, 403, 303]


def test_a_researcher_learns_nobodys_name_or_pay(client, project, researcher):
    member = make_member(project)
    paid_label(project, member)
    response = client.get(PAGE)
    assert "0.1000 USD" in response.text
    assert member.user.username not in response.text
    assert "found" not in response.context
    assert client.get(PAGE, headers=HTMX).status_code == 403
    named = client.get(f"{PAGE}?who={member.user.annotator.pk}")
    assert member.user.username not in named.text


def test_another_projects_entries_and_budgets_are_out_of_reach(client, project, admin):
    other = make_project(slug="other")
    whose = make_annotator(other, name="Somebody Else")
    enter(other, 5, whose=whose)
    budget = set_budget(other, unit="usd", period="total", cap=Decimal(9))
    response = client.get(f"{PAGE}?who={whose.pk}")
    assert "Somebody Else" not in response.text
    assert response.context["found"].rows == []
    assert client.post(f"{PAGE}budget/{budget.pk}/").status_code == 404
    assert Budget.objects.filter(pk=budget.pk).exists()


# ------------------------------------------------------------------------------------------- sums


def figures(client, query=""):
    return client.get(f"{PAGE}{query}").context["ledger"]


def test_sums_by_source_with_what_is_reserved_apart(client, project, at_noon, admin):
    judge, member = make_judge(project), make_member(project)
    for _ in range(3):
        paid_label(project, member)
    call(project, judge, 1, when=NOON - timedelta(days=1), spent="0.2")
    make_annotation(make_item(project), judge.annotator, created_at=NOON - timedelta(days=1))
    call(project, judge, 2, when=NOON)
    judge.calls.create(
        item=make_item(project),
        order=0,
        shown_order=[0, 1],
        state="reserved",
        reserved_usd=Decimal("0.5"),
    )
    enter(project, "0.7", kind="reservation", reference="item:4")
    found = figures(client)
    assert (found.people, found.judges, found.reserved) == (
        Decimal("0.3"),
        Decimal("0.2"),
        Decimal("1.2"),
    )
    assert found.spent == Decimal("0.5")
    assert found.per_people_label == Decimal("0.1")
    assert found.per_judge_label == Decimal("0.2")
    assert found.per_thousand_calls == Decimal(100)
    [line] = found.by_judge
    assert (line.judge, line.work.labels, line.spent.amount) == (judge, 1, Decimal("0.7"))
    [person] = found.by_person
    assert (person.annotator.user, person.work.labels) == (member.user, 3)
    assert (person.hours, person.per_hour) == (0.03, pytest.approx(Decimal(10)))


def test_a_period_holds_the_days_that_it_names_and_both_ends(client, project, at_noon, admin):
    for day, amount in ((9, 1), (10, 2), (12, 4), (13, 8)):
        enter(project, amount, when=datetime(2026, 3, day, 23, 59, tzinfo=UTC))
    found = figures(client, "?since=2026-03-10&until=2026-03-12")
    assert found.people == 6
    assert [(row.since.day, row.people, row.sum_so_far) for row in found.rows] == [
        (12, 4, 7),
        (10, 2, 3),
    ]
    assert figures(client, "?since=2026-03-13").people == 8
    assert figures(client, "?since=yesterday").people == 15


def test_a_period_that_ends_before_it_begins_is_told(client, project, admin):
    response = client.get(f"{PAGE}?since=2026-03-12&until=2026-03-10")
    assert "2026-03-10 comes before 2026-03-12; swap the days." in response.text


def test_long_periods_are_told_by_week(client, project, at_noon, admin):
    for back in range(0, 100, 10):
        enter(project, 1, when=NOON - timedelta(days=back))
    found = figures(client)
    assert found.rows_are == "week"
    assert found.rows[0].sum_so_far == 10
    assert all(row.since.weekday() == 0 for row in found.rows)
    narrowed = figures(client, f"?since={found.rows[-1].since}&until={found.rows[-1].until}")
    assert narrowed.people == found.rows[-1].people


def test_the_chart_ends_at_what_was_committed_and_shows_the_caps(client, project, at_noon, admin):
    for back in range(1, 7):
        enter(project, 10, when=NOON - timedelta(days=back))
    set_budget(project, unit="usd", period="total", cap=Decimal(100))
    set_budget(project, unit="usd", period="month", cap=Decimal(10_000))
    text = client.get(PAGE).text
    assert "cap 100 in all" in text
    assert "cap 10,000 a month" not in text  # would press everything else flat
    assert 'class="ahead"' in text
    assert "Used up in 4 days" in text


def test_labels_have_a_ledger_of_their_own(client, project, admin):
    enter(project, 2, kind="reservation", unit="labels", reference="item:1")
    response = client.get(f"{PAGE}?unit=labels")
    assert '<b><a href="#entries">2</a></b> labels by people are reserved' in response.text


def test_an_empty_ledger_teaches_what_is_entered(client, project, researcher):
    assert "Nothing has been entered yet" in client.get(PAGE).text


# ---------------------------------------------------------------------------------------- entries


def amounts(client, query=""):
    rows = client.get(f"{PAGE}{query}").context["found"].rows
    return [row.entry.amount for row in rows]


def test_entries_are_narrowed_by_source_kind_and_person(client, project, admin):
    judge, member = make_judge(project), make_member(project)
    paid_label(project, member, amount="1")
    enter(project, "-1", kind="settlement", reference="annotation:1")
    enter(project, "2", kind="reservation", reference="item:4")
    enter(project, "3", reference="gift")
    call(project, judge, 1, when=NOON, spent="0.2")
    assert sorted(amounts(client, "?source=people")) == [1, 3]
    assert sorted(amounts(client, "?source=judges")) == [Decimal("-0.3"), Decimal("0.5")]
    assert sorted(amounts(client, "?source=held")) == [-1, 2]
    assert amounts(client, "?source=judges&kind=settlement") == [Decimal("-0.3")]
    assert amounts(client, f"?who={member.user.annotator.pk}") == [1]
    assert amounts(client, "?source=other") == []


def test_an_entry_names_what_it_was_for_and_leads_there(client, project, admin):
    label = paid_label(project, make_member(project))
    [row] = client.get(PAGE).context["found"].rows
    assert row.words == f"label {label.pk}"
    assert client.get(row.url).status_code == 200


def test_entries_are_paged_newest_first_with_equal_moments_in_order(client, project, admin):
    for n in range(120):
        enter(project, n, when=NOON - timedelta(minutes=n // 7))
    seen, query = [], ""
    while True:
        found = client.get(f"{PAGE}{query}").context["found"]
        seen += [row.entry.amount for row in found.rows]
        if not found.later:
            break
        query = found.later
    by_time = LedgerEntry.objects.order_by("-created_at", "-pk")
    assert seen == list(by_time.values_list("amount", flat=True))
    back = client.get(f"{PAGE}{found.earlier}").context["found"]
    assert [row.entry.amount for row in back.rows] == seen[50:100]


def test_a_place_that_makes_no_sense_is_the_beginning(client, project, admin):
    enter(project, 1)
    for place in ("x", "2026-03-20T12:00:00_-1", "_5", "2026-03-20_99999999999999999999"):
        assert amounts(client, f"?after={place}") == [1]


def test_htmx_gets_the_entries_alone(client, project, admin):
    enter(project, 1)
    response = client.get(PAGE, headers=HTMX)
    assert 'id="entries"' in response.text
    assert "<html" not in response.text
    assert "ledger" not in response.context


def test_the_page_takes_as_many_queries_for_many_entries_as_for_one(
    client, project, admin, django_assert_num_queries
):
    judge = make_judge(project)
    set_budget(project, unit="usd", period="total", cap=Decimal(1000))
    for size in (1, 20):
        for n in range(size):
            paid_label(project, make_member(project))
            call(project, judge, 100 * size + n, when=NOON, spent="0.1")
        with django_assert_num_queries(QUERIES):
            client.get(PAGE)


QUERIES = 20


def test_a_page_deep_in_the_ledger_reads_as_little_as_the_first(project):
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            project=project,
            kind="pay",
            unit="usd",
            amount=Decimal(1),
            reference=f"annotation:{n}",
            created_at=NOON - timedelta(seconds=n),
        )
        for n in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotate_ledgerentry")
    assert read(project, NOON - timedelta(seconds=19_000)) <= read(project, NOON) + 5


def read(project, after):
    """Pages of the database that a page of entries after some moment touches."""
    rows = LedgerFilter({}).entries(project).filter(beyond("lt", after, 0))
    plan = rows.order_by("-created_at", "-id")[:51].explain(
        analyze=True, buffers=True, format="json"
    )
    [found] = json.loads(plan)
    return found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"]


# ------------------------------------------------------------------------------------------- file


def test_the_file_holds_all_that_the_list_shows_oldest_first(client, project, admin, monkeypatch):
    monkeypatch.setattr("frontend.ledger.entries.PAGE", 2)
    for n in range(5):
        enter(project, n, when=NOON + timedelta(minutes=n // 2))
    enter(project, 99, when=NOON - timedelta(days=3))
    response = client.get(f"{PAGE}file/?since=2026-03-20")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert 'filename="pairs-ledger.csv"' in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert [float(row["amount"]) for row in rows] == [0, 1, 2, 3, 4]
    assert rows[0]["created_at"] == "2026-03-20T12:00:00+00:00"


def test_the_file_runs_nothing_in_a_spreadsheet_and_leaves_numbers_alone(project):
    whose = make_annotator(project, name='=HYPERLINK("http://evil.test","x")')
    enter(project, "-1.5", whose=whose, reference="@SUM(A1)")
    [_, line] = csv.reader("".join(as_csv(LedgerFilter({}).entries(project))).splitlines())
    assert line[4] == "-1.500000"
    assert line[6].startswith("'=HYPERLINK")
    assert line[7] == "'@SUM(A1)"


# ---------------------------------------------------------------------------------------- budgets


def budget_of(client, **fields):
    return client.post(f"{PAGE}budget/", {"unit": "usd", "period": "month"} | fields)


def test_budgets_are_set_changed_and_removed_for_the_record(client, project, admin):
    for cap in ("10", "12.5", "12.5"):
        assert budget_of(client, cap=cap)["Location"] == f"{PAGE}#budgets"
    budget = Budget.objects.get(project=project)
    assert (budget.cap, budget.period) == (Decimal("12.5"), Budget.Period.MONTH)
    client.post(f"{PAGE}budget/{budget.pk}/")
    assert not Budget.objects.exists()
    told = AuditEntry.objects.filter(action__startswith="budget.").order_by("pk")
    assert [(entry.action, entry.details, entry.actor) for entry in told] == [
        ("budget.set", {"before": None, "after": "10"}, admin.username),
        ("budget.set", {"before": "10", "after": "12.5"}, admin.username),
        ("budget.remove", {"before": "12.5"}, admin.username),
    ]


@pytest.mark.parametrize("cap", ["-1", "", "many", "1e99"])
def test_a_budget_that_cannot_be_is_refused_where_it_was_asked_for(client, project, admin, cap):
    response = budget_of(client, cap=cap)
    assert response.status_code == 422
    assert response.context["budget_form"].errors
    assert not Budget.objects.exists()


def test_a_budget_says_what_it_has_committed_and_how_it_will_go_on(
    client, project, at_noon, researcher
):
    for back in range(1, 6):
        enter(project, 4, when=NOON - timedelta(days=back))
    week = set_budget(project, unit="usd", period="week", cap=Decimal(100))
    total = set_budget(project, unit="usd", period="total", cap=Decimal(40))
    ended = set_budget(project, unit="usd", period="day", cap=Decimal(0))
    BudgetPeriod.objects.create(budget=total, starts_on=date(1970, 1, 1), committed=Decimal(28))
    states = {one.budget: one for one in client.get(PAGE).context["budgets"]}
    # The week began on Monday the 16th; 16 are in the ledger since, at 4 a day.
    assert states[week].committed == 16
    assert states[week].words == "Lasts: about 26 % used when the period ends, before 23 March."
    assert states[total].committed == 28  # what its row says: it may hold reservations
    assert states[total].words == "Used up in 3 days (23 March, 12:00 UTC)."
    assert states[ended].words == "Used up; the next period begins on 21 March."


def test_a_daily_budget_that_is_used_up_every_day_is_not_near_its_end(project, at_noon):
    for back in range(6):
        enter(project, 4, when=NOON - timedelta(days=back))
    set_budget(project, unit="usd", period="day", cap=Decimal("4.1"))
    [state], _ = budgets_of(project, now=NOON)
    assert not state.near


def test_the_routing_page_shows_budgets_and_leads_to_them(client, project, researcher):
    set_budget(project, unit="labels", period="total", cap=Decimal(5))
    text = client.get("/projects/pairs/routing/").text
    assert "5 people&#x27;s labels in all" in text
    assert f"{PAGE}#budgets" in text
