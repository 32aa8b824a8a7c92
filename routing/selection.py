"""Which items of a project are meant: the conditions of a list, read from its query string.

Lists, their links and the changes of many items at once all go by these, in the web process and in
the worker. A condition that makes no sense is left out. Archived items are, unless asked for.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from annotate.models import (
    Aggregate,
    Annotation,
    Annotator,
    BulkChange,
    Completion,
    Gold,
    Item,
    Project,
)
from annotate.models.items import CLAIMABLE
from annotate.models.projects import Route
from annotate.searching import few_with, search_query
from routing.label_times import Span
from routing.models import JudgeCall, Review, RoutingDecision, RoutingPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

    from annotate.models.items import ItemQuerySet as Items

LONGEST = 200
SMALL = 10_000  # items that are counted while somebody waits
FEW = 1_000  # likewise, where the conditions have an index


def never(_value: Any) -> bool:
    return False


def always(_value: Any) -> bool:
    return True


@dataclass(frozen=True)
class Condition:
    """``read`` raises ``ValueError`` for what it cannot use; ``say`` puts a value into words.

    ``finds``: whether an index leads to the items with a value. The others are looked for among
    all items.
    """

    read: Callable[[str], Any]
    narrow: Callable[[Items, Selection, Any], Items]
    say: Callable[[Any], str]
    finds: Callable[[Any], bool] = never


@dataclass(frozen=True)
class Given:
    """A condition with the value it was given."""

    name: str
    raw: str
    value: Any

    @property
    def condition(self) -> Condition:
        return CONDITIONS[self.name]

    @property
    def words(self) -> str:
        return self.condition.say(self.value)


@dataclass(frozen=True)
class Count:
    """How many items; where counting them would take long, about how many."""

    number: int
    exact: bool = True

    def __str__(self) -> str:
        if self.exact:
            return f"{self.number:,}"
        size = 10 ** max(0, len(str(self.number)) - 2)
        return f"about {round(self.number / size) * size:,}"


@dataclass(frozen=True)
class Selection:
    """Items of a project that fit all conditions."""

    project: Project
    given: tuple[Given, ...] = ()

    @classmethod
    def of(cls, project: Project, query: Mapping[str, str] | str) -> Selection:
        """From a query string or what was read from one; of a repeated name the last counts."""
        values = QueryDict(query) if isinstance(query, str) else query
        read = (_given(name, values.get(name, "")) for name in CONDITIONS)
        return cls(project, tuple(one for one in read if one is not None))

    def __contains__(self, name: str) -> bool:
        return any(one.name == name for one in self.given)

    def value(self, name: str) -> Any:
        return next((one.value for one in self.given if one.name == name), None)

    @cached_property
    def with_words(self) -> list[int] | None:
        """Ids of the few items that have the words that are looked for; None where many have."""
        words = self.value("q")
        return None if words is None else few_with(self.project, search_query(words))

    @property
    def finds(self) -> bool:
        """Whether an index leads to the items."""
        return self.with_words is not None or any(
            one.condition.finds(one.value) for one in self.given
        )

    @property
    def query(self) -> str:
        """The conditions as a query string; values as they were given."""
        query = QueryDict(mutable=True)
        query.update({one.name: one.raw for one in self.given})
        return query.urlencode()

    def without(self, name: str) -> Selection:
        return Selection(self.project, tuple(one for one in self.given if one.name != name))

    def items(self) -> Items:
        rows: Items = Item.objects.filter(project=self.project)
        if "archived" not in self:
            rows = rows.live()
        for one in self.given:
            rows = one.condition.narrow(rows, self, one.value)
        return rows

    def count(self) -> Count:
        """Exact for small projects and short lists, else what the database's statistics say."""
        everything = Item.objects.filter(project=self.project).order_by()
        if everything[: SMALL + 1].count() <= SMALL:
            return Count(self.items().count())
        guess = _estimate(self.items())
        if self.finds and guess <= FEW:
            number = self.items().order_by()[: FEW + 1].count()
            return Count(max(guess, number), exact=number <= FEW)
        return Count(guess, exact=False)


def _estimate(rows: Items) -> int:
    [plan] = json.loads(rows.order_by().explain(format="json"))
    return int(plan["Plan"]["Plan Rows"])


def _given(name: str, raw: str) -> Given | None:
    if not raw or len(raw) > LONGEST or "\0" in raw:
        return None
    try:
        return Given(name, raw, CONDITIONS[name].read(raw))
    except ValueError:
        return None


# ------------------------------------------------------------------------------ reading and narrowing


