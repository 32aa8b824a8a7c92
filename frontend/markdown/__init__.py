"""Markdown as safe HTML. Nothing a text says can run, load or restyle anything."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from frontend.markdown import bounds, citations, directions, math, source_map
from frontend.markdown.bounds import TooDeep
from frontend.markdown.citations import Sources
from frontend.markdown.code import faithful, highlighter

LONGEST = 200_000  # longer texts are shown as they are
# At most 4,000 characters that end with a line, else with a word, else anywhere.
_PIECE = re.compile(r".{0,4000}\n|.{1,4000}(?<=\s)|.{1,4000}", re.DOTALL)

_BLOCKS = {"paragraph_open", "heading_open", "th_open", "td_open"}
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead"),
    *("tr", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "target", "class"},
    "code": {"class"},
    "div": {"class"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
    "ol": {"start"},
}
_PLACES = {source_map.START_ATTRIBUTE, source_map.END_ATTRIBUTE}


def _cleaner(everywhere: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes={**_ATTRIBUTES, "*": everywhere},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"pre": {"dir": "ltr"}},
    )


_clean, _clean_mapped = _cleaner({"dir"}).clean, _cleaner({"dir", *_PLACES}).clean


def render(
    text: str, *, heading: int = 3, sources: Sources = (), mapped: bool = False
) -> SafeString:
    """``text`` as HTML whose largest headings are ``<h{heading}>``; each block finds its direction.

    Marks such as ``[1]`` and ``[2:3]`` link to ``sources``, the passages beside the text.
    ``mapped``: elements say where in ``text`` what they show stands (``source_map``).
    Rendering costs no more than fetching what was rendered before (docs/decisions.md), so nothing
    is kept.
    """
    if is_too_long(text):
        return raw(text, mapped=mapped)
    with_citations = bool(sources) and citations.may_be_in(text)
    markdown = _markdown(math.may_be_in(text), with_citations, mapped)
    env = {"heading": heading, "sources": sources, "rtl": directions.has_rtl(text)}
    try:
        if not mapped:
            return SafeString(_clean(markdown.render(text, env)))
        env["source"] = source_map.Source(text)
        return SafeString(_clean_mapped(markdown.render(text, env)))
    except TooDeep:
        return raw(text, mapped=mapped)


def is_too_long(text: str) -> bool:
    """Whether a text is shown as it is stored because rendering it would take too long."""
    return len(text) > LONGEST


def has_math(html: str) -> bool:
    """Whether ``render`` found formulas, which a script then sets."""
    return f'class="{math.INLINE}' in html


def raw(text: str, *, mapped: bool = False) -> SafeString:
    """``text`` as it is; a parser would drop a first newline and turn a carriage return into one."""
    shown = _in_pieces(text) if is_too_long(text) else exactly(text)
    place = f' {source_map.START_ATTRIBUTE}="0"' if mapped else ""
    return SafeString(f'<pre class="raw" dir="auto"{place}>\n{shown}</pre>')


def _in_pieces(text: str) -> str:
    """Browsers take many seconds to lay out a paragraph of a megabyte, and none for many short ones."""
    pieces = (exactly(found[0]) for found in _PIECE.finditer(text))
    return "".join(f'<span class="piece">{piece}</span>' for piece in pieces)


def exactly(text: str) -> SafeString:
    """For the inside of ``<pre>`` or ``<textarea>``: what the browser holds is ``text`` itself."""
    return SafeString(escape(text).replace("\r", "&#13;"))


@cache
def _markdown(with_math: bool, with_citations: bool, mapped: bool) -> MarkdownIt:
    """Most texts have neither, and do not pay for looking at each ``$`` and ``[``."""
    highlight = faithful(highlighter()) if mapped else highlighter()
    markdown = MarkdownIt("js-default", {"highlight": highlight})
    markdown.disable("reference")  # it takes lines such as "[1]: Smith 2020" off the page
    bounds.add_to(markdown)
    markdown.core.ruler.push("adapt", _adapt)
    for name, rule in _RULES.items():
        markdown.add_render_rule(name, rule)
    if with_math:
        math.add_to(markdown)
    if with_citations:
        citations.add_to(markdown)
    if mapped:
        source_map.add_to(markdown)
    return markdown


def _adapt(state: StateCore) -> None:
    """Directions by block, headings below the page's own, alignment by class instead of style."""
    lower = state.env["heading"] - 1
    for token in state.tokens:
        if token.type in _BLOCKS:
            token.attrs["dir"] = "auto"
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + lower)}"
        if "style" in token.attrs:
            alignment = str(token.attrs.pop("style")).removeprefix("text-align:")
            token.attrs["class"] = f"align-{alignment}"
    if state.env["rtl"]:
        directions.turn(state.tokens)


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A link: pages load nothing from elsewhere."""
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env) or "untitled"
    source = escape(str(token.attrs["src"]))
    place = source_map.attributes(token)
    return f'<a href="{source}" target="_blank"{place}>Image: {escape(words)}</a>'


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """What a text links to opens beside the page; its citations stay on it."""
    token = tokens[index]
    if token.attrs.get("class") != citations.LOOK:
        token.attrs["target"] = "_blank"
    return renderer.renderToken(tokens, index, options, env)


def _table_open(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A wide table scrolls within itself."""
    direction = tokens[index].attrs.pop("dir", "")
    start = f'<div class="wide" dir="{direction}">' if direction else '<div class="wide">'
    return f"{start}{renderer.renderToken(tokens, index, options, env)}"


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


_RULES = {
    "image": _image,
    "link_open": _link,
    "table_open": _table_open,
    "table_close": _table_close,
}
