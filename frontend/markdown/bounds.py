"""What a text may cost to render, whatever it holds: models repeat themselves without end."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

DEEPEST = 96  # markdown-it drops what is nested deeper than 100 without a word
MOST_STEPS = 3_000_000


class TooDeep(Exception):
    """Blocks are nested so deeply that some of the text would be left out."""


def add_to(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("block", "bounds", _hold)


def _hold(state: StateCore) -> None:
    """Show as plain text what would be read again from each of many open brackets.

    For every ``[`` the parser reads on to where it closes, through the rest of the block: at most a
    hundred times, for links are nested no deeper. Raises ``TooDeep``.
    """
    steps = 0
    for token in state.tokens:
        if token.type == "inline":
            steps += min(token.content.count("["), 100) * len(token.content)
            if steps > MOST_STEPS:
                token.type = "text"
        elif token.level > DEEPEST:
            raise TooDeep
