"""How alike people and judges answer, as the agreement page shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from annotate.models import Project
from annotate.questions import Question
from frontend.charts import Estimate, Row, Series, by_version, intervals
from frontend.quality.agreement_spans import (
    CHARTED,
    OfLabel,
    Told,
    coefficients_of,
    labels_of,
    reading,
    share_in,
    told,
)

Json = dict[str, Any]
MOST_ROWS = 8  # of a chart; its table has all
MOST_NAMES = 6  # below a chart, which may be narrow
LEAST_CHARTED = 5  # items of a period
CHANCE = "Not clearly more than chance: look at the guidelines, and at the items below."
ALPHA, APOSTROPHE = "\N{GREEK SMALL LETTER ALPHA}", "\N{RIGHT SINGLE QUOTATION MARK}"
OF = f"{APOSTROPHE}s"
DISTANCES = {
    "nominal": "same or not",
    "ordinal": "ranks between",
    "interval": "steps apart, squared",
    "ratio": "ratio, squared",
    "distance": f"the question{OF} own",
    "unitised": "same label or not, by character",
}
# Name, and what each is for.
COEFFICIENTS = {
    "alpha": (f"Krippendorff{OF} {ALPHA}", f"The question{OF} own distance. For papers, and to compare projects."),
    "alpha_sides": (f"{ALPHA} of the sides", "First, tie or second, without strength: what most papers on preferences report."),
    "alpha_nominal": (f"{ALPHA}, nominal", "Every point of the scale for itself: a near miss counts as a miss."),
    "alpha_ordinal": (f"{ALPHA}, ordinal", "By how many answers lie between: for scales whose steps are not equal."),
    "alpha_interval": (f"{ALPHA}, interval", "By the squared number of steps: large differences weigh most."),
    "alpha_ratio": (f"{ALPHA}, ratio", "By the ratio: for counts and sizes with a true zero."),
    "alpha_whole": (f"{ALPHA} of whole answers", "With “both bad” as an answer that is far from every other."),
    "fleiss": (f"Fleiss{APOSTROPHE} κ", "Classes without an order, any number of people: beside older studies."),
    "ac1": (f"Gwet{OF} AC1", f"Where nearly all answers are the same, and κ and {ALPHA} fall for that alone."),
    "ac2": (f"Gwet{OF} AC2", "The same with partial credit: squared steps of the scale."),
    "agreement": ("Same answer", "Of two people on the same item, sides taken for preferences. To tell annotators."),
    "agreement_without_ties": ("Same side, ties apart", f"Where both take a side: what a reward model{OF} accuracy is held against."),
    "agreement_whole": ("Same whole answer", "With “both bad” among the answers."),
}  # fmt: skip
DIMENSIONS = {
    "source": ("source", "By source"),
    "tag": ("tag", "By tag"),
    "share": ("share", "By share"),
    "generator": ("model", "By model that takes part"),
}


@dataclass(frozen=True)
class Figure:
    """One coefficient: its value with interval, what there was and what chance would give."""

    key: str
    name: str
    purpose: str
    estimate: Estimate | None
    observed: float | None
    chance: float | None
    items: int

    @property
    def is_share(self) -> bool:
        return self.key.startswith("agreement")


@dataclass(frozen=True)
class Agreed:
    """One question: alpha by its own metric, the share of equal answers, and all coefficients."""

    name: str
    title: str
    metric: str
    labels: int
    without_value: int
    figures: dict[str, Figure]
    signed: bool
    told: Told
    labels_told: list[OfLabel]

    @property
    def spans(self) -> bool:
        """Whether parts of texts are marked."""
        return "character_f1" in self.figures

    @property
    def apart(self) -> str:
        """The query of the items on which people disagree, most of all first."""
        torn = {"labels": "split"} if self.signed else {"disagreement_min": "0.01"}
        return urlencode({**torn, "sort": "-disagreement"})

    @property
    def alpha(self) -> Estimate | None:
        return self.figures["alpha"].estimate

    @property
    def same(self) -> Figure:
        return self.figures["character_f1" if self.spans else "agreement"]

    @property
    def against_chance(self) -> str:
        return reading(self.same.estimate, self.same.chance)

    @property
    def without_ties(self) -> Estimate | None:
        figure = self.figures.get("agreement_without_ties")
        return figure.estimate if figure is not None else None

    @property
    def items(self) -> int:
        return self.figures["alpha"].items

    @property
    def all(self) -> list[Figure]:
        return list(self.figures.values())

    @property
    def words(self) -> str:
        """Krippendorff's own reading of alpha (2004): 0.8 to rely on, 0.667 for tentative use."""
        if self.alpha is None:
            return "Not defined."
        if self.alpha.least >= 0.8:
            return "Reliable."
        if self.alpha.least >= 0.667:
            return "Good enough for tentative conclusions."
        return "Noisy: more labels for each item help." if self.alpha.least > 0 else CHANCE


