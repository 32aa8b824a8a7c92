"""The audit log for readers: what an entry says in words, and where what it speaks of can be seen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from annotate.models import AuditEntry

LONGEST = 300
THINGS = {
    "apitoken": "API token",
    "bulkaction": "bulk action",
    "judgetrial": "trial",
    "membership": "member",
    "routingpolicy": "policy",
    "user": "person",
}
WORDS = {
    "project.create": "made the project",
    "project.settings": "changed settings",
    "project.delete": "deleted the project",
    "form.version": "stored a version of the form",
    "guidelines.version": "stored a version of the guidelines",
    "member.add": "let somebody in",
    "member.role": "changed a member's role",
    "member.groups": "changed a member's groups",
    "member.tags": "changed a member's tags",
    "member.pay": "changed a member's pay",
    "member.pause": "paused a member",
    "member.reinstate": "let a paused member go on",
    "member.remove": "removed a member",
    "member.most": "capped a member's labels",
    "member.test": "took the qualification test",
    "member.try": "gave a member another try of the test",
    "member.qualify": "took a member as qualified",
    "crowd.set": "set the door for a crowd platform up",
    "crowd.link": "made a new link for a crowd platform",
    "group.add": "made a group",
    "group.change": "changed a group",
    "group.remove": "removed a group",
    "invitation.create": "made an invitation",
    "invitation.accept": "followed an invitation",
    "invitation.revoke": "took an invitation back",
    "judge.create": "made a version of a judge",
    "judge.activate": "put a judge to work",
    "judge.pause": "paused a judge",
    "judge.prices": "changed a judge's prices",
    "judge.resume": "had a judge tried again",
    "judge.ask-again": "had failed items asked again",
    "judge.trial": "tried a judge out",
    "policy.on": "switched a policy on",
    "policy.off": "switched the policy off",
    "transfer.import": "started an import",
    "transfer.export": "started an export",
    "snapshot.take": "froze a snapshot",
    "token.create": "made an API token",
    "token.revoke": "revoked an API token",
    "review.kept": "kept a label under review",
    "review.corrected": "corrected a label under review",
    "review.decide": "decided an item",
    "review.withdraw": "took a decision on an item back",
    "training.ask": "asked for a training",
    "aggregation.method": "chose a method of aggregation",
    "items.route": "routed many items",
    "items.overlap": "changed the overlap of many items",
    "items.archive": "archived items",
    "items.restore": "took items out of the archive",
    "items.gold": "made gold of many items",
    "items.use-gold": "changed what the gold of many items is for",
    "items.ungold": "took gold of many items back",
    "items.tag": "tagged many items",
    "items.untag": "took tags off many items",
    "items.settle": "settled items by majority",
    "items.undo": "took a change of many items back",
    "budget.set": "set a budget",
    "budget.remove": "removed a budget",
    "gold.set": "said which answers to an item are right",
    "gold.use": "changed what an item's gold is for",
    "gold.remove": "took an item's gold back",
    "gold.import": "brought gold in",
    "media.delete": "deleted a file that no item showed",
}
# Name of the page of a kind of target, and whether its address takes the target's id.
_PAGES = {
    "form": ("form", False),
    "guidelines": ("guidelines", False),
    "judge": ("judge", True),
    "judgetrial": ("judge-trial", True),
    "group": ("group", True),
    "invitation": ("invitations", False),
    "item": ("item", True),
    "crowd": ("crowd-study", False),
    "membership": ("member", True),
    "project": ("project", False),
    "review": ("review", True),
    "routingpolicy": ("routing", False),
    "transfer": ("transfer", True),
}


@dataclass(frozen=True)
class Detail:
    """One thing that an entry tells: a change where ``before`` is not None, else only ``after``."""

    name: str
    after: str
    before: str | None = None


@dataclass(frozen=True)
class Told:
    """An entry as a page shows it."""

    entry: AuditEntry
    words: str
    details: list[Detail]
    url: str

    @property
    def thing(self) -> str:
        return thing(self.entry.target_kind)


def told(entry: AuditEntry) -> Told:
    return Told(entry, action_words(entry.action), list(_details(entry.details)), _url(entry))


def action_words(action: str) -> str:
    """Such as "changed settings"; an action that has no words here is "member: role"."""
    what, _, verb = action.partition(".")
    return WORDS.get(action) or f"{what}: {verb.replace('-', ' ')}"


def thing(kind: str) -> str:
    """What a kind of target is called."""
    return THINGS.get(kind, kind)


def _details(details: Mapping[str, Any]) -> Iterator[Detail]:
    before, after = details.get("before"), details.get("after")
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        yield from _changes(_mapping(before), _mapping(after))
    elif "before" in details or "after" in details:
        yield Detail("change", _brief(after), _brief(before))
    for name, value in details.items():
        if name not in ("before", "after") and value not in ("", None, [], {}):
            yield Detail(_plain(name), _brief(value))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Detail]:
    for name in {**before, **after}:
        old = _brief(before[name]) if name in before else None
        yield Detail(_plain(name), _brief(after.get(name)), old)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _brief(value: Any) -> str:
    match value:
        case None | "":
            text = "nothing"
        case bool():
            text = "yes" if value else "no"
        case str():
            text = value
        case list() if all(isinstance(part, str | int | float) for part in value):
            text = "; ".join(map(str, value)) or "nothing"
        case dict():
            text = "; ".join(f"{_plain(str(name))} {_brief(part)}" for name, part in value.items())
        case _:
            text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _url(entry: AuditEntry) -> str:
    """Where the target can be looked at; it may be gone by now."""
    page, takes_id = _PAGES.get(entry.target_kind, ("", False))
    if not page or not entry.project_slug or entry.action.endswith(".delete"):
        return ""
    arguments = [entry.project_slug, entry.target_id] if takes_id else [entry.project_slug]
    try:
        return reverse(page, args=arguments)
    except NoReverseMatch:
        return ""
