"""A judge's page: versions beside each other, switches that say what follows, and trials."""

import json
from decimal import Decimal

import pytest

from annotate.form_versions import store_form
from annotate.models import Annotation, AuditEntry
from routing.judges import llm, trials
from routing.judges.versions import create_judge, set_active
from routing.models import Judge
from routing.routing import set_policy
from routing.trial_models import JudgeTrial
from tests.factories import PAIRWISE, make_item, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses
from tests.routing.judges.judging_rows import QUICK
from tests.routing.judges.scripted_server import says, scripted

pytestmark = pytest.mark.django_db
JUDGES = "/projects/pairs/judges/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


@pytest.fixture
def judge(project):
    for n in range(3):
        make_item(project, completions=("Yes.", f"Because of {n} reasons, in a sentence."))
    return create_judge(project, name="near", kind="relevance")[0]


def page_of(judge):
    return f"{JUDGES}{judge.pk}/"


# ----------------------------------------------------------------------------------------- versions


def test_versions_stand_beside_each_other_with_what_parts_them(client, project, admin, judge):
    second, _ = create_judge(
        project, name="near", kind="relevance", settings={"length_weight": 0.5, "tie_share": 0.2}
    )
    versions = client.get(page_of(second)).context["versions"]
    assert [one.judge.version for one in versions.measured] == [1, 2]
    cells = {row.name: row.cells for row in versions.differing}
    assert cells["length weight"] == [(1.0, False), (0.5, True)]
    assert set(cells) == {"length weight", "tie share"}
    assert "frozen" not in {row.name for row in versions.alike}


def test_the_next_version_starts_from_the_one_before(client, project, admin, judge):
    create_judge(project, name="near", kind="relevance", settings={"length_weight": 0.5})
    newest = Judge.objects.get(version=2)
    form = client.get(f"{JUDGES}new/?from={newest.pk}").context["form"]
    assert form["name"].value() == "near"
    assert form["setting-length_weight"].value() == 0.5
    other = make_project(slug="other")
    create_judge(other, name="theirs", kind="relevance")
    theirs = Judge.objects.get(name="theirs")
    assert client.get(f"{JUDGES}new/?from={theirs.pk}").context["before"] is None


def test_a_judge_of_an_older_form_says_so_and_may_not_answer_on_another_scale(
    client, project, admin, judge
):
    store_form(project, [*PAIRWISE, {"kind": "text", "name": "more", "title": "More"}])
    text = client.get(page_of(judge)).text
    assert "It answers version 1 of the form; people answer version 2" in text
    set_active(judge, active=False)
    store_form(project, [{**PAIRWISE[0], "points": 3}])
    assert "another scale" in client.get(page_of(judge)).text
    answer = client.post(f"{page_of(judge)}act/", {"do": "activate"}, follow=True)
    assert "has another scale" in answer.text
    assert not Judge.objects.get().active


# ----------------------------------------------------------------------------------------- switches


def test_a_switch_says_what_follows(client, project, admin, judge):
    set_policy(project, "confidence", judge=judge)
    text = client.get(page_of(judge)).text
    assert "Policy confidence v1 asks this judge" in text
    client.post(f"{page_of(judge)}act/", {"do": "pause"})
    assert "every item that is routed to judges" in client.get(page_of(judge)).text
    assert [e.action for e in AuditEntry.objects.order_by("pk")][-1] == "judge.pause"


def test_researchers_see_versions_and_no_switch(client, project, judge):
    sign_in(client, project, RESEARCHER)
    text = client.get(page_of(judge)).text
    assert "What it is made of" in text
    assert "judge-act" not in text
    assert 'name="do"' not in text


def test_prices_are_changed_and_written_down(client, project, admin):
    judge, _ = create_judge(project, name="gpt", kind="openai", model="m")
    url = f"{page_of(judge)}act/"
    client.post(url, {"do": "prices", "input_usd": "0.15", "output_usd": "0.6"})
    judge.refresh_from_db()
    assert (judge.input_price_usd, judge.output_price_usd) == (Decimal("0.15"), Decimal("0.6"))
    entry = AuditEntry.objects.get(action="judge.prices")
    assert entry.details == {"before": [None, None], "after": ["0.15", "0.6"]}
    answer = client.post(url, {"do": "prices", "input_usd": "-1"}, follow=True)
    assert "0 or more" in answer.text
    judge.refresh_from_db()
    assert judge.input_price_usd == Decimal("0.15")


# ------------------------------------------------------------------------------------------- trials


def run(project):
    while trials.go_on(project):
        pass


