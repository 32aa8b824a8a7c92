import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotate.models import Annotation, Assignment, Form, Item, Membership
from tests.factories import make_assignment, make_item, make_member, make_project, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ROLES = list(Membership.Role.values)


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def url(name="work", slug="pairs"):
    return reverse(name, args=[slug])


def fields(assignment, **more):
    return {"assignment": assignment.pk, "key": assignment.key, "answer-overall": "1"} | more


def open_item(client, project, **item):
    """An item with the page opened on it."""
    make_item(project, **item)
    client.get(url())
    return Assignment.objects.open().latest("pk")


# ------------------------------------------------------------------------------------ who may do it


@pytest.mark.parametrize("role", ROLES)
def test_members_of_every_role_are_given_an_item(client, project, role):
    client.force_login(make_member(project, role=role).user)
    make_item(project, prompt="Why is the sky blue?")
    response = client.get(url())
    assert response.status_code == 200
    assert "Why is the sky blue?" in response.content.decode()


@pytest.mark.parametrize("name", ["work", "work-skip", "work-undo", "work-draft", "work-renew"])
def test_to_strangers_the_workspace_does_not_exist(client, project, name):
    make_item(project)
    client.force_login(make_user())
    assert client.post(url(name)).status_code == 404
    assert client.post(url(name), headers=HTMX).status_code == 404
    assert not Assignment.objects.exists()


def test_strangers_cannot_open_it_either(client, project):
    client.force_login(make_user())
    assert client.get(url()).status_code == 404
    client.force_login(make_member(make_project()).user)
    assert client.get(url()).status_code == 404


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client, project):
    response = client.get(url())
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["work", "work-skip", "work-draft", "work-renew"])
@pytest.mark.parametrize("role", ROLES)
def test_nobody_can_touch_another_members_assignment(client, project, name, role):
    assignment = make_assignment(make_item(project), make_member(project))
    client.force_login(make_member(project, role=role).user)
    assert client.post(url(name), fields(assignment)).status_code == 404
    assignment.refresh_from_db()
    assert assignment.state == "open"
    assert assignment.draft is None


def test_an_assignment_of_another_project_is_not_found_here(client, project, member):
    other = make_project()
    theirs = make_assignment(make_item(other), make_member(other, user=member.user))
    assert client.post(url(), fields(theirs)).status_code == 404


def test_a_number_that_is_none_is_not_found(client, member):
    for number in ("", "x", "-1", "²", "9" * 40):
        assert client.post(url(), {"assignment": number}).status_code == 404


# ------------------------------------------------------------------------------------- what is shown


def test_a_browser_gets_the_page_and_htmx_its_part(client, project, member):
    make_item(project)
    page, part = client.get(url()), client.get(url(), headers=HTMX)
    restored = client.get(url(), headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert b"<!doctype html>" in page.content
    assert b"<!doctype html>" not in part.content
    assert b'id="work"' in part.content
    assert b"<!doctype html>" in restored.content
    assert "HX-Request" in page["Vary"]


def test_completions_stand_in_the_order_that_was_drawn(client, project, member):
    item = make_item(project, completions=("first text", "second text", "third text"))
    make_assignment(item, member, order=[2, 0, 1])
    content = client.get(url()).content.decode()
    places = [content.index(f"{which} text") for which in ("third", "first", "second")]
    assert places == sorted(places)


def test_model_names_are_never_shown(client, project, member):
    make_item(project)
    assert b"model-" not in client.get(url()).content


def test_texts_cannot_run_anything(client, project, member):
    evil = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))"
    make_item(project, prompt=evil, completions=(evil, "fine"))
    content = client.get(url()).content.decode()
    assert "<script>alert" not in content
    assert "<img" not in content
    assert 'href="javascript' not in content


def test_raw_text_keeps_carriage_returns_and_a_first_newline(client, project, member):
    make_item(project, completions=("\nfirst\r\nsecond\rthird", "other"))
    assert b">\n\nfirst&#13;\nsecond&#13;third</pre>" in client.get(url()).content


def test_with_nothing_left_the_page_says_so(client, project, member):
    response = client.get(url())
    assert response.status_code == 200
    assert b"Nothing left for you here" in response.content


def test_guidelines_open_by_themselves_only_before_the_first_label(client, project, member):
    assignment = open_item(client, project)
    make_item(project)
    opened = b'aria-labelledby="guidelines-title" open'
    assert opened in client.get(url()).content
    client.post(url(), fields(assignment))
    assert opened not in client.get(url()).content


# ----------------------------------------------------------------------------------------- submitting


def test_a_browser_is_sent_to_the_next_item(client, project, member):
    assignment = open_item(client, project)
    response = client.post(url(), fields(assignment, **{"answer-why": "It is shorter."}))
    assert (response.status_code, response["Location"]) == (303, url())
    annotation = Annotation.objects.get()
    assert annotation.assignment == assignment
    assert annotation.answers["why"] == {"text": "It is shorter."}


