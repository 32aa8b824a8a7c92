"""What several annotators marked in one item's texts, side by side: rows of a table, which is painted too."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from annotate.models import Annotation, Annotator
from annotate.offsets import CONTEXT, Target
from annotate.questions.base.labels import Label, colours
from annotate.questions.base.question import letter
from frontend.items.history import pseudonym
from routing.suggestions import questions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from annotate.models import Item
    from annotate.questions import Question

LISTS = ("spans", "steps", "edits", "missing")  # where answers have their parts
MOST_STRETCHES = 300
LEVELS = 5  # of support, in which it is painted


@dataclass(frozen=True)
class Row:
    """A part that somebody marked; ``start`` is None for what is missing from a text."""

    by: int
    who: str
    question: str
    of: Target
    start: int | None
    end: int | None
    text: str
    label: str
    colour: str
    more: Sequence[str] = ()

    @property
    def view(self) -> str:
        """The text as pages name it."""
        return f"{self.of.kind}-{self.of.place}"

    @property
    def where(self) -> str:
        return f"passage {self.of.place + 1}" if self.of.kind == CONTEXT else letter(self.of.place)


@dataclass(frozen=True)
class Who:
    """Somebody whose label marks texts, and how many parts of them."""

    by: int
    name: str
    rows: int


@dataclass(frozen=True)
class Stretch:
    """Characters that the same annotators marked, with whatever label: ``count`` of ``of`` annotators."""

    where: str
    view: str
    start: int
    end: int
    text: str
    count: int
    of: int

    @property
    def level(self) -> int:
        """From 1 to ``LEVELS``."""
        return max(1, round(LEVELS * self.count / self.of))


@dataclass(frozen=True)
class Overlay:
    """``stretches`` only where there are several annotators, the first ``MOST_STRETCHES``."""

    whose: Sequence[Who] = ()
    rows: Sequence[Row] = ()
    stretches: Sequence[Stretch] = field(default=())
    cut: bool = False
    several_questions: bool = False


def overlay(labels: Iterable[Annotation], texts: Mapping[str, str]) -> Overlay | None:
    """Of labels, what stands where together; ``texts`` by view. None where none of them has a question about parts."""
    marking = [label for label in labels if _marking(label)]
    if not marking:
        return None
    rows = sorted((row for label in marking for row in _rows(label)), key=_place)
    whose = [
        Who(label.pk, pseudonym(label.annotator), sum(row.by == label.pk for row in rows))
        for label in marking
    ]
    stretches = _stretches(rows, texts, len(marking)) if len(marking) > 1 else []
    questions = {row.question for row in rows}
    cut = len(stretches) > MOST_STRETCHES
    return Overlay(whose, rows, stretches[:MOST_STRETCHES], cut, len(questions) > 1)


def by_kind(labels: Sequence[Annotation], texts: Mapping[str, str]) -> dict[str, Overlay | None]:
    """People's labels, and those of judges, which are kept apart from them."""
    kinds = {"people": Annotator.Kind.HUMAN, "judges": Annotator.Kind.LLM}
    return {
        name: overlay([one for one in labels if one.annotator.kind == kind], texts)
        for name, kind in kinds.items()
    }


def marked_in(item: Item) -> dict[str, Overlay | None]:
    """What stands in labels of work now, by kind of annotator; without a query where nothing is marked."""
    if not item.project.questions.needs_texts:
        return {}
    labels = Annotation.objects.current().work().filter(item=item).select_related("annotator__user")
    return by_kind(list(labels.order_by("pk")), texts_of(item))


def texts_of(item: Item) -> dict[str, str]:
    """An item's texts by view, completions in its own order."""
    found = {f"completion-{one.position}": one.text for one in item.completions.all()}
    return found | {f"context-{n}": one["text"] for n, one in enumerate(item.contexts)}


def _marking(label: Annotation) -> list[Question[Any]]:
    """The questions about parts of texts that a label answers, as it was asked them."""
    questions = questions_of(label.form_id)
    return [one for one in questions if one.needs_texts and one.name in label.answers]


def _rows(label: Annotation) -> list[Row]:
    return [
        _row(label, question, part)
        for question in _marking(label)
        for name in LISTS
        for part in label.answers[question.name].get(name, ())
    ]


def _place(row: Row) -> tuple[bool, int, bool, int, int]:
    """By text, then from front to back; what is missing comes last."""
    missing = row.start is None
    return row.of.kind == CONTEXT, row.of.place, missing, row.start or 0, row.end or 0


def _row(label: Annotation, question: Question[Any], part: Mapping[str, Any]) -> Row:
    value = part.get("label", "")
    words: Mapping[str, str] = getattr(question, "label_words", {})
    severities = {one.value: one.label for one in getattr(question.config, "severities", ())}
    given = part.get("severity", "")
    replacement = [f"→ “{part['replacement']}”"] if "replacement" in part else []
    said = [severities.get(given, given), part.get("comment", ""), part.get("reason", "")]
    return Row(
        by=label.pk,
        who=pseudonym(label.annotator),
        question=question.config.title,
        of=Target.of(part),
        start=part.get("start"),
        end=part.get("end"),
        text=part.get("text", ""),
        label=words.get(value, str(value)),
        colour=_colours(question).get(value, "grey"),
        more=[*replacement, *filter(None, said)],
    )


def _colours(question: Question[Any]) -> dict[str, str]:
    labels = [one for one in getattr(question.config, "labels", ()) if isinstance(one, Label)]
    return colours(labels)


def _stretches(rows: Sequence[Row], texts: Mapping[str, str], of: int) -> list[Stretch]:
    """Texts cut wherever somebody's part begins or ends; what nobody marked is left out."""
    by_view: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.start is not None and row.end is not None and row.start < row.end:
            by_view[row.view].append(row)
    return [
        Stretch(marked[0].where, view, start, end, texts.get(view, "")[start:end], count, of)
        for view, marked in by_view.items()
        for start, end, count in _support(marked)
    ]


def _support(rows: Sequence[Row]) -> list[tuple[int, int, int]]:
    """Start, end and number of annotators of each stretch; neighbours with the same ones are one."""
    changes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        assert row.start is not None
        assert row.end is not None
        changes[row.start].append((row.by, 1))
        changes[row.end].append((row.by, -1))
    open_: dict[int, int] = {}
    found: list[tuple[int, int, frozenset[int]]] = []
    for start, end in pairwise(sorted(changes)):
        for by, step in changes[start]:
            open_[by] = open_.get(by, 0) + step
        who = frozenset(by for by, number in open_.items() if number)
        if found and found[-1][1:] == (start, who):
            found[-1] = (found[-1][0], end, who)
        elif who:
            found.append((start, end, who))
    return [(start, end, len(who)) for start, end, who in found]
