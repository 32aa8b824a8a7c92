"""What the page about aggregation shows: the method, its annotators, and methods side by side."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.combining import Source
from annotate.aggregation.comparing import comparison
from annotate.aggregation.method import Method
from annotate.aggregation.settling import chosen_method
from annotate.models import AggregationFit, Annotation, Project, Reliability
from annotate.questions import Question
from frontend.charts import Estimate, Row, intervals
from frontend.items.history import pseudonym

SOURCES = {Source.PEOPLE: "people", Source.JUDGES: "judges", Source.ALL: "all together"}
NAME_LENGTH = 32
NOT_MARKED = "what should not be marked"


@dataclass(frozen=True)
class Tried:
    """One method on the project's labels, as a line of the comparison."""

    method: Method
    chosen: bool
    default: bool
    # None before the methods were compared.
    units: int | None = None
    changed: int | None = None
    decided: int | None = None
    same: Estimate | None = None
    right: Estimate | None = None
    confidence: float | None = None
    seconds_spent: float | None = None


@dataclass(frozen=True)
class Comparison:
    """All methods of a question; ``behind`` counts labels that came after they were compared."""

    rows: list[Tried]
    done: bool
    source: str
    labels: int
    behind: int

    @property
    def has_known(self) -> bool:
        return any(row.right is not None for row in self.rows)

    def chart(self) -> SafeString | str:
        """Against what is known, where something is; else against votes."""
        if not self.done:
            return ""
        shown = [
            Row(
                f"{row.method.title}{' (chosen)' if row.chosen else ''}",
                row.right if self.has_known else row.same,
                "model" if row.chosen else "judge",
            )
            for row in self.rows
        ]
        return intervals(shown, label="Methods compared")


def aggregated(project: Project) -> list[Question[Any]]:
    """The questions whose answers are more than counted."""
    return [question for question in project.questions if question.methods]


def compared(project: Project, question: Question[Any]) -> Comparison:
    chosen = chosen_method(project, question)
    found = comparison(project)
    of_question = (found or {}).get("questions", {}).get(question.name)
    by_name = {row["method"]: row for row in of_question["methods"]} if of_question else {}
    rows = [
        _tried(name, by_name.get(name), chosen=chosen, default=question.methods[0])
        for name in question.methods
    ]
    behind = 0
    if found and of_question:
        later = Annotation.objects.filter(project=project, pk__gt=found["last"])
        behind = later.filter(purpose=Annotation.Purpose.WORK).count()
    return Comparison(
        rows=rows,
        done=bool(by_name),
        source=SOURCES[Source(of_question["source"])] if of_question else "",
        labels=of_question["labels"] if of_question else 0,
        behind=behind,
    )


def _tried(name: str, row: dict[str, Any] | None, *, chosen: Method | None, default: str) -> Tried:
    method = METHODS[name]
    if row is None:
        return Tried(method, method is chosen, name == default)
    return Tried(
        method,
        method is chosen,
        name == default,
        units=row["units"],
        changed=row["changed"],
        decided=row["decided"],
        same=share(row["units"] - row["changed"], row["units"]),
        right=share(row["right"], row["known"]),
        confidence=row["confidence"],
        seconds_spent=row["seconds_spent"],
    )


def share(count: int, n: int) -> Estimate | None:
    """A share with its 95 % interval (E. B. Wilson 1927); None of nothing."""
    if n <= 0:
        return None
    value, z = min(max(count, 0), n) / n, 1.96
    middle = (value + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * (value * (1 - value) / n + z**2 / (4 * n**2)) ** 0.5 / (1 + z**2 / n)
    return Estimate(value, max(0.0, middle - half), min(1.0, middle + half), n)


def fits_of(project: Project, question: Question[Any]) -> list[AggregationFit]:
    """The current fits, in the order of the sources."""
    fits = AggregationFit.objects.filter(project=project, question=question.name, current=True)
    order = list(SOURCES)
    return sorted(fits, key=lambda fit: order.index(Source(fit.source)))


@dataclass(frozen=True)
class Relied:
    """One annotator's line."""

    name: str
    kind: str
    url: str
    labels: int
    estimate: Estimate | None
    words: str


def relied(rows: list[Reliability], question: Question[Any], *, items_url: str) -> list[Relied]:
    return [
        Relied(
            name=pseudonym(row.annotator),
            kind=row.annotator.kind,
            url=f"{items_url}?annotator={row.annotator_id}",
            labels=row.labels,
            estimate=None
            if row.value is None
            else Estimate(row.value, row.low, row.high, row.labels),
            words=in_words(row.data, names_of_classes(question)),
        )
        for row in rows
    ]


def reliability_chart(rows: list[Relied], *, label: str) -> SafeString | str:
    shown = [
        Row(
            _short(row.name),
            row.estimate,
            "judge" if row.kind == "llm" else "people",
            row.url,
        )
        for row in rows
    ]
    return intervals(shown, label=label, always=[0.0, 1.0]) if shown else ""


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"


def names_of_classes(question: Question[Any]) -> list[str]:
    """What the question's votes can be, in words."""
    if question.signed:
        return {2: ["the first", "the second"], 3: ["the first", "a tie", "the second"]}[
            len(question.classes)
        ]
    if question.marked:
        return [NOT_MARKED, "what should be marked"]
    if question.whole:  # each option of several is voted on alone
        return ["not chosen", "chosen"]
    return [f"“{question.value_words(value)}”" for value in question.classes]


def in_words(data: dict[str, Any], names: list[str]) -> str:
    """What a method learnt of somebody, beside the reliability; ``names`` are the classes'."""
    if "weight" in data:
        return f"counts {data['weight']:.2f} times as much as most"
    if "confusion" in data and names[0] == NOT_MARKED:
        return _marking(data["confusion"])
    if "confusion" in data:
        return _confusion(data["confusion"], names)
    if "habit" in data:
        return _habit(data["habit"], names)
    if "slope" in data:
        return f"offset {data['offset']:+.2f}, slope {data['slope']:.2f}, noise {data['noise']:.2f}"
    if "ability" in data:
        return f"ability {data['ability']:.2f}"
    if data.get("agreement") is not None:
        return f"agrees with {100 * data['agreement']:.0f} % of the others"
    return ""


def _marking(rows: list[list[float]]) -> str:
    """Of characters: how much of what is there somebody sees, and how much else is marked."""
    (_, invented), (_, seen) = rows
    return f"marks {100 * seen:.0f} % of what should be, {100 * invented:.1f} % of what should not"


def _confusion(rows: list[list[float]], names: list[str]) -> str:
    """The largest error: what is said how often where something else is right."""
    errors = [
        (given, names[true], names[said])
        for true, row in enumerate(rows)
        for said, given in enumerate(row)
        if said != true
    ]
    if not errors:
        return ""
    most, true, said = max(errors)
    return f"says {said} in {100 * most:.0f} % where {true} is right"


def _habit(shares: list[float], names: list[str]) -> str:
    total = sum(shares)
    if not total:
        return ""
    most = max(range(len(shares)), key=lambda place: shares[place])
    return f"falls back on {names[most]} in {100 * shares[most] / total:.0f} %"
