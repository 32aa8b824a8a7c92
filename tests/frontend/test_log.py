"""The audit log's page: who sees it, what it says, filters, and files that no spreadsheet runs."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from annotate import audit
from annotate.guidelines import add_guidelines
from annotate.models import AuditEntry
from frontend.log.export import PAGE as EXPORTED_AT_ONCE
from frontend.log.export import harmless
from frontend.log.words import WORDS, told
from routing.judges.versions import create_judge, set_active
from routing.routing import set_policy, switch_off
from tests.factories import make_item, make_project, make_user
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/log/"


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def record(project, action="project.settings", *, actor="ada", at=None, **details):
    with audit.acting(actor):
        entry = audit.record(action, project=project, target=project, **details)
    if at is None:
        return entry
    return AuditEntry.objects.create(
        **{f.name: getattr(entry, f.name) for f in entry._meta.fields if f.name != "id"}
        | {"at": at}
    )


def words(client, query=""):
    return [row.words for row in client.get(f"{PAGE}{query}").context["rows"]]


def body(response):
    return b"".join(response.streaming_content).decode()


# ----------------------------------------------------------------------------------------- who may


def test_admins_see_their_project_s_log_and_staff_all(client, project):
    for url in (PAGE, f"{PAGE}csv/", f"{PAGE}jsonl/"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 403, 200]
    assert statuses(client, project, "get", "/log/") == [302, 403, 403, 403, 403]
    assert statuses(client, project, "get", "/log/csv/") == [302, 403, 403, 403, 403]
    client.force_login(make_user(is_staff=True))
    assert client.get("/log/").status_code == 200
    assert client.get(f"{PAGE}xml/").status_code == 404


def test_a_project_s_log_has_nothing_of_another(client, project, admin):
    other = make_project(slug="other")
    record(other, actor="mallory")
    record(project, actor="ada")
    assert [row.entry.actor for row in client.get(PAGE).context["rows"]] == ["ada"]
    assert "mallory" not in body(client.get(f"{PAGE}csv/"))
    client.force_login(make_user(is_staff=True))
    text = client.get("/log/").text
    assert "mallory" in text
    assert "other" in text


def test_parts_are_as_closed_as_the_page(client, project):
    sign_in(client, project, RESEARCHER)
    assert client.get(PAGE, headers=HTMX).status_code == 403


# ----------------------------------------------------------------------------------------- reading


def test_changes_are_shown_as_before_and_after(client, project, admin):
    record(
        project,
        before={"overlap": 1, "default_route": None},
        after={"overlap": 2, "default_route": "human"},
    )
    [row] = client.get(PAGE).context["rows"]
    assert row.words == "changed settings"
    assert [(d.name, d.before, d.after) for d in row.details] == [
        ("overlap", "1", "2"),
        ("default route", "nothing", "human"),
    ]
    assert "append" not in client.get(PAGE).text
    assert "never changed or removed" in client.get(PAGE).text


def test_what_the_program_does_is_told_in_words_with_where_to_look(client, project, admin):
    make_item(project)
    judge, _ = create_judge(project, name="near", kind="relevance", by=admin)
    set_active(judge, active=False)
    set_active(judge, active=True)
    set_policy(project, "confidence", {"threshold": 0.8}, judge=judge, user=admin)
    switch_off(project, default_route="human", user=admin)
    add_guidelines(project, "New", note="Why not")
    rows = client.get(PAGE).context["rows"]
    assert [row.words for row in rows] == [
        "stored a version of the guidelines",
        "switched the policy off",
        "switched a policy on",
        "put a judge to work",
        "paused a judge",
        "made a version of a judge",
    ]
    for row in rows:
        assert client.get(row.url).status_code == 200


def test_every_action_of_the_program_has_words():
    """Those that a new function records are found here; write words for them."""
    import re
    from pathlib import Path

    root = Path(__file__).parent.parent.parent
    found = set()
    for app in ("annotate", "routing", "frontend"):
        for path in (root / app).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r'(?:audit\.record|_record)\(\s*"([a-z]+\.[a-z-]+)"', text))
    assert {"form.version", "judge.create", "project.delete"} <= found
    assert found - set(WORDS) == set()


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"before": None, "after": "x"}, [("change", "nothing", "x")]),
        ({"before": True, "after": False}, [("change", "yes", "no")]),
        ({"note": "", "items": [], "kind": "relevance"}, [("kind", None, "relevance")]),
        ({"settings": {"a_b": 1, "c": None}}, [("settings", None, "a b 1; c nothing")]),
        ({"changes": ["one", "two"]}, [("changes", None, "one; two")]),
        ({"deep": [{"a": [1]}]}, [("deep", None, '[{"a": [1]}]')]),
        ({"long": "x" * 400}, [("long", None, "x" * 299 + "…")]),
    ],
)
def test_details_of_any_shape_are_readable(project, details, shown):
    entry = audit.record("some.thing", project=project, **details)
    row = told(entry)
    assert row.words == "some: thing"
    assert [(d.name, d.before, d.after) for d in row.details] == shown


def test_hostile_words_are_shown_as_words(client, project, admin):
    record(project, actor="<script>alert(1)</script>", note="<img src=x onerror=alert(2)>")
    text = client.get(PAGE).text
    assert "<script>alert" not in text
    assert "<img src=x" not in text


# ---------------------------------------------------------------------------------------- filtering


def test_entries_are_filtered_by_person_action_target_period_and_words(client, project, admin):
    record(project, actor="ada", at=datetime(2026, 1, 1, 12, tzinfo=UTC), note="blue elephant")
    record(project, "project.create", actor="bob", at=datetime(2026, 1, 2, 23, 59, tzinfo=UTC))
    record(project, actor="bob", at=datetime(2026, 1, 3, tzinfo=UTC), note="red")

    def actors(query):
        dated = client.get(f"{PAGE}?since=2026-01-01&until=2026-01-31&{query}").context["rows"]
        return [row.entry.actor for row in dated]

    assert actors("") == ["bob", "bob", "ada"]
    assert actors("who=bob&what=project.create") == ["bob"]
    assert actors("on=project&who=ada") == ["ada"]
    assert actors("words=ELEPHANT+blue") == ["ada"]
    assert actors("words=elephant+red") == []
    assert words(client, "?since=2026-01-02&until=2026-01-02") == ["made the project"]


@pytest.mark.parametrize(
    "query", ["?since=soon", "?who=nobody", "?what=x.y", "?words=%00", "?on=z"]
)
def test_filters_that_make_no_sense_show_nothing_and_say_so(client, project, admin, query):
    record(project)
    response = client.get(f"{PAGE}{query}")
    assert response.status_code == 200
    assert response.context["rows"] == []
    assert "Show everything" in response.text


@pytest.mark.parametrize("query", ["?words=%25", "?words=_", "?words=%5C"])
def test_words_are_taken_as_they_are(client, project, admin, query):
    record(project, note="nothing of the kind")
    assert client.get(f"{PAGE}{query}").context["rows"] == []


def test_pages_go_on_by_id_and_keep_the_filter(client, project, admin):
    for n in range(60):
        record(project, actor="ada" if n % 10 else "bob", number=n)
    first = client.get(f"{PAGE}?who=ada")
    assert len(first.context["rows"]) == 50
    later = client.get(f"{PAGE}{first.context['found'].later}")
    assert [row.entry.actor for row in later.context["rows"]] == ["ada"] * 4
    part = client.get(f"{PAGE}?who=bob", headers=HTMX)
    assert "<html" not in part.text
    assert len(part.context["rows"]) == 6


def test_the_page_takes_as_many_queries_for_many_entries_as_for_one(
    client, project, admin, django_assert_num_queries
):
    for size in (1, 40):
        for _ in range(size):
            record(project)
        with django_assert_num_queries(8):
            client.get(PAGE)


# -------------------------------------------------------------------------------------------- files


def test_the_csv_holds_what_the_filter_leaves_oldest_first(client, project, admin):
    record(project, actor="ada", before={"overlap": 1}, after={"overlap": 2})
    record(project, actor="bob")
    record(project, actor="ada", note="last")
    response = client.get(f"{PAGE}csv/?who=ada")
    assert response["Content-Disposition"] == 'attachment; filename="pairs-log.csv"'
    rows = list(csv.DictReader(io.StringIO(body(response))))
    assert [row["actor"] for row in rows] == ["ada", "ada"]
    assert json.loads(rows[0]["details"]) == {"before": {"overlap": 1}, "after": {"overlap": 2}}
    assert rows[0]["action"] == "project.settings"
    assert datetime.fromisoformat(rows[0]["at"]).tzinfo is not None


def test_json_lines_hold_the_same(client, project, admin):
    record(project, actor="ada", note="a\nb")
    [line] = body(client.get(f"{PAGE}jsonl/")).splitlines()
    entry = json.loads(line)
    assert (entry["actor"], entry["project"], entry["details"]) == (
        "ada",
        "pairs",
        {"note": "a\nb"},
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%"])
def test_no_cell_of_the_csv_is_a_formula(client, project, admin, start):
    record(project, actor=f"{start}HYPERLINK(1)")
    [row] = csv.DictReader(io.StringIO(body(client.get(f"{PAGE}csv/"))))
    assert row["actor"] == f"'{start}HYPERLINK(1)"
    assert harmless("ada") == "ada"
    assert harmless(-1) == -1


def test_a_long_log_is_read_in_pages_while_it_is_sent(
    client, project, admin, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr("frontend.log.export.PAGE", 10)
    for _ in range(25):
        record(project)
    response = client.get(f"{PAGE}jsonl/")
    with django_assert_num_queries(4):  # three pages, and that none follows
        assert len(body(response).splitlines()) == 25
    assert EXPORTED_AT_ONCE == 1000


def test_a_filter_that_makes_no_sense_gives_an_empty_file(client, project, admin):
    record(project)
    assert body(client.get(f"{PAGE}jsonl/?since=soon")) == ""
