"""The boxes and buttons of a choice, as its template wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from annotate.questions.base.options import Option
from annotate.questions.base.question import Shown, letter
from annotate.questions.choice.naming import NONE, OTHER

if TYPE_CHECKING:
    from annotate.questions.choice.kind import Choice


@dataclass(frozen=True)
class Box:
    """One input; ``outcome`` is what later questions are asked upon, ``key`` chooses it."""

    name: str
    value: str
    words: str
    help: str
    key: str
    outcome: str
    checked: bool
    sole: bool = False  # ticked alone

    @property
    def id(self) -> str:
        return f"{self.name}-{self.value}"


def context(question: "Choice", shown: Shown) -> dict[str, Any]:
    config, field, answer = question.config, question.field, shown.answer or {}
    if config.each:
        given = answer.get("each") or [None] * len(shown.order)
        rows = [
            _row(question, f"{field}-{place}", given[position], letter(place))
            for place, position in enumerate(shown.order)
        ]
    else:
        rows = [_row(question, field, answer.get("chosen"), "")]
    text = SafeString(escape(answer.get(OTHER, "")).replace("\r", "&#13;"))
    return {
        "rows": rows,
        "input": "checkbox" if config.several else "radio",
        "hint": _hint(config.options, several=config.several),
        "other": {"text": text, "box": rows[0]["boxes"][-1 - bool(config.none)].id}
        if config.other
        else None,
        "reasons": _reasons(question, answer.get("reasons") or ()),
    }


def _row(question: "Choice", field: str, chosen: Sequence[str] | None, name: str) -> dict[str, Any]:
    options = list(question.config.options)
    if question.config.other:
        options.append(Option(OTHER, "Other"))
    boxes = [
        _box(question, field, option, number, checked=chosen is not None and option.value in chosen)
        for number, option in enumerate(options, start=1)
    ]
    if question.config.none:
        none = Option(NONE, question.config.none)
        boxes.append(_box(question, field, none, 0, checked=chosen is not None and not chosen))
    return {"letter": name, "field": field, "boxes": boxes}


def _box(question: "Choice", field: str, option: Option, number: int, *, checked: bool) -> Box:
    several = question.config.several
    return Box(
        name=f"{field}-is-{option.value}" if several else field,
        value="yes" if several else option.value,
        words=option.label,
        help=option.help,
        key=str(number) if number < 10 else "",
        outcome=option.value,
        checked=checked,
        sole=option.value == NONE,
    )


def _reasons(question: "Choice", given: Sequence[str]) -> list[Box]:
    return [
        Box(
            name=f"{question.field}-why-{reason.value}",
            value="yes",
            words=reason.label,
            help=reason.help,
            key=str(number) if number < 10 else "",
            outcome="",
            checked=reason.value in given,
        )
        for number, reason in enumerate(question.config.reasons, start=1)
    ]


def _hint(options: Sequence[Option], *, several: bool) -> str:
    helps = [f"{option.label}: {option.help}" for option in options if option.help]
    return " · ".join(["all that apply"] * several + helps)
