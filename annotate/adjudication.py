"""Adjudication: a reviewer decides what the right answers to an item are, and says why.

A decision is an annotation of its own (``Purpose.REVIEW``). Nothing is overwritten: it supersedes the
item's decision before, whoever made that, so that one decision at most stands for an item. It wins in
aggregation, question by question; what it leaves open stays with the labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, Q

from annotate import audit
from annotate.gold import set_gold
from annotate.models import Annotation, Form, Item, Project, User
from annotate.questions import Answers, IncompleteAnswers, Questions

LONGEST_REASON = 2_000
Json = dict[str, Any]


class NoReason(ValueError):
    """A decision counts more than everybody's labels: it has to say why."""

    def __init__(self) -> None:
        super().__init__("The decision has no reason; say why in a few words.")


class LongReason(ValueError):
    def __init__(self, length: int) -> None:
        super().__init__(
            f"The reason has {length:,} characters; {LONGEST_REASON:,} are the most, shorten it."
        )


class AlreadyDecided(Exception):
    """Somebody has decided meanwhile: ``decision`` is what stands, None where it was withdrawn."""

    def __init__(self, decision: Annotation | None) -> None:
        who = f"by {decision.annotator}" if decision else "and the decision was taken back"
        super().__init__(f"This item was decided meanwhile {who}; nothing of yours was stored.")
        self.decision = decision


def parse_decision(questions: Questions, raw: object, *, item: Item) -> Answers:
    """What is decided, question by question; one that is left out stays with the labels.

    Raises ``IncompleteAnswers``, also for a question that is answered in part.
    """
    completions = item.completions.count()
    texts = item.texts_for(questions)
    answers = questions.parse(raw, completions=completions, complete=False, texts=texts)
    if parts := questions.in_part(answers, completions=completions, texts=texts):
        fault = "is answered in part; answer all of it, or leave it to the labels"
        raise IncompleteAnswers(dict.fromkeys(parts, fault))
    return answers


def last_review(item: Item) -> Annotation | None:
    """The newest review that nothing supersedes, be it a decision or one that was withdrawn."""
    reviews = Annotation.objects.current().filter(item=item, purpose=Annotation.Purpose.REVIEW)
    found: Annotation | None = reviews.select_related("annotator__user", "form").last()
    return found


def last_reviews(items: Sequence[int]) -> dict[int, Annotation]:
    """``last_review`` by item id, of many."""
    reviews = Annotation.objects.current().filter(item__in=items, purpose=Annotation.Purpose.REVIEW)
    found = reviews.select_related("annotator__user").order_by("pk")
    return {review.item_id: review for review in found}


def decided(project: Project, item: Any, question: str = "") -> Exists:
    """Whether a decision on an item stands (on ``question``, where one is named).

    ``item`` is the expression for its id.
    """
    reviews = Annotation.objects.current().filter(
        project=project, purpose=Annotation.Purpose.REVIEW, item=item
    )
    answered = Q(answers__has_key=question) if question else ~Q(answers={})
    return Exists(reviews.filter(answered))


@transaction.atomic
def decide(
    item: Item,
    answers: Answers,
    *,
    by: User,
    reason: str,
    after: int | None,
    form: Form | None = None,
    seen: Json | None = None,
    raw: Json | None = None,
    gold: bool = False,
) -> Annotation:
    """Store parsed ``answers`` (the item's own order) as the decision on an item, and why.

    ``after`` is the id of the review that the reviewer knew of, None for none. ``seen`` says which
    opinions were looked at. With ``gold`` the answers become the item's gold too. Raises
    ``AlreadyDecided``, ``NoReason``, ``LongReason`` and what ``set_gold`` raises.
    """
    reason = _checked(reason)
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = last_review(item)
    if (before.pk if before else None) != after:
        raise AlreadyDecided(before if before and before.answers else None)
    decision = _store(
        item, answers, by=by, before=before, reason=reason, form=form, seen=seen, raw=raw
    )
    audit.record(
        "review.decide",
        project=item.project,
        target=item,
        by=by,
        before=before.answers if before else None,
        after=answers,
        reason=reason,
    )
    if gold:
        set_gold(item, answers, form=decision.form, by=by, note=reason)
    return decision


@transaction.atomic
def withdraw(item: Item, *, by: User, reason: str = "") -> Annotation | None:
    """Take the decision on an item back: its labels count again. None where there was none."""
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = last_review(item)
    if before is None or not before.answers:
        return None
    empty = _store(item, {}, by=by, before=before, reason=reason.strip()[:LONGEST_REASON])
    audit.record("review.withdraw", project=item.project, target=item, by=by, before=before.answers)
    return empty


def store_many(
    project: Project, decisions: Mapping[int, Json], *, by: User, raw: Json
) -> list[Annotation]:
    """Decisions on many items, which the caller has locked, in four queries.

    ``decisions`` has {"answers", "form" (an id), "reason"} by item id; without answers a decision is
    taken back.
    """
    before = last_reviews(list(decisions))
    annotator, guidelines = by.annotator_or_new, project.guidelines
    stored = Annotation.objects.bulk_create(
        Annotation(
            project=project,
            item_id=item,
            annotator=annotator,
            purpose=Annotation.Purpose.REVIEW,
            supersedes=before.get(item),
            answers=decision["answers"],
            form_id=decision["form"],
            guidelines=guidelines,
            reason=decision["reason"],
            raw=raw,
        )
        for item, decision in decisions.items()
    )
    Item.objects.filter(pk__in=list(decisions)).update(stale=True)
    return stored


def _checked(reason: str) -> str:
    reason = reason.replace("\0", "").strip()
    if not reason:
        raise NoReason
    if len(reason) > LONGEST_REASON:
        raise LongReason(len(reason))
    return reason


def _store(
    item: Item,
    answers: Answers,
    *,
    by: User,
    before: Annotation | None,
    reason: str,
    form: Form | None = None,
    seen: Json | None = None,
    raw: Json | None = None,
) -> Annotation:
    stored = Annotation.objects.create(
        project_id=item.project_id,
        item=item,
        annotator=by.annotator_or_new,
        purpose=Annotation.Purpose.REVIEW,
        supersedes=before,
        answers=answers,
        form=form or item.project.form,
        guidelines=item.project.guidelines,
        order=list(range(item.completions.count())),
        suggestions=seen,
        raw=raw,
        reason=reason,
    )
    item.stale = True
    item.save(update_fields=["stale"])
    return stored
