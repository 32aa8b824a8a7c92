"""What is measured of judges, for charts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.questions import Questions
from annotate.questions.base.quotes import TALLY
from frontend.charts import Estimate
from routing.judges.quality import Quotes, Share


def estimate_of(share: Share) -> Estimate | None:
    """A counted share with its interval; None where nothing was counted."""
    return Estimate(share.hits / share.n, share.low, share.high, share.n) if share.n else None


@dataclass(frozen=True)
class Refused:
    """Of the parts of texts that a judge quoted for a question, those that could not be placed."""

    title: str
    quotes: Quotes

    @property
    def estimate(self) -> Estimate | None:
        return estimate_of(self.quotes.refused)

    @property
    def why(self) -> str:
        """Such as "3 stand nowhere, 1 in several places"."""
        parts = [
            f"{count:,} {'stands' if count == 1 else 'stand'} {where}"
            for count, where in (
                (self.quotes.absent, "nowhere"),
                (self.quotes.ambiguous, "in several places"),
            )
            if count
        ]
        return ", ".join(parts)


def refused_quotes(questions: Questions, found: Sequence[Quotes]) -> list[Refused]:
    """By question of the form."""
    titles = {question.name: question.config.title for question in questions}
    return [Refused(titles.get(one.question, one.question), one) for one in found]


def refused_in(questions: Questions, raw: Mapping[str, Any] | None) -> list[Refused]:
    """The same of one call, from what came beside its answer."""
    tallies = (raw or {}).get(TALLY) or {}
    return refused_quotes(questions, [Quotes(name, **tally) for name, tally in tallies.items()])
