"""What has happened to an item, in order: who was shown what, what they answered, what was decided.

People stand under pseudonyms.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from annotate.models import Aggregate, Annotation, Annotator, Assignment, Item
from annotate.questions import Answers, Questions
from annotate.questions.base.question import letter
from routing.models import JudgeCall, Review, RoutingDecision, Score


@dataclass(frozen=True)
class Event:
    """One line of an item's history. ``look`` is a CSS class; ``answers`` are (title, words)."""

    at: datetime
    who: str
    what: str
    look: str
    answers: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: object = None

    @property
    def raw_text(self) -> str:
        """What came beside the answers, as text to read."""
        if self.raw in (None, {}, []):
            return ""
        if isinstance(self.raw, str):
            return self.raw
        return json.dumps(self.raw, indent=2, ensure_ascii=False)


def pseudonym(annotator: Annotator) -> str:
    """A user is a number; names that came with a file, and those of LLMs, are what they are."""
    if annotator.user_id is not None:
        return f"person {annotator.pk}"
    return str(annotator)


def history_of(item: Item) -> dict[str, Any]:
    """The item's events, oldest first, with its aggregates and the completions' rewards."""
    questions = item.project.questions
    events = [
        *_arrival(item),
        *(_decided(row) for row in item.decisions.select_related("policy")),
        *(
            _lent(row, questions)
            for row in item.assignments.select_related("annotator").exclude(
                state=Assignment.State.SUBMITTED
            )
        ),
        *(
            _labelled(row)
            for row in item.annotations.select_related("annotator", "form", "guidelines")
        ),
        *(_called(row, questions) for row in item.judge_calls.select_related("judge")),
        *_reviewed(item),
    ]
    scores = Score.objects.filter(completion__item=item, reward_model__promoted=True)
    rewards = {score.completion_id: score for score in scores.select_related("reward_model")}
    return {
        "events": sorted(events, key=lambda event: event.at),
        "aggregates": _aggregates(item, questions),
        "completions": [
            {"letter": letter(n), "completion": completion, "score": rewards.get(completion.pk)}
            for n, completion in enumerate(item.completions.all())
        ],
    }


def answers_in_words(questions: Questions, answers: Answers) -> list[tuple[str, str]]:
    """Titles and answers, in the order of the form."""
    return [
        (question.config.title, question.words(answers[question.name]))
        for question in questions
        if question.name in answers
    ]


def _arrival(item: Item) -> Iterator[Event]:
    wants = f"{item.overlap} label{'s' if item.overlap > 1 else ''} wanted from people"
    share = "in the evaluation share" if item.evaluation else "in the training share"
    yield Event(item.created_at, "import", "Item came in", "arrival", notes=[wants, share])


def _decided(decision: RoutingDecision) -> Event:
    route = decision.get_route_display() if decision.route else "waits"
    notes = [decision.reason]
    if decision.score is not None:
        notes.append(f"score {decision.score:.3f}")
    return Event(
        decision.created_at,
        f"policy {decision.policy}",
        f"Routed to {route}" if decision.route else "Waits",
        "decision",
        notes=notes,
        raw=decision.features or None,
    )


def _shown(order: Sequence[int] | None) -> list[str]:
    return [f"shown in the order {' '.join(map(letter, order))}"] if order else []


def _lent(assignment: Assignment, questions: Questions) -> Event:
    return Event(
        assignment.closed_at or assignment.opened_at,
        pseudonym(assignment.annotator),
        {"open": "Has the item open", "skipped": "Skipped", "expired": "Let the lease run out"}[
            assignment.state
        ],
        "assignment",
        notes=_shown(assignment.order),
    )


def _labelled(annotation: Annotation) -> Event:
    notes = _shown(annotation.order)
    notes.append(f"form {annotation.form.version}")
    if annotation.guidelines:
        notes.append(f"guidelines {annotation.guidelines.version}")
    if annotation.active_seconds is not None:
        notes.append(f"{annotation.active_seconds:.0f} s at work")
    if annotation.supersedes_id:
        notes.append("replaces the label before")
    what = {"work": "Labelled", "review": "Reviewed", "qualification": "Answered to qualify"}
    return Event(
        annotation.created_at,
        pseudonym(annotation.annotator),
        what[annotation.purpose],
        "judge" if annotation.annotator.kind == Annotator.Kind.LLM else "people",
        answers=answers_in_words(annotation.form.parsed, annotation.answers),
        notes=notes,
        raw=annotation.raw,
    )


def _called(call: JudgeCall, questions: Questions) -> Event:
    notes = [*_shown(call.shown_order), f"sample {call.sample + 1}" if call.sample else ""]
    if call.input_tokens is not None or call.output_tokens is not None:
        notes.append(f"{call.input_tokens or 0} + {call.output_tokens or 0} tokens")
    if call.cost_usd is not None:
        notes.append(f"{call.cost_usd.normalize():f} USD")
    if call.confidence is not None:
        notes.append(f"confidence {call.confidence:.2f}")
    if call.tries > 1:
        notes.append(f"{call.tries} tries")
    if call.fault:
        notes.append(call.fault)
    own = questions.permute(call.verdict, call.shown_order) if call.verdict else {}
    what = {
        "waiting": "Is to be asked",
        "reserved": "Is being asked",
        "answered": "Gave a verdict",
        "failed": "Failed",
        "lost": "Call lost with its worker",
    }
    return Event(
        call.finished_at or call.started_at,
        f"judge {call.judge}",
        what[call.state],
        "fault" if call.state in ("failed", "lost") else "call",
        answers=answers_in_words(questions, own),
        notes=[note for note in notes if note],
        raw=call.raw,
    )


def _reviewed(item: Item) -> Iterator[Event]:
    reviews = Review.objects.filter(annotation__item=item)
    for review in reviews.select_related("annotation__annotator", "reward_model"):
        label = f"the label of {pseudonym(review.annotation.annotator)}"
        yield Event(
            review.created_at,
            f"reward model {review.reward_model.version}",
            f"Disagrees with {label}",
            "decision",
            notes=[f"gives it a probability of {review.probability:.2f}"],
        )
        if review.closed_at is not None:
            yield Event(review.closed_at, "review", f"{label} {review.state}", "decision")


def _aggregates(item: Item, questions: Questions) -> list[dict[str, Any]]:
    """By question, what people's and judges' answers come to, in words."""
    words: dict[str, dict[str, str]] = {}
    for aggregate in item.aggregates.all():
        words.setdefault(aggregate.question, {})[aggregate.source] = aggregate_in_words(aggregate)
    return [
        {"title": question.config.title, **words[question.name]}
        for question in questions
        if question.name in words
    ]


def aggregate_in_words(aggregate: Aggregate) -> str:
    count = f"{aggregate.count} answer{'s' if aggregate.count != 1 else ''}"
    if means := aggregate.data.get("means"):
        given = [f"{letter(n)} {mean:.1f}" for n, mean in enumerate(means) if mean is not None]
        return f"mean {', '.join(given)} ({count})"
    if aggregate.mean is None:
        return count
    mean = f"mean {aggregate.mean:+.2f}".replace("-", "\N{MINUS SIGN}")
    if aggregate.majority is None or aggregate.share is None:
        return f"no majority, {mean} ({count})"
    side = {-1: "A", 0: "tie", 1: "B"}[aggregate.majority]
    return f"{side} {100 * aggregate.share:.0f} %, {mean} ({count})"
