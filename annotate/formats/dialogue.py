"""Dialogues written as one text, as in hh-rlhf: ``Human: …``, ``Assistant: …``."""

import re

from annotate.formats.base import Json, user_turn

_TURNS = re.compile(r"(?:\A\n*|\n\n)(Human|Assistant):[ ]?")
_ANSWER = re.compile(r"\n\nAssistant:[ ]?")


def turns(prompt: str) -> list[Json]:
    """The turns of a dialogue that ends with ``Assistant:``; any other prompt is one user turn."""
    before, *parts = _TURNS.split(prompt)
    if before or len(parts) < 4 or parts[-2] != "Assistant" or parts[-1]:
        return user_turn(prompt)
    return [
        {"role": "user" if who == "Human" else "assistant", "content": said}
        for who, said in zip(parts[:-2:2], parts[1:-2:2], strict=True)
    ]


def common_prompt(first: str, second: str) -> str:
    """The prompt that two texts share: to the last ``Assistant:``, else to the last line break.

    Empty when there is neither.
    """
    common = first[: _shared(first, second)]
    ends = [found.end() for found in _ANSWER.finditer(common)]
    return common[: ends[-1] if ends else common.rfind("\n") + 1]


def _shared(first: str, second: str) -> int:
    """How many characters two texts have in common at the start."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)))
