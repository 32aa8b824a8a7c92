"""What several people's edits come to, how far apart two are, and edits in words and cells."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annotate.offsets import COMPLETION, Target, brief
from annotate.questions.base.marks import Mark, Settlement
from annotate.questions.base.parts import Part
from annotate.questions.base.question import Answer, Combined, letter
from annotate.questions.edit.reading import (
    EDITS,
    FINAL,
    INITIAL,
    SCORES,
    UNCHANGED,
    edits_of,
    mentioned,
)

if TYPE_CHECKING:
    from annotate.questions.edit.kind import Edit

DIGITS = 6
SHOWN_EDITS = 3


def combine(question: "Edit", answers: Sequence[Answer]) -> Combined:
    """By completion: by how many it is edited, and the mean of its scores; of all, the categories.

    Rewritings are not made into one: each stays what its annotator made of the text.
    """
    places = sorted(set().union(*map(mentioned, answers)))
    labels = Counter(edit["label"] for a in answers for edit in a[EDITS] if "label" in edit)
    return Combined(
        count=len(answers),
        data={
            "completions": [_of_completion(place, answers) for place in places],
            "labels": {value: labels[value] for value in question.label_values if labels[value]},
        },
    )


def _of_completion(place: int, answers: Sequence[Answer]) -> dict[str, Any]:
    edited = [answer for answer in answers if edits_of(answer, place)]
    unchanged = [answer for answer in answers if place in answer.get(UNCHANGED, ())]
    return {
        "completion": place,
        "edited": len(edited),
        "unchanged": len(unchanged),
        "edits": _mean(len(edits_of(answer, place)) for answer in edited),
        INITIAL: _mean(_points(answers, place, INITIAL)),
        FINAL: _mean(_points(answers, place, FINAL)),
    }


def _points(answers: Sequence[Answer], place: int, name: str) -> Iterable[int]:
    return (
        score[name]
        for answer in answers
        for score in answer.get(SCORES, ())
        if score[COMPLETION] == place and name in score
    )


EDITED = "edited"  # the label of marks where edits have no categories


def marks(answer: Answer) -> list[Mark]:
    return [
        Mark(Target.of(edit), edit["start"], edit["end"], edit.get("label", EDITED))
        for edit in answer[EDITS]
        if edit["start"] < edit["end"]
    ]


def settled(combined: Combined, found: Settlement) -> Combined:
    """With ``agreed``: the passages that enough annotators replace, whatever with."""
    agreed = [
        {
            COMPLETION: one.mark.target.place,
            "start": one.mark.start,
            "end": one.mark.end,
            "label": one.mark.label,
            "support": round(one.support, 4),
        }
        for one in found.spans
    ]
    return replace(combined, data={**combined.data, "agreed": agreed}, confidence=found.confidence)


def _mean(numbers: Iterable[int]) -> float | None:
    given = list(numbers)
    return round(sum(given) / len(given), DIGITS) if given else None


def summary(question: "Edit", combined: Mapping[str, Any]) -> str:
    """Such as "A: edited by 2 of 3, 4.5 → 8.0; B: unchanged"."""
    said = [_summed(one) for one in combined["completions"]]
    if number := len(combined.get("agreed", ())):
        said.append(f"{number} passage{'s' * (number > 1)} that most edit")
    return "; ".join(said)


def _summed(one: Mapping[str, Any]) -> str:
    people = one["edited"] + one["unchanged"]
    said = f"edited by {one['edited']} of {people}" if one["edited"] else "unchanged"
    return f"{letter(one['completion'])}: {said}{_scored(one, '{:.1f}')}"


def _scored(score: Mapping[str, Any], form: str) -> str:
    points = [form.format(score[n]) for n in (INITIAL, FINAL) if score.get(n) is not None]
    return f", {' → '.join(points)}" if points else ""


def in_words(question: "Edit", answer: Answer) -> str:
    """Such as "A: “in 1972” → “in 1969” (Fact: wrong year), 4 → 8; B: nothing to edit"."""
    scores = {score[COMPLETION]: score for score in answer.get(SCORES, ())}
    said = []
    for place in sorted(mentioned(answer)):
        edits = edits_of(answer, place)
        shown = [_edit(question, edit) for edit in edits[:SHOWN_EDITS]]
        shown += [f"{len(edits) - SHOWN_EDITS} more"] * (len(edits) > SHOWN_EDITS)
        shown += ["nothing to edit"] * (place in answer.get(UNCHANGED, ()))
        points = _scored(scores.get(place, {}), "{}")
        said.append(f"{letter(place)}: {', '.join(shown)}{points if shown else points[2:]}")
    return "; ".join(said)


def _edit(question: "Edit", edit: Part) -> str:
    what = f"“{brief(edit['text'])[1:-1]}” → “{brief(edit['replacement'])[1:-1]}”"
    if not edit["text"]:
        what = f"added “{brief(edit['replacement'])[1:-1]}”"
    elif not edit["replacement"]:
        what = f"deleted “{brief(edit['text'])[1:-1]}”"
    label = question.label_words.get(edit.get("label", ""), edit.get("label", ""))
    why = ": ".join(part for part in (label, edit.get("reason", "")) if part)
    return f"{what} ({why})" if why else what


def columns(question: "Edit", answer: Answer) -> dict[str, Any]:
    scores = {score[COMPLETION]: score for score in answer.get(SCORES, ())}
    cells: dict[str, Any] = {}
    for place in sorted(mentioned(answer)):
        cells[f"{place + 1}.edits"] = len(edits_of(answer, place))
        cells[f"{place + 1}.unchanged"] = place in answer.get(UNCHANGED, ())
        for name in (INITIAL, FINAL):
            if name in scores.get(place, {}):
                cells[f"{place + 1}.{name}"] = scores[place][name]
    return cells


def distance(first: Answer, second: Answer) -> float:
    shared = _decided(first) & _decided(second)
    one, other = (
        [edit for edit in answer[EDITS] if edit[COMPLETION] in shared] for answer in (first, second)
    )
    total = _size(one) + _size(other)
    return 1 - 2 * _common(one, other) / total if total else 0.0


def _decided(answer: Answer) -> set[int]:
    return {edit[COMPLETION] for edit in answer[EDITS]} | set(answer.get(UNCHANGED, ()))


def _size(edits: Sequence[Part]) -> int:
    """Characters that give way, and one for each insertion."""
    return sum(max(1, edit["end"] - edit["start"]) for edit in edits)


def _common(one: Sequence[Part], other: Sequence[Part]) -> int:
    """Of what two lists of edits, each in order, touch: what both do."""
    found, i, j = 0, 0, 0
    while i < len(one) and j < len(other):
        found += _shared(one[i], other[j])
        if _end(one[i]) <= _end(other[j]):
            i += 1
        else:
            j += 1
    return found


def _end(edit: Part) -> tuple[int, int]:
    return edit[COMPLETION], edit["end"]


def _shared(one: Part, other: Part) -> int:
    if one[COMPLETION] != other[COMPLETION]:
        return 0
    start: int = max(one["start"], other["start"])
    end: int = min(one["end"], other["end"])
    if one["start"] == one["end"] and other["start"] == other["end"]:
        return int(start == end)
    return max(0, end - start)
