"""Marked parts of texts: what is wrong or right there, what is missing, or that there is nothing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from annotate.offsets import CONTEXT, Target, Texts
from annotate.questions.base.asked import asked_places
from annotate.questions.base.labels import given_ones, paths
from annotate.questions.base.marks import Mark, Settlement
from annotate.questions.base.parts import check_parts, read_json
from annotate.questions.base.question import Answer, Combined, InvalidAnswer, Question, Shown
from annotate.questions.spans import (
    characters,
    config,
    counting,
    in_words,
    judging,
    marking,
    page,
    reading,
    suggesting,
)
from annotate.questions.spans.config import ANY, NONE, SpansConfig
from annotate.questions.spans.reading import ANSWER, MISSING, SPANS


class Spans(Question[SpansConfig]):
    """Answers are ``{"spans": [{"completion" or "context", "start", "end", "text", "label", …}]}``.

    Beside it stand ``"missing"``, what is said to be missing from a completion, and ``"clean"``, the
    completions of which the annotator says that there is nothing to mark. A part has ``"severity"``,
    ``"comment"`` and ``"evidence"`` where they are asked for and given.
    """

    kind = "spans"
    title = "Spans"
    about = (
        "Parts of the text marked with labels, what is missing from it, or that there is nothing."
    )
    Config = SpansConfig
    usual_completions = 1
    needs_texts = True
    marked = True

    @classmethod
    def check(cls, config_: SpansConfig) -> None:
        config.check(config_)

    @property
    def least_completions(self) -> int:
        return max(self.config.completions, default=0) + 1

    @property
    def scale_settings(self) -> dict[str, Any]:
        """Of labels and severities what is stored: words, order, colours, keys and headings may change."""
        values = [*self.span_values, *(f"{value} (missing)" for value in self.missing_values)]
        return super().scale_settings | {
            "Labels": sorted(values),
            "Severities": self.severities,
        }

    @property
    def span_values(self) -> list[str]:
        """The labels of spans, in order of priority."""
        return [one.value for one in given_ones(self.config.labels) if not one.missing]

    @property
    def missing_values(self) -> list[str]:
        """The labels of what is missing."""
        return [one.value for one in given_ones(self.config.labels) if one.missing]

    @property
    def severities(self) -> list[str]:
        return [severity.value for severity in self.config.severities]

    @property
    def label_words(self) -> dict[str, str]:
        """By value, with the words of the heading."""
        return paths(self.config.labels)

    def asked(self, completions: int) -> list[int]:
        """The positions of the completions that are asked about."""
        return list(self.config.completions) or list(range(completions))

    def asked_places(self, completions: int, texts: Texts | None) -> list[int]:
        """The same, by their places in the order of ``texts``."""
        return asked_places(self.config.completions, completions, texts)

    @property
    def outcomes(self) -> dict[str, str]:
        marks = {ANY: "anything is marked or missing", NONE: "nothing is marked or missing"}
        return marks | self.label_words

    def came_to(self, answer: Answer) -> set[str]:
        labels = {part["label"] for part in parts_of(answer)}
        return {ANY, *labels} if labels else {NONE}

    # ---------------------------------------------------------------------------------- validation

    def parse(self, raw: object, *, completions: int) -> Answer:
        return reading.parse(self, raw, completions)

    def fit(self, answer: Answer, texts: Texts) -> Answer:
        evidence = [
            piece
            for part in parts_of(answer)
            for piece in part.get("evidence", ())
            if CONTEXT in piece
        ]
        check_parts(self.name, [*answer[SPANS], *evidence], texts)
        self._refuse_not_asked(answer, texts)
        return answer

    def _refuse_not_asked(self, answer: Answer, texts: Texts) -> None:
        asked = self.asked_places(len(texts.completions), texts)
        for place in sorted(reading.of_completion(answer)):
            if place not in asked:
                raise InvalidAnswer(
                    self.name,
                    f"is about completion {place + 1}, of which it is not asked; leave that out",
                )

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        return not in_words.lacking(self, answer, self.asked(completions))

    def lacking(self, answer: Answer, *, completions: int, texts: Texts | None) -> str:
        return in_words.lacking(self, answer, self.asked_places(completions, texts))

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        raw = read_json(data, self.field)
        if isinstance(raw, Mapping) and set(raw) <= set(ANSWER) and not any(raw.values()):
            return None  # everything was taken away again
        return raw

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        return reading.permuted(answer, order)

    # --------------------------------------------------------------------------- several into one

    def combine(self, answers: Sequence[Answer]) -> Combined:
        return counting.combine(self, answers)

    def marks(self, answer: Answer) -> list[Mark]:
        return marking.marks(answer)

    @property
    def mark_labels(self) -> dict[str, str]:
        return self.label_words

    @property
    def overlapping(self) -> bool:
        return bool(self.config.overlap)

    def may_mark(self, target: Target) -> bool:
        return marking.may_mark(self, target)

    @property
    def support(self) -> float:
        return float(self.config.support)

    @property
    def methods(self) -> tuple[str, ...]:
        return ("support", "weighted_support", "dawid_skene_characters")

    @property
    def classes(self) -> tuple[float, ...]:
        """Of a character and a label: not marked so, or marked."""
        return (0.0, 1.0)

    def settle_marks(self, combined: Combined, found: Settlement) -> Combined:
        return marking.settled(combined, found)

    def summary(self, combined: Mapping[str, Any]) -> str:
        agreed = marking.agreed_words(combined, self.label_words)
        return "; ".join(filter(None, [agreed, counting.summary(self, combined)]))

    @property
    def whole(self) -> bool:
        return True

    def distance(self, first: Answer, second: Answer) -> float:
        """1 - F1 of the labelled characters, over the passages and the completions that both judge."""
        return 1 - _f1(first, second, _judged(first, second) & _judged(second, first))

    def credit(self, answer: Answer, known: Answer) -> float:
        """The same F1, over all that is known: saying nothing of a completion marks nothing in it."""
        return _f1(answer, known, _judged(known, answer))

    # ------------------------------------------------------------------------------------- exports

    def columns(self, answer: Answer) -> dict[str, Any]:
        return counting.columns(self, answer)

    def words(self, answer: Answer) -> str:
        return in_words.of(self, answer)

    # -------------------------------------------------------------------------------------- judges

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        return judging.schema(self, completions)

    def judge_instruction(self, *, completions: int) -> str:
        return judging.instruction(self, completions)

    def judge_material(self, texts: Texts) -> str:
        return judging.material(self, texts)

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        return judging.read(self, payload, completions)

    def located(self, answer: Answer, texts: Texts) -> Answer:
        return judging.located(self, answer, texts)

    def to_begin_with(self, answer: Answer, texts: Texts) -> Answer | None:
        return suggesting.to_begin_with(self, answer, texts)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        return judging.reconciled(answers)

    # ---------------------------------------------------------------------------------------- page

    def examples(self) -> list[Answer]:
        return in_words.examples(self)

    def context(self, shown: Shown) -> dict[str, Any]:
        return super().context(shown) | page.context(self, shown)


def parts_of(answer: Answer) -> list[dict[str, Any]]:
    """Spans and what is missing."""
    return [*answer[SPANS], *answer.get(MISSING, ())]


def _judged(answer: Answer, other: Answer) -> set[int]:
    """The completions that an answer judges; who marks passages has looked at those that another judges."""
    found = reading.of_completion(answer)
    return found | reading.of_completion(other) if reading.marks_passages(answer) else found


def _f1(first: Answer, second: Answer, completions: Collection[int]) -> float:
    one, other = (
        characters.within(characters.marked(one[SPANS], one.get(MISSING, ())), completions)
        for one in (first, second)
    )
    return characters.f1(one, other)
