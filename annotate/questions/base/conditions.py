"""Questions that are asked only upon the answer to an earlier one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.questions.base.question import Question


@dataclass(frozen=True)
class Condition:
    """``answer`` names outcomes of the question ``question``, of which one has to be the case.

    An outcome is the same in whatever order completions are shown, so that a question that turns up
    does not tell an annotator which completion is whose.
    """

    question: str
    answer: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.question} is {' or '.join(self.answer)}"


def read_condition(value: Any) -> Condition | None:
    """From ``{"question": "overall", "answer": ["not_tie"]}``, or null. Raises ``ValueError``."""
    if value is None:
        return None
    remedy = 'write {"question": "…", "answer": ["…"]}, or null for always'
    if not isinstance(value, Mapping) or set(value) != {"question", "answer"}:
        raise ValueError(f"is {value!r}; {remedy}")
    question, answer = value["question"], value["answer"]
    answer = [answer] if isinstance(answer, str) else answer
    if (
        not isinstance(question, str)
        or not isinstance(answer, list | tuple)
        or not all(isinstance(one, str) for one in answer)
    ):
        raise ValueError(f"is {value!r}; {remedy}")
    if not answer:
        raise ValueError(f"names no answer to {question!r}; name at least one")
    return Condition(question, tuple(dict.fromkeys(answer)))


def condition_fault(question: "Question[Any]", earlier: Mapping[str, "Question[Any]"]) -> str:
    """Why the question's condition cannot be, ``earlier`` being the questions before it; or nothing."""
    condition = question.config.ask_if
    if condition is None:
        return ""
    asked = earlier.get(condition.question)
    able = [one.name for one in earlier.values() if one.outcomes]
    if asked is None or not asked.outcomes:
        known = f"use one of {', '.join(able)}" if able else "ask it always"
        what = (
            "which is no question before it"
            if asked is None
            else f"and a {asked.kind} has no outcomes to ask upon"
        )
        return f"Question {question.name!r} is asked upon {condition.question!r}, {what}; {known}."
    if unknown := [one for one in condition.answer if one not in asked.outcomes]:
        return (
            f"Question {question.name!r} is asked if {condition.question!r} is {unknown[0]!r}, which "
            f"it never is; use {', '.join(asked.outcomes)}."
        )
    return ""
