"""What the versions of a project's reward model reached, for a chart and its table."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from annotate.models import Project
from frontend.charts import Estimate, Row, Series, by_version, intervals
from routing.models import RewardModel

SHOWN = 30  # versions in the chart; the list has all
LONGER, JUDGE = "longer wins", "judge"
LOOKS = {LONGER: "longer", JUDGE: "judge"}


def estimate(figure: dict[str, float] | None, n: int | None = None) -> Estimate | None:
    """A stored metric ``{"value", "low", "high"}``."""
    if figure is None:
        return None
    return Estimate(figure["value"], figure["low"], figure["high"], n)


@dataclass(frozen=True)
class Figures:
    """One version's metrics as they were stored."""

    metrics: dict[str, Any]

    @property
    def accuracy(self) -> Estimate | None:
        return estimate(self.metrics.get("accuracy"), self.metrics.get("decided"))

    def metric(self, name: str) -> Estimate | None:
        return estimate(self.metrics.get(name), self.metrics.get("rows"))

    @property
    def against(self) -> str:
        """Whose labels the predictions are held against: people's, or judges' where there are none."""
        return str(self.metrics.get("against", "people"))

    @property
    def prompts(self) -> int:
        return int(self.metrics.get("prompts", 0))

    @property
    def trained_on(self) -> dict[str, int]:
        return dict(self.metrics.get("trained_on") or {})

    @property
    def baselines(self) -> dict[str, dict[str, Any]]:
        return dict(self.metrics.get("baselines", {}))

    def baseline(self, name: str) -> Estimate | None:
        found = self.baselines.get(name)
        return estimate(found["accuracy"], found["rows"]) if found else None

    def gain(self, name: str) -> Estimate | None:
        """Accuracy less the baseline's, on the rows for which both can say."""
        found = self.baselines.get(name)
        return estimate(found["difference"], found["rows"]) if found else None

    @property
    def over_longer(self) -> Estimate | None:
        return self.gain(LONGER)

    @property
    def beats_longer(self) -> bool | None:
        """Whether the gain over "longer wins" is above zero beyond its interval; None if unknown."""
        gain = self.gain(LONGER)
        return None if gain is None else gain.least > 0


@dataclass(frozen=True)
class VersionRow:
    model: RewardModel
    figures: Figures


@dataclass(frozen=True)
class Accuracy:
    """Accuracy by version: the drawn chart, its series, and a row a version for the table."""

    chart: SafeString | str = ""
    series: list[Series] = field(default_factory=list)
    rows: list[VersionRow] = field(default_factory=list)
    # Whether the form asks anything that a reward model learns from.
    learns: bool = True

    @property
    def latest(self) -> VersionRow | None:
        return self.rows[-1] if self.rows else None


def accuracy_by_version(project: Project) -> Accuracy:
    """The last versions, oldest first, beside their baselines."""
    models = project.reward_models.defer("heads", "libraries").order_by("-version")[:SHOWN]
    rows = [VersionRow(model, Figures(model.metrics)) for model in reversed(models)]
    if not rows:
        return Accuracy(learns=project.questions.main_preference() is not None)
    series = [
        *(
            Series(name, [row.figures.baseline(name) for row in rows], look)
            for name, look in LOOKS.items()
            if any(name in row.figures.baselines for row in rows)
        ),
        Series("reward model", [row.figures.accuracy for row in rows], "model"),
    ]
    chart = by_version(
        [str(row.model.version) for row in rows],
        series,
        label="Accuracy of the reward model by version, beside its baselines",
        always=[0.5],
    )
    return Accuracy(chart, series[::-1], rows)


def comparison(figures: Figures) -> SafeString:
    """One version's accuracy beside its baselines'."""
    rows = [
        Row("reward model", figures.accuracy, "model"),
        *(
            Row(name, figures.baseline(name), LOOKS.get(name, "judge"))
            for name in sorted(figures.baselines)
        ),
    ]
    return intervals(rows, label="Accuracy beside the baselines", marks=[0.5])
