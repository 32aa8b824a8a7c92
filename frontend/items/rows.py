"""What a list of items shows of each: a few queries for all of a page's items."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from annotate.aggregation.storing import main_question
from annotate.models import Aggregate, Annotation
from frontend.templatetags.figures import outcome

if TYPE_CHECKING:
    from django.http import QueryDict

    from annotate.models import Item, Project
    from annotate.questions import Question
    from frontend.items.order import Order

# Columns that a list can be sorted by, and the order that the first click asks for.
SORTED = {
    "people": ("People", "-people"),
    "judges": ("Judges", "-judges"),
    "disagreement": ("Disagreement", "-disagreement"),
    "confidence": ("Confidence", "confidence"),
    "margin": ("Margin", "margin"),
}


@dataclass(frozen=True)
class Column:
    """The head of a column that sorts the list. ``sorted`` is for ``aria-sort``."""

    title: str
    url: str
    sorted: str


def columns(order: Order, query: QueryDict) -> dict[str, Column]:
    return {name: _column(name, order, query) for name in SORTED}


def _column(name: str, order: Order, query: QueryDict) -> Column:
    title, wanted = SORTED[name]
    chosen = order.column == name
    if chosen:
        wanted = name if order.descending else f"-{name}"
    rest = query.copy()
    for one in ("after", "before", "looked"):
        rest.pop(one, None)
    rest["sort"] = wanted
    direction = "descending" if order.descending else "ascending"
    return Column(title, f"?{rest.urlencode()}", direction if chosen else "none")


def rows(project: Project, items: list[Item]) -> list[dict[str, Any]]:
    """Labels are counted as they stand now; the other figures are those of the last summary."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    labels = Annotation.objects.current().work().filter(item__in=items)
    for row in labels.values("item_id", "annotator__kind").annotate(n=Count("pk")):
        counts[row["item_id"]][row["annotator__kind"]] = row["n"]
    main = main_question(project.questions)
    best = Aggregate.objects.filter(item__in=items, question=main.name).best() if main else ()
    labels_of = {one.item_id: _label(main, one) for one in best} if main is not None else {}
    return [
        {
            "item": item,
            "taken": item.overlap - item.seats_left,
            "people": counts[item.pk]["human"],
            "judges": counts[item.pk]["llm"],
            "label": labels_of.get(item.pk, ""),
            "summary": getattr(item, "summary", None),
            "gold": getattr(item, "gold", None),
        }
        for item in items
    ]


def _label(question: Question[Any], aggregate: Aggregate) -> str:
    """What an item's answers to the main question come to, in few words."""
    return question.summary(aggregate.data).partition(";")[0] or outcome(aggregate)
