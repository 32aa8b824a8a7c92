import pytest
from django.urls import reverse

from annotate.models import Assignment, Membership
from tests.factories import (
    make_annotation,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client):
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_an_annotator_sees_own_projects_with_what_is_done_and_left(client):
    project = make_project(name="Pairs")
    make_project(name="Somebody else's")
    member = make_member(project)
    done, *_ = (make_item(project) for _ in range(3))
    make_assignment(done, member, state=Assignment.State.SUBMITTED)
    client.force_login(member.user)
    content = client.get("/").content.decode()
    assert "Pairs" in content
    assert "Somebody else" not in content
    assert "<b>1</b> labelled by you" in content
    assert "2 left" in content
    assert "Continue labelling" in content
    assert project.get_absolute_url() + '"' not in content


@pytest.mark.parametrize("role", [Membership.Role.RESEARCHER, Membership.Role.ADMIN])
def test_who_leads_a_project_finds_its_pages(client, role):
    project = make_project()
    client.force_login(make_member(project, role=role).user)
    content = client.get("/").content.decode()
    assert f'href="{project.get_absolute_url()}"' in content
    assert reverse("create-project") in content


def test_staff_see_projects_without_being_members(client):
    project = make_project(name="Pairs")
    client.force_login(make_user(is_staff=True))
    content = client.get("/").content.decode()
    assert f'href="{project.get_absolute_url()}"' in content
    assert reverse("work", args=[project.slug]) not in content


def test_what_is_left_leaves_out_what_this_annotator_cannot_get(client):
    project = make_project()
    member = make_member(project)
    make_assignment(make_item(project), member, state=Assignment.State.SKIPPED)
    make_item(project, seats_left=0)
    make_item(project, route="judge")
    make_item(project, queue="german")
    make_annotation(make_item(project), member.user.annotator_or_new)
    client.force_login(member.user)
    assert "Nothing here waits for you" in client.get("/").content.decode()


def test_an_open_item_counts_as_left(client):
    project = make_project()
    member = make_member(project)
    make_assignment(make_item(project), member)
    client.force_login(member.user)
    assert "1 left" in client.get("/").content.decode()


def test_without_a_project_the_page_tells_what_to_do(client):
    client.force_login(make_user("ada"))
    content = client.get("/").content.decode()
    assert "You are in no project yet" in content
    assert "<b>ada</b>" in content
    client.force_login(make_user(is_staff=True))
    assert "Make the first project" in client.get("/").content.decode()


def test_more_projects_cost_two_queries_each(client, django_assert_max_num_queries):
    user = make_user()
    for _ in range(5):
        make_member(make_project(), user=user)
    client.force_login(user)
    with django_assert_max_num_queries(6 + 2 * 5):
        client.get("/")
