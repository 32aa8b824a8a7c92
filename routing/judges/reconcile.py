"""One label made of what a judge said in both orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.judges.orders import asked_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate.questions import Answers, Questions
    from routing.models import JudgeCall

_KEPT = ("model", "unlocated")  # of what came beside an answer


@dataclass(frozen=True)
class Reconciled:
    """``answers`` in the item's own order; None when the judge is undecided. ``raw`` says why."""

    answers: Answers | None
    raw: dict[str, Any]


def reconcile(questions: Questions, calls: Sequence[JudgeCall]) -> Reconciled:
    """Question by question, from answered calls.

    A question on which the orders contradict each other, and that knows no tie, is left out, and so
    is one that what they come to does not ask. What is asked in one order alone stands as it is. The judge is undecided when that is the main question, or when nothing is left.
    """
    verdicts = [questions.permute(call.verdict or {}, call.shown_order) for call in calls]
    once = asked_once(questions)
    names = [n for n in verdicts[0] if n in once or all(n in verdict for verdict in verdicts)]
    found = {n: questions[n].reconcile([v[n] for v in verdicts if n in v]) for n in names}
    answers = questions.asked({n: answer for n, answer in found.items() if answer is not None})
    main = questions.main_preference()
    sides = {_side(verdict, main.name) for verdict in verdicts} if main is not None else set()
    consistent = len(sides) == 1 if len(calls) > 1 and sides and None not in sides else None
    raw = {
        "orders": [
            {
                "order": call.shown_order,
                "answers": verdict,
                "confidence": call.confidence,
                **{name: call.raw[name] for name in _KEPT if call.raw and call.raw.get(name)},
            }
            for call, verdict in zip(calls, verdicts, strict=True)
        ],
        "consistent": consistent,
        "confidence": _confidence(calls, contradicts={-1, 1} <= sides),
    }
    undecided = not answers or (
        main is not None and main.name in names and main.name not in answers
    )
    return Reconciled(None if undecided else answers, raw)


def _side(answers: Answers, question: str) -> int | None:
    value = answers.get(question, {}).get("value")
    return None if value is None else (value > 0) - (value < 0)


def _confidence(calls: Sequence[JudgeCall], *, contradicts: bool) -> float | None:
    """The mean of what the calls state; 0 when they take opposite sides; None without a signal."""
    if contradicts:
        return 0.0
    stated = [call.confidence for call in calls if call.confidence is not None]
    return round(sum(stated) / len(stated), 4) if stated else None
