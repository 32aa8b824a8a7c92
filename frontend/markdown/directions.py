"""Which way lists, quotes and tables run in texts with right-to-left scripts.

``dir="auto"`` looks only at text that no inner block claims for itself, so it finds nothing in a
list of paragraphs or in a table of cells; there the first strong character decides here.
"""

import re
from collections.abc import Iterable, Sequence
from unicodedata import bidirectional

from markdown_it.token import Token

_RTL = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_CONTAINERS = {"bullet_list_open", "ordered_list_open", "blockquote_open", "table_open"}


def has_rtl(text: str) -> bool:
    return not text.isascii() and _RTL.search(text) is not None


def turn(tokens: Sequence[Token]) -> None:
    """Give each container the direction of its first strong character."""
    waiting: list[Token] = []
    for token in tokens:
        if token.type in _CONTAINERS:
            waiting.append(token)
        elif token.type == "inline" and waiting and (found := first_strong(token.content)):
            for container in waiting:
                container.attrs["dir"] = found
            waiting = []


def first_strong(text: Iterable[str]) -> str:
    """``rtl``, ``ltr``, or nothing where no character has a direction."""
    for character in text:
        kind = bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return ""
