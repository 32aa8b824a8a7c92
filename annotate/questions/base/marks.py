"""Parts of texts that answers mark: what agreement and aggregation of such answers work on."""

from dataclasses import dataclass, field
from typing import NamedTuple

from annotate.offsets import Target

SUPPORT = 0.5  # more than this share of the annotators must have marked a character


class Mark(NamedTuple):
    """A half-open range of a text, in code points, with a label.

    ``start`` and ``end`` are None for what is said to be missing from the text.
    """

    target: Target
    start: int | None
    end: int | None
    label: str
    severity: str = ""


class Supported(NamedTuple):
    """A part that several answers together mark; its ``support`` is a share or a probability.

    Of a range it is the mean over its characters. ``severity`` is the most common one of the marks
    behind it, by character.
    """

    mark: Mark
    support: float


@dataclass(frozen=True)
class Settlement:
    """What a method of aggregation makes of one item's marks.

    Of the characters that somebody marked: ``share``, the mean share of the annotators who say of
    them what this says, and ``confidence``, the mean probability that this is right; None where the
    method knows none.
    """

    spans: list[Supported] = field(default_factory=list)
    missing: list[Supported] = field(default_factory=list)
    share: float = 1.0
    confidence: float | None = None