def test_htmx_gets_the_next_item_in_the_same_answer(client, project, member):
    assignment = open_item(client, project)
    make_item(project, prompt="And the next one?")
    response = client.post(url(), fields(assignment, done="4", left="9"), headers=HTMX)
    assert response.status_code == 200
    assert b"And the next one?" in response.content
    assert b"<b>6</b> of 13" in response.content


@pytest.mark.parametrize(("order", "stored"), [([0, 1], 2), ([1, 0], -2)])
def test_answers_are_stored_in_the_items_own_order(client, project, member, order, stored):
    assignment = make_assignment(make_item(project), member, order=order)
    client.post(url(), fields(assignment, **{"answer-overall": "2"}))
    annotation = Annotation.objects.get()
    assert annotation.answers["overall"]["value"] == stored
    assert annotation.order == order


def test_posting_the_same_submission_twice_makes_one_annotation(client, project, member):
    assignment = open_item(client, project)
    make_item(project)
    first = client.post(url(), fields(assignment), headers=HTMX)
    again = client.post(url(), fields(assignment), headers=HTMX)
    assert (first.status_code, again.status_code) == (200, 200)
    assert Annotation.objects.count() == 1
    assert Assignment.objects.open().count() == 1


def test_an_incomplete_submission_comes_back_with_a_message_at_its_question(
    client, member, project
):
    Form.objects.add_version(
        project,
        [
            {"kind": "preference", "name": "overall", "title": "Which is better?"},
            {"kind": "rating", "name": "style", "title": "Style"},
            {"kind": "text", "name": "why", "title": "Why?", "minimum_length": 20},
        ],
    )
    assignment = open_item(client, project)
    given = fields(assignment, **{"answer-style-0": "4", "answer-why": "Too\r\nshort"})
    response = client.post(url(), given, headers=HTMX)
    content = response.content.decode()
    assert response.status_code == 422
    assert content.count("data-fault") == 2
    assert "Is not answered in full" in content
    assert "write at least 20" in content
    assert "Too\r\nshort</textarea>".replace("\r", "&#13;") in content
    assert content.count(" checked") == 2
    assert not Annotation.objects.exists()


def test_an_empty_submission_is_refused_even_where_nothing_is_required(client, project, member):
    Form.objects.add_version(
        project, [{"kind": "text", "name": "why", "title": "Why?", "required": False}]
    )
    assignment = open_item(client, project)
    response = client.post(url(), {"assignment": assignment.pk, "key": assignment.key})
    assert response.status_code == 422
    assert b"Nothing is answered" in response.content


def test_values_that_the_page_does_not_offer_are_refused(client, project, member):
    assignment = open_item(client, project)
    for value in ("9", "x", "both_bad", "1.5"):
        response = client.post(url(), fields(assignment, **{"answer-overall": value}))
        assert response.status_code == 422
    assert client.post(url(), fields(assignment, **{"answer-why": "a\x00b"})).status_code == 422


def test_a_new_form_version_reloads_the_page(client, project, member):
    assignment = open_item(client, project)
    Form.objects.add_version(project, project.form.questions[:1])
    make_item(project)
    response = client.post(url(), fields(assignment), headers=HTMX)
    assert response["HX-Redirect"] == url()
    assert Annotation.objects.count() == 1


def test_seconds_are_kept_where_they_can_be_true(client, project, member):
    assignment = open_item(client, project)
    Assignment.objects.update(opened_at=timezone.now() - timedelta(minutes=5))
    seconds = {"active_seconds": "10.5", "focused_seconds": "20", "wall_seconds": "30"}
    client.post(url(), fields(assignment, **seconds))
    annotation = Annotation.objects.get()
    measured = annotation.active_seconds, annotation.focused_seconds, annotation.wall_seconds
    assert measured == (10.5, 20, 30)


@pytest.mark.parametrize(
    "seconds", [("5", "4", "30"), ("1", "2", "9999"), ("-1", "2", "3"), ("nan", "inf", "3"), ("1",)]
)
def test_seconds_that_cannot_be_true_are_left_out(client, project, member, seconds):
    assignment = open_item(client, project)
    names = ("active_seconds", "focused_seconds", "wall_seconds")
    client.post(url(), fields(assignment, **dict(zip(names, seconds, strict=False))))
    annotation = Annotation.objects.get()
    assert annotation.active_seconds is None
    assert annotation.wall_seconds is None


def lose(assignment, project):
    """The lease runs out and somebody else takes the only seat."""
    Assignment.objects.filter(pk=assignment.pk).update(state="expired")
    Item.objects.filter(pk=assignment.item_id).update(seats_left=0)


def test_an_answer_that_comes_too_late_is_kept_as_a_draft_and_told_so(client, project, member):
    assignment = open_item(client, project)
    lose(assignment, project)
    response = client.post(url(), fields(assignment), headers=HTMX)
    assert response.status_code == 409
    assert b"not counted" in response.content
    assert not Annotation.objects.exists()
    assignment.refresh_from_db()
    assert assignment.draft["fields"] == {"answer-overall": "1"}


