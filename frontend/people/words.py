"""What is known of how somebody answers, in words: each figure with its interval and what is usual.

Neutral on purpose: a figure that is unusual is worth a look at the answers, and nothing more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from annotate.models import AnnotatorQuality, QualityReport
from annotate.quality.study import LEAST_COMPARED, LEAST_DRIFT, LEAST_TESTED, LEAST_TIMED
from frontend.charts import percent

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
Data = Mapping[str, Any]

# What a sign says in a list, in two or three words.
SIGN_WORDS = {
    "chance": "near chance",
    "drift": "agrees less lately",
    "position": "by place",
    "length": "by length",
    "quick": "very quick",
    "same": "one answer",
    "runs": "long runs",
    "copies": "same as another",
}


@dataclass(frozen=True)
class Finding:
    """One pattern: the figure, what is usual, and what it means where it is worth a look."""

    sign: str
    name: str
    figure: str
    usual: str = ""
    says: str = ""
    looks: bool = False


def seconds(value: float) -> str:
    """A time as people say it: 4.2 s, 48 s, 3 min 5 s."""
    if value < 10:
        return f"{value:.1f}".removesuffix(".0") + " s"
    whole = round(value)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def share(figure: Data) -> str:
    """Such as 52 % (45 to 59), with a dash."""
    value, low, high = (100 * float(figure[name]) for name in ("value", "low", "high"))
    return f"{value:.0f}\N{NO-BREAK SPACE}% ({low:.0f}{DASH}{high:.0f})"


def points(value: float) -> str:
    whole = round(100 * value)
    return f"{whole:+d}".replace("-", MINUS) if whole else "0"


def change(figure: Data) -> str:
    """A difference of shares in points, with its interval."""
    value, low, high = (points(figure[name]) for name in ("value", "low", "high"))
    return f"{value} points ({low} to {high})"


def few(there: int, least: int) -> str:
    return f"too few labels yet: {there:,} of {least}"


def findings(
    quality: AnnotatorQuality, report: QualityReport, names: Mapping[int, str]
) -> list[Finding]:
    """All patterns, those worth a look first. ``names``: of annotators that answers are shared with."""
    found = [
        Finding(sign, SIGN_NAMES[sign], *write(quality, report), looks=sign in quality.signs)
        for sign, write in _WRITERS.items()
    ]
    found += [_copies(quality, one, names) for one in quality.data.get("copies", ())]
    return sorted(found, key=lambda one: not one.looks)


SIGN_NAMES = {
    "chance": "Agreement beyond chance",
    "drift": "Agreement over time",
    "position": "First shown",
    "length": "Longer completion",
    "quick": "Very quick answers",
    "same": "The same answer",
    "runs": "Longest run of one answer",
}
Words = tuple[str, str, str]


def _chance(quality: AnnotatorQuality, _report: QualityReport) -> Words:
    figure = quality.data.get("chance")
    if figure is None:
        return few(quality.compared, LEAST_TESTED), "", ""
    observed = quality.hits / quality.compared
    chance, theirs = float(figure["chance"]), float(quality.data.get("expected", 0))
    usual = f"chance {percent(chance, places=0)}, others here {percent(theirs, places=0)}"
    says = "Agreement with the others is nearer to chance than to what they reach on these items."
    if figure["p_sign"] is None:
        says, usual = "", f"{usual}: too near each other to tell"
    return percent(observed, places=0), usual, says


def _drift(quality: AnnotatorQuality, _report: QualityReport) -> Words:
    figure = quality.data.get("drift")
    if figure is None:
        if quality.compared < LEAST_DRIFT:
            return few(quality.compared, LEAST_DRIFT), "", ""
        return "the labels came without times", "", ""
    usual = f"others meanwhile {points(figure['others'])}"
    says = "The last third of the labels agrees less with the others than the first third did."
    return change(figure), usual, says


def _position(quality: AnnotatorQuality, report: QualityReport) -> Words:
    figure = quality.data.get("position")
    if figure is None:
        if report.kind != "preference":
            return "not asked about by this question", "", ""
        if quality.answers < LEAST_TESTED:
            return few(quality.answers, LEAST_TESTED), "", ""
        return "the order shown is not known, or was nearly always the same", "", ""
    says = "One place on the page is chosen more often than the order, which is drawn, explains."
    return f"{share(figure)} of {figure['n']:,}", "half, as the order is drawn", says


def _length(quality: AnnotatorQuality, report: QualityReport) -> Words:
    figure = quality.data.get("length")
    if figure is None:
        if report.kind != "preference":
            return "not asked about by this question", "", ""
        if quality.answers < LEAST_TESTED:
            return few(quality.answers, LEAST_TESTED), "", ""
        return "too few answers took a side on completions of different length", "", ""
    longer = "longer" if figure["value"] > 0 else "shorter"
    says = f"The {longer} completion is chosen more often than others choose it on such items."
    usual = f"chosen in {percent(figure['share'], places=0)} of {figure['n']:,}"
    return f"{change(figure)} beyond others", usual, says


def _quick(quality: AnnotatorQuality, _report: QualityReport) -> Words:
    figure = quality.data.get("quick")
    if figure is None:
        if "pace" not in quality.data:
            return "no times were taken", "", ""
        return "too few people or labels have times yet", "", ""
    says = "Most labels took less than a quarter of the time that is usual here."
    return f"{share(figure)} of {figure['n']:,}", f"under {seconds(figure['limit'])}", says


def _same(quality: AnnotatorQuality, report: QualityReport) -> Words:
    figure = quality.data.get("same")
    if figure is None:
        return few(quality.answers, LEAST_TESTED), "", ""
    says = "Nearly all labels give one answer, by its place on the page."
    figure_words = f"{share(figure)} “{_class(report, figure['class'])}”"
    return figure_words, f"others {percent(figure['usual'], places=0)} on these items", says


def _runs(quality: AnnotatorQuality, report: QualityReport) -> Words:
    figure = quality.data.get("runs")
    if figure is None:
        return few(quality.answers, LEAST_TESTED), "", ""
    says = "One answer comes so often in a row that neither the items nor habit explain it."
    words = f"{figure['longest']:,} times “{_class(report, figure['class'])}”"
    return words, "", says


def _class(report: QualityReport, place: int) -> str:
    """A class by its place on the page: which completion that is differs from item to item."""
    if report.kind == "preference":
        return ("first better", "tie", "second better")[place]
    return str(report.classes[place]["words"])


def _copies(quality: AnnotatorQuality, one: Data, names: Mapping[int, str]) -> Finding:
    other = names.get(one["with"], "somebody")
    usual = f"{one['same']:,} of {one['shared']:,} shared items"
    if one["follows"] and one["later"] >= 0.9:
        usual += f", {seconds(one['lag'])} later (median)"
    return Finding(
        sign="copies",
        name=f"Same answers as {other}",
        figure=f"{one['alike']:,} of {one['apart']:,} where the others say something else",
        usual=usual,
        says="Two who work apart seldom differ from everybody else in the same way so often.",
        looks=one["follows"],
    )


_WRITERS: dict[str, Callable[[AnnotatorQuality, QualityReport], Words]] = {
    "chance": _chance,
    "position": _position,
    "length": _length,
    "same": _same,
    "runs": _runs,
    "quick": _quick,
    "drift": _drift,
}


def gold_words(quality: AnnotatorQuality) -> str:
    """Right answers to gold, with an interval once there are enough."""
    gold = quality.data.get("gold")
    if not gold:
        return "no gold labelled yet"
    if "value" not in gold:
        return f"{gold['hits']:g} of {gold['n']}; {few(gold['n'], LEAST_COMPARED)}"
    return f"{share(gold)}, {gold['hits']:g} of {gold['n']:,}"


def pace_words(quality: AnnotatorQuality) -> str:
    pace = quality.data.get("pace")
    if not pace:
        return f"too few times yet ({LEAST_TIMED} are needed)"
    low, high = seconds(pace["low"]), seconds(pace["high"])
    return f"{seconds(pace['value'])} ({low} to {high})"
