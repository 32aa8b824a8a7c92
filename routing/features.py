"""What policies look at: cheap raw numbers of an item, and how sure its judge seems to be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotate.models import Annotation, Annotator, Completion, Item, Project
from annotate.questions import Question
from routing.models import Judge, JudgeCall
from routing.policies import Case, JudgeState, Signal

Features = dict[str, float | None]
SIDES = {"a": -1, "tie": 0, "b": 1}  # of labels that an import kept as it found them


@dataclass
class Labels:
    """One item's labels so far: the judge's, its calls, and how other LLMs answered."""

    verdict: Annotation | None = None
    calls: list[JudgeCall] = field(default_factory=list)
    others: list[Annotation] = field(default_factory=list)
    people: int = 0


@dataclass(frozen=True)
class Sureness:
    """``confidence`` in [0, 1] and what it is read from; ``consistent`` is 1 where a judge's two
    orders say the same, ½ where one of them is a tie, 0 where they contradict each other."""

    confidence: float | None = None
    signal: Signal = Signal.NONE
    stated: float | None = None
    consistent: float | None = None
    agreement: float | None = None


def look_at(project: Project, items: Sequence[Item], judge: Annotator | None) -> list[Case]:
    """The items as policies see them, with the labels that they have now."""
    question = project.questions.main_preference()
    labels = _labels(items, judge)
    texts = _texts(items)
    program = Judge.objects.filter(annotator=judge).first() if judge else None
    return [
        _case(item, texts[item.pk], labels[item.pk], question, asked=program is not None)
        for item in items
    ]


def _case(
    item: Item,
    completions: Sequence[str],
    labels: Labels,
    question: Question[Any] | None,
    *,
    asked: bool,
) -> Case:
    sure = sureness(labels, question)
    return Case(
        item=item.pk,
        key=item.key,
        evaluation=item.evaluation,
        cost=item.seats_left,
        judge=state_of(labels) if asked or labels.verdict else JudgeState.PENDING,
        confidence=sure.confidence,
        signal=sure.signal,
        features=text_features(item, completions, question)
        | {
            "judge_confidence": sure.stated,
            "order_consistency": sure.consistent,
            "judge_agreement": sure.agreement,
            "people_labels": labels.people,
        },
    )


def text_features(
    item: Item, completions: Sequence[str], question: Question[Any] | None
) -> Features:
    """Lengths are in characters; the difference is the second compared completion's less the first's."""
    pair = [n for n in (question.config.pair if question else (0, 1)) if n < len(completions)]
    lengths = [len(completions[n]) for n in pair]
    return {
        "evaluation": float(item.evaluation),
        "turns": len(item.messages),
        "contexts": len(item.contexts),
        "prompt_length": sum(len(turn["content"]) for turn in item.messages),
        "shorter_length": min(lengths, default=None),
        "longer_length": max(lengths, default=None),
        "length_difference": lengths[1] - lengths[0] if len(lengths) == 2 else None,
    }


def state_of(labels: Labels) -> JudgeState:
    """How far a judge is that is asked by this program."""
    if labels.verdict is not None:
        return JudgeState.LABELLED
    states = {call.state for call in labels.calls}
    if not states or states & set(JudgeCall.OPEN):
        return JudgeState.PENDING
    return JudgeState.FAILED if JudgeCall.State.FAILED in states else JudgeState.UNDECIDED


def sureness(labels: Labels, question: Question[Any] | None) -> Sureness:
    """How sure the judge is of its label, from the best signal that there is.

    Orders that contradict each other say more than any confidence; then comes a stated one, then
    two orders alone, then how many other judges take the same side.
    """
    if labels.verdict is None or question is None:
        return Sureness()
    stated, consistent = _stated(labels), _consistency(labels, question)
    agreement = _agreement(labels, question)
    if consistent == 0:
        confidence, signal = 0.0, Signal.ORDERS
    elif stated is not None:
        confidence, signal = stated, Signal.STATED
    elif consistent is not None:
        confidence, signal = consistent, Signal.ORDERS
    elif agreement is not None:
        confidence, signal = agreement, Signal.JUDGES
    else:
        return Sureness()
    return Sureness(confidence, signal, stated, consistent, agreement)


def side_of(answers: Mapping[str, Any], question: Question[Any]) -> int | None:
    """-1 for the first completion, 0 for a tie, 1 for the second; None without an answer."""
    value = answers.get(question.name, {}).get("value")
    return None if value is None else (value > 0) - (value < 0)


def _stated(labels: Labels) -> float | None:
    of_calls = [call.confidence for call in labels.calls if call.confidence is not None]
    if of_calls:
        return sum(of_calls) / len(of_calls)
    confidence = _raw(labels).get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return None
    return float(confidence) if 0 <= confidence <= 1 else None


def _consistency(labels: Labels, question: Question[Any]) -> float | None:
    sides = [_side_of_call(call, question) for call in labels.calls if call.verdict]
    if not sides:
        kept = (_raw(labels).get(f"label_order_{order}") for order in ("ab", "ba"))
        sides = [SIDES.get(side) if isinstance(side, str) else None for side in kept]
    known = {side for side in sides if side is not None}
    if len(sides) < 2 or len(known) == 0 or None in sides:
        return None
    return 1.0 if len(known) == 1 else 0.0 if {-1, 1} <= known else 0.5


def _side_of_call(call: JudgeCall, question: Question[Any]) -> int | None:
    answer = (call.verdict or {}).get(question.name)
    if answer is None:
        return None
    return side_of({question.name: question.permute(answer, call.shown_order)}, question)


def _agreement(labels: Labels, question: Question[Any]) -> float | None:
    """Mean over the other judges: 1 for the same side, ½ where one of the two has a tie, else 0."""
    own = side_of(labels.verdict.answers, question) if labels.verdict else None
    sides = [side_of(other.answers, question) for other in labels.others]
    distances = [abs(own - side) for side in sides if side is not None and own is not None]
    return 1 - sum(distances) / (2 * len(distances)) if distances else None


def _raw(labels: Labels) -> Mapping[str, Any]:
    raw = labels.verdict.raw if labels.verdict else None
    return raw if isinstance(raw, dict) else {}


def _labels(items: Sequence[Item], judge: Annotator | None) -> dict[int, Labels]:
    found: dict[int, Labels] = defaultdict(Labels)
    annotations = (
        Annotation.objects.current()
        .work()
        .filter(item__in=items)
        .select_related("annotator")
        .order_by("pk")
    )
    for annotation in annotations:
        labels = found[annotation.item_id]
        if annotation.annotator.kind == Annotator.Kind.HUMAN:
            labels.people += 1
        elif judge is not None and annotation.annotator_id == judge.pk:
            labels.verdict = annotation
        else:
            labels.others.append(annotation)
    if judge is not None:
        calls = JudgeCall.objects.filter(item__in=items, judge__annotator=judge)
        for call in calls.order_by("order", "sample"):
            found[call.item_id].calls.append(call)
    return found


def _texts(items: Iterable[Item]) -> dict[int, list[str]]:
    texts: dict[int, list[str]] = defaultdict(list)
    rows = Completion.objects.filter(item__in=list(items)).order_by("item_id", "position")
    for item, text in rows.values_list("item_id", "text"):
        texts[item].append(text)
    return texts
