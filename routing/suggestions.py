"""What a judge or the reward model would answer about an item, to be suggested to annotators.

Of judges it is the newest one's label that is suggested, not what their labels come to together: that
is an answer which somebody gave, to all questions at once, that can be traced to its calls. Versions of
one judge pile up on an item, and old ones should not outvote the new one.

Of the reward model it is the side that the promoted version gives the greater reward, with the
probability that follows from the two. It knows no strength: the value stands for its side alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Avg

from annotate.models import Annotation, Form
from annotate.models.projects import SuggestFrom
from routing.models import JudgeCall, Score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annotate.models import Item
    from annotate.questions import Answers, Question, Questions

STEEP = 700  # beyond this exp overflows


@dataclass(frozen=True)
class Suggestion:
    """``answers`` are in the item's own order; ``probability`` is the source's own, where it has one."""

    source: str
    by: str
    answers: Answers
    probability: float | None = None


def suggestion(item: Item, source: str, questions: Questions) -> Suggestion | None:
    """What ``source`` would answer to ``questions`` about an item; None where it has said nothing.

    Questions about parts of texts have their own setting, and are left out.
    """
    if source == SuggestFrom.MODEL:
        return _by_model(item, questions)
    return _by_judge(item, [question for question in questions if not question.needs_texts])


def chance(margin: float) -> float:
    """That the side with the greater reward wins, in [0.5, 1) (Bradley and Terry)."""
    return 1 / (1 + math.exp(-min(abs(margin), STEEP)))


def newest_by_judge(item: Item) -> Annotation | None:
    """The label of the newest judge."""
    labels = Annotation.objects.current().work().by_judges().filter(item=item)
    return labels.select_related("annotator").order_by("-annotator_id", "-pk").first()


def _by_judge(item: Item, questions: Iterable[Question[Any]]) -> Suggestion | None:
    label = newest_by_judge(item)
    if label is None:
        return None
    answers = usable(label.answers, questions_of(label.form_id), questions)
    if not answers:
        return None
    calls = JudgeCall.objects.filter(
        item=item, judge__annotator=label.annotator_id, state=JudgeCall.State.ANSWERED
    )
    sure = calls.aggregate(sure=Avg("confidence"))["sure"]
    return Suggestion(SuggestFrom.JUDGES, str(label.annotator), answers, sure)


def usable(answers: Answers, given: Questions, asked: Iterable[Question[Any]]) -> Answers:
    """Those answers that mean the same in the form that is asked, and can be compared at all."""
    return {
        question.name: answers[question.name]
        for question in asked
        if question.compared
        and question.name in answers
        and (before := given.named(question.name)) is not None
        and before.meaning == question.meaning
    }


def _by_model(item: Item, questions: Questions) -> Suggestion | None:
    main = questions.main_preference()
    if main is None:
        return None
    first, second = main.config.pair
    rows = Score.objects.filter(
        completion__item=item, completion__position__in=(first, second), reward_model__promoted=True
    )
    found = {
        position: (reward, version)
        for position, reward, version in rows.values_list(
            "completion__position", "reward", "reward_model__version"
        )
    }
    if len(found) < 2 or found[first][0] == found[second][0]:
        return None
    margin = found[first][0] - found[second][0]
    answer = {"value": -1 if margin > 0 else 1, "both_bad": False}
    by = f"reward model {found[first][1]}"
    return Suggestion(SuggestFrom.MODEL, by, {main.name: answer}, chance(margin))


@lru_cache(maxsize=256)
def questions_of(form: int) -> Questions:
    """By the form's id; a form's questions never change."""
    return Form.objects.get(pk=form).parsed
