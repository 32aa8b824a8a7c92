"""What formats of step labels share: steps joined to a completion, and labels as ratings."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotate.formats.base import Format, Option, ParsedCompletion, RefusedFile
from annotate.offsets import Texts
from annotate.questions import InvalidAnswer
from annotate.questions.steps.kind import Steps

BETWEEN = {"paragraph": "\n\n", "line": "\n", "space": " ", "nothing": ""}
SEPARATOR = Option("between", "What stands between steps", "paragraph", tuple(BETWEEN))
RATINGS = Option("ratings", "Labels for the ratings 1, 0, -1, as in: good, neutral, bad")
QUESTION = Option("question", "The question about steps that labels answer")
GIVEN = "given"
Range = tuple[int, int]


def asked(format_: Format, *, given: bool) -> Steps:
    """The question; ``given``: one whose steps are those of the file. Raises ``RefusedFile``."""
    question = format_.asked("steps", format_.options["question"], preset="steps")
    assert isinstance(question, Steps)
    if given and question.config.divide != GIVEN:
        raise RefusedFile(
            f"{question.name} divides completions by {question.config.divide}, and these records bring "
            "their own steps; set its Steps to “as imported” in a new form."
        )
    return question


def joined(steps: Sequence[str], between: str, generator: str = "") -> ParsedCompletion:
    """A completion of these steps; empty ones are none."""
    ranges, at = [], 0
    for step in steps:
        if step:
            ranges.append((at, at + len(step)))
        at += len(step) + len(between)
    return ParsedCompletion(between.join(steps), generator, (), ranges or None)


class Ratings:
    """Which label is 1, 0 and -1: named, or by what the question says of its labels."""

    def __init__(self, question: Steps, given: str = "") -> None:
        values = [one.strip() for one in given.split(",") if one.strip()]
        if not values:
            rest = [
                v for v in question.label_values if v not in (question.good, question.config.bad)
            ]
            values = [question.good, rest[0] if rest else "", question.config.bad]
        unknown = [one for one in values if one and one not in question.label_values]
        if len(values) != 3 or unknown:
            known = ", ".join(question.label_values)
            raise RefusedFile(
                f"Option ratings is {given!r}; name three of the labels {known}, for 1, 0 and -1."
            )
        self.label = {1: values[0], 0: values[1], -1: values[2]}
        self.rating = {label: rating for rating, label in self.label.items() if label}

    def rating_of(self, label: str | None) -> int | None:
        """Labels that stand for none of the three are between good and bad."""
        return None if label is None else self.rating.get(label, 0)


class Labelled:
    """Labels of one annotator for steps of one completion; those that do not fit are told."""

    def __init__(self, question: Steps, completion: ParsedCompletion) -> None:
        self.question, self.texts = question, Texts([completion.text], (), [completion.steps])
        self.steps: list[dict[str, Any]] = []
        self.faults: list[str] = []

    def add(self, what: str, place: Range, label: str) -> None:
        start, end = place
        text = self.texts.completions[0][start:end]
        step = {"completion": 0, "start": start, "end": end, "text": text, "label": label}
        try:
            self.question.fit(self.question.parse({"steps": [step]}, completions=1), self.texts)
        except InvalidAnswer as fault:
            self.faults.append(f"{what}: {fault.message}")
        else:
            self.steps.append(step)

    def answer(self) -> dict[str, Any]:
        return {self.question.name: {"steps": self.steps}} if self.steps else {}


def labels_by_range(steps: Sequence[Mapping[str, Any]], place: int) -> dict[Range, str | None]:
    return {(s["start"], s["end"]): s["label"] for s in steps if s["completion"] == place}
