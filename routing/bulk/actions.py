"""Changing many items: a preview, then a job that goes through them in short transactions.

A batch locks its items in the order of their ids, changes them, keeps what they were and moves the
action's mark, all in one transaction: a worker that is killed has done whole batches, and the next
one goes on behind the last. Taking an action back is an action too, over the changes of the first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.utils import timezone

from annotate import audit
from annotate.jobs import hint
from annotate.models import BulkAction, BulkChange, Item, Project, User
from routing.bulk.base import Batch, Cost, Kind, Left, Settings, State
from routing.bulk.kinds import KINDS
from routing.selection import Count, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from annotate.models.items import ItemQuerySet

log = structlog.get_logger(__name__)

BATCH = 200
LOOKED_AT = 2_000  # items that a preview goes by
EXAMPLES = 10
UNDO = "undo"
JOB = "bulk"
ActionState = BulkAction.State
UNFINISHED = (ActionState.WAITING, ActionState.RUNNING)


class NotUndoable(Exception):
    """Only what is done, and not taken back yet, can be taken back."""


@dataclass(frozen=True)
class Chosen:
    """The items of an action: those that fit a selection, or some that were ticked."""

    selection: Selection
    ticked: tuple[int, ...] | None = None

    @property
    def project(self) -> Project:
        return self.selection.project

    def count(self) -> Count:
        return self.selection.count() if self.ticked is None else Count(len(self.ids()))

    def ids(
        self, *, after: int = 0, until: int | None = None, limit: int | None = None
    ) -> list[int]:
        """Ids in ascending order, of items behind ``after`` and up to ``until``."""
        rows = self.selection.items() if self.ticked is None else self._ticked()
        rows = rows.filter(pk__gt=after)
        if until is not None:
            rows = rows.filter(pk__lte=until)
        return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])

    def _ticked(self) -> ItemQuerySet:
        return Item.objects.filter(project=self.project, pk__in=self.ticked or ())

    @property
    def words(self) -> str:
        if self.ticked is not None:
            return f"{len(self.ticked)} ticked"
        return ", ".join(one.words for one in self.selection.given) or "all"


@dataclass(frozen=True)
class Example:
    item: Item
    was: str
    becomes: str = ""
    left: str = ""


@dataclass
class Preview:
    """What an action would do to the items that were looked at: all, or the first of many."""

    count: Count
    looked: int = 0
    changed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)

    @property
    def whole(self) -> bool:
        return self.count.exact and self.looked >= self.count.number


# ----------------------------------------------------------------------------------------- preview


def preview(chosen: Chosen, kind: Kind, settings: Settings, *, by: User | None = None) -> Preview:
    """Change nothing and say what would be changed, from the first few thousand items."""
    found = Preview(chosen.count())
    ids = chosen.ids(limit=LOOKED_AT)
    action = BulkAction(project=chosen.project, user=by, kind=kind.name, settings=settings)
    for start in range(0, len(ids), BATCH):
        items = list(Item.objects.filter(pk__in=ids[start : start + BATCH]).order_by("pk"))
        _look(Batch(chosen.project, items, settings, action), kind, found)
    return found


def _look(batch: Batch, kind: Kind, found: Preview) -> None:
    states = kind.states(batch)
    wanted = kind.targets(batch, states)
    targets, left = _parted(wanted)
    cost = kind.cost(batch, targets)
    found.looked += len(batch.items)
    found.changed += len(targets)
    found.left.update(one.reason for one in left.values())
    found.cost = Cost(found.cost.labels + cost.labels, found.cost.judged + cost.judged)
    for pk, target in wanted.items():
        if len(found.examples) < EXAMPLES:
            was = kind.say(states[pk])
            becomes, why = (
                ("", target.reason) if isinstance(target, Left) else (kind.say(target), "")
            )
            found.examples.append(Example(batch.by_id[pk], was, becomes, why))


def _parted(wanted: Mapping[int, State | Left]) -> tuple[dict[int, State], dict[int, Left]]:
    targets = {pk: state for pk, state in wanted.items() if not isinstance(state, Left)}
    return targets, {pk: state for pk, state in wanted.items() if isinstance(state, Left)}


# -------------------------------------------------------------------------------- starting, undoing


@transaction.atomic
def start(chosen: Chosen, kind: Kind, settings: Settings, *, by: User | None) -> BulkAction:
    """Have a worker make the change to all chosen items that are there now."""
    project = chosen.project
    last = Item.objects.filter(project=project).aggregate(last=Max("pk"))["last"] or 0
    action = BulkAction.objects.create(
        project=project,
        user=by,
        kind=kind.name,
        query="" if chosen.ticked is not None else chosen.selection.query,
        items=None if chosen.ticked is None else list(chosen.ticked),
        last_item=last,
        settings=settings,
    )
    audit.record(
        f"items.{kind.name}",
        project=project,
        target=action,
        by=by,
        what=kind.words(settings),
        which=chosen.words,
    )
    hint(project.pk, JOB)
    return action


@transaction.atomic
def undo(action: BulkAction, *, by: User | None) -> BulkAction:
    """Have a worker take an action back. Raises ``NotUndoable``."""
    over = BulkAction.objects.filter(pk=action.pk, state__in=(ActionState.DONE, ActionState.FAILED))
    if action.kind == UNDO or not over.update(state=ActionState.UNDOING):
        raise NotUndoable
    what = KINDS[action.kind].words(action.settings)
    back = BulkAction.objects.create(
        project=action.project,
        user=by,
        kind=UNDO,
        settings={"of": action.pk, "what": what},
        last_item=action.last_item,
        total=action.done,
    )
    audit.record(
        "items.undo",
        project=action.project,
        target=action,
        by=by,
        what=what,
    )
    hint(action.project_id, JOB)
    return back


def do_now(chosen: Chosen, kind: Kind, settings: Settings, *, by: User | None) -> BulkAction:
    """Make the change while somebody waits: for one item, or a few."""
    with transaction.atomic():
        action = start(chosen, kind, settings, by=by)
        while not action.finished:
            _go_on(action)
    return action


# ------------------------------------------------------------------------------------------ running


def due_projects() -> Iterable[int]:
    rows = BulkAction.objects.filter(state__in=UNFINISHED).order_by()
    return rows.values_list("project_id", flat=True).distinct()


def run(project: Project) -> bool:
    """Do one batch of the project's oldest unfinished action; whether there was one."""
    unfinished = project.bulk_actions.filter(state__in=UNFINISHED).select_related("project")
    action = unfinished.order_by("pk").first()
    if action is None:
        return False
    try:
        _go_on(action)
    except (OperationalError, InterfaceError):
        raise  # the job tries again
    except Exception as error:
        log.exception("bulk action failed", action=action.pk, project=project.slug)
        action.refresh_from_db()
        fault = f"The program failed ({type(error).__name__}); its log says where."
        _finish(action, ActionState.FAILED, fault=fault)
    return True


