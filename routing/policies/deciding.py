"""From a policy's wishes to decisions: shares that go both ways first, then what the budget pays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from routing.policies.base import Case, JudgeState, Policy, Route, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable

HUMAN, JUDGE, BOTH = "human", "judge", "both"
EVALUATION_SHARE = "evaluation share"
RANDOM_SHARE = "random share"
OUT_OF_BUDGET = "budget"
NO_LABEL = {
    JudgeState.UNDECIDED: "judge is undecided",
    JudgeState.FAILED: "judge failed",
}


@dataclass(frozen=True)
class Decision:
    """Where an item goes and why. ``route`` None leaves it where it is, waiting for ``waits_for``."""

    item: int
    route: Route | None
    reason: str
    score: float | None = None
    waits_for: str | None = None


def decide(
    policy: Policy[Any], cases: Iterable[Case], *, allowance: int | None = None
) -> list[Decision]:
    """One decision a case, in the order of the cases; pure, and the same in any order of them.

    ``allowance`` is how many more labels people may give (None: as many as wanted). It goes to the
    evaluation share first, then to the random share, then to what the policy finds most urgent;
    what does not fit waits for budget.
    """
    cases = list(cases)
    wishes = {case.item: _wish(policy, case) for case in cases}
    decisions: dict[int, Decision] = {}
    for case in sorted(cases, key=lambda case: _turn(policy, case, wishes[case.item])):
        wish = wishes[case.item]
        waits_for = None
        route: Route | None = wish.route
        reason = wish.reason
        if wish.route == JUDGE:
            waits_for = "judge" if case.judge == JudgeState.PENDING else None
        elif allowance is not None and case.cost > allowance:
            route, reason, waits_for = None, OUT_OF_BUDGET, "budget"
        elif allowance is not None:
            allowance -= case.cost
        decisions[case.item] = Decision(case.item, route, reason, wish.score, waits_for)
    return [decisions[case.item] for case in cases]


def _wish(policy: Policy[Any], case: Case) -> Wish:
    if case.evaluation:
        return Wish(BOTH, EVALUATION_SHARE)
    if policy.draw(case, purpose=RANDOM_SHARE) < policy.random_share:
        return Wish(BOTH, RANDOM_SHARE)
    if case.judge in NO_LABEL:
        wish = policy.wish(replace(case, judge=JudgeState.PENDING))
        no_label = Wish(HUMAN, NO_LABEL[case.judge], wish.score, 1.0)
        return no_label if wish.route == JUDGE else wish
    return policy.wish(case)


def _turn(policy: Policy[Any], case: Case, wish: Wish) -> tuple[int, float, float, str]:
    share = {EVALUATION_SHARE: 0, RANDOM_SHARE: 1}.get(wish.reason, 2)
    return share, -wish.urgency, policy.draw(case, purpose="turn"), case.key
