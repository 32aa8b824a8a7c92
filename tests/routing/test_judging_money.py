"""What a judge's calls cost: reserved before, settled after, never past a budget."""

from decimal import Decimal

import pytest

from annotate import ledger
from annotate.models import Budget
from annotate.models.budgets import Unit
from routing import judging
from routing.models import JudgeCall
from tests.routing.judges.judging_rows import budget, make_judge, spent, the_label
from tests.routing.judges.scripted_server import fails, says, scripted, sleeps, verdict

pytestmark = pytest.mark.django_db(transaction=True)
State = JudgeCall.State


def test_each_try_is_reserved_before_and_settled_after_at_what_it_cost():
    with scripted(fails(500), says("nonsense")) as server:
        judge = make_judge(server, prices=(10, 100))
        budget(judge.project, 5)
        judging.judge_items(judge)
    # Two answers of the model to the first order, one to the second: 100 tokens in and 20 out each.
    assert spent(judge.project) == Decimal("0.009")
    first = JudgeCall.objects.get(order=0)
    assert first.cost_usd == Decimal("0.006")
    assert first.reserved_usd is None
    assert ledger.remaining(judge.project, Unit.USD) == Decimal("4.991")


def test_a_try_that_may_have_been_charged_counts_as_spent():
    with scripted(otherwise=sleeps(1.0)) as server:
        judge = make_judge(server, prices=(0, 100), tries=1, try_seconds=0.1)
        judging.judge_items(judge)
    assert spent(judge.project) == Decimal("0.01")  # 100 tokens at most
    assert JudgeCall.objects.get().cost_usd == Decimal("0.01")


def test_an_endpoint_that_does_not_count_tokens_is_charged_at_the_reservation():
    with scripted(otherwise=verdict(usage=None)) as server:
        judge = make_judge(server, prices=(0, 100))
        judging.judge_items(judge)
    assert spent(judge.project) == Decimal("0.02")


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_budget_can_be_reached_and_is_never_passed(concurrency):
    with scripted(otherwise=verdict(usage=(0, 100), seconds=0.01)) as server:
        judge = make_judge(server, items=10, prices=(0, 100), concurrency=concurrency)
        budget(judge.project, "0.07")  # seven calls of 100 tokens
        counts = judging.judge_items(judge)
    assert len(server.script.requests) == 7
    assert spent(judge.project) == Decimal("0.07")
    assert ledger.remaining(judge.project, Unit.USD) == 0
    assert "budget" in counts.blocked
    judge.refresh_from_db()
    assert judge.retry_at is not None
    assert JudgeCall.objects.filter(state=State.WAITING).count() == 13


def test_calls_that_cost_less_than_reserved_let_others_follow():
    with scripted(otherwise=verdict(usage=(0, 10), seconds=0.01)) as server:
        judge = make_judge(server, items=10, prices=(0, 100), concurrency=8)
        budget(judge.project, "0.025")  # two reservations, but enough for sixteen calls
        judging.judge_items(judge)
    assert len(server.script.requests) == 16
    assert spent(judge.project) == Decimal("0.016")


def test_a_raised_budget_lets_the_judge_go_on():
    with scripted(otherwise=verdict(usage=(0, 100))) as server:
        judge = make_judge(server, items=1, prices=(0, 100))
        cap = budget(judge.project, "0.01")
        judging.judge_items(judge)
        assert judging.judge_due(judge.project) is False
        Budget.objects.filter(pk=cap.pk).update(cap=1)
        judging.resume(judge)
        judging.judge_due(judge.project)
        judging.judge_due(judge.project)
    assert the_label(judge)


def test_an_unknown_price_with_a_usd_budget_stops_the_judge():
    with scripted() as server:
        judge = make_judge(server, prices=None)
        cap = budget(judge.project, 5)
        counts = judging.judge_items(judge)
        assert "price of scripted is unknown" in counts.blocked
        assert server.script.requests == []
        cap.delete()
        judging.resume(judge)
        judging.judge_items(judge)
    assert the_label(judge)
    assert JudgeCall.objects.filter(cost_usd=None).count() == 2
