"""How a judge edits: it quotes what is to change and says what stands there instead."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, Texts
from annotate.questions.base import quotes
from annotate.questions.base.parts import MOST_PARTS, Part
from annotate.questions.base.question import Answer, InvalidAnswer, letter
from annotate.questions.edit.reading import EDITS, FINAL, INITIAL, SCORES, UNCHANGED
from annotate.questions.edit.replacing import edited

if TYPE_CHECKING:
    from annotate.questions.edit.kind import Edit

Schema = dict[str, Any]


def schema(question: "Edit", completions: int) -> Schema:
    config = question.config
    edit: Schema = {**quotes.SCHEMA, "replacement": {"type": "string"}}
    if config.labels:
        edit["label"] = {"type": "string", "enum": question.label_values}
    if config.reasons != "off":
        edit["reason"] = {"type": "string"}
    part: Schema = {EDITS: {"type": "array", "items": _object(edit)}}
    if config.scores:
        points = {"type": "integer", "enum": list(range(1, config.scores + 1))}
        part |= {INITIAL: points, FINAL: points}
    return _object({letter(place): _object(part) for place in range(completions)})


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def instruction(question: "Edit", completions: int) -> str:
    config = question.config
    names = ", ".join(letter(place) for place in range(completions))
    how = (
        f"Answer with an object that gives each of {names} a list “{EDITS}”, empty where nothing is "
        "to be edited. Change no more than you have to. Each edit quotes the passage that gives way "
        "and says under “replacement” what stands there instead, empty to delete it; to add "
        "something, quote the words beside it and repeat them in the replacement. Passages do not "
        "overlap."
    )
    lines = [
        f"{config.title} {config.help}".strip(),
        how,
        quotes.INSTRUCTION,
    ]
    if config.labels:
        lines.append("“label” says what an edit is for:")
        lines += [
            f"- {label.value}: {label.label}{f' ({label.help})' if label.help else ''}"
            for label in config.labels
        ]
    if config.reasons != "off":
        lines.append("“reason” says why, in a sentence.")
    if config.scores:
        lines.append(
            f"Beside the list, “{INITIAL}” scores the completion as it was and “{FINAL}” as it is with "
            f"your edits, from 1, the worst, to {config.scores}."
        )
    return "\n".join(lines)


def material(question: "Edit", texts: Texts) -> str:
    """Which of the completions are asked about, where not all of them are."""
    asked = question.asked(len(texts.completions), texts)
    if len(asked) == len(texts.completions):
        return ""
    names = " and ".join(letter(place) for place in asked)
    return f"Edit {names} alone; leave the lists of the others empty."


def quoted(question: "Edit", payload: object, completions: int) -> Answer:
    """What a judge said, its quotes not yet placed. Raises ``InvalidAnswer``."""
    if not isinstance(payload, Mapping):
        raise InvalidAnswer(question.name, f"{payload!r} is not an object with edits a completion")
    answer: Answer = {EDITS: [], UNCHANGED: [], SCORES: []}
    for place in range(completions):
        part = payload.get(letter(place))
        listed = part.get(EDITS) if isinstance(part, Mapping) else None
        if (
            not isinstance(part, Mapping)
            or not isinstance(listed, list)
            or len(listed) > MOST_PARTS
        ):
            raise InvalidAnswer(question.name, f"{letter(place)} has no list of edits")
        answer[EDITS] += [_edit(question, one, place) for one in listed]
        if not listed:
            answer[UNCHANGED].append(place)
        if question.config.scores:
            answer[SCORES].append(_score(part, place, changed=bool(listed)))
    return answer


def _edit(question: "Edit", given: object, place: int) -> Part:
    if not isinstance(given, Mapping) or not isinstance(given.get("replacement"), str):
        raise InvalidAnswer(question.name, f"{given!r} is no edit with a quote and its replacement")
    edit = {COMPLETION: place, "replacement": given["replacement"]}
    known = [quotes.QUOTE, *quotes.HINTS, *["label"] * bool(question.config.labels)]
    edit |= {name: given[name] for name in known if name in given}
    reason = given.get("reason")
    if question.config.reasons != "off" and isinstance(reason, str) and reason.strip():
        edit["reason"] = reason
    return edit


def _score(part: Mapping[str, Any], place: int, *, changed: bool) -> Part:
    names = (INITIAL, FINAL) if changed else (INITIAL,)
    return {COMPLETION: place} | {name: part.get(name) for name in names}


def located(question: "Edit", answer: Answer, texts: Texts) -> Answer:
    """Quotes turned into ranges. An edit whose quote has no certain place is left out and counted.

    Left out is too what changes nothing, reaches into the edit before it, or is of a completion that
    is not asked about. A completion of which every edit is left out is not answered.
    """
    locator, asked = quotes.Locator(texts), question.asked(len(texts.completions), texts)
    placed = [locator.place(edit) for edit in answer[EDITS] if edit[COMPLETION] in asked]
    edits = _apart([edit for edit in placed if edit is not None])
    for place in {edit[COMPLETION] for edit in edits}:
        of_text = [edit for edit in edits if edit[COMPLETION] == place]
        if edited(texts.completions[place], of_text) == texts.completions[place]:
            edits = [edit for edit in edits if edit[COMPLETION] != place]
    unchanged = [place for place in answer[UNCHANGED] if place in asked]
    if locator.asked and not edits and not unchanged:
        raise quotes.NothingLocated(question.name, locator)
    said = {edit[COMPLETION] for edit in edits} | set(unchanged)
    scores = [score for score in answer[SCORES] if score[COMPLETION] in said]
    raw = {EDITS: edits, UNCHANGED: unchanged, SCORES: scores}
    found = question.fit(question.parse(raw, completions=len(texts.completions)), texts)
    return found | (locator.tally if locator.asked else {})


def _apart(edits: list[Part]) -> list[Part]:
    """In order, without those that change nothing or overlap the one before."""
    kept: list[Part] = []
    for edit in sorted(edits, key=lambda one: (one[COMPLETION], one["start"], one["end"])):
        overlaps = (
            kept and kept[-1][COMPLETION] == edit[COMPLETION] and kept[-1]["end"] > edit["start"]
        )
        if edit["replacement"] != edit["text"] and not overlaps:
            kept.append(edit)
    return kept
