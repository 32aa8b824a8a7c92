"""Which characters of a text each element of its HTML shows.

An element with ``data-s="17"`` shows source text from the 17th code point on; one with ``data-s="17 40"`` shows lines of
which the second starts at the 40th, and a line's end stands for all that lies between. With ``data-e`` as well, the
element as a whole stands for the source between the two, whatever it shows: an entity, a formula, an image. Every stretch
is compared with the source before it is marked; what differs stays unmarked.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_core.text_join import text_join
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from frontend.markdown.places import (
    AT,
    CONTENT,
    EMPTY,
    END,
    NOWHERE,
    BlockState,
    Content,
    InlineState,
)

START_ATTRIBUTE, END_ATTRIBUTE = "data-s", "data-e"
_HOLDERS = {"paragraph_open", "heading_open", "th_open", "td_open"}
_PIECES, _WHOLE = "pieces", "whole"


class Source:
    """A text, and where in it the parser's characters are, which reads CRLF and CR as LF."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.origin: Sequence[int] = range(len(text) + 1)
        if "\r" in text:
            crlf = (at for at, char in enumerate(text) if char != "\n" or text[at - 1 : at] != "\r")
            self.origin = [*crlf, len(text)]

    def has(self, place: int, text: str) -> bool:
        """Whether ``text``, of a single line, stands there."""
        return place >= 0 and self.text.startswith(text, self.origin[place])

    def between(self, start: int, end: int) -> str:
        return self.text[self.origin[start] : self.origin[end]]

    def breaks(self, place: int) -> bool:
        return place >= 0 and self.text.startswith(("\n", "\r"), self.origin[place])


class Piece(NamedTuple):
    """Some text as it is shown; ``start`` is the value of its ``data-s``, empty where it has none."""

    text: str
    start: str

    def html(self) -> str:
        shown = escapeHtml(self.text)
        return f'<span {START_ATTRIBUTE}="{self.start}">{shown}</span>' if self.start else shown


def add_to(markdown: MarkdownIt) -> None:
    markdown.core.ruler.at("block", _read_blocks)
    markdown.core.ruler.at("inline", _read_inlines)
    markdown.core.ruler.at("text_join", _mark)
    markdown.inline.ruler2.disable("fragments_join")  # it joins tokens that lie apart
    markdown.add_render_rule("mapped", _show)
    markdown.add_render_rule("mapped_code", _show_code)
    markdown.add_render_rule("code_inline", _show_code_inline)
    markdown.add_render_rule("mapped_entity", _show_entity)


def attributes(token: Token) -> str:
    """Of an element that stands for its source as a whole; nothing for one that is not mapped."""
    found = token.meta.get(_WHOLE)
    return f' {START_ATTRIBUTE}="{found[0]}" {END_ATTRIBUTE}="{found[1]}"' if found else ""


# ------------------------------------------------------------------------------------------- reading


def _read_blocks(state: StateCore) -> None:
    if state.src:
        blocks = BlockState(state.src, state.md, state.env, state.tokens)
        state.md.block.tokenize(blocks, blocks.line, blocks.lineMax)


