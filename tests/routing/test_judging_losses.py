"""Calls that a killed worker left: asked once more, and paid for as if they had been answered."""

import os
import signal
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from annotate.jobs import worker_name
from annotate.models import Annotation, Item, LedgerEntry, Worker
from routing import judging
from routing.judges import calls as judge_calls
from routing.judges import llm
from routing.models import JudgeCall
from tests.routing.judges.judging_rows import budget, make_judge, spent, the_label
from tests.routing.judges.scripted_server import scripted, verdict
from tests.running import environment, python, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
State = JudgeCall.State


def lose(call, **fields):
    """As a killed worker leaves it."""
    JudgeCall.objects.filter(pk=call.pk).update(
        state=State.RESERVED, worker="elsewhere:1", **fields
    )


def test_a_lost_call_keeps_its_reservation_as_spent_and_is_asked_once_more():
    with scripted(otherwise=verdict(usage=(0, 50))) as server:
        judge = make_judge(server, prices=(0, 100))
        budget(judge.project, 1)
        judging.plan(judge)
        [call] = judge_calls.take(judge, limit=1)
        judge_calls.CallMeter(call, judge).begin(llm.Usage(0, 100))
        judge_calls.let_go([call])
        lose(call)
        counts = judging.judge_items(judge)
    call.refresh_from_db()
    assert counts.lost == 1
    assert (call.state, call.losses, call.tries) == (State.ANSWERED, 1, 2)
    assert call.cost_usd == Decimal("0.015")
    assert spent(judge.project) == Decimal("0.02")
    assert the_label(judge)


def test_a_call_that_is_lost_twice_is_given_up():
    with scripted() as server:
        judge = make_judge(server)
        judging.plan(judge)
        lose(JudgeCall.objects.get(order=0), losses=1)
        judging.judge_items(judge)
    assert JudgeCall.objects.get().state == State.FAILED
    assert Item.objects.get().route == "human"
    assert server.script.requests == []


def test_a_call_that_a_living_worker_has_is_left_alone():
    with scripted() as server:
        judge = make_judge(server)
        judging.plan(judge)
        Worker.objects.create(name="elsewhere:1")
        lose(JudgeCall.objects.get(order=0))
        judging.judge_items(judge)
    assert JudgeCall.objects.get(order=0).state == State.RESERVED
    assert len(server.script.requests) == 1


def test_a_call_left_by_an_earlier_process_of_the_same_name_is_found():
    with scripted() as server:
        judge = make_judge(server)
        judging.plan(judge)
        lose(JudgeCall.objects.get(order=0))
        JudgeCall.objects.filter(order=0).update(worker=worker_name())
        judging.judge_items(judge)
    assert JudgeCall.objects.get(order=0).losses == 1
    assert the_label(judge)


def test_a_bill_that_a_killed_worker_left_open_is_settled():
    with scripted(otherwise=verdict(usage=(0, 50))) as server:
        judge = make_judge(server, prices=(0, 100))
        judging.judge_items(judge)
        call = JudgeCall.objects.get(order=0)
        LedgerEntry.objects.filter(
            reference=judge_calls.reference_of(call.pk, 1), kind="settlement"
        ).delete()
        JudgeCall.objects.filter(pk=call.pk).update(
            worker="elsewhere:1", reserved_usd=call.cost_usd
        )
        assert judging.judge_due(judge.project) is False
        judging.judge_items(judge)
    assert spent(judge.project) == Decimal("0.01")
    assert not JudgeCall.objects.exclude(reserved_usd=None).exists()


def test_an_answer_that_comes_after_its_call_was_declared_lost_is_not_stored():
    with scripted() as server:
        judge = make_judge(server)
        judging.plan(judge)
        [call] = judge_calls.take(judge, limit=1)
        lose(call)
        with pytest.raises(judge_calls.TakenAway):
            judge_calls.CallMeter(call, judge).begin(llm.Usage(1, 1))
        judge_calls.let_go([call])
    assert JudgeCall.objects.get(order=0).tries == 0


def test_a_killed_process_loses_one_call_a_slot_and_nothing_answered_is_asked_again(tmp_path):
    slots, items = 3, 12
    with scripted(otherwise=verdict(seconds=0.25, usage=(0, 100))) as server:
        judge = make_judge(server, items=items, concurrency=slots, prices=(0, 100))
        command = ["manage.py", "judge", judge.project.slug, "--judge", judge.name]
        process = python(*command, env=environment(tmp_path), start_new_session=True)
        try:
            script = server.script
            wait_for(lambda: 7 <= script.finished < len(script.requests), seconds=60)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        time.sleep(0.5)
        answered = set(JudgeCall.objects.filter(state=State.ANSWERED).values_list("pk", flat=True))
        before = len(server.script.requests)
        in_flight = JudgeCall.objects.filter(state=State.RESERVED).count()
        assert 0 < in_flight <= slots
        begun = sum(JudgeCall.objects.values_list("tries", flat=True))
        Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
        counts = judging.judge_items(judge)
    assert counts.lost == in_flight
    assert len(server.script.requests) <= 2 * items + slots
    assert len(server.script.requests) - before == 2 * items - len(answered)
    assert max(server.script.asked.values()) <= 2
    assert Annotation.objects.count() == items
    tries = sum(JudgeCall.objects.values_list("tries", flat=True))
    assert tries - begun == 2 * items - len(answered)
    assert spent(judge.project) == Decimal("0.01") * tries
