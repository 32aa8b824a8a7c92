from decimal import Decimal

import pytest

from annotate.aggregation import aggregate_stale
from routing.judges.versions import create_judge
from routing.models import Judge, JudgeCall
from tests.factories import make_annotation, make_annotator, make_item, make_project, make_user
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
JUDGES = "/projects/pairs/judges/"
NEW = f"{JUDGES}new/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def test_researchers_see_judges_and_admins_make_and_pause_them(client, project):
    judge = make_judge(project)
    for url in (JUDGES, f"{JUDGES}{judge.pk}/"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    assert statuses(client, project, "get", NEW) == [302, 404, 403, 403, 200]
    act = statuses(client, project, "post", f"{JUDGES}{judge.pk}/act/", {"do": "pause"})
    assert act == [302, 404, 403, 403, 302]


def test_without_a_judge_the_page_says_what_one_is(client, admin):
    assert "Make a relevance judge" in client.get(JUDGES).text


def test_agreement_with_people_stands_with_its_number_and_interval(client, project, researcher):
    judge, person = make_judge(project), make_annotator(project)
    for n in range(8):
        item = make_item(project)
        make_annotation(item, judge.annotator, value=1)
        make_annotation(item, person, value=1 if n < 6 else -1)
    aggregate_stale(project)
    for url in (JUDGES, f"{JUDGES}{judge.pk}/"):
        text = client.get(url).text
        assert "75.0\N{NO-BREAK SPACE}%" in text
        assert "40.9\N{NO-BREAK SPACE}% and 92.9\N{NO-BREAK SPACE}%" in text  # Wilson, worked out
        assert "8 items" in text


def test_a_judge_that_was_never_measured_shows_no_number(client, project, researcher):
    judge = make_judge(project)
    assert "nobody can say" in client.get(JUDGES).text
    assert "Nobody can say yet" in client.get(f"{JUDGES}{judge.pk}/").text


def test_imported_llm_labels_are_measured_too(client, project, researcher):
    llm, person = make_annotator(project, kind="llm", name="gpt"), make_annotator(project)
    item = make_item(project)
    make_annotation(item, llm, value=1)
    make_annotation(item, person, value=2)
    aggregate_stale(project)
    [row] = client.get(JUDGES).context["imported"]
    assert (row["agreement"].value, row["agreement"].n) == (1.0, 1)


def test_a_judge_is_made_by_its_kinds_settings(client, project, admin):
    client.post(NEW, {"kind": "relevance", "name": "near", "setting-length_weight": "0.5"})
    judge = Judge.objects.get()
    assert (judge.kind, judge.settings["length_weight"]) == ("relevance", 0.5)


def test_the_next_judge_of_the_name_is_a_new_version(client, project, admin):
    for weight in ("0.5", "0.6"):
        client.post(NEW, {"kind": "relevance", "name": "near", "setting-length_weight": weight})
    versions = Judge.objects.order_by("version").values_list("version", "active")
    assert list(versions) == [(1, False), (2, True)]


OPENAI = {"kind": "openai", "name": "gpt", "model": "gpt-4o-mini", "key_env": "OPENAI_API_KEY"}


def test_only_staff_name_an_address(client, project, admin):
    client.post(NEW, OPENAI | {"base_url": "http://169.254.169.254/"})
    assert Judge.objects.get().base_url == ""
    assert "base_url" not in client.get(f"{NEW}?kind=openai").text
    client.force_login(make_user(is_staff=True))
    client.post(NEW, OPENAI | {"name": "own", "base_url": "http://localhost:8001/v1"})
    assert Judge.objects.get(name="own").base_url == "http://localhost:8001/v1"


def test_prices_are_kept_with_the_judge(client, project, admin):
    client.post(NEW, OPENAI | {"input_price_usd": "0.15", "output_price_usd": "0.6"})
    assert Judge.objects.get().output_price_usd == Decimal("0.6")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"model": ""}, "required"),
        ({"key_env": "ANNOTATE_SECRET_KEY"}, "cannot hold a key"),
        ({"key_env": "PATH"}, "cannot hold a key"),
        ({"name": "<b>"}, "is not allowed"),
        ({"setting-concurrency": "1000"}, "less than or equal to 64"),
    ],
)
def test_a_judge_that_cannot_be_is_refused_with_a_remedy(client, admin, fields, fault):
    response = client.post(NEW, OPENAI | fields)
    assert response.status_code == 422
    assert fault in response.text
    assert not Judge.objects.exists()


