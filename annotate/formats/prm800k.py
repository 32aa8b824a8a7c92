"""PRM800K's step labels (Lightman et al. 2023): one solution by one labeler a line.

``labeler``, ``timestamp``, ``question`` (``problem``, ``pre_generated_steps`` in phase 2, …) and
``label``: ``steps``, each with alternative ``completions`` (``text``, ``rating`` 1, 0, -1 or null), of
which ``chosen_completion`` is the index, or a ``human_completion``; ``total_time`` in milliseconds.

The completion is the pre-generated solution, else the trajectory: at each step what was chosen or
written, at the last one the first alternative where nothing was. Ratings of the other alternatives
have no place in it; they stay with the label.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from annotate.formats.base import (
    LONGEST_NAME,
    BadLine,
    ExportedItem,
    ExportedLabel,
    Exporter,
    Importer,
    Json,
    ParsedItem,
    ParsedLabel,
    Setting,
    brief,
    list_of,
    object_of,
    text_of,
    time_of,
    user_turn,
)
from annotate.formats.stepwise import (
    BETWEEN,
    QUESTION,
    RATINGS,
    SEPARATOR,
    Labelled,
    Ratings,
    asked,
    joined,
    labels_by_range,
)
from annotate.formats.whose import NO_LABEL, SOURCE, labels_of
from annotate.offsets import Texts
from annotate.questions import Questions

OF_LABEL = ("generation", "is_quality_control_question", "is_initial_screening_question", "label")
FOUND_ERROR, SOLUTION, GIVE_UP = "found_error", "solution", "give_up"


class _Step(NamedTuple):
    text: str
    rating: int | None


class Prm800kImport(Importer):
    name = "prm800k"
    title = "PRM800K step labels"
    about = "Solutions of problems with a rating 1, 0 or -1 for each step."
    settings = (QUESTION, RATINGS, SEPARATOR)

    def __init__(self, questions: Questions, options: Mapping[str, str]) -> None:
        super().__init__(questions, options)
        self.question = asked(self, given=True)
        self.ratings = Ratings(self.question, self.options["ratings"])

    def parse(self, record: Json) -> ParsedItem:
        question = object_of(record.get("question"), "'question'")
        label = object_of(record.get("label"), "'label'")
        faults: list[str] = []
        generated = list_of(question, "pre_generated_steps")
        if not all(isinstance(one, str) for one in generated):
            raise BadLine(f"'pre_generated_steps' is {brief(generated)}; write a list of texts")
        given = [object_of(one, f"step {n}") for n, one in enumerate(list_of(label, "steps"), 1)]
        steps = _generated(generated, given, faults) if generated else _trajectory(given)
        if not any(step.text for step in steps):
            raise BadLine("has no steps, neither pre-generated nor chosen; leave the line out")
        completion = joined([step.text for step in steps], BETWEEN[self.options["between"]])
        metadata = {
            n: v for n, v in question.items() if n not in ("problem", "pre_generated_steps")
        }
        return ParsedItem(
            key="",
            messages=user_turn(text_of(question, "problem")),
            completions=[completion],
            source=self.name,
            metadata={name: value for name, value in metadata.items() if value is not None},
            labels=self._labels(record, label, Labelled(self.question, completion), steps, faults),
        )

    def _labels(
        self,
        record: Json,
        label: Json,
        labelled: Labelled,
        steps: list[_Step],
        faults: list[str],
    ) -> list[ParsedLabel]:
        ranges = iter(labelled.texts.steps_of(0) or ())
        for number, step in enumerate(steps, start=1):
            if not step.text:
                continue
            place = next(ranges)
            if step.rating is not None:
                labelled.add(f"step {number}", place, self.ratings.label[step.rating])
        faults += labelled.faults
        if not labelled.steps and not faults:
            return []
        milliseconds = label.get("total_time")
        return [
            ParsedLabel(
                annotator=text_of(record, "labeler", longest=LONGEST_NAME),
                answers=labelled.answer(),
                created_at=time_of(record, "timestamp"),
                wall_seconds=milliseconds / 1000
                if isinstance(milliseconds, int | float) and 0 <= milliseconds < 1e12
                else None,
                raw={name: record[name] for name in OF_LABEL if name in record},
                faults=faults,
            )
        ]


IMPORTER = Prm800kImport


def _generated(generated: list[str], given: list[Json], faults: list[str]) -> list[_Step]:
    """Every pre-generated step, with the rating of the alternative that it is."""
    found = [_Step(text, None) for text in generated]
    for number, step in enumerate(given, start=1):
        alternatives = _alternatives(step, number)
        if number > len(generated):
            faults.append(f"step {number}: the solution has {len(generated)} steps; leave it out")
            continue
        same = [one for one in alternatives if one.text == generated[number - 1]]
        if same:
            found[number - 1] = same[0]
        elif any(one.rating is not None for one in alternatives):
            faults.append(
                f"step {number}: none of its alternatives is the pre-generated step; its ratings stay "
                "with the label"
            )
    return found


def _trajectory(given: list[Json]) -> list[_Step]:
    found = []
    for number, step in enumerate(given, start=1):
        alternatives = _alternatives(step, number)
        human, chosen = step.get("human_completion"), step.get("chosen_completion")
        if chosen is not None:
            if type(chosen) is not int or not 0 <= chosen < len(alternatives):
                raise BadLine(
                    f"step {number} has the chosen completion {brief(chosen)} of {len(alternatives)}; "
                    "count them from 0"
                )
            found.append(alternatives[chosen])
        elif human is not None:
            text = human.get("text") if isinstance(human, dict) else human
            if not isinstance(text, str):
                raise BadLine(
                    f"step {number} has the human completion {brief(human)}; write a text"
                )
            found.append(_Step(text, 1))  # labelers wrote what they held to be right
        else:
            found += alternatives[:1]
            break
    return found


def _alternatives(step: Json, number: int) -> list[_Step]:
    found = []
    for one in list_of(step, "completions"):
        given = object_of(one, f"a completion of step {number}")
        rating = given.get("rating")
        if rating is not None and (type(rating) is not int or rating not in (-1, 0, 1)):
            raise BadLine(f"step {number} has the rating {brief(rating)}; use 1, 0, -1 or null")
        found.append(_Step(text_of(given, "text"), rating))
    return found


# ------------------------------------------------------------------------------------------ export


class Prm800kExport(Exporter):
    name = "prm800k"
    title = "PRM800K step labels"
    about = "A line for each annotator's labels of the steps of a completion."
    settings = (QUESTION, SOURCE, RATINGS)

    def __init__(
        self, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
    ) -> None:
        super().__init__(questions, options, setting)
        self.question = asked(self, given=False)
        self.ratings = Ratings(self.question, self.options["ratings"])

    def row(self, item: ExportedItem) -> Json | None:
        return next(iter(self.rows(item)), None)

    def rows(self, item: ExportedItem) -> list[Json]:
        labels = labels_of(item, self.options["source"], self.question.name)
        found = [row for label in labels for row in self._of_label(item, label)]
        if not found:
            self.left_out[NO_LABEL] += 1
        return found

    def _of_label(self, item: ExportedItem, label: ExportedLabel) -> Iterator[Json]:
        texts = Texts([c.text for c in item.completions], (), [c.steps for c in item.completions])
        given = label.answers[self.question.name]["steps"]
        for place, completion in enumerate(item.completions):
            labels = labels_by_range(given, place)
            if not labels:
                continue
            ranges = self.question.divided(texts, place)
            steps = [
                _Step(completion.text[start:end], self.ratings.rating_of(labels.get((start, end))))
                for start, end in ranges
            ]
            yield self._row(item, label, steps)

    def _row(self, item: ExportedItem, label: ExportedLabel, steps: list[_Step]) -> Json:
        raw = label.raw if isinstance(label.raw, dict) else {}
        rated = max(n for n, step in enumerate(steps, start=1) if step.rating is not None)
        return {
            "labeler": label.annotator,
            "timestamp": label.created_at.replace(tzinfo=None).isoformat(),
            "generation": raw.get("generation"),
            "is_quality_control_question": raw.get("is_quality_control_question", False),
            "is_initial_screening_question": raw.get("is_initial_screening_question", False),
            "question": {
                "problem": item.prompt,
                **item.metadata,
                "pre_generated_steps": [step.text for step in steps],
            },
            "label": {
                "steps": _written(steps[:rated], _steps_of(raw)),
                "total_time": None
                if label.wall_seconds is None
                else round(label.wall_seconds * 1000),
                "finish_reason": _finish(steps, raw),
            },
        }


EXPORTER = Prm800kExport


def _steps_of(raw: Json) -> list[object]:
    label = raw.get("label")
    steps = label.get("steps") if isinstance(label, dict) else None
    return steps if isinstance(steps, list) else []


def _written(steps: list[_Step], came: list[object]) -> list[Json]:
    """Steps with the alternatives that they came with, if they did."""
    found = []
    for number, step in enumerate(steps):
        before = came[number] if number < len(came) else None
        alternatives, place = _with(step, before)
        stopped = number == len(steps) - 1 and step.rating == -1
        found.append(
            {
                "completions": alternatives,
                "human_completion": None,
                # Nothing goes on after an error.
                "chosen_completion": None if stopped else place,
            }
        )
    return found


def _with(step: _Step, before: object) -> tuple[list[Json], int]:
    """The alternatives at a step, and which of them it is."""
    given = before.get("completions") if isinstance(before, dict) else None
    own = {"text": step.text, "rating": step.rating, "flagged": None}
    for place, one in enumerate(given if isinstance(given, list) else ()):
        if isinstance(one, dict) and one.get("text") == step.text:
            assert isinstance(given, list)
            return [*given[:place], one | {"rating": step.rating}, *given[place + 1 :]], place
    return [own], 0


def _finish(steps: list[_Step], raw: Json) -> str:
    """As it came in; else by the last label."""
    label = raw.get("label")
    if isinstance(label, dict) and isinstance(label.get("finish_reason"), str):
        return str(label["finish_reason"])
    if any(step.rating == -1 for step in steps):
        return FOUND_ERROR
    return GIVE_UP if any(step.rating is None for step in steps) else SOLUTION
