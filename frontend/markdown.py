"""Markdown as safe HTML. Nothing a text says can run, load or restyle anything."""

from collections.abc import Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 200_000  # longer texts are shown as they are
LONGEST_CODE = 20_000  # longer code is not highlighted

_BLOCKS = {
    "paragraph_open",
    "heading_open",
    "bullet_list_open",
    "ordered_list_open",
    "blockquote_open",
    "th_open",
    "td_open",
}
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr"),
    "ul",
}
_ATTRIBUTES = {
    "*": {"dir"},
    "a": {"href", "title", "target"},
    "code": {"class"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
    "ol": {"start"},
}


def render(text: str, *, heading: int = 3) -> SafeString:
    """``text`` as HTML whose largest headings are ``<h{heading}>``; each block finds its direction.

    Rendering costs no more than fetching what was rendered before (docs/decisions.md), so nothing
    is kept.
    """
    if len(text) > LONGEST:
        return raw(text)
    html = _markdown.render(text, {"heading": heading})
    return SafeString(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}, "pre": {"dir": "ltr"}},
        )
    )


def raw(text: str) -> SafeString:
    """``text`` as it is; a parser would drop a first newline and turn a carriage return into one."""
    return SafeString(f'<pre class="raw" dir="auto">\n{exactly(text)}</pre>')


def exactly(text: str) -> SafeString:
    """For the inside of ``<pre>`` or ``<textarea>``: what the browser holds is ``text`` itself."""
    return SafeString(escape(text).replace("\r", "&#13;"))


def _highlight(code: str, language: str, _: str) -> str:
    if not language or len(code) > LONGEST_CODE:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _adapt(state: StateCore) -> None:
    """Directions by block, headings below the page's own, alignment by class instead of style."""
    lower = state.env.get("heading", 3) - 1
    for token in state.tokens:
        if token.type in _BLOCKS:
            token.attrs["dir"] = "auto"
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + lower)}"
        if "style" in token.attrs:
            alignment = str(token.attrs.pop("style")).removeprefix("text-align:")
            token.attrs["class"] = f"align-{alignment}"


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A link: pages load nothing from elsewhere."""
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env) or "untitled"
    return f'<a href="{escape(str(token.attrs["src"]))}">Image: {escape(words)}</a>'


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"highlight": _highlight})
    markdown.core.ruler.push("adapt", _adapt)
    markdown.add_render_rule("image", _image)
    return markdown


_markdown = _make_markdown()
