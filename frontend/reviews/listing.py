"""The queue of items to decide, as its page shows it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from annotate.adjudication import last_reviews
from annotate.models import Annotation, Annotator, Item
from annotate.questions.base.question import letter
from frontend.charts import Part, parts
from frontend.items.filter import chips
from frontend.items.history import answers_in_words, pseudonym
from routing.review_queue import (
    DECIDED,
    MODEL,
    NO_MAJORITY,
    PEOPLE,
    Place,
    Queue,
    disputable,
    open_for_others,
)
from routing.review_queue import Page as Entries
from routing.suggestions import questions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

    from annotate.models import Project, User
    from annotate.questions import Answer, Question

TITLES = {
    PEOPLE: "People disagree",
    MODEL: "The reward model disagrees",
    DECIDED: "Decided",
}
LEAST = {
    NO_MAJORITY: "no strict majority",
    0.33: "a third or more disagree",
    0.2: "a fifth or more disagree",
    0.01: "anybody disagrees",
}
OWN = ("why", "least", "question", "after", "before")
SHOWN = ("annotator", "tag", "source")
MOST_ANNOTATORS = 200
MOST_GROUPS = 4


@dataclass(frozen=True)
class Choice:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Tab:
    title: str
    url: str
    present: bool
    count: str


@dataclass(frozen=True)
class Votes:
    """How people's answers to a question part."""

    groups: Sequence[Part] = ()

    @property
    def words(self) -> str:
        return " · ".join(f"{part.name} {part.count}" for part in self.groups)


@dataclass(frozen=True)
class Line:
    """An item in the queue."""

    item: Item
    value: float
    votes: Votes
    busy: User | None = None
    decision: Annotation | None = None
    decided: list[tuple[str, str]] = field(default_factory=list)


def tabs(queue: Queue) -> list[Tab]:
    found = []
    for why, title in TITLES.items():
        one = replace(queue, why=why)
        number, more = one.count()
        count = f"{number:,}{'+' if more else ''}"
        found.append(Tab(title, f"?{one.query}" if one.query else "?", why == queue.why, count))
    return found


def lines(queue: Queue, page: Entries, user: User) -> list[Line]:
    """In the order of the page, in as many queries for many items as for one."""
    ids = [entry.item for entry in page.entries]
    items = Item.objects.in_bulk(ids)
    votes = votes_by_item(queue.question, ids)
    busy = open_for_others(ids, user) if queue.why != DECIDED else {}
    decisions = last_reviews(ids) if queue.why == DECIDED else {}
    return [
        Line(
            items[entry.item],
            entry.value,
            votes.get(entry.item, Votes()),
            busy.get(entry.item),
            decision := decisions.get(entry.item),
            _in_words(decision),
        )
        for entry in page.entries
        if entry.item in items
    ]


def _in_words(decision: Annotation | None) -> list[tuple[str, str]]:
    if decision is None:
        return []
    return answers_in_words(questions_of(decision.form_id), decision.answers)


def votes_by_item(question: Question[Any] | None, items: Sequence[int]) -> dict[int, Votes]:
    """What people answered, most first; sides where the question has sides."""
    if question is None:
        return {}
    labels = Annotation.objects.current().work().by_people().filter(item__in=items)
    given: dict[int, Counter[str]] = defaultdict(Counter)
    for item, answers in labels.values_list("item_id", "answers"):
        if question.name in answers:
            given[item][group_of(question, answers[question.name])] += 1
    return {item: Votes(_parts(question, counts)) for item, counts in given.items()}


def group_of(question: Question[Any], answer: Answer) -> str:
    """What an answer is counted with."""
    if question.positions is None:
        return question.words(answer)
    value = question.values(answer).get("")
    if not value:
        return question.words(answer)
    return letter(question.positions[value > 0])


def looks_of(question: Question[Any], groups: Sequence[str]) -> dict[str, str]:
    """A class for each group of answers: a side has its own, others go by how many they are."""
    if question.positions is None:
        return {name: f"part-{min(n, MOST_GROUPS)}" for n, name in enumerate(groups)}
    first, second = map(letter, question.positions)
    return {name: {first: "first", second: "second"}.get(name, "tie") for name in groups}


def _parts(question: Question[Any], counts: Counter[str]) -> list[Part]:
    ranked = counts.most_common()
    shown = ranked[:MOST_GROUPS]
    if rest := sum(number for _, number in ranked[MOST_GROUPS:]):
        shown.append(("others", rest))
    looks = looks_of(question, [name for name, _ in shown])
    if question.positions is not None:
        order = ("first", "tie", "second")
        shown.sort(key=lambda one: order.index(looks[one[0]]))
    return parts(Part(name, number, looks[name]) for name, number in shown)


# ----------------------------------------------------------------------------------------- the filter


def filter_of(queue: Queue, query: QueryDict) -> dict[str, Any]:
    """The fields of the filter, with what is chosen; conditions without a field are chips."""
    project = queue.project
    given = {one.name: one.raw for one in queue.selection.given}
    known = [one for one in queue.selection.given if one.name not in SHOWN]
    rest = queue.selection.__class__(project, tuple(known))
    return {
        "least": _least(queue),
        "questions": [
            Choice(one.name, one.config.title, one is queue.question) for one in disputable(project)
        ],
        "annotators": _annotators(project, given.get("annotator", "")),
        "tag": given.get("tag", ""),
        "source": given.get("source", ""),
        "chips": chips(rest, query),
        "hidden": [(one.name, one.raw) for one in known],
        "narrowed": bool(queue.selection.given),
    }


def _least(queue: Queue) -> list[Choice]:
    words = dict(LEAST)
    words.setdefault(queue.least, f"disagreement {queue.least:g} or more")
    ordered = sorted(words.items(), reverse=True)
    return [Choice(f"{value:g}", text, value == queue.least) for value, text in ordered]


def _annotators(project: Project, chosen: str) -> list[Choice]:
    own = Q(project=project) | Q(user__memberships__project=project)
    people = Annotator.objects.filter(own, kind=Annotator.Kind.HUMAN).distinct()
    return [
        Choice(str(one.pk), pseudonym(one), str(one.pk) == chosen)
        for one in people.order_by("pk")[:MOST_ANNOTATORS]
    ]


def paging(page: Entries, query: QueryDict) -> dict[str, Any]:
    return {
        "earlier": _link(query, before=page.earlier),
        "later": _link(query, after=page.later),
        "size": "",
    }


def _link(query: QueryDict, **place: Place | None) -> str:
    rest = query.copy()
    for name in ("after", "before"):
        rest.pop(name, None)
    for name, value in place.items():
        if value is None:
            return ""
        rest[name] = str(value)
    return f"?{rest.urlencode()}"
