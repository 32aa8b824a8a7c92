"""Links that make members: usable as long and as often as said, their secrets kept nowhere."""

import json
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import serializers
from django.db import connection
from django.utils import timezone

from annotate import members
from annotate.invitations import InvitationOver, accept, digest_of, invite, revoke, standing
from annotate.members import AlreadyMember
from annotate.models import AuditEntry, Invitation, Membership
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def code_of(digest):
    with pytest.raises(InvitationOver) as fault:
        standing(digest)
    return fault.value.code


def test_whoever_has_the_secret_joins_with_its_role_and_group(project):
    group = members.add_group(project, "Doctors", ["medicine"])
    made = invite(project, role="researcher", group=group)
    member = accept(standing(digest_of(made.secret)), make_user("ada"))
    assert (member.role, list(member.groups.all())) == ("researcher", [group])
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert actions[1:] == [
        ("invitation.create", "command line"),
        ("member.add", "ada"),
        ("invitation.accept", "ada"),
    ]


def test_the_secret_is_stored_nowhere(project):
    made = invite(project, note="for Ada")
    accept(made.invitation, make_user())
    revoke(made.invitation)
    rows = [*Invitation.objects.all(), *AuditEntry.objects.all()]
    assert made.secret not in json.dumps(json.loads(serializers.serialize("json", rows)))
    assert made.secret not in str(made.invitation)
    assert len(made.secret) >= 43  # 256 bits


def test_a_link_lasts_as_long_as_it_was_made_for(project):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        digest = digest_of(invite(project, days=3).secret)
        clock.shift(timedelta(days=3) - timedelta(seconds=1))
        assert standing(digest)
        clock.shift(timedelta(seconds=1))
        assert code_of(digest) == "expired"


def test_a_link_is_used_as_often_as_it_was_made_for(project):
    made = invite(project, uses=2)
    for _ in range(2):
        accept(made.invitation, make_user())
    assert code_of(digest_of(made.secret)) == "used"
    with pytest.raises(InvitationOver, match="as often"):
        accept(made.invitation, make_user())
    assert project.memberships.count() == 2


def test_a_link_that_was_taken_back_is_no_use(project):
    made = invite(project)
    assert revoke(made.invitation)
    assert not revoke(made.invitation)
    assert code_of(digest_of(made.secret)) == "revoked"
    with pytest.raises(InvitationOver, match="taken back"):
        accept(made.invitation, make_user())
    assert AuditEntry.objects.filter(action="invitation.revoke").count() == 1


def test_a_secret_that_nobody_has_leads_nowhere():
    assert code_of(digest_of("x" * 43)) == "unknown"


def test_a_member_stays_what_it_is_and_uses_nothing_up(project):
    member = make_member(project, role="admin")
    made = invite(project, role="annotator")
    with pytest.raises(AlreadyMember):
        accept(made.invitation, member.user)
    assert Membership.objects.get().role == "admin"
    assert Invitation.objects.get().uses_left == 1


def test_who_was_removed_does_not_come_back_by_an_older_link(project):
    made = invite(project, uses=5)
    user = make_user()
    members.remove_member(accept(made.invitation, user))
    with pytest.raises(InvitationOver, match="taken out of this project"):
        accept(made.invitation, user)
    assert Invitation.objects.get().uses_left == 4
    assert accept(invite(project).invitation, user)


@pytest.mark.parametrize("settings", [{"days": 0}, {"days": 91}, {"uses": 0}, {"uses": 501}])
def test_days_and_uses_have_limits(project, settings):
    with pytest.raises(ValueError, match="1 to 90 days and 1 to 500 people"):
        invite(project, **settings)


def test_a_link_outlives_its_group_and_its_maker(project):
    maker = make_user()
    group = members.add_group(project, "Doctors")
    made = invite(project, group=group, by=maker)
    members.remove_group(group)
    maker.delete()
    assert accept(standing(digest_of(made.secret)), make_user()).groups.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_in_as_the_link_allows():
    project = make_project()
    made = invite(project, uses=3)
    users = [make_user() for _ in range(8)]
    refused, errors, start = [], [], threading.Barrier(len(users))

    def run(user):
        try:
            start.wait(10)
            accept(made.invitation, user)
        except InvitationOver as fault:
            refused.append(fault.code)
        except Exception as error:  # noqa: BLE001  # the test reports it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(user,), daemon=True) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert refused == ["used"] * 5
    assert project.memberships.count() == 3
    assert Invitation.objects.get().uses_left == 0
