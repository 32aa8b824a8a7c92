"""Code in colour, by the short class names of Pygments."""

from collections.abc import Callable

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 20_000  # longer code is not highlighted

_formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def highlighter() -> Callable[[str, str, str], str]:
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
