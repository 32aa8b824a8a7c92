"""Where a completion is divided into steps: ranges of its text in code points, in order.

Steps do not overlap, and white space around them belongs to none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from annotate.offsets import Texts
from annotate.sentences import sentences

Range = tuple[int, int]

_LINE = re.compile(r"[^\r\n]+")
_BREAK = re.compile(r"\r\n|\r|\n")
# Opening or closing a block of code: three or more of the same sign, indented by three at most.
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

RULES: Mapping[str, str] = MappingProxyType(
    {
        "given": "As the completion was imported; paragraphs where it came without steps",
        "lines": "A line each",
        "paragraphs": "A paragraph each: what empty lines part",
        "sentences": "A sentence each",
    }
)


def steps_of(texts: Texts, place: int, rule: str) -> Sequence[Range]:
    """The steps of the completion at ``place`` by one of ``RULES``; none of a text of white space."""
    given = texts.steps_of(place) if rule == "given" else None
    if given:
        return [(start, end) for start, end in given]
    return _BY_RULE[rule](texts.completions[place])


def lines(text: str) -> list[Range]:
    found = (_trimmed(text, *line.span()) for line in _LINE.finditer(text))
    return [one for one in found if one is not None]


def paragraphs(text: str) -> list[Range]:
    """Parted by lines of white space alone, but for those within a fenced block of code."""
    found: list[Range] = []
    since: int | None = None
    fence = ""
    for start, end in _all_lines(text):
        if fence or text[start:end].strip():
            since = start if since is None else since
            fence = _fence_after(fence, text[start:end])
            last = end
        elif since is not None:
            found.append((since, last))
            since = None
    if since is not None:
        found.append((since, last))
    trimmed = (_trimmed(text, *one) for one in found)
    return [one for one in trimmed if one is not None]


def _all_lines(text: str) -> list[Range]:
    """Without what ends them; empty ones too."""
    ends = [(found.start(), found.end()) for found in _BREAK.finditer(text)]
    starts = [0, *(after for _, after in ends)]
    return list(zip(starts, [*(end for end, _ in ends), len(text)], strict=True))


def _fence_after(fence: str, line: str) -> str:
    """What opened the block of code that goes on after ``line``; empty outside of one."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    marks = found[1]
    if not fence:
        return marks
    closes = marks.startswith(fence) and not line[found.end() :].strip()
    return "" if closes else fence


def _trimmed(text: str, start: int, end: int) -> Range | None:
    """Without the white space around it; None where there is nothing else."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    return (start, end) if start < end else None


def _sentences(text: str) -> list[Range]:
    return [(one.start, one.end) for one in sentences(text)]


_BY_RULE: Mapping[str, Callable[[str], Sequence[Range]]] = {
    "given": paragraphs,
    "lines": lines,
    "paragraphs": paragraphs,
    "sentences": _sentences,
}