def test_another_kinds_form_comes_as_a_part(client, admin):
    response = client.get(f"{NEW}?kind=openai", headers=HTMX)
    assert 'name="key_env"' in response.text
    assert "<html" not in response.text


def act(client, judge, what):
    client.post(f"{JUDGES}{judge.pk}/act/", {"do": what})
    judge.refresh_from_db()
    return judge


def test_a_judge_is_paused_and_put_to_work_again(client, project, admin):
    judge = make_judge(project)
    assert not act(client, judge, "pause").active
    assert act(client, judge, "activate").active


def test_a_fault_is_shown_and_can_be_tried_again(client, project, admin):
    judge = make_judge(project, fault="The environment variable X_KEY is not set.")
    assert "X_KEY is not set" in client.get(f"{JUDGES}{judge.pk}/").text
    assert act(client, judge, "resume").fault == ""


def test_failed_calls_are_asked_again(client, project, admin):
    judge = make_judge(project)
    call = JudgeCall.objects.create(
        judge=judge, item=make_item(project), order=0, shown_order=[0, 1], state="failed"
    )
    act(client, judge, "ask-again")
    call.refresh_from_db()
    assert call.state == JudgeCall.State.WAITING


def test_an_unknown_deed_changes_nothing(client, project, admin):
    assert act(client, make_judge(project), "promote").active


def test_a_judge_of_another_project_is_not_found(client, project, admin):
    judge = make_judge(make_project(slug="other"))
    assert client.get(f"{JUDGES}{judge.pk}/").status_code == 404
    assert client.post(f"{JUDGES}{judge.pk}/act/", {"do": "pause"}).status_code == 404
    judge.refresh_from_db()
    assert judge.active


def test_calls_are_picked_by_state_and_paged(client, project, researcher):
    judge = make_judge(project)
    for state in ("answered", "failed"):
        JudgeCall.objects.create(
            judge=judge, item=make_item(project), order=0, shown_order=[0, 1], state=state
        )
    response = client.get(f"{JUDGES}{judge.pk}/?state=failed", headers=HTMX)
    assert [call.state for call in response.context["found"].rows] == ["failed"]
    assert "<html" not in response.text


def test_a_judges_page_takes_as_many_queries_for_many_calls_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    judge = make_judge(project)
    for size in (1, 20):
        while judge.calls.count() < size:
            JudgeCall.objects.create(
                judge=judge, item=make_item(project), order=0, shown_order=[0, 1], state="answered"
            )
        with django_assert_num_queries(16):
            client.get(f"{JUDGES}{judge.pk}/")


# ------------------------------------------------------------------------------------------- quotes


def quoting_judge(project):
    judge, _ = create_judge(project, name="quoter", kind="openai", model="m")
    return judge


def quoted(judge, **tally):
    item = make_item(judge.project)
    raw = {"unlocated": {"errors": {"of": 0, "absent": 0, "ambiguous": 0} | tally}}
    JudgeCall.objects.create(
        judge=judge, item=item, order=0, shown_order=[0, 1], state="answered", raw=raw
    )
    return item


def test_the_share_of_quotes_that_were_refused_leads_to_the_calls_behind_it(client):
    project = make_project(
        slug="quotes", questions=[{"kind": "spans", "name": "errors", "title": "Errors?"}]
    )
    judge = quoting_judge(project)
    refused, found = quoted(judge, of=6, absent=1, ambiguous=1), quoted(judge, of=2)
    sign_in(client, project, RESEARCHER)
    url = f"/projects/quotes/judges/{judge.pk}/"
    text = client.get(url).text
    assert "25.0" in text
    assert "How much of what people mark it marks too" in text
    assert "of 8</a>" in text
    assert "1 stands nowhere, 1 stands in several places" in text
    part = client.get(f"{url}?state=refused", headers={"HX-Request": "true"}).text
    assert refused.key in part
    assert found.key not in part
    assert ">2 of 6</span>" in part


def test_judges_that_quote_nothing_have_no_such_figure(client):
    project = make_project(slug="quotes")
    judge = quoting_judge(project)
    sign_in(client, project, RESEARCHER)
    text = client.get(f"/projects/quotes/judges/{judge.pk}/").text
    assert "Quotes refused" not in text
    assert "with refused quotes" not in text
