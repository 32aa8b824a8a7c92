"""A form while it is edited: all of it travels with the page, so that nothing is lost or shared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.http import QueryDict

from annotate.models import Form
from annotate.questions import (
    MOST_QUESTIONS,
    InvalidForm,
    Question,
    Questions,
    condition_fault,
    kinds,
    parse_question,
    parse_questions,
)
from frontend.form_editor.question_forms import QuestionForm, defaults
from frontend.form_editor.structured_fields import ConditionField, OptionsField


@dataclass
class DraftQuestion:
    """One question as it stands on the page. ``key`` is its own while it is edited, whatever moves."""

    key: str
    kind: type[Question[Any]]
    form: QuestionForm
    # Its name in the version that is edited; empty for a new one.
    was: str = ""
    faults: list[str] = field(default_factory=list)
    question: Question[Any] | None = None
    # What it could be called where its name is taken by another scale.
    free_name: str = ""

    @property
    def kind_name(self) -> str:
        return self.kind.kind

    @property
    def kind_title(self) -> str:
        return self.kind.title

    @property
    def name(self) -> str:
        return str(self.form["name"].value() or "")

    @property
    def title(self) -> str:
        return str(self.form["title"].value() or "")

    @property
    def definition(self) -> dict[str, Any]:
        return {"kind": self.kind.kind, **self.form.definition}


@dataclass
class Draft:
    """The questions in their order, the version they come from, and what is wrong with the whole."""

    base: int
    questions: list[DraftQuestion]
    fault: str = ""
    # The question that was just added, or that follows one that was removed.
    focused: DraftQuestion | None = None

    @property
    def valid(self) -> bool:
        return not self.fault and not any(one.faults for one in self.questions)

    @property
    def definition(self) -> list[dict[str, Any]]:
        return [one.definition for one in self.questions]

    @property
    def parsed(self) -> Questions:
        """The questions that can be shown; all of them where the draft is valid."""
        return Questions([one.question for one in self.questions if one.question is not None])


def draft_of(form: Form) -> Draft:
    """A stored version, to be edited."""
    return _drafted(form.version, form.questions)


def _drafted(base: int, definition: Sequence[Mapping[str, Any]]) -> Draft:
    questions = []
    for number, settings in enumerate(definition):
        kind = kinds()[settings["kind"]]
        initial = defaults(kind) | {k: v for k, v in settings.items() if k != "kind"}
        key = f"q{number}"
        form = QuestionForm(None, prefix=key, kind=kind, initial=initial)
        questions.append(DraftQuestion(key, kind, form, was=settings["name"]))
    earlier: dict[str, Question[Any]] = {}
    for one, question in zip(questions, parse_questions(list(definition)), strict=True):
        one.question = question
        one.form.follow(earlier)
        earlier[question.name] = question
    return Draft(base, questions)


def read_draft(data: QueryDict, *, newest: int) -> Draft:
    """What was posted, with everything that is wrong with it."""
    base = data.get("base", "")
    draft = Draft(int(base) if base.isdecimal() and len(base) < 9 else newest, [])
    for key in dict.fromkeys(data.getlist("question")):
        kind = kinds().get(data.get(f"{key}-kind", ""))
        if kind is not None and key.isalnum() and len(key) <= 8:
            form = QuestionForm(data, prefix=key, kind=kind)
            was = data.get(f"{key}-was", "")
            draft.questions.append(DraftQuestion(key, kind, form, was=was))
    check(draft)
    return draft


def check(draft: Draft) -> None:
    """Say what is wrong with each question and with the whole."""
    draft.fault = ""
    if not draft.questions:
        draft.fault = "A form asks at least one question; add one."
    if len(draft.questions) > MOST_QUESTIONS:
        draft.fault = f"A form asks {MOST_QUESTIONS} questions at most; remove some."
    earlier: dict[str, Question[Any]] = {}
    for one in draft.questions:
        one.form.follow(earlier)
        one.faults, one.question = list(one.form.faults), None
        if one.faults:
            continue
        try:
            question = parse_question(one.definition)
        except InvalidForm as fault:
            one.faults.append(str(fault))
            continue
        if one.name in earlier:
            one.faults.append(f"Another question is named {one.name}; give each its own name.")
        elif fault_of_condition := condition_fault(question, earlier):
            one.faults.append(fault_of_condition)
        else:
            one.question = earlier[one.name] = question


# ---------------------------------------------------------------------------------------- actions


def act(draft: Draft, action: str, data: QueryDict) -> Draft:
    """Add, remove, move or rename a question; an action that makes no sense changes nothing."""
    verb, _, which = action.partition(":")
    place = next((n for n, one in enumerate(draft.questions) if one.key == which), None)
    if verb == "add" and which in kinds():
        _add(draft, kinds()[which])
    elif place is None:
        return draft
    elif verb == "remove":
        draft.questions.pop(place)
        rest = draft.questions[place : place + 1] or draft.questions[-1:]
        draft.focused = rest[0] if rest else None
    elif verb in ("up", "down"):
        _move(draft.questions, place, -1 if verb == "up" else 1)
    elif verb == "rename":
        _rename(draft, place, data)
    check(draft)
    return draft


def _add(draft: Draft, kind: type[Question[Any]]) -> None:
    if len(draft.questions) >= MOST_QUESTIONS:
        return
    keys = {one.key for one in draft.questions}
    key = next(key for n in count() if (key := f"q{n}") not in keys)
    name = unused(kind.kind, {one.name for one in draft.questions})
    initial = defaults(kind) | {"name": name, "title": ""}
    draft.questions.append(DraftQuestion(key, kind, _filled(key, kind, initial)))
    draft.focused = draft.questions[-1]


def _filled(key: str, kind: type[Question[Any]], values: Mapping[str, Any]) -> QuestionForm:
    """Bound, as if somebody had posted ``values``."""
    blank = QuestionForm(None, prefix=key, kind=kind)
    data = QueryDict(mutable=True)
    for name, form_field in blank.fields.items():
        value = form_field.prepare_value(values.get(name))
        if isinstance(form_field, OptionsField | ConditionField):
            data.update(form_field.posted(f"{key}-{name}", value))
        elif value is not None and value is not False:
            data[f"{key}-{name}"] = "on" if value is True else str(value)
    return QuestionForm(data, prefix=key, kind=kind)


def _move(questions: list[DraftQuestion], place: int, by: int) -> None:
    other = place + by
    if 0 <= other < len(questions):
        questions[place], questions[other] = questions[other], questions[place]


def _rename(draft: Draft, place: int, data: QueryDict) -> None:
    """Under its new name; what is asked upon the question follows it."""
    one = draft.questions[place]
    changed, before = data.copy(), one.name
    changed[f"{one.key}-name"] = name = data.get(f"{one.key}-free", "")
    for other in draft.questions[place:]:
        asked_upon = f"{other.key}-ask_if-question"
        if changed.get(asked_upon) == before:
            changed[asked_upon] = changed[f"{other.key}-ask_if-shown"] = name
        if other is one or changed.get(asked_upon) == name:
            other.form = QuestionForm(changed, prefix=other.key, kind=other.kind)


def unused(name: str, taken: set[str]) -> str:
    """``name``, or with the first number that makes it free."""
    if name not in taken:
        return name
    return next(free for n in count(2) if (free := f"{name}_{n}") not in taken)
