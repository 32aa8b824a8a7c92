"""Free text, such as the reason for a preference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from annotate.questions.base.question import (
    Answer,
    Combined,
    Config,
    InvalidAnswer,
    InvalidForm,
    Question,
    Shown,
)
from annotate.questions.base.settings import setting
from annotate.questions.base.text import RefusedText, check_text

LONGEST = 20_000
WRITTEN = "written"


@dataclass(frozen=True, kw_only=True)
class TextConfig(Config):
    minimum_length: int = setting(
        0,
        "In characters, white space at the ends not counted. 0 leaves it open.",
        label="At least",
        least=0,
        most=LONGEST,
        scale=False,
    )


class Text(Question[TextConfig]):
    """Answers are ``{"text": str}``, kept exactly as written."""

    kind = "text"
    title = "Text"
    about = "Words of the annotator's own, such as the reason for a preference."
    Config = TextConfig
    compared = False  # the same reason comes in other words each time

    @classmethod
    def check(cls, config: TextConfig) -> None:
        if not 0 <= config.minimum_length <= LONGEST:
            raise InvalidForm(
                f"Question {config.name!r}: minimum length {config.minimum_length}; "
                f"use 0 to {LONGEST}."
            )

    @property
    def outcomes(self) -> dict[str, str]:
        return {WRITTEN: "something is written"}

    def came_to(self, answer: Answer) -> list[str]:
        return [WRITTEN] if answer["text"].strip() else []

    def parse(self, raw: object, *, completions: int) -> Answer:
        text = raw.get("text") if isinstance(raw, Mapping) and set(raw) == {"text"} else None
        if not isinstance(text, str):
            raise InvalidAnswer(self.name, f"{raw!r} is not a text; send {{'text': '…'}}")
        try:
            check_text(text)
        except RefusedText as fault:
            raise InvalidAnswer(self.name, str(fault)) from fault
        if len(text) > LONGEST:
            raise InvalidAnswer(
                self.name, f"has {len(text)} characters; shorten it to {LONGEST} at most"
            )
        written = len(text.strip())
        if 0 < written < self.config.minimum_length or (
            self.config.required and written < self.config.minimum_length
        ):
            raise InvalidAnswer(
                self.name,
                f"has {written} characters; write at least {self.config.minimum_length}",
            )
        return {"text": text}

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        return bool(answer["text"].strip())

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        text = data.get(self.field, "").replace("\r\n", "\n")  # what forms make of a line's end
        return {"text": text} if text else None

    def held(self, data: Mapping[str, Any], order: Sequence[int]) -> Answer | None:
        """Texts that are too short yet are held too."""
        text = data.get(self.field, "")
        return {"text": text} if text else None

    def combine(self, answers: Sequence[Answer]) -> Combined:
        return Combined(count=len(answers), data={"texts": len(answers)})

    def distance(self, first: Answer, second: Answer) -> float:
        return 0.0 if first["text"] == second["text"] else 1.0

    def columns(self, answer: Answer) -> dict[str, Any]:
        return {"": answer["text"]}

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        return {"type": "string"}

    def judge_instruction(self, *, completions: int) -> str:
        length = self.config.minimum_length
        least = f" At least {length} characters." if length else ""
        return f"{self.config.title} {self.config.help}".strip() + f"\nAnswer in words.{least}"

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        return self.parse({"text": payload}, completions=completions)

    def examples(self) -> list[Answer]:
        return [{"text": "The first one answers the question that was asked. " * 3}]

    def context(self, shown: Shown) -> dict[str, Any]:
        text = (shown.answer or {}).get("text", "")
        return super().context(shown) | {
            "text": SafeString(escape(text).replace("\r", "&#13;")),
            "longest": LONGEST,
        }
