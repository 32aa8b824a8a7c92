"""Invitations on pages: made by admins, followed by members to be, their secrets left nowhere."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from annotate import members
from annotate.invitations import invite, revoke
from annotate.models import Invitation, Membership, User
from tests.factories import make_item, make_member, make_project, make_user
from tests.frontend.roles import ADMIN, sign_in

pytestmark = pytest.mark.django_db
INVITATIONS = "/projects/pairs/people/invitations/"
PASSWORD = "correct-horse-battery"


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs")


@pytest.fixture(autouse=True)
def _no_earlier_tries():
    cache.clear()
    yield
    cache.clear()


def follow(client, made):
    return client.get(reverse("join-link", args=[made.secret]), follow=True)


def sign_up(client, name="newcomer", **fields):
    data = {"username": name, "password1": PASSWORD, "password2": PASSWORD} | fields
    return client.post(reverse("account_signup"), data, follow=True)


# -------------------------------------------------------------------------------------------- making


def test_a_link_is_shown_once_and_kept_by_no_cache(client, project):
    sign_in(client, project, ADMIN)
    response = client.post(
        INVITATIONS, {"role": "annotator", "uses": 3, "days": 7, "note": "for Ada"}
    )
    link = re.search(r'value="(http://testserver/join/[^"]+)"', response.text)[1]
    assert response["Cache-Control"] == "no-store"
    again = client.get(INVITATIONS).text
    assert link.split("/")[-2] not in again
    assert "for Ada" in again
    client.logout()
    client.force_login(make_user("ada"))
    client.get(link)
    client.post(reverse("join"))
    assert project.memberships.filter(user__username="ada").exists()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"uses": 0}, "greater than or equal to 1"),
        ({"days": 91}, "less than or equal to 90"),
        ({"role": "king"}, "Select a valid choice"),
        ({"note": "n\x00"}, "Null characters"),
        ({"group": "7"}, ""),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(client, project, fields, fault):
    members.add_group(project, "Doctors")
    sign_in(client, project, ADMIN)
    data = {"role": "annotator", "uses": 1, "days": 7, "note": ""} | fields
    response = client.post(INVITATIONS, data)
    assert response.status_code == 422
    assert fault in response.text
    assert not Invitation.objects.exists()


def test_an_invitation_is_taken_back(client, project):
    made = invite(project)
    sign_in(client, project, ADMIN)
    client.post(f"{INVITATIONS}{made.invitation.pk}/revoke/")
    assert Invitation.objects.get().revoked_at is not None
    assert "taken back" in client.get(INVITATIONS).text


def test_another_projects_invitation_is_out_of_reach(client, project):
    other = invite(make_project())
    sign_in(client, project, ADMIN)
    assert client.post(f"{INVITATIONS}{other.invitation.pk}/revoke/").status_code == 404
    assert Invitation.objects.get().revoked_at is None


# ----------------------------------------------------------------------------------------- following


def test_somebody_signed_in_joins_by_a_button_and_goes_to_work(client, project):
    make_item(project)
    made = invite(project)
    client.force_login(make_user("ada"))
    page = follow(client, made)
    assert "You are invited to <b>Pairs</b>, as annotator" in page.text
    assert not Membership.objects.exists()  # a mere look joins nobody
    response = client.post(reverse("join"))
    assert response["Location"] == reverse("work", args=["pairs"])
    assert Membership.objects.get().user.username == "ada"


def test_the_secret_leaves_the_address_at_once_and_is_not_in_the_session(client, project):
    made = invite(project)
    response = client.get(reverse("join-link", args=[made.secret]))
    assert (response.status_code, response["Location"]) == (303, "/join/")
    assert made.secret not in str(dict(client.session))
    assert made.secret not in client.get("/join/").text
    assert "no-cache" in response["Cache-Control"]


def test_a_stranger_signs_in_first(client, project):
    make_user("ada")
    page = follow(client, invite(project))
    login = re.search(r'href="(/accounts/login/[^"]+)"', page.text)[1]
    response = client.post(
        login, {"login": "ada", "password": "secret", "next": "/join/"}, follow=True
    )
    assert "Join as ada" in response.text
    client.post(reverse("join"))
    assert project.memberships.filter(user__username="ada").exists()


def test_a_stranger_makes_an_account_and_is_in(client, project):
    group = members.add_group(project, "Doctors", ["medicine"])
    follow(client, invite(project, role="researcher", group=group))
    response = sign_up(client)
    assert response.status_code == 200
    member = Membership.objects.get(user__username="newcomer")
    assert (member.role, list(member.groups.all())) == ("researcher", [group])
    assert Invitation.objects.get().uses_left == 0
    assert response.wsgi_request.user == member.user
    assert "Pairs" in response.text


def test_without_an_invitation_nobody_makes_an_account(client, project):
    for _ in range(2):
        assert "by invitation" in client.get(reverse("account_signup")).text
        sign_up(client)
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize("password", ["secret", "newcomer1"])
def test_an_account_by_invitation_wants_a_good_password(client, project, password):
    follow(client, invite(project))
    response = sign_up(client, password1=password, password2=password)
    assert response.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()
    assert Invitation.objects.get().uses_left == 1


def test_a_link_for_one_makes_one_account(client, project):
    made = invite(project)
    other = type(client)()
    for each in (client, other):
        follow(each, made)
    sign_up(client)
    sign_up(other, name="second")
    assert list(User.objects.values_list("username", flat=True)) == ["newcomer"]


def test_a_link_used_up_between_form_and_answer_leaves_no_account(client, project, monkeypatch):
    from annotate.accounts import AccountAdapter

    follow(client, invite(project))
    real = AccountAdapter.is_open_for_signup

    def slow(self, request):
        is_open = real(self, request)
        Invitation.objects.update(uses_left=0)
        return is_open

    monkeypatch.setattr(AccountAdapter, "is_open_for_signup", slow)
    response = sign_up(client)
    assert response.status_code == 410
    assert "as often as it was meant for" in response.text
    assert not User.objects.exists()


def test_two_who_use_the_last_place_at_the_same_moment_are_one(client, project, monkeypatch):
    from annotate import accounts

    made = invite(project)
    follow(client, made)

    def late(invitation, user):
        raise accounts.InvitationOver("used", "Somebody was quicker.")

    monkeypatch.setattr(accounts, "accept", late)
    sign_up(client)
    assert not User.objects.exists()
    assert Invitation.objects.get().uses_left == 1


def test_the_invitation_is_forgotten_once_it_is_used(client, project):
    follow(client, invite(project, uses=5))
    sign_up(client)
    client.logout()
    sign_up(client, name="second")
    assert User.objects.count() == 1


def test_a_member_is_led_to_the_project_and_uses_nothing_up(client, project):
    member = make_member(project, role="researcher")
    client.force_login(member.user)
    page = follow(client, invite(project))
    assert "already, as researcher" in page.text
    assert reverse("project", args=["pairs"]) in page.text
    client.post(reverse("join"))
    assert Invitation.objects.get().uses_left == 1


def over(client, made):
    response = follow(client, made)
    return response.status_code, re.search(r'role="alert">([^<]+)<', response.text)[1]


def test_a_link_that_is_no_use_says_why(client, project):
    expired, used, back = (invite(project) for _ in range(3))
    Invitation.objects.filter(pk=expired.invitation.pk).update(expires_at=timezone.now())
    Invitation.objects.filter(pk=used.invitation.pk).update(uses_left=0)
    revoke(back.invitation)
    assert over(client, expired) == (
        410,
        "This invitation has expired. Ask whoever sent it to you for a new one.",
    )
    assert "as often as it was meant for" in over(client, used)[1]
    assert "taken back" in over(client, back)[1]
    status, words = over(client, type(used)(used.invitation, "x" * 43))
    assert (status, "does not lead anywhere" in words) == (404, True)
    assert client.get("/join/", follow=True).status_code == 404
    assert client.post("/join/").status_code == 404


def test_it_expires_while_the_page_is_open(client, project):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(make_user())
        follow(client, invite(project, days=1))
        clock.shift(timedelta(days=1, seconds=1))
        assert client.post("/join/").status_code == 410
    assert not Membership.objects.exists()


def test_who_was_removed_is_not_let_back_in_by_an_older_link(client, project):
    made = invite(project, uses=2)
    user = make_user()
    client.force_login(user)
    follow(client, made)
    client.post("/join/")
    members.remove_member(Membership.objects.get())
    follow(client, made)
    response = client.post("/join/")
    assert response.status_code == 410
    assert "taken out of this project" in response.text


def test_a_page_names_nothing_of_a_project_to_whoever_has_no_link(client, project):
    invite(project)
    assert "Pairs" not in client.get("/join/").text


@pytest.mark.parametrize("secret", ["../../admin", "x", "%00", "a" * 5_000, "<script>"])
def test_whatever_stands_for_a_secret_is_answered(client, secret):
    response = client.get(f"/join/{secret}/", follow=True)
    assert response.status_code in (400, 404)
    assert "<script>alert" not in response.text


def test_tries_are_limited(client, project, settings):
    settings.ACCOUNT_RATE_LIMITS = {"join": "3/m/ip"}
    codes = [client.get("/join/").status_code for _ in range(5)]
    assert codes == [404, 404, 404, 429, 429]


def test_no_log_line_has_the_secret(client, project, caplog):
    caplog.set_level("DEBUG")
    made = invite(project)
    revoke(made.invitation)
    follow(client, made)
    client.post("/join/")
    assert made.secret not in caplog.text
