from __future__ import annotations

import math
from dataclasses import dataclass, replace

from routing.policies.base import Case, JudgeState, KeptShare, Policy, Signal, Wish, setting

UNSURE = {
    Signal.STATED: "judge is unsure",
    Signal.ORDERS: "judge's orders disagree",
    Signal.JUDGES: "other judges disagree",
}
UNKNOWN = "judge's confidence is unknown"


@dataclass(frozen=True, kw_only=True)
class ConfidenceSettings(KeptShare):
    threshold: float = setting(
        0.7, "Below this confidence of the judge, people label the item too.", minimum=0, maximum=1
    )
    random_share: float = setting(
        0.05,
        "Share of the items that people and judge both label, drawn at random, so that estimates "
        "stay unbiased.",
        minimum=0,
        maximum=1,
    )


class Confidence(Policy[ConfidenceSettings]):
    kind = "confidence"
    title = "Judge first, unsure ones to people"
    about = (
        "The judge labels every item. Where its confidence is below the threshold, its two orders "
        "disagree, it fails, or nothing tells how sure it is, people label the item as well, least "
        "sure first."
    )
    Settings = ConfidenceSettings

    def wish(self, case: Case) -> Wish:
        if case.judge == JudgeState.PENDING:
            return Wish("judge", "judge first")
        if case.confidence is None:
            return Wish("both", UNKNOWN)
        if case.confidence < self.settings.threshold:
            return Wish("both", UNSURE[case.signal], case.confidence, urgency=1 - case.confidence)
        return Wish("judge", "judge is sure", case.confidence)

    def unlimited(self) -> Confidence:
        return Confidence(replace(self.settings, threshold=math.inf))
