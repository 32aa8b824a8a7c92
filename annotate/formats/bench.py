"""The pairs of public benchmarks in one shape: a prompt, two responses, and who preferred which.

Fields: ``item_id``, ``source``, ``prompt``, ``response_a`` and ``response_b`` (or ``arg_a`` and
``arg_b``, keys into an ``arguments.jsonl`` beside the file), ``model_a``, ``model_b``, ``human`` and
``llm`` (lists of labels a, b or tie), ``gold`` where only an aggregate is published, ``meta``. Or,
for rankings, ``responses`` by name and ``rankings`` of these names, the best first.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from annotate.formats.base import (
    LONGEST_NAME,
    BadLine,
    Importer,
    Json,
    Option,
    ParsedCompletion,
    ParsedItem,
    ParsedLabel,
    RefusedFile,
    brief,
    list_of,
    object_of,
    text_of,
    time_of,
)
from annotate.formats.dialogue import turns
from annotate.questions import InvalidAnswer, Questions

SIDES = {"a": -1, "b": 1, "tie": 0}
GOLD = "gold"
# Fields of sets of spans, and the formats that read them.
_OTHERS = {"annotations": "spans", "feedback": "fine_grained"}


class BenchImport(Importer):
    name = "bench"
    title = "Benchmark pairs and rankings"
    about = "Pairs of public benchmarks with people's and LLMs' labels a, b or tie; or rankings."
    settings = (
        Option("question", "The preference or ranking that the labels answer"),
        Option("gold", "What a published answer becomes", "label", ("label", "gold", "both")),
    )
    recalls = True

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        name = self.options["question"]
        rankings = [one for one in questions.of_kind("ranking") if name in ("", one.name)]
        self.ranking = rankings[0] if rankings else None
        # Of two kinds of sets a form may ask for one alone.
        only_ranked = self.ranking is not None and (name or not questions.main_preference())
        self.question = None if only_ranked else self.preference(name)
        self.reasons = next(iter(questions.of_kind("text")), None)
        self.arguments: dict[str, str] = {}

    def look_beside(self, path: Path) -> None:
        beside = path.with_name("arguments.jsonl")
        if beside.exists():
            with beside.open(encoding="utf-8", newline="\n") as lines:
                for line in lines:
                    self._remember(json.loads(line))

    def look_back(self, line: bytes) -> None:
        if b'"arg_id"' in line:
            with suppress(ValueError):  # told when it was read first
                self._remember(json.loads(line))

    def parse(self, record: Json) -> ParsedItem | None:
        if "arg_id" in record:
            self._remember(record)
            return None
        for name, other in _OTHERS.items():
            if name in record:
                raise RefusedFile(
                    f"These records hold spans ({name!r}), and bench reads pairs and rankings; use the "
                    f"format {other}."
                )
        if "rankings" in record or "responses" in record:
            parts = self._ranked(record)
        else:
            completions = [self._completion(record, side) for side in "ab"]
            labels = list(self._labels(record))
            parts = {"completions": completions, "labels": labels, **self._gold(record)}
        return ParsedItem(
            key=text_of(record, "item_id", longest=200),
            messages=turns(text_of(record, "prompt")),
            source=text_of(record, "source", default="", longest=100),
            metadata=object_of(record.get("meta") or {}, "'meta'"),
            **parts,
        )

    def _ranked(self, record: Json) -> Json:
        """Responses in the order of their names, which say who wrote them; and who ranked them how."""
        if self.ranking is None:
            raise RefusedFile(
                "These records hold rankings, and the project's form asks for none (or for none of "
                "that name); use a project made from the preset ranking."
            )
        responses = object_of(record.get("responses"), "'responses'")
        names = sorted(responses)
        return {
            "completions": [
                ParsedCompletion(text_of(responses, name), name[:LONGEST_NAME]) for name in names
            ],
            "labels": [
                self._ranking(object_of(one, f"ranking {number}"), names, f"ranking {number}")
                for number, one in enumerate(list_of(record, "rankings"), start=1)
            ],
        }

    def _ranking(self, given: Json, names: list[str], what: str) -> ParsedLabel:
        assert self.ranking is not None
        order = list_of(given, "ranking")
        if sorted(map(repr, order)) != sorted(map(repr, names)):
            raise BadLine(f"{what} is {brief(order)}; name each of {', '.join(names)} once")
        ranks = [order.index(name) + 1 for name in names]
        return ParsedLabel(
            annotator=text_of(given, "annotator"),
            answers={self.ranking.name: {"ranks": ranks}},
            raw=given,
        )

    def _remember(self, record: Json) -> None:
        self.arguments[text_of(record, "arg_id")] = text_of(record, "text")

    def _completion(self, record: Json, side: str) -> ParsedCompletion:
        generator = text_of(record, f"model_{side}", default="", longest=LONGEST_NAME)
        if f"arg_{side}" not in record:
            return ParsedCompletion(text_of(record, f"response_{side}"), generator)
        key = text_of(record, f"arg_{side}")
        if key not in self.arguments:
            raise BadLine(
                f"argument {brief(key)} is unknown; put arguments.jsonl beside the file, or its "
                "lines before the pairs"
            )
        return ParsedCompletion(self.arguments[key], generator)

    def _labels(self, record: Json) -> Iterator[ParsedLabel]:
        if self.question is None:
            raise RefusedFile(
                "These records hold pairs, and the project's form asks no preference (or none of "
                "that name); use a project made from a preset such as pairwise."
            )
        for kind in ("human", "llm"):
            for number, label in enumerate(list_of(record, kind), start=1):
                what = f"{kind} label {number}"
                given = object_of(label, what)
                if given.get("label") is None:
                    continue  # an answer that nobody could read is no answer
                try:
                    yield self._label(given, kind)
                except BadLine as fault:
                    raise BadLine(f"{what}: {fault}") from fault
        if record.get(GOLD) is not None and self.options["gold"] != "gold":
            gold = {name: record[name] for name in (GOLD, "reason") if name in record}
            yield ParsedLabel(
                annotator=GOLD,
                description="The published answer: of people's, only this aggregate is known.",
                answers=self._answers(record[GOLD], None, record.get("reason")),
                raw=gold,
            )

    def _gold(self, record: Json) -> dict[str, Any]:
        """The published answer as one to check annotators against, where that is asked for."""
        if record.get(GOLD) is None or self.options["gold"] == "label":
            return {}
        note = record.get("reason")
        answers = self._answers(record[GOLD], None, None)
        return {"gold": answers, "gold_note": note[:2000] if isinstance(note, str) else ""}

    def _label(self, label: Json, kind: str) -> ParsedLabel:
        name, method = text_of(label, "annotator"), text_of(label, "method", default="")
        shown = label.get("shown_order")
        return ParsedLabel(
            annotator=f"{name} ({method})" if method else name,
            kind=kind,
            answers=self._answers(label["label"], label.get("strength"), label.get("reason")),
            created_at=time_of(label, "timestamp"),
            order={"ab": [0, 1], "ba": [1, 0]}.get(shown) if isinstance(shown, str) else None,
            raw=label,
        )

    def _answers(self, side: object, strength: object, reason: object) -> Json:
        """Labels without a strength are the weakest preference; strong ones end at the scale's."""
        question = self.question
        assert question is not None
        if not isinstance(side, str) or side not in SIDES:
            raise BadLine(f"'label' is {brief(side)}; use a, b or tie")
        if strength is None or side == "tie":
            size = 1
        elif type(strength) is int and strength >= 1:
            size = min(strength, question.config.points // 2)
        else:
            raise BadLine(f"'strength' is {brief(strength)}; write 1 or more")
        answers: Json = {question.name: {"value": SIDES[side] * size, "both_bad": False}}
        return answers | self._reason(reason)

    def _reason(self, reason: object) -> dict[str, Any]:
        """A reason answers the form's text question, if it has one and the reason fits it."""
        if self.reasons is None or not reason:
            return {}
        try:
            return {self.reasons.name: self.reasons.parse({"text": reason}, completions=2)}
        except InvalidAnswer:
            return {}


IMPORTER = BenchImport
