"""Policies and routing from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotate.models import Item
from routing.models import RoutingPolicy
from tests.factories import make_project
from tests.routing.routed import make_items, make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(default_route=None)


@pytest.fixture
def judge(project):
    return make_judge(project)


def run_command(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_commands_switch_a_policy_on_and_route(project, judge):
    make_items(project, 4)
    said = run_command(
        "set_policy", project.slug, "random", "--setting", "share=1", "--judge", "judge"
    )
    assert said == f"Policy random v1 is on in {project.slug}: seed 0, share 1.0, judge judge v1.\n"
    said = run_command("route", project.slug, "--budget", "3")
    assert f"4 items looked at in {project.slug}" in said
    assert "       3  human   drawn for people\n" in said
    assert "       1  waits   budget\n" in said
    run_command("route", project.slug, "--policy", "random")
    assert RoutingPolicy.objects.count() == 1
    run_command("route", project.slug, "--policy", "all_human", "--budget", "4")
    assert RoutingPolicy.objects.active_for(project).kind == "all_human"
    assert Item.objects.filter(route="human").count() == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["route"], "No policy is on in"),
        (["route", "--policy", "hyper"], "There is no policy 'hyper'"),
        (["route", "--policy", "all_judge"], "needs a judge"),
        (["route", "--policy", "all_human", "--budget", "-1"], "write 0 or more"),
        (["set_policy", "random", "--judge", "gpt"], "has no judge 'gpt'"),
        (["set_policy", "random", "--setting", "share"], "write NAME=VALUE"),
        (["set_policy", "all_human", "--setting", "seed=x"], "write a whole number"),
    ],
)
def test_bad_input_is_refused_in_one_line(project, arguments, message):
    command, *rest = arguments
    with pytest.raises(CommandError, match=message):
        run_command(command, project.slug, *rest)
    assert not RoutingPolicy.objects.exists()
