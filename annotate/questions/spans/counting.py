"""What several answers about spans have in common, by counts; and the cells of flat exports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotate.hashes import canonical_json
from annotate.questions.base.question import Answer, Combined
from annotate.questions.spans.reading import CLEAN, MISSING, SPANS

if TYPE_CHECKING:
    from annotate.questions.spans.kind import Spans


def combine(question: "Spans", answers: Sequence[Answer]) -> Combined:
    """By label in how many answers it is given at all, and in how many nothing is marked."""
    counts: Counter[str] = Counter()
    for answer in answers:
        counts.update({part["label"] for part in _parts(answer)})
    known = [*question.span_values, *question.missing_values]
    return Combined(
        count=len(answers),
        data={
            "answers": len(answers),
            "counts": {value: counts[value] for value in known if counts[value]},
            "nothing": sum(not _parts(answer) for answer in answers),
        },
    )


def summary(question: "Spans", combined: Mapping[str, Any]) -> str:
    """Such as "Irrelevant 2 of 3, nothing 1 of 3"."""
    of, words = combined["answers"], question.label_words
    ordered = sorted(combined["counts"].items(), key=lambda one: -one[1])
    found = [f"{words.get(value, value)} {n} of {of}" for value, n in ordered]
    found += [f"nothing {combined['nothing']} of {of}"] if combined["nothing"] else []
    return ", ".join(found)


def columns(question: "Spans", answer: Answer) -> dict[str, Any]:
    """The whole answer as JSON, and how many parts have each label."""
    counts = Counter(part["label"] for part in _parts(answer))
    known = [*question.span_values, *question.missing_values]
    return {
        "": canonical_json(answer),
        **{f"count.{value}": counts[value] for value in known},
        "clean": ", ".join(str(position + 1) for position in answer.get(CLEAN, ())),
    }


def _parts(answer: Answer) -> list[dict[str, Any]]:
    return [*answer[SPANS], *answer.get(MISSING, ())]
