"""How a judge is asked to choose. Own words are people's: a judge chooses from the options."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotate.questions.base.options import Option
from annotate.questions.base.question import InvalidAnswer, letter

if TYPE_CHECKING:
    from annotate.questions.choice.kind import Choice

Schema = dict[str, Any]


def schema(question: "Choice", completions: int) -> Schema:
    options = {"type": "string", "enum": question.values_of_options}
    chosen: Schema = {"type": "array", "items": options} if question.config.several else options
    if question.config.each:
        return _object(dict.fromkeys(_letters(completions), chosen))
    if not question.config.reasons:
        return chosen
    reasons = [reason.value for reason in question.config.reasons]
    listed = {"type": "array", "items": {"type": "string", "enum": reasons}}
    return _object({"chosen": chosen, "reasons": listed})


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _letters(completions: int) -> list[str]:
    return [letter(place) for place in range(completions)]


def instruction(question: "Choice", completions: int) -> str:
    config = question.config
    wanted = "one of these"
    if config.several:
        wanted = f"a list of those that apply, {'empty for none of them' if config.none else 'at least one'}"
    lines = [f"{config.title} {config.help}".strip()]
    if config.each:
        names = ", ".join(_letters(completions))
        lines.append(f"Answer with an object that gives each of {names} {wanted}:")
    elif config.reasons:
        lines.append(f'Answer with an object, of which "chosen" is {wanted}:')
    else:
        lines.append(f"Answer with {wanted}:")
    lines += _listed(config.options)
    if config.reasons:
        lines += ['and "reasons" a list of those that apply, or empty:', *_listed(config.reasons)]
    return "\n".join(lines)


def _listed(options: Sequence[Option]) -> list[str]:
    return [
        f"- {option.value}: {option.label}{f' ({option.help})' if option.help else ''}"
        for option in options
    ]


def raw(question: "Choice", payload: object, completions: int) -> object:
    """What ``parse`` takes, out of a judge's answer. Raises ``InvalidAnswer``."""
    if question.config.each:
        if not isinstance(payload, Mapping):
            raise InvalidAnswer(
                question.name, f"{payload!r} is not an object with a choice a completion"
            )
        given = [payload.get(name) for name in _letters(completions)]
        return {"each": [None if one is None else _chosen(question, one) for one in given]}
    if not question.config.reasons:
        return {"chosen": _chosen(question, payload)}
    if not isinstance(payload, Mapping) or not set(payload) <= {"chosen", "reasons"}:
        raise InvalidAnswer(question.name, f"{payload!r} is not an object with chosen and reasons")
    return {
        "chosen": _chosen(question, payload.get("chosen")),
        "reasons": payload.get("reasons") or [],
    }


def _chosen(question: "Choice", given: object) -> object:
    return given if question.config.several else [given]
