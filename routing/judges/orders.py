"""In which orders a judge sees an item's completions, and what it is asked in which.

Which of two completions is better may depend on which is shown first, so that it is asked in both
orders. What is marked in a text does not: questions about parts of texts are asked in the item's own
order alone, and so are those that are asked upon what came of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Sequence


def orders(questions: Questions, completions: int) -> list[list[int]]:
    """``order[place] = position``, the item's own first; the other one where it could matter."""
    own = list(range(completions))
    if completions < 2 or not asked_again(questions):
        return [own]
    other = swapped(questions, completions)
    return [own, other] if other != own else [own]


def swapped(questions: Questions, completions: int) -> list[int]:
    """The second order: completions that are compared change places, so that letters still fit.

    Only the first of several overlapping pairs can be swapped; a form without pairs is reversed.
    """
    order = list(range(completions))
    pairs = {tuple(sorted(question.config.pair)) for question in questions.of_kind("preference")}
    if completions == 2 or not pairs:
        return order[::-1]
    if len({position for pair in pairs for position in pair}) < 2 * len(pairs):
        return order
    for first, second in pairs:
        if second < completions:
            order[first], order[second] = second, first
    return order


def asked_once(questions: Questions) -> set[str]:
    """The names of questions that are asked in the item's own order alone."""
    names: set[str] = set()
    for question in questions:
        condition = question.config.ask_if
        if question.needs_texts or (condition is not None and condition.question in names):
            names.add(question.name)
    return names


def asked_again(questions: Questions) -> list[str]:
    """The names of questions that are asked in the second order too."""
    once = asked_once(questions)
    return [name for name in questions.names if name not in once]


def asked_in(questions: Questions, order: Sequence[int] | None) -> Questions:
    """The questions that are asked in an order; None is the item's own."""
    again = asked_again(questions)
    if order is None or list(order) == sorted(order) or not again:
        return questions
    return Questions([questions[name] for name in again])
