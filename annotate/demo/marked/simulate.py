"""Past labels for the demo: three annotators simulated from the items' planted mistakes, with noise."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, Any]
LABELLED_SHARE = 0.75
FIRST_DAY = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
WORDS_READ_A_SECOND = 3.0
_WORD = re.compile(r"\w+")
# What annotators mix up, and how often where they do.
ALIKE = {
    "contradicts": "unsupported",
    "unsupported": "contradicts",
    "irrelevant": "repeats",
    "repeats": "irrelevant",
}
GRAVE = {"contradicts": 0.85, "unsupported": 0.45, "irrelevant": 0.1, "repeats": 0.05}


@dataclass(frozen=True)
class Persona:
    """A simulated annotator, and how far their marks can be relied on."""

    name: str
    about: str
    # Share of the planted mistakes that they find.
    finds: float
    # Share of their marks that begin or end a word too early or too late.
    blurs: float
    # Share of their marks with a label that is like the right one.
    mixes_up: float
    # Share of items on which they mark something that is right.
    suspects: float

    @property
    def description(self) -> str:
        return f"Simulated from the planted mistakes of the demo items, with noise. {self.about}"


PERSONAS = (
    Persona("Ines (simulated)", "Finds nearly all, and cuts closely.", 0.95, 0.15, 0.05, 0.05),
    Persona("Pavel (simulated)", "Marks generously.", 0.85, 0.6, 0.15, 0.15),
    Persona("Tariq (simulated)", "Reads fast and misses some.", 0.6, 0.35, 0.2, 0.25),
)


def simulate_labels(
    items: Sequence[Row], *, seed: int = 1, since: datetime = FIRST_DAY
) -> list[Row]:
    """Copies of ``items`` (rows of the `tandem` format), most of them with two or three labels.

    What is drawn for an item depends on its key and the seed alone; which items stay without labels
    depends on all keys. The labels were given within the five days from ``since``.
    """
    keys = sorted((item["key"] for item in items), key=lambda key: _rng(seed, key).random())
    labelled = set(keys[: round(LABELLED_SHARE * len(keys))])
    return [
        {**item, "labels": _labels(item, seed, since)} if item["key"] in labelled else dict(item)
        for item in items
    ]


def _rng(*parts: object) -> random.Random:
    return random.Random("/".join(map(str, parts)))  # noqa: S311 a simulation, no secret


def _labels(item: Row, seed: int, since: datetime) -> list[Row]:
    rng = _rng(seed, "annotators", item["key"])
    return [
        _label(item, persona, _rng(seed, persona.name, item["key"]), since)
        for persona in rng.sample(PERSONAS, k=rng.choice((2, 2, 3)))
    ]


def _label(item: Row, persona: Persona, rng: random.Random, since: datetime = FIRST_DAY) -> Row:
    text = item["completions"][0]["text"]
    moment = since + timedelta(days=rng.randrange(5), seconds=rng.randrange(8 * 3600))
    return {
        "annotator": persona.name,
        "kind": "human",
        "description": persona.description,
        "answers": _answers(text, item["metadata"]["planted"], persona, rng),
        "seconds_spent": round(
            (12 + len(_WORD.findall(text)) / WORDS_READ_A_SECOND) * rng.lognormvariate(0, 0.3), 1
        ),
        "created_at": moment.isoformat(),
    }


def _answers(text: str, planted: Mapping[str, Any], persona: Persona, rng: random.Random) -> Row:
    found = [span for span in planted["spans"] if rng.random() < persona.finds]
    spans = [_span(text, span, persona, rng) for span in found]
    if rng.random() < persona.suspects:
        spans.append(_suspicion(text, rng))
    missing = [
        {"completion": 0, "label": "omitted", "severity": "minor"}
        for _ in planted["missing"]
        if rng.random() < persona.finds
    ]
    errors: Row = {"spans": sorted(spans, key=lambda span: (span["start"], -span["end"]))}
    if missing:
        errors["missing"] = missing
    if not spans and not missing:
        errors["clean"] = [0]
    return {"errors": errors, "quality": {"values": [_quality(spans, missing)]}}


def _span(text: str, planted: Row, persona: Persona, rng: random.Random) -> Row:
    start, end, label = planted["start"], planted["end"], planted["label"]
    if rng.random() < persona.blurs:
        start, end = _blurred(text, start, end, rng)
    if rng.random() < persona.mixes_up:
        label = ALIKE[label]
    severity = "major" if rng.random() < GRAVE[label] else "minor"
    return _part(text, start, end, label, severity)


def _part(text: str, start: int, end: int, label: str, severity: str) -> Row:
    place = {"completion": 0, "start": start, "end": end, "text": text[start:end]}
    return place | {"label": label, "severity": severity}


def _blurred(text: str, start: int, end: int, rng: random.Random) -> tuple[int, int]:
    """A word more on one side, or on both, where nothing but spaces lies between."""
    before = [word for word in _WORD.finditer(text, 0, start) if text[word.end() : start].isspace()]
    after = next((word for word in _WORD.finditer(text, end)), None)
    if before and rng.random() < 0.7:
        start = before[-1].start()
    if after and text[end : after.start()].isspace() and rng.random() < 0.5:
        end = after.end()
    return start, end


def _suspicion(text: str, rng: random.Random) -> Row:
    word = rng.choice(list(_WORD.finditer(text)))
    return _part(text, word.start(), word.end(), "unsupported", "minor")


def _quality(spans: Sequence[Row], missing: Sequence[Row]) -> int:
    """From 5, less one for each two minor marks and for each major one."""
    major = len([span for span in spans if span["severity"] == "major"])
    minor = len(spans) - major + len(missing)
    return max(1, 5 - major - (minor + 1) // 2)
