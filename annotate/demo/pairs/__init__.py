"""What the demo project of pairs is made of: its form, its guidelines, its items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotate.presets import Preset

SLUG = "demo"
NAME = "Demo"
ROUTE = None  # a policy decides
OVERLAP = 2
DESCRIPTION = (
    "Questions written for this demo, with two completions each that differ in correctness, brevity "
    "and tone. The past labels are simulated."
)
_FOLDER = Path(__file__).parent
ITEMS = _FOLDER / "items.jsonl"


def _rating(name: str, title: str, help_text: str, labels: list[str]) -> dict[str, Any]:
    return {
        "kind": "rating",
        "name": name,
        "title": title,
        "help": help_text,
        "required": False,
        "minimum": 1,
        "maximum": 5,
        "labels": labels,
    }


PRESET = Preset(
    name="demo",
    title="Demo",
    about="A five-point preference, three aspects rated for each completion, and a reason.",
    questions=[
        {
            "kind": "preference",
            "name": "overall",
            "title": "Which is better overall?",
            "points": 5,
            "both_bad": True,
        },
        _rating(
            "correctness",
            "Correctness",
            "Is it right, and all there?",
            ["wrong", "mostly wrong", "one mistake", "nearly right", "right"],
        ),
        _rating(
            "brevity",
            "Brevity",
            "Is it as short as the question allows?",
            ["padded", "long", "some padding", "short", "no word too many"],
        ),
        _rating(
            "tone",
            "Tone",
            "Is it friendly and to the point?",
            ["bad", "off", "a little off", "good", "just right"],
        ),
        {
            "kind": "text",
            "name": "why",
            "title": "Why?",
            "help": "What decided it, in a sentence or two.",
            "required": False,
        },
    ],
    guidelines=(_FOLDER / "guidelines.md").read_text(encoding="utf-8"),
    overlap=OVERLAP,
)


def read_items() -> list[dict[str, Any]]:
    """The items as rows of the `tandem` format, without labels."""
    with ITEMS.open(encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]
