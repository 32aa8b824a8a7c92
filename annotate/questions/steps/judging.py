"""How a judge labels steps: it is shown them numbered, and answers by number."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotate.offsets import Texts
from annotate.questions.base.parts import MOST_PARTS
from annotate.questions.base.question import Answer, InvalidAnswer, letter

if TYPE_CHECKING:
    from annotate.questions.steps.kind import Steps

Schema = dict[str, Any]
NUMBER = "step"
LONGEST_SHOWN = 240  # characters of a step; the completion itself stands beside the list


def schema(question: "Steps", completions: int) -> Schema:
    step: Schema = {
        NUMBER: {"type": "integer"},
        "label": {"type": "string", "enum": question.label_values},
    }
    if question.config.comments != "off":
        step["comment"] = {"type": "string"}
    listed = {"type": "array", "items": _object(step)}
    return _object({letter(place): listed for place in range(completions)})


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def instruction(question: "Steps", completions: int) -> str:
    config = question.config
    names = ", ".join(letter(place) for place in range(completions))
    lines = [
        f"{config.title} {config.help}".strip(),
        (
            f"The steps of each completion are listed by number under “steps of {question.name}”. Answer "
            f"with an object that gives each of {names} a list with one object a step, in order: its "
            f"number as “{NUMBER}”, and as “label” one of these:"
        ),
        *(
            f"- {label.value}: {label.label}{f' ({label.help})' if label.help else ''}"
            for label in config.labels
        ),
    ]
    if question.stops:
        lines.append(f"Stop after the first step that is {config.bad}.")
    if config.comments == "required":
        lines.append(f"Say as “comment” why a step is {config.bad}; leave it empty for others.")
    elif config.comments == "optional":
        lines.append("“comment” may say why, in a sentence; leave it empty where it is plain.")
    return "\n".join(lines)


def material(question: "Steps", texts: Texts) -> str:
    """Every step by its number, long ones by their beginning and end."""
    lines = [f"steps of {question.name}:"]
    for place, text in enumerate(texts.completions):
        for number, (start, end) in enumerate(question.divided(texts, place), start=1):
            lines.append(f"{letter(place)} {number}: {_shortened(text[start:end])}")
    return "\n".join(lines)


def _shortened(step: str) -> str:
    if len(step) <= LONGEST_SHOWN:
        return step
    half = LONGEST_SHOWN // 2
    return f"{step[:half].rstrip()} […] {step[-half:].lstrip()}"


def numbered(question: "Steps", payload: object, completions: int) -> Answer:
    """What a judge said, by completion and number. Raises ``InvalidAnswer``."""
    if not isinstance(payload, Mapping):
        raise InvalidAnswer(question.name, f"{payload!r} is not an object with steps a completion")
    steps = []
    for place in range(completions):
        listed = payload.get(letter(place))
        if not isinstance(listed, list) or len(listed) > MOST_PARTS:
            raise InvalidAnswer(question.name, f"{letter(place)} has no list of steps")
        steps += [_step(question, one, place) for one in listed]
    if not steps:
        raise InvalidAnswer(question.name, "labels no step")
    return {"steps": steps}


def _step(question: "Steps", given: object, place: int) -> dict[str, Any]:
    if not isinstance(given, Mapping) or type(given.get(NUMBER)) is not int:
        raise InvalidAnswer(question.name, f"{given!r} is no step with its number and label")
    comment = given.get("comment")
    said = question.config.comments != "off" and isinstance(comment, str) and comment.strip()
    return {
        "completion": place,
        NUMBER: given[NUMBER],
        "label": given.get("label"),
        **({"comment": comment} if said else {}),
    }


def placed(question: "Steps", answer: Answer, texts: Texts) -> Answer:
    """Numbers turned into ranges. Raises ``InvalidAnswer`` for a number that no step has."""
    divided = [question.divided(texts, place) for place in range(len(texts.completions))]
    return {"steps": [_placed(question, step, divided, texts) for step in answer["steps"]]}


def _placed(
    question: "Steps",
    step: Mapping[str, Any],
    divided: Sequence[Sequence[tuple[int, int]]],
    texts: Texts,
) -> dict[str, Any]:
    place, number = step["completion"], step[NUMBER]
    ranges = divided[place]
    if not 1 <= number <= len(ranges):
        raise InvalidAnswer(
            question.name,
            f"{letter(place)} has a label for step {number}, but {len(ranges)} steps; use 1 to "
            f"{len(ranges)}",
        )
    start, end = ranges[number - 1]
    rest = {name: value for name, value in step.items() if name != NUMBER}
    return rest | {"start": start, "end": end, "text": texts.completions[place][start:end]}
