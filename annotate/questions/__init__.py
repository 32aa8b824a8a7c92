"""Question kinds: every folder here that has a ``kind`` module is one."""

import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from annotate.offsets import Texts
from annotate.questions.base.conditions import condition_fault
from annotate.questions.base.configs import make_config
from annotate.questions.base.question import (
    NAME_LENGTH,
    Answer,
    InvalidAnswer,
    InvalidForm,
    Question,
    Shown,
)
from annotate.questions.base.text import RefusedText, check_texts

__all__ = [
    "Answer",
    "Answers",
    "IncompleteAnswers",
    "InvalidAnswer",
    "InvalidForm",
    "Question",
    "Questions",
    "Shown",
    "condition_fault",
    "kinds",
    "parse_question",
    "parse_questions",
]

Answers = dict[str, Answer]
MOST_QUESTIONS = 50
_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{NAME_LENGTH - 1}}}")


class IncompleteAnswers(ValueError):
    """A submission that cannot stand: ``faults`` maps question names to what is wrong."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)


@cache
def kinds() -> dict[str, type[Question[Any]]]:
    """Every kind by name."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg and module.name != "base":
            cls = import_module(f"annotate.questions.{module.name}").KIND
            found[cls.kind] = cls
    return found


class Questions(Sequence[Question[Any]]):
    """A form's questions, asked together about one item."""

    def __init__(self, questions: Sequence[Question[Any]]) -> None:
        self._questions = tuple(questions)
        self._by_name = {question.name: question for question in questions}

    def __len__(self) -> int:
        return len(self._questions)

    def __iter__(self) -> Iterator[Question[Any]]:
        return iter(self._questions)

    def __getitem__(self, index: Any) -> Any:
        return self._by_name[index] if isinstance(index, str) else self._questions[index]

    def __contains__(self, question: object) -> bool:
        """By name, as ``[]`` takes one."""
        return question in self._by_name or question in self._questions

    @property
    def names(self) -> list[str]:
        return list(self._by_name)

    def named(self, name: str) -> Question[Any] | None:
        return self._by_name.get(name)

    def of_kind(self, kind: str) -> list[Question[Any]]:
        return [question for question in self if question.kind == kind]

    def main_preference(self) -> Question[Any] | None:
        """The preference that reward models learn from: "overall" where it is asked, else the first."""
        preferences = self.of_kind("preference")
        overall = (question for question in preferences if question.name == "overall")
        return next(overall, preferences[0] if preferences else None)

    @cached_property
    def needs_texts(self) -> bool:
        """Whether answers can be checked only with the texts they are about."""
        return any(question.needs_texts for question in self)

    def parse(
        self, raw: object, *, completions: int, complete: bool, texts: Texts | None = None
    ) -> Answers:
        """Canonical answers, validated question by question.

        ``texts``, in the order of the answers, may be None only where ``needs_texts`` is false.

        ``complete`` is what people owe: every required question answered in full. Judges and
        imports may leave questions out. What is said to a question that is not asked, after the
        answers before it, is dropped. Raises ``IncompleteAnswers`` with every fault at once.
        """
        if not isinstance(raw, Mapping):
            raise IncompleteAnswers({"": "the answers are not an object; send {question: answer}"})
        faults = {
            name: "no such question in this form" for name in raw if name not in self._by_name
        }
        answers: Answers = {}
        for question in self:
            given = raw.get(question.name)
            condition = question.config.ask_if
            unknown = condition is not None and condition.question not in raw and not complete
            if not unknown and not self.asks(question, answers):
                continue
            if given is None:
                if complete and question.config.required:
                    faults[question.name] = "is not answered; answer it to go on"
                continue
            try:
                answer = self._fitting(question, given, completions, texts)
            except InvalidAnswer as fault:
                faults[question.name] = fault.message
                continue
            lacking = ""
            if complete:
                lacking = question.lacking(answer, completions=completions, texts=texts)
            if not lacking:
                answers[question.name] = answer
            elif question.config.required:
                faults[question.name] = lacking
        if not faults and not answers:
            faults[""] = "nothing is answered"
        if faults:
            raise IncompleteAnswers(faults)
        return answers

    @staticmethod
    def _fitting(
        question: Question[Any], given: object, completions: int, texts: Texts | None
    ) -> Answer:
        answer = question.parse(given, completions=completions)
        if not question.needs_texts:
            return answer
        assert texts is not None
        return question.fit(answer, texts)

    def in_part(self, answers: Answers, *, completions: int, texts: Texts | None) -> list[str]:
        """Names of those of ``answers`` that leave something out, in the order of ``texts``."""
        return [
            name
            for name, answer in answers.items()
            if self[name].lacking(answer, completions=completions, texts=texts)
        ]

    def asks(self, question: Question[Any], answers: Answers) -> bool:
        """Whether a question is asked, given the ``answers`` to those before it, in any order shown."""
        condition = question.config.ask_if
        if condition is None:
            return True
        before = answers.get(condition.question)
        return before is not None and not set(condition.answer).isdisjoint(
            self[condition.question].came_to(before)
        )

    def asked(self, answers: Answers) -> Answers:
        """``answers`` without those to questions that they have not asked.

        Where a condition is about an answer that is left out, nothing can be said, and the answer stays.
        """
        kept: Answers = {}
        for question in self:
            condition = question.config.ask_if
            unknown = condition is not None and condition.question not in answers
            if question.name in answers and (unknown or self.asks(question, kept)):
                kept[question.name] = answers[question.name]
        return kept

    def read(self, data: Mapping[str, Any], *, completions: int) -> dict[str, object]:
        """Raw answers out of a page's form fields, in the shown order."""
        raw = ((q.name, q.read(data, completions=completions)) for q in self)
        return {name: answer for name, answer in raw if answer is not None}

    def permute(self, answers: Answers, order: Sequence[int]) -> Answers:
        return {name: self[name].permute(answer, order) for name, answer in answers.items()}

    def columns(self, answers: Answers) -> dict[str, Any]:
        """Flat cells, those of a question with a criterion beside the criterion."""
        cells: dict[str, Any] = {}
        for name, answer in answers.items():
            for column, value in self[name].columns(answer).items():
                cells[f"{name}.{column}" if column else name] = value
            if self[name].config.criterion:
                cells[f"{name}.criterion"] = self[name].config.criterion
        return cells

    @property
    def criteria(self) -> dict[str, str]:
        """The criterion by question, of those that have one."""
        return {q.name: q.config.criterion for q in self if q.config.criterion}

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        """Every question is required, as strict endpoints want it; one with a condition may be null."""
        parts = {}
        for question in self:
            part = question.judge_schema(completions=completions)
            always = question.config.ask_if is None
            parts[question.name] = part if always else {"anyOf": [part, {"type": "null"}]}
        return {
            "type": "object",
            "properties": parts,
            "required": [question.name for question in self],
            "additionalProperties": False,
        }

    def judge_instruction(self, question: Question[Any], *, completions: int) -> str:
        """A question in words, with its criterion and when it is to be answered."""
        parts = [question.judge_instruction(completions=completions)]
        if question.config.criterion:
            parts.insert(0, f"Judge by this alone: {question.config.criterion}")
        if (condition := question.config.ask_if) is not None:
            words = self[condition.question].outcomes
            cases = " or ".join(f"“{words[one]}”" for one in condition.answer)
            parts.append(f"Answer it only if {condition.question} is {cases}; else say null.")
        return "\n".join(parts)

    def from_judge(
        self, payload: object, *, completions: int, texts: Texts | None = None
    ) -> Answers:
        """A judge's answers in the order it saw. Required questions that it is asked must be there.

        ``texts``, in that order, are needed where ``needs_texts`` is true.

        Raises ``InvalidAnswer``.
        """
        if not isinstance(payload, Mapping):
            raise InvalidAnswer("", "the judge's answer is not a JSON object")
        answers: Answers = {}
        for question in self:
            given = payload.get(question.name)
            if not self.asks(question, answers):
                continue
            if given is not None:
                answer = question.from_judge(given, completions=completions)
                if question.needs_texts:
                    assert texts is not None
                    answer = question.located(answer, texts)
                answers[question.name] = answer
            elif question.config.required:
                raise InvalidAnswer(question.name, "the judge left the question out")
        return answers


