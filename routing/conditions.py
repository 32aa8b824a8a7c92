"""What a list of items can be asked for: each condition's values, the items they mean, their words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Exists, Func, OuterRef, Q

from annotate.adjudication import decided
from annotate.models import (
    Aggregate,
    Annotation,
    Annotator,
    BulkChange,
    Completion,
    Gold,
    Item,
)
from annotate.models.items import CLAIMABLE
from annotate.models.projects import Route
from annotate.searching import search_query
from routing.label_times import Span
from routing.models import JudgeCall, Review, RoutingDecision, RoutingPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

    from annotate.models.items import ItemQuerySet as Items
    from routing.selection import Selection


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
    """Replaced labels count too: whoever gave one has a label now. (Leaving them out makes
    PostgreSQL expect a single label, and read all there are for it.)
    """
    labels = Annotation.objects.work().filter(item=OuterRef("pk"))
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
GOLD = {
    "yes": "gold",
    "no": "not gold",
    "check": "gold to check with",
    "planted": "planted gold",
    "qualification": "asked in the test",
    "example": "worked examples",
}
REVIEWS = {
    "disputed": "disputed by the reward model",
    "reviewed": "decided by a reviewer",
    "open": "not decided by a reviewer",
}
SUGGESTED = {
    "seen": "labelled with a suggestion in view",
    "held": "labelled with a suggestion held back",
    "after": "shown a suggestion after the answer",
    "changed": "changed after a suggestion",
    "filled": "labelled with marks of a judge filled in",
    "offered": "shown marks of a judge after the answer",
}
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
    known = Gold.objects.filter(item=OuterRef("pk"))
    if gold in Gold.Use.values:
        return items.filter(Exists(known.filter(use=gold)))
    return items.filter(Exists(known) if gold == "yes" else ~Exists(known))


def _by_review(items: Items, selection: Selection, review: str) -> Items:
    project = selection.project
    if review == "disputed":
        rows = Review.objects.filter(project=project, state=Review.State.OPEN)
        return items.filter(Exists(rows.filter(annotation__item=OuterRef("pk"))))
    stands = decided(project, OuterRef("pk"))
    return items.filter(stands if review == "reviewed" else ~stands)


def _by_suggestion(items: Items, selection: Selection, suggested: str) -> Items:
    labels = Annotation.objects.work().filter(project=selection.project, item=OuterRef("pk"))
    recorded: dict[str, dict[str, Any]] = {
        "seen": {"suggestions__arm": "before", "suggestions__shown": "before"},
        "held": {"suggestions__arm": "none", "suggestions__has_key": "answers"},
        "after": {"suggestions__shown": "after"},
        "changed": {"suggestions__shown": "after", "suggestions__informed": True},
    }
    if (shown := _MARKS_SHOWN.get(suggested)) is not None:
        return items.filter(Exists(labels.filter(_has_question_shown(shown))))
    return items.filter(Exists(labels.filter(**recorded[suggested])))


_MARKS_SHOWN = {"filled": "before", "offered": "after"}


def _has_question_shown(when: str) -> Func:
    """Whether a label records that a judge's marks were shown then to any of its questions."""
    return Func(
        "suggestions",
        template=f"jsonb_path_exists(%(expressions)s, '$.questions.* ? (@.shown == \"{when}\")')",
        output_field=BooleanField(),
    )


def _by_archive(items: Items, _selection: Selection, archived: str) -> Items:
    return items.filter(waits_for=Item.WaitsFor.ARCHIVE) if archived == "only" else items


def _by_annotator(items: Items, selection: Selection, annotator: int) -> Items:
    labels = Annotation.objects.filter(project=selection.project, annotator=annotator)
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
    "gold": _choice(GOLD, _by_gold, finds=lambda gold: gold != "no"),
    "review": _choice(REVIEWS, _by_review, finds=lambda review: review != "open"),
    "suggested": _choice(SUGGESTED, _by_suggestion),
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
