"""Past labels for the demo: four annotators simulated from the items' planted qualities, with noise."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Qualities = Mapping[str, float]

ASPECTS = ("correctness", "brevity", "tone")
LABELLED_SHARE = 0.6
FIRST_DAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
# Differences of utility (0 to 1) from which on an annotator prefers slightly and clearly.
SLIGHTLY, CLEARLY = 0.06, 0.32
WORDS_READ_A_SECOND = 4.5


@dataclass(frozen=True)
class Persona:
    """A simulated annotator: what counts for them, and how far one can rely on their answers."""

    name: str
    about: str
    # What each aspect counts for in the overall preference; sums to 1.
    weights: Mapping[str, float]
    # Standard deviation of the error in each quality as they see it.
    noise: float
    # Share of items that they answer without reading.
    lapses: float
    # Share of items for which they write a reason.
    writes: float
    # Reading time against the average.
    pace: float

    @property
    def description(self) -> str:
        return f"Simulated from the planted qualities of the demo items, with noise. {self.about}"


PERSONAS = (
    Persona(
        name="Mira (simulated)",
        about="Checks facts; style counts little.",
        weights={"correctness": 0.8, "brevity": 0.1, "tone": 0.1},
        noise=0.18,
        lapses=0.0,
        writes=0.8,
        pace=1.3,
    ),
    Persona(
        name="Jonas (simulated)",
        about="Wants it right and short.",
        weights={"correctness": 0.5, "brevity": 0.4, "tone": 0.1},
        noise=0.25,
        lapses=0.03,
        writes=0.5,
        pace=1.0,
    ),
    Persona(
        name="Femi (simulated)",
        about="Minds the tone more than others do.",
        weights={"correctness": 0.45, "brevity": 0.15, "tone": 0.4},
        noise=0.28,
        lapses=0.03,
        writes=0.6,
        pace=1.1,
    ),
    Persona(
        name="Lotte (simulated)",
        about="In a hurry: often answers without reading to the end.",
        weights={"correctness": 0.5, "brevity": 0.3, "tone": 0.2},
        noise=0.35,
        lapses=0.35,
        writes=0.15,
        pace=0.4,
    ),
)

REASONS = {
    "correctness": (
        "One of them has a mistake in it that matters; the other is right as far as I can tell.",
        "I checked the main point, and only one of the two gets it right.",
        "The wrong one sounds just as sure of itself, but what it states is not true.",
        "Being right decides it here, whatever one thinks of the style.",
    ),
    "brevity": (
        "They say much the same, but one of them takes far too long for it.",
        "One comes to the point; in the other I had to look for the answer.",
        "The padding in the other one adds nothing.",
        "Not much between them, so I take the one that wastes fewer words.",
    ),
    "tone": (
        "One of them strikes the wrong tone; I would not like to be answered like that.",
        "In content they are close. The manner decides it.",
        "The better one is friendly without making a fuss.",
        "I prefer the one that neither lectures nor flatters.",
    ),
    "tie": (
        "I would be happy with either.",
        "The differences are too small to matter.",
        "Each has a weakness, and they weigh about the same.",
    ),
}


ALSO = {
    "correctness": "It is also the more reliable of the two.",
    "brevity": "It also gets by with less.",
    "tone": "It is also the more pleasant one to read.",
}
ALTHOUGH = {
    "correctness": "It is a little less exact, but that does not weigh as much.",
    "brevity": "That it wastes some words I can live with.",
    "tone": "The other one has the better manners, but that is not enough.",
}


def simulate_labels(
    items: Sequence[Row], *, seed: int = 1, since: datetime = FIRST_DAY
) -> list[Row]:
    """Copies of ``items`` (rows of the `tandem` format), most of them with two or three labels.

    What is drawn for an item depends on its key and the seed alone, not on the other items; which
    items stay without labels depends on all keys. The labels were given within the twelve days from
    ``since``.
    """
    labelled = _labelled_keys([item["key"] for item in items], seed=seed)
    return [
        {**item, "labels": _labels(item, seed=seed, since=since)}
        if item["key"] in labelled
        else dict(item)
        for item in items
    ]


def _rng(*parts: object) -> random.Random:
    return random.Random("/".join(map(str, parts)))  # noqa: S311 a simulation, no secret


def _labelled_keys(keys: Sequence[str], *, seed: int) -> set[str]:
    shuffled = sorted(keys, key=lambda key: _rng(seed, "labelled", key).random())
    return set(shuffled[: round(LABELLED_SHARE * len(keys))])


def _labels(item: Row, *, seed: int, since: datetime) -> list[Row]:
    rng = _rng(seed, "annotators", item["key"])
    personas = rng.sample(PERSONAS, k=rng.choice((2, 3)))
    return [
        _label(item, persona, _rng(seed, persona.name, item["key"]), since) for persona in personas
    ]


def _label(item: Row, persona: Persona, rng: random.Random, since: datetime = FIRST_DAY) -> Row:
    planted = item["metadata"]["planted"]
    lapse = rng.random() < persona.lapses
    seen = [_as_seen(None if lapse else qualities, persona.noise, rng) for qualities in planted]
    return {
        "annotator": persona.name,
        "kind": "human",
        "description": persona.description,
        "answers": _answers(seen, persona, rng),
        "seconds_spent": _seconds(item, persona.pace * (0.3 if lapse else 1.0), rng),
        "created_at": _moment(rng, since).isoformat(),
    }


def _as_seen(qualities: Qualities | None, noise: float, rng: random.Random) -> dict[str, float]:
    """The qualities with an error; without any, guesses that have nothing to do with the text."""
    if qualities is None:
        return {aspect: rng.uniform(0.2, 0.9) for aspect in ASPECTS}
    return {aspect: min(1, max(0, qualities[aspect] + rng.gauss(0, noise))) for aspect in ASPECTS}


def _answers(seen: Sequence[Qualities], persona: Persona, rng: random.Random) -> Row:
    gains = {a: persona.weights[a] * (seen[1][a] - seen[0][a]) for a in ASPECTS}
    value = preference(sum(gains.values()))
    answers: Row = {"overall": {"value": value, "both_bad": False}}
    for aspect in ASPECTS:
        answers[aspect] = {"values": [1 + round(4 * qualities[aspect]) for qualities in seen]}
    if rng.random() < persona.writes:
        answers["why"] = {"text": _reason({a: value * gains[a] for a in ASPECTS}, rng)}
    return answers


def _reason(gains: Qualities, rng: random.Random) -> str:
    """What decided, and sometimes what else there was; ``gains`` speak for the preferred one."""
    decisive, second, _ = sorted(ASPECTS, key=lambda aspect: -abs(gains[aspect]))
    if not any(gains.values()):
        return rng.choice(REASONS["tie"])
    if gains[decisive] < 0:
        decisive, second = second, decisive
    words = rng.choice(REASONS[decisive])
    if abs(gains[second]) < SLIGHTLY:
        return words
    return f"{words} {(ALSO if gains[second] > 0 else ALTHOUGH)[second]}"


def preference(difference: float) -> int:
    """The five-point preference, -2 to 2, for a difference of utility (second less first)."""
    strength = (abs(difference) >= SLIGHTLY) + (abs(difference) >= CLEARLY)
    return strength if difference > 0 else -strength


def _seconds(item: Row, pace: float, rng: random.Random) -> float:
    texts = [turn["content"] for turn in item["messages"]]
    texts += [passage["text"] for passage in item.get("contexts", [])]
    texts += [completion["text"] for completion in item["completions"]]
    words = sum(len(text.split()) for text in texts)
    return round(pace * (8 + words / WORDS_READ_A_SECOND) * rng.lognormvariate(0, 0.3), 1)


def _moment(rng: random.Random, since: datetime) -> datetime:
    """Within eight hours of ten days, two and two in between left out."""
    day = rng.randrange(10)
    return since + timedelta(days=day + 2 * (day // 5), seconds=rng.randrange(8 * 3600))
