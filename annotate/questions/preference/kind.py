"""Which of two completions is better, and by how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.questions.base.question import (
    Answer,
    Combined,
    Config,
    Found,
    InvalidAnswer,
    InvalidForm,
    Question,
    Shown,
    letter,
    read_number,
)
from annotate.questions.base.settings import setting

BOTH_BAD, TIE, NOT_TIE = "both_bad", "tie", "not_tie"
LETTERS = 26  # names that completions have on a page
SIDES = {-1: "first", 0: "tie", 1: "second"}
EQUAL = 1e-9  # probabilities that differ by less have no majority
DIGITS = 6  # of what comes out of a fit, whose last ones depend on the order of annotators
METHODS = (
    "dawid_skene",
    "majority",
    "weighted",
    "mace",
    "glad",
    "bradley_terry",
    "mean",
    "adjusted_mean",
)
STRENGTHS = {
    1: ("better",),
    2: ("slightly better", "clearly better"),
    3: ("slightly better", "better", "much better"),
    4: ("barely better", "slightly better", "better", "much better"),
}


@dataclass(frozen=True, kw_only=True)
class PreferenceConfig(Config):
    points: int = setting(
        5,
        "Odd numbers have a tie in the middle; even ones force a choice.",
        label="Points of the scale",
        least=2,
        most=9,
    )
    both_bad: bool = setting(
        False,
        "Offers “both bad” beside the scale, for pairs of which neither can be used.",
        label="Both bad",
        scale=False,
    )
    # Positions in the item's own order.
    pair: tuple[int, int] = setting(
        (0, 1),
        "Which two of an item's completions are compared, by their place in the item.",
        label="Completions compared",
        least=0,
        first=1,
    )


@dataclass(frozen=True)
class Step:
    """One point of the scale as a page shows it, from the first completion's side to the second's."""

    value: int
    mark: str
    words: str
    key: str


class Preference(Question[PreferenceConfig]):
    """Answers are ``{"value": int or None, "both_bad": bool}``: -k (first much better) … k."""

    kind = "preference"
    title = "Preference"
    about = "Which of two completions is better, and by how much."
    Config = PreferenceConfig

    @classmethod
    def check(cls, config: PreferenceConfig) -> None:
        if not 2 <= config.points <= 9:
            raise InvalidForm(
                f"Question {config.name!r}: a scale of {config.points} points; use 2 to 9."
            )
        pair = config.pair
        whole = all(type(position) is int and 0 <= position < LETTERS for position in pair)
        if len(pair) != 2 or not whole or pair[0] == pair[1]:
            raise InvalidForm(
                f"Question {config.name!r}: pair {list(pair)!r}; name two different positions "
                f"below {LETTERS}, such as [0, 1]."
            )

    @property
    def k(self) -> int:
        """Strength of the strongest preference."""
        return self.config.points // 2

    @property
    def has_tie(self) -> bool:
        return self.config.points % 2 == 1

    @property
    def scale(self) -> list[int]:
        return [value for value in range(-self.k, self.k + 1) if value or self.has_tie]

    @property
    def least_completions(self) -> int:
        return max(self.config.pair) + 1

    @property
    def metric(self) -> str:
        return "interval"

    @property
    def outcomes(self) -> dict[str, str]:
        found = {NOT_TIE: "one of them is better"}
        if self.has_tie:
            found[TIE] = "a tie"
        return found | ({BOTH_BAD: "both bad"} if self.config.both_bad else {})

    def came_to(self, answer: Answer) -> list[str]:
        found = [BOTH_BAD] * answer[BOTH_BAD]
        if answer["value"] is not None:
            found.append(NOT_TIE if answer["value"] else TIE)
        return found

    def parse(self, raw: object, *, completions: int) -> Answer:
        if not isinstance(raw, Mapping):
            raise InvalidAnswer(self.name, f"{raw!r} is not a preference; send {{'value': 1}}")
        if unknown := sorted(set(raw) - {"value", BOTH_BAD}):
            raise InvalidAnswer(self.name, f"unknown part {unknown[0]!r}; send value and both_bad")
        if max(self.config.pair) >= completions:
            raise InvalidAnswer(
                self.name,
                f"compares completion {max(self.config.pair) + 1} of an item that has {completions}",
            )
        value, both_bad = raw.get("value"), raw.get(BOTH_BAD, False)
        if not isinstance(both_bad, bool) or (both_bad and not self.config.both_bad):
            raise InvalidAnswer(self.name, "both_bad is not asked for here; leave it out")
        if value is None:
            if not both_bad:
                raise InvalidAnswer(self.name, "has no value; choose a point of the scale")
        elif type(value) is not int or value not in self.scale:
            allowed = ", ".join(map(str, self.scale))
            raise InvalidAnswer(self.name, f"value {value!r} is not on the scale; use {allowed}")
        return {"value": value, BOTH_BAD: both_bad}

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        return True

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        chosen = data.get(self.field, "")
        if not chosen:
            return None
        if chosen == BOTH_BAD:
            return {"value": None, BOTH_BAD: True}
        return {"value": read_number(chosen), BOTH_BAD: False}

    def _turned(self, order: Sequence[int]) -> bool:
        first, second = self.config.pair
        return list(order).index(first) > list(order).index(second)

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        if answer["value"] is None or not self._turned(order):
            return answer
        return {**answer, "value": -answer["value"]}

    def combine(self, answers: Sequence[Answer]) -> Combined:
        values = sorted(a["value"] for a in answers if a["value"] is not None)
        first = sum(value < 0 for value in values)
        second = sum(value > 0 for value in values)
        votes = {-1: first, 0: len(values) - first - second, 1: second}
        most = max(votes.values())
        leading = [side for side, number in votes.items() if number == most]
        return Combined(
            count=len(answers),
            mean=sum(values) / len(values) if values else None,
            majority=leading[0] if len(leading) == 1 else None,
            share=most / len(values) if values else None,
            data={
                "distribution": {
                    str(value): values.count(value) for value in dict.fromkeys(values)
                },
                "first": first,
                "tie": votes[0],
                "second": second,
                BOTH_BAD: sum(a[BOTH_BAD] for a in answers),
            },
        )

    @property
    def methods(self) -> tuple[str, ...]:
        return METHODS

    @property
    def classes(self) -> list[float]:
        return [-1.0, 0.0, 1.0] if self.has_tie else [-1.0, 1.0]

    @property
    def positions(self) -> tuple[int, int]:
        return self.config.pair

    def votes(self, answer: Answer) -> dict[str, float]:
        """Sides: how strong a preference is plays no part in which side is right."""
        value = answer["value"]
        return {} if value is None else {"": float((value > 0) - (value < 0))}

    def settle(self, combined: Combined, found: Mapping[str, Found]) -> Combined:
        """The likeliest side; the mean is over the sides, each as strong as its answers say."""
        one = found.get("")
        if one is None or one.shares is None:
            return combined
        by_side = dict(zip(map(int, self.classes), one.shares, strict=True))
        most = max(by_side.values())
        leading = [side for side, share in by_side.items() if share > most - EQUAL]
        majority = leading[0] if len(leading) == 1 else None
        share = combined.share
        if majority is not None:
            votes = [combined.data[name] for name in SIDES.values()]
            share = combined.data[SIDES[majority]] / sum(votes)
        posterior = {SIDES[side]: round(share, DIGITS) for side, share in by_side.items()}
        return Combined(
            count=combined.count,
            mean=combined.mean if one.plain else self._mean(combined, one, by_side),
            majority=majority,
            share=share,
            data=combined.data | {"posterior": posterior},
            confidence=round(most, DIGITS),
        )

    def _mean(self, combined: Combined, one: Found, by_side: Mapping[int, float]) -> float:
        if one.value is not None:
            return round(max(-self.k, min(self.k, one.value)), DIGITS)
        totals, numbers = {-1: 0, 0: 0, 1: 0}, {-1: 0, 0: 0, 1: 0}
        for text, number in combined.data["distribution"].items():
            value = int(text)
            side = (value > 0) - (value < 0)
            totals[side] += value * number
            numbers[side] += number
        strengths = {
            side: totals[side] / numbers[side] if numbers[side] else side for side in SIDES
        }
        return round(sum(share * strengths[side] for side, share in by_side.items()), DIGITS)

    def distance(self, first: Answer, second: Answer) -> float:
        if first["value"] is None or second["value"] is None:
            return 0.0 if first["value"] is second["value"] else float(2 * self.k) ** 2
        return float(first["value"] - second["value"]) ** 2

    def values(self, answer: Answer) -> dict[str, float]:
        return {} if answer["value"] is None else {"": float(answer["value"])}

    @property
    def signed(self) -> bool:
        return True

    def columns(self, answer: Answer) -> dict[str, Any]:
        cells: dict[str, Any] = {"": answer["value"]}
        if self.config.both_bad:
            cells[BOTH_BAD] = answer[BOTH_BAD]
        return cells

    def words(self, answer: Answer) -> str:
        value, words = answer["value"], ["both bad"] if answer[BOTH_BAD] else []
        if value == 0:
            words.insert(0, "tie")
        elif value is not None:
            side = letter(self.config.pair[value > 0])
            words.insert(0, f"{side} {STRENGTHS[self.k][abs(value) - 1]}")
        return ", ".join(words)

    def _verdicts(self) -> dict[str, Answer]:
        a, b = "AB" if self.config.pair == (0, 1) else map(letter, sorted(self.config.pair))
        verdicts: dict[str, Answer] = {}
        for value in self.scale:
            sign = "=" if value == 0 else (">" if value < 0 else "<") * abs(value)
            verdicts[f"{a}{sign}{b}"] = {"value": value, BOTH_BAD: False}
        if self.config.both_bad:
            verdicts["both_bad"] = {"value": None, BOTH_BAD: True}
        return verdicts

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        return {"type": "string", "enum": list(self._verdicts())}

    def judge_instruction(self, *, completions: int) -> str:
        lines = [f"{self.config.title} {self.config.help}".strip(), "Answer with one of:"]
        for verdict, answer in self._verdicts().items():
            lines.append(f"- {verdict}: {self._words(answer['value'], verdict)}")
        return "\n".join(lines)

    def _words(self, value: int | None, verdict: str) -> str:
        if value is None:
            return "both are too bad to choose between"
        if value == 0:
            return "they are equally good"
        side = verdict[0] if value < 0 else verdict[-1]
        return f"{side} is {STRENGTHS[self.k][abs(value) - 1]}"

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        verdict = self._verdicts().get(payload) if isinstance(payload, str) else None
        if verdict is None:
            allowed = ", ".join(self._verdicts())
            raise InvalidAnswer(
                self.name, f"{payload!r} is no verdict; the judge may say {allowed}"
            )
        return dict(verdict)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        """The mean of a judge's orders; a tie when they contradict each other.

        None where a tie is not allowed: nothing can be said.
        """
        values = [answer["value"] for answer in answers]
        if None in values:
            return dict(answers[0]) if all(v is None for v in values) else None
        sides = {(value > 0) - (value < 0) for value in values}
        if len(sides - {0}) == 2 or sides == {0}:
            return {"value": 0, BOTH_BAD: False} if self.has_tie else None
        mean = sum(values) / len(values)
        size = max(1, min(self.k, int(abs(mean) + 0.5)))
        return {"value": size if mean > 0 else -size, BOTH_BAD: False}

    def examples(self) -> list[Answer]:
        return [dict(answer) for answer in self._verdicts().values()]

    def steps(self, shown: Shown) -> list[Step]:
        """The scale as the page shows it, first shown completion on the left."""
        a, b = sorted(list(shown.order).index(position) for position in self.config.pair)
        left, right, steps = letter(a), letter(b), []
        for number, value in enumerate(self.scale, start=1):
            if value == 0:
                mark, words = "tie", "equally good"
            else:
                side = left if value < 0 else right
                sign = ("≥>≫⋙" if value < 0 else "≤<≪⋘")[abs(value) - 1 + (self.k < 3)]
                mark = f"{left} {sign}" if value < 0 else f"{sign} {right}"
                words = f"{side} {STRENGTHS[self.k][abs(value) - 1]}"
            steps.append(Step(value, mark, words, str(number)))
        return steps

    def context(self, shown: Shown) -> dict[str, Any]:
        answer = shown.answer or {}
        turned = self._turned(shown.order)
        value = answer.get("value")
        steps = self.steps(shown)
        words = [f"{step.key} {step.words}" for step in steps]
        return super().context(shown) | {
            "steps": steps,
            "hint": " · ".join(words + ["0 both bad"] * self.config.both_bad),
            "chosen": -value if turned and value is not None else value,
            "both_bad": bool(answer.get(BOTH_BAD)),
        }
