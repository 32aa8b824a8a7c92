from __future__ import annotations

from routing.policies.base import Case, KeptShare, Policy, Wish


class AllJudge(Policy[KeptShare]):
    kind = "all_judge"
    title = "Everything to the judge"
    about = "The judge labels every item; people only those on which it fails or cannot decide."
    Settings = KeptShare

    def wish(self, case: Case) -> Wish:
        return Wish("judge", "all to the judge")
