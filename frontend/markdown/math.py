r"""Formulas in Markdown: ``$…$``, ``$$…$$``, ``\(…\)`` and ``\[…\]``, outside of code.

They are marked and left as they were written; a script sets them where the page has any. A dollar
is a price more often than a formula, so ``$…$`` must look like one: no space inside the dollars, no
letter or digit right outside of them, and no words between them unless something in it is TeX.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from frontend.markdown.source_map import attributes

INLINE, DISPLAY = "math", "math display"
LONGEST = 5_000  # characters of a formula; what is longer is a text
MOST_LINES = 200

_DOLLARS = re.compile(
    r"""
    (?P<fence>\${1,2}) (?![\s$])
    (?P<tex> (?: [^$\\`] | \\. ){1,2000}? ) (?<!\s)
    (?P=fence) (?!\$) (?: (?![0-9A-Za-z]) | (?=(?:th|st|nd|rd|s)\b) )
    """,
    re.VERBOSE | re.DOTALL,
)
_DISPLAY_SPACED = re.compile(r"\$\$(?P<tex>(?:[^$\\`]|\\.){1,2000}?)\$\$(?!\$)", re.DOTALL)
_TEX = re.compile(r"[\\^_={}<>+|/*∑∫√≤≥±\u00d7·]")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_CLOSES = {"$$": "$$", r"\[": r"\]"}


def may_be_in(text: str) -> bool:
    return "$" in text or r"\(" in text or r"\[" in text


def add_to(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("escape", "math", _inline)
    markdown.block.ruler.before(
        "code", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    markdown.add_render_rule("math_inline", _show)
    markdown.add_render_rule("math_block", _show_block)


def looks_like_math(tex: str) -> bool:
    """Whether what stands between two dollars is more than the words between two prices."""
    if not tex.strip():
        return False
    return bool(_TEX.search(tex)) or not (" " in tex and _WORDS.search(tex))


def _inline(state: StateInline, silent: bool) -> bool:
    found = _formula(state.src, state.pos)
    if found is None:
        return False
    end, display = found
    if not silent:
        token = state.push("math_inline", "span", 0)
        token.content = state.src[state.pos : end]
        token.meta["display"] = display
    state.pos = end
    return True


def _formula(text: str, start: int) -> tuple[int, bool] | None:
    """Where the formula that starts at ``start`` ends, and whether it stands on a line of its own."""
    if text[start] == "$":
        return _between_dollars(text, start)
    opening = text[start : start + 2]
    if opening not in (r"\(", r"\["):
        return None
    end = text.find(r"\)" if opening == r"\(" else r"\]", start + 2, start + LONGEST)
    if end < 0 or not text[start + 2 : end].strip():
        return None
    return end + 2, opening == r"\["


def _between_dollars(text: str, start: int) -> tuple[int, bool] | None:
    if start and (text[start - 1].isalnum() or text[start - 1] in "$\\"):
        return None
    found = _DOLLARS.match(text, start) or _DISPLAY_SPACED.match(text, start)
    if found is None or not looks_like_math(found["tex"]):
        return None
    return found.end(), text.startswith("$$", start)


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A formula that starts and ends on lines of its own."""
    if state.is_code_block(first):
        return False
    opening = state.src[state.bMarks[first] + state.tShift[first] :][:2]
    closing = _CLOSES.get(opening)
    if closing is None:
        return False
    end = _last_line(state, first, last, closing)
    if end is None:
        return False
    lines = state.getLines(first, end + 1, state.tShift[first], keepLastLF=False).strip()
    if closing == "$$" and not looks_like_math(lines[2:-2]):
        return False
    if not silent:
        token = state.push("math_block", "div", 0)
        token.content, token.map = lines, [first, end + 1]
        state.line = end + 1
    return True


def _last_line(state: StateBlock, first: int, last: int, closing: str) -> int | None:
    """The line that ends with ``closing``; None where it comes in the middle of one, or never."""
    size = 0
    for number in range(first, min(last, first + MOST_LINES)):
        line = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
        line = line.rstrip()[2:] if number == first else line.rstrip()
        size += len(line)
        if size > LONGEST or state.sCount[number] < state.blkIndent:
            return None
        if closing == r"\]" and r"\[" in line:
            return None  # else a text of nothing but openings is read again from each of them
        place = line.find(closing)
        if place >= 0:
            return number if place == len(line) - 2 and size > 2 else None
    return None


def _show(_: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    look = DISPLAY if tokens[index].meta["display"] else INLINE
    place = attributes(tokens[index])
    return f'<span class="{look}" dir="ltr"{place}>{escape(tokens[index].content)}</span>'


def _show_block(
    _: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any
) -> str:
    place = attributes(tokens[index])
    return f'<div class="{DISPLAY}" dir="ltr"{place}>{escape(tokens[index].content)}</div>\n'