def _go_on(action: BulkAction) -> None:
    if action.state == ActionState.WAITING and action.kind != UNDO:
        action.total = _total(action)
    action.state = ActionState.RUNNING
    with transaction.atomic():
        ids = _next(action)
        if ids:
            _change(action, ids)
        else:
            _finish(action, ActionState.DONE)


def _chosen(action: BulkAction) -> Chosen:
    ticked = None if action.items is None else tuple(action.items)
    return Chosen(Selection.of(action.project, action.query), ticked)


def _total(action: BulkAction) -> int:
    chosen = _chosen(action)
    if chosen.ticked is not None:
        return len(chosen.ids(until=action.last_item))
    return chosen.selection.items().filter(pk__lte=action.last_item).order_by().count()


def _next(action: BulkAction) -> list[int]:
    """Ids of the items of the next batch."""
    if action.kind != UNDO:
        return _chosen(action).ids(after=action.reached, until=action.last_item, limit=BATCH)
    changes = BulkChange.objects.filter(action=action.settings["of"], item__gt=action.reached)
    return list(changes.order_by("item").values_list("item_id", flat=True)[:BATCH])


def _change(action: BulkAction, ids: Sequence[int]) -> None:
    """One transaction's work."""
    locked = Item.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    of = action if action.kind != UNDO else BulkAction.objects.get(pk=action.settings["of"])
    kind, batch = KINDS[of.kind], Batch(action.project, list(locked), of.settings, action)
    states = kind.states(batch)
    wanted = kind.targets(batch, states) if of is action else _former(of, batch, states)
    targets, left = _parted(wanted)
    left |= kind.set(batch, targets)
    changed = [pk for pk in targets if pk not in left]
    BulkChange.objects.bulk_create(
        BulkChange(action=action, item_id=pk, before={"was": states[pk], "became": targets[pk]})
        for pk in changed
    )
    action.reached = ids[-1]
    action.done += len(changed)
    action.left = dict(Counter(action.left) + Counter(one.reason for one in left.values()))
    action.save(update_fields=["state", "total", "reached", "done", "left"])
    for job in kind.jobs:
        hint(action.project_id, job)


def _former(of: BulkAction, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
    """What items were before an action, where nobody has changed them since."""
    changes = BulkChange.objects.filter(action=of, item__in=batch.ids)
    since = Left("was changed by somebody since")
    return {
        item: change["was"] if states[item] == change["became"] else since
        for item, change in changes.values_list("item_id", "before")
        if item in states
    }


def _finish(action: BulkAction, state: str, *, fault: str = "") -> None:
    action.state, action.fault, action.finished_at = state, fault, timezone.now()
    action.save(update_fields=["state", "total", "fault", "finished_at"])
    if action.kind == UNDO:
        done = ActionState.UNDONE if state == ActionState.DONE else ActionState.DONE
        BulkAction.objects.filter(pk=action.settings["of"]).update(state=done)


# ------------------------------------------------------------------------------------------ in words


def words_of(action: BulkAction) -> str:
    """What an action does."""
    if action.kind == UNDO:
        return f"Take back: {action.settings.get('what', action.settings['of'])}"
    return KINDS[action.kind].words(action.settings)


def which(action: BulkAction) -> str:
    """Which items an action is about."""
    return "" if action.kind == UNDO else _chosen(action).words
