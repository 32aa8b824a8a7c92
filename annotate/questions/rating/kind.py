"""How good each completion is in one aspect, on a Likert scale."""

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
    InvalidForm,
    Question,
    Shown,
    letter,
    read_number,
)
from annotate.questions.base.settings import setting

DIGITS = 6  # of what comes out of a fit, whose last ones depend on the order of annotators


@dataclass(frozen=True, kw_only=True)
class RatingConfig(Config):
    minimum: int = setting(1, "The lowest point.", label="From", least=0, most=100)
    maximum: int = setting(
        5, "The highest point; a scale has 2 to 10.", label="To", least=1, most=109
    )
    labels: tuple[str, ...] = setting(
        (),
        "A word for each point, lowest first, one a line; or none at all.",
        label="Words for the points",
        scale=False,
    )


class Rating(Question[RatingConfig]):
    """Answers are ``{"values": [int or None, …]}``, one for each completion in the item's order."""

    kind = "rating"
    title = "Rating"
    about = "How good each completion is in one aspect, on a scale of points."
    Config = RatingConfig

    @classmethod
    def check(cls, config: RatingConfig) -> None:
        size = config.maximum - config.minimum + 1
        if config.minimum < 0 or not 2 <= size <= 10:
            raise InvalidForm(
                f"Question {config.name!r}: a scale from {config.minimum} to {config.maximum}; "
                "use 2 to 10 points from 0 or more."
            )
        if not all(isinstance(label, str) and label.strip() for label in config.labels):
            raise InvalidForm(
                f"Question {config.name!r}: labels {list(config.labels)!r}; write a word for each."
            )
        if config.labels and len(config.labels) != size:
            raise InvalidForm(
                f"Question {config.name!r}: {len(config.labels)} labels for {size} points; "
                "name every point or none."
            )

    @property
    def scale(self) -> range:
        return range(self.config.minimum, self.config.maximum + 1)

    @property
    def metric(self) -> str:
        return "interval"

    @property
    def outcomes(self) -> dict[str, str]:
        """The points that any of the completions got."""
        return {str(point): f"{self.value_words(point)}, to any completion" for point in self.scale}

    def came_to(self, answer: Answer) -> list[str]:
        return [str(value) for value in answer["values"] if value is not None]

    def value_words(self, value: float) -> str:
        labels = self.config.labels
        place = int(value) - self.config.minimum
        whole = value == int(value) and 0 <= place < len(labels)
        return labels[place] if whole else f"{value:g}"

    def parse(self, raw: object, *, completions: int) -> Answer:
        values = raw.get("values") if isinstance(raw, Mapping) and set(raw) == {"values"} else None
        if not isinstance(values, list | tuple) or len(values) != completions:
            raise InvalidAnswer(
                self.name, f"wants {completions} values, one a completion; send {{'values': […]}}"
            )
        for place, value in enumerate(values):
            if value is not None and (type(value) is not int or value not in self.scale):
                raise InvalidAnswer(
                    self.name,
                    f"value {value!r} of completion {place + 1} is not on the scale; "
                    f"use {self.config.minimum} to {self.config.maximum}",
                )
        if all(value is None for value in values):
            raise InvalidAnswer(self.name, "rates no completion; rate at least one")
        return {"values": list(values)}

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        return None not in answer["values"]

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        given = [data.get(f"{self.field}-{place}", "") for place in range(completions)]
        if not any(given):
            return None
        return {"values": [read_number(value) if value else None for value in given]}

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        own: list[int | None] = [None] * len(order)
        for place, position in enumerate(order):
            own[position] = answer["values"][place]
        return {"values": own}

    def combine(self, answers: Sequence[Answer]) -> Combined:
        columns = zip(*(answer["values"] for answer in answers), strict=True)
        given = [[value for value in column if value is not None] for column in columns]
        return Combined(
            count=len(answers),
            data={
                "means": [sum(values) / len(values) if values else None for values in given],
                "counts": [len(values) for values in given],
                "distributions": [
                    {str(point): values.count(point) for point in self.scale if point in values}
                    for values in given
                ],
            },
        )

    @property
    def methods(self) -> tuple[str, ...]:
        return ("mean", "adjusted_mean")

    def settle(self, combined: Combined, found: Mapping[str, Found]) -> Combined:
        """A mean and its standard error a completion.

        The confidence is the mean probability that a true value is within half a point of its mean.
        """
        means = list(combined.data["means"])
        deviations: list[float | None] = []
        sure: list[float] = []
        for place, mean in enumerate(means):
            one = found.get(str(place))
            if mean is None or one is None or one.value is None or one.deviation is None:
                deviations.append(None)
                continue
            inside = max(self.config.minimum, min(self.config.maximum, one.value))
            means[place] = round(inside, DIGITS)
            deviations.append(round(one.deviation, DIGITS))
            sure.append(math.erf(0.5 / (max(one.deviation, 1e-6) * math.sqrt(2))))
        return replace(
            combined,
            confidence=round(sum(sure) / len(sure), DIGITS) if sure else None,
            data=combined.data | {"means": means, "deviations": deviations},
        )

    def summary(self, combined: Mapping[str, Any]) -> str:
        means = ((letter(n), mean) for n, mean in enumerate(combined["means"]) if mean is not None)
        return f"mean {', '.join(f'{name} {mean:.1f}' for name, mean in means)}"

    def distance(self, first: Answer, second: Answer) -> float:
        pairs = zip(first["values"], second["values"], strict=True)
        squares = [float(a - b) ** 2 for a, b in pairs if a is not None and b is not None]
        return sum(squares) / len(squares) if squares else 0.0

    def values(self, answer: Answer) -> dict[str, float]:
        return {
            str(position): float(value)
            for position, value in enumerate(answer["values"])
            if value is not None
        }

    def columns(self, answer: Answer) -> dict[str, Any]:
        return {str(position + 1): value for position, value in enumerate(answer["values"])}

    def words(self, answer: Answer) -> str:
        given = ((letter(n), value) for n, value in enumerate(answer["values"]))
        return ", ".join(f"{name} {value}" for name, value in given if value is not None)

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        names = [letter(place) for place in range(completions)]
        point = {"type": "integer", "enum": list(self.scale)}
        return {
            "type": "object",
            "properties": dict.fromkeys(names, point),
            "required": names,
            "additionalProperties": False,
        }

    def judge_instruction(self, *, completions: int) -> str:
        names = ", ".join(letter(place) for place in range(completions))
        points = (
            "; ".join(f"{p} {word}" for p, word in zip(self.scale, self.config.labels, strict=True))
            if self.config.labels
            else f"{self.config.minimum} worst, {self.config.maximum} best"
        )
        return (
            f"{self.config.title} {self.config.help}".strip()
            + f"\nAnswer with an object that rates each of {names} ({points})."
        )

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        if not isinstance(payload, Mapping):
            raise InvalidAnswer(
                self.name, f"{payload!r} is not an object with a rating a completion"
            )
        values = [payload.get(letter(place)) for place in range(completions)]
        return self.parse({"values": values}, completions=completions)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        means = self.combine(answers).data["means"]
        return {"values": [None if mean is None else int(mean + 0.5) for mean in means]}

    def examples(self) -> list[Answer]:
        low, high = self.config.minimum, self.config.maximum
        return [{"values": [high, low]}, {"values": [low, None]}]

    def context(self, shown: Shown) -> dict[str, Any]:
        own = (shown.answer or {}).get("values") or [None] * len(shown.order)
        words = self.config.labels or [str(point) for point in self.scale]
        keys = [str(point % 10) for point in self.scale]  # 0 stands for 10 where there is no 0
        return super().context(shown) | {
            "hint": " · ".join(f"{key} {word}" for key, word in zip(keys, words, strict=True))
            if self.config.labels
            else f"{self.config.minimum} worst · {self.config.maximum} best",
            "rows": [
                {"letter": letter(place), "field": f"{self.field}-{place}", "value": own[position]}
                for place, position in enumerate(shown.order)
            ],
            "points": [
                {"value": point, "words": word, "key": key}
                for point, word, key in zip(self.scale, words, keys, strict=True)
            ],
        }
