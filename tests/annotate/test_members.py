"""People of a project: every change is checked, stands for itself among races, and is on record."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from annotate import members
from annotate.assignment import MemberPaused, claim
from annotate.members import AlreadyMember, GroupExists, LastAdmin, NotMember
from annotate.models import Annotation, Assignment, AuditEntry, Item, Membership
from tests.factories import (
    make_annotation,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def member(project):
    return make_member(project)


def last_entry():
    return AuditEntry.objects.latest("pk")


def in_threads(*runs):
    """Run all at once, each in a thread of its own; what they raised."""
    errors, start = [], threading.Barrier(len(runs))

    def body(run):
        try:
            start.wait(10)
            run()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=body, args=(run,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return errors


# ------------------------------------------------------------------------------- joining and leaving


def test_who_joins_has_a_role_a_group_and_an_annotator(project):
    group = members.add_group(project, "Doctors", ["medicine"])
    member = members.add_member(project, make_user("ada"), role="researcher", group=group)
    assert member.role == "researcher"
    assert list(member.groups.all()) == [group]
    assert member.user.annotator.name == "ada"
    entry = last_entry()
    assert (entry.action, entry.details["group"]) == ("member.add", "Doctors")


def test_nobody_joins_twice(project, member):
    with pytest.raises(AlreadyMember, match="already"):
        members.add_member(project, member.user)
    assert project.memberships.count() == 1


def test_who_leaves_gives_open_items_back_and_leaves_the_labels(project, member):
    make_annotation(make_item(project), member.user.annotator_or_new)
    assignment = make_assignment(make_item(project), member)
    members.remove_member(member)
    assert not project.memberships.exists()
    assert Annotation.objects.count() == 1
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED
    assert Item.objects.get(pk=assignment.item_id).seats_left == 1
    assert last_entry().details["user"] == member.user_id


def test_the_last_admin_stays(project):
    admin = make_member(project, role="admin")
    with pytest.raises(LastAdmin, match="somebody else"):
        members.change_role(admin, "annotator")
    with pytest.raises(LastAdmin):
        members.remove_member(admin)
    assert not AuditEntry.objects.exists()


def test_what_is_changed_in_somebody_who_has_left_changes_nothing(project, member):
    Membership.objects.all().delete()
    for change in (
        lambda: members.change_role(member, "admin"),
        lambda: members.set_pay(member, Decimal(1)),
        lambda: members.pause(member, "why"),
        lambda: members.reinstate(member),
        lambda: members.set_tags(member, ["x"]),
        lambda: members.set_groups(member, []),
        lambda: members.remove_member(member),
    ):
        with pytest.raises(NotMember, match="any more"):
            change()
    assert not AuditEntry.objects.exists()


# ---------------------------------------------------------------------------------------- one member


def test_a_role_is_changed_for_the_record(project, member):
    assert members.change_role(member, "researcher")
    assert not members.change_role(member, "researcher")
    entry = AuditEntry.objects.get()
    assert entry.details == {"user": member.user_id, "before": "annotator", "after": "researcher"}


def test_pay_is_of_ones_own_or_the_projects(project, member):
    assert members.set_pay(member, Decimal("0.2500"))
    assert last_entry().details["after"] == "0.25"
    assert not members.set_pay(member, Decimal("0.25"))
    assert members.set_pay(member, None)
    assert last_entry().details["before"] == "0.25"


def test_pay_below_nothing_is_refused_by_the_database(member):
    with pytest.raises(IntegrityError), transaction.atomic():
        members.set_pay(member, Decimal(-1))


def test_who_is_paused_gets_no_item_and_the_reason(project, member):
    make_item(project)
    assert members.pause(member, "Please read the new guidelines.")
    with pytest.raises(MemberPaused, match="new guidelines"):
        claim(member)
    assert members.reinstate(member)
    assert claim(member) is not None
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["member.pause", "member.reinstate"]


def test_another_reason_is_no_new_pause(project, member):
    members.pause(member, "First.")
    since = Membership.objects.get().paused_at
    assert not members.pause(member, "Second.")
    paused = Membership.objects.get()
    assert (paused.paused_at, paused.paused_reason) == (since, "Second.")
    assert AuditEntry.objects.count() == 2
    assert not members.pause(member, "Second.")
    assert AuditEntry.objects.count() == 2


def test_what_is_open_may_be_finished_or_is_taken_back(project, member):
    opened = make_assignment(make_item(project), member)
    members.pause(member, "Later.")
    assert claim(member) == opened
    members.pause(member, "Later.", free=True)
    opened.refresh_from_db()
    assert opened.state == Assignment.State.EXPIRED
    with pytest.raises(MemberPaused):
        claim(member)


def test_items_can_be_freed_when_somebody_is_let_back_in(project, member):
    opened = make_assignment(make_item(project), member)
    members.pause(member, "Later.")
    members.reinstate(member, free=True)
    opened.refresh_from_db()
    assert opened.state == Assignment.State.EXPIRED
    assert claim(member) == opened  # the same item, as from new


# -------------------------------------------------------------------------------------------- groups


def test_a_group_is_named_once_in_a_project(project):
    members.add_group(project, "Doctors")
    with pytest.raises(GroupExists, match="Doctors"):
        members.add_group(project, "Doctors")
    members.add_group(make_project(), "Doctors")
    other = members.add_group(project, "Nurses")
    with pytest.raises(GroupExists):
        members.change_group(other, name="Doctors", tags=[], members=[])


def test_a_groups_name_tags_and_members_are_changed_for_the_record(project, member):
    group = members.add_group(project, "Doctors", ["medicine"])
    assert members.change_group(group, name="Medics", tags=["medicine", "german"], members=[member])
    details = last_entry().details
    assert details["before"] == {"name": "Doctors", "tags": ["medicine"], "members": 0}
    assert details["after"] == {"name": "Medics", "tags": ["german", "medicine"], "members": 1}
    assert details["joined"] == [member.user.username]
    assert not members.change_group(
        group, name="Medics", tags=["german", "medicine"], members=[member]
    )


def test_members_of_another_project_are_put_into_no_group(project):
    stranger = make_member(make_project())
    group = members.add_group(project, "Doctors")
    members.change_group(group, name="Doctors", tags=[], members=[stranger])
    assert not group.members.exists()
    elsewhere = members.add_group(stranger.project, "Others")
    own = make_member(project)
    members.set_groups(own, [group, elsewhere])
    assert list(own.groups.all()) == [group]


def test_removing_a_group_leaves_its_members(project, member):
    group = members.add_group(project, "Doctors", ["medicine"])
    members.set_groups(member, [group])
    members.remove_group(group)
    assert project.memberships.count() == 1
    assert last_entry().action == "group.remove"


# --------------------------------------------------------------------------------------------- races


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_leave_one():
    project = make_project()
    both = [make_member(project, role="admin") for _ in range(2)]
    errors = in_threads(*(lambda one=one: members.change_role(one, "annotator") for one in both))
    assert [type(error) for error in errors] == [LastAdmin]
    assert project.memberships.filter(role="admin").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_admin_pauses_while_another_removes():
    project = make_project()
    member = make_member(project)
    errors = in_threads(
        lambda: members.pause(member, "Later."), lambda: members.remove_member(member)
    )
    assert all(isinstance(error, NotMember) for error in errors)
    assert not project.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_somebody_added_by_two_admins_at_once_is_a_member_once():
    project, user = make_project(), make_user()
    errors = in_threads(*[lambda: members.add_member(project, user)] * 4)
    assert [type(error) for error in errors] == [AlreadyMember] * 3
    assert project.memberships.count() == 1


@pytest.mark.django_db(transaction=True)
def test_groups_changed_at_once_leave_queues_that_fit_their_tags():
    project = make_project(queues=["", "german", "medicine"])
    crowd = [make_member(project) for _ in range(6)]
    groups = [members.add_group(project, f"g{n}", []) for n in range(3)]
    tags = [["german"], ["medicine"], []]

    def change(n):
        for step in range(4):
            members.change_group(
                groups[n], name=f"g{n}", tags=tags[(n + step) % 3], members=crowd[step : step + 4]
            )

    def retag():
        for member in reversed(crowd):
            members.set_tags(member, ["german"])
            members.set_groups(member, [groups[0]])

    assert in_threads(*(lambda n=n: change(n) for n in range(3)), retag) == []
    for member in project.memberships.prefetch_related("groups"):
        have = {*member.tags, *(tag for group in member.groups.all() for tag in group.tags)}
        assert set(member.queues) == {"", *(have & {"german", "medicine"})}
