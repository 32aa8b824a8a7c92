"""My labels, and each as it was shown, open to correction."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from annotate.assignment import claim, submit
from annotate.models import Annotation, Membership, Project
from tests.factories import (
    make_annotation,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LIST = "/projects/pairs/work/history/"
BETTER = {"overall": {"value": 2, "both_bad": False}, "why": {"text": "Shorter"}}


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def member(project, client):
    member = make_member(project)
    client.force_login(member.user)
    return member


def label(member, *, order=None, **item):
    made = make_item(member.project, **item)
    lent = make_assignment(made, member, order=order) if order else claim(member)
    lent.project = member.project
    return submit(lent, BETTER, key=lent.key)


def url(annotation):
    return reverse("my-label", args=["pairs", annotation.pk])


def fields(annotation, **more):
    key = f"{annotation.assignment_id}c{annotation.pk}"
    return {"key": key, "answer-overall": "-1", "answer-why": "Longer"} | more


def checked(text):
    return re.findall(r'name="answer-overall" value="([^"]*)"[^>]* checked', text)


# ------------------------------------------------------------------------------------ who may do it


@pytest.mark.parametrize("role", Membership.Role.values)
def test_members_of_every_role_see_their_own_labels_and_nobody_elses(client, project, role):
    theirs = label(make_member(project), prompt="Somebody else's item")
    member = make_member(project, role=role)
    client.force_login(member.user)
    mine = label(member, prompt="My own item")
    text = client.get(LIST).text
    assert "My own item" in text
    assert "Somebody else" not in text
    assert client.get(url(mine)).status_code == 200
    assert client.get(url(theirs)).status_code == 404
    assert client.post(url(theirs), fields(theirs)).status_code == 404
    assert Annotation.objects.count() == 2


def test_to_strangers_and_to_those_not_signed_in_there_is_nothing(client, project):
    annotation = label(make_member(project))
    for address in (LIST, url(annotation)):
        assert client.get(address).status_code == 302
    client.force_login(make_user())
    for address in (LIST, url(annotation)):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code in (404, 405)
    client.force_login(make_user(is_staff=True))
    assert client.get(LIST).status_code == 404


def test_a_label_of_another_project_is_not_found_here(client, member):
    other = make_project()
    theirs = label(make_member(other, user=member.user))
    assert client.get(url(theirs)).status_code == 404


# ------------------------------------------------------------------------------------------ the list


def test_the_list_shows_answers_by_the_letters_that_were_shown(client, member):
    label(member, order=[1, 0])
    assert "A clearly better" in client.get(LIST).text
    assert Annotation.objects.get().answers["overall"]["value"] == 2  # the second, in its own order


def test_the_newest_comes_first_and_pages_follow(client, member, monkeypatch):
    monkeypatch.setattr("frontend.own.labels.SIZE", 2)
    for n in range(5):
        label(member, prompt=f"Prompt {n}")
    first = client.get(LIST).text
    assert re.findall(r"Prompt \d", first) == ["Prompt 4", "Prompt 3"]
    older = re.search(r'href="(\?after=\d+)" rel="next"', first)[1]
    second = client.get(LIST + older).text
    assert re.findall(r"Prompt \d", second) == ["Prompt 2", "Prompt 1"]
    newer = re.search(r'href="(\?before=\d+)" rel="prev"', second)[1]
    assert re.findall(r"Prompt \d", client.get(LIST + newer).text) == ["Prompt 4", "Prompt 3"]


def test_a_day_is_looked_up(client, member):
    for n, day in enumerate((3, 4, 4)):
        annotation = label(member, prompt=f"Prompt {n}")
        when = datetime(2026, 3, day, 23, 59, tzinfo=UTC)
        Annotation.objects.filter(pk=annotation.pk).update(created_at=when)
    text = client.get(LIST, {"day": "2026-03-04"}, headers=HTMX).text
    assert re.findall(r"Prompt \d", text) == ["Prompt 2", "Prompt 1"]
    assert "<!doctype" not in text
    assert "Nothing on this day" in client.get(LIST, {"day": "2026-03-05"}).text
    assert len(re.findall(r"Prompt \d", client.get(LIST, {"day": "odd"}).text)) == 3


def test_a_corrected_label_stands_once(client, member):
    annotation = label(member)
    client.post(url(annotation), fields(annotation))
    text = client.get(LIST).text
    assert text.count("<li id=") == 1
    assert "corrected" in text
    assert "Longer" in text


def test_without_labels_the_list_says_what_it_is_for(client, member):
    assert "No labels yet" in client.get(LIST).text


def test_the_list_takes_a_fixed_number_of_queries(client, member, django_assert_num_queries):
    for _ in range(3):
        label(member)
    client.get(LIST)
    with django_assert_num_queries(6):
        client.get(LIST)
    for _ in range(6):
        label(member)
    with django_assert_num_queries(6):
        client.get(LIST)


# ---------------------------------------------------------------------------------------- correction


def test_a_label_opens_as_it_was_shown_with_its_answers(client, member):
    annotation = label(member, order=[1, 0], completions=("first text", "second text"))
    text = client.get(url(annotation)).text
    assert text.index("second text") < text.index("first text")
    assert checked(text) == ["-2"]
    assert "Shorter</textarea>" in text
    assert 'data-do="skip"' not in text.partition('id="keys"')[0]


def test_a_correction_supersedes_and_goes_back_to_the_list(client, member):
    annotation = label(member, order=[1, 0])
    response = client.post(url(annotation), fields(annotation))
    old, new = Annotation.objects.order_by("pk")
    assert (response.status_code, response["Location"]) == (303, f"{LIST}#label-{new.pk}")
    assert new.supersedes == old
    assert new.answers["overall"]["value"] == 1
    assert new.answers["why"] == {"text": "Longer"}
    assert "Corrected." in client.get(LIST).text


def test_htmx_is_sent_to_the_list(client, member):
    annotation = label(member)
    response = client.post(url(annotation), fields(annotation), headers=HTMX)
    assert response["HX-Redirect"].startswith(f"{LIST}#label-")


def test_the_address_of_a_label_that_was_corrected_leads_to_its_correction(client, member):
    annotation = label(member)
    client.post(url(annotation), fields(annotation))
    newest = Annotation.objects.latest("pk")
    assert client.get(url(annotation))["Location"] == url(newest)


def test_a_repeat_changes_nothing_and_another_tab_is_told(client, member):
    annotation = label(member)
    client.post(url(annotation), fields(annotation))
    client.post(url(annotation), fields(annotation))
    assert Annotation.objects.count() == 2
    client.get(LIST)
    client.post(url(annotation), fields(annotation, **{"answer-overall": "0"}))
    assert Annotation.objects.count() == 2
    assert "corrected in another tab" in client.get(LIST).text


def test_an_incomplete_correction_comes_back_at_its_question(client, member):
    annotation = label(member)
    given = fields(annotation)
    del given["answer-overall"]
    response = client.post(url(annotation), given, headers=HTMX)
    assert response.status_code == 422
    assert "data-fault" in response.text
    assert "Longer</textarea>" in response.text
    assert Annotation.objects.count() == 1


def test_a_label_that_cannot_be_corrected_is_shown_and_says_why(client, member):
    annotation = label(member)
    Project.objects.update(corrections=False)
    text = client.get(url(annotation)).text
    assert "takes no corrections" in text
    assert "<fieldset" in text
    assert checked(text) == ["2"] or checked(text) == ["-2"]
    assert 'id="answers"' not in text
    response = client.post(url(annotation), fields(annotation), headers=HTMX)
    assert response.status_code == 409
    assert "takes no corrections" in response.text
    assert "Longer</textarea>" in response.text  # what was written is not dropped
    assert Annotation.objects.count() == 1


def test_gold_cannot_be_told_from_other_labels(client, member):
    work = label(member, prompt="Just work")
    lent = make_assignment(make_item(member.project), member, purpose="planted", state="submitted")
    told = {"assignment": lent, "order": lent.order, "purpose": "planted", "key": lent.key}
    planted = make_annotation(lent.item, lent.annotator, **told)
    assert client.get(LIST).text.count("<li id=") == 2
    texts = [client.get(url(each)).text for each in (work, planted)]
    assert all("gold" not in text.lower() for text in texts)
    assert all('data-do="submit"' in text for text in texts)


def test_a_reviewed_label_says_that_it_was_decided(client, member, project):
    annotation = label(member)
    reviewer = make_member(project).user.annotator_or_new
    make_annotation(annotation.item, reviewer, answers=BETTER, purpose="review")
    assert "A reviewer has decided" in client.get(url(annotation)).text