def estimate_in(figure: Json | None) -> Estimate | None:
    if not figure or figure["value"] is None:
        return None
    return Estimate(figure["value"], figure["low"], figure["high"], figure["n"])


def agreed(project: Project, found: dict[str, Json]) -> list[Agreed]:
    """The questions that several people have answered, the main preference first.

    ``found`` is what ``project_agreement`` gives.
    """
    main = project.questions.main_preference()
    order = sorted(project.questions, key=lambda question: question is not main)
    return [
        _question(question, found[question.name]) for question in order if question.name in found
    ]


def _question(question: Question[Any], found: Json) -> Agreed:
    """The metric that ``alpha`` goes by is not listed a second time."""
    words = coefficients_of(found, COEFFICIENTS)
    names = [name for name in words if name in found]
    figures = {
        name: Figure(
            name,
            *words[name],
            estimate_in(found[name]),
            found[name]["observed"],
            found[name]["chance"],
            found[name]["n"],
        )
        for name in names
        if name != f"alpha_{found['metric']}"
    }
    return Agreed(
        name=question.name,
        title=question.config.title,
        metric=DISTANCES[found["metric"]],
        labels=found["labels"],
        without_value=found["without_value"],
        figures=figures,
        signed=question.signed,
        told=told(found),
        labels_told=labels_of(found, dict(question.mark_labels)),
    )


def chart(rows: list[Agreed]) -> SafeString:
    """Alpha by question; of a lone question, the coefficients that go beyond chance."""
    if len(rows) == 1 and rows[0].spans:
        return _spans_chart(rows[0])
    if len(rows) == 1:
        lines = [
            Row(figure.name, figure.estimate, "people")
            for figure in rows[0].all
            if not figure.is_share and figure.key in ("alpha", "alpha_sides", "fleiss", "ac1")
        ]
        label = "Coefficients of agreement"
    else:
        lines = [Row(row.title, row.alpha, "people") for row in rows]
        label = "Krippendorff's alpha by question"
    return intervals(lines, label=label, always=[0.0, 1.0], marks=[0.0], as_percent=False)


def _spans_chart(row: Agreed) -> SafeString:
    lines = [
        Row(figure.name, figure.estimate, "people") for figure in row.all if figure.key in CHARTED
    ]
    chance = [] if row.same.chance is None else [row.same.chance]
    label = "Agreement on what is marked"
    return intervals(lines, label=label, always=[0.0, 1.0], marks=chance, as_percent=False)


# ------------------------------------------------------------------------------------------ parts


@dataclass(frozen=True)
class Part:
    """A slice of the items, or a period: alpha and the share of equal answers beside chance."""

    name: str
    url: str
    alpha: Estimate | None
    same: Estimate | None
    chance: float | None
    without_ties: Estimate | None
    items: int


@dataclass(frozen=True)
class Slices:
    """One way to part the items. ``word`` names a part, ``left_out`` counts those too small."""

    word: str
    title: str
    parts: list[Part]
    left_out: int

    @property
    def chart(self) -> SafeString:
        rows = [Row(part.name, part.alpha, "people") for part in self.parts[:MOST_ROWS]]
        label = f"Krippendorff's alpha {self.title.lower()}"
        return intervals(rows, label=label, always=[0.0, 1.0], marks=[0.0], as_percent=False)

    @property
    def charted(self) -> int:
        return min(MOST_ROWS, len(self.parts))


def slices_of(project: Project, found: Json) -> list[Slices]:
    """What has at least two parts, not all of them the whole: others say nothing new."""
    shown = []
    for dimension, (word, title) in DIMENSIONS.items():
        of = found["slices"][dimension]
        parts = [
            _part(name, _slice_url(project, dimension, name), part)
            for name, part in of["slices"].items()
        ]
        if len(parts) > 1 and any(part.items < found["alpha"]["n"] for part in parts):
            shown.append(Slices(word, title, parts, of["left_out"]))
    return shown


