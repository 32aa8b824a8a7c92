"""Which items a list shows; every figure of the pages links here with its own conditions."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from annotate.models import Aggregate, Annotation, Annotator, Item
from annotate.models.items import CLAIMABLE
from annotate.models.projects import Route
from routing.models import JudgeCall, RoutingDecision

ROUTES = [("", "any route"), ("none", "not yet routed"), *Route.choices]
LABELS = [
    ("", "any labels"),
    ("people", "from people"),
    ("judges", "from judges"),
    ("both", "from both"),
    ("none", "without labels"),
    ("split", "people disagree"),
]


def _labelled(kind: str | None = None) -> Exists:
    labels = Annotation.objects.current().work().filter(item=OuterRef("pk"))
    return Exists(labels.filter(annotator__kind=kind) if kind else labels)


STATES = {
    "open": ("wanted from people", CLAIMABLE),
    "done": ("all seats taken", Q(seats_left=0, route__in=(Route.HUMAN, Route.BOTH))),
    "for-judge": (
        "wanted from judges",
        Q(route__in=(Route.JUDGE, Route.BOTH)) & ~Q(_labelled(Annotator.Kind.LLM)),
    ),
    "judge": ("waiting for the judge", Q(waits_for=Item.WaitsFor.JUDGE)),
    "budget": ("waiting for budget", Q(waits_for=Item.WaitsFor.BUDGET)),
    "evaluation": ("evaluation share", Q(evaluation=True)),
    "training": ("training share", Q(evaluation=False)),
}


class ItemFilter(forms.Form):
    route = forms.ChoiceField(choices=ROUTES, required=False)
    state = forms.ChoiceField(
        choices=[("", "any state"), *((name, words) for name, (words, _) in STATES.items())],
        required=False,
    )
    labels = forms.ChoiceField(choices=LABELS, required=False)
    source = forms.CharField(
        required=False, max_length=100, widget=forms.TextInput(attrs={"placeholder": "source"})
    )
    key = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "key begins with"}),
    )
    # Set by links from other pages.
    reason = forms.CharField(required=False, max_length=200)
    policy = forms.IntegerField(required=False, min_value=1)
    judge = forms.IntegerField(required=False, min_value=1)
    calls = forms.ChoiceField(choices=[("", ""), *JudgeCall.State.choices], required=False)
    annotator = forms.IntegerField(required=False, min_value=1)

    def apply(self, items: "QuerySet[Item]") -> "QuerySet[Item]":
        """The items that fit; a condition that makes no sense is left out."""
        self.is_valid()
        given = self.cleaned_data
        for name in ("source", "key"):
            if value := given.get(name):
                items = items.filter(**{name if name == "source" else "key__startswith": value})
        if route := given.get("route"):
            items = items.filter(route=None if route == "none" else route)
        if state := given.get("state"):
            items = items.filter(STATES[state][1])
        return self._by_labels(self._by_decision(self._by_call(items)))

    def _by_labels(self, items: "QuerySet[Item]") -> "QuerySet[Item]":
        if annotator := self.cleaned_data.get("annotator"):
            labels = Annotation.objects.current().filter(annotator=annotator)
            items = items.filter(Exists(labels.filter(item=OuterRef("pk"))))
        match self.cleaned_data.get("labels"):
            case "people":
                return items.filter(_labelled(Annotator.Kind.HUMAN))
            case "judges":
                return items.filter(_labelled(Annotator.Kind.LLM))
            case "both":
                return items.filter(_labelled(Annotator.Kind.HUMAN), _labelled(Annotator.Kind.LLM))
            case "none":
                return items.filter(~_labelled())
            case "split":
                torn = Aggregate.objects.filter(source=Aggregate.Source.PEOPLE, share__lt=1)
                return items.filter(Exists(torn.filter(item=OuterRef("pk"))))
        return items

    def _by_decision(self, items: "QuerySet[Item]") -> "QuerySet[Item]":
        reason, policy = self.cleaned_data.get("reason"), self.cleaned_data.get("policy")
        if not reason and not policy:
            return items
        stands = RoutingDecision.objects.current().filter(item=OuterRef("pk"))
        if reason:
            stands = stands.filter(reason=reason)
        if policy:
            stands = stands.filter(policy=policy)
        return items.filter(Exists(stands))

    def _by_call(self, items: "QuerySet[Item]") -> "QuerySet[Item]":
        given: dict[str, Any] = {
            name: self.cleaned_data[key]
            for key, name in (("judge", "judge"), ("calls", "state"))
            if self.cleaned_data.get(key)
        }
        if not given:
            return items
        return items.filter(Exists(JudgeCall.objects.filter(item=OuterRef("pk"), **given)))

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in ("route", "state", "labels", "source", "key")]

    @property
    def besides(self) -> list[tuple[str, str]]:
        """Conditions that came with a link and have no field of their own: name and value."""
        names = ("reason", "policy", "judge", "calls", "annotator")
        return [(name, str(self.data[name])) for name in names if self.data.get(name)]
