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
    Command("text", "e", "Into the text, to mark parts of it by keys; Esc leaves it"),
    Command("first-error", "f", "First error: the steps before are good, this one is bad"),
    Command("write", "w", "Write; Esc leaves the field"),
    Command("clear", "Backspace", "Clear the answer"),
    Command("prompt", "p", "The whole prompt, or less of it"),
    Command("raw", "r", "Raw text, or rendered"),
    Command("diff", "d", "Show what differs between the completions"),
    Command("against", "a", "Compare with the next completion instead"),
    Command("stack", "v", "Completions below each other, or side by side"),
    Command("cite", "c", "To the passage that the next citation names"),
    Command("back", "b", "Back to the citation"),
    Command("picture", "i", "See the next image large; Esc closes it"),
    Command("play", "k", "Play the recording, or pause it"),
    Command("rewind", "j", "Five seconds back"),
    Command("forward", "l", "Five seconds on"),
    Command("guidelines", "g", "Guidelines"),
    Command("history", "h", "My labels"),
    Command("mine", "m", "My work: progress and pace"),
    Command("comfort", ",", "Display and keys: type, colours, own keys"),
    Command("keys", "?", "This list of keys"),
)
DEFAULT_KEYS: Mapping[str, str] = MappingProxyType(
    {command.name: command.key for command in COMMANDS}
)
# Keys that are no letters, with what stands on controls for them.
NAMED_KEYS: Mapping[str, str] = MappingProxyType(
    {"Enter": "Enter", "Backspace": "⌫", "Delete": "Del", "Insert": "Ins", " ": "Space"}
    | {"Home": "Home", "End": "End"}
    | {f"F{number}": f"F{number}" for number in range(1, 13)}
)
DEFAULT_SIZE, SIZES = 16, range(14, 25)  # pixels
DEFAULT_WIDTH, WIDTHS = 75, range(50, 111, 5)  # characters
THEMES = {"": "As the system", "light": "Light", "dark": "Dark"}


def keys_of(comfort: Mapping[str, Any]) -> dict[str, str]:
    """Every command's key, the annotator's own where there is one."""
    own = comfort.get("keys")
    return {**DEFAULT_KEYS, **(own if isinstance(own, dict) else {})}


def shown(key: str) -> str:
    """A key as it stands on a control."""
    return NAMED_KEYS.get(key, key)


def key_named(text: str) -> str:
    """The key that somebody has typed or named: "S" is s, "space" the space bar.

    Raises ``ValueError``, with words, for keys that have another meaning or none.
    """
    names = {name.lower(): key for key, word in NAMED_KEYS.items() for name in (key, word)}
    if (key := names.get(text.strip(" ").lower() or text)) is not None:
        return key
    if len(text) != 1 or not text.isprintable():
        known = ", ".join(NAMED_KEYS.values())
        raise ValueError(f"{text} is no key: type one letter or sign, or one of {known}.")
    if text.isdigit():
        raise ValueError(f"{text} answers questions: take a letter or a sign.")
    return text.lower()


def classes(comfort: Mapping[str, Any]) -> str:
    """Classes of the page that carry size and width: the policy allows no style from data."""
    size, width = comfort.get("size", DEFAULT_SIZE), comfort.get("width", DEFAULT_WIDTH)
    return f"size-{size} width-{width}"
