"""The steps of completions with their buttons, as the template wants them, and what it posts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString

from annotate.offsets import Texts
from annotate.questions.base import parts
from annotate.questions.base.labels import colours
from annotate.questions.base.question import Shown, exactly, letter
from annotate.questions.steps import counting

if TYPE_CHECKING:
    from annotate.questions.steps.kind import Steps

NOTHING = SafeString()


@dataclass(frozen=True)
class Piece:
    """A step with its buttons, or, without a ``number``, text that belongs to none."""

    html: SafeString
    raw: SafeString
    number: int = 0
    field: str = ""
    label: str = ""
    colour: str = ""
    comment: SafeString = NOTHING


def context(question: "Steps", shown: Shown) -> dict[str, Any]:
    texts, names, tones = shown.texts, question.label_words, colours(question.config.labels)
    divided = [] if texts is None else _divided(question, texts)
    keys = question.keys
    buttons = [
        {
            "value": one.value,
            "words": one.label,
            "help": one.help,
            "key": keys[one.value],
            "colour": tones[one.value],
        }
        for one in question.config.labels
    ]
    return {
        "completions": [
            {
                "letter": letter(place),
                "steps": len(ranges),
                "pieces": list(_pieces(question, shown, place, divided)),
            }
            for place, ranges in enumerate(divided)
        ],
        "division": json.dumps(
            [
                [place, start, end, texts.completions[place][start:end]]
                for place, ranges in enumerate(divided)
                for start, end in ranges
            ]
            if texts is not None
            else []
        ),
        "buttons": buttons,
        "good": question.good,
        "hint": " · ".join(f"{keys[value]} {words}" for value, words in names.items()),
    }


def _divided(question: "Steps", texts: Texts) -> list[Sequence[tuple[int, int]]]:
    return [question.divided(texts, place) for place in range(len(texts.completions))]


def _pieces(
    question: "Steps", shown: Shown, place: int, divided: Sequence[Sequence[tuple[int, int]]]
) -> Iterator[Piece]:
    """The whole text, step by step; white space between steps is left out."""
    assert shown.texts is not None
    text, after = shown.texts.completions[place], 0
    tones = colours(question.config.labels)
    before = sum(len(ranges) for ranges in divided[:place])
    labelled = {counting.place_of(one): one for one in (shown.answer or {}).get("steps", ())}
    for number, (start, end) in enumerate(divided[place], start=1):
        yield from _between(shown, text[after:start])
        said = labelled.get((shown.order[place], start, end), {})
        yield Piece(
            html=shown.render(text[start:end]),
            raw=exactly(text[start:end]),
            number=number,
            field=f"{question.field}-{before + number - 1}",
            label=said.get("label", ""),
            colour=tones.get(said.get("label", ""), ""),
            comment=exactly(said.get("comment", "")),
        )
        after = end
    yield from _between(shown, text[after:])


def _between(shown: Shown, text: str) -> Iterator[Piece]:
    if text.strip():
        yield Piece(html=shown.render(text), raw=exactly(text))


def read(question: "Steps", data: Mapping[str, Any]) -> object | None:
    """The raw answer out of the buttons; None where none is pressed.

    The field ``…-of`` lists the steps that they are about, in order.
    """
    listed = parts.read_json(data, f"{question.field}-of")
    if not isinstance(listed, list):
        return None
    given = [data.get(f"{question.field}-{number}", "") for number in range(len(listed))]
    if not any(given):
        return None
    steps = [
        _step(one, label, data.get(f"{question.field}-{number}-comment", ""))
        for number, (one, label) in enumerate(zip(listed, given, strict=True))
        if label
    ]
    return {"steps": steps}


def _step(one: Any, label: str, comment: str) -> object:
    """Newlines of a comment are as people typed them: a form posts each as \\r\\n."""
    if not isinstance(one, list) or len(one) != 4:
        return one
    step = dict(zip(("completion", *parts.RANGE), one, strict=True)) | {"label": label}
    said = comment.replace("\r\n", "\n")
    return step | ({"comment": said} if said.strip() else {})
