"""Answers about edits: read, checked against the texts, put in order."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, Target, Texts, WrongRange, brief, check_range
from annotate.questions.base import parts
from annotate.questions.base.parts import Part
from annotate.questions.base.question import Answer, InvalidAnswer, letter
from annotate.questions.base.text import RefusedText, check_texts
from annotate.questions.edit.replacing import edited

if TYPE_CHECKING:
    from annotate.questions.edit.kind import Edit

EDITS, UNCHANGED, SCORES = ANSWER = ("edits", "unchanged", "scores")
INITIAL, FINAL = "initial", "final"
EDIT = (COMPLETION, *parts.RANGE, "replacement", "label", "reason")
LONGEST_REPLACEMENT = 1_000_000


def parse(question: "Edit", raw: object, completions: int) -> Answer:
    answer = parts.only_known(question.name, raw, ANSWER, "an answer")
    try:
        check_texts(dict(answer))
    except RefusedText as fault:
        raise InvalidAnswer(question.name, f"has an edit of which {fault}") from fault
    edits = [
        _edit(question, one, completions) for one in parts.list_in(question.name, answer, EDITS)
    ]
    edits.sort(key=_in_order)
    _refuse_overlaps(question, edits)
    unchanged = _unchanged(question, answer, completions)
    if both := sorted({edit[COMPLETION] for edit in edits} & set(unchanged)):
        raise InvalidAnswer(
            question.name,
            f"edits completion {both[0] + 1} and says that there is nothing to edit; keep one of these",
        )
    scores = _scores(question, answer, completions, unchanged)
    if not (edits or unchanged or scores):
        raise InvalidAnswer(
            question.name, "says nothing; edit a completion, or say that there is nothing to edit"
        )
    return _made(edits, unchanged, scores)


def _made(edits: list[Part], unchanged: list[int], scores: list[Part]) -> Answer:
    answer: Answer = {EDITS: edits}
    if unchanged:
        answer[UNCHANGED] = unchanged
    if scores:
        answer[SCORES] = scores
    return answer


def _in_order(edit: Part) -> tuple[int, int, int]:
    return edit[COMPLETION], edit["start"], edit["end"]


def _edit(question: "Edit", raw: object, completions: int) -> Part:
    given, config = parts.only_known(question.name, raw, EDIT, "an edit"), question.config
    edit = parts.read_target(question.name, given, completions=completions, contexts=False)
    edit |= parts.read_range(question.name, given)
    replacement = given.get("replacement")
    if not isinstance(replacement, str) or len(replacement) > LONGEST_REPLACEMENT:
        raise InvalidAnswer(
            question.name,
            f"has an edit of {brief(edit['text'])} without a replacement of up to "
            f"{LONGEST_REPLACEMENT:,} characters; give the text, empty to delete",
        )
    if replacement == edit["text"]:
        raise InvalidAnswer(
            question.name, f"has an edit that leaves {brief(replacement)} as it is; leave it out"
        )
    edit["replacement"] = replacement
    if given.get("label") is not None and not config.labels:
        raise InvalidAnswer(question.name, "has an edit with a label, but there are no categories")
    reason = parts.read_comment(question.name, given, "reason")
    if reason and config.reasons == "off":
        raise InvalidAnswer(question.name, "has a reason, which it does not ask for; leave it out")
    label = parts.one_of(question.name, given, "label", question.label_values, owed=False)
    return edit | label | reason


def _refuse_overlaps(question: "Edit", edits: Sequence[Part]) -> None:
    for one, other in pairwise(edits):
        same_place = one["start"] == one["end"] == other["start"] == other["end"]
        if one[COMPLETION] == other[COMPLETION] and (one["end"] > other["start"] or same_place):
            raise InvalidAnswer(
                question.name,
                f"has edits of {one['start']}-{one['end']} and {other['start']}-{other['end']} of "
                f"completion {one[COMPLETION] + 1}, which overlap; make them one",
            )


def _unchanged(question: "Edit", answer: Mapping[str, Any], completions: int) -> list[int]:
    given = parts.list_in(question.name, answer, UNCHANGED)
    for place in given:
        if type(place) is not int or not 0 <= place < completions:
            raise InvalidAnswer(
                question.name, f"leaves completion {place!r} unchanged, which there is none of"
            )
    return sorted(set(given))


def _scores(
    question: "Edit", answer: Mapping[str, Any], completions: int, unchanged: Collection[int]
) -> list[Part]:
    given = parts.list_in(question.name, answer, SCORES)
    if given and not question.config.scores:
        raise InvalidAnswer(question.name, "has scores, which it does not ask for; leave them out")
    scores = [_score(question, one, completions, unchanged) for one in given]
    scores.sort(key=lambda one: one[COMPLETION])
    for one, other in pairwise(scores):
        if one[COMPLETION] == other[COMPLETION]:
            raise InvalidAnswer(
                question.name, f"scores completion {one[COMPLETION] + 1} twice; score it once"
            )
    return scores


def _score(question: "Edit", raw: object, completions: int, unchanged: Collection[int]) -> Part:
    given = parts.only_known(question.name, raw, (COMPLETION, INITIAL, FINAL), "a score")
    score = parts.read_target(question.name, given, completions=completions, contexts=False)
    most = question.config.scores
    for name in (INITIAL, FINAL):
        points = given.get(name)
        if points is None:
            continue
        if type(points) is not int or not 1 <= points <= most:
            raise InvalidAnswer(
                question.name, f"has the {name} score {points!r}; use 1, the worst, to {most}"
            )
        score[name] = points
    if len(score) == 1:
        raise InvalidAnswer(question.name, "has a score without points; leave it out")
    if score[COMPLETION] in unchanged and score.pop(FINAL, score.get(INITIAL)) != score.get(
        INITIAL
    ):
        raise InvalidAnswer(
            question.name,
            f"scores completion {score[COMPLETION] + 1} anew, but leaves it unchanged; leave the "
            "final score out",
        )
    return score


def fit(question: "Edit", answer: Answer, texts: Texts) -> Answer:
    """Hold every edit against the text as it is stored, and the edited text against that."""
    for edit in answer[EDITS]:
        _check(question, edit, texts)
    asked = question.asked(len(texts.completions), texts)
    for place in sorted(mentioned(answer)):
        if place not in asked:
            raise InvalidAnswer(
                question.name,
                f"is about completion {place + 1}, of which it is not asked; leave that out",
            )
        text, edits = texts.completions[place], edits_of(answer, place)
        if edits and edited(text, edits) == text:
            raise InvalidAnswer(
                question.name,
                f"has edits that together leave completion {place + 1} as it is; say that there is "
                "nothing to edit",
            )
    return answer


def _check(question: "Edit", edit: Part, texts: Texts) -> None:
    target = Target.of(edit)
    try:
        text = texts.text(target)
        if edit["start"] != edit["end"]:
            check_range(text, edit["start"], edit["end"], edit["text"])
        elif edit["text"] or not 0 <= edit["start"] <= len(text):
            raise WrongRange(
                f"the insertion at {edit['start']} quotes {brief(edit['text'])} of a text of "
                f"{len(text):,} characters; quote nothing, at a place from 0 to its end"
            )
    except WrongRange as fault:
        raise InvalidAnswer(question.name, f"an edit of {target}: {fault}") from fault


def edits_of(answer: Answer, completion: int) -> list[Part]:
    return [edit for edit in answer[EDITS] if edit[COMPLETION] == completion]


def mentioned(answer: Answer) -> set[int]:
    """Completions that are edited, left unchanged, or scored."""
    scored = {score[COMPLETION] for score in answer.get(SCORES, ())}
    return {edit[COMPLETION] for edit in answer[EDITS]} | set(answer.get(UNCHANGED, ())) | scored


def lacking(question: "Edit", answer: Answer, asked: Sequence[int]) -> str:
    """What a person still owes, with the remedy; ``asked`` are places in the answer's order."""
    config = question.config
    for edit in answer[EDITS]:
        what = brief(edit["text"] or edit["replacement"])
        if config.labels and "label" not in edit:
            return f"has no category for the edit of {what}; choose one"
        if config.reasons == "required" and not edit.get("reason", "").strip():
            return f"has no reason for the edit of {what}; write one"
    said = {edit[COMPLETION] for edit in answer[EDITS]} | set(answer.get(UNCHANGED, ()))
    if silent := [place for place in asked if place not in said]:
        names = " and ".join(letter(place) for place in silent)
        return f"says nothing of {names}; edit it, or say that there is nothing to edit"
    return _unscored(question, answer, asked) if config.scores else ""


def _unscored(question: "Edit", answer: Answer, asked: Sequence[int]) -> str:
    scores = {score[COMPLETION]: score for score in answer.get(SCORES, ())}
    for place in asked:
        owed = (INITIAL,) if place in answer.get(UNCHANGED, ()) else (INITIAL, FINAL)
        for name in owed:
            if name not in scores.get(place, {}):
                when = "as it was" if name == INITIAL else "as it is now"
                return f"has no score of {letter(place)} {when}; give 1 to {question.config.scores}"
    return ""


def permuted(answer: Answer, order: Sequence[int]) -> Answer:
    edits = sorted((parts.moved(edit, order) for edit in answer[EDITS]), key=_in_order)
    unchanged = sorted(order[place] for place in answer.get(UNCHANGED, ()))
    scores = [parts.moved(score, order) for score in answer.get(SCORES, ())]
    return _made(edits, unchanged, sorted(scores, key=lambda one: one[COMPLETION]))
