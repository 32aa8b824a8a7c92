"""What a preset is, and parts of forms that several of them ask."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    name: str
    title: str
    about: str
    questions: list[dict[str, Any]]
    guidelines: str
    overlap: int = 1


def preference(name: str, title: str, points: int, **settings: Any) -> dict[str, Any]:
    return {"kind": "preference", "name": name, "title": title, "points": points, **settings}


def rating(name: str, title: str, help_text: str, labels: list[str]) -> dict[str, Any]:
    return {
        "kind": "rating",
        "name": name,
        "title": title,
        "help": help_text,
        "minimum": 0,
        "maximum": len(labels) - 1,
        "labels": labels,
    }


def options(*labels: tuple[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in labels]


def reasons(aspect: str, title: str, *labels: tuple[str, str]) -> dict[str, Any]:
    """Asked once one of the two is better in the aspect."""
    return {
        "kind": "choice",
        "name": f"{aspect}_reasons",
        "title": title,
        "options": options(*labels),
        "several": True,
        "other": True,
        "required": False,
        "ask_if": {"question": aspect, "answer": ["not_tie"]},
    }
