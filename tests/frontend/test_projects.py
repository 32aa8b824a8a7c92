import pytest
from django.urls import reverse

from annotate.models import (
    Annotation,
    Assignment,
    Budget,
    Hint,
    Item,
    Membership,
    Project,
    Transfer,
    Worker,
)
from annotate.models.projects import Route
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import ADMIN, ANNOTATOR, HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge, make_review, make_reward_model

pytestmark = pytest.mark.django_db
HOME = "/projects/pairs/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


def test_who_may_see_what(client, project):
    for name in ("project", "agreement"):
        url = reverse(name, args=["pairs"])
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    for name in ("invitations", "project-settings"):
        url = reverse(name, args=["pairs"])
        assert statuses(client, project, "get", url) == [302, 404, 403, 403, 200]
        assert statuses(client, project, "post", url)[:4] == [302, 404, 403, 403]


def test_parts_are_as_closed_as_their_pages(client, project):
    sign_in(client, project, ANNOTATOR)
    assert client.get(HOME, headers=HTMX).status_code == 403
    client.force_login(make_user())
    assert client.get(HOME, headers=HTMX).status_code == 404


def test_staff_are_admins_everywhere(client, project):
    client.force_login(make_user(is_staff=True))
    assert client.get(f"{HOME}people/invitations/").status_code == 200


# -------------------------------------------------------------------------------------- overview


def test_an_empty_project_leads_to_the_import(client, researcher):
    text = client.get(HOME).text
    assert "Bring items in first" in text
    assert reverse("import", args=["pairs"]) in text


def test_labels_stand_against_seats_wanted_by_source(client, project, researcher):
    person, judge = make_annotator(project), make_annotator(project, kind="llm")
    make_annotation(make_item(project, route=Route.BOTH, overlap=2, seats_left=1), person)
    judged = make_item(project, route=Route.JUDGE)
    make_annotation(judged, judge)
    make_assignment(make_item(project, overlap=2), make_member(project))
    progress = client.get(HOME).context["progress"]
    assert (progress.by_people, progress.wanted) == (1, 4)
    assert (progress.left, progress.lent) == (2, 1)
    assert (progress.judge_items, progress.for_judges) == (1, 2)


def test_htmx_gets_the_progress_alone(client, project, researcher):
    make_item(project)
    response = client.get(HOME, headers=HTMX)
    assert 'id="progress"' in response.text
    assert "<html" not in response.text


def test_every_number_of_the_bars_links_to_its_rows(client, project, researcher):
    make_annotation(make_item(project), make_annotator(project))
    response = client.get(HOME)
    for part in (*response.context["shares"]["people"], *response.context["shares"]["judges"]):
        listed = client.get(part.url)
        assert listed.status_code == 200
        assert not part.count or listed.context["rows"]


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
    Budget.objects.create(project=project, unit="labels", cap=0)
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
    assert any("wait for a routing policy" in words for words in attention(client))


def test_the_overview_takes_as_many_queries_for_many_items_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    annotator = make_annotator(project)
    for version, size in ((1, 1), (2, 30)):
        make_reward_model(project, version=version)
        while project.items.count() < size:
            make_annotation(make_item(project), annotator)
        with django_assert_num_queries(17):
            client.get(HOME)


# -------------------------------------------------------------------------------------- creating


def new(client, **fields):
    return client.post("/projects/new/", {"preset": "pairwise", "name": "My pairs"} | fields)


def test_a_project_is_made_from_a_preset_and_its_maker_is_its_admin(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    response = new(client, preset="helpsteer2", overlap="3", default_route="human")
    project = Project.objects.get(slug="my-pairs")
    assert response["Location"] == reverse("import", args=["my-pairs"])
    assert (project.overlap, project.default_route) == (3, Route.HUMAN)
    assert len(project.questions) == 6
    assert Membership.objects.get(project=project).role == Membership.Role.ADMIN


def test_making_a_project_wants_a_sign_in(client):
    assert new(client).status_code == 302
    assert not Project.objects.exists()


def test_only_staff_and_those_who_lead_a_project_make_new_ones(client, project):
    assert statuses(client, project, "get", "/projects/new/") == [302, 403, 403, 200, 200]
    sign_in(client, project, ANNOTATOR)
    assert new(client).status_code == 403
    assert Project.objects.count() == 1


def test_a_preset_is_previewed_as_annotators_will_see_it(client):
    client.force_login(make_user(is_staff=True))
    response = client.get("/projects/new/?preset=multipref&name=Kept", headers=HTMX)
    assert "Which is more truthful?" in response.text
    assert 'value="Kept"' in response.text
    assert "<html" not in response.text


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": ""}, "required"),
        ({"name": "New"}, "is taken"),
        ({"slug": "taken"}, "is taken"),
        ({"name": "日本"}, "write a short name"),
        ({"overlap": "0"}, "greater than or equal to 1"),
        ({"preset": "mqm"}, "is not built yet"),
        ({"name": "nul\x00"}, "Null characters"),
    ],
)
def test_a_project_that_cannot_be_is_refused_with_a_remedy(client, fields, fault):
    make_project(slug="taken")
    client.force_login(make_user(is_staff=True))
    response = new(client, **fields)
    assert response.status_code == 422
    assert fault in response.text
    assert Project.objects.count() == 1


