"""What text may be stored: offsets count code points, so text is kept exactly as it came."""

import re

_REFUSED = re.compile("[\x00\ud800-\udfff]")


class RefusedText(ValueError):
    """The text holds a NUL or a lone surrogate, which PostgreSQL and UTF-8 cannot carry."""


def check_text(text: str) -> str:
    """``text`` itself. Raises ``RefusedText`` that names the character and its offset."""
    if found := _REFUSED.search(text):
        name = "NUL" if found.group() == "\x00" else f"lone surrogate U+{ord(found.group()):04X}"
        raise RefusedText(f"the text has a {name} at character {found.start()}; remove it")
    return text
