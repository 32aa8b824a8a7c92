"""TRL's preference rows: ``prompt``, ``chosen``, ``rejected``, as texts or as chat turns."""

from collections.abc import Mapping
from typing import Any

from annotate.formats.base import (
    KINDS,
    LONGEST_NAME,
    BadLine,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    brief,
    messages_of,
    text_of,
    user_turn,
)
from annotate.formats.dialogue import common_prompt, turns
from annotate.hashes import text_hash
from annotate.questions import Questions

FIELDS = ("prompt", "chosen", "rejected", "margin")


class TrlImport(Importer):
    name = "trl"
    title = "TRL preference rows"
    about = "Rows of chosen and rejected, with the prompt beside them or inside both."
    settings = (
        Option("annotator", "Who preferred the chosen ones", default="trl"),
        Option("kind", "What the annotator is", default="human", choices=KINDS),
        Option("question", "The preference that the rows answer"),
        Option("source", "Name of the set"),
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.question = self.preference(self.options["question"])

    def parse(self, record: Json) -> ParsedItem:
        chosen, rejected = (_side(record, name) for name in ("chosen", "rejected"))
        if isinstance(chosen, str) != isinstance(rejected, str):
            raise BadLine("'chosen' is a text and 'rejected' a chat, or the reverse; use one form")
        if record.get("prompt") is not None:
            prompt = record["prompt"]
            messages = (
                user_turn(prompt) if isinstance(prompt, str) else messages_of(prompt, "'prompt'")
            )
            texts = _reply(chosen, "chosen"), _reply(rejected, "rejected")
        elif isinstance(chosen, str):
            messages, texts = _common_text(chosen, str(rejected))
        else:
            messages, texts = _common_turns(chosen, rejected)
        if texts[0] == texts[1]:
            raise BadLine("'chosen' and 'rejected' are the same; there is nothing to prefer")
        return self._item(record, messages, *texts)

    def _item(self, record: Json, messages: list[Json], chosen: str, rejected: str) -> ParsedItem:
        """Placed by a hash of the texts, so that the place does not give the answer away."""
        first, second = sorted((chosen, rejected), key=text_hash)
        return ParsedItem(
            key="",
            messages=messages,
            completions=[ParsedCompletion(first), ParsedCompletion(second)],
            source=self.options["source"][:100],
            metadata={name: value for name, value in record.items() if name not in FIELDS},
            labels=[
                ParsedLabel(
                    annotator=self.options["annotator"][:LONGEST_NAME],
                    kind=self.options["kind"],
                    answers={
                        self.question.name: {
                            "value": -1 if first == chosen else 1,
                            "both_bad": False,
                        }
                    },
                    raw={"margin": record["margin"]} if "margin" in record else None,
                )
            ],
        )


IMPORTER = TrlImport


def _side(record: Json, name: str) -> Any:
    if name not in record:
        remedy = "export preference rows" if "completion" in record else "add it"
        raise BadLine(f"{name!r} is missing; {remedy}")
    value = record[name]
    return text_of(record, name) if isinstance(value, str) else messages_of(value, repr(name))


def _reply(side: Any, name: str) -> str:
    """The text of a side whose prompt stands beside it."""
    if isinstance(side, str):
        return side
    if len(side) != 1 or side[0]["role"] != "assistant":
        raise BadLine(
            f"{name!r} has {len(side)} turns; with a prompt, give the assistant's one turn"
        )
    return str(side[0]["content"])


def _common_turns(chosen: list[Json], rejected: list[Json]) -> tuple[list[Json], tuple[str, str]]:
    """The prompt inside two chats: all turns but the last, which have to be the same."""
    prompt = chosen[:-1]
    if prompt != rejected[:-1]:
        raise BadLine("the two chats differ before their last turn; give the prompt beside them")
    if not prompt:
        raise BadLine("the chats have no prompt; give it as 'prompt'")
    return prompt, (_reply(chosen[-1:], "chosen"), _reply(rejected[-1:], "rejected"))


def _common_text(chosen: str, rejected: str) -> tuple[list[Json], tuple[str, str]]:
    prompt = common_prompt(chosen, rejected)
    if not prompt:
        raise BadLine(
            f"the texts share no prompt (they begin {brief(chosen)}, {brief(rejected)}); "
            "give it beside them as 'prompt'"
        )
    return turns(prompt), (chosen[len(prompt) :], rejected[len(prompt) :])
