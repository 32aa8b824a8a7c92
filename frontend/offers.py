"""A judge's marks in the workspace, question by question: filled in to begin with, or shown afterwards.

Which of the two, if any, is a setting of the question. Items of the evaluation share, gold and tests
never get any. What a page filled in travels with its form as the ids of the judges' labels, signed,
and comes back with the answers and with drafts of them.

The record stands in ``Annotation.suggestions`` under ``questions``, by name: ``shown`` ("before",
"after"), ``from`` and ``by``, ``label`` (the id of the judge's), ``answer`` (in the item's own order,
as it was filled in or shown), ``informed`` (whether it was there before this answer was given) and
``at`` (milliseconds after the item). Of what was filled in also ``kept``, ``changed``, ``deleted``
and ``added`` (``base.filled_in``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core import signing

from annotate.assignment.suggesting import became_of, seen_by_now
from annotate.models import Annotation, Assignment, Gold
from annotate.models.projects import SuggestFrom
from frontend.showing import form_of
from routing.suggestions import newest_by_judge, usable
from routing.suggestions import questions_of as questions_of_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from annotate.assignment import Timing
    from annotate.questions import Answer, Answers, Question, Questions

FIELD = "offered"
BEFORE, AFTER = "before", "after"
Json = dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """What a judge said to a question, in the item's own order."""

    by: str
    label: int
    answer: Answer


@dataclass(frozen=True)
class Offers:
    """What a page fills in, by question, and how it says so when it comes back."""

    by_question: Mapping[str, Offer]
    token: str

    @property
    def answers(self) -> Answers:
        return {name: offer.answer for name, offer in self.by_question.items()}


NONE = Offers({}, "")


# ----------------------------------------------------------------------------------- what is offered


def filled_in(assignment: Assignment, data: Mapping[str, Any] | None = None) -> Offers:
    """What a page fills in, or has filled in where its form or a draft of it says so.

    No query where no question of the form wants it.
    """
    if not _asked(_form(assignment), BEFORE):
        return NONE
    known = _unsigned(assignment, _told(assignment, data))
    if known is None:
        label = newest_by_judge(assignment.item) if _may_be_shown(assignment) else None
        known = [] if label is None else [label.pk]
    labels = Annotation.objects.filter(item=assignment.item_id, pk__in=known)
    offers: dict[str, Offer] = {}
    for label in labels.select_related("annotator"):
        offers |= _offers_of(assignment, label, BEFORE)
    return Offers(offers, signing.dumps(known, salt=_salt(assignment)))


def _told(assignment: Assignment, data: Mapping[str, Any] | None) -> str:
    """By the form that was sent, else by the draft of this turn."""
    if data is not None:
        return str(data.get(FIELD, ""))
    draft = assignment.draft
    return str(draft.get(FIELD, "")) if draft and draft.get("key") == assignment.key else ""


def is_begun(assignment: Assignment) -> bool:
    """Whether the annotator has something there already, if only that everything was taken away."""
    draft = assignment.draft
    return bool(assignment.undos or (draft and draft.get("key") == assignment.key))


def _offered_after(assignment: Assignment) -> dict[str, Offer]:
    if not _asked(_form(assignment), AFTER) or not _may_be_shown(assignment):
        return {}
    label = newest_by_judge(assignment.item)
    return {} if label is None else _offers_of(assignment, label, AFTER)


def _offers_of(assignment: Assignment, label: Annotation, when: str) -> dict[str, Offer]:
    asked = _asked(_form(assignment), when)
    answers = usable(label.answers, questions_of_form(label.form_id), asked)
    found: dict[str, Offer] = {}
    for question in asked:
        answer: Answer | None = answers.get(question.name)
        if answer is not None and when == BEFORE:
            answer = _to_begin_with(assignment, question, answer)
        if answer is not None:
            found[question.name] = Offer(str(label.annotator), label.pk, answer)
    return found


def _to_begin_with(
    assignment: Assignment, question: Question[Any], answer: Answer
) -> Answer | None:
    texts = assignment.item.texts_for(_form(assignment))
    return None if texts is None else question.to_begin_with(answer, texts)


def _asked(questions: Iterable[Question[Any]], when: str) -> list[Question[Any]]:
    return [question for question in questions if question.suggestions == when]


def _form(assignment: Assignment) -> Questions:
    return form_of(assignment.form_id).parsed


def _may_be_shown(assignment: Assignment) -> bool:
    """Not of what measures people by themselves."""
    return (
        assignment.purpose == Assignment.Purpose.WORK
        and not assignment.item.evaluation
        and not Gold.objects.filter(item=assignment.item_id).exists()
    )


def _salt(assignment: Assignment) -> str:
    return f"offer:{assignment.pk}"


def _unsigned(assignment: Assignment, token: str) -> list[int] | None:
    try:
        known: list[int] = signing.loads(token, salt=_salt(assignment))
    except signing.BadSignature:
        return None
    return known


# ---------------------------------------------------------------------------------- what is recorded


def record(
    assignment: Assignment, data: Mapping[str, Any], timing: Timing, answers: Answers
) -> Json:
    """By question, what was there to be seen; empty, without a query, where nothing ever is."""
    found: Json = {}
    if data.get(FIELD):
        for name, offer in filled_in(assignment, data).by_question.items():
            seen = _seen(offer, shown=BEFORE, informed=True, at=0)
            found[name] = became_of(seen, answers.get(name))
    if _asked(_form(assignment), AFTER):
        found |= _recorded_after(assignment, timing, answers)
    return found


def _recorded_after(assignment: Assignment, timing: Timing, answers: Answers) -> Json:
    """Of the first answer, what comes up after it; of a changed one, what had come up before."""
    if assignment.undos:
        rows = assignment.annotations.order_by("-pk").values_list("suggestions", flat=True)
        earlier = (seen_by_now(rows.first()) or {}).get("questions", {})
        if seen := {name: one for name, one in earlier.items() if one["shown"] == AFTER}:
            return seen
    at = None if timing.wall is None else round(1000 * timing.wall)
    return {
        name: _seen(offer, shown=AFTER, informed=False, at=at)
        for name, offer in _offered_after(assignment).items()
        if name in answers
    }


def _seen(offer: Offer, **more: Any) -> Json:
    return {
        **more,
        "from": SuggestFrom.JUDGES.value,
        "by": offer.by,
        "label": offer.label,
        "answer": offer.answer,
    }
