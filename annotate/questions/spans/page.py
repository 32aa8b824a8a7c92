"""What the template of a question about spans wants: its state as JSON, and its labels."""

import json
from typing import TYPE_CHECKING, Any

from annotate.questions.base.labels import Label, colours, groups, keys
from annotate.questions.base.question import Shown
from annotate.questions.spans.reading import permuted

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans


def context(question: "Spans", shown: Shown) -> dict[str, Any]:
    config = question.config
    colour, key = colours(config.labels), keys(config.labels)

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
        "value": "" if shown.answer is None else in_shown_order(shown),
        "groups": [
            {
                "heading": described(group.heading) if group.heading else None,
                "labels": [described(label) for label in group.labels],
            }
            for group in groups(config.labels)
        ],
        # Places of the completions that are asked about, as they are shown.
        "asked": [
            place
            for place, position in enumerate(shown.order)
            if position in question.asked(len(shown.order))
        ],
    }


def in_shown_order(shown: Shown) -> str:
    """The answer as the hidden field has it: JSON, places as they are shown."""
    places = [list(shown.order).index(position) for position in range(len(shown.order))]
    return json.dumps(permuted(shown.answer or {}, places), ensure_ascii=False)
