"""A line of the list of what has to be looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attention:
    """Something that somebody has to look at, and where."""

    words: str
    url: str
    remedy: str
    serious: bool = False
