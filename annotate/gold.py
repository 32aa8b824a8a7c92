"""Gold: answers that are known to be right, and how often annotators give them.

An answer is right when it takes gold's side, where the question has sides; else when each of its
numbers is gold's, or next to it on a scale of five points or more. Free text is never gold.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from annotate import audit
from annotate.hashes import canonical_json
from annotate.models import Aggregate, Annotation, Form, Gold, Item, Project, User
from annotate.questions import Answer, Answers, Question, Questions

LEAST_LABELS = 2
LONG_SCALE = 5  # points from which a neighbour is right too
Tally = tuple[int, int]


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
) -> Gold:
    """Make ``answers`` (the item's own order) the item's gold, in place of any before.

    Texts are left out. Raises ``NotGold``, or ``IncompleteAnswers`` for what the form does not take.
    """
    form = form or item.project.form
    kept = comparable(form.parsed, answers)
    if not kept:
        raise NotGold("Nothing in it can be compared; gold needs an answer that is no free text.")
    kept = form.parsed.parse(kept, completions=item.completions.count(), complete=False)
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    before = Gold.objects.filter(item=item).values_list("answers", flat=True).first()
    gold, _ = Gold.objects.update_or_create(
        item=item,
        defaults={"answers": kept, "form": form, "note": note.strip(), "created_by": by},
    )
    audit.record("gold.set", project=item.project, target=item, by=by, before=before, after=kept)
    return gold


def set_gold_from(annotation: Annotation, *, by: User | None = None, note: str = "") -> Gold:
    """Make one label's answers the item's gold. Raises ``NotGold``."""
    return set_gold(annotation.item, annotation.answers, form=annotation.form, by=by, note=note)


@transaction.atomic
def remove_gold(item: Item, *, by: User | None = None) -> bool:
    """Whether there was any."""
    before = Gold.objects.filter(item=item).values_list("answers", flat=True).first()
    removed, _ = Gold.objects.filter(item=item).delete()
    if removed:
        audit.record("gold.remove", project=item.project, target=item, by=by, before=before)
    return bool(removed)


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
    """One item's people's labels, oldest first, its last review and its sides by question."""

    labels: list[Answers]
    review: Answers
    sides: Mapping[str, int | None]


def agreed(
    project: Project, items: Sequence[int], *, least: int = LEAST_LABELS
) -> dict[int, Agreed]:
    """What people's labels say of each item: a review's answers, else the majority's.

    Every required question that can be compared has to have a majority among at least ``least``
    labels, else there is a ``fault`` in words.
    """
    given = _given(items)
    questions = [question for question in project.questions if question.compared]
    return {item: _agreed(questions, given[item], least=least) for item in items}


def _agreed(questions: Sequence[Question[Any]], given: _Given, *, least: int) -> Agreed:
    answers: Answers = {}
    for question in questions:
        of_question = [label[question.name] for label in given.labels if question.name in label]
        if question.name in given.review:
            answers[question.name] = given.review[question.name]
        elif len(of_question) < least:
            if question.config.required:
                return Agreed({}, f"has fewer than {least} labels by people")
        elif (
            answer := majority(question, of_question, given.sides.get(question.name))
        ) is not None:
            answers[question.name] = answer
        elif question.config.required:
            return Agreed({}, f"no majority on “{question.config.title}”")
    return Agreed(answers, "" if answers else "nothing in its labels can be compared")


def majority(
    question: Question[Any], answers: Sequence[Answer], side: int | None = None
) -> Answer | None:
    """The answer that most give; None where none has a majority.

    Where answers have sides it is the commonest answer on ``side``, which the aggregate names (of
    equally common ones the weakest); else more than half have to say exactly the same.
    """
    if question.signed:
        taken = [
            answer for answer in answers if side is not None and _side(question, answer) == side
        ]
        wanted = 1
    else:
        taken, wanted = list(answers), len(answers) // 2 + 1
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
    found = {item: _Given([], {}, {}) for item in items}
    labels = Annotation.objects.current().by_people().filter(item__in=items).order_by("pk")
    for item, purpose, answers in labels.values_list("item_id", "purpose", "answers"):
        if purpose == Annotation.Purpose.REVIEW:
            found[item].review.update(answers)
        elif purpose == Annotation.Purpose.WORK:
            found[item].labels.append(answers)
    sides: dict[int, dict[str, int | None]] = defaultdict(dict)
    rows = Aggregate.objects.filter(item__in=items, source=Aggregate.Source.PEOPLE)
    for item, question, side in rows.values_list("item_id", "question", "majority"):
        sides[item][question] = side
    return {item: _Given(given.labels, given.review, sides[item]) for item, given in found.items()}


# ----------------------------------------------------------------------------------------- accuracy


def is_right(question: Question[Any], answer: Answer, gold: Answer) -> bool:
    """Whether ``answer`` is as good as ``gold``."""
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

    Counts current labels of work on items that are not archived. A label whose question means
    something else than gold's (another scale, in another form) is passed over.
    """
    gold = _gold_of(project)
    forms = _Forms(project)
    found: dict[int, dict[str, Tally]] = defaultdict(dict)
    labels = Annotation.objects.current().work().filter(project=project, item__in=list(gold))
    for item, annotator, form, answers in labels.values_list(
        "item_id", "annotator_id", "form_id", "answers"
    ).iterator():
        gold_form, known = gold[item]
        for name, right in _judged(forms(form), forms(gold_form), answers, known):
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
) -> Iterable[tuple[str, bool]]:
    for name, gold in known.items():
        question, of_gold = form.named(name), gold_form.named(name)
        if name in answers and question and of_gold and question.meaning == of_gold.meaning:
            yield name, is_right(question, answers[name], gold)


class _Forms:
    """The project's forms by id, each parsed once."""

    def __init__(self, project: Project) -> None:
        self._read: Callable[[int], Form] = lambda pk: Form.objects.get(pk=pk, project=project)
        self._known: dict[int, Questions] = {}

    def __call__(self, pk: int) -> Questions:
        if pk not in self._known:
            self._known[pk] = self._read(pk).parsed
        return self._known[pk]
