"""The fields of the list of items, and the conditions that are set in words.

What a condition means stands in ``routing.conditions``; every figure of the pages links to the list
with its own conditions.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from annotate.models import Annotator
from frontend.items.history import pseudonym
from frontend.items.order import ORDERS
from routing.conditions import ARCHIVED, GOLD, LABELS, REVIEWS, ROUTES, SHARES, STATES
from routing.models import Judge, RoutingPolicy
from routing.selection import Given, Selection

# Conditions that come with a link and have no field of their own.
LINKED = (
    "reason",
    "policy",
    "judge",
    "calls",
    "annotator",
    "other",
    "generator",
    "given",
    "suggested",
    "bulk",
)


def _choice(anything: str, words: dict[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[("", anything), *words.items()], required=False)


def _text(words: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": words})
    )


def _number(words: str, step: str) -> forms.CharField:
    """A text field by class: what is in it is read by the selection."""
    widget = forms.NumberInput(attrs={"placeholder": words, "step": step, "min": "0"})
    return forms.CharField(required=False, widget=widget)


class ItemFilter(forms.Form):
    q = forms.CharField(
        label="Words in the texts",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "words in the texts"}),
    )
    route = _choice("any route", ROUTES)
    state = _choice("any state", STATES)
    labels = _choice("any labels", LABELS)
    sort = forms.ChoiceField(
        choices=[(order.name, order.words) for order in ORDERS.values()], required=False
    )
    source = _text("source")
    tag = _text("tag")
    key = _text("key begins with")
    share = _choice("both shares", SHARES)
    gold = _choice("gold or not", GOLD)
    review = _choice("reviewed or not", REVIEWS)
    archived = _choice("not archived", ARCHIVED)
    people_min, people_max = _number("least", "1"), _number("most", "1")
    judges_min, judges_max = _number("least", "1"), _number("most", "1")
    disagreement_min, disagreement_max = _number("least", "any"), _number("most", "any")
    confidence_min, confidence_max = _number("least", "any"), _number("most", "any")
    margin_min, margin_max = _number("least", "any"), _number("most", "any")

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in ("q", "route", "state", "labels", "sort")]

    @property
    def more(self) -> list[forms.BoundField]:
        names = ("source", "tag", "key", "share", "gold", "review", "archived")
        return [self[name] for name in names]

    @property
    def ranges(self) -> list[dict[str, Any]]:
        titles = {
            "people": "Labels by people",
            "judges": "Labels by judges",
            "disagreement": "Disagreement",
            "confidence": "Confidence",
            "margin": "Margin of rewards",
        }
        return [
            {"title": title, "least": self[f"{name}_min"], "most": self[f"{name}_max"]}
            for name, title in titles.items()
        ]

    @property
    def more_is_set(self) -> bool:
        ranges = [field for one in self.ranges for field in (one["least"], one["most"])]
        return any(field.value() for field in (*self.more, *ranges))

    @property
    def linked(self) -> list[tuple[str, str]]:
        return [(name, str(self.data[name])) for name in LINKED if self.data.get(name)]


@dataclass(frozen=True)
class Chip:
    """A condition that is set, and the list without it."""

    words: str
    url: str


def chips(selection: Selection, query: QueryDict) -> list[Chip]:
    return [Chip(_words(selection, one), f"?{_rest(query, one.name)}") for one in selection.given]


def _rest(query: QueryDict, name: str) -> str:
    rest = query.copy()
    for one in (name, "after", "before", "looked"):
        rest.pop(one, None)
    return rest.urlencode()


def _words(selection: Selection, given: Given) -> str:
    """Who or what an id stands for is looked up; what is not this project's is not told."""
    project = selection.project
    if given.name in ("annotator", "other"):
        annotator = Annotator.objects.filter(pk=given.value, annotations__project=project).first()
        return f"labelled by {pseudonym(annotator)}" if annotator else given.words
    if given.name == "judge":
        judge = Judge.objects.filter(pk=given.value, project=project).first()
        return f"asked judge {judge}" if judge else given.words
    if given.name == "policy":
        policy = RoutingPolicy.objects.filter(pk=given.value, project=project).first()
        return f"decided by {policy}" if policy else given.words
    return given.words
