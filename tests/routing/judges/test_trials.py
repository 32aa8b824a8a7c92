"""Trying judges out: no label comes of it, and no more is paid than was allowed."""

from decimal import Decimal

import pytest

from annotate import ledger
from annotate.aggregation import aggregate_stale
from annotate.models import Annotation, AuditEntry, Budget, Item, LedgerEntry
from annotate.models.budgets import Unit
from routing.judges import llm, trials
from routing.judges.base import InvalidJudge
from routing.judges.versions import create_judge
from routing.models import Judge, JudgeCall
from routing.trial_models import JudgeTrial, JudgeTrialCall
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.routing.judges.judging_rows import make_judge
from tests.routing.judges.scripted_server import fails, says, scripted

pytestmark = pytest.mark.django_db(transaction=True)
State, CallState = JudgeTrial.State, JudgeTrialCall.State
PRICES = ("1000", "1000")  # USD for a million tokens: 100 in and 20 out cost 0.12


@pytest.fixture(autouse=True)
def forget_endpoints():
    llm._dialects.clear()


def tried(judge, *, items=1, cap="100"):
    """A trial that has been run to its end."""
    trial = trials.start_trial(judge, items=items, cap_usd=Decimal(cap))
    while trials.go_on(judge.project):
        pass
    trial.refresh_from_db()
    return trial


def spent(project):
    return LedgerEntry.objects.filter(project=project).total(Unit.USD)


def test_a_judge_answers_in_both_orders_and_labels_nothing():
    with scripted() as server:
        judge = make_judge(server, items=3)
        trial = tried(judge, items=2)
    assert (trial.state, trial.fault) == (State.DONE, "")
    calls = list(trial.calls.order_by("item_id", "order"))
    assert [call.shown_order for call in calls] == [[0, 1], [1, 0]] * 2
    assert [call.verdict["overall"]["value"] for call in calls] == [-1, 1] * 2
    assert {call.state for call in calls} == {CallState.ANSWERED}
    assert calls[0].raw["text"]
    assert not Annotation.objects.exists()
    assert not JudgeCall.objects.exists()
    assert not Item.objects.stale().exists()


def test_what_a_trial_costs_is_in_the_ledger_under_its_judge():
    with scripted() as server:
        judge = make_judge(server, prices=PRICES)
        trial = tried(judge)
    assert trials.spent_by(trial) == Decimal("0.24")
    assert spent(judge.project) == Decimal("0.24")
    entries = LedgerEntry.objects.filter(project=judge.project)
    assert {entry.annotator for entry in entries} == {judge.annotator}
    assert all(entry.reference.startswith("call:trial-") for entry in entries)


def test_a_trial_stops_before_a_call_that_could_pass_its_cap():
    with scripted() as server:
        judge = make_judge(server, items=4, prices=PRICES)
        one = trials.start_trial(judge, items=1, cap_usd=Decimal(100))
        trials.go_on(judge.project)
        reserved = LedgerEntry.objects.filter(kind="reservation").first().amount
        assert one.calls.count() == 2
        trial = tried(judge, items=4, cap=str(reserved + Decimal("0.13")))
    assert trial.state == State.STOPPED
    assert "The cap of" in trial.fault
    assert trial.calls.filter(state=CallState.ANSWERED).count() == 2
    assert trials.spent_by(trial) <= trial.cap_usd


def test_a_trial_stops_where_the_project_s_budget_ends():
    with scripted() as server:
        judge = make_judge(server, prices=PRICES)
        Budget.objects.create(project=judge.project, unit=Unit.USD, cap=Decimal("0.1"))
        trial = tried(judge)
    assert trial.state == State.STOPPED
    assert "budget" in trial.fault
    assert server.script.requests == []
    assert spent(judge.project) == 0


def test_tries_that_fail_are_paid_and_what_failed_for_good_says_why():
    with scripted(says("no JSON"), says("no JSON"), otherwise=None) as server:
        judge = make_judge(server, prices=PRICES)
        trial = tried(judge)
    first, second = trial.calls.order_by("order")
    assert first.state == CallState.FAILED
    assert first.fault.startswith("bad answer")
    assert (first.tries, first.cost_usd) == (2, Decimal("0.24"))
    assert second.state == CallState.ANSWERED
    assert spent(judge.project) == Decimal("0.36")


def test_a_judge_that_is_set_up_wrongly_stops_its_trial():
    with scripted(otherwise=fails(401)) as server:
        judge = make_judge(server, items=2)
        trial = tried(judge, items=2)
    assert trial.state == State.STOPPED
    assert "401" in trial.fault
    assert len(server.script.requests) == 1


def test_what_a_killed_worker_had_asked_stays_paid_and_is_not_asked_again():
    with scripted() as server:
        judge = make_judge(server, prices=PRICES)
        trial = trials.start_trial(judge, items=1, cap_usd=Decimal(100))
        call = trial.calls.get(order=0)
        ledger.reserve(judge.project, Unit.USD, Decimal("0.5"), reference=f"call:trial-{call.pk}:1")
        trial.calls.filter(pk=call.pk).update(
            state=CallState.ASKED, tries=1, reserved_usd=Decimal("0.5")
        )
        while trials.go_on(judge.project):
            pass
    call.refresh_from_db()
    assert (call.state, call.cost_usd, call.reserved_usd) == (CallState.LOST, Decimal("0.5"), None)
    assert spent(judge.project) == Decimal("0.62")
    assert len(server.script.requests) == 1


def test_the_offline_judge_is_tried_for_nothing_and_its_scale_is_not_frozen_by_it():
    project = make_project()
    for n in range(3):
        make_item(project, completions=("Yes.", f"Because of {n} good reasons, in a sentence."))
    judge, _ = create_judge(project, name="offline", kind="relevance")
    trial = tried(judge, items=3, cap="0")
    assert trial.state == State.DONE
    assert trial.calls.filter(state=CallState.ANSWERED).count() == 3
    assert Judge.objects.get().settings["frozen"] is None
    assert not LedgerEntry.objects.exists()


def test_items_that_people_have_labelled_come_first():
    with scripted() as server:
        judge = make_judge(server, items=5)
        labelled = make_item(judge.project)
        make_annotation(labelled, make_annotator(judge.project))
        aggregate_stale(judge.project)
        trial = trials.start_trial(judge, items=2, cap_usd=Decimal(1))
    assert labelled.pk in trial.calls.values_list("item", flat=True)
    assert trial.calls.values("item").distinct().count() == 2


def test_who_tried_a_judge_out_is_written_down():
    with scripted() as server:
        judge = make_judge(server)
        trials.start_trial(judge, items=1, cap_usd=Decimal("0.5"))
    entry = AuditEntry.objects.get(action="judge.trial")
    assert entry.details == {"items": 1, "cap_usd": "0.5"}


@pytest.mark.parametrize(
    ("items", "prices", "says_"),
    [(0, (0, 0), "use 1 to 20"), (21, (0, 0), "use 1 to 20"), (1, None, "prices .* are unknown")],
)
def test_trials_that_cannot_be_kept_in_bounds_are_refused(items, prices, says_):
    with scripted() as server:
        judge = make_judge(server, prices=prices)
        with pytest.raises(InvalidJudge, match=says_):
            trials.start_trial(judge, items=items, cap_usd=Decimal(1))


def test_a_project_without_items_has_nothing_to_try():
    with scripted() as server:
        judge = make_judge(server, items=0)
        with pytest.raises(InvalidJudge, match="no item"):
            trials.start_trial(judge, items=1, cap_usd=Decimal(1))