def parse_questions(definition: object) -> Questions:
    """A form from its JSON: a list of ``{"kind", "name", "title", …}``. Raises ``InvalidForm``."""
    try:
        check_texts(definition)
    except RefusedText as fault:
        raise InvalidForm(f"In the form, {fault}.") from fault
    if not isinstance(definition, list) or not definition:
        raise InvalidForm("A form is a list of at least one question.")
    if len(definition) > MOST_QUESTIONS:
        raise InvalidForm(
            f"The form has {len(definition)} questions; ask {MOST_QUESTIONS} at most about an item."
        )
    questions: dict[str, Question[Any]] = {}
    for settings in definition:
        question = parse_question(settings)
        if question.name in questions:
            raise InvalidForm(f"Two questions are named {question.name!r}; give each its own name.")
        if wrong := condition_fault(question, questions):
            raise InvalidForm(wrong)
        questions[question.name] = question
    return Questions(list(questions.values()))


def parse_question(settings: object) -> Question[Any]:
    """One question from its JSON, whatever stands before it in the form. Raises ``InvalidForm``."""
    if not isinstance(settings, Mapping):
        raise InvalidForm(f"A question is an object with kind, name and title, not {settings!r}.")
    kind = settings.get("kind")
    if not isinstance(kind, str) or kind not in kinds():
        known = ", ".join(sorted(kinds()))
        raise InvalidForm(f"There is no question kind {kind!r}; use one of {known}.")
    cls = kinds()[kind]
    config = make_config(cls, settings)
    if not _NAME.fullmatch(config.name):
        raise InvalidForm(
            f"Question name {config.name!r} is not allowed; use up to {NAME_LENGTH} small "
            "letters, digits and underscores, a letter first."
        )
    cls.check(config)
    return cls(config)
