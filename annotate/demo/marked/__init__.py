"""What the demo project of marked answers is made of: its form, its guidelines, its items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotate.models.projects import Route
from annotate.presets import Preset

SLUG = "demo-spans"
NAME = "Demo: parts of a text"
ROUTE = Route.HUMAN
OVERLAP = 3
DESCRIPTION = (
    "Answers written for this demo from passages beside them, with planted mistakes to be marked. The "
    "past labels are simulated."
)
_FOLDER = Path(__file__).parent
ITEMS = _FOLDER / "items.jsonl"

PRESET = Preset(
    name="demo-spans",
    title="Demo of marked answers",
    about="What is wrong or missing in an answer, marked to the character, and how good it is.",
    questions=[
        {
            "kind": "spans",
            "name": "errors",
            "title": "What is wrong?",
            "help": "Mark as little as shows the mistake.",
            "prioritised": True,
            "labels": [
                {
                    "value": "contradicts",
                    "label": "Contradicts",
                    "help": "A passage says something else.",
                    "colour": "red",
                },
                {
                    "value": "unsupported",
                    "label": "Not in the passages",
                    "help": "No passage says it, and it is no common knowledge.",
                    "colour": "orange",
                },
                {
                    "value": "irrelevant",
                    "label": "Beside the question",
                    "help": "It answers nothing that was asked.",
                    "colour": "blue",
                },
                {
                    "value": "repeats",
                    "label": "Said before",
                    "help": "The same again in other words.",
                    "colour": "violet",
                },
                {
                    "value": "omitted",
                    "label": "Left out",
                    "help": "A passage holds a part of what was asked, and the answer does not.",
                    "colour": "teal",
                    "missing": True,
                },
            ],
            "severities": [
                {"value": "minor", "label": "minor", "help": "It would annoy whoever asked."},
                {"value": "major", "label": "major", "help": "It would mislead whoever asked."},
            ],
            "evidence": True,
            "snap": "words",
        },
        {
            "kind": "rating",
            "name": "quality",
            "title": "All in all",
            "minimum": 1,
            "maximum": 5,
            "labels": ["useless", "poor", "usable", "good", "nothing to improve"],
        },
    ],
    guidelines=(_FOLDER / "guidelines.md").read_text(encoding="utf-8"),
    overlap=OVERLAP,
)


def read_items() -> list[dict[str, Any]]:
    """The items as rows of the `tandem` format, without labels."""
    with ITEMS.open(encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]
