from __future__ import annotations

from dataclasses import dataclass, replace

from routing.policies.base import Case, Policy, Settings, Wish, setting


@dataclass(frozen=True, kw_only=True)
class RandomSettings(Settings):
    share: float = setting(0.5, "Share of the items that people label.", minimum=0, maximum=1)


class RandomDraw(Policy[RandomSettings]):
    kind = "random"
    title = "At random"
    about = (
        "A share of the items, drawn at random, to people and the rest to the judge. "
        "The control: a policy is worth something only where it beats this one at the same budget."
    )
    Settings = RandomSettings

    def wish(self, case: Case) -> Wish:
        score = self.draw(case)
        if score < self.settings.share:
            return Wish("human", "drawn for people", score, urgency=-score)
        return Wish("judge", "drawn for the judge", score)

    def unlimited(self) -> RandomDraw:
        return RandomDraw(replace(self.settings, share=1.0))
