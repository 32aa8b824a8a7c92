"""The editor's fields as the template wants them; edits travel as JSON in one field."""

import json
from typing import TYPE_CHECKING, Any

from annotate.questions.base.labels import colours, keys
from annotate.questions.base.question import Shown, exactly, letter
from annotate.questions.edit.reading import EDITS, permuted

if TYPE_CHECKING:
    from annotate.questions.edit.kind import Edit


def context(question: "Edit", shown: Shown) -> dict[str, Any]:
    config, texts = question.config, shown.texts
    answer = _shown(shown)
    asked = [] if texts is None else question.asked(len(shown.order), texts)
    tones, pressed = colours(config.labels), keys(config.labels)
    return {
        "held": "" if answer is None else json.dumps(answer),
        "completions": [
            {"letter": letter(place), "place": place, "text": exactly(texts.completions[place])}
            for place in asked
            if texts is not None
        ],
        "labels": [
            {
                "value": one.value,
                "words": one.label,
                "help": one.help,
                "colour": tones[one.value],
                "key": pressed[one.value],
            }
            for one in config.labels
        ],
        "points": [
            {"value": point, "key": str(point % 10) if config.scores <= 10 else ""}
            for point in range(1, config.scores + 1)
        ],
    }


def _shown(shown: Shown) -> dict[str, Any] | None:
    """The answer in the shown order."""
    if not shown.answer or EDITS not in shown.answer:
        return None
    places = [0] * len(shown.order)
    for place, position in enumerate(shown.order):
        places[position] = place
    return permuted(shown.answer, places)
