"""TRL's preference rows: ``prompt``, ``chosen``, ``rejected``, as texts or as chat turns."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from annotate.formats.base import (
    KINDS,
    LONGEST_NAME,
    BadLine,
    ExportedItem,
    Exporter,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    Setting,
    brief,
    messages_of,
    text_of,
    user_turn,
)
from annotate.formats.dialogue import common_prompt, turns
from annotate.formats.edited_pairs import EditedPair, edited_pairs
from annotate.hashes import text_hash
from annotate.questions import Question, Questions
from annotate.questions.base.question import Combined

Pair = tuple[int, int, float]  # the better completion, the worse one, and the margin
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


SOURCES = ("best", "people", "judges", "all")
TEXT, CHAT = "text", "chat"
EXTREMES, EVERY = "best-worst", "all"


class TrlExport(Exporter):
    name = "trl"
    title = "TRL preference rows"
    about = "prompt, chosen, rejected: what RewardTrainer and DPOTrainer read. No other columns."
    settings = (
        Option("question", "The preference or ranking that decides, or the edits that imply one"),
        Option(
            "source",
            "Whose labels (best: people's where there are any, else the judges')",
            default="best",
            choices=SOURCES,
        ),
        Option(
            "form",
            "Texts or chats (auto: chats if any prompt is one)",
            default="auto",
            choices=("auto", TEXT, CHAT),
        ),
        Option(
            "part",
            "Which prompts (evaluation: the share that is kept for comparisons)",
            default="all",
            choices=("all", "training", "evaluation"),
        ),
        Option("margin", "A column with the strength", default="no", choices=("no", "yes")),
        Option(
            "pairs",
            "Of a ranking: the best against the worst, or every two that are not tied",
            default=EXTREMES,
            choices=(EXTREMES, EVERY),
        ),
        Option(
            "scores",
            "Of edits: columns score_chosen and score_rejected, where both scores were given",
            default="no",
            choices=("no", "yes"),
        ),
    )

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.question = self._deciding(self.options["question"])
        form = self.options["form"]
        self.chat = form == CHAT or (form == "auto" and self.setting.chats)

    def _deciding(self, name: str) -> Question[Any]:
        """The preference, ranking or edit of that name; else the main preference, else the first other."""
        others = [*self.questions.of_kind("ranking"), *self.questions.of_kind("edit")]
        named = next((one for one in others if one.name == name), None)
        if named is not None:
            return named
        alone = not name and self.questions.main_preference() is None and others
        return others[0] if alone else self.preference(name)

    def row(self, item: ExportedItem) -> Json | None:
        """The first of the item's lines: a preference has one."""
        return next(iter(self.rows(item)), None)

    def rows(self, item: ExportedItem) -> list[Json]:
        part = "evaluation" if item.evaluation else "training"
        if self.options["part"] not in ("all", part):
            self.left_out[f"in the {part} share"] += 1
            return []
        if self.question.kind == "edit":
            return self._of_edits(item)
        combined = self._combined(item)
        if combined is None:
            self.left_out["without label"] += 1
            return []
        if self.question.kind == "ranking":
            found = self._of_ranking(combined)
        else:
            found = self._of_preference(combined)
        if not found:
            only_bad = self.question.kind == "preference" and combined.mean is None
            self.left_out["both bad" if only_bad else "ties"] += 1
        return [self._row(item, *pair) for pair in found]

    def _of_edits(self, item: ExportedItem) -> list[Json]:
        """A line for each text that somebody made of a completion; the margin is the gain in points."""
        pairs = edited_pairs(self.question, item, self.options["source"])
        if not pairs:
            self.left_out["without edits"] += 1
        return [self._edited(item, pair) for pair in pairs]

    def _edited(self, item: ExportedItem, pair: EditedPair) -> Json:
        row = self._texts(item, pair.chosen, pair.rejected)
        if self.options["margin"] == "yes":
            row["margin"] = self._gain(pair)
        if self.options["scores"] == "yes":
            row |= {"score_chosen": pair.final, "score_rejected": pair.initial}
        return row

    def _gain(self, pair: EditedPair) -> float:
        """In points, as a share of the most that can be gained; 0 where it is not known."""
        if pair.initial is None or pair.final is None:
            return 0.0
        most: int = self.question.config.scores - 1
        return max(0.0, (pair.final - pair.initial) / most)

    def _of_preference(self, combined: Combined) -> list[Pair]:
        side, config = winner(combined), self.question.config
        if not side:
            return []
        first, second = config.pair
        margin = max(0.0, float(side * (combined.mean or 0)) / (config.points // 2))
        return [(second, first, margin) if side > 0 else (first, second, margin)]

    def _of_ranking(self, combined: Combined) -> list[Pair]:
        """Margins are differences of mean ranks, as shares of the largest that there can be."""
        ranks, means = combined.data["ranks"], combined.data["means"]
        there = [position for position, rank in enumerate(ranks) if rank is not None]
        there.sort(key=lambda position: ranks[position])
        two = (
            [(there[0], there[-1])] if self.options["pairs"] == EXTREMES else combinations(there, 2)
        )
        return [
            (better, worse, (means[worse] - means[better]) / (len(ranks) - 1))
            for better, worse in two
            if ranks[better] < ranks[worse]
        ]

    def _row(self, item: ExportedItem, better: int, worse: int, margin: float) -> Json:
        row = self._texts(item, *(item.completions[one].text for one in (better, worse)))
        if self.options["margin"] == "yes":
            row["margin"] = margin
        return row

    def _combined(self, item: ExportedItem) -> Combined | None:
        source = self.options["source"]
        wanted = ("people", "judges") if source == "best" else (source,)
        found = (item.aggregates.get((self.question.name, one)) for one in wanted)
        return next((combined for combined in found if combined is not None), None)

    def _texts(self, item: ExportedItem, chosen: str, rejected: str) -> Json:
        passages = "\n\n".join(_passage(one) for one in item.contexts)
        if not self.chat:
            prompt = f"{passages}\n\n{item.prompt}" if passages else item.prompt
            return {"prompt": prompt, "chosen": chosen, "rejected": rejected}
        *before, last = item.messages
        if passages:
            last = {**last, "content": f"{passages}\n\n{last['content']}"}
        return {
            "prompt": [{"role": one["role"], "content": one["content"]} for one in [*before, last]],
            "chosen": [{"role": "assistant", "content": chosen}],
            "rejected": [{"role": "assistant", "content": rejected}],
        }


IMPORTER = TrlImport
EXPORTER = TrlExport


def winner(combined: Combined) -> int:
    """-1 the first completion, 1 the second, 0 neither: the majority's, without one the mean's."""
    if combined.majority is not None:
        return combined.majority
    mean = combined.mean or 0
    return (mean > 0) - (mean < 0)


def _passage(context: Json) -> str:
    return f"{context['title']}\n{context['text']}" if context["title"] else str(context["text"])


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
