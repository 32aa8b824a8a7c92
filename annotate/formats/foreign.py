"""What files of other annotation tools share: which of a record's fields are the item's texts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from annotate.formats.base import (
    MOST_COMPLETIONS,
    BadLine,
    ExportedItem,
    Json,
    Option,
    ParsedCompletion,
    brief,
    messages_of,
    user_turn,
)
from annotate.offsets import Texts

PROMPT = Option("prompt", "The field with the prompt", "prompt")
COMPLETIONS = Option("completions", "The fields with what is labelled, parted by commas")
CONTEXTS = Option("contexts", "The fields with passages, parted by commas")
# Looked for in this order where no option names the fields.
USUAL = ("completion", "response", "answer", "output", "text")
_NUMBERED = re.compile(r"(completion|context)_(\d{1,2})")


class Fields(NamedTuple):
    """Names of the fields that hold prompt, completions and passages, in order."""

    prompt: str
    completions: list[str]
    contexts: list[str]

    def target(self, field: object) -> Json | None:
        """The text that a field is of, as ``{"completion": 0}``."""
        if field in self.completions:
            return {"completion": self.completions.index(str(field))}
        if field in self.contexts:
            return {"context": self.contexts.index(str(field))}
        return None

    @property
    def names(self) -> set[str]:
        return {self.prompt, *self.completions, *self.contexts}


def fields_of(data: Mapping[str, Any], options: Mapping[str, str]) -> Fields:
    """As the options say, else by the names that exports here use, else by usual ones. ``BadLine``."""
    completions = _listed(options["completions"]) or _numbered(data, "completion")
    if not completions:
        completions = [name for name in USUAL if isinstance(data.get(name), str)][:1]
    contexts = _listed(options["contexts"]) or _numbered(data, "context")
    wrong = next((n for n in [*completions, *contexts] if not isinstance(data.get(n), str)), None)
    if wrong is not None:
        raise BadLine(f"the field {wrong!r} is {brief(data.get(wrong))}; it has to be a text")
    if not 1 <= len(completions) <= MOST_COMPLETIONS:
        known = ", ".join(data) or "none"
        raise BadLine(
            f"has no text to label among its fields ({known}); name it by the option completions"
        )
    return Fields(options["prompt"], completions, contexts)


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _numbered(data: Mapping[str, Any], kind: str) -> list[str]:
    """``completion_1``, ``completion_2``, … as far as there are."""
    found = [match for name in data if (match := _NUMBERED.fullmatch(name)) and match[1] == kind]
    return [match[0] for match in sorted(found, key=lambda one: int(one[2]))]


def prompt_of(data: Mapping[str, Any], fields: Fields) -> list[Json]:
    """A text or a chat; a record that has none is a text without a prompt."""
    value = data.get(fields.prompt)
    if value is None or isinstance(value, str):
        return user_turn(value or "")
    return messages_of(value, repr(fields.prompt))


def completions_of(data: Mapping[str, Any], fields: Fields) -> list[ParsedCompletion]:
    return [ParsedCompletion(data[name]) for name in fields.completions]


def contexts_of(data: Mapping[str, Any], fields: Fields) -> list[Json]:
    """The field's name is the passage's title, unless exports here made it up."""
    return [
        {"title": "" if _NUMBERED.fullmatch(name) else name, "text": data[name]}
        for name in fields.contexts
    ]


def texts_of(data: Mapping[str, Any], fields: Fields) -> Texts:
    return Texts(
        [data[name] for name in fields.completions], [data[name] for name in fields.contexts]
    )


def written(item: ExportedItem) -> tuple[Json, Fields]:
    """The item's texts as fields of a record."""
    completions = _names("completion", item.completions)
    contexts = _names("context", item.contexts)
    data: Json = {"prompt": item.messages if item.is_chat else item.prompt}
    data |= {name: one["text"] for name, one in zip(contexts, item.contexts, strict=True)}
    data |= {name: one.text for name, one in zip(completions, item.completions, strict=True)}
    return data, Fields("prompt", completions, contexts)


def _names(kind: str, texts: Sequence[object]) -> list[str]:
    return [f"{kind}_{number}" for number in range(1, len(texts) + 1)]
