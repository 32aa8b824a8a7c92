"""Code in colour, by the short class names of Pygments."""

import re
from collections.abc import Callable
from html import unescape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 20_000  # longer code is not highlighted

Highlighter = Callable[[str, str, str], str]

_TAG = re.compile(r"<[^>]*>")
_formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def highlighter() -> Highlighter:
    """For markdown-it: an empty text leaves the code as it is."""
    return _highlight


def _highlight(code: str, language: str, _: str) -> str:
    if not language or len(code) > LONGEST:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    return highlight(code, lexer, _formatter)


def faithful(highlight: Highlighter) -> Highlighter:
    """Colours only what it leaves as it is; some lexers change tabs or a last line's end."""

    def highlight_as_it_is(code: str, language: str, attributes: str) -> str:
        html = highlight(code, language, attributes)
        if not code.endswith("\n"):
            html = html.removesuffix("\n")  # which Pygments adds
        return html if unescape(_TAG.sub("", html)) == code else ""

    return highlight_as_it_is
