"""One label more where labels disagree, up to a limit and within budgets."""

from decimal import Decimal

import pytest

from annotate import budgets
from annotate.aggregation import aggregate_stale
from annotate.assignment import claim, set_overlaps, submit
from annotate.disputes import want_more
from annotate.gold import set_gold
from annotate.jobs import run_job
from annotate.labels import add_label
from annotate.models import Gold, Hint
from annotate.models.budgets import Unit
from annotate.project_settings import change_settings
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db


def answer(value):
    return {"overall": {"value": value, "both_bad": False}}


def labelled(project, *values, item=None):
    """An item, so many people having given these values."""
    item = item or make_item(project)
    for value in values:
        assignment = claim(make_member(project))
        assert assignment.item_id == item.pk
        submit(assignment, answer(value), key=assignment.key)
    aggregate_stale(project)
    return item


def overlap(item):
    item.refresh_from_db()
    return item.overlap, item.seats_left


def disputing(most=4, **fields):
    return make_project(overlap=2, dispute_overlap=most, **fields)


def test_two_who_disagree_ask_a_third_and_one_side_with_more_than_half_settles_it():
    project = disputing()
    item = labelled(project, -1, 2)
    assert want_more(project) == 1
    assert overlap(item) == (3, 1)
    assert want_more(project) == 0  # nobody has answered yet
    labelled(project, -2, item=item)
    assert want_more(project) == 0
    assert overlap(item) == (3, 0)


def test_it_goes_on_up_to_the_limit_and_no_further():
    project = disputing(most=4)
    item = labelled(project, -1, 1)
    want_more(project)
    labelled(project, 0, item=item)
    want_more(project)
    labelled(project, 0, item=item)  # two of four: still no more than half
    assert want_more(project) == 0
    assert overlap(item) == (4, 0)


@pytest.mark.parametrize("values", [(-1, -2), (0, 0)])
def test_those_who_agree_are_enough(values):
    project = disputing()
    labelled(project, *values)
    assert want_more(project) == 0


def test_without_the_setting_nothing_is_asked():
    project = make_project(overlap=2)
    item = labelled(project, -1, 1)
    assert want_more(project) == 0
    assert overlap(item) == (2, 0)


def test_what_is_being_worked_on_reviewed_or_gold_of_a_test_is_left():
    project = disputing()
    worked = labelled(project, -1, 1)
    set_overlaps({worked.pk: 3})
    claim(make_member(project))
    reviewed = labelled(project, -1, 1)
    reviewer = make_member(project, role="researcher").user.annotator_or_new
    add_label(reviewed, reviewer, answer(1), form=project.form, purpose="review")
    gold = labelled(project, -1, 1)
    set_gold(gold, answer(1), use=Gold.Use.PLANTED)
    aggregate_stale(project)
    assert want_more(project) == 0


def test_a_budget_is_reached_and_never_passed():
    project = disputing(pay_per_label_usd=Decimal(1))
    first, second = labelled(project, -1, 1), labelled(project, -1, 1)
    budgets.set_budget(project, unit=Unit.LABELS, period="total", cap=Decimal(1))
    assert want_more(project) == 1
    assert sorted([overlap(first)[0], overlap(second)[0]]) == [2, 3]


def test_the_job_follows_aggregation_and_the_setting():
    project = make_project(overlap=2)
    item = labelled(project, -1, 1)
    change_settings(project, {"dispute_overlap": 3})
    assert Hint.objects.get(project=project, kind="disputes").wanted
    run_job("disputes", project.pk)
    assert overlap(item) == (3, 1)
    Hint.objects.filter(kind="disputes").delete()
    run_job("aggregate", project.pk)
    assert Hint.objects.filter(project=project, kind="disputes", wanted=True).exists()
