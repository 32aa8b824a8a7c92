"""What an annotator may set about the workspace for oneself: its keys, its type, its colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Command:
    """Something that the workspace does at a key.

    The page tells modules of every command that nobody else has used up: ``tandem:command`` on the
    document, with the name as ``detail``. A control that does the same carries ``data-do="<name>"``
    and shows its key with ``{% key "<name>" %}``.
    """

    name: str
    key: str  # as the browser names it (KeyboardEvent.key); letters in lower case
    words: str  # what it does, for the list of keys


COMMANDS = (
    Command("submit", "Enter", "Submit and go on; with Ctrl also while writing"),
    Command("skip", "s", "Skip: the item goes to somebody else"),
    Command("undo", "u", "Undo: take the last submission back"),
    Command("write", "w", "Write; Esc leaves the field"),
    Command("clear", "Backspace", "Clear the answer"),
    Command("prompt", "p", "The whole prompt, or less of it"),
    Command("raw", "r", "Raw text, or rendered"),
    Command("diff", "d", "Show what differs between the completions"),
    Command("play", "k", "Play the next recording, or pause it"),
    Command("guidelines", "g", "Guidelines"),
    Command("history", "h", "My labels"),
    Command("mine", "m", "My work: progress and pace"),
    Command("comfort", ",", "Display and keys"),
    Command("keys", "?", "Keys"),
)
DEFAULT_KEYS: Mapping[str, str] = MappingProxyType(
    {command.name: command.key for command in COMMANDS}
)
WORDS = MappingProxyType(
    {
        "Backspace": "⌫",
        "Delete": "Del",
        " ": "Space",
        "ArrowUp": "↑",
        "ArrowDown": "↓",
        "ArrowLeft": "←",
        "ArrowRight": "→",
        "PageUp": "PgUp",
        "PageDown": "PgDn",
    }
)


def keys_of(comfort: Mapping[str, Any]) -> dict[str, str]:
    """Every command's key, the annotator's own where there is one."""
    own = comfort.get("keys")
    return {**DEFAULT_KEYS, **(own if isinstance(own, dict) else {})}


def shown(key: str) -> str:
    """A key as it stands on a control."""
    return WORDS.get(key, key)
