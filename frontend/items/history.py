"""What has happened to an item, in order: who was shown what, what they answered, what was decided.

Annotators stand under pseudonyms; who steers the project, by the name of the account.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from annotate.models import Annotation, Annotator, Assignment, AuditEntry, Gold, Item
from annotate.questions import Answers, Questions
from annotate.questions.base.question import letter
from routing.bulk.actions import UNDO, words_of
from routing.bulk.gold_kinds import USES
from routing.bulk.kinds import KINDS
from routing.models import JudgeCall, Review, RoutingDecision

GOLD_ENTRIES = {
    "gold.set": "Gold was set",
    "gold.use": "What the gold is for was changed",
    "gold.remove": "Gold was removed",
}


@dataclass(frozen=True)
class Event:
    """One line of an item's history. ``look`` is a CSS class; ``answers`` are (title, words).

    ``label`` is the id of a label that may be made gold; ``replaced`` marks one that a later label
    has taken the place of.
    """

    at: datetime
    who: str
    what: str
    look: str
    answers: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: object = None
    shown: object = None
    label: int | None = None
    replaced: bool = False
    action: int | None = None

    @property
    def raw_text(self) -> str:
        """What came beside the answers, as text to read."""
        return _as_text(self.raw)

    @property
    def shown_text(self) -> str:
        """The suggestions that were on the page."""
        return _as_text(self.shown)


def _as_text(value: object) -> str:
    if value in (None, {}, []):
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def pseudonym(annotator: Annotator) -> str:
    """A user is a number; names that came with a file, and those of LLMs, are what they are."""
    if annotator.user_id is not None:
        return f"person {annotator.pk}"
    return str(annotator)


def history_of(item: Item) -> list[Event]:
    """The item's events, oldest first."""
    questions = item.project.questions
    labels = list(item.annotations.select_related("annotator", "form", "guidelines"))
    replaced = {label.supersedes_id for label in labels}
    lent = item.assignments.select_related("annotator", "form", "guidelines")
    events = [
        *_arrival(item),
        *(_decided(row) for row in item.decisions.select_related("policy")),
        *(_lent(row) for row in lent.exclude(state=Assignment.State.SUBMITTED)),
        *(_labelled(label, replaced=label.pk in replaced) for label in labels),
        *(_called(row, questions) for row in item.judge_calls.select_related("judge")),
        *_reviewed(item),
        *_changed(item),
        *_golden(item, questions),
    ]
    return sorted(events, key=lambda event: event.at)


def answers_in_words(questions: Questions, answers: Answers) -> list[tuple[str, str]]:
    """Titles and answers, in the order of the form."""
    return [
        (question.config.title, question.words(answers[question.name]))
        for question in questions
        if question.name in answers
    ]


def _arrival(item: Item) -> Iterator[Event]:
    share = "in the evaluation share" if item.evaluation else "in the training share"
    yield Event(item.created_at, "import", "Item came in", "arrival", notes=[share])


def _decided(decision: RoutingDecision) -> Event:
    route = decision.get_route_display() if decision.route else "waits"
    notes = [decision.reason]
    if decision.score is not None:
        notes.append(f"score {decision.score:.3f}")
    if not decision.current:
        notes.append("no longer stands")
    return Event(
        decision.created_at,
        f"policy {decision.policy}",
        f"Routed to {route}" if decision.route else "Waits",
        "decision",
        notes=notes,
        raw=decision.features or None,
        replaced=not decision.current,
    )


def _shown(row: Assignment | Annotation, order: Sequence[int] | None) -> list[str]:
    """What was on the page: the order of the completions, and the versions it was made of."""
    notes = [f"shown in the order {' '.join(map(letter, order))}"] if order else []
    notes.append(f"form {row.form.version}")
    if row.guidelines:
        notes.append(f"guidelines {row.guidelines.version}")
    return notes


def _lent(assignment: Assignment) -> Event:
    return Event(
        assignment.closed_at or assignment.opened_at,
        pseudonym(assignment.annotator),
        {"open": "Has the item open", "skipped": "Skipped", "expired": "Let the lease run out"}[
            assignment.state
        ],
        "assignment",
        notes=_shown(assignment, assignment.order),
    )


