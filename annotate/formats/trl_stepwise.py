"""TRL's stepwise supervision rows: ``prompt``, ``completions`` (its steps) and ``labels`` (right or not)."""

from collections.abc import Mapping

from annotate.formats.base import (
    ARRAY,
    KINDS,
    BadLine,
    ExportedItem,
    Exporter,
    Importer,
    Json,
    Option,
    ParsedItem,
    ParsedLabel,
    Setting,
    brief,
    list_of,
    messages_of,
)
from annotate.formats.dialogue import turns
from annotate.formats.stepwise import (
    BETWEEN,
    QUESTION,
    SEPARATOR,
    Labelled,
    asked,
    joined,
    labels_by_range,
)
from annotate.offsets import Texts
from annotate.questions import Questions

FIELDS = ("prompt", "completions", "labels")
NO_STEPS = "items whose first step has no label"


class TrlStepwiseImport(Importer):
    name = "trl_stepwise"
    title = "TRL stepwise supervision rows"
    about = "Prompts with the steps of a completion, each right or not."
    container = ARRAY
    settings = (
        QUESTION,
        Option("annotator", "Who labelled the steps", default="trl"),
        Option("kind", "What the annotator is", default="human", choices=KINDS),
        Option("source", "Name of the set"),
        SEPARATOR,
    )

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.question = asked(self, given=True)

    def parse(self, record: Json) -> ParsedItem:
        prompt, steps, labels = record.get("prompt"), *self._steps(record)
        completion = joined(steps, BETWEEN[self.options["between"]])
        labelled = Labelled(self.question, completion)
        named = [(step, label) for step, label in zip(steps, labels, strict=True) if step]
        for number, (place, (_, label)) in enumerate(
            zip(completion.steps or (), named, strict=True), start=1
        ):
            value = self.question.good if label else self.question.config.bad
            labelled.add(f"step {number}", place, value)
        return ParsedItem(
            key="",
            messages=turns(prompt) if isinstance(prompt, str) else messages_of(prompt, "'prompt'"),
            completions=[completion],
            source=self.options["source"],
            metadata={name: value for name, value in record.items() if name not in FIELDS},
            labels=[
                ParsedLabel(
                    annotator=self.options["annotator"],
                    kind=self.options["kind"],
                    answers=labelled.answer(),
                    faults=labelled.faults,
                )
            ],
        )

    @staticmethod
    def _steps(record: Json) -> tuple[list[str], list[bool]]:
        steps, labels = list_of(record, "completions"), list_of(record, "labels")
        if not steps or not all(isinstance(one, str) for one in steps) or not any(steps):
            raise BadLine(f"'completions' is {brief(steps)}; write a list of steps, each a text")
        if any(one not in (0, 1) for one in labels) or len(labels) != len(steps):
            raise BadLine(
                f"'labels' is {brief(labels)} for {len(steps)} steps; write true or false for each"
            )
        return steps, [bool(one) for one in labels]


class TrlStepwiseExport(Exporter):
    name = "trl_stepwise"
    title = "TRL stepwise supervision rows"
    about = "Prompt, completions, labels: what TRL's trainers of process reward models read."
    settings = (
        QUESTION,
        Option("source", "Whose labels decide", "best", ("best", "people", "judges", "all")),
        Option("neutral", "What labels between good and bad become", "false", ("false", "true")),
        Option("part", "Which prompts", "all", ("all", "training", "evaluation")),
    )

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.question = asked(self, given=False)

    def row(self, item: ExportedItem) -> Json | None:
        return next(iter(self.rows(item)), None)

    def rows(self, item: ExportedItem) -> list[Json]:
        part = self.options["part"]
        if part != "all" and item.evaluation != (part == "evaluation"):
            self.left_out["items of the other part"] += 1
            return []
        rows = [
            {"prompt": _prompt(item), "completions": steps, "labels": labels}
            for steps, labels in self._labelled(item)
            if steps
        ]
        if not rows:
            self.left_out[NO_STEPS] += 1
        return rows

    def _labelled(self, item: ExportedItem) -> list[tuple[list[str], list[bool]]]:
        """Of each completion its steps up to the first one without a label."""
        source = self.options["source"]
        wanted = ("people", "judges") if source == "best" else (source,)
        found = (item.aggregates.get((self.question.name, one)) for one in wanted)
        combined = next((one for one in found if one is not None), None)
        if combined is None:
            return []
        texts = Texts([c.text for c in item.completions], (), [c.steps for c in item.completions])
        rows = []
        for place, completion in enumerate(item.completions):
            of_range = labels_by_range(combined.data["steps"], place)
            steps, labels = [], []
            for start, end in self.question.divided(texts, place):
                label = of_range.get((start, end))
                if label is None:
                    break
                steps.append(completion.text[start:end])
                labels.append(self._is_right(label))
            rows.append((steps, labels))
        return rows

    def _is_right(self, label: str) -> bool:
        if self.options["neutral"] == "true":
            return label != self.question.config.bad
        return label == self.question.good


IMPORTER = TrlStepwiseImport
EXPORTER = TrlStepwiseExport


def _prompt(item: ExportedItem) -> str:
    passages = [
        f"{one['title']}\n{one['text']}" if one["title"] else str(one["text"])
        for one in item.contexts
    ]
    return "\n\n".join([*passages, item.prompt])
