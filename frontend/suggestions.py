"""Suggestions in the workspace: what is shown of them, and the record of what was.

What a page shows travels with its form, signed, and comes back with the answers: a judge may have
labelled the item in between, and what is recorded is what was there to be seen.

The record stands in ``Annotation.suggestions``: ``arm`` (before, none, after) is what was drawn,
``shown`` (before, after, none) what was there to be shown, ``from`` and ``by`` whose opinion it was, with
its ``answers`` (in the item's own order) and ``probability``; what single questions have besides stands
under ``questions`` (``offers``); ``at`` is how many milliseconds after the
item it came, and ``informed`` whether it was there before this answer was given. Of the arm that is shown
none it is what would have been shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core import signing

from annotate.assignment.suggesting import seen_by_now
from annotate.models import Assignment
from annotate.models.projects import SuggestFrom
from frontend import offers
from frontend.showing import form_of
from routing.suggestions import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotate.assignment import Timing
    from annotate.questions import Answer, Answers, Question, Questions

When = Assignment.Suggest
FIELD = "suggested"
WHO = {SuggestFrom.JUDGES: "the LLM judge", SuggestFrom.MODEL: "the reward model"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One question: what the source would answer, and what the annotator did."""

    title: str
    theirs: str
    own: str = ""
    same: bool = True
    who: str = ""  # where it is not who the strip as a whole is from


@dataclass(frozen=True)
class Strip:
    """A suggestion as a page shows it, completions named as they stand there."""

    who: str
    lines: Sequence[Line]
    probability: float | None
    token: str = ""

    @property
    def same(self) -> bool:
        return all(line.same for line in self.lines)

    @property
    def in_words(self) -> str:
        """For whoever has no script: the strip as one message."""
        theirs = "; ".join(
            f"{line.who}, {line.theirs}" if line.who else line.theirs for line in self.lines
        )
        own = "; ".join(line.own for line in self.lines)
        return f"Last item: you answered {own}; {self.who}, {theirs}. Undo opens it again."


# ---------------------------------------------------------------------------------- what is recorded


def opinion(assignment: Assignment) -> Json:
    """What the project's source would answer now, as it is recorded; without answers where nothing."""
    source = assignment.project.suggestions_from
    found = suggestion(assignment.item, source, form_of(assignment.form_id).parsed)
    if found is None:
        return {"from": source}
    return {
        "from": source,
        "by": found.by,
        "answers": found.answers,
        "probability": None if found.probability is None else round(found.probability, 4),
    }


def record(
    assignment: Assignment, data: Mapping[str, Any], timing: Timing, answers: Answers
) -> Json | None:
    """What to store with the answers that were posted; None, without a query, where there is nothing."""
    drawn = _of_the_draw(assignment, data, timing)
    by_question = offers.record(assignment, data, timing, answers)
    return {**(drawn or {}), "questions": by_question} if by_question else drawn


def _of_the_draw(assignment: Assignment, data: Mapping[str, Any], timing: Timing) -> Json | None:
    drawn = assignment.suggest
    if drawn == When.NOTHING:
        return None
    if drawn == When.WITHOUT:  # what would have been shown, for the two arms to be compared
        return {
            "arm": When.WITHOUT.value,
            "shown": "none",
            "informed": False,
            **opinion(assignment),
        }
    if drawn == When.BEFORE:
        return _seen_before(_unsigned(assignment, data.get(FIELD, "")) or opinion(assignment))
    return _seen_after(assignment, timing)


def _seen_before(said: Json) -> Json:
    there = bool(said.get("answers"))
    seen = {"shown": "before", "at": 0} if there else {"shown": "none"}
    return {"arm": When.BEFORE.value, **seen, "informed": there, **said}


def _seen_after(assignment: Assignment, timing: Timing) -> Json:
    """Of the first answer, what comes up after it; of a changed one, what had come up before."""
    if assignment.undos:
        earlier = assignment.annotations.order_by("-pk").values_list("suggestions", flat=True)
        before = earlier.first()
        if before and before.get("shown") == "after":
            seen: Json = seen_by_now(before)
            return seen
    said = opinion(assignment)
    if not said.get("answers"):
        return {"arm": When.AFTER.value, "shown": "none", "informed": False, **said}
    at = None if timing.wall is None else round(1000 * timing.wall)
    return {"arm": When.AFTER.value, "shown": "after", "at": at, "informed": False, **said}


