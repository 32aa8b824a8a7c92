"""Marks such as ``[1]``, ``[2:3]`` or ``[1, 2:4-5]`` as links to passages and their sentences."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

LOOK = "cite"

# How many sentences each passage beside the text has, in order.
Sources = Sequence[int]

_PLACE = r"\d{1,3}(?::\d{1,4}(?:\s?[-\u2013]\s?\d{1,4})?)?"
_MARK = re.compile(rf"\[({_PLACE}(?:\s?[,;]\s?{_PLACE})*)\](?![(:])")


def may_be_in(text: str) -> bool:
    return "[" in text


def add_to(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("link", LOOK, _cite)


def target(place: str, sources: Sources) -> str | None:
    """The id of what ``2`` or ``2:3-5`` names: a passage, or its sentence; None if there is none."""
    passage, _, sentence = place.partition(":")
    number = int(passage)
    if not 1 <= number <= len(sources):
        return None
    if not sentence:
        return f"passage-{number}"
    first = int(re.split(r"\D", sentence, maxsplit=1)[0])
    return f"passage-{number}-{first}" if 1 <= first <= sources[number - 1] else None


def _cite(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[" or state.linkLevel:
        return False
    found = _MARK.match(state.src, state.pos)
    if found is None:
        return False
    pieces = list(_pieces(found, state.env["sources"]))
    if not any(goal for _, goal in pieces):
        return False
    if not silent:
        for words, goal in pieces:
            _push(state, words, goal)
    state.pos = found.end()
    return True


def _pieces(found: re.Match[str], sources: Sources) -> Iterator[tuple[str, str | None]]:
    """The mark cut into places, each with its target, and what stands between them.

    A mark of a single place is one piece, brackets included.
    """
    inside = found[1]
    if re.fullmatch(_PLACE, inside):
        yield found[0], target(inside, sources)
        return
    yield "[", None
    for part in re.split(rf"({_PLACE})", inside):
        if part:
            yield part, target(part, sources) if part[0].isdigit() else None
    yield "]", None


def _push(state: StateInline, words: str, goal: str | None) -> None:
    if goal:
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": f"#{goal}", "class": LOOK}
    state.push("text", "", 0).content = words
    if goal:
        state.push("link_close", "a", -1)
