"""A completion rewritten: which passages give way to what, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.offsets import COMPLETION, Target, Texts
from annotate.questions.base import parts
from annotate.questions.base.asked import asked_places, check_positions
from annotate.questions.base.labels import Label, read_labels
from annotate.questions.base.marks import Mark, Settlement
from annotate.questions.base.question import (
    Answer,
    Combined,
    Config,
    InvalidForm,
    Question,
    Shown,
)
from annotate.questions.base.settings import setting
from annotate.questions.edit import counting, judging, page, reading
from annotate.questions.edit.reading import EDITS, SCORES, UNCHANGED
from annotate.questions.edit.replacing import edited

MOST_LABELS, MOST_POINTS = 60, 100
REASONS = {"off": "none", "optional": "if one likes", "required": "owed for each edit"}


@dataclass(frozen=True, kw_only=True)
class EditConfig(Config):
    labels: tuple[Label, ...] = setting(
        (),
        "What an edit can be for; each has one then. Answers hold what is stored; words may change.",
        label="Categories",
        type="labels",
        read=read_labels,
    )
    reasons: str = setting(
        "optional", "Why an edit was made, in words.", scale=False, choices=REASONS
    )
    scores: int = setting(
        0,
        "Points of a scale from 1 on which the completion is scored before and after; 0 asks for none.",
        label="Scores",
        least=0,
        most=MOST_POINTS,
    )
    completions: tuple[int, ...] = setting(
        (),
        "Which of an item's completions are asked about, by their place in the item; none for all.",
        label="Completions asked about",
        least=0,
        first=1,
    )


class Edit(Question[EditConfig]):
    """Answers are ``{"edits": […], "unchanged"?: [0], "scores"?: […]}``.

    Edits stand in order and do not overlap; each names a range of the original text, empty for an
    insertion, and its ``replacement``. ``unchanged`` has the completions in which there is nothing to
    edit; ``scores`` a completion's ``initial`` and ``final`` points.
    """

    kind = "edit"
    title = "Edit"
    about = "A completion rewritten, passage by passage or as a whole, each edit with its reason."
    Config = EditConfig
    usual_completions = 1
    needs_texts = True
    marked = True

    @classmethod
    def check(cls, config: EditConfig) -> None:
        where = f"Question {config.name!r}"
        if any(label.parent or label.missing for label in config.labels):
            raise InvalidForm(
                f"{where}: categories of edits have no headings, and none is of what is missing; "
                "leave both out."
            )
        if not (config.scores == 0 or 2 <= config.scores <= MOST_POINTS):
            raise InvalidForm(
                f"{where}: scores on {config.scores} points; use 2 to {MOST_POINTS}, or 0 for none."
            )
        check_positions(where, config.completions)

    @property
    def scale_settings(self) -> dict[str, Any]:
        """Of the categories their values alone: words and colours may change."""
        return super().scale_settings | {"Categories": self.label_values}

    @property
    def label_values(self) -> list[str]:
        return [label.value for label in self.config.labels]

    @property
    def label_words(self) -> dict[str, str]:
        return {label.value: label.label for label in self.config.labels}

    @property
    def least_completions(self) -> int:
        return max(self.config.completions, default=0) + 1

    def asked(self, places: int, texts: Texts | None) -> list[int]:
        """The places, in the order of ``texts``, of the completions that are asked about."""
        return asked_places(self.config.completions, places, texts)

    @property
    def outcomes(self) -> dict[str, str]:
        return {"edited": "anything is edited", "unchanged": "a completion needs no edit"} | {
            value: f"an edit is for {words}" for value, words in self.label_words.items()
        }

    def came_to(self, answer: Answer) -> list[str]:
        labels = {edit.get("label") for edit in answer[EDITS]}
        found = ["edited"] * bool(answer[EDITS]) + ["unchanged"] * bool(answer.get(UNCHANGED))
        return found + [value for value in self.label_values if value in labels]

    def rewritten(self, answer: Answer, completion: int, text: str) -> str | None:
        """What an answer makes of a completion's ``text``; None where it says nothing of it."""
        if completion in answer.get(UNCHANGED, ()):
            return text
        edits = reading.edits_of(answer, completion)
        return edited(text, edits) if edits else None

    # ---------------------------------------------------------------------------------- validation

    def parse(self, raw: object, *, completions: int) -> Answer:
        return reading.parse(self, raw, completions)

    def fit(self, answer: Answer, texts: Texts) -> Answer:
        return reading.fit(self, answer, texts)

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        """As far as can be told without the texts' order."""
        return not self.config.completions and not self.lacking(
            answer, completions=completions, texts=None
        )

    def lacking(self, answer: Answer, *, completions: int, texts: Texts | None) -> str:
        return reading.lacking(self, answer, self.asked(completions, texts))

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        raw = parts.read_json(data, self.field)
        if isinstance(raw, Mapping) and set(raw) <= set(reading.ANSWER) and not any(raw.values()):
            return None  # everything was taken back
        return raw

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        return reading.permuted(answer, order)

    # ------------------------------------------------------------------- aggregation and agreement

    def combine(self, answers: Sequence[Answer]) -> Combined:
        return counting.combine(self, answers)

    @property
    def methods(self) -> tuple[str, ...]:
        return ("support", "weighted_support", "dawid_skene_characters")

    @property
    def classes(self) -> tuple[float, ...]:
        """Of a character and a category: left as it is, or replaced for that."""
        return (0.0, 1.0)

    def marks(self, answer: Answer) -> list[Mark]:
        """What gives way; an insertion marks no character."""
        return counting.marks(answer)

    @property
    def mark_labels(self) -> dict[str, str]:
        return self.label_words or {counting.EDITED: "Edited"}

    @property
    def overlapping(self) -> bool:
        return False

    def may_mark(self, target: Target) -> bool:
        asked = self.config.completions
        return target.kind == COMPLETION and (not asked or target.place in asked)

    def settle_marks(self, combined: Combined, found: Settlement) -> Combined:
        return counting.settled(combined, found)

    @property
    def whole(self) -> bool:
        return True

    def summary(self, combined: Mapping[str, Any]) -> str:
        return counting.summary(self, combined)

    def distance(self, first: Answer, second: Answer) -> float:
        """1 - F1 of the characters that are replaced, an insertion counting as one of its own.

        Over the completions of which both say something; where neither changes any, 0. What stands
        there instead is not compared.
        """
        return counting.distance(first, second)

    # ------------------------------------------------------------------------------------- exports

    def columns(self, answer: Answer) -> dict[str, Any]:
        return counting.columns(self, answer)

    def words(self, answer: Answer) -> str:
        return counting.in_words(self, answer)

    # -------------------------------------------------------------------------------------- judges

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        return judging.schema(self, completions)

    def judge_instruction(self, *, completions: int) -> str:
        return judging.instruction(self, completions)

    def judge_material(self, texts: Texts) -> str:
        return judging.material(self, texts)

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        """With quotes in place of ranges, until ``located`` has the texts."""
        return judging.quoted(self, payload, completions)

    def located(self, answer: Answer, texts: Texts) -> Answer:
        return judging.located(self, answer, texts)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        """The edits of the first order: two rewritings cannot be made into one."""
        return answers[0]

    # ---------------------------------------------------------------------------------------- page

    def examples(self) -> list[Answer]:
        """Of the texts "One.\\n\\nTwo." and "Three."."""
        one: parts.Part = {
            "completion": 0,
            "start": 0,
            "end": 3,
            "text": "One",
            "replacement": "First",
        }
        more: parts.Part = {
            "completion": 0,
            "start": 10,
            "end": 10,
            "text": "",
            "replacement": " Then?",
        }
        other: parts.Part = {"completion": 1, "start": 5, "end": 6, "text": ".", "replacement": ""}
        if self.config.labels:
            one["label"] = more["label"] = other["label"] = self.label_values[0]
        if self.config.reasons != "off":
            more["reason"] = "It goes on."
        if self.config.reasons == "required":
            one["reason"] = other["reason"] = "It reads better."
        asked = set(self.config.completions or (0, 1))
        edits = [edit for edit in (one, more, other) if edit["completion"] in asked]
        found: list[Answer] = [{EDITS: edits}, {EDITS: [], UNCHANGED: sorted(asked & {0, 1})}]
        if top := self.config.scores:
            changed = dict.fromkeys(int(edit["completion"]) for edit in edits)
            found[0][SCORES] = [{"completion": n, "initial": 1, "final": top} for n in changed]
            found[1][SCORES] = [{"completion": n, "initial": top} for n in found[1][UNCHANGED]]
        return found

    def context(self, shown: Shown) -> dict[str, Any]:
        return super().context(shown) | page.context(self, shown)
