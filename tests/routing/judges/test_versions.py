from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from annotate.models import Annotator, Form, Guidelines
from routing.judges.base import InvalidJudge
from routing.judges.versions import create_judge, price_of, set_active, set_prices
from routing.models import Judge, RoutingPolicy
from routing.routing import set_policy
from tests.factories import make_annotator, make_item, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def make(project, **options):
    options = {"name": "mini", "kind": "openai", "model": "m"} | options
    return create_judge(project, **options)


def test_a_judge_is_an_llm_annotator_with_its_settings_form_and_guidelines(project):
    judge, new = make(project, settings={"concurrency": 2})
    assert new
    assert (judge.annotator.kind, judge.annotator.name, judge.annotator.version) == (
        "llm",
        "mini",
        1,
    )
    assert (judge.form, judge.guidelines) == (project.form, project.guidelines)
    assert judge.settings["concurrency"] == 2
    assert judge.settings["max_tokens"] == 1000
    assert judge.annotator.user is None


def test_the_same_settings_are_the_same_version(project):
    judge, _ = make(project)
    again, new = make(project)
    assert (again, new) == (judge, False)
    assert Annotator.objects.filter(kind="llm").count() == 1


def test_any_difference_makes_a_new_version_and_the_one_before_rests(project):
    first, _ = make(project)
    second, _ = make(project, settings={"temperature": None})
    Guidelines.objects.create(project=project, version=2, text="Read them twice.")
    third, _ = make(type(project).objects.get(pk=project.pk), settings={"temperature": None})
    Form.objects.create(project=project, version=2, questions=project.form.questions)
    fourth, _ = make(type(project).objects.get(pk=project.pk), settings={"temperature": None})
    assert [j.version for j in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert list(Judge.objects.active()) == [fourth]
    assert str(fourth) == "mini v4"


def test_going_back_to_old_settings_switches_the_old_version_on(project):
    first, _ = make(project)
    make(project, model="other")
    again, new = make(project)
    assert (again, new) == (first, False)
    assert list(Judge.objects.active()) == [first]


def test_a_relevance_judge_keeps_its_version_after_it_froze_its_scale(project):
    judge, _ = create_judge(project, name="offline", kind="relevance")
    Judge.objects.update(settings={**judge.settings, "frozen": {"items": 3}})
    assert create_judge(project, name="offline", kind="relevance") == (judge, False)
    assert (judge.input_price_usd, judge.output_price_usd) == (0, 0)


def test_a_name_that_imported_labels_use_gets_the_next_version(project):
    make_annotator(project, kind="llm", name="mini")
    judge, _ = make(project)
    assert judge.version == judge.annotator.version == 2


def test_prices_change_without_a_new_version(project):
    judge, _ = make(project)
    set_prices(judge, input_usd=Decimal("0.15"), output_usd=Decimal("0.6"))
    again, new = make(project, input_price_usd=Decimal("0.2"), output_price_usd=Decimal("0.6"))
    assert not new
    again.refresh_from_db()
    assert again.input_price_usd == Decimal("0.2")


def test_a_policy_follows_its_judges_newest_version(project):
    first, _ = make(project)
    set_policy(project, "confidence", {"threshold": 0.9}, judge=first)
    second, _ = make(project, model="other")
    policy = RoutingPolicy.objects.active_for(project)
    assert policy.judge == second
    assert policy.settings["threshold"] == 0.9
    assert policy.version == 2


def test_a_judge_can_rest_and_be_woken(project):
    judge, _ = make(project)
    set_active(judge, active=False)
    assert not Judge.objects.active().exists()
    set_active(judge, active=True)
    assert Judge.objects.active().get() == judge


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"kind": "oracle"}, "no judge kind 'oracle'; use one of openai, relevance"),
        ({"model": " "}, "needs a model"),
        ({"name": ""}, "not allowed"),
        ({"key_env": "secret"}, "_KEY"),
        ({"key_env": "ANNOTATE_SECRET_KEY"}, "cannot hold a key"),
        ({"key_env": "DATABASE_URL"}, "cannot hold a key"),
        ({"base_url": "localhost:8000"}, "no address"),
        ({"base_url": "ftp://host/v1"}, "no address"),
        ({"base_url": "http://user:pass@host/v1"}, "no address"),
        ({"settings": {"speed": 3}}, "Unknown setting 'speed'"),
        ({"settings": {"concurrency": 0}}, "from 1 to 64"),
        ({"settings": {"concurrency": 1.5}}, "whole number"),
        ({"settings": {"try_seconds": float("nan")}}, "try_seconds"),
        ({"settings": {"max_tokens": True}}, "max_tokens is True"),
        ({"input_price_usd": Decimal(-1)}, "out of range"),
    ],
)
def test_a_judge_that_could_not_work_is_refused(project, options, fault):
    with pytest.raises(InvalidJudge, match=fault):
        make(project, **options)
    assert not Judge.objects.exists()
    assert not Annotator.objects.exists()


