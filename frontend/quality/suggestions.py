"""What the page about suggestions shows: both arms side by side, and what was changed after the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotate.models.projects import SuggestFrom
from annotate.quality.filled_in import FilledIn, ShownAfter, offered_marks
from annotate.quality.suggested import Arms, Changes, Effect, effects
from frontend.charts import Estimate, Part, Row, bar, intervals, parts
from frontend.suggestions import WHO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from annotate.models import Project
    from annotate.quality.intervals import Interval


@dataclass(frozen=True)
class ShownArms:
    """One question's two arms. ``points`` is the difference, in shares."""

    arms: Arms

    @property
    def with_(self) -> Estimate:
        return Estimate(self.arms.agree.with_, n=self.arms.agree.n_with)

    @property
    def without(self) -> Estimate:
        return Estimate(self.arms.agree.without, n=self.arms.agree.n_without)

    @property
    def points(self) -> Estimate:
        found = self.arms.agree
        return Estimate(found.value, found.low, found.high, found.n_with + found.n_without)

    @property
    def alone(self) -> Estimate:
        """The difference without its interval, for a headline."""
        return Estimate(self.arms.agree.value)

    @property
    def verdict(self) -> str:
        """In words, from the interval."""
        found = self.arms.agree
        if found.low is None or found.high is None:
            return "Too few labels, items or annotators to tell."
        if found.low > 0:
            return "Suggestions pull answers towards themselves."
        if found.high < 0:
            return "Suggestions push answers away."
        return "No effect that the interval could tell from none."


@dataclass(frozen=True)
class ShownChanges:
    changes: Changes

    @property
    def moved(self) -> Estimate | None:
        found = self.changes.moved
        return None if found is None else _estimate(found)


@dataclass(frozen=True)
class ShownEffect:
    """All about one source, ready for the page."""

    effect: Effect
    who: str
    arms: Sequence[ShownArms]
    changes: Sequence[ShownChanges]

    @property
    def chart(self) -> SafeString | str:
        """The differences, question by question, on one scale around 0."""
        rows = [Row(one.arms.title, one.points) for one in self.arms]
        if not rows:
            return ""
        label = "How much more often answers agree with the suggestion when it is seen beforehand"
        return intervals(rows, label=label, always=(-0.1, 0.1), marks=(0,))

    @property
    def factor(self) -> Estimate | None:
        times = self.effect.times
        return None if times is None else _estimate(times.factor)


def _estimate(found: Interval) -> Estimate:
    return Estimate(found.value, found.low, found.high, found.n)


@dataclass(frozen=True)
class ShownMarks:
    """One question's marks of one judge, filled in beforehand."""

    title: str
    found: FilledIn

    @property
    def kept(self) -> Estimate | None:
        return self._share(self.found.kept)

    @property
    def changed(self) -> Estimate | None:
        return self._share(self.found.changed)

    @property
    def deleted(self) -> Estimate | None:
        return self._share(self.found.deleted)

    @property
    def bar(self) -> SafeString:
        found = self.found
        words = f"kept {found.kept}, changed {found.changed}, deleted {found.deleted}"
        looks = (("kept", "first"), ("changed", "tie"), ("deleted", "second"))
        whole = parts(Part(name, getattr(found, name), look) for name, look in looks)
        return bar(whole, label=f"Of {found.marks} marks of {found.by}: {words}")

    def _share(self, count: int) -> Estimate | None:
        return Estimate(count / self.found.marks, n=self.found.marks) if self.found.marks else None


@dataclass(frozen=True)
class ShownAfterwards:
    """One question's labels that a judge's marks came up after."""

    title: str
    found: ShownAfter


def shown_marks(project: Project) -> tuple[list[ShownMarks], list[ShownAfterwards]]:
    titles = {question.name: question.config.title for question in project.questions}
    before, after = offered_marks(project)
    return (
        [ShownMarks(titles.get(one.question, one.question), one) for one in before],
        [ShownAfterwards(titles.get(one.question, one.question), one) for one in after],
    )


def shown_effects(project: Project) -> list[ShownEffect]:
    return [
        ShownEffect(
            one,
            WHO[SuggestFrom(one.source)],
            [ShownArms(arms) for arms in one.arms],
            [ShownChanges(changes) for changes in one.changes],
        )
        for one in effects(project)
    ]
