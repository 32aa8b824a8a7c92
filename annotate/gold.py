"""Gold: answers that are known to be right, and how often annotators give them.

An answer is right when it takes gold's side, where the question has sides; else when each of its
numbers is gold's, or next to it on a scale of five points or more. Where an answer can be right in
part, as marked parts of a text can, it gets that share. Free text is never gold.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import transaction

from annotate import audit
from annotate.gold_uses import follow_uses
from annotate.hashes import canonical_json
from annotate.models import Aggregate, Annotation, Form, Gold, Item, Project, User
from annotate.questions import Answer, Answers, Question, Questions

LEAST_LABELS = 2
LONG_SCALE = 5  # points from which a neighbour is right too
RIGHT = 0.5  # the share from which an answer that is right in part counts as right
# How many were right, shares of answers being parts of one, and how many there were.
Tally = tuple[float, int]


class NotGold(ValueError):
    """These answers cannot be gold; the message says why."""


# -------------------------------------------------------------------------------- setting, removing


@transaction.atomic
def set_gold(
    item: Item,
    answers: Answers,
    *,
    form: Form | None = None,
    by: User | None = None,
    note: str = "",
    use: str | None = None,
) -> Gold:
    """Make ``answers`` (the item's own order) the item's gold, in place of any before.

    ``use`` is a ``Gold.Use``; without, what was there before, else a check. Texts are left out.
    Raises ``NotGold``, or ``IncompleteAnswers`` for what the form does not take.
    """
    form = form or item.project.form
    kept = comparable(form.parsed, answers)
    if not kept:
        raise NotGold("Nothing in it can be compared; gold needs an answer that is no free text.")
    kept = form.parsed.parse(
        kept,
        completions=item.completions.count(),
        complete=False,
        texts=item.texts_for(form.parsed),
    )
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    earlier = Gold.objects.filter(item=item).first()
    before, used = (earlier.answers, earlier.use) if earlier else (None, None)
    values = {"answers": kept, "form": form, "note": note.strip(), "created_by": by}
    values["use"] = use or used or Gold.Use.CHECK
    gold, _ = Gold.objects.update_or_create(item=item, defaults=values)
    follow_uses(item.project, before={item.pk: used}, after={item.pk: gold.use})
    more = {"use": gold.use} if gold.use != Gold.Use.CHECK else {}
    audit.record(
        "gold.set", project=item.project, target=item, by=by, before=before, after=kept, **more
    )
    return gold


def set_gold_from(
    annotation: Annotation, *, by: User | None = None, note: str = "", use: str | None = None
) -> Gold:
    """Make one label's answers the item's gold. Raises ``NotGold``."""
    return set_gold(
        annotation.item, annotation.answers, form=annotation.form, by=by, note=note, use=use
    )


@transaction.atomic
def remove_gold(item: Item, *, by: User | None = None) -> bool:
    """Whether there was any."""
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = Gold.objects.filter(item=item).first()
    if before is None:
        return False
    Gold.objects.filter(item=item).delete()
    follow_uses(item.project, before={item.pk: before.use}, after={item.pk: None})
    audit.record("gold.remove", project=item.project, target=item, by=by, before=before.answers)
    return True


@lru_cache(maxsize=256)
def _questions_of(form: int) -> Questions:
    """A form's questions never change."""
    return Form.objects.get(pk=form).parsed


def in_words(answers: Answers, form: int) -> str:
    """Gold as a line of text; ``form`` is an id."""
    questions = [one for one in _questions_of(form) if one.name in answers]
    return "; ".join(one.words(answers[one.name]) for one in questions)


def comparable(questions: Questions, answers: Mapping[str, Answer]) -> Answers:
    """The answers to questions whose answers can be compared at all."""
    return {
        question.name: answers[question.name]
        for question in questions
        if question.name in answers and question.compared
    }


# -------------------------------------------------------------------------- what people agree on


@dataclass(frozen=True)
class Agreed:
    """What an item's labels come to: ``answers``, or why they come to nothing."""

    answers: Answers
    fault: str = ""


@dataclass(frozen=True)
class _Given:
    """One item's people's labels, oldest first, its last review, and people's aggregates."""

    labels: list[Answers]
    review: Answers
    aggregates: Mapping[str, Aggregate]


def agreed(
    project: Project, items: Sequence[int], *, least: int = LEAST_LABELS, sure: float = 0
) -> dict[int, Agreed]:
    """What people's labels say of each item: a review's answers, else the majority's.

    Every required question that can be compared has to have a majority among at least ``least``
    labels, else there is a ``fault`` in words; where the aggregate's method says how sure it is,
    it has to be ``sure``.
    """
    given = _given(items)
    asked = project.questions
    return {item: _agreed(asked, given[item], least=least, sure=sure) for item in items}


def _agreed(questions: Questions, given: _Given, *, least: int, sure: float) -> Agreed:
    answers: Answers = {}
    for question in questions:
        if not question.compared or not questions.asks(question, answers):
            continue
        found = _answer(question, given, least=least, sure=sure)
        if not isinstance(found, str):
            answers[question.name] = found
        elif question.config.required:
            return Agreed({}, found)
    return Agreed(answers, "" if answers else "nothing in its labels can be compared")


def _answer(question: Question[Any], given: _Given, *, least: int, sure: float) -> Answer | str:
    """What is agreed on, or why nothing is."""
    name, title = question.name, question.config.title
    if name in given.review:
        return given.review[name]
    answers = [label[name] for label in given.labels if name in label]
    if len(answers) < least:
        return f"has fewer than {least} labels by people"
    aggregate = given.aggregates.get(name)
    if aggregate is not None and aggregate.confidence is not None and aggregate.confidence < sure:
        return f"less than {100 * sure:.0f} % sure of “{title}”"
    side = aggregate.majority if aggregate is not None else None
    return majority(question, answers, side) or f"no majority on “{title}”"


def majority(
    question: Question[Any], answers: Sequence[Answer], side: int | None = None
) -> Answer | None:
    """The answer that most give; None where none has a majority.

    Where answers have sides more than half have to be on ``side``, which the aggregate names, and
    it is the commonest of them (of equally common ones the weakest); else more than half have to
    say exactly the same.
    """
    wanted = len(answers) // 2 + 1
    taken = list(answers)
    if question.signed:
        taken = [one for one in taken if side is not None and _side(question, one) == side]
        wanted = 1 if len(taken) >= wanted else len(answers) + 1
    counts = Counter(map(canonical_json, taken))
    by_text = {canonical_json(answer): answer for answer in taken}
    best = min(counts, key=lambda text: (-counts[text], _size(question, by_text[text])), default="")
    return by_text[best] if best and counts[best] >= wanted else None


def _side(question: Question[Any], answer: Answer) -> int | None:
    value = next(iter(question.values(answer).values()), None)
    return None if value is None else (value > 0) - (value < 0)


def _size(question: Question[Any], answer: Answer) -> float:
    return sum(map(abs, question.values(answer).values()))


def _given(items: Sequence[int]) -> dict[int, _Given]:
    found: dict[int, _Given] = {item: _Given([], {}, {}) for item in items}
    labels = Annotation.objects.current().by_people().filter(item__in=items).order_by("pk")
    for item, purpose, answers in labels.values_list("item_id", "purpose", "answers"):
        if purpose == Annotation.Purpose.REVIEW:
            found[item].review.update(answers)
        elif purpose == Annotation.Purpose.WORK:
            found[item].labels.append(answers)
    aggregates: dict[int, dict[str, Aggregate]] = defaultdict(dict)
    for row in Aggregate.objects.filter(item__in=items, source=Aggregate.Source.PEOPLE):
        aggregates[row.item_id][row.question] = row
    return {
        item: _Given(given.labels, given.review, aggregates[item]) for item, given in found.items()
    }


# ----------------------------------------------------------------------------------------- accuracy


def is_right(question: Question[Any], answer: Answer, gold: Answer) -> bool:
    """Whether ``answer`` is as good as ``gold``; where it can be right in part, whether half of it is."""
    return credit(question, answer, gold) >= RIGHT


def credit(question: Question[Any], answer: Answer, gold: Answer) -> float:
    """How much of ``gold`` an answer gives: 0 or 1, or a share where it can be right in part."""
    part = question.credit(answer, gold)
    return _is_as_known(question, answer, gold) if part is None else part


def _is_as_known(question: Question[Any], answer: Answer, gold: Answer) -> bool:
    if question.signed:
        return _side(question, answer) == _side(question, gold)
    given, known = question.values(answer), question.values(gold)
    if not known:
        return question.distance(answer, gold) == 0
    near = 1.0 if len(question.scale) >= LONG_SCALE and question.metric != "nominal" else 0.0
    return known.keys() <= given.keys() and all(
        abs(given[unit] - value) <= near for unit, value in known.items()
    )


def gold_accuracy(project: Project) -> dict[int, Tally]:
    """By annotator id: how many answers to gold questions were right, and how many there were."""
    return {
        annotator: (
            sum(right for right, _ in tallies.values()),
            sum(n for _, n in tallies.values()),
        )
        for annotator, tallies in gold_accuracy_by_question(project).items()
    }


def gold_accuracy_by_question(project: Project) -> dict[int, dict[str, Tally]]:
    """By annotator id and question: right answers, and all of them.

    Counts current labels of work, and of gold planted in it, on items that are not archived. A
    label whose question means something else than gold's (another scale, in another form) is passed
    over.
    """
    gold = _gold_of(project)
    found: dict[int, dict[str, Tally]] = defaultdict(dict)
    labels = Annotation.objects.current().handed_out().filter(project=project, item__in=list(gold))
    for item, annotator, form, answers in labels.values_list(
        "item_id", "annotator_id", "form_id", "answers"
    ).iterator():
        gold_form, known = gold[item]
        for name, right in _judged(_questions_of(form), _questions_of(gold_form), answers, known):
            before = found[annotator].get(name, (0, 0))
            found[annotator][name] = (before[0] + right, before[1] + 1)
    return dict(found)


def _gold_of(project: Project) -> dict[int, tuple[int, Answers]]:
    rows = Gold.objects.filter(item__project=project, item__in=project.items.live())
    return {
        item: (form, answers)
        for item, form, answers in rows.values_list("item_id", "form_id", "answers")
    }


def _judged(
    form: Questions, gold_form: Questions, answers: Answers, known: Answers
) -> Iterable[tuple[str, float]]:
    for name, gold in known.items():
        question, of_gold = form.named(name), gold_form.named(name)
        if name in answers and question and of_gold and question.meaning == of_gold.meaning:
            yield name, credit(question, answers[name], gold)
