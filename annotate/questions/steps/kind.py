"""A label for each step of a completion."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.offsets import Texts, brief
from annotate.questions.base import parts
from annotate.questions.base.labels import Label, keys, read_labels
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
)
from annotate.questions.base.settings import setting
from annotate.questions.base.text import RefusedText, check_texts
from annotate.questions.steps import counting, judging, page
from annotate.questions.steps.dividing import RULES, Range, steps_of

GOOD_TO_BAD = (
    Label("good", "Good", "Right, and it helps.", colour="green"),
    Label("neutral", "Neutral", "Not wrong, but it does not help.", colour="grey"),
    Label("bad", "Bad", "Wrong, or it leads astray.", colour="red"),
)
STEP = ("completion", *parts.RANGE, "label", "comment")
COMMENTS = {
    "off": "No comments",
    "optional": "If one likes",
    "required": "Owed for each step that is an error",
}


@dataclass(frozen=True, kw_only=True)
class StepsConfig(Config):
    labels: tuple[Label, ...] = setting(
        GOOD_TO_BAD,
        "What a step can be. Answers hold what is stored; words may change later.",
        type="labels",
        read=read_labels,
    )
    ordered: bool = setting(
        True,
        "They stand in an order, such as from good to bad, so that neighbours disagree less.",
        label="Labels in order",
    )
    divide: str = setting("given", "Where steps begin and end.", label="Steps", choices=RULES)
    bad: str = setting("bad", "The stored value of the label that is an error; empty for none.")
    first_error: bool = setting(
        True,
        "What comes after the first error is not owed, and one key labels all steps up to it.",
        label="Up to the first error",
        scale=False,
    )
    comments: str = setting(
        "optional", "A remark on a step.", label="Comments", scale=False, choices=COMMENTS
    )


class Steps(Question[StepsConfig]):
    """Answers are ``{"steps": [{"completion", "start", "end", "text", "label", "comment"?}, …]}``.

    Only labelled steps stand there, in the order of the text; each is a step of its completion as
    the setting ``divide`` has it.
    """

    kind = "steps"
    title = "Steps"
    about = "A label for each step of a completion: good, neutral, bad, or others."
    Config = StepsConfig
    usual_completions = 1
    needs_texts = True

    @classmethod
    def check(cls, config: StepsConfig) -> None:
        where, values = f"Question {config.name!r}", [label.value for label in config.labels]
        if not 2 <= len(values) <= counting.MOST_LABELS:
            raise InvalidForm(
                f"{where}: {len(values)} labels; give 2 to {counting.MOST_LABELS} to choose from."
            )
        if any(label.parent or label.missing for label in config.labels):
            raise InvalidForm(
                f"{where}: a step's labels have no headings, and none is of what is missing; "
                "leave both out."
            )
        if config.bad and config.bad not in values:
            raise InvalidForm(
                f"{where}: the label of an error is {config.bad!r}, which is no label; use one of "
                f"{', '.join(values)}, or nothing."
            )

    @property
    def scale_settings(self) -> dict[str, Any]:
        """Of the labels their values alone: words and colours may change."""
        return super().scale_settings | {"Labels": self.label_values}

    @property
    def label_values(self) -> list[str]:
        return [label.value for label in self.config.labels]

    @property
    def label_words(self) -> dict[str, str]:
        return {label.value: label.label for label in self.config.labels}

    @property
    def keys(self) -> dict[str, str]:
        return keys(self.config.labels)

    @property
    def good(self) -> str:
        """What steps before the first error are: the first label that is no error."""
        return next(value for value in self.label_values if value != self.config.bad)

    @property
    def stops(self) -> bool:
        """Whether nothing is owed after the first error."""
        return self.config.first_error and bool(self.config.bad)

    @property
    def outcomes(self) -> dict[str, str]:
        return {value: f"a step is {words}" for value, words in self.label_words.items()}

    def came_to(self, answer: Answer) -> list[str]:
        return [value for value in self.label_values if value in counting.labels_in(answer)]

    def divided(self, texts: Texts, place: int) -> Sequence[Range]:
        return steps_of(texts, place, self.config.divide)

    # ---------------------------------------------------------------------------------- validation

    def parse(self, raw: object, *, completions: int) -> Answer:
        answer = parts.only_known(self.name, raw, ("steps",), "an answer")
        steps = [self._step(one, completions) for one in parts.list_in(self.name, answer, "steps")]
        if not steps:
            raise InvalidAnswer(self.name, "labels no step; label at least one")
        steps.sort(key=parts.by_place)
        for before, step in itertools.pairwise(steps):
            if before["completion"] == step["completion"] and before["end"] > step["start"]:
                raise InvalidAnswer(
                    self.name,
                    f"labels {before['start']}-{before['end']} and {step['start']}-{step['end']} of "
                    f"completion {step['completion'] + 1}, which overlap; label each step once",
                )
        return {"steps": steps}

    def _step(self, raw: object, completions: int) -> parts.Part:
        step = parts.only_known(self.name, raw, STEP, "a step")
        comment = parts.read_comment(self.name, step)
        if comment and self.config.comments == "off":
            raise InvalidAnswer(self.name, "has a comment, which it does not ask for; leave it out")
        try:
            check_texts(dict(step))
        except RefusedText as fault:
            raise InvalidAnswer(self.name, f"has a step of which {fault}") from fault
        target = parts.read_target(self.name, step, completions=completions, contexts=False)
        label = parts.one_of(self.name, step, "label", self.label_values)
        return target | parts.read_range(self.name, step) | label | comment

    def fit(self, answer: Answer, texts: Texts) -> Answer:
        """Every labelled range has to be a step of the text as it is stored."""
        parts.check_parts(self.name, answer["steps"], texts)
        places = {step["completion"] for step in answer["steps"]}
        divided = {place: self.divided(texts, place) for place in places}
        known = {(place, *one) for place, ranges in divided.items() for one in ranges}
        for step in answer["steps"]:
            if (place := counting.place_of(step)) not in known:
                raise InvalidAnswer(
                    self.name,
                    f"{step['start']}-{step['end']} is no step of completion {place[0] + 1}; "
                    f"{_nearest(divided[place[0]], step['start'])}",
                )
        return answer

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        """As far as can be told without the texts."""
        return self._uncommented(answer) is None

    def _uncommented(self, answer: Answer) -> parts.Part | None:
        """An error without the comment that is owed for it."""
        owed = self.config.comments == "required"
        errors = (step for step in answer["steps"] if owed and step["label"] == self.config.bad)
        return next((step for step in errors if not step.get("comment", "").strip()), None)

    def lacking(self, answer: Answer, *, completions: int, texts: Texts | None) -> str:
        """Every step needs a label, or every one up to the first error."""
        assert texts is not None
        labels = counting.by_range(answer)
        for place in range(completions):
            given = [labels.get((place, *one)) for one in self.divided(texts, place)]
            if None in (owed := self._owed(given)):
                where = f" of {letter(place)}" if completions > 1 else ""
                upto = ", up to the first error" if self.stops else ""
                return f"step {owed.index(None) + 1}{where} has no label; label every step{upto}"
        if (error := self._uncommented(answer)) is not None:
            return f"has no comment on the error {brief(error['text'])}; say what is wrong"
        return ""

    def _owed(self, labels: Sequence[str | None]) -> Sequence[str | None]:
        """The labels of all steps, without those after the first error where they are not owed."""
        errors = self.stops and self.config.bad in labels
        return labels[: labels.index(self.config.bad) + 1] if errors else labels

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        """The whole answer as JSON in one field, or the buttons of the page."""
        given = parts.read_json(data, self.field)
        return page.read(self, data) if given is None else given

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        own = [parts.moved(step, order) for step in answer["steps"]]
        return {"steps": sorted(own, key=parts.by_place)}

    # ------------------------------------------------------------------- aggregation and agreement

    def combine(self, answers: Sequence[Answer]) -> Combined:
        return counting.combine(self, answers)

    def settle(self, combined: Combined, found: Mapping[str, Found]) -> Combined:
        return counting.settle(self, combined, found)

    def summary(self, combined: Mapping[str, Any]) -> str:
        return counting.summary(self, combined)

    @property
    def methods(self) -> tuple[str, ...]:
        return ("weighted", "majority", "dawid_skene", "mace", "glad")

    @property
    def classes(self) -> list[float]:
        """The places of the labels."""
        return [float(place) for place in range(len(self.config.labels))]

    def votes(self, answer: Answer) -> dict[str, float]:
        """By step: ``0:17`` is the one that starts at character 17 of the first completion."""
        places = {value: float(place) for place, value in enumerate(self.label_values)}
        return {
            counting.unit(step): places[step["label"]]
            for step in answer["steps"]
            if step["label"] in places
        }

    def values(self, answer: Answer) -> dict[str, float]:
        return self.votes(answer)

    @property
    def scale(self) -> range:
        return range(len(self.config.labels))

    @property
    def metric(self) -> str:
        return "ordinal" if self.config.ordered else "nominal"

    def value_words(self, value: float) -> str:
        return self.config.labels[int(value)].label

    def distance(self, first: Answer, second: Answer) -> float:
        """The mean over steps in both: 0 for the same label, 1 for the farthest, or for any other one."""
        one, other = self.votes(first), self.votes(second)
        apart = [abs(one[unit] - other[unit]) for unit in sorted(one.keys() & other.keys())]
        if not self.config.ordered:
            apart = [min(each, 1.0) for each in apart]
        farthest = len(self.config.labels) - 1 if self.config.ordered else 1
        return sum(apart) / (len(apart) * farthest) if apart else 0.0

    # ------------------------------------------------------------------------------------- exports

    def columns(self, answer: Answer) -> dict[str, Any]:
        """A completion's labels in order, how many there are of each, and which is the first error."""
        cells: dict[str, Any] = {}
        for place, labels in counting.by_completion(answer).items():
            cells[str(place + 1)] = " ".join(labels)
            for value in self.label_values:
                cells[f"{place + 1}.{value}"] = labels.count(value)
            if self.config.bad:
                found = labels.index(self.config.bad) + 1 if self.config.bad in labels else None
                cells[f"{place + 1}.first_error"] = found
        return cells

    def words(self, answer: Answer) -> str:
        """Such as "A: Good 3, Bad 1, first error “So 2 + 2 = 5”"."""
        return counting.in_words(self, answer)

    # -------------------------------------------------------------------------------------- judges

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        return judging.schema(self, completions)

    def judge_instruction(self, *, completions: int) -> str:
        return judging.instruction(self, completions)

    def judge_material(self, texts: Texts) -> str:
        return judging.material(self, texts)

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        """Steps by their numbers, until ``located`` has the texts."""
        return judging.numbered(self, payload, completions)

    def located(self, answer: Answer, texts: Texts) -> Answer:
        raw = judging.placed(self, answer, texts)
        return self.fit(self.parse(raw, completions=len(texts.completions)), texts)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        """The steps that every order of the completions has labelled alike."""
        alike = set.intersection(*(set(counting.by_range(one).items()) for one in answers))
        kept = [
            step
            for step in answers[0]["steps"]
            if ((step["completion"], step["start"], step["end"]), step["label"]) in alike
        ]
        return {"steps": kept} if kept else None

    # ---------------------------------------------------------------------------------------- page

    def examples(self) -> list[Answer]:
        """Of the texts "One.\\n\\nTwo." and "Three.", by paragraphs."""
        last = self.config.bad or self.label_values[-1]
        first = {"completion": 0, "start": 0, "end": 4, "text": "One.", "label": self.good}
        second = {"completion": 0, "start": 6, "end": 10, "text": "Two.", "label": last}
        other = {"completion": 1, "start": 0, "end": 6, "text": "Three.", "label": last}
        if self.config.comments != "off":
            other["comment"] = "It is not."
        if self.config.comments == "required":
            second["comment"] = "It is one."
        return [{"steps": [first, second, other]}, {"steps": [other]}]

    def context(self, shown: Shown) -> dict[str, Any]:
        return super().context(shown) | page.context(self, shown)


def _nearest(divided: Sequence[Range], start: int) -> str:
    if not divided:
        return "it has none; leave it out"
    nearest = min(divided, key=lambda one: abs(one[0] - start))
    return f"the nearest one is {nearest[0]}-{nearest[1]}"
