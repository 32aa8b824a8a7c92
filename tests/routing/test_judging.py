import json
from datetime import timedelta

import pytest
from django.utils import timezone

from annotate.jobs import KINDS, run_job
from annotate.models import Annotation, Item
from routing import (
    jobs,  # noqa: F401 registers them, as a worker does at its start
    judging,
)
from routing.judges import llm
from routing.models import Judge, JudgeCall
from routing.routing import route_all, set_policy
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.routing.judges.judging_rows import NO_TIES, make_judge, spent, the_label
from tests.routing.judges.scripted_server import (
    always,
    fails,
    half,
    says,
    scripted,
    sleeps,
    verdict,
)
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
State = JudgeCall.State


# ------------------------------------------------------------------------------- a judge that works


def test_a_judge_is_asked_in_both_orders_and_its_label_keeps_both_verdicts():
    with scripted() as server:
        judge = make_judge(server)
        counts = judging.judge_items(judge)
    assert (counts.calls, counts.items["labelled"], counts.blocked) == (2, 1, "")
    label = the_label(judge)
    assert label.answers == {"overall": {"value": -1, "both_bad": False}}
    assert (label.form, label.guidelines) == (judge.form, judge.guidelines)
    assert label.raw["consistent"] is True
    assert label.raw["confidence"] == 0.8
    assert [order["order"] for order in label.raw["orders"]] == [[0, 1], [1, 0]]
    assert label.item.stale
    first, second = JudgeCall.objects.order_by("order")
    assert first.verdict == {"overall": {"value": -1, "both_bad": False}}
    assert second.verdict == {"overall": {"value": 1, "both_bad": False}}
    for call in (first, second):
        assert (call.state, call.tries, call.confidence) == (State.ANSWERED, 1, 0.8)
        assert (call.input_tokens, call.output_tokens) == (100, 20)
        assert call.raw["model"] == "scripted-2026"


