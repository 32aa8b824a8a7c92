"""An item's page: where the item stands, what its labels come to, and how versions score it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate.aggregation.catalogue import METHODS
from annotate.models import Aggregate, Annotation, Gold, Item, Project
from annotate.questions.base.question import letter
from frontend.charts import Estimate, Series, by_version
from frontend.items.history import answers_in_words, history_of
from frontend.judges.figures import estimate_of
from frontend.overlays import marked_in
from frontend.reading import own_order
from routing.bulk.gold_kinds import USES
from routing.judges.quality import agreements
from routing.models import Score
from routing.version_rewards import VersionRewards, rewards_by_version

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from annotate.questions import Question, Questions

SOURCES = {"people": "People", "judges": "Judges", "all": "All"}


@dataclass(frozen=True)
class Outcome:
    """What one source's answers to a question come to."""

    source: str
    words: str
    count: int
    confidence: float | None
    method: str


def standing(item: Item) -> dict[str, Any]:
    """All that the page shows of an item."""
    project = item.project
    questions = project.questions
    main = questions.main_preference()
    versions = rewards_by_version(item, main.config.pair if main is not None else None)
    return {
        "events": history_of(item),
        "outcomes": _outcomes(item, questions),
        "judges": _judges(project, item),
        "completions": _completions(item),
        "marked": marked_in(item),
        "gold": _gold(item),
        "uses": list(USES.items()),
        "versions": versions,
        "versions_chart": _chart(versions),
        "compared": [letter(position) for position in main.config.pair] if main else [],
    }


def _completions(item: Item) -> list[dict[str, Any]]:
    scores = Score.objects.filter(completion__item=item, reward_model__promoted=True)
    rewards = {score.completion_id: score for score in scores.select_related("reward_model")}
    rows = list(item.completions.all())
    return [
        {
            "letter": shown.letter,
            "completion": completion,
            "shown": shown,
            "score": rewards.get(completion.pk),
        }
        for completion, shown in zip(rows, own_order(item, rows), strict=True)
    ]


def _outcomes(item: Item, questions: Questions) -> list[dict[str, Any]]:
    """By question of the newest form, what each source's answers come to."""
    found: dict[str, list[Outcome]] = {}
    rows = {(row.question, row.source): row for row in item.aggregates.all()}
    for question in questions:
        for source, title in SOURCES.items():
            if (row := rows.get((question.name, source))) is not None:
                found.setdefault(question.config.title, []).append(_outcome(row, title, question))
    return [{"title": title, "rows": outcomes} for title, outcomes in found.items()]


def _outcome(row: Aggregate, title: str, question: Question[Any]) -> Outcome:
    method = METHODS[row.method].title if row.method in METHODS else row.method
    words = aggregate_in_words(row, question)
    return Outcome(title, words, row.count, row.confidence, method)


def aggregate_in_words(aggregate: Aggregate, question: Question[Any]) -> str:
    if words := question.summary(aggregate.data):
        return words
    count = f"{aggregate.count} answer{'s' if aggregate.count != 1 else ''}"
    if aggregate.mean is None:
        return count
    mean = f"mean {aggregate.mean:+.2f}".replace("-", "\N{MINUS SIGN}")
    if aggregate.majority is None or aggregate.share is None:
        return f"no majority, {mean}"
    side = {-1: "A", 0: "tie", 1: "B"}[aggregate.majority]
    return f"{side} {100 * aggregate.share:.0f} %, {mean}"


def _gold(item: Item) -> dict[str, Any] | None:
    gold = Gold.objects.filter(item=item).select_related("form", "created_by").first()
    if gold is None:
        return None
    return {
        "row": gold,
        "answers": answers_in_words(gold.form.parsed, gold.answers),
        "use": USES[Gold.Use(gold.use)],
    }


def _judges(project: Project, item: Item) -> list[dict[str, object]]:
    """Who of those that labelled the item is an LLM, with its measured agreement with people."""
    labels = Annotation.objects.current().by_judges().filter(item=item)
    found = list({label.annotator for label in labels.select_related("annotator")})
    agreed = agreements(project, found)
    return [
        {"name": annotator, "agreement": estimate_of(agreed[annotator.pk].decided)}
        for annotator in sorted(found, key=str)
    ]


def _chart(versions: list[VersionRewards]) -> SafeString | None:
    """How likely the first compared completion wins, by version; None where there is no line yet."""
    known = [one for one in versions if one.chance is not None]
    if len(known) < 2:
        return None
    chances = [Estimate(one.chance) for one in known if one.chance is not None]
    series = Series("chance that it wins", chances, "model")
    label = "The chance that the first compared completion wins, by version of the reward model"
    return by_version(
        [str(one.version) for one in known], [series], label=label, always=(0, 0.5, 1)
    )