def _read_inlines(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            inlines = InlineState(token.content, state.md, state.env, token.children)
            state.md.inline.tokenize(inlines)
            inlines.arrive()
            for rule in state.md.inline.ruler2.getRules(""):
                rule(inlines)


# ------------------------------------------------------------------------------------------- marking


def _mark(state: StateCore) -> None:
    source: Source = state.env["source"]
    for place, token in enumerate(state.tokens):
        content = token.meta.get(CONTENT, EMPTY)
        if token.type == "inline":
            content = content.narrowed(token.content)
            token.children = list(_marked(token.children or [], content, source))
            _hand_over(token.children)
            _hand_up(state.tokens[place - 1], token.children)
        elif token.type == "text":  # too much to be read as Markdown
            content = content.narrowed(token.content)
            token.type, token.meta[_PIECES] = "mapped", list(pieces(content, source))
        elif token.type in ("fence", "code_block"):
            _mark_code(token, content, source)
        elif token.type == "math_block":
            _mark_whole(token, content.narrowed(token.content), source)
    text_join(state)  # in what images are called


def _marked(tokens: Sequence[Token], content: Content, source: Source) -> Iterator[Token]:
    """With one token for all text that stands together."""
    waiting: list[Content] = []
    for token in tokens:
        if token.type == "text" and not token.content:
            continue  # half of a mark such as **
        if (part := _text_of(token, content)) is not None:
            waiting.append(part)
            continue
        if waiting:
            yield _together(waiting, source)
            waiting = []
        _mark_other(token, content, source)
        yield token
    if waiting:
        yield _together(waiting, source)


def _text_of(token: Token, content: Content) -> Content | None:
    """What a token shows, if that is text of the source; None for all else."""
    if token.type == "softbreak":
        at = token.meta[AT]
        return Content("\n", content.places[at : at + 1] or [NOWHERE])
    if token.type == "text_special" and token.info == "escape":
        end = token.meta[AT] + len(token.markup)
        return _held(token.content, content.part(end - len(token.content), end))
    if token.type == "text":
        at = token.meta[AT]
        return _held(token.content, content.part(at, at + len(token.content)))
    return None


def _held(text: str, found: Content) -> Content:
    return found if found.text == text else Content(text, [NOWHERE] * len(text))


def _together(parts: Sequence[Content], source: Source) -> Token:
    places = [place for part in parts for place in part.places]
    content = Content("".join(part.text for part in parts), places)
    return Token("mapped", "", 0, meta={_PIECES: list(pieces(content, source))})


def _mark_other(token: Token, content: Content, source: Source) -> None:
    at, end = token.meta.get(AT, 0), token.meta.get(END, 0)
    if token.type == "code_inline":
        inside = content.part(at + len(token.markup), end - len(token.markup))
        start = 0 if inside.text.replace("\n", " ") == token.content else 1
        places = inside.places[start : start + len(token.content)]
        token.meta[_PIECES] = list(pieces(Content(token.content, places), source))
    elif token.type in ("math_inline", "image"):
        _mark_whole(token, content.part(at, end), source)
    elif token.type == "text_special":
        token.type = "mapped_entity"
        _mark_whole(token, content.part(at, at + len(token.markup)), source)
    elif token.type == "link_open" and token.markup == "autolink":
        address = content.part(at + 1, content.text.find(">", at))
        _mark_whole(token, address, source)


def _mark_whole(token: Token, content: Content, source: Source) -> None:
    if content.text and content.places[0] >= 0 and content.places[-1] >= 0:
        token.meta[_WHOLE] = source.origin[content.places[0]], source.origin[content.places[-1] + 1]


def _mark_code(token: Token, content: Content, source: Source) -> None:
    """Code in colour has elements of its own, so it is marked as one or else shown without colour."""
    added = len(token.content) - len(content.text)  # a line's end at most
    content = Content(token.content, [*content.places, *[NOWHERE] * added])
    found = list(pieces(content, source))
    if len(found) == 1 and found[0].start:
        token.attrs[START_ATTRIBUTE] = found[0].start
    elif found:
        token.type, token.meta[_PIECES] = "mapped_code", found


def _hand_over(tokens: Sequence[Token]) -> None:
    """To an element around a single piece, which then needs none of its own."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before.nesting == 1 and after.nesting == -1:
            _hand_up(before, [token])
        if _WHOLE in before.meta and before.nesting == 1 and START_ATTRIBUTE not in before.attrs:
            # An address that is shown more readably than it is written.
            before.attrs[START_ATTRIBUTE], before.attrs[END_ATTRIBUTE] = before.meta[_WHOLE]


def _hand_up(holder: Token, tokens: Sequence[Token]) -> None:
    if len(tokens) != 1 or tokens[0].type != "mapped" or holder.hidden:
        return
    found = tokens[0].meta[_PIECES]
    if len(found) == 1 and found[0].start and (not holder.block or holder.type in _HOLDERS):
        holder.attrs[START_ATTRIBUTE] = found[0].start
        tokens[0].meta[_PIECES] = [Piece(found[0].text, "")]


# -------------------------------------------------------------------------------------------- pieces


class _Growing:
    """A piece while it is put together; ``next`` is the place that its end stands before."""

    def __init__(self, place: int) -> None:
        self.texts: list[str] = []
        self.lines = [place]
        self.next = place
        self.starts_line = False

    def takes(self, place: int, source: Source) -> bool:
        """Between two lines there may be indentation and the marks of quotes."""
        if not self.starts_line:
            return place == self.next
        return place >= self.next and not source.between(self.next, place).strip(" \t>")

    def add(self, text: str, place: int) -> None:
        if self.starts_line:
            self.lines.append(place)
            self.starts_line = False
        self.texts.append(text)
        self.next = place + len(text)

    def end_line(self, place: int) -> None:
        if self.starts_line:
            self.lines.append(place if place >= 0 else self.next)
        self.texts.append("\n")
        self.next = place + 1 if place >= 0 else self.next
        self.starts_line = True

    def piece(self, source: Source) -> Piece:
        if self.starts_line:
            self.lines.append(self.next)
        text = "".join(self.texts)
        starts = [source.origin[place] for place in self.lines]
        ends = (start + len(line) + 1 for start, line in zip(starts, text.split("\n"), strict=True))
        together = all(start == end for start, end in zip(starts[1:], ends, strict=False))
        return Piece(text, " ".join(map(str, starts[:1] if together else starts)))


def pieces(content: Content, source: Source) -> Iterator[Piece]:
    """``content`` in as few pieces as its places allow; all of its text is there, in order."""
    growing: _Growing | None = None
    for text, place in _stretches(content, source):
        if text == "\n" and growing is not None and (place < 0 or place >= growing.next):
            growing.end_line(place)
            continue
        if growing is not None and not growing.takes(place, source):
            yield growing.piece(source)
            growing = None
        if place < 0:
            yield Piece(text, "")
            continue
        growing = growing or _Growing(place)
        if text == "\n":
            growing.end_line(place)
        else:
            growing.add(text, place)
    if growing is not None:
        yield growing.piece(source)


def _stretches(content: Content, source: Source) -> Iterator[tuple[str, int]]:
    """Parts of lines that stand in the source as they are, each line's end by itself."""
    at = 0
    for line in content.text.split("\n"):
        if at:
            place = content.places[at - 1]
            yield "\n", place if source.breaks(place) else NOWHERE
        if line:
            yield from _stretches_of_a_line(content.part(at, at + len(line)), source)
        at += len(line) + 1


def _stretches_of_a_line(line: Content, source: Source) -> Iterator[tuple[str, int]]:
    text, places = line
    if places[-1] - places[0] == len(text) - 1 and source.has(places[0], text):
        yield text, places[0]
        return

    def distance(at: int) -> int | None:
        return places[at] - at if source.has(places[at], text[at]) else None

    for known, group in groupby(range(len(text)), distance):
        found = list(group)
        stretch = text[found[0] : found[-1] + 1]
        yield stretch, NOWHERE if known is None else places[found[0]]


# ------------------------------------------------------------------------------------------- showing


def _html(found: Sequence[Piece]) -> str:
    return "".join(piece.html() for piece in found)


def _show(_: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return _html(tokens[index].meta[_PIECES])


def _show_code(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    shown = _html(tokens[index].meta[_PIECES])
    as_it_is: Any = {**options, "highlight": lambda *_: shown}
    return renderer.fence(tokens, index, OptionsDict(as_it_is), env)


def _show_code_inline(
    _: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any
) -> str:
    found = tokens[index].meta[_PIECES]
    if len(found) == 1 and found[0].start:
        [(text, start)] = found
        return f'<code {START_ATTRIBUTE}="{start}">{escapeHtml(text)}</code>'
    return f"<code>{_html(found)}</code>"


def _show_entity(
    _: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any
) -> str:
    token = tokens[index]
    return f"<span{attributes(token)}>{escapeHtml(token.content)}</span>"
