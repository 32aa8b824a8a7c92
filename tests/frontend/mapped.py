"""Reads what Markdown rendered with a source map says of each character, as a browser would."""

from html.parser import HTMLParser
from typing import NamedTuple


class Shown(NamedTuple):
    """A character of the page, in the ``mark``-th element with a place, that shows ``start`` to ``end``."""

    text: str
    mark: int | None = None
    start: int | None = None
    end: int | None = None
    whole: bool = False


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.open = []  # [tag, offsets or None, end or None]
        self.mark = self.line = self.at = 0
        self.starts_pre = False  # a parser drops a line's end there

    def handle_starttag(self, tag, attributes):
        self.starts_pre = tag == "pre"
        if tag in ("br", "hr"):
            return
        held = dict(attributes)
        offsets = [int(part) for part in held["data-s"].split(" ")] if "data-s" in held else None
        assert not (offsets and any(outer for _, outer, _ in self.open)), "one within another"
        self.open.append((tag, offsets, int(held["data-e"]) if "data-e" in held else None))
        if offsets:
            self.mark, self.line, self.at = self.mark + 1, 0, offsets[0]

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.starts_pre:
            data, self.starts_pre = data.removeprefix("\n"), False
        owner = next(((starts, end) for _, starts, end in self.open if starts), None)
        for char in data:
            self.found.append(self.read(char, *(owner or (None, None))))

    def read(self, char, starts, end):
        if starts is None:
            return Shown(char)
        if end is not None:
            return Shown(char, self.mark, starts[0], end, whole=True)
        start, self.at = self.at, self.at + 1
        if char == "\n" and len(starts) > 1:
            self.line += 1
            self.at = starts[self.line]
        return Shown(char, self.mark, start, self.at)


def read(html):
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found
