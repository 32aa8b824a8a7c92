"""Summaries: which of two is better, and how good each is by aspect."""

from typing import Any

from annotate.presets.base import Preset, preference

_GUIDELINES = """\
# How good are these summaries?

Read the text first, then both summaries. A good summary gives somebody who will not read the text what
they need from it, in a few words.

First say which one you would rather have, all things together. Use the whole scale: its ends mean that
you are sure, its middle that you would toss a coin.

Then rate each summary on its own, from 1 to 7, against the text and not against the other one:

- **Coverage**: how much of what matters in the text is there? 7: all of it; 1: none.
- **Accuracy**: does everything it says stand in the text? 7: all of it; 1: it says something wrong that
  misleads about the text.
- **Coherence**: how easy is it to read by itself? 7: easy throughout; 1: it cannot be understood.

Length alone is no merit: a longer summary is better only for what it adds.
"""


def _aspect(name: str, title: str, help_text: str) -> dict[str, Any]:
    return {
        "kind": "rating",
        "name": name,
        "title": title,
        "help": help_text,
        "minimum": 1,
        "maximum": 7,
    }


SUMMARIZE = Preset(
    name="summarize",
    title="Summaries",
    about="A nine-point preference, and coverage, accuracy and coherence from 1 to 7 for each summary; "
    "after Stiennon et al.",
    questions=[
        preference("overall", "Which summary is better overall?", 9),
        _aspect("coverage", "Coverage", "How much of what matters in the text is there?"),
        _aspect("accuracy", "Accuracy", "Does everything it says stand in the text?"),
        _aspect("coherence", "Coherence", "How easy is it to read by itself?"),
        {"kind": "text", "name": "why", "title": "Why?", "required": False},
    ],
    guidelines=_GUIDELINES,
)
