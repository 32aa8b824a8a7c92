"""Tasks for Label Studio, with people's labels as annotations and LLMs' as predictions: see ``label_studio``."""

from collections.abc import Iterator, Mapping

from annotate.formats.base import ArrayExporter, ExportedItem, ExportedLabel, Json, Option, Setting
from annotate.formats.foreign import Fields, written
from annotate.formats.label_studio import CLEAN, COMMENT, MISSING, SEVERITY
from annotate.formats.marking import POINTS, UNITS, names_of_labels, names_of_severities
from annotate.offsets import Utf16
from annotate.questions import Questions

NOTHING = "nothing to mark"
OFFSETS = Option("offsets", "What offsets count", POINTS, (POINTS, UNITS))


class LabelStudioExport(ArrayExporter):
    name = "label_studio"
    title = "Label Studio JSON"
    about = "Tasks with the spans of people as annotations and those of LLMs as predictions."
    settings = (OFFSETS,)

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.asked("spans", preset="mqm")
        self.spans = questions.of_kind("spans")
        self.labels = {one.name: names_of_labels(one).words for one in self.spans}
        self.severities = {one.name: names_of_severities(one).words for one in self.spans}

    def row(self, item: ExportedItem) -> Json:
        data, fields = written(item)
        own = {name: value for name, value in item.metadata.items() if name not in data}
        task: Json = {
            "data": {**own, **data, "key": item.key},
            "annotations": [],
            "predictions": [],
        }
        for label in item.labels:
            if not any(one.name in label.answers for one in self.spans):
                continue
            results = [
                result
                for one in self.spans
                for result in self._results(one.name, label, data, fields)
            ]
            for number, result in enumerate(results, start=1):
                result.setdefault("id", f"whole_{number}")
            if label.kind == "human":
                task["annotations"].append(_annotation(label, results))
            else:
                task["predictions"].append(_prediction(label, results))
        return task

    def _results(
        self, question: str, label: ExportedLabel, data: Json, fields: Fields
    ) -> Iterator[Json]:
        answer = label.answers.get(question)
        if answer is None:
            return
        for number, span in enumerate(answer["spans"], start=1):
            yield from self._region(f"{question}_{number}", question, span, data, fields)
        for part in answer.get("missing", ()):
            named = {"from_name": f"{question}_{MISSING}", "to_name": _field(part, fields)}
            words = self.labels[question].get(part["label"], part["label"])
            yield named | {"type": "choices", "value": {"choices": [words]}}
        for place in answer.get("clean", ()):
            named = {"from_name": f"{question}_{CLEAN}", "to_name": fields.completions[place]}
            yield named | {"type": "choices", "value": {"choices": [NOTHING]}}

    def _region(
        self, name: str, question: str, span: Json, data: Json, fields: Fields
    ) -> Iterator[Json]:
        """The span, and its severity and comment under the same id."""
        field = _field(span, fields)
        place = self._place(span, data[field])

        def result(control: str, kind: str, value: Json) -> Json:
            common = {"id": name, "from_name": control, "to_name": field}
            return common | {"type": kind, "value": {**place, **value}}

        words = self.labels[question].get(span["label"], span["label"])
        yield result(question, "labels", {"labels": [words]})
        if severity := span.get("severity"):
            chosen = self.severities[question].get(severity, severity)
            yield result(f"{question}_{SEVERITY}", "choices", {"choices": [chosen]})
        if comment := span.get("comment"):
            yield result(f"{question}_{COMMENT}", "textarea", {"text": [comment]})

    def _place(self, span: Json, text: str) -> Json:
        start, end = span["start"], span["end"]
        if self.options["offsets"] == UNITS:
            utf16 = Utf16(text)
            start, end = utf16.to_units(start), utf16.to_units(end)
        return {"start": start, "end": end, "text": span["text"]}


EXPORTER = LabelStudioExport


def _field(part: Json, fields: Fields) -> str:
    if "completion" in part:
        return fields.completions[part["completion"]]
    return fields.contexts[part["context"]]


def _annotation(label: ExportedLabel, results: list[Json]) -> Json:
    found: Json = {
        "annotator": label.annotator,
        "created_at": label.created_at.isoformat(),
        "was_cancelled": False,
        "ground_truth": False,
        "result": results,
    }
    return found if label.wall_seconds is None else found | {"lead_time": label.wall_seconds}


def _prediction(label: ExportedLabel, results: list[Json]) -> Json:
    return {
        "model_version": label.annotator,
        "created_at": label.created_at.isoformat(),
        "result": results,
    }
