import pytest
from django.urls import reverse

from annotate.aggregation import aggregate_stale
from annotate.gold import set_gold
from annotate.models import BulkAction, Item, ItemSummary
from annotate.searching import index_texts
from frontend.items import order as item_order
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import HTMX, RESEARCHER, sign_in, statuses

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
    second = client.get("/projects/pairs/items/" + first.context["later"])
    third = client.get("/projects/pairs/items/" + second.context["later"])
    seen = [row["item"].key for page in (first, second, third) for row in page.context["rows"]]
    assert seen == keys
    assert not third.context["later"]
    back = client.get("/projects/pairs/items/" + third.context["earlier"])
    assert [row["item"].key for row in back.context["rows"]] == keys[50:100]


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=-1", "?before=99999999999999999999", "?route=nowhere"]
)
def test_conditions_that_make_no_sense_are_left_out(client, project, researcher, query):
    make_item(project, key="there")
    assert listed(client, query) == ["there"]


def test_the_list_takes_as_many_queries_for_fifty_items_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    annotator = make_annotator(project)
    counts = []
    for size in (1, 50):
        while project.items.count() < size:
            make_annotation(make_item(project, tags=["a"]), annotator)
        aggregate_stale(project)
        with django_assert_num_queries(12) as found:
            client.get("/projects/pairs/items/?tag=a&sort=-people")
        counts.append(len(found))
    assert counts[0] == counts[1]


# ------------------------------------------------------------------------------ conditions and order


def test_conditions_stand_as_chips_that_can_be_taken_away(client, project, researcher):
    make_item(project, key="one", source="a&b")
    response = client.get("/projects/pairs/items/?source=a%26b&route=human&after=0::0")
    words = {chip.words: chip.url for chip in response.context["chips"]}
    assert words == {"route: people": "?source=a%26b", "source: a&b": "?route=human"}
    assert "source: a&amp;b" in response.text


def test_an_annotators_chip_shows_a_pseudonym_and_nothing_of_other_projects(
    client, project, researcher
):
    member = make_member(project, user=make_user("ada-lovelace"))
    annotator = member.user.annotator_or_new
    stranger = make_annotator(make_project(), name="Somebody Else")
    make_annotation(make_item(project), annotator)
    text = client.get(f"/projects/pairs/items/?annotator={annotator.pk}").text
    assert f"labelled by person {annotator.pk}" in text
    assert "ada-lovelace" not in text
    assert "Somebody" not in client.get(f"/projects/pairs/items/?annotator={stranger.pk}").text


def test_the_list_is_sorted_by_what_its_heads_say(client, project, researcher):
    for n, margin in enumerate((0.5, None, 0.25)):
        item = make_item(project, key=f"k{n}")
        ItemSummary.objects.create(item=item, project=project, margin=margin)
    assert listed(client, "?sort=margin") == ["k2", "k0", "k1"]
    response = client.get("/projects/pairs/items/?sort=margin")
    assert response.context["columns"]["margin"].sorted == "ascending"
    assert response.context["columns"]["margin"].url == "?sort=-margin"
    assert listed(client, "?sort=-margin") == ["k0", "k2", "k1"]
    assert listed(client, "?sort=moon") == ["k0", "k1", "k2"]


def test_archived_items_are_hidden_unless_asked_for(client, project, researcher):
    make_item(project, key="gone", route=None, waits_for=Item.WaitsFor.ARCHIVE)
    assert listed(client) == []
    assert "archived=only" in client.get("/projects/pairs/items/").text
    assert listed(client, "?archived=only") == ["gone"]


def test_the_list_says_how_far_search_has_come(client, project, researcher):
    make_item(project, key="sky", prompt="Why is the sky blue?")
    assert "Search covers 0.0" in client.get("/projects/pairs/items/?q=sky").text
    index_texts(project)
    response = client.get("/projects/pairs/items/?q=sky")
    assert "Search covers" not in response.text
    assert [row["item"].key for row in response.context["rows"]] == ["sky"]


def test_a_search_without_an_index_goes_on_where_it_stopped(
    client, project, researcher, monkeypatch
):
    monkeypatch.setattr(item_order, "NEAR", 1)
    monkeypatch.setattr(item_order, "REACH", 2)
    for n in range(4):
        make_item(project, key=f"k{n}", source="usual")
    make_item(project, key="needle", source="rare")
    first = client.get("/projects/pairs/items/?source=rare")
    assert "Nothing so far" in first.text
    assert 'hx-trigger="load"' in first.text
    second = client.get("/projects/pairs/items/" + first.context["later"])
    third = client.get("/projects/pairs/items/" + second.context["later"])
    assert [row["item"].key for row in third.context["rows"]] == ["needle"]


def test_a_change_that_goes_on_is_told(client, project, researcher):
    action = BulkAction.objects.create(project=project, kind="tag", settings={"tag": "a"})
    assert (
        reverse("bulk-change", args=["pairs", action.pk])
        in client.get("/projects/pairs/items/").text
    )


def test_tags_gold_and_figures_are_shown(client, project, researcher):
    item = make_item(project, tags=["hard"])
    set_gold(item, {"overall": {"value": 1, "both_bad": False}})
    ItemSummary.objects.create(item=item, project=project, disagreement=0.25, confidence=0.875)
    text = client.get("/projects/pairs/items/").text
    assert 'href="?tag=hard"' in text
    assert 'href="?gold=yes"' in text
    assert "0.25" in text
    assert "0.88" in text


@pytest.mark.parametrize(
    ("question", "answer", "label"),
    [
        ({"kind": "ranking"}, {"ranks": [2, 1]}, "B &gt; A"),
        ({"kind": "choice"}, {"chosen": ["no"]}, "No 1 of 1"),
        ({"kind": "rating"}, {"values": [4, 2]}, "mean A 4.0, B 2.0"),
    ],
)
def test_without_a_preference_the_first_question_is_what_the_list_tells(
    client, question, answer, label
):
    project = make_project(slug="ranked", questions=[{"name": "q", "title": "Q?", **question}])
    make_annotation(make_item(project), make_annotator(project), answers={"q": answer})
    aggregate_stale(project)
    sign_in(client, project, RESEARCHER)
    assert label in client.get("/projects/ranked/items/").text