def test_a_judge_sees_the_guidelines_the_form_and_no_maker_of_a_completion():
    with scripted() as server:
        judging.judge_items(make_judge(server))
    system, user = server.script.requests[0]["messages"]
    assert "Read both." in system["content"]
    assert "Which is better?" in system["content"]
    assert "a good answer" in user["content"]
    assert "model-0" not in json.dumps(server.script.requests)
    schema = server.script.requests[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["answers"]["properties"]["overall"]["enum"][0] == "A>>B"


def test_two_orders_that_contradict_each_other_are_a_tie_without_confidence():
    with scripted(otherwise=verdict(always("A>B"))) as server:
        judge = make_judge(server)
        judging.judge_items(judge)
    label = the_label(judge)
    assert label.answers["overall"]["value"] == 0
    assert label.raw["consistent"] is False
    assert label.raw["confidence"] == 0


def test_where_ties_are_not_allowed_a_contradiction_gives_no_label_and_the_item_goes_to_people():
    with scripted(otherwise=says('{"answers": {"overall": "A>B"}, "confidence": 99}')) as server:
        judge = make_judge(server, questions=NO_TIES)
        counts = judging.judge_items(judge)
        judging.judge_items(judge)
    assert counts.items["undecided"] == 1
    assert not Annotation.objects.exists()
    assert Item.objects.get().route == "human"
    assert len(server.script.requests) == 2


def test_running_again_asks_and_pays_for_nothing():
    with scripted() as server:
        judge = make_judge(server, items=3, prices=(1, 1))
        judging.judge_items(judge)
        paid = spent(judge.project)
        again = judging.judge_items(judge)
        assert judging.judge_due(judge.project) is False
    assert again.calls == 0
    assert len(server.script.requests) == 6
    assert spent(judge.project) == paid > 0
    assert Annotation.objects.count() == 3


def test_several_workers_share_a_judges_calls():
    with scripted(otherwise=verdict(seconds=0.02)) as server:
        judge = make_judge(server, items=10, concurrency=4)
        in_threads(2, lambda _: judging.judge_items(Judge.objects.get(pk=judge.pk)))
    assert len(server.script.requests) == 20
    assert set(server.script.asked.values()) == {1}
    assert Annotation.objects.count() == 10


def test_only_items_for_judges_are_asked_about_unless_somebody_wants_others():
    with scripted() as server:
        judge = make_judge(server, items=1)
        other = make_item(judge.project, route="human")
        unrouted = make_item(judge.project, route=None)
        labelled = make_item(judge.project)
        make_annotation(labelled, judge.annotator)
        stranger = make_item(make_project(default_route="judge"))
        judging.judge_items(judge)
        assert Annotation.objects.filter(annotator=judge.annotator).count() == 2
        assert judging.want_items(judge, [other.pk, unrouted.pk, labelled.pk, stranger.pk]) == 2
        judging.judge_items(judge)
    assert Annotation.objects.filter(item__in=[other, unrouted]).count() == 2
    assert len(server.script.requests) == 6


def test_items_that_arrive_later_are_due():
    with scripted() as server:
        judge = make_judge(server)
        judging.judge_items(judge)
        assert judge.project_id not in judging.projects_with_due_judges()
        make_item(judge.project, completions=("a good one", "another"))
        assert judge.project_id in judging.projects_with_due_judges()
        assert judging.judge_due(judge.project) is True
    assert Annotation.objects.count() == 2


def test_items_looked_at_long_ago_are_not_looked_at_again():
    with scripted() as server:
        judge = make_judge(server, items=2)
        Item.objects.update(created_at=timezone.now() - timedelta(hours=1))
        judging.judge_items(judge)
    judge.refresh_from_db()
    assert judge.planned_to == Item.objects.latest("pk").pk


def test_a_judge_that_rests_does_nothing():
    with scripted() as server:
        judge = make_judge(server)
        Judge.objects.update(active=False)
        assert judging.judge_due(judge.project) is False
    assert server.script.requests == []


def test_a_third_completion_is_shown_and_only_the_pair_changes_places():
    with scripted() as server:
        project = make_project(default_route="judge")
        make_item(project, completions=("a good answer", "a bad answer", "another"))
        judge = make_judge(server, project=project, items=0)
        judging.judge_items(judge)
    assert [c.shown_order for c in JudgeCall.objects.order_by("order")] == [[0, 1, 2], [1, 0, 2]]
    assert the_label(judge).answers["overall"]["value"] == -1


# ------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("answer", "fault", "tries"),
    [
        (sleeps(1.0), "timeout", 3),
        (fails(429, Retry_After="0"), "rate limited", 3),
        (fails(500), "server fault", 3),
        (half, "server fault", 3),
        (says('{"answers": {"overall": "A>B"'), "bad answer", 2),
        (says('{"answers": {"overall": "A>>>B"}, "confidence": 90}'), "bad answer", 2),
        (says('{"overall": "A>B"}'), "bad answer", 2),
        (says('{"answers": {"overall": "A>B", "why": "\\u0000"}}'), "bad answer", 2),
        (says("A is better."), "bad answer", 2),
        (says(None, refusal="No."), "refused", 2),
        (says("", finish_reason="content_filter"), "refused", 2),
        (fails(400, message="too long"), "rejected", 1),
    ],
)
def test_a_fault_is_retried_within_limits_recorded_and_never_a_label(answer, fault, tries):
    with scripted(otherwise=answer) as server:
        judge = make_judge(server, **({"try_seconds": 0.2} if fault == "timeout" else {}))
        counts = judging.judge_items(judge)
    assert not Annotation.objects.exists()
    [call] = JudgeCall.objects.all()
    assert (call.state, call.tries) == (State.FAILED, tries)
    assert call.fault.startswith(fault)
    assert counts.faults == {fault: 1}
    assert Item.objects.get().route == "human"


def test_a_fault_that_passes_leaves_its_tries_in_the_row_and_a_label():
    with scripted(fails(500), says("nonsense")) as server:
        judge = make_judge(server)
        judging.judge_items(judge)
    assert the_label(judge).answers["overall"]["value"] == -1
    assert JudgeCall.objects.get(order=0).tries == 3


def test_the_text_of_a_bad_answer_is_kept():
    with scripted(otherwise=says("A \x00 is better.")) as server:
        judging.judge_items(make_judge(server))
    assert JudgeCall.objects.get().raw["text"] == "A \ufffd is better."


def test_an_item_for_people_and_judge_stays_with_people_when_the_judge_fails():
    with scripted(otherwise=says("nonsense")) as server:
        judge = make_judge(server)
        Item.objects.update(route="both")
        judging.judge_items(judge)
    assert Item.objects.get().route == "both"