def test_a_draft_comes_back_with_its_item(client, project, member):
    assignment = open_item(client, project)
    lose(assignment, project)
    client.post(url(), fields(assignment))
    Item.objects.update(seats_left=1)
    content = client.get(url()).content.decode()
    assert f'data-assignment="{assignment.pk}"' in content
    assert re.search(r'value="1"[^>]* checked', content)


# ------------------------------------------------------------------------------------- skip and undo


def test_skip_brings_another_item_and_returns_the_seat(client, project, member):
    assignment = open_item(client, project)
    make_item(project, prompt="And the next one?")
    response = client.post(url("work-skip"), fields(assignment), headers=HTMX)
    assert b"And the next one?" in response.content
    assignment.item.refresh_from_db()
    assert assignment.item.seats_left == 1


def test_undo_brings_the_last_submission_back_as_it_was_shown(client, project, member):
    assignment = make_assignment(make_item(project), member, order=[1, 0])
    make_item(project)
    client.post(url(), fields(assignment, **{"answer-overall": "2", "answer-why": "Shorter"}))
    client.get(url())
    response = client.post(url("work-undo"), headers=HTMX)
    content = response.content.decode()
    assert f'data-key="{assignment.pk}-1"' in content
    assert re.search(r'value="2"[^>]* checked', content)
    assert "Shorter" in content


def test_a_corrected_answer_supersedes_the_first(client, project, member):
    assignment = open_item(client, project)
    client.post(url(), fields(assignment))
    client.post(url("work-undo"))
    assignment.refresh_from_db()
    client.post(url(), fields(assignment, **{"answer-overall": "0"}))
    first, second = Annotation.objects.order_by("pk")
    assert second.supersedes == first
    assert second.answers["overall"]["value"] == 0


def test_undo_keeps_what_was_begun_on_the_present_item(client, project, member):
    assignment = open_item(client, project)
    make_item(project)
    client.post(url(), fields(assignment), headers=HTMX)
    present = Assignment.objects.open().get()
    client.post(url("work-undo"), fields(present, **{"answer-why": "half a tho"}))
    present.refresh_from_db()
    assert present.draft["fields"]["answer-why"] == "half a tho"


def test_undo_with_nothing_to_undo_says_so(client, project, member):
    make_item(project)
    response = client.post(url("work-undo"), headers=HTMX)
    assert response.status_code == 200
    assert b"Nothing to take back" in response.content
    assert b"Nothing to take back" in client.post(url("work-undo"), follow=True).content


# --------------------------------------------------------------------------------- drafts and leases


def test_a_draft_is_stored_and_shown_after_a_reload(client, project, member):
    assignment = open_item(client, project)
    draft = fields(assignment, at="1700000000000", **{"answer-why": "Because"}, other="x")
    assert client.post(url("work-draft"), draft).status_code == 200
    assignment.refresh_from_db()
    assert assignment.draft["fields"] == {"answer-overall": "1", "answer-why": "Because"}
    content = client.get(url()).content.decode()
    assert "Because</textarea>" in content
    assert 'data-drafted-at="1700000000000"' in content


def test_a_draft_of_an_earlier_turn_is_not_stored(client, project, member):
    assignment = open_item(client, project)
    client.post(url("work-draft"), fields(assignment, key=f"{assignment.pk}-7"))
    assignment.refresh_from_db()
    assert assignment.draft is None


def test_what_cannot_be_stored_is_left_out_of_a_draft(client, project, member):
    assignment = open_item(client, project)
    draft = fields(assignment, at="-5", **{"answer-why": "a\x00b", "answer-x": "y" * 300_000})
    assert client.post(url("work-draft"), draft).status_code == 200
    assignment.refresh_from_db()
    assert assignment.draft["fields"] == {"answer-overall": "1"}


@pytest.mark.parametrize("name", ["work-renew", "work-draft"])
def test_a_lease_is_lengthened_while_somebody_works(client, project, member, name):
    assignment = open_item(client, project)
    soon = timezone.now() + timedelta(seconds=5)
    Assignment.objects.update(expires_at=soon)
    assert client.post(url(name), fields(assignment)).status_code == 200
    assignment.refresh_from_db()
    assert assignment.expires_at > soon + timedelta(minutes=20)


@pytest.mark.parametrize("name", ["work-renew", "work-draft"])
def test_a_lease_that_has_run_out_is_not_lengthened(client, project, member, name):
    assignment = open_item(client, project)
    lose(assignment, project)
    assert client.post(url(name), fields(assignment)).status_code == 409


# ----------------------------------------------------------------------------------------------- cost


def test_submitting_and_getting_the_next_item_takes_a_fixed_number_of_queries(
    client, project, member, django_assert_num_queries
):
    for _ in range(30):
        make_item(project)
    client.get(url())
    for _ in range(8):
        client.post(url(), fields(Assignment.objects.open().get()), headers=HTMX)
    assignment = Assignment.objects.open().get()
    with django_assert_num_queries(17):
        client.post(url(), fields(assignment), headers=HTMX)
