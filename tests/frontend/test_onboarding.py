"""The pages between joining and work."""

import pytest
from django.urls import reverse

from annotate.members import add_member, remove_member
from annotate.models import Annotation, Gold, Membership
from tests.annotate.golden import make_gold
from tests.factories import make_item, make_member, make_project
from tests.frontend.roles import HTMX, statuses

pytestmark = pytest.mark.django_db
START, TEST, WORK = "/projects/pairs/start/", "/projects/pairs/start/test/", "/projects/pairs/work/"
RIGHT, WRONG = 0, 4  # on the page, of five points in the stored order


@pytest.fixture
def project():
    project = make_project(
        slug="pairs",
        guidelines="Prefer **facts**.",
        qualification_pass=0.5,
        qualification_size=2,
        qualification_tries=1,
    )
    for _ in range(2):
        make_item(project)
        make_gold(project, Gold.Use.QUALIFICATION, note="It *answers* the question.")
    make_gold(project, Gold.Use.EXAMPLE, note="Shorter, and says as much.", prompt="Example one?")
    make_gold(project, Gold.Use.EXAMPLE, prompt="Example two?")
    return project


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def begin(client):
    for step in ("guidelines", "examples", "test"):
        response = client.post(START, {"done": step})
    return response


def answer(client, *, right, **headers):
    """The item that is on the page."""
    assignment = client.get(TEST).context["assignment"]
    preferred = [-2, -1, 0, 1, 2][RIGHT if right else WRONG]
    shown = preferred if assignment.order == [0, 1] else -preferred
    data = {"assignment": assignment.pk, "key": assignment.key, "answer-overall": str(shown)}
    return client.post(TEST, data, headers=headers)


def test_only_members_have_a_way_to_work(client, project):
    assert statuses(client, project, "get", START) == [302, 404, 200, 200, 200]
    assert statuses(client, project, "get", TEST) == [302, 404, 303, 303, 303]
    assert statuses(client, project, "post", START, {"done": "guidelines"}) == [
        *(302, 404),
        *(303, 303, 303),
    ]


def test_the_workspace_leads_to_the_way_until_it_is_behind(client, member):
    assert client.get(WORK).headers["Location"] == START
    begin(client)
    answer(client, right=True)
    answer(client, right=True)
    assert client.get(WORK).status_code == 200


def test_a_part_of_the_workspace_leads_there_too(client, member):
    member.examples_seen_at = "2026-01-01T00:00Z"
    member.save()
    response = client.get(WORK, headers=HTMX)
    assert response.headers["HX-Redirect"] == START


def test_steps_come_one_after_the_other_and_can_be_looked_at_again(client, member):
    page = client.get(START)
    assert "<strong>facts</strong>" in page.text
    assert client.get(f"{START}?step=examples").text.count("Guidelines</h1>") == 1  # still ahead
    client.post(START, {"done": "guidelines"})
    first = client.get(START)
    assert "Example one?" in first.text
    assert "says as much" in first.text
    assert "A is slightly better" in first.text or "A" in first.context["answers"][0][1]
    assert "Example two?" in client.get(f"{START}?step=examples&n=2").text
    assert "Example two?" in client.get(f"{START}?step=examples&n=99").text
    client.post(START, {"done": "examples"})
    assert "A short test" in client.get(START).text
    assert "facts" in client.get(f"{START}?step=guidelines").text


def test_feedback_says_what_was_right_and_why_as_it_stood_on_the_page(client, member):
    begin(client)
    response = answer(client, right=False)
    page = client.get(response.headers["Location"])
    told = page.context["told"]
    [(_, own, right)] = told.answers
    assert "Not right" in page.text
    assert "<em>answers</em>" in page.text
    shown_first = told.scored.annotation.order == [0, 1]
    assert (right[0], own[0]) == (("A", "B") if shown_first else ("B", "A"))
    page = client.get(answer(client, right=True).headers["Location"])
    assert "Right" in page.text
    assert "See how it went" in page.text


def test_without_feedback_nothing_is_told_but_how_much_was_right(client, member):
    member.project.qualification_feedback = False
    member.project.save()
    begin(client)
    assert answer(client, right=False).headers["Location"] == TEST
    label = Annotation.objects.get()
    assert client.get(f"{TEST}?told={label.pk}").context["assignment"]
    answer(client, right=False)
    page = client.get(START)
    assert "You got 0" in page.text
    assert "answers</em>" not in page.text
    assert "recap-title" not in page.text


