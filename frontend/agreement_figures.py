"""How alike people answer, question by question, for a chart and its table."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from annotate.agreement import project_agreement
from annotate.models import Project
from frontend.charts import Estimate, Row, intervals

CHANCE = "Not clearly more than chance: look at the guidelines, and at the items below."


@dataclass(frozen=True)
class Agreed:
    """One question: alpha by its own metric, and the share of pairs of answers that are equal."""

    title: str
    metric: str
    alpha: Estimate | None
    agreement: Estimate | None
    without_ties: Estimate | None
    items: int

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


def _estimate(figure: dict[str, Any] | None) -> Estimate | None:
    if not figure or figure["value"] is None:
        return None
    return Estimate(figure["value"], figure["low"], figure["high"], figure["n"])


def agreed(project: Project) -> list[Agreed]:
    """The questions that several people have answered, the main preference first."""
    found = project_agreement(project)
    main = project.questions.main_preference()
    order = sorted(project.questions, key=lambda question: question is not main)
    return [
        Agreed(
            title=question.config.title,
            metric=figures["metric"],
            alpha=_estimate(figures.get("alpha")),
            agreement=_estimate(figures.get("agreement")),
            without_ties=_estimate(figures.get("agreement_without_ties")),
            items=figures["alpha"]["n"],
        )
        for question in order
        if (figures := found.get(question.name))
    ]


def chart(rows: list[Agreed]) -> SafeString:
    return intervals(
        [Row(row.title, row.alpha, "people") for row in rows],
        label="Krippendorff's alpha by question",
        always=[0.0, 1.0],
        marks=[0.0],
        as_percent=False,
    )