def _part(name: str, url: str, found: Json) -> Part:
    return Part(
        name=name,
        url=url,
        alpha=estimate_in(found["alpha"]),
        same=estimate_in(share_in(found)),
        chance=share_in(found)["chance"],
        without_ties=estimate_in(found.get("agreement_without_ties")),
        items=found["alpha"]["n"],
    )


def _slice_url(project: Project, dimension: str, name: str) -> str:
    return items_url(project, **{dimension: name})


def items_url(project: Project, **conditions: str | int) -> str:
    return f"{reverse('items', args=[project.slug])}?{urlencode(conditions)}"


@dataclass(frozen=True)
class Periods:
    """The same over time: an item stands in the period of its last label."""

    by: str
    parts: list[Part]
    told: Told

    @property
    def charted(self) -> list[Part]:
        """Those with enough items to say something; the table has all."""
        return [part for part in self.parts if part.items >= LEAST_CHARTED]

    @property
    def chart(self) -> SafeString:
        """The share of equal answers beside what chance would give."""
        series = [
            Series(self.told.lower, [part.same for part in self.charted], "people"),
            Series("by chance", [_chance(part) for part in self.charted], "longer"),
        ]
        every, last = -(-len(self.charted) // MOST_NAMES), len(self.charted) - 1
        places = [
            "" if (last - place) % every else part.name for place, part in enumerate(self.charted)
        ]
        return by_version(places, series, label=f"{self.told.caption} over time")


def _chance(part: Part) -> Estimate | None:
    return None if part.chance is None else Estimate(part.chance)


def periods_of(found: Json) -> Periods:
    by = found["over_time"]["by"]
    parts = [_part(_when(row["from"], by), "", row) for row in found["over_time"]["periods"]]
    return Periods(by, parts, told(found))


def _when(start: str, by: str) -> str:
    day = date.fromisoformat(start)
    return f"{day:%b %Y}" if by == "month" else f"{day.day} {day:%b}"


# ----------------------------------------------------------------------------------------- judges


SHARES_WITH = ("agreement", "character_f1", "character_f1_all", "agreement_with_judge")
SHARES_AMONG = ("agreement_people", "character_f1_people")
DIFFERENCES = ("agreement_difference", "character_f1_difference")


@dataclass(frozen=True)
class Judged:
    """A judge against people, and people against each other, on the same items."""

    name: str
    url: str
    items: int
    with_people: Estimate | None
    among_people: Estimate | None
    difference: Estimate | None
    majority: Estimate | None
    person: Estimate | None
    cohen: Estimate | None

    @property
    def words(self) -> str:
        if self.difference is None or self.difference.low is None:
            return f"Nobody knows yet: no item has its label and two people{OF}."
        if self.difference.least > 0:
            return "Agrees with people more than they do with each other."
        if self.difference.most < 0:
            return "Agrees with people less than they do with each other."
        return "Agrees with people about as much as they do with each other."


def judges_of(project: Project, found: Json) -> list[Judged]:
    return [
        Judged(
            name=row["name"],
            url=items_url(project, annotator=row["annotator"], labels="both"),
            items=row["n"],
            with_people=estimate_in(_first(row, SHARES_WITH)),
            among_people=estimate_in(_first(row, SHARES_AMONG)),
            difference=estimate_in(_first(row, DIFFERENCES)),
            majority=estimate_in(row.get("majority_of_others")),
            person=estimate_in(row.get("majority_of_others_people")),
            cohen=estimate_in(row.get("cohen")),
        )
        for row in found["judges"]
    ]


def _first(row: Json, names: tuple[str, ...]) -> Json | None:
    """The first figure that is there and, if any is, defined."""
    there = [row[name] for name in names if name in row]
    return next((one for one in there if one["value"] is not None), there[0] if there else None)


def judges_chart(judges: list[Judged], of: Told) -> SafeString:
    def rows() -> Iterator[Row]:
        for judge in judges[:MOST_ROWS]:
            yield Row(f"{judge.name} with a person", judge.with_people, "judge")
            yield Row("two people, same items", judge.among_people, "people")

    return intervals(list(rows()), label=of.caption, always=[0.0, 1.0], as_percent=not of.plain)