def _one_of(*names: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw not in names:
            raise ValueError(raw)
        return raw

    return read


def _id(raw: str) -> int:
    number = int(raw)
    if not 0 < number < 2**63:
        raise ValueError(raw)
    return number


def _count(raw: str) -> int:
    number = int(raw)
    if not 0 <= number < 2**31:
        raise ValueError(raw)
    return number


def _number(raw: str) -> float:
    number = float(raw)
    if not math.isfinite(number):
        raise ValueError(raw)
    return number


def _text(raw: str) -> str:
    return raw


def _words(raw: str) -> str:
    if not raw.strip():
        raise ValueError(raw)
    return raw


def _labels(kind: str | None = None) -> Exists:
    labels = Annotation.objects.current().work().filter(item=OuterRef("pk"))
    return Exists(labels.filter(annotator__kind=kind) if kind else labels)


def _torn() -> Exists:
    rows = Aggregate.objects.filter(source=Aggregate.Source.PEOPLE, share__lt=1)
    return Exists(rows.filter(item=OuterRef("pk")))


ROUTES = {"none": "not yet routed", **dict(Route.choices)}
STATES = {
    "open": "wanted from people",
    "done": "all seats taken",
    "for-judge": "wanted from judges",
    "judge": "waiting for the judge",
    "budget": "waiting for budget",
    "policy": "waiting for the policy",
}
LABELS = {
    "people": "labelled by people",
    "judges": "labelled by judges",
    "both": "labelled by both",
    "none": "without labels",
    "split": "people disagree",
}
SHARES = {"evaluation": "evaluation share", "training": "training share"}
GOLD = {"yes": "gold", "no": "not gold"}
REVIEWS = {"disputed": "disputed by the reward model", "reviewed": "reviewed"}
ARCHIVED = {"only": "archived", "all": "archived ones too"}


def _by_words(items: Items, selection: Selection, words: str) -> Items:
    if selection.with_words is not None:
        return items.filter(pk__in=selection.with_words)
    return items.filter(text__project=selection.project, text__words=search_query(words))


def _by_route(items: Items, _selection: Selection, route: str) -> Items:
    return items.filter(route=None if route == "none" else route)


def _by_state(items: Items, _selection: Selection, state: str) -> Items:
    people = (Route.HUMAN, Route.BOTH)
    if state == "open":
        return items.filter(CLAIMABLE)
    if state == "done":
        return items.filter(seats_left=0, route__in=people)
    if state == "for-judge":
        judges = Q(route__in=(Route.JUDGE, Route.BOTH))
        return items.filter(judges, ~Q(_labels(Annotator.Kind.LLM)))
    return items.filter(waits_for=state)


def _by_labels(items: Items, _selection: Selection, labels: str) -> Items:
    conditions: dict[str, list[Any]] = {
        "people": [_labels(Annotator.Kind.HUMAN)],
        "judges": [_labels(Annotator.Kind.LLM)],
        "both": [_labels(Annotator.Kind.HUMAN), _labels(Annotator.Kind.LLM)],
        "none": [~_labels()],
        "split": [_torn()],
    }
    return items.filter(*conditions[labels])


def _by_gold(items: Items, _selection: Selection, gold: str) -> Items:
    known = Exists(Gold.objects.filter(item=OuterRef("pk")))
    return items.filter(known if gold == "yes" else ~known)


def _by_review(items: Items, selection: Selection, review: str) -> Items:
    project = selection.project
    if review == "disputed":
        rows = Review.objects.filter(project=project, state=Review.State.OPEN)
        return items.filter(Exists(rows.filter(annotation__item=OuterRef("pk"))))
    labels = Annotation.objects.filter(project=project, purpose=Annotation.Purpose.REVIEW)
    return items.filter(Exists(labels.filter(item=OuterRef("pk"))))


def _by_archive(items: Items, _selection: Selection, archived: str) -> Items:
    return items.filter(waits_for=Item.WaitsFor.ARCHIVE) if archived == "only" else items


def _by_annotator(items: Items, selection: Selection, annotator: int) -> Items:
    labels = Annotation.objects.current().filter(project=selection.project, annotator=annotator)
    return items.filter(Exists(labels.filter(item=OuterRef("pk"))))


def _by_generator(items: Items, _selection: Selection, generator: str) -> Items:
    completions = Completion.objects.filter(item=OuterRef("pk"), generator=generator)
    return items.filter(Exists(completions))


def _by_reason(items: Items, selection: Selection, reason: str) -> Items:
    return items.filter(Exists(_decisions(selection).filter(reason=reason)))


def _by_policy(items: Items, selection: Selection, policy: int) -> Items:
    return items.filter(Exists(_decisions(selection).filter(policy=policy)))


def _decisions(selection: Selection) -> QuerySet[RoutingDecision]:
    policies = RoutingPolicy.objects.filter(project=selection.project)
    stand: QuerySet[RoutingDecision] = RoutingDecision.objects.current()
    return stand.filter(policy__in=policies, item=OuterRef("pk"))


def _by_judge(items: Items, selection: Selection, judge: int) -> Items:
    return items.filter(Exists(_calls(selection).filter(judge=judge)))


def _by_call(items: Items, selection: Selection, state: str) -> Items:
    """Of the judge that is given beside it, where one is."""
    calls, judge = _calls(selection), selection.value("judge")
    return items.filter(Exists(calls.filter(state=state, **{"judge": judge} if judge else {})))


def _calls(selection: Selection) -> QuerySet[JudgeCall]:
    return JudgeCall.objects.filter(item=OuterRef("pk"), judge__project=selection.project)


def _by_bulk(items: Items, selection: Selection, action: int) -> Items:
    changes = BulkChange.objects.filter(action=action, action__project=selection.project)
    return items.filter(Exists(changes.filter(item=OuterRef("pk"))))


def _choice(
    words: Mapping[str, str], narrow: Any, *, prefix: str = "", finds: Callable[[str], bool] = never
) -> Condition:
    return Condition(_one_of(*words), narrow, lambda name: prefix + words[name], finds)


def _bound(column: str, side: str, words: str, read: Callable[[str], Any]) -> Condition:
    def narrow(items: Items, selection: Selection, value: Any) -> Items:
        wanted = {f"summary__{column}__{side}": value}
        return items.filter(summary__project=selection.project, **wanted)

    return Condition(read, narrow, lambda value: words.format(f"{value:g}"), finds=always)


CONDITIONS: dict[str, Condition] = {
    "q": Condition(_words, _by_words, lambda text: f"contains “{text.strip()}”"),
    "route": _choice(ROUTES, _by_route, prefix="route: ", finds=always),
    "state": _choice(STATES, _by_state, finds=lambda state: state not in ("done", "for-judge")),
    "labels": _choice(LABELS, _by_labels),
    "people_min": _bound("people", "gte", "{} or more labels by people", _count),
    "people_max": _bound("people", "lte", "{} or fewer labels by people", _count),
    "judges_min": _bound("judges", "gte", "{} or more labels by judges", _count),
    "judges_max": _bound("judges", "lte", "{} or fewer labels by judges", _count),
    "disagreement_min": _bound("disagreement", "gte", "disagreement {} or more", _number),
    "disagreement_max": _bound("disagreement", "lte", "disagreement {} or less", _number),
    "confidence_min": _bound("confidence", "gte", "confidence {} or more", _number),
    "confidence_max": _bound("confidence", "lte", "confidence {} or less", _number),
    "margin_min": _bound("margin", "gte", "margin {} or more", _number),
    "margin_max": _bound("margin", "lte", "margin {} or less", _number),
    "source": Condition(
        _text,
        lambda items, _, source: items.filter(source=source),
        lambda source: f"source: {source}",
    ),
    "tag": Condition(
        _text, lambda items, _, tag: items.tagged(tag), lambda tag: f"tag: {tag}", finds=always
    ),
    "share": _choice(
        SHARES, lambda items, _, share: items.filter(evaluation=share == "evaluation")
    ),
    "gold": _choice(GOLD, _by_gold, finds=lambda gold: gold == "yes"),
    "review": _choice(REVIEWS, _by_review, finds=always),
    "annotator": Condition(_id, _by_annotator, lambda pk: f"labelled by {pk}", finds=always),
    # A second annotator, for the items that two have in common.
    "other": Condition(_id, _by_annotator, lambda pk: f"labelled by {pk}", finds=always),
    "given": Condition(
        Span.read,
        lambda items, selection, span: span.narrow(items, selection.project),
        lambda span: span.words,
        finds=always,
    ),
    "generator": Condition(_text, _by_generator, lambda name: f"model: {name}"),
    "key": Condition(
        _text,
        lambda items, _, key: items.filter(key__startswith=key),
        lambda key: f"key begins with “{key}”",
    ),
    "reason": Condition(_text, _by_reason, lambda reason: f"decided: {reason}", finds=always),
    "policy": Condition(_id, _by_policy, lambda pk: f"decided by policy {pk}", finds=always),
    "judge": Condition(_id, _by_judge, lambda pk: f"asked judge {pk}", finds=always),
    "calls": _choice(dict(JudgeCall.State.choices), _by_call, prefix="judge calls: "),
    "bulk": Condition(_id, _by_bulk, lambda pk: f"changed by action {pk}", finds=always),
    "archived": _choice(ARCHIVED, _by_archive, finds=lambda archived: archived == "only"),
}
