"""What an item shows, ready for its page: turns of a chat, passages, completions, and their files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from annotate.media import media_named, names_in
from annotate.models import Completion, Item, Project
from annotate.offsets import COMPLETION, CONTEXT
from annotate.questions.base.question import letter
from annotate.sentences import Sentence, sentences
from frontend import markdown
from frontend.markdown.citations import Sources
from frontend.reading.files import ShownFile, shown_files

# A chat of more turns starts with its earlier ones folded away.
MOST_OPEN = 5
LEFT_OPEN = 3
_STRUCTURE = re.compile(
    r"^(?:\#{1,6}\ \S|```|~~~|\|.*\|\s*$) | \*\*\S | \]\(https?: | \\\(|\\\[|\$\$",
    re.MULTILINE | re.VERBOSE,
)

Files = Mapping[str, ShownFile]


@dataclass(frozen=True)
class Text:
    """A text as the page shows it, and the files beside it.

    ``target`` is what scripts know a text by whose parts can be marked, such as "completion-0" or
    "context-1": it is then rendered with a source map.
    """

    text: str
    files: tuple[ShownFile, ...] = ()
    target: str = ""

    @property
    def html(self) -> SafeString:
        return markdown.render(self.text, mapped=bool(self.target))

    @property
    def raw(self) -> SafeString:
        return markdown.raw(self.text)

    @property
    def is_raw_only(self) -> bool:
        """Too long to be rendered: sent once, as it is."""
        return markdown.is_too_long(self.text)


@dataclass(frozen=True)
class ShownCompletion(Text):
    letter: str = ""
    # Sentences of each passage beside it, for citations.
    sources: Sources = ()

    @property
    def html(self) -> SafeString:
        return markdown.render(self.text, sources=self.sources, mapped=bool(self.target))


@dataclass(frozen=True)
class Turn(Text):
    role: str = ""
    name: str = ""  # as in the data: user, assistant, system, tool; passage
    asks: bool = False  # the last turn of a chat, which the completions answer
    folds: str = ""  # what the fold that starts here is called
    ends_fold: bool = False
    number: int = 0  # of a passage, as citations name it


@dataclass(frozen=True)
class Passage(Turn):
    """A passage with its sentences numbered; where its text is Markdown, that is what shows first."""

    title: str = ""

    @property
    def html(self) -> SafeString:
        return super().html if self.is_structured else self.raw

    @property
    def raw(self) -> SafeString:
        return numbered(self.text, self.number)

    @property
    def is_structured(self) -> bool:
        return not markdown.is_too_long(self.text) and _STRUCTURE.search(self.text) is not None

    @property
    def is_raw_only(self) -> bool:
        return not self.is_structured


def prompt(item: Item, *, project: Project | None = None, marked: bool = False) -> list[Turn]:
    """The prompt's turns and passages, in the order of reading; ``marked``: parts may be marked."""
    files = _files(project, item.messages, item.contexts)
    return _turns(item.messages, files) + _passages(item.contexts, files, marked=marked)


def _turns(messages: Sequence[Mapping[str, Any]], files: Files) -> list[Turn]:
    alone = len(messages) == 1 and messages[0]["role"] == "user"
    folded = len(messages) - LEFT_OPEN if len(messages) > MOST_OPEN else 0
    return [
        Turn(
            text=turn["content"],
            files=_of(turn, files),
            role="Prompt" if alone else turn["role"].title(),
            name=turn["role"],
            asks=number == len(messages),
            folds=f"{folded} earlier turns" if folded and number == 1 else "",
            ends_fold=number == folded,
        )
        for number, turn in enumerate(messages, start=1)
    ]


def _passages(contexts: Sequence[Mapping[str, Any]], files: Files, *, marked: bool) -> list[Turn]:
    return [
        Passage(
            text=passage["text"],
            files=_of(passage, files),
            target=f"{CONTEXT}-{number - 1}" if marked else "",
            role=f"Passage {number}",
            name="passage",
            number=number,
            title=passage.get("title") or "",
        )
        for number, passage in enumerate(contexts, start=1)
    ]


def completions(
    item: Item,
    rows: Sequence[tuple[str, Any]],
    order: Sequence[int],
    *,
    project: Project | None = None,
    marked: bool = False,
) -> list[ShownCompletion]:
    """``rows`` are texts and media in the item's own order; who wrote them is not told."""
    held = [{"media": media} for _, media in rows]
    files, sources = _files(project, held), sources_of(item)
    return [
        ShownCompletion(
            text=rows[position][0],
            files=_of(held[position], files),
            target=f"{COMPLETION}-{place}" if marked else "",
            letter=letter(place),
            sources=sources,
        )
        for place, position in enumerate(order)
    ]


def own_order(item: Item, rows: Sequence[Completion]) -> list[ShownCompletion]:
    """All completions of an item for those who look after the project."""
    project, texts = item.project, [(one.text, one.media) for one in rows]
    marked = project.questions.needs_texts
    return completions(item, texts, range(len(texts)), project=project, marked=marked)


def sources_of(item: Item) -> Sources:
    """How many sentences each passage has; empty where there is none."""
    return tuple(len(_sentences(passage["text"])) for passage in item.contexts)


def numbered(text: str, number: int) -> SafeString:
    """Passage ``number`` with each sentence in an element of its own; all text is there, unchanged."""
    pieces, after = [], 0
    for place, (start, end) in enumerate(_sentences(text), start=1):
        pieces.append(_exactly(text[after:start]))
        pieces.append(
            f'<span class="sentence" id="passage-{number}-{place}" data-n="{place}" tabindex="-1">'
            f"{_exactly(text[start:end])}</span>"
        )
        after = end
    pieces.append(_exactly(text[after:]))
    return SafeString(f'<div class="sentences" dir="auto">{"".join(pieces)}</div>')


def _exactly(text: str) -> str:
    return str(escape(text)).replace("\r", "&#13;")


@lru_cache(maxsize=64)
def _sentences(text: str) -> list[Sentence]:
    return sentences(text)


def _files(project: Project | None, *parts: Sequence[Mapping[str, Any]]) -> Files:
    names = names_in(*parts)
    if not names or project is None:
        return {}
    return shown_files(project, media_named(project, names))


def _of(part: Mapping[str, Any], files: Files) -> tuple[ShownFile, ...]:
    if not part.get("media"):
        return ()
    return tuple(
        files.get(one["file"], ShownFile()).with_words(one.get("alt", "")) for one in part["media"]
    )
