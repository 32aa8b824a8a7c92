"""How alike people mark parts of texts, as the agreement page tells it."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from frontend.charts import Estimate, Row, intervals

Json = dict[str, Any]
ALPHA, APOSTROPHE = "\N{GREEK SMALL LETTER ALPHA}", "\N{RIGHT SINGLE QUOTATION MARK}"
MOST_LABELS, LONGEST = 8, 36  # of the chart, and characters of a name; the table has all
# Name, and what each is for.
COEFFICIENTS = {
    "character_f1": ("Character F1", "Characters that both mark, labels aside: what studies of spans report."),
    "character_f1_labels": ("Character F1, same label", "Where and what together: a character counts for each label that both give it."),
    "tolerant_f1": ("F1 of spans, nearly", "Same label, either end at most {} characters off: a space or a comma does not matter."),
    "exact_f1": ("F1 of spans, exactly", "Same label, same first and last character."),
    "missing_f1": ("F1 of what is missing", "Labels of what should be in the text and is not."),
    "alpha": (f"Krippendorff{APOSTROPHE}s {ALPHA}, unitised", "By character and label, the unmarked ones too, beyond chance: to compare projects."),
    "alpha_marked": (f"{ALPHA}, marked or not", "The same, labels aside."),
    "agreement_any": ("Anything at all", "Whether there is something to mark; only here do texts count that both leave as they are."),
}  # fmt: skip
CHARTED = ("character_f1", "character_f1_labels", "tolerant_f1", "exact_f1", "alpha")


@dataclass(frozen=True)
class Told:
    """How the share of agreement is named; ``plain`` numbers are not told in per cent."""

    same: str
    caption: str
    plain: bool

    @property
    def lower(self) -> str:
        return self.same[0].lower() + self.same[1:]


SAME_ANSWER = Told("Same answer", "Share of equal answers", plain=False)
CHARACTER_F1 = Told("Character F1", "Character F1", plain=True)


def told(found: Json) -> Told:
    return CHARACTER_F1 if "character_f1" in found else SAME_ANSWER


def share_in(found: Json) -> Json:
    """The figure that tells annotators how alike they are: of spans the F1 of characters."""
    share: Json = found["character_f1"] if "character_f1" in found else found["agreement"]
    return share


def coefficients_of(found: Json, others: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Of figures of spans their own names; ``others`` are those of all other kinds."""
    if "character_f1" not in found:
        return others
    tolerance = found["tolerance_characters"]
    return {name: (words, why.format(tolerance)) for name, (words, why) in COEFFICIENTS.items()}


@dataclass(frozen=True)
class OfLabel:
    """One label by itself."""

    name: str
    spans: int
    f1: Estimate | None
    chance: float | None
    alpha: Estimate | None
    items: int


def labels_of(found: Json, words: dict[str, str]) -> list[OfLabel]:
    """Those that are given most often first."""
    return [
        OfLabel(
            name=words.get(value, value),
            spans=row["spans"],
            f1=_estimate(row["character_f1"]),
            chance=row["character_f1"]["chance"],
            alpha=_estimate(row["alpha"]),
            items=row["character_f1"]["n"],
        )
        for value, row in found.get("by_label", {}).items()
    ]


def _estimate(figure: Json) -> Estimate | None:
    if figure["value"] is None:
        return None
    return Estimate(figure["value"], figure["low"], figure["high"], figure["n"])


def labels_chart(labels: list[OfLabel]) -> SafeString:
    rows = [Row(_short(label.name), label.f1, "people") for label in labels[:MOST_LABELS]]
    return intervals(rows, label="Character F1 by label", always=[0.0, 1.0], as_percent=False)


def _short(name: str) -> str:
    """That a narrow chart has room for beside the value."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def reading(f1: Estimate | None, chance: float | None) -> str:
    """What the headline says against chance."""
    if f1 is None or chance is None:
        return ""
    if f1.least > chance:
        return f"More alike than chance, which would bring them to {chance:.2f}."
    return (
        f"Not clearly more alike than by chance, which would bring them to {chance:.2f}: look at the "
        "guidelines, and at the items below."
    )