def _sign(assignment: Assignment, said: Json) -> str:
    return signing.dumps(said, salt=f"suggestion:{assignment.pk}", compress=True)


def _unsigned(assignment: Assignment, token: str) -> Json | None:
    try:
        said: Json = signing.loads(token, salt=f"suggestion:{assignment.pk}")
    except signing.BadSignature:
        return None
    return said


# -------------------------------------------------------------------------------------- what is shown


def beside(assignment: Assignment) -> Strip | None:
    """What stands beside the item; None, without a query, where nothing does.

    Where there is nothing to show, the strip has no lines, but says so in its token.
    """
    if assignment.suggest == When.BEFORE:
        said = opinion(assignment)
        return replace(_strip(assignment, said), token=_sign(assignment, said))
    if assignment.suggest == When.AFTER and assignment.undos:
        label = assignment.annotations.current().first()
        if label is not None and label.suggestions and label.suggestions.get("shown") == "after":
            return _strip(assignment, label.suggestions, label.answers)
    return None


def compared(assignment: Assignment, answers: Answers, recorded: Json | None) -> Strip | None:
    """What comes up after an answer: the own one beside the suggested one."""
    recorded = recorded or {}
    marked = _of_questions(assignment, recorded.get("questions", {}), answers)
    if recorded.get("shown") != "after":
        return Strip(WHO[SuggestFrom.JUDGES], marked, None) if marked else None
    drawn = _strip(assignment, recorded, answers)
    other = drawn.who if drawn.who != WHO[SuggestFrom.JUDGES] else ""
    whose = [replace(line, who=WHO[SuggestFrom.JUDGES]) if other else line for line in marked]
    return replace(drawn, lines=[*drawn.lines, *whose])


def _of_questions(assignment: Assignment, by_question: Json, own: Answers) -> list[Line]:
    """Of questions whose suggestions come after the answer, what came up after this one."""
    return [
        _line(question, said["answer"], own[question.name], assignment.order, side_only=False)
        for question in form_of(assignment.form_id).parsed
        if (said := by_question.get(question.name)) is not None
        and said["shown"] == "after"
        and not said["informed"]
        and question.name in own
    ]


def _strip(assignment: Assignment, said: Json, own: Answers | None = None) -> Strip:
    questions: Questions = form_of(assignment.form_id).parsed
    of_model = said["from"] == SuggestFrom.MODEL
    lines = []
    for question in questions:
        theirs = (said.get("answers") or {}).get(question.name)
        mine = (own or {}).get(question.name)
        if theirs is None or (own is not None and mine is None):
            continue
        lines.append(_line(question, theirs, mine, assignment.order, side_only=of_model))
    return Strip(WHO[said["from"]], lines, said.get("probability"))


def _line(
    question: Question[Any],
    theirs: Answer,
    mine: Answer | None,
    order: Sequence[int],
    *,
    side_only: bool,
) -> Line:
    own = "" if mine is None else words_as_shown(question, mine, order)
    said = _side(question, theirs, order) if side_only else words_as_shown(question, theirs, order)
    return Line(question.config.title, said, own, mine is None or alike(question, mine, theirs))


def alike(question: Question[Any], one: Answer, other: Answer) -> bool:
    """Whether two answers come to the same: to the same side, where the question has sides."""
    if not question.signed:
        return question.distance(one, other) == 0
    first, second = (question.values(answer).get("") for answer in (one, other))
    if first is None or second is None:
        return first is second
    return (first > 0) - (first < 0) == (second > 0) - (second < 0)


def words_as_shown(question: Question[Any], answer: Answer, order: Sequence[int]) -> str:
    """An answer in the item's own order, for whoever sees the completions in another one."""
    places = [list(order).index(position) for position in range(len(order))]
    if question.positions is None:
        return question.words(question.permute(answer, places))
    return _moved(question, places).words(answer)


def _moved(question: Question[Any], places: Sequence[int]) -> Question[Any]:
    """The question about two completions as if they stood at their places on the page."""
    assert question.positions is not None
    first, second = question.positions
    pair = (places[first], places[second])
    return type(question)(replace(question.config, pair=pair))


def _side(question: Question[Any], answer: Answer, order: Sequence[int]) -> str:
    """Which of the two, without a strength."""
    from annotate.questions.base.question import letter

    assert question.positions is not None
    position = question.positions[answer["value"] > 0]
    return f"{letter(list(order).index(position))} better"