def test_admins_try_and_researchers_read(client, project, judge):
    url = f"{page_of(judge)}trials/"
    assert statuses(client, project, "post", url, {"items": "2"}) == [302, 404, 403, 403, 302]
    trial = JudgeTrial.objects.get()
    read = f"{JUDGES}trials/{trial.pk}/"
    assert statuses(client, project, "get", read) == [302, 404, 403, 200, 200]
    other = make_project(slug="other")
    assert client.get(f"/projects/{other.slug}/judges/trials/{trial.pk}/").status_code == 404


def test_a_trial_is_watched_until_it_is_done_and_labels_nothing(client, project, admin, judge):
    response = client.post(f"{page_of(judge)}trials/", {"items": "2"}, follow=True)
    assert "waits for a worker" in response.text
    trial = JudgeTrial.objects.get()
    url = trial.get_absolute_url()
    assert "every 2s" in client.get(url, headers=HTMX).text
    run(project)
    part = client.get(url, headers=HTMX)
    assert "every 2s" not in part.text
    assert "<html" not in part.text
    whole = client.get(url).context
    assert whole["answered"] == 2
    assert all(one.verdict for one in whole["items"])
    assert "scores:" in part.text
    assert not Annotation.objects.exists()
    assert str(admin) in client.get(page_of(judge)).text


@pytest.mark.parametrize("items", ["0", "21", "x", ""])
def test_numbers_of_items_that_cannot_be_are_refused(client, project, admin, judge, items):
    answer = client.post(f"{page_of(judge)}trials/", {"items": items}, follow=True)
    assert "Nothing was asked. Items:" in answer.text
    assert not JudgeTrial.objects.exists()


def test_a_judge_without_prices_is_not_tried(client, project, admin):
    make_item(project)
    judge, _ = create_judge(project, name="gpt", kind="openai", model="m")
    answer = client.post(f"{page_of(judge)}trials/", {"items": "1", "cap_usd": "1"}, follow=True)
    assert "prices of gpt v1 are unknown" in answer.text
    assert not JudgeTrial.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_prompt_raw_answer_verdict_and_cost_are_shown(client, project, admin):
    llm._dialects.clear()
    make_item(project, prompt="<b>Which?</b>", completions=("a good answer", "a bad answer"))
    with scripted() as server:
        judge, _ = create_judge(
            project,
            name="scripted",
            kind="openai",
            model="scripted",
            base_url=server.url,
            settings=QUICK,
            input_price_usd=Decimal(1000),
            output_price_usd=Decimal(1000),
        )
        client.post(f"{page_of(judge)}trials/", {"items": "1", "cap_usd": "100"})
        run(project)
    trial = JudgeTrial.objects.get()
    response = client.get(trial.get_absolute_url())
    text = response.text
    assert "You are an impartial, careful annotator" in text
    assert "&lt;b&gt;Which?&lt;/b&gt;" in text
    assert "&quot;answers&quot;" in text
    assert "A slightly better" in text
    assert "0.2400 USD" in text
    assert response.context["spent"] == Decimal("0.24")


@pytest.mark.django_db(transaction=True)
def test_a_trial_says_which_share_of_quotes_was_found(client):
    llm._dialects.clear()
    form = [{"kind": "spans", "name": "errors", "title": "Errors?"}]
    project = make_project(slug="pairs", questions=form)
    sign_in(client, project, ADMIN)
    make_item(project, completions=("Lyon is the capital.",))
    quoted = [
        {"quote": quote, "before": "", "label": "wrong", "comment": ""}
        for quote in ("Lyon", "Oslo")
    ]
    verdict = json.dumps({"answers": {"errors": {"A": {"spans": quoted}}}, "confidence": 50})
    with scripted(otherwise=says(verdict)) as server:
        judge, _ = create_judge(
            project,
            name="scripted",
            kind="openai",
            model="scripted",
            base_url=server.url,
            settings=QUICK,
            input_price_usd=Decimal(0),
            output_price_usd=Decimal(0),
        )
        client.post(f"{page_of(judge)}trials/", {"items": "1", "cap_usd": "1"})
        run(project)
    text = client.get(JudgeTrial.objects.get().get_absolute_url()).text
    assert "Errors?: 2 quotes, refused: 1 stands nowhere." in text
    assert "A: “Lyon” Wrong" in text
    assert "1 of 1" in text  # one call, in one order


def test_a_trial_takes_as_many_queries_for_many_items_as_for_one(
    client, project, admin, judge, django_assert_num_queries
):
    for _ in range(10):
        make_item(project)
    for items in (1, 10):
        trial = trials.start_trial(judge, items=items, cap_usd=Decimal(0))
        with django_assert_num_queries(9):
            client.get(trial.get_absolute_url())
