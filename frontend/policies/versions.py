"""Versions of a project's routing policy: what each changed, and how many items stand at its word."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from annotate.models import Project
from routing.models import RoutingDecision, RoutingPolicy
from routing.policies import POLICIES

SHOWN = 20


@dataclass(frozen=True)
class PolicyVersion:
    policy: RoutingPolicy
    title: str
    # What is unlike the version before, in words; all settings of the first.
    changes: Sequence[str]
    # Items that stand where it sent them.
    items: int


def policy_versions(project: Project) -> list[PolicyVersion]:
    """The newest ones, newest first."""
    rows = RoutingPolicy.objects.filter(project=project).select_related("judge", "created_by")
    policies = list(rows.order_by("-version")[: SHOWN + 1])
    current = RoutingDecision.objects.current().filter(policy__in=policies)
    items = dict(current.values_list("policy").annotate(n=Count("pk")).order_by())
    before: list[RoutingPolicy | None] = [*policies, None][1:]
    versions = [
        PolicyVersion(policy, _title(policy), changes(old, policy), items.get(policy.pk, 0))
        for policy, old in zip(policies, before, strict=True)
    ]
    return versions[:SHOWN]


def _title(policy: RoutingPolicy) -> str:
    return POLICIES[policy.kind].title if policy.kind in POLICIES else policy.kind


def changes(old: RoutingPolicy | None, new: RoutingPolicy) -> list[str]:
    """What parts a version from the one before."""
    known = _settings(old) if old is not None and old.kind == new.kind else {}
    now = _settings(new)
    words = [] if old is None or old.kind == new.kind else [f"another policy than {old.kind}"]
    for name in {**known, **now}:
        if name not in known:
            words.append(f"{name} {now[name]}")
        elif known[name] != now.get(name):
            words.append(f"{name} {known[name]} → {now.get(name, 'none')}")
    return words or ["the same, switched on again"]


def _settings(policy: RoutingPolicy) -> dict[str, str]:
    judge = {"judge": str(policy.judge)} if policy.judge else {}
    settings = {name.replace("_", " "): str(value) for name, value in policy.settings.items()}
    return judge | settings
