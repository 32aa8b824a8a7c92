import pytest
from django.urls import reverse

from annotate.models import (
    Membership,
    Project,
)
from annotate.models.projects import Route
from annotate.presets import PRESETS
from tests.factories import (
    make_project,
    make_user,
)
from tests.frontend.roles import ADMIN, ANNOTATOR, HTMX, RESEARCHER, sign_in, statuses

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


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_previewed_and_made_from_the_page(client, preset):
    client.force_login(make_user(is_staff=True))
    shown = client.get(f"/projects/new/?preset={preset}").text
    assert all(f'data-question="{one["name"]}"' in shown for one in PRESETS[preset].questions)
    assert new(client, preset=preset).status_code == 302
    assert [one.name for one in Project.objects.get().questions] == [
        one["name"] for one in PRESETS[preset].questions
    ]


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
        ({"preset": "mqn"}, "no preset"),
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