def _labelled(annotation: Annotation, *, replaced: bool) -> Event:
    notes = _shown(annotation, annotation.order)
    if annotation.active_seconds is not None:
        notes.append(f"{annotation.active_seconds:.0f} s at work")
    review = annotation.purpose == Annotation.Purpose.REVIEW
    thing = "decision" if review else "label"
    if annotation.supersedes_id:
        notes.append(f"replaces the {thing} before")
    if replaced:
        notes.append("was replaced later")
    if words := suggested_in_words(annotation):
        notes.append(words)
    notes += offered_in_words(annotation)
    if annotation.reason:
        notes.append(f"because: {annotation.reason}")
    what = {"work": "Labelled", "review": "Decided", "qualification": "Answered to qualify"}
    what["planted"] = "Answered as planted gold"
    if review and not annotation.answers:
        what["review"] = "Took the decision back"
    return Event(
        annotation.created_at,
        str(annotation.annotator) if review else pseudonym(annotation.annotator),
        what.get(annotation.purpose, f"Answered ({annotation.get_purpose_display()})"),
        "judge" if annotation.annotator.kind == Annotator.Kind.LLM else "people",
        answers=answers_in_words(annotation.form.parsed, annotation.answers),
        notes=notes,
        raw=annotation.raw,
        shown=annotation.suggestions,
        label=None if replaced or not annotation.answers else annotation.pk,
        replaced=replaced,
    )


def suggested_in_words(annotation: Annotation) -> str:
    """What the annotator was shown of a suggestion, or a reviewer of opinions; "" where nothing is known."""
    recorded = annotation.suggestions or {}
    if annotation.purpose == Annotation.Purpose.REVIEW:
        return "after a look at judges and model" if recorded.get("informed") else ""
    if "arm" not in recorded:
        return ""
    if not recorded.get("answers"):
        return "there was no suggestion to show"
    if recorded["arm"] == "none":
        return "a suggestion was held back"
    if recorded["arm"] == "before":
        return "saw a suggestion beforehand"
    return "had seen a suggestion" if recorded["informed"] else "saw a suggestion afterwards"


def offered_in_words(annotation: Annotation) -> list[str]:
    """What became of a judge's marks that the annotator was offered, by question."""
    by_question = (annotation.suggestions or {}).get("questions", {})
    return [f"{name}: {_offered(one)}" for name, one in by_question.items()]


def _offered(one: Mapping[str, Any]) -> str:
    if one["shown"] == "after":
        return f"{'had seen' if one['informed'] else 'saw'} the marks of {one['by']} afterwards"
    kept, changed, deleted = (len(one[name]) for name in ("kept", "changed", "deleted"))
    return (
        f"of the marks of {one['by']}, filled in beforehand, kept {kept}, changed {changed} and "
        f"deleted {deleted}"
    )


def _called(call: JudgeCall, questions: Questions) -> Event:
    order = call.shown_order
    notes = [f"shown in the order {' '.join(map(letter, order))}"] if order else []
    if call.sample:
        notes.append(f"sample {call.sample + 1}")
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
        notes=notes,
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


def _changed(item: Item) -> Iterator[Event]:
    """Changes of many items that this one was among."""
    rows = item.bulk_changes.select_related("action__user", "action__project")
    actions = {row.action_id: row.action for row in rows}
    missing = {
        action.settings["of"] for action in actions.values() if action.kind == UNDO
    } - actions.keys()
    actions |= item.project.bulk_actions.in_bulk(missing)
    for row in rows:
        action = row.action
        kind = actions[action.settings["of"]].kind if action.kind == UNDO else action.kind
        was, became = (KINDS[kind].say(row.before[name]) for name in ("was", "became"))
        yield Event(
            action.finished_at or action.created_at,
            str(action.user) if action.user else "a change of many items",
            words_of(action),
            "steering",
            notes=[f"{was} → {became}"],
            action=action.pk,
        )


def _golden(item: Item, questions: Questions) -> Iterator[Event]:
    """What the audit log says of this one item's gold."""
    entries = AuditEntry.objects.filter(
        project_id=item.project_id,
        target_kind="item",
        target_id=item.pk,
        action__in=GOLD_ENTRIES,
    )
    for entry in entries:
        after = entry.details.get("after")
        known = {
            name: answer
            for name, answer in (after if isinstance(after, dict) else {}).items()
            if questions.named(name) is not None
        }
        use = after if isinstance(after, str) else entry.details.get("use")
        yield Event(
            entry.at,
            entry.actor,
            GOLD_ENTRIES[entry.action],
            "steering",
            answers=answers_in_words(questions, known),
            notes=[f"it {USES[Gold.Use(use)]}"] if use else [],
        )
