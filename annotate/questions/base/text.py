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


def check_texts(value: object) -> None:
    """Check every text in a value made of lists and dicts. Raises ``RefusedText``."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for name, part in value.items():
            check_text(name)
            check_texts(part)
    elif isinstance(value, list):
        for part in value:
            check_texts(part)
