"""Who comes in by a crowd platform's link, as whom, and what is known of it."""

import pytest

from annotate import crowd as crowds
from annotate.assignment import EnoughLabels, claim, submit
from annotate.crowd import BadVisit, NoEntry, Visitor, come_in, door, new_link, read_visitor, set_up
from annotate.eligibility import refresh
from annotate.invitations import digest_of
from annotate.members import change_role, open_projects, remove_member
from annotate.models import AuditEntry, Crowd, CrowdVisit, Group, User
from tests.annotate.golden import RIGHT
from tests.factories import make_item, make_project
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd():
    return opened(make_project())


def opened(project, **more):
    values = {"completion_code": "C0DE", "labels_each": 2} | more
    return set_up(project, **values)[0]


def member_of(crowd, participant="p1"):
    user = come_in(crowd, Visitor(participant))
    return user.memberships.get(project=crowd.project)


# -------------------------------------------------------------------------------------- the link


def test_a_link_says_who_comes():
    query = {"PROLIFIC_PID": " 5f3e0a ", "STUDY_ID": "s-1", "SESSION_ID": "t_1", "other": "x"}
    assert read_visitor(query) == Visitor("5f3e0a", "s-1", "t_1")
    assert read_visitor({"PROLIFIC_PID": "a"}) == Visitor("a")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({}, "PROLIFIC_PID is missing"),
        ({"PROLIFIC_PID": "  "}, "PROLIFIC_PID is missing"),
        ({"PROLIFIC_PID": "{{%PROLIFIC_PID%}}"}, "which is no id"),
        ({"PROLIFIC_PID": "a b"}, "which is no id"),
        ({"PROLIFIC_PID": "a" * 65}, "which is no id"),
        ({"PROLIFIC_PID": "a\0"}, "which is no id"),
        ({"PROLIFIC_PID": "ä"}, "which is no id"),
        ({"PROLIFIC_PID": "a", "STUDY_ID": "<b>"}, "STUDY_ID is “<b>”"),
        ({"PROLIFIC_PID": "a", "SESSION_ID": "'; --"}, "SESSION_ID"),
    ],
)
def test_a_malformed_id_is_refused_in_words(query, fault):
    with pytest.raises(BadVisit, match=fault):
        read_visitor(query)


def test_the_secret_is_shown_once_and_a_new_one_takes_its_place():
    project = make_project()
    crowd, secret = set_up(project, completion_code="C0DE", labels_each=2)
    assert secret
    assert door(digest_of(secret)) == crowd
    assert secret not in str(Crowd.objects.values().get())
    assert set_up(project, completion_code="C0DE", labels_each=3)[1] == ""
    renewed = new_link(crowd)
    with pytest.raises(NoEntry, match="replaced by another"):
        door(digest_of(secret))
    assert door(digest_of(renewed)) == crowd
    assert secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("code", ["", "a b", "ä", "x" * 61, "a&cc=b"])
def test_what_is_no_completion_code_is_refused(code):
    with pytest.raises(ValueError, match="no completion code"):
        set_up(make_project(), completion_code=code, labels_each=2)
    assert not Crowd.objects.exists()


# --------------------------------------------------------------------------------------- coming in


def test_a_participant_gets_a_user_without_a_password_once(crowd):
    group = Group.objects.create(project=crowd.project, name="crowd", tags=["german"])
    set_up(crowd.project, completion_code="C0DE", labels_each=2, group=group)
    crowd.refresh_from_db()
    user = come_in(crowd, Visitor("p1", "s", "t"))
    assert come_in(crowd, Visitor("p1", "s", "t2")) == user
    assert not user.has_usable_password()
    member = user.memberships.get()
    assert (member.role, member.most_labels, list(member.groups.all())) == ("annotator", 2, [group])
    visit = CrowdVisit.objects.get()
    assert (visit.participant, visit.study, visit.session) == ("p1", "s", "t2")


def test_the_groups_tags_count_from_the_start(crowd):
    group = Group.objects.create(project=crowd.project, name="crowd", tags=["german"])
    crowd.project.queues = ["", "german"]
    crowd.project.save()
    set_up(crowd.project, completion_code="C0DE", labels_each=2, group=group)
    crowd.refresh_from_db()
    refresh(crowd.project)
    assert member_of(crowd).queues == ["", "german"]


def test_a_closed_door_lets_those_in_who_have_begun_and_nobody_new(crowd):
    user = come_in(crowd, Visitor("p1"))
    set_up(crowd.project, completion_code="C0DE", labels_each=2, is_open=False)
    crowd.refresh_from_db()
    assert come_in(crowd, Visitor("p1")) == user
    with pytest.raises(NoEntry, match="closed"):
        come_in(crowd, Visitor("p2"))
    assert User.objects.filter(username__startswith="prolific-").count() == 1


def test_who_was_taken_out_does_not_come_back(crowd):
    remove_member(member_of(crowd))
    with pytest.raises(NoEntry, match="taken out"):
        come_in(crowd, Visitor("p1"))


def test_the_link_opens_no_account_that_has_become_more_than_a_participants(crowd):
    member = member_of(crowd)
    change_role(member, "researcher")
    with pytest.raises(NoEntry):
        come_in(crowd, Visitor("p1"))
    change_role(member, "annotator")
    member.user.set_password("own")
    member.user.save()
    with pytest.raises(NoEntry):
        come_in(crowd, Visitor("p1"))


def test_the_same_participant_in_another_project_is_another_user(crowd):
    other = opened(make_project())
    assert come_in(crowd, Visitor("p1")) != come_in(other, Visitor("p1"))


def test_a_participants_user_is_offered_no_other_project(crowd):
    make_project(open_to_all=True)
    assert not open_projects(come_in(crowd, Visitor("p1"))).exists()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_make_one_participant():
    crowd = opened(make_project())
    users = in_threads(6, lambda _: come_in(crowd, Visitor("p1")).pk)
    assert len(set(users)) == 1
    assert CrowdVisit.objects.count() == 1


# ------------------------------------------------------------------------------------- how far


def test_a_visit_ends_with_its_number_of_labels(crowd):
    for _ in range(4):
        make_item(crowd.project)
    member = member_of(crowd)
    set_up(crowd.project, completion_code="C0DE", labels_each=3)  # for those who come later
    for _ in range(2):
        assignment = claim(member)
        submit(assignment, RIGHT, key=assignment.key)
    with pytest.raises(EnoughLabels):
        claim(member)
    assert crowds.labels_of(member) == 2


def states(crowd):
    visits = CrowdVisit.objects.select_related("membership__user", "crowd__project").order_by("pk")
    return [one.state for one in crowds.progress(list(visits), crowd.project)]


def test_progress_tells_who_is_where(crowd, django_assert_num_queries):
    make_item(crowd.project)
    first, second = member_of(crowd, "p1"), member_of(crowd, "p2")
    assert states(crowd) == ["arrived", "arrived"]
    assignment = claim(first)
    submit(assignment, RIGHT, key=assignment.key)
    second.qualification_attempt = 2
    second.save()
    crowd.project.qualification_pass = 0.5
    crowd.project.save()
    assert states(crowd) == ["test", "last try"]
    first.qualified_at = first.created_at
    first.save()
    assert states(crowd)[0] == "working"
    visit = CrowdVisit.objects.select_related("crowd").get(membership=first)
    crowds.finish(visit)
    ended = visit.finished_at
    crowds.finish(CrowdVisit.objects.get(pk=visit.pk))
    assert CrowdVisit.objects.get(pk=visit.pk).finished_at == ended
    with django_assert_num_queries(3):
        assert states(crowd)[0] == "finished"
