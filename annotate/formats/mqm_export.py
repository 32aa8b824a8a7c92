"""Ratings of translations written as a table with a row an error: see ``mqm``."""

import json
from collections.abc import Iterator, Mapping

from annotate.formats.base import ExportedItem, ExportedLabel, Exporter, Json, Option, Setting
from annotate.formats.marking import names_of_labels, names_of_severities
from annotate.formats.mqm import COLUMNS, NO_ERROR, QUESTION, SEGMENT
from annotate.formats.whose import NO_LABEL, SOURCE, labels_of
from annotate.questions import Questions

UNWRITABLE = ("\t", "\n", "\r", "<v>", "</v>")


class MqmExport(Exporter):
    name = "mqm"
    title = "MQM ratings of translations (TSV)"
    about = "A row an error, marked by <v> in source or target; a row no-error where there is none."
    extension = "tsv"
    between = tail = ""
    settings = (QUESTION, SOURCE, Option("header", "A first row of names", "yes", ("yes", "no")))

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.spans = self.asked("spans", self.options["question"], preset="mqm")
        self.labels = names_of_labels(self.spans)
        self.severities = names_of_severities(self.spans)
        header = "\t".join(COLUMNS) + "\n"
        self.head = header if self.options["header"] == "yes" else ""

    def row(self, item: ExportedItem) -> Json | None:
        return next(iter(self.rows(item)), None)

    def written(self, row: Json) -> str:
        return "\t".join(row[name] for name in COLUMNS) + "\n"

    def rows(self, item: ExportedItem) -> list[Json]:
        source = item.contexts[0]["text"] if item.contexts else item.prompt
        if _unwritable(source, *(one.text for one in item.completions)):
            self.left_out["items with a tab, a line break or <v> in a text"] += 1
            return []
        labels = list(labels_of(item, self.options["source"], self.spans.name))
        if not labels:
            self.left_out[NO_LABEL] += 1
        return [
            row
            for place in range(len(item.completions))
            for label in labels
            for row in self._rows(item, place, source, label)
        ]

    def _rows(
        self, item: ExportedItem, place: int, source: str, label: ExportedLabel
    ) -> Iterator[Json]:
        """An annotator's rows about one completion; marks in the source stand with the first."""
        answer = label.answers[self.spans.name]
        common = _common(item, place, label) | {
            "source": source,
            "target": item.completions[place].text,
        }
        for part in [*answer["spans"], *answer.get("missing", ())]:
            if part.get("completion") == place:
                yield common | self._error(part, common, "target", label)
            elif place == 0 and part.get("context") == 0 and item.contexts:
                yield common | self._error(part, common, "source", label)
            elif place == 0 and part.get("context", 0) > 0:
                self.left_out["spans on other passages than the first"] += 1
        if place in answer.get("clean", ()):
            more = _metadata(label, "")
            yield common | {"category": NO_ERROR, "severity": NO_ERROR, "metadata": more}

    def _error(self, part: Json, common: Json, side: str, label: ExportedLabel) -> Json:
        severity = part.get("severity", "")
        found = {
            "category": self.labels.words.get(part["label"], part["label"]),
            "severity": self.severities.words.get(severity, severity),
            "metadata": _metadata(label, part.get("comment", "")),
        }
        if "start" in part:
            text, start, end = common[side], part["start"], part["end"]
            found[side] = f"{text[:start]}<v>{text[start:end]}</v>{text[end:]}"
        return found


EXPORTER = MqmExport


def _unwritable(*texts: str) -> bool:
    return any(sign in text for text in texts for sign in UNWRITABLE)


def _common(item: ExportedItem, place: int, label: ExportedLabel) -> Json:
    """Segment, system and rater, whose names lose what a table cannot hold."""
    given = [item.metadata.get(name) for name in SEGMENT]
    named = all(isinstance(one, str | int) for one in given)
    segment = given if named else [item.key, place + 1, 0]
    system = item.completions[place].generator or f"system {place + 1}"
    cells = [system, *map(str, segment), label.annotator]
    return dict(zip(COLUMNS, (" ".join(cell.split()) for cell in cells), strict=False))


def _metadata(label: ExportedLabel, note: str) -> str:
    found: Json = {"timestamp": int(label.created_at.timestamp() * 1000)}
    return json.dumps(found | {"note": note} if note else found, ensure_ascii=False)
