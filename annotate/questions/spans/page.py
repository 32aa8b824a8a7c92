"""What the template of a question about spans wants: its state as JSON, its labels, and their keys."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotate.questions.base.labels import Label, colours, groups, keys
from annotate.questions.base.question import Answer, Shown
from annotate.questions.spans.reading import permuted

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans

# For labels beyond the digits: letters that stand for nothing else where answers are given.
LETTERS = "nqty"
CLEAN = "0"
# What the arrow keys move by, alone and with Ctrl, as the script has it.
ARROWS = {
    "characters": "← → move, with Ctrl by word",
    "words": "← → move by word, with Ctrl by sentence",
    "sentences": "← → move by sentence",
}


def context(question: "Spans", shown: Shown) -> dict[str, Any]:
    config = question.config
    colour, key = colours(config.labels), keys_of(question)
    asked = question.asked(len(shown.order))

    def described(label: Label) -> dict[str, Any]:
        return {
            "value": label.value,
            "label": label.label,
            "help": label.help,
            "colour": colour[label.value],
            "key": key.get(label.value, ""),
            "missing": label.missing,
        }

    return {
        "value": "" if shown.answer is None else in_shown_order(shown.answer, shown.order),
        # What was filled in to begin with: what is as it was there says whose it is.
        "suggested": ""
        if shown.suggested is None
        else in_shown_order(shown.suggested, shown.order),
        "groups": [
            {
                "heading": described(group.heading) if group.heading else None,
                "labels": [described(label) for label in group.labels],
            }
            for group in groups(config.labels)
        ],
        # The completions that are asked about, as they are shown.
        "asked": [
            {"text": f"completion-{place}", "letter": shown.letters[place]}
            for place, position in enumerate(shown.order)
            if position in asked
        ],
        "clean_key": "" if CLEAN in key.values() else CLEAN,
        "severities": [
            {"value": one.value, "label": one.label, "help": one.help, "number": number}
            for number, one in enumerate(config.severities, start=1)
        ],
        "hint": " · ".join(_hints(question)),
        "keys_in_text": _keys_in_text(question),
    }


def keys_of(question: "Spans") -> Mapping[str, str]:
    """By value; where digits do not suffice the next labels have letters."""
    found = keys(question.config.labels)
    free = iter([one for one in LETTERS if one not in found.values()])
    return {value: key or next(free, "") for value, key in found.items()}


def in_shown_order(answer: Answer, order: Sequence[int]) -> str:
    """An answer as the hidden field has it: JSON, places as they are shown."""
    places = [list(order).index(position) for position in range(len(order))]
    return json.dumps(permuted(answer, places), ensure_ascii=False)


def _hints(question: "Spans") -> Iterator[str]:
    config = question.config
    if config.help:
        yield config.help
    yield "Select text and press a category, or press it first; e goes into the text"
    if config.prioritised:
        yield "if several categories fit, take the first"
    if config.snap != "characters":
        yield f"whole {config.snap} are marked"
    if not config.overlap:
        yield "marks may not overlap"


def _keys_in_text(question: "Spans") -> str:
    severities = " · Shift 1 … severity" if question.config.severities else ""
    return (
        f"{ARROWS[question.config.snap]} · Shift selects · 1 … marks{severities} · "
        "[ ] other marks · Esc leaves"
    )
