"""Several choices made into one label: counts, and what a method of aggregation found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annotate.questions.base.question import Answer, Combined, Found, letter
from annotate.questions.choice.naming import OTHER
from annotate.questions.choice.sets import (
    DIGITS,
    by_most,
    commonest,
    counted,
    likeliest,
    rounded,
)

if TYPE_CHECKING:
    from annotate.questions.choice.kind import Choice

Part = dict[str, Any]


def of_option(unit: str, value: str) -> str:
    """The unit of one option: of the item its value, of a completion ``0.value``."""
    return f"{unit}.{value}" if unit else value


def combine(question: "Choice", answers: Sequence[Answer]) -> Combined:
    """Counts, and what most chose: one option, or of several each that more than half have."""
    columns = zip(*map(question.sets, answers), strict=True)
    parts = [_part(question, [one for one in column if one is not None]) for column in columns]
    if question.config.each:
        return Combined(count=len(answers), data={"each": parts})
    [part] = parts
    if question.config.reasons:
        names = [reason.value for reason in question.config.reasons]
        part["reasons"] = counted([answer.get("reasons", ()) for answer in answers], names)
    if question.config.other:
        part["other_words"] = [answer[OTHER] for answer in answers if answer.get(OTHER)]
    single = not question.config.several
    share = max(part["counts"].values()) / len(answers) if single else None
    return Combined(count=len(answers), share=share, data=part)


def _part(question: "Choice", sets: Sequence[Sequence[str]]) -> Part:
    counts = counted(sets, question.choices)
    if question.config.several:
        return {"answers": len(sets), "counts": counts, "chosen": by_most(counts, len(sets))}
    one = commonest(counts)
    return {"answers": len(sets), "counts": counts, "chosen": [] if one is None else [one]}


def settle(question: "Choice", combined: Combined, found: Mapping[str, Found]) -> Combined:
    """The likeliest option, or each that is likelier chosen than not; ``posterior`` has the chances.

    The confidence is the probability of that, of several parts the mean.
    """
    parts = combined.data["each"] if question.config.each else [combined.data]
    settled, sure = [], []
    for place, part in enumerate(parts):
        unit = str(place) if question.config.each else ""
        shares = _shares(question, unit, found)
        settled.append(part | _outcome(question, shares) if shares else part)
        sure += _sure(question, shares)
    return replace(
        combined,
        confidence=round(sum(sure) / len(sure), DIGITS) if sure else None,
        data={"each": settled} if question.config.each else settled[0],
    )


def _shares(question: "Choice", unit: str, found: Mapping[str, Found]) -> dict[str, float]:
    """The probability of each option: that it is the right one, or of several that it is chosen."""
    if question.config.several:
        units = {value: found.get(of_option(unit, value)) for value in question.choices}
        return {
            value: one.shares[1]
            for value, one in units.items()
            if one is not None and one.shares is not None
        }
    one = found.get(unit)
    if one is None or one.shares is None:
        return {}
    return dict(zip(question.choices, one.shares, strict=True))


def _outcome(question: "Choice", shares: Mapping[str, float]) -> Part:
    if question.config.several:
        chosen = [value for value, share in shares.items() if share > 0.5]
    else:
        one = likeliest(shares)
        chosen = [] if one is None else [one]
    return {"chosen": chosen, "posterior": rounded(shares)}


def _sure(question: "Choice", shares: Mapping[str, float]) -> list[float]:
    if question.config.several:
        return [max(share, 1 - share) for share in shares.values()]
    return [max(shares.values())] if shares else []


def summary(question: "Choice", combined: Mapping[str, Any]) -> str:
    if "each" not in combined:
        return _in_words(question, combined)
    return "; ".join(
        f"{letter(n)}: {_in_words(question, part)}"
        for n, part in enumerate(combined["each"])
        if part["answers"]
    )


def _in_words(question: "Choice", part: Mapping[str, Any]) -> str:
    """Such as "Concise 2 of 3, Correct 1 of 3"."""
    ordered = sorted(part["counts"].items(), key=lambda one: -one[1])
    words = [f"{question.labels.get(v, v)} {n} of {part['answers']}" for v, n in ordered]
    return ", ".join(words) or question.config.none or "none"
