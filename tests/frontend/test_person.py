"""One person's page: figures with intervals, what is worth a look, and what admins change."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from annotate import members
from annotate.models import (
    AggregationFit,
    Annotation,
    Assignment,
    Item,
    LedgerEntry,
    Membership,
    Reliability,
)
from annotate.models.budgets import Unit
from annotate.quality.report import refresh
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in

pytestmark = pytest.mark.django_db
PEOPLE = "/projects/pairs/people/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


@pytest.fixture
def member(project):
    return make_member(project, user=make_user("ada"))


def url_of(member):
    return reverse("person", args=["pairs", member.user.annotator_or_new.pk])


def change(client, member, **data):
    return client.post(f"{PEOPLE}member/{member.pk}/change/", data, follow=True)


def crowd(project, who, *, items, first=False, seconds=20.0):
    """``who`` beside three others, who agree; ``first``: takes what is shown first, else agrees."""
    others = [make_annotator(project) for _ in range(3)]
    start = timezone.now() - timedelta(days=10)
    for n in range(items):
        item = make_item(project)
        at = start + timedelta(hours=n)
        right = 2 if n % 2 else -2
        order = [0, 1] if n % 3 else [1, 0]
        own = (-2 if order == [0, 1] else 2) if first else right
        more = {"order": order, "created_at": at, "active_seconds": seconds}
        make_annotation(item, who, value=own, **more)
        for other in others:
            make_annotation(item, other, value=right, **more)
    refresh(project)


# --------------------------------------------------------------------------------------------- figures


def test_a_page_shows_agreement_its_course_confusion_and_pace(client, project, admin, member):
    crowd(project, member.user.annotator_or_new, items=66)
    response = client.get(url_of(member))
    context = response.context
    assert context["agreement"].n == 66
    assert context["agreement"].low < context["agreement"].value < 1
    assert len(context["course"].rows) == 4
    assert len(context["paces"].rows) == 4
    assert [row["counts"] for row in context["confusion"].rows] == [
        [33, 0, 0],
        [0, 0, 0],
        [0, 0, 33],
    ]
    for table in ("Others agree on", "Median", "Labels given"):
        assert table in response.text
    assert "Worth a look" not in response.text


def test_what_is_worth_a_look_is_said_with_its_figures(client, project, admin, member):
    crowd(project, member.user.annotator_or_new, items=66, first=True)
    response = client.get(url_of(member))
    assert {one.sign for one in response.context["looks"]} >= {"position", "same"}
    text = re.sub(r"\s+", " ", response.text)
    assert "One place on the page is chosen more often" in text
    assert "of 66" in text
    assert f"items/?annotator={member.user.annotator.pk}" in text


def test_too_little_is_said_to_be_too_little(client, project, admin, member):
    crowd(project, member.user.annotator_or_new, items=7)
    text = client.get(url_of(member)).text
    assert "too few labels yet: 7 of 10" in text
    assert "too few labels yet: 7 of 30" in text
    assert "too few labels yet: 7 of 60" in text


def test_before_the_first_label_the_page_says_what_will_come(client, project, admin, member):
    assert "No labels yet" in client.get(url_of(member)).text
    make_annotation(make_item(project), member.user.annotator)
    assert "being worked out" in client.get(url_of(member)).text


def test_a_member_without_an_annotator_has_a_page_too(client, project, admin):
    silent = make_member(project, user=make_user("silent"))
    assert not hasattr(silent.user, "annotator")
    response = client.get(reverse("member", args=["pairs", silent.pk]))
    assert response.status_code == 200
    assert "silent" in response.text
    assert not type(silent).objects.filter(user__annotator__isnull=False, pk=silent.pk).exists()


def test_people_known_by_name_and_models_have_pages(client, project, admin):
    for kind, words in (("human", "known by name"), ("llm", "a model")):
        who = make_annotator(project, kind=kind)
        assert words in client.get(reverse("person", args=["pairs", who.pk])).text


def test_who_has_left_is_shown_with_the_labels_that_stay(client, project, admin, member):
    make_annotation(make_item(project), member.user.annotator_or_new)
    url = url_of(member)
    members.remove_member(member)
    text = client.get(url).text
    assert "no member any more" in text
    assert 'value="pause"' not in text


def test_nobody_of_another_project_has_a_page_here(client, project, admin):
    other = make_member(make_project())
    make_annotation(make_item(other.project), other.user.annotator_or_new)
    named = make_annotator(other.project)
    for pk in (other.user.annotator.pk, named.pk):
        assert client.get(reverse("person", args=["pairs", pk])).status_code == 404
    assert client.get(reverse("member", args=["pairs", other.pk])).status_code == 404
    assert change(client, other, do="remove").status_code == 404
    assert Membership.objects.filter(pk=other.pk).exists()


def test_reliabilities_of_the_present_fits_are_shown(client, project, admin, member):
    crowd(project, member.user.annotator_or_new, items=3)
    for current, value in ((False, 0.11), (True, 0.83)):
        fit = AggregationFit.objects.create(
            project=project,
            question="overall",
            source="people",
            method="dawid_skene",
            labels=9,
            items=3,
            current=current,
        )
        Reliability.objects.create(
            fit=fit, annotator=member.user.annotator, labels=3, value=value, low=0.7, high=0.9
        )
    text = client.get(url_of(member)).text
    assert "0.830 (0.700\N{EN DASH}0.900) by Dawid-Skene" in text
    assert "0.110" not in text


def test_each_question_can_be_looked_at(client, admin):
    questions = [
        {"kind": "preference", "name": "overall", "title": "Better?", "points": 5},
        {"kind": "rating", "name": "depth", "title": "Deep?", "minimum": 1, "maximum": 5},
    ]
    project = make_project(slug="two", questions=questions)
    sign_in(client, project, RESEARCHER)
    who = [make_annotator(project) for _ in range(3)]
    for _ in range(12):
        item = make_item(project)
        for n, one in enumerate(who):
            answers = {
                "overall": {"value": 1, "both_bad": False},
                "depth": {"values": [2 + (n == 0), 2]},
            }
            make_annotation(item, one, answers=answers)
    refresh(project)
    url = reverse("person", args=["two", who[0].pk])
    assert client.get(url).context["question"].name == "overall"
    response = client.get(f"{url}?question=depth")
    assert response.context["question"].name == "depth"
    assert response.context["offset"]["value"] == 0.5
    assert client.get(f"{url}?question=none").context["question"].name == "overall"


def test_what_was_earned_is_for_admins(client, project, member):
    annotation = make_annotation(make_item(project), member.user.annotator_or_new)
    LedgerEntry.objects.create(
        project=project,
        kind="pay",
        unit=Unit.USD,
        amount=Decimal("3.21"),
        annotator=annotation.annotator,
        reference=f"annotation:{annotation.pk}",
    )
    sign_in(client, project, ADMIN)
    assert "3.21 USD" in client.get(url_of(member)).text
    sign_in(client, project, RESEARCHER)
    text = client.get(url_of(member)).text
    assert "3.21" not in text
    assert "<form" not in text


def test_a_page_takes_as_many_queries_for_many_labels_as_for_few(
    client, project, admin, member, django_assert_num_queries
):
    for items in (12, 40):
        crowd(project, member.user.annotator_or_new, items=items)
        client.get(url_of(member))
        with django_assert_num_queries(22):
            client.get(url_of(member))


# --------------------------------------------------------------------------------------------- changes


def settings(**more):
    return {"do": "set", "member-role": "annotator", "member-tags": "", "member-pay": ""} | more


def test_role_groups_tags_and_pay_are_changed_together(client, project, admin, member):
    group = members.add_group(project, "Doctors", ["medicine"])
    given = settings(
        **{
            "member-role": "researcher",
            "member-groups": [group.pk],
            "member-tags": "German",
            "member-pay": "0.25",
        }
    )
    response = change(client, member, **given)
    member.refresh_from_db()
    assert (member.role, member.tags) == ("researcher", ["german"])
    assert member.pay_per_label_usd == Decimal("0.25")
    assert list(member.groups.all()) == [group]
    for words in ("what ada may do is changed", "0.25"):
        assert words.casefold() in response.text.casefold()
    assert "is as it was" in change(client, member, **given).text


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("member-role", "king", "Select a valid choice"),
        ("member-tags", "a+b", "is no tag"),
        ("member-pay", "-1", "greater than or equal to 0"),
        ("member-pay", "nan", "Enter a number"),
        ("member-pay", "99999999999", "no more than"),
        ("member-groups", ["999"], "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    client, project, admin, member, field, value, fault
):
    members.add_group(project, "Doctors")
    before = Membership.objects.filter(pk=member.pk).values().get()
    response = change(client, member, **settings(**{field: value}))
    assert response.status_code == 422
    assert fault in response.text
    assert Membership.objects.filter(pk=member.pk).values().get() == before


def test_the_last_admin_stays(client, project, admin):
    own = project.memberships.get(user=admin)
    for data in (settings(), {"do": "remove"}):
        assert "make somebody else one first" in change(client, own, **data).text
    assert project.memberships.get(user=admin).role == Membership.Role.ADMIN


def test_a_pause_needs_a_reason_and_stands_on_the_page_and_on_record(
    client, project, admin, member
):
    assert change(client, member, do="pause", reason="").status_code == 422
    assert change(client, member, do="pause", reason="x" * 301).status_code == 422
    member.refresh_from_db()
    assert member.paused_at is None
    text = change(client, member, do="pause", reason="Call <b>me</b>.").text
    assert "Call &lt;b&gt;me&lt;/b&gt;." in text
    assert client.get(url_of(member)).context["changes"][0].entry.action == "member.pause"
    change(client, member, do="reinstate")
    member.refresh_from_db()
    assert (member.paused_at, member.paused_reason) == (None, "")


def test_open_items_are_taken_back_with_a_pause_when_asked(client, project, admin, member):
    opened = make_assignment(make_item(project), member)
    change(client, member, do="pause", reason="Later.")
    opened.refresh_from_db()
    assert opened.state == Assignment.State.OPEN
    change(client, member, do="pause", reason="Later.", free="on")
    opened.refresh_from_db()
    assert opened.state == Assignment.State.EXPIRED


def test_who_is_removed_gives_open_items_back_and_leaves_the_labels(client, project, admin, member):
    make_annotation(make_item(project), member.user.annotator_or_new)
    opened = make_assignment(make_item(project), member)
    change(client, member, do="remove")
    assert not project.memberships.filter(user=member.user).exists()
    assert Annotation.objects.count() == 1
    assert Item.objects.get(pk=opened.item_id).seats_left == 1


def test_an_action_that_is_none_changes_nothing(client, project, admin, member):
    assert "There is no action" in change(client, member, do="promote").text
    assert "There is no action" in change(client, member).text


def test_two_admins_at_once_one_of_them_late(client, project, admin, member, monkeypatch):
    """The row is read, and gone before it is locked."""
    real = members.set_tags

    def late(found, tags):
        Membership.objects.filter(pk=found.pk).delete()
        return real(found, tags)

    monkeypatch.setattr(members, "set_tags", late)
    response = change(client, member, **settings())
    assert response.status_code == 200
    assert "is no member of" in response.text
