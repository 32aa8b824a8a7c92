"""In which order completions stand, from the best to the worst."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from annotate.questions.base.question import (
    Answer,
    Combined,
    Config,
    Found,
    InvalidAnswer,
    Question,
    Shown,
    letter,
    read_number,
)
from annotate.questions.base.settings import setting
from annotate.questions.ranking.orders import (
    dense,
    fractional,
    in_words,
    kendall_distance,
    pairs,
)

DIGITS = 6  # of what comes out of a fit, whose last ones depend on the order of annotators


@dataclass(frozen=True, kw_only=True)
class RankingConfig(Config):
    ties: bool = setting(
        True, "Completions that are equally good may share a place.", label="Ties allowed"
    )


class Ranking(Question[RankingConfig]):
    """Answers are ``{"ranks": [int or None, …]}`` in the item's order: 1 the best, without gaps.

    None is not ranked; a person ranks all. Aggregates work on fractional ranks, in which a tie
    shares the mean of its places.
    """

    kind = "ranking"
    title = "Ranking"
    about = "In which order all completions stand, from the best to the worst."
    Config = RankingConfig
    usual_completions = 4

    @property
    def least_completions(self) -> int:
        return 2

    @property
    def metric(self) -> str:
        return "ordinal"

    @property
    def whole(self) -> bool:
        return True

    @property
    def methods(self) -> tuple[str, ...]:
        return ("mean", "plackett_luce", "adjusted_mean")

    def parse(self, raw: object, *, completions: int) -> Answer:
        ranks = self._ranks(raw, completions=completions)
        if not self.config.ties:
            self._refuse_ties(ranks)
        return {"ranks": dense(ranks)}

    def _ranks(self, raw: object, *, completions: int) -> list[int | None]:
        ranks = raw.get("ranks") if isinstance(raw, Mapping) and set(raw) == {"ranks"} else None
        if not isinstance(ranks, list | tuple) or len(ranks) != completions:
            raise InvalidAnswer(
                self.name, f"wants {completions} ranks, one a completion; send {{'ranks': […]}}"
            )
        for place, rank in enumerate(ranks):
            if rank is not None and (type(rank) is not int or not 1 <= rank <= completions):
                raise InvalidAnswer(
                    self.name,
                    f"rank {rank!r} of completion {place + 1} is no place; use 1, the best, to "
                    f"{completions}",
                )
        if all(rank is None for rank in ranks):
            raise InvalidAnswer(self.name, "ranks no completion; give each a place")
        return list(ranks)

    def _refuse_ties(self, ranks: Sequence[int | None]) -> None:
        for first, second, side in pairs(ranks):
            if side == 0:
                raise InvalidAnswer(
                    self.name,
                    f"puts {letter(first)} and {letter(second)} both in place {ranks[first]}; "
                    "give each a place of its own",
                )

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        return None not in answer["ranks"]

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        given = [data.get(f"{self.field}-{place}", "") for place in range(completions)]
        if not any(given):
            return None
        return {"ranks": [read_number(value) if value else None for value in given]}

    def held(self, data: Mapping[str, Any], order: Sequence[int]) -> Answer | None:
        """As it was clicked: places that leave gaps, or clash, stay so until it is submitted."""
        raw = self.read(data, completions=len(order))
        try:
            ranks = None if raw is None else self._ranks(raw, completions=len(order))
        except InvalidAnswer:
            return None
        return None if ranks is None else self.permute({"ranks": ranks}, order)

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        own: list[int | None] = [None] * len(order)
        for place, position in enumerate(order):
            own[position] = answer["ranks"][place]
        return {"ranks": own}

    def combine(self, answers: Sequence[Answer]) -> Combined:
        columns = zip(*(fractional(answer["ranks"]) for answer in answers), strict=True)
        given = [[rank for rank in column if rank is not None] for column in columns]
        means = [sum(ranks) / len(ranks) if ranks else None for ranks in given]
        firsts = [[rank == 1 for rank in dense(answer["ranks"])] for answer in answers]
        return Combined(
            count=len(answers),
            data={
                "means": means,
                "counts": [len(ranks) for ranks in given],
                "first": [sum(column) for column in zip(*firsts, strict=True)],
                "ranks": _order(means),
            },
        )

    def settle(self, combined: Combined, found: Mapping[str, Found]) -> Combined:
        """Mean ranks with their standard errors, and the order that they make.

        The confidence is the mean probability, over all pairs, that the order of the two is right.
        """
        means: list[float | None] = []
        deviations: list[float | None] = []
        for place, counted in enumerate(combined.data["means"]):
            one = found.get(str(place))
            known = counted is not None and one is not None and one.value is not None
            value = one.value if known and one is not None else None
            means.append(None if value is None else round(value, DIGITS))
            deviation = one.deviation if known and one is not None else None
            deviations.append(None if deviation is None else round(deviation, DIGITS))
        if all(mean is None for mean in means):
            return combined
        ranks = _order(means)
        sure = [_chance(means, deviations, a, b) for a, b, side in pairs(ranks) if side]
        return replace(
            combined,
            confidence=round(sum(sure) / len(sure), DIGITS) if sure else None,
            data=combined.data | {"means": means, "deviations": deviations, "ranks": ranks},
        )

    def summary(self, combined: Mapping[str, Any]) -> str:
        means = ", ".join(
            f"{letter(n)} {mean:.1f}"
            for n, mean in enumerate(combined["means"])
            if mean is not None
        )
        return f"{in_words(combined['ranks'])}; mean rank {means}"

    def distance(self, first: Answer, second: Answer) -> float:
        return kendall_distance(first["ranks"], second["ranks"])

    def values(self, answer: Answer) -> dict[str, float]:
        ranks = enumerate(fractional(answer["ranks"]))
        return {str(position): float(rank) for position, rank in ranks if rank is not None}

    def columns(self, answer: Answer) -> dict[str, Any]:
        return {str(position + 1): rank for position, rank in enumerate(answer["ranks"])}

    def words(self, answer: Answer) -> str:
        return in_words(answer["ranks"])

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        names = [letter(place) for place in range(completions)]
        rank = {"type": "integer", "enum": list(range(1, completions + 1))}
        return {
            "type": "object",
            "properties": dict.fromkeys(names, rank),
            "required": names,
            "additionalProperties": False,
        }

    def judge_instruction(self, *, completions: int) -> str:
        names = ", ".join(letter(place) for place in range(completions))
        ties = (
            "the same place for those that are equally good"
            if self.config.ties
            else "each place once"
        )
        return (
            f"{self.config.title} {self.config.help}".strip()
            + f"\nAnswer with an object that gives each of {names} its place, from 1 for the best to "
            + f"{completions} for the worst; {ties}."
        )

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        if not isinstance(payload, Mapping):
            raise InvalidAnswer(
                self.name, f"{payload!r} is not an object with a place a completion"
            )
        ranks = [payload.get(letter(place)) for place in range(completions)]
        return self.parse({"ranks": ranks}, completions=completions)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        """By mean rank; completions on which the orders contradict each other are tied.

        None where ties are not allowed and there would be one.
        """
        ranks = self.combine(answers).data["ranks"]
        if not self.config.ties and any(side == 0 for _, _, side in pairs(ranks)):
            return None
        return {"ranks": ranks}

    def examples(self) -> list[Answer]:
        tied = [{"ranks": [1, 1]}] if self.config.ties else []
        return [{"ranks": [1, 2]}, {"ranks": [2, 1]}, {"ranks": [None, 1]}, *tied]

    def context(self, shown: Shown) -> dict[str, Any]:
        size = len(shown.order)
        own = (shown.answer or {}).get("ranks") or [None] * size
        hint = f"1 best … {size} worst" + (" · equal places are ties" if self.config.ties else "")
        return super().context(shown) | {
            "hint": hint,
            "places": [
                {
                    "value": place,
                    "words": ordinal(place),
                    "key": str(place % 10) if place < 11 else "",
                }
                for place in range(1, size + 1)
            ],
            "rows": [
                {"letter": letter(place), "field": f"{self.field}-{place}", "value": own[position]}
                for place, position in enumerate(shown.order)
            ],
        }


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"


def _order(means: Sequence[float | None]) -> list[int | None]:
    """Ranks of mean ranks; those that differ by rounding alone are tied."""
    return dense([None if mean is None else round(mean, DIGITS) for mean in means])


def _chance(
    means: Sequence[float | None], deviations: Sequence[float | None], one: int, other: int
) -> float:
    """That two mean ranks, taken for normal, are in the order that they seem to be in."""
    first, second = means[one], means[other]
    assert first is not None
    assert second is not None
    spread = math.hypot(deviations[one] or 0.0, deviations[other] or 0.0)
    return 0.5 + 0.5 * math.erf(abs(first - second) / (max(spread, 1e-6) * math.sqrt(2)))
