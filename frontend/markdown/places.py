r"""Where blocks and inline tokens come from, noted while markdown-it reads.

It knows the lines of blocks and nothing of what is inside them. So its own states are extended by what they see at the
moment they see it: of blocks, which characters of which lines they cut out (without indentation, ``>`` and trailing
spaces); of inline tokens, at which character of the block they begin.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from markdown_it.common.utils import MD_TRIM_CHARS
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

NOWHERE = -1
CONTENT, AT, END = "content", "at", "end"  # what tokens note in their ``meta``


class Content(NamedTuple):
    """A text cut out of a source, with the place of each of its characters, or ``NOWHERE``."""

    text: str
    places: Sequence[int]

    def part(self, start: int, end: int) -> "Content":
        return Content(self.text[start:end], self.places[start:end])

    def narrowed(self, text: str) -> "Content":
        """To ``text``, which is this without white space around it.

        It starts with a character that is none, so the first place where it stands is the only one.
        """
        start = self.text.find(text)
        return self.part(start, start + len(text)) if start >= 0 else EMPTY


EMPTY = Content("", ())


class BlockState(StateBlock):
    """Notes as ``meta["content"]`` of each token with text which characters of the source it was cut from."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._cut = EMPTY
        self._code: Token | None = None  # which cuts its lines out next
        self._row: Token | None = None
        self._cells: Iterator[Content] = iter(())

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        if ttype == "inline":
            token.meta[CONTENT] = self._content_of(self.tokens[-2])
        elif ttype == "math_block":
            token.meta[CONTENT] = self._cut
        elif ttype in ("fence", "code_block"):
            self._code = token
        elif ttype == "tr_open":
            self._row = token
        return token

    def getLines(self, begin: int, end: int, indent: int, keepLastLF: bool) -> str:  # noqa: N802, N803  # as markdown-it names them
        pieces: list[str] = []
        places: list[int] = []
        for line in range(begin, end):
            keep = keepLastLF or line + 1 < end
            piece = super().getLines(line, line + 1, indent, keep)
            last = min(self.eMarks[line] + keep, len(self.src))
            spaces = self._spaces_of_a_tab(piece, last)
            pieces.append(piece)
            places += [NOWHERE] * spaces
            places += range(last - len(piece) + spaces, last)
        self._cut = Content("".join(pieces), places)
        if self._code is not None:
            self._code.meta[CONTENT], self._code = self._cut, None
        return self._cut.text

    def _spaces_of_a_tab(self, piece: str, last: int) -> int:
        """How many spaces in front of a line stand for the rest of a tab that is in part indentation.

        Right before what follows them the source has that tab, so fewer of them do not match it.
        """
        for spaces in range(len(piece)):
            start = last - len(piece) + spaces
            if start >= 0 and self.src[start:last] == piece[spaces:]:
                return spaces
        return len(piece)

    def _content_of(self, opening: Token) -> Content:
        if opening.type in ("th_open", "td_open"):
            return self._next_cell()
        if opening.type == "heading_open" and opening.markup.startswith("#") and opening.map:
            line = self._line(opening.map[0])
            return line.part(len(opening.markup), len(line.text))
        return self._cut

    def _next_cell(self) -> Content:
        if self._row is not None and self._row.map:
            self._cells = cells(self._line(self._row.map[0]))
            self._row = None
        return next(self._cells, EMPTY)

    def _line(self, number: int) -> Content:
        start, end = self.bMarks[number] + self.tShift[number], self.eMarks[number]
        return Content(self.src[start:end], range(start, end))


_PIPE = re.compile(r"(?<!\\)\|")
_ESCAPED_PIPE = re.compile(r"\\(?=\|)")


def cells(line: Content) -> Iterator[Content]:
    r"""A row of a table cut as markdown-it does it: at each ``|`` but ``\|``, which loses its backslash."""
    row = line.narrowed(line.text.strip(MD_TRIM_CHARS))
    pipes = [(found.start(), found.end()) for found in _PIPE.finditer(row.text)]
    starts, ends = [0, *(end for _, end in pipes)], [*(at for at, _ in pipes), len(row.text)]
    found = [row.part(start, end) for start, end in zip(starts, ends, strict=True)]
    if found and not found[0].text:
        found.pop(0)
    if found and not found[-1].text:
        found.pop()
    return (_unescaped(cell) for cell in found)


def _unescaped(cell: Content) -> Content:
    dropped = {found.start() for found in _ESCAPED_PIPE.finditer(cell.text)}
    if not dropped:
        return cell
    kept = [at for at in range(len(cell.text)) if at not in dropped]
    return Content("".join(cell.text[at] for at in kept), [cell.places[at] for at in kept])


class InlineState(StateInline):
    """Notes as ``meta["at"]`` where in the block's text a token begins, and as ``meta["end"]`` where one alone ends."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._began: int | None = None  # the pending text
        self._last: Token | None = None
        self._pushed_at = NOWHERE

    def append_pending(self, text: str) -> None:
        self.arrive()
        if self._began is None:
            self._began = self.pos
        super().append_pending(text)

    def pushPending(self) -> Token:  # noqa: N802  # as markdown-it names it
        token = super().pushPending()
        token.meta[AT], self._began = self._began, None
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        self.arrive()
        token = super().push(ttype, tag, nesting)
        self._began = None  # a line's end may have taken all that was pending
        token.meta[AT] = self._place()
        self._last, self._pushed_at = token, self.pos
        return token

    def arrive(self) -> None:
        """The parser has come to ``pos``: what it read last ends here."""
        if self._last is not None and self.pos > self._pushed_at:
            self._last.meta.setdefault(END, self.pos)

    def _place(self) -> int:
        """A rule that pushes several tokens at once moves on after the last of them."""
        if self._last is None or self._pushed_at != self.pos:
            return self.pos
        opens_address = self._last.markup == "autolink" and self._last.nesting == 1
        return int(self._last.meta[AT]) + len(self._last.content) + opens_address
