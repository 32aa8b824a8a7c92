"""Labels of steps made into one label a step: counts, and what a method of aggregation found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annotate.offsets import brief
from annotate.questions.base.question import Answer, Combined, Found, letter

if TYPE_CHECKING:
    from annotate.questions.steps.kind import Steps

MOST_LABELS = 9
DIGITS = 6  # of what comes out of a fit, whose last ones depend on the order of annotators
EQUAL = 1e-9  # probabilities that differ by less have no majority

Place = tuple[int, int, int]  # completion, start, end


def unit(step: Mapping[str, Any]) -> str:
    return f"{step['completion']}:{step['start']}"


def place_of(step: Mapping[str, Any]) -> Place:
    return step["completion"], step["start"], step["end"]


def by_range(answer: Answer) -> dict[Place, str]:
    return {place_of(step): step["label"] for step in answer["steps"]}


def labels_in(answer: Answer) -> set[str]:
    return {step["label"] for step in answer["steps"]}


def by_completion(answer: Answer) -> dict[int, list[str]]:
    """Labels in the order of the steps, by completion."""
    found: dict[int, list[str]] = {}
    for step in answer["steps"]:
        found.setdefault(step["completion"], []).append(step["label"])
    return found


def combine(question: "Steps", answers: Sequence[Answer]) -> Combined:
    """Of each step that anybody labelled: how often each label was given, and which was most often.

    ``share`` is the mean, over steps, of the share that the commonest label has.
    """
    votes: dict[Place, Counter[str]] = {}
    for answer in answers:
        for place, label in by_range(answer).items():
            votes.setdefault(place, Counter())[label] += 1
    steps = [_step(question, place, votes[place]) for place in sorted(votes)]
    shares = [max(step["counts"].values()) / step["answers"] for step in steps]
    return Combined(count=len(answers), share=sum(shares) / len(shares), data={"steps": steps})


def _step(question: "Steps", place: Place, votes: Counter[str]) -> dict[str, Any]:
    completion, start, end = place
    known = [value for value in question.label_values if value in votes]
    counts = {value: votes[value] for value in [*known, *sorted(set(votes) - set(known))]}
    return {
        "completion": completion,
        "start": start,
        "end": end,
        "answers": votes.total(),
        "counts": counts,
        "label": _leading(counts),
    }


def _leading(weights: Mapping[str, float]) -> str | None:
    """None where two lead."""
    most = max(weights.values())
    leading = [value for value, weight in weights.items() if weight > most - EQUAL]
    return leading[0] if len(leading) == 1 else None


def settle(question: "Steps", combined: Combined, found: Mapping[str, Found]) -> Combined:
    """The likeliest label of each step, with the probability of each as ``shares``.

    The confidence is the mean probability, over steps, of the likeliest.
    """
    steps, sure = [], []
    for step in combined.data["steps"]:
        one = found.get(unit(step))
        if one is None or one.shares is None:
            steps.append(step)
            continue
        shares = dict(zip(question.label_values, one.shares, strict=True))
        sure.append(max(shares.values()))
        rounded = {value: round(share, DIGITS) for value, share in shares.items()}
        steps.append(step | {"label": _leading(shares), "shares": rounded})
    return replace(
        combined,
        confidence=round(sum(sure) / len(sure), DIGITS) if sure else None,
        data={"steps": steps},
    )


def summary(question: "Steps", combined: Mapping[str, Any]) -> str:
    """Such as "A: Good 3, Bad 1; B: Good 2, undecided 1"."""
    found: dict[int, list[str | None]] = {}
    for step in combined["steps"]:
        found.setdefault(step["completion"], []).append(step["label"])
    return "; ".join(
        f"{letter(place)}: {_tallied(question, labels)}" for place, labels in found.items()
    )


def _tallied(question: "Steps", labels: Sequence[str | None]) -> str:
    words = question.label_words
    parts = [f"{words[value]} {labels.count(value)}" for value in words if value in labels]
    return ", ".join(parts + [f"undecided {labels.count(None)}"] * (None in labels))


def in_words(question: "Steps", answer: Answer) -> str:
    parts = []
    for place, labels in by_completion(answer).items():
        said = f"{letter(place)}: {_tallied(question, labels)}"
        steps = (step for step in answer["steps"] if step["completion"] == place)
        error = next((step for step in steps if step["label"] == question.config.bad), None)
        if error is not None:
            comment = f": {error['comment']}" if error.get("comment") else ""
            said += f", first error “{brief(error['text'])[1:-1]}”{comment}"
        parts.append(said)
    return "; ".join(parts)