def test_an_endpoint_that_fails_every_call_is_left_alone_for_a_while():
    with scripted(otherwise=fails(500)) as server:
        judge = make_judge(server, items=5, concurrency=2)
        counts = judging.judge_items(judge, limit=2)
        assert "server fault" in counts.blocked
        assert judging.judge_due(judge.project) is False
        asked = len(server.script.requests)
        Judge.objects.update(retry_at=timezone.now())
        server.script.otherwise = verdict()
        assert judging.judge_due(judge.project) is True
        probe = len(server.script.requests) - asked
        judging.judge_due(judge.project)
    judge.refresh_from_db()
    assert probe == 1
    assert judge.fault == ""
    assert Annotation.objects.count() + Item.objects.filter(route="human").count() == 5


def test_a_missing_key_stops_the_judge_and_keeps_its_items(monkeypatch):
    with scripted() as server:
        judge = make_judge(server)
        Judge.objects.update(key_env="SCRIPTED_KEY")
        judge.refresh_from_db()
        counts = judging.judge_items(judge)
        assert "SCRIPTED_KEY is not set" in counts.blocked
        assert server.script.requests == []
        assert judging.judge_due(judge.project) is False
        monkeypatch.setenv("SCRIPTED_KEY", "sesame")
        judging.resume(judge)
        judging.judge_items(judge)
    assert the_label(judge)
    assert server.script.requests[0]["key"] == "Bearer sesame"
    judge.refresh_from_db()
    assert judge.fault == ""


def test_a_key_that_the_endpoint_refuses_stops_the_judge_and_costs_no_item():
    with scripted(otherwise=fails(401)) as server:
        judge = make_judge(server, items=2, prices=(1, 1))
        counts = judging.judge_items(judge)
    assert "401" in counts.blocked
    assert set(JudgeCall.objects.values_list("state", flat=True)) == {State.WAITING}
    assert set(Item.objects.values_list("route", flat=True)) == {"judge"}
    assert len(server.script.requests) == 1
    assert spent(judge.project) == 0


def test_what_failed_can_be_asked_again():
    with scripted(otherwise=says("nonsense")) as server:
        judge = make_judge(server, items=2)
        judging.judge_items(judge)
        server.script.otherwise = verdict()
        assert judging.ask_again(judge) == 2
        judging.judge_items(judge)
    assert Annotation.objects.count() == 2


def test_a_fault_of_this_program_fails_the_call_and_stops_the_judge(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("odd")

    with scripted() as server:
        judge = make_judge(server, items=3)
        monkeypatch.setattr(llm, "ask", broken)
        counts = judging.judge_items(judge, limit=1)
    assert counts.faults == {"internal fault": 1}
    assert counts.blocked
    assert JudgeCall.objects.filter(state=State.FAILED).count() == 1


def test_labels_of_people_are_untouched_by_a_judge():
    with scripted() as server:
        judge = make_judge(server)
        item = Item.objects.get()
        theirs = make_annotation(item, make_annotator(judge.project))
        judging.judge_items(judge)
    theirs.refresh_from_db()
    assert theirs.answers == {"overall": {"value": 1, "both_bad": False}}
    assert item.annotations.count() == 2


# ------------------------------------------------------------------------------- the job


def test_the_job_finds_the_project_and_labels_its_items():
    with scripted() as server:
        judge = make_judge(server, items=3)
        assert judge.project_id in set(KINDS["judge"].due())
        run_job("judge", judge.project_id)
        assert judge.project_id not in set(KINDS["judge"].due())
    assert Annotation.objects.filter(annotator=judge.annotator).count() == 3


def test_a_confidence_policy_hears_the_judge_first_and_sends_what_it_is_unsure_of_to_people():
    with scripted(otherwise=verdict(always("A>B"))) as server:
        project = make_project(default_route=None, evaluation_share=0)
        judge = make_judge(server, items=1, project=project)
        set_policy(project, "confidence", {"threshold": 0.7, "random_share": 0.0}, judge=judge)
        route_all(project)
        assert Item.objects.get().route == "judge"
        run_job("judge", project.pk)
        route_all(project)
    assert the_label(judge).raw["confidence"] == 0
    assert Item.objects.get().route in ("human", "both")


def test_a_policy_hears_of_an_item_whose_judge_failed():
    with scripted(otherwise=says("nonsense")) as server:
        project = make_project(default_route=None, evaluation_share=0)
        judge = make_judge(server, items=1, project=project)
        set_policy(project, "all_judge", judge=judge)
        route_all(project)
        run_job("judge", project.pk)
        assert Item.objects.get().route == "judge"  # the policy's and its budget's to decide
        route_all(project)
    assert Item.objects.get().route == "human"