def test_only_staff_may_name_an_address(project):
    admin, staff = make_user(), make_user(is_staff=True)
    address = {"base_url": "http://ollama:11434/v1", "key_env": "LOCAL_KEY"}
    with pytest.raises(InvalidJudge, match="Only staff"):
        make(project, by=admin, **address)
    make(project, by=staff, **address)
    _, new = make(project, by=admin, model="other", **address)
    assert new
    with pytest.raises(InvalidJudge, match="Only staff"):
        make(project, by=admin, base_url=address["base_url"], key_env="OPENAI_API_KEY")


@pytest.mark.parametrize("text", ["cheap", "-1", "NaN", "Infinity", ""])
def test_a_price_is_a_number_of_dollars(text):
    with pytest.raises(InvalidJudge, match="not a number of USD"):
        price_of(text)
    assert price_of("0.15") == Decimal("0.15")


# ------------------------------------------------------------------------------- the command lines


def test_the_command_makes_a_judge_and_has_it_label(project, capsys):
    make_item(project, route="judge", completions=("About eggs.", "About stocks."))
    make_item(project, route="human")
    call_command("create_judge", project.slug, "offline", "--kind", "relevance")
    assert "Made judge offline v1." in capsys.readouterr().out
    call_command("judge", project.slug, "--judge", "offline")
    assert "offline v1: 1 calls, 1 items labelled" in capsys.readouterr().out
    call_command("judge", project.slug, "--judge", "offline", "--all", "--json")
    assert '"items": {"labelled": 1}' in capsys.readouterr().out
    call_command("judge", project.slug, "--judge", "offline")
    assert "0 calls" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["create_judge", "nowhere", "x", "--kind", "relevance"], "no project 'nowhere'"),
        (["create_judge", "here", "x", "--kind", "oracle"], "no judge kind"),
        (["create_judge", "here", "x", "--kind", "openai"], "needs a model"),
        (["create_judge", "here", "x", "--kind", "relevance", "--setting", "a"], "no value"),
        (
            ["create_judge", "here", "x", "--kind", "openai", "--model", "m", "--input-price", "x"],
            "not a number",
        ),
        (["judge", "here", "--judge", "x"], "no judge 'x' in here; make one"),
        (["judge", "here", "--judge", "x", "--limit", "0"], "too small"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, fault):
    make_project(slug="here")
    with pytest.raises(CommandError, match=fault) as raised:
        call_command(*arguments)
    assert "\n" not in str(raised.value)


def test_a_judge_that_stands_still_fails_the_command(project):
    make_item(project, route="judge")
    make(project, key_env="NOT_SET_KEY")
    with pytest.raises(CommandError, match=r"mini v1 stands still: .*NOT_SET_KEY is not set"):
        call_command("judge", project.slug, "--judge", "mini")
