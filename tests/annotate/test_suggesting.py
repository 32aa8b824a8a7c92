"""Who is drawn to see a suggestion."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.assignment import claim, correct, correction_key, expire_overdue, submit
from annotate.assignment.suggesting import draw
from annotate.models import Assignment, Gold, Project
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(suggestions="arm", suggestions_share=0.5)


def claimed(project, member=None):
    return claim(member or make_member(project)).suggest


def test_nothing_is_drawn_where_suggestions_are_off(project):
    Project.objects.update(suggestions="off")
    project.refresh_from_db()
    make_item(project)
    assert claimed(project) == ""


@pytest.mark.parametrize(("share", "arm"), [(1.0, "before"), (0.0, "none")])
def test_the_share_decides_who_sees_one(project, share, arm):
    project.suggestions_share = share
    project.save()
    make_item(project)
    assert claimed(project) == arm


def test_a_draw_is_a_number_that_comes_out_the_same_again():
    drawn = [draw(item, annotator) for item in range(1, 101) for annotator in range(1, 21)]
    assert drawn == [draw(item, annotator) for item in range(1, 101) for annotator in range(1, 21)]
    assert all(0 <= number < 1 for number in drawn)
    assert 0.46 < sum(number < 0.5 for number in drawn) / len(drawn) < 0.54


def test_the_arm_is_what_the_draw_says(project):
    member = make_member(project)
    arms = {}
    for _ in range(12):
        make_item(project, overlap=1)
        assignment = claim(member)
        arms[assignment.item_id] = assignment.suggest
        Assignment.objects.filter(pk=assignment.pk).update(state="skipped")
    annotator = member.user.annotator.pk
    assert arms == {item: "before" if draw(item, annotator) < 0.5 else "none" for item in arms}
    assert set(arms.values()) == {"before", "none"}


@pytest.mark.parametrize("mode", ["arm", "after"])
def test_the_evaluation_share_and_gold_are_left_alone(project, mode):
    project.suggestions, project.suggestions_share = mode, 1.0
    project.save()
    make_item(project, evaluation=True)
    assert claimed(project) == ""
    item = make_item(project)
    Gold.objects.create(item=item, answers={}, form=project.form)
    assert claimed(project) == ""
    make_item(project)
    assert claimed(project) == ("before" if mode == "arm" else "after")


def test_who_has_seen_one_keeps_its_arm_when_the_lease_ran_out_and_the_setting_changed(project):
    project.suggestions_share = 1.0
    project.save()
    make_item(project)
    member = make_member(project)
    first = claim(member)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    expire_overdue()
    Project.objects.update(suggestions="off")
    member.project.refresh_from_db()
    again = claim(member)
    assert (again.pk, again.suggest) == (first.pk, "before")


def test_a_correction_knows_of_the_suggestion_that_came_up_after_the_first_answer(project):
    member = make_member(project)
    made = []
    for recorded in ({"arm": "after", "shown": "after", "informed": False}, None):
        make_item(project)
        assignment = claim(member)
        answers = {"overall": {"value": 1, "both_bad": False}}
        first = submit(assignment, answers, key=assignment.key, suggestions=recorded)
        changed = {"overall": {"value": -1, "both_bad": False}}
        made.append(correct(first, changed, membership=member, key=correction_key(first)))
    assert [one.suggestions for one in made] == [
        {"arm": "after", "shown": "after", "informed": True},
        None,
    ]


def test_drawing_takes_no_query_more(project):
    counts = []
    for mode in ("off", "arm", "after"):
        Project.objects.update(suggestions=mode)
        make_item(project)
        member = make_member(Project.objects.get())
        claim(member)  # the first one makes the annotator
        Assignment.objects.update(state="submitted")
        make_item(project)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            claim(member)
        counts.append(len(queries))
    assert len(set(counts)) == 1