def test_who_fails_for_good_is_told_kindly_and_given_no_work(client, member):
    begin(client)
    answer(client, right=False)
    answer(client, right=False)
    page = client.get(WORK, follow=True)
    assert "Thank you for trying" in page.text
    assert "another try" in page.text
    assert client.post(START, {"done": "test"}, follow=True).status_code == 200
    member.refresh_from_db()
    assert member.qualification_attempt == 1


def test_an_incomplete_answer_comes_back_with_the_fault(client, member):
    begin(client)
    assignment = client.get(TEST).context["assignment"]
    response = client.post(TEST, {"assignment": assignment.pk, "key": assignment.key})
    assert response.status_code == 422
    assert response.context["faults"] == {"overall": "is not answered; answer it to go on"}
    assert "data-fault" in response.text
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("bad", [{"assignment": "x"}, {"assignment": "0"}, {}])
def test_a_foreign_or_malformed_item_is_not_there(client, member, bad):
    begin(client)
    assert client.post(TEST, bad).status_code == 404
    assert not Annotation.objects.exists()


def test_another_ones_test_cannot_be_answered(client, project, member):
    begin(client)
    theirs = client.get(TEST).context["assignment"]
    client.force_login(make_member(project).user)
    data = {"assignment": theirs.pk, "key": theirs.key, "answer-overall": "1"}
    assert client.post(TEST, data).status_code == 404


def test_a_test_without_items_says_that_it_is_not_ready(client, member):
    Gold.objects.filter(use=Gold.Use.QUALIFICATION).delete()
    client.post(START, {"done": "guidelines"})
    client.post(START, {"done": "examples"})
    assert "not ready yet" in client.get(START).text


def test_the_page_names_neither_generators_nor_gold_before_an_answer(client, member):
    begin(client)
    page = client.get(TEST).text
    assert "model-0" not in page
    assert "answers</em>" not in page


def test_newcomers_see_examples_before_work_and_old_hands_do_not(client, project, member):
    project.qualification_pass = None
    project.save()
    assert client.get(WORK).status_code == 303
    client.post(START, {"done": "guidelines"})
    assert client.post(START, {"done": "examples"}, follow=True).redirect_chain[-1][0] == WORK
    old = make_member(project)
    client.force_login(old.user)
    Membership.objects.filter(pk=old.pk).update(examples_seen_at="2026-01-01T00:00Z")
    assert client.get(WORK).status_code == 200


@pytest.mark.parametrize(("url", "most"), [(START, 14), (TEST, 16)])
def test_pages_ask_few_queries(client, member, django_assert_max_num_queries, url, most):
    begin(client)
    with django_assert_max_num_queries(most):
        client.get(url)


def test_home_says_that_a_test_comes_first(client, member):
    assert "A short test comes first" in client.get(reverse("home")).text
    begin(client)
    assert "The test comes first; you have begun" not in client.get(reverse("home")).text
    assert "The test is not passed" in client.get(reverse("home")).text  # its only try is begun
    answer(client, right=True)
    answer(client, right=True)
    assert "test" not in client.get(reverse("home")).text.split("<main")[1].split("</main")[0]


def test_projects_that_are_open_can_be_joined_from_home(client, member):
    make_project(slug="open", name="Open one", open_to_all=True)
    make_project(slug="shut", name="Shut one")
    page = client.get(reverse("home")).text
    assert "Open one" in page
    assert "Shut one" not in page
    client.post("/projects/shut/join/")
    assert client.post("/projects/open/join/").headers["Location"] == "/projects/open/work/"
    assert list(member.user.memberships.order_by("pk").values_list("role", "project__slug")) == [
        ("annotator", "pairs"),
        ("annotator", "open"),
    ]
    assert "Join" not in client.get(reverse("home")).text
    assert client.post("/projects/open/join/").headers["Location"] == "/projects/open/work/"


def test_who_was_taken_out_cannot_join_an_open_project_again(client, member):
    project = make_project(slug="open", open_to_all=True)
    remove_member(add_member(project, member.user))
    client.post("/projects/open/join/")
    assert not project.memberships.exists()
    assert "Open to join" not in client.get(reverse("home")).text
