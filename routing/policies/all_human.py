from __future__ import annotations

from routing.policies.base import Case, Policy, Settings, Wish


class AllHuman(Policy[Settings]):
    kind = "all_human"
    title = "Everything to people"
    about = "People label every item while the budget lasts. What a mix is compared with."
    needs_judge = False

    def wish(self, case: Case) -> Wish:
        return Wish("human", "all to people")
