"""The agreement page: headline, every coefficient, judges, pairs, slices and time."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from annotate.agreement import compute_agreement, keeping
from annotate.models import Item
from annotate.presets import PRESETS
from frontend.charts import Estimate
from frontend.quality.agreement import Judged, Periods, periods_of
from frontend.quality.pairs import MOST_PEOPLE, pairs_of
from routing.selection import Selection
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.roles import ANNOTATOR, HTMX, RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/agreement/"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    """Nor may a slow machine let figures rest."""
    monkeypatch.setattr(keeping, "LONG_SECONDS", math.inf)
    cache.clear()


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs")


@pytest.fixture
def researcher(client, project):
    return sign_in(client, project, RESEARCHER)


def label(project, rows, people=None, **fields):
    people = people or [make_annotator(project) for _ in rows[0]]
    start = datetime(2026, 3, 2, tzinfo=UTC)
    for day, row in enumerate(rows):
        item = make_item(project, **fields)
        for who, value in zip(people, row, strict=True):
            at = start + timedelta(days=day)
            make_annotation(item, who, value=value, created_at=at)
    return people


def whole(client, query=""):
    return client.get(f"{PAGE}?whole{query}", headers=HTMX)


def shown(client, query=""):
    """The whole page; a part has no context for tests."""
    return client.get(f"{PAGE}?now{query}")


# --------------------------------------------------------------------------------- how it comes


def test_agreement_is_for_researchers(client, project):
    for url in (PAGE, f"{PAGE}?now", f"{PAGE}?question=overall"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    sign_in(client, project, ANNOTATOR)
    assert whole(client).status_code == 403


def test_the_page_is_there_before_its_figures_are_and_asks_for_them(client, project, researcher):
    label(project, [(2, 2)] * 6 + [(-2, -2)] * 6)
    response = client.get(PAGE)
    assert 'hx-get="?whole" hx-trigger="load"' in response.text
    assert "Krippendorff" not in response.text
    part = whole(client)
    assert "Krippendorff" in part.text
    assert "<html" not in part.text


def test_figures_that_are_kept_come_with_the_page(client, project, researcher):
    label(project, [(2, 2)] * 6 + [(-2, -2)] * 6)
    whole(client)
    response = client.get(PAGE)
    assert "Krippendorff" in response.text
    assert "<html" in response.text
    make_annotation(project.items.first(), make_annotator(project))
    assert "Krippendorff" not in client.get(PAGE).text


def test_a_worker_computes_what_a_large_project_shows(client, project, researcher, monkeypatch):
    monkeypatch.setattr("annotate.agreement.keeping.LARGE", 3)
    label(project, [(2, 2)] * 6 + [(-2, -2)] * 6)
    assert "A worker computes" in client.get(PAGE, headers=HTMX).text
    assert 'hx-trigger="load delay:3s"' in whole(client).text
    assert project.hints.get(kind="agreement").wanted
    compute_agreement(project)
    make_annotation(project.items.first(), make_annotator(project))
    assert "Krippendorff" in client.get(PAGE).text


def test_without_a_script_a_link_waits_for_everything(client, project, researcher):
    label(project, [(2, 2)] * 6 + [(-2, -2)] * 6)
    assert 'href="?now"' in client.get(PAGE).text
    response = client.get(f"{PAGE}?now")
    assert "Krippendorff" in response.text
    assert "<html" in response.text


def test_showing_kept_figures_takes_few_queries(
    client, project, researcher, django_assert_num_queries
):
    label(project, [(2, 2), (1, -1)] * 6)
    whole(client)
    with django_assert_num_queries(10):
        client.get(PAGE)


# ------------------------------------------------------------------------------------- headline


def test_agreement_stands_with_its_number_of_items_interval_and_chance(client, project, researcher):
    label(project, [(2, 2)] * 6 + [(-2, -2)] * 6)
    [row] = shown(client).context["rows"]
    assert (row.alpha.value, row.alpha.n) == (1.0, 12)
    response = client.get(PAGE, headers=HTMX)
    assert "between 1.00 and 1.00" in response.text
    assert "on 12 items" in response.text
    assert "chance alone would bring them to 47.8" in response.text
    assert "<html" not in response.text
    assert "Every coefficient" not in response.text  # other pages ask for the headline alone


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(2, 2), (-2, -2)] * 20, "Reliable."),
        ([(2, 2), (-2, -2)] * 45 + [(2, -2)] * 10, "Good enough for tentative conclusions."),
        ([(2, 2), (-2, -2)] * 20 + [(2, -2)] * 16, "Noisy"),
        ([(2, 2), (-2, 2), (2, -2), (-2, -2)] * 5, "Not clearly more than chance"),
    ],
)
def test_alpha_is_read_as_krippendorff_does(client, project, researcher, rows, words):
    label(project, rows)
    assert words in client.get(PAGE, headers=HTMX).text


def test_where_all_answers_are_the_same_alpha_is_not_defined(client, project, researcher):
    label(project, [(1, 1)] * 5)
    text = shown(client).text
    assert "is not defined: on the 5 items" in text
    assert "Same answer" in text


def test_without_two_people_on_an_item_the_page_says_what_to_do(client, project, researcher):
    make_annotation(make_item(project), make_annotator(project))
    assert "No item has labels from two people" in client.get(f"{PAGE}?now").text
    assert "Every item wants one label" in client.get(f"{PAGE}?now").text
    assert "No item has labels from two people" in client.get(PAGE, headers=HTMX).text
    project.overlap = 3
    project.save()
    assert "Items want 3 labels each" in client.get(f"{PAGE}?now").text


def test_items_on_which_people_disagree_are_one_link_away(client, project, researcher):
    label(project, [(2, -2), (1, 1)])
    items = reverse("items", args=["pairs"])
    assert f"{items}?labels=split&amp;sort=-disagreement" in shown(client).text


# ---------------------------------------------------------------------------------- coefficients


def test_every_coefficient_says_what_it_is_for(client, project, researcher):
    label(project, [(2, 1), (-1, -2), (0, 1), (2, 2)] * 3)
    response = shown(client)
    [row] = response.context["rows"]
    names = [one.key for one in row.all]
    assert names == [
        "alpha",
        "alpha_sides",
        "alpha_nominal",
        "alpha_ordinal",
        "fleiss",
        "ac1",
        "ac2",
        "agreement",
        "agreement_without_ties",
    ]
    for one in row.all:
        assert one.purpose in response.text
        assert one.estimate.low <= one.estimate.value <= one.estimate.high
        assert one.chance is not None


def test_a_form_of_ratings_alone_has_figures_too(client):
    project = make_project(slug="pairs", questions=PRESETS["helpsteer2"].questions)
    sign_in(client, project, RESEARCHER)
    people = [make_annotator(project) for _ in range(2)]
    for n in range(12):
        item = make_item(project)
        for who, more in zip(people, (0, n % 2), strict=True):
            values = {"values": [n % 4 + more, 2]}
            make_annotation(item, who, answers={"helpfulness": values, "coherence": values})
    response = shown(client)
    assert [row.name for row in response.context["rows"]] == ["helpfulness", "coherence"]
    assert "disagreement_min=0.01" in response.text
    assert len(response.context["pairs"].pairs) == 1
    assert client.get(PAGE, headers=HTMX).status_code == 200


def test_another_question_can_be_looked_into(client):
    questions = PRESETS["multipref"].questions
    project = make_project(slug="pairs", questions=questions)
    sign_in(client, project, RESEARCHER)
    people = [make_annotator(project) for _ in range(2)]
    for n in range(12):
        item = make_item(project)
        for who, value in zip(people, (1, -1 if n % 2 else 1), strict=True):
            both = {"value": value, "both_bad": False}
            make_annotation(item, who, answers={"helpful": both, "overall": {**both, "value": 1}})
    response = shown(client, "&question=helpful")
    assert response.context["question"] == "helpful"
    [pair] = response.context["pairs"].pairs
    assert pair.same.value == pytest.approx(1 / 2)
    assert 'hx-get="?question=overall&amp;whole"' in response.text
    assert shown(client, "&question=nothing").context["question"] == "overall"


# ------------------------------------------------------------------------- judges, pairs and parts


def test_judges_stand_beside_people_on_the_same_items(client, project, researcher):
    people = label(project, [(1, 1), (-1, -1), (1, -1)] * 10)
    robot = make_annotator(project, kind="llm", name="robot")
    for item in project.items.all():
        make_annotation(item, robot, value=-2)
    response = shown(client)
    [judge] = response.context["judges"]
    assert (judge.name, judge.items, judge.with_people.value) == ("robot", 30, pytest.approx(1 / 2))
    assert judge.among_people.value == pytest.approx(2 / 3)
    assert "Agrees with people" in judge.words
    assert f"annotator={robot.pk}&amp;labels=both" in response.text
    assert people[0].name in response.text


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.1, 0.2, "more than"), (-0.2, -0.1, "less than"), (-0.1, 0.2, "about as much as")],
)
def test_a_judge_s_difference_is_told_with_its_interval_in_mind(low, high, words):
    difference = Estimate((low + high) / 2, low, high, 30)
    judge = Judged("robot", "", 30, None, None, difference, None, None, None)
    assert words in judge.words
    assert "Nobody knows" in Judged("robot", "", 3, None, None, None, None, None, None).words


def test_every_two_people_are_a_map_with_a_table(client, project, researcher):
    members = [make_member(project).user.annotator_or_new for _ in range(3)]
    label(project, [(1, 1, -1), (-1, -1, -1), (1, 1, 1)] * 5, members)
    response = shown(client)
    pairs = response.context["pairs"]
    assert len(pairs.pairs) == 3
    assert response.text.count("<a href=") > 3
    assert f"person {members[0].pk}" in response.text
    assert members[0].user.username not in response.text
    url = reverse("items", args=["pairs"])
    assert f"{url}?annotator={members[0].pk}&amp;other={members[1].pk}" in response.text


def test_pairs_that_hardly_met_are_counted_not_shown(client, project, researcher):
    label(project, [(1, 1, -1)] * 4)
    text = shown(client).text
    assert "No two people have 10 items in common yet; 3 pairs have met on fewer" in text


def test_the_map_takes_those_with_most_in_common(project):
    figure = {"value": -0.25, "low": -0.5, "high": 0.1, "n": 20, "observed": 0.5, "chance": 0.6}
    rows = [
        {
            "first": {"annotator": 1, "name": "the centre of all"},
            "second": {"annotator": n, "name": f"p{n}"},
            "n": 100 - n,
            "cohen": figure,
            "agreement": figure,
        }
        for n in range(2, 40)
    ]
    found = {"pairs": {"pairs": rows, "least_items": 10, "left_out": 0, "beyond": 0}}
    pairs = pairs_of(project, found)
    assert pairs.people[:3] == ["the centre of all", "p2", "p3"]
    assert len(pairs.people) == MOST_PEOPLE
    assert "…centre of all" in pairs.map
    assert "\N{MINUS SIGN}.25" in pairs.map
    assert 'class="below"' in pairs.map


def test_slices_lead_to_their_items(client, project, researcher):
    people = label(project, [(1, 1), (1, -1)] * 6, source="forum", tags=["law"])
    label(project, [(1, 1), (-1, -1)] * 6, people, source="exam & co", tags=["code"])
    response = shown(client)
    assert [of.word for of in response.context["slices"]] == ["source", "tag"]
    items = reverse("items", args=["pairs"])
    assert f"{items}?source=exam+%26+co" in response.text
    assert f"{items}?tag=law" in response.text


def test_a_link_leads_to_the_very_items_that_a_figure_counts(client, project, researcher):
    people = label(project, [(1, 1)] * 12)
    label(project, [(1,)], [people[0]])
    make_annotation(make_item(project, completions=("a", "b", "c")), people[1])
    both = Selection.of(project, {"annotator": str(people[0].pk), "other": str(people[1].pk)})
    assert both.items().count() == 12
    assert both.query == f"annotator={people[0].pk}&other={people[1].pk}"
    third = Selection.of(project, {"generator": "model-2"})
    assert [item.completions.count() for item in third.items()] == [3]
    assert Selection.of(project, {"generator": "model-0"}).items().count() == 14


def test_parts_that_are_all_the_whole_are_not_shown(client, project, researcher):
    """Both models take part in every item, and there is one source."""
    label(project, [(1, 1), (1, -1)] * 6, source="forum")
    assert shown(client).context["slices"] == []


def test_agreement_over_time_is_a_chart_with_a_table(client, project, researcher):
    people = label(project, [(1, 1), (-1, 1)])
    for _ in range(5):
        label(project, [(1, 1), (-1, 1), (1, -1)], people)
    response = shown(client)
    periods = response.context["periods"]
    assert (periods.by, [part.items for part in periods.parts]) == ("day", [6, 6, 5])
    assert "Share of equal answers by day" in response.text
    assert "2 Mar" in response.text


def test_days_of_a_few_items_are_in_the_table_alone(client, project, researcher):
    people = label(project, [(1, 1), (-1, 1), (-1, -1)])
    text = shown(client).text
    assert "too few for a chart" in text
    assert "4 Mar" in text
    for _ in range(5):
        label(project, [(1, 1), (-1, 1)], people)
    response = shown(client)
    assert len(response.context["periods"].charted) == 2
    assert "Without days of a few items" in response.text


def test_one_period_is_no_chart(client, project, researcher):
    label(project, [(1, 1)])
    assert "All these labels are of one day" in shown(client).text


def test_periods_are_named_and_few_names_stand_below_a_chart():
    figure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9, "observed": 0.5, "chance": 0.4}
    rows = [{"from": f"2026-{n:02}-01", "alpha": figure, "agreement": figure} for n in range(1, 13)]
    periods = periods_of({"over_time": {"by": "month", "periods": rows}})
    assert isinstance(periods, Periods)
    assert [part.name for part in periods.parts][:2] == ["Jan 2026", "Feb 2026"]
    assert periods.chart.count("2026") == 6


def test_archived_items_leave_the_page(client, project, researcher):
    label(project, [(1, 1), (1, -1)] * 6)
    assert "on 12 items" in shown(client).text
    last = project.items.last()
    Item.objects.filter(pk=last.pk).update(route=None, waits_for="archive")
    assert "on 11 items" in shown(client).text
