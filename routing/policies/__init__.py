"""Rules that send items to people, to the judge or to both; one file each, all of them pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.policies.all_human import AllHuman
from routing.policies.all_judge import AllJudge
from routing.policies.base import (
    Case,
    InvalidPolicy,
    JudgeState,
    Policy,
    SettingField,
    Signal,
    setting_fields,
)
from routing.policies.confidence import Confidence
from routing.policies.deciding import Decision, decide
from routing.policies.random_draw import RandomDraw

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "POLICIES",
    "Case",
    "Decision",
    "InvalidPolicy",
    "JudgeState",
    "Policy",
    "SettingField",
    "Signal",
    "decide",
    "make_policy",
    "setting_fields",
]

POLICIES: dict[str, type[Policy[Any]]] = {
    policy.kind: policy for policy in (AllHuman, AllJudge, RandomDraw, Confidence)
}


def make_policy(kind: str, settings: Mapping[str, Any] | None = None) -> Policy[Any]:
    """Raises ``InvalidPolicy`` for an unknown kind or wrong settings."""
    if kind not in POLICIES:
        raise InvalidPolicy(f"There is no policy {kind!r}; use one of {', '.join(POLICIES)}.")
    return POLICIES[kind].of(settings)
