"""People claim, submit and skip while many items are archived, restored, raised and lowered."""

import random

import pytest
from django.db.models import Count, F, Q

from annotate.assignment import LeaseLost, claim, skip, submit
from annotate.models import Annotation, Assignment, Item, Membership
from routing.bulk import actions
from routing.bulk.actions import Chosen, run, start, undo
from routing.bulk.kinds import KINDS
from routing.selection import Selection
from tests.factories import make_item, make_member, make_project
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS, PEOPLE, ROUNDS = 40, 6, 12
ANSWERS = {"overall": {"value": 1, "both_bad": False}}


def work(member, draw):
    """Take what is offered until a while; how many answers were refused."""
    lost = 0
    for _ in range(ROUNDS):
        assignment = claim(Membership.objects.get(pk=member.pk))
        if assignment is None:
            continue
        if draw.random() < 0.2:
            skip(assignment)
            continue
        try:
            submit(assignment, ANSWERS, key=assignment.key)
        except LeaseLost:
            lost += 1
    return lost


def steer(project):
    """All sorts of changes, one after the other, each over all items."""
    for kind, settings in (
        ("overlap", {"to": 3}),
        ("archive", {}),
        ("restore", {}),
        ("route", {"to": "judge"}),
        ("route", {"to": "human"}),
        ("archive", {}),
    ):
        selection = Selection.of(project, "archived=all")
        action = start(Chosen(selection), KINDS[kind], settings, by=None)
        while run(project):
            pass
        action.refresh_from_db()
        assert action.fault == ""
    undo(action, by=None)
    while run(project):
        pass


def test_nothing_is_lost_doubled_or_stuck(monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 7)
    project = make_project(overlap=2)
    for _ in range(ITEMS):
        make_item(project)
    members = [make_member(project) for _ in range(PEOPLE)]
    draws = [random.Random(n) for n in range(PEOPLE)]  # noqa: S311

    def one(number):
        return steer(project) if number == PEOPLE else work(members[number], draws[number])

    in_threads(PEOPLE + 1, one)
    taken = Count(
        "assignments", filter=Q(assignments__state__in=("open", "submitted")), distinct=True
    )
    for item in Item.objects.annotate(taken=taken):
        assert item.taken <= item.overlap
        assert item.seats_left == item.overlap - item.taken
    assert not Item.objects.filter(seats_left__gt=F("overlap")).exists()
    twice = Annotation.objects.values("item", "annotator").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()
    assert Annotation.objects.count() == Assignment.objects.filter(state="submitted").count()
    assert not Item.objects.archived().exists()
    assert set(Item.objects.values_list("route", flat=True)) == {"human"}
