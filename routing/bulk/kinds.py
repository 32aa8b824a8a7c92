"""The changes that can be made to many items at once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from annotate.assignment import set_overlaps
from annotate.gold_uses import is_aside
from annotate.ledger import extra_reference, reserve_all
from annotate.models import BulkChange, Gold, Item, Membership
from annotate.models.budgets import Unit
from annotate.models.projects import Route as Routes
from annotate.tags import BadTag, read_tag
from routing.bulk import places
from routing.bulk.base import Batch, Cost, Field, InvalidSetting, Kind, Left, Settings, State, live
from routing.bulk.gold_kinds import MarkGold, RemoveGold, UseGold
from routing.bulk.settling import Settle
from routing.models import RoutingPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LABELS = 100


class Places(Kind):
    """A kind that changes where items go."""

    def states(self, batch: Batch) -> dict[int, State]:
        return dict(places.places(batch.items))

    def set(self, batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        return places.set_places(batch, targets)

    def cost(self, batch: Batch, targets: Mapping[int, State]) -> Cost:
        return Cost(places.new_labels(batch, targets), places.newly_judged(batch, targets))

    def say(self, state: State) -> str:
        return places.say(state)


class Route(Places):
    name = "route"
    title = "Send elsewhere"
    about = "To people, to judges or to both; or let the routing policy decide again."
    fields = (
        Field(
            "to",
            "Send to",
            choices=(*Routes.choices, ("policy", "wherever the policy decides")),
            default=Routes.HUMAN,
        ),
    )
    role = Membership.Role.ADMIN
    jobs = ("route", "judge")

    def read(self, data: Mapping[str, str]) -> Settings:
        to = data.get("to") or Routes.HUMAN
        if to not in dict(self.fields[0].choices):
            raise InvalidSetting("to", f"“{to}” is no route; choose one of the list.")
        return {"to": str(to)}

    def words(self, settings: Settings) -> str:
        if settings["to"] == "policy":
            return "Let the policy decide again"
        return f"Send to {Routes(settings['to']).label}"

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        to = batch.settings["to"]
        if to != "policy":
            return live(batch, {item.pk: self._target(item, to) for item in batch.items})
        if RoutingPolicy.objects.active_for(batch.project) is None:
            return {pk: Left("no policy is on to decide") for pk in batch.ids}
        undecided = places.place(None)
        return live(
            batch,
            {
                pk: Left("is not decided yet") if state == undecided else undecided
                for pk, state in states.items()
            },
        )

    @staticmethod
    def _target(item: Item, to: str) -> State | Left:
        if item.route == to and item.waits_for is None:
            return Left(f"goes to {Routes(to).label} already")
        if item.evaluation and item.route == Routes.BOTH:
            return Left("is in the evaluation share, which goes both ways")
        return places.place(to)


class Archive(Places):
    name = "archive"
    title = "Archive"
    about = (
        "Out of the way: no longer handed out, judged, counted, trained on or exported. "
        "Labels stay, and so does what is reserved of budgets."
    )

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        gone = places.place(None, Item.WaitsFor.ARCHIVE)
        return {
            item.pk: Left("is archived already") if item.archived else gone for item in batch.items
        }


class Restore(Places):
    name = "restore"
    title = "Restore"
    about = "Archived items go where they went before."
    jobs = ("route", "judge")

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        rows = BulkChange.objects.filter(item__in=batch.ids, action__kind=Archive.name)
        before = {
            pk: change["was"] for pk, change in rows.order_by("pk").values_list("item_id", "before")
        }
        usual = places.place(batch.project.default_route)
        return {
            item.pk: before.get(item.pk, usual) if item.archived else Left("is not archived")
            for item in batch.items
        }


class Overlap(Kind):
    name = "overlap"
    title = "Want more labels"
    about = "Raise the number of people who are asked about each item."
    fields = (Field("to", "Labels by people", "The number wanted of each item.", whole=True),)
    role = Membership.Role.ADMIN

    def read(self, data: Mapping[str, str]) -> Settings:
        text = data.get("to", "").strip()
        if not (text.isdecimal() and 1 <= int(text) <= MOST_LABELS):
            raise InvalidSetting("to", f"“{text}” is no number from 1 to {MOST_LABELS}; write one.")
        return {"to": int(text)}

    def words(self, settings: Settings) -> str:
        return f"Want {settings['to']} labels by people"

    def states(self, batch: Batch) -> dict[int, State]:
        return {item.pk: item.overlap for item in batch.items}

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        to = batch.settings["to"]
        enough = Left("wants as many labels already")
        aside = {
            pk
            for pk, use in Gold.objects.filter(item__in=batch.ids).values_list("item_id", "use")
            if is_aside(use)
        }
        gold = Left("is gold that is set aside")
        return live(
            batch,
            {
                pk: gold if pk in aside else to if overlap < to else enough
                for pk, overlap in states.items()
            },
        )

    def set(self, batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        left = self._without_budget(batch, targets)
        wanted = {pk: overlap for pk, overlap in targets.items() if pk not in left}
        taken = Left("has got labels since, or somebody is at work on it")
        return left | dict.fromkeys(wanted.keys() - set_overlaps(wanted), taken)

    @staticmethod
    def _without_budget(batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        """Reserve the labels that come on top of those that an item was routed with."""
        one = {Unit.LABELS: Decimal(1), Unit.USD: batch.project.pay_per_label_usd}
        amounts = {str(unit): amount for unit, amount in one.items() if amount}
        wanted = {
            extra_reference(pk, number): pk
            for pk, overlap in targets.items()
            if batch.by_id[pk].route in places.PEOPLE
            for number in range(batch.by_id[pk].overlap + 1, overlap + 1)
        }
        if not wanted:
            return {}
        standing = reserve_all(batch.project, dict.fromkeys(wanted, amounts))
        short = {pk for reference, pk in wanted.items() if reference not in standing}
        return {pk: Left("no budget is left for its labels") for pk in short}

    def cost(self, batch: Batch, targets: Mapping[int, State]) -> Cost:
        return Cost(
            sum(
                max(0, overlap - batch.by_id[pk].overlap)
                for pk, overlap in targets.items()
                if batch.by_id[pk].route in places.PEOPLE
            )
        )

    def say(self, state: State) -> str:
        return f"wants {state} label{'s' if state != 1 else ''}"


_ADD_TAG = "UPDATE annotate_item SET tags = array_append(tags, %s) WHERE id = ANY(%s)"
_REMOVE_TAG = "UPDATE annotate_item SET tags = array_remove(tags, %s) WHERE id = ANY(%s)"


class TagKind(Kind):
    """States say whether the item has the tag."""

    fields = (Field("tag", "Tag"),)

    def read(self, data: Mapping[str, str]) -> Settings:
        try:
            return {"tag": read_tag(data.get("tag", ""))}
        except BadTag as fault:
            raise InvalidSetting("tag", str(fault)) from fault

    def states(self, batch: Batch) -> dict[int, State]:
        return {item.pk: batch.settings["tag"] in item.tags for item in batch.items}

    def set(self, batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        tag = batch.settings["tag"]
        wanted = [pk for pk, state in targets.items() if state]
        unwanted = [pk for pk, state in targets.items() if not state]
        with connection.cursor() as cursor:
            cursor.execute(_ADD_TAG, [tag, wanted])
            cursor.execute(_REMOVE_TAG, [tag, unwanted])
        return {}

    def say(self, state: State) -> str:
        return "has the tag" if state else "does not have it"


class AddTag(TagKind):
    name = "tag"
    title = "Add a tag"
    about = "A word of your own to find the items by."

    def words(self, settings: Settings) -> str:
        return f"Add the tag “{settings['tag']}”"

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        return {pk: Left("has the tag already") if state else True for pk, state in states.items()}


class RemoveTag(TagKind):
    name = "untag"
    title = "Remove a tag"
    about = "The items lose one of their tags."

    def words(self, settings: Settings) -> str:
        return f"Remove the tag “{settings['tag']}”"

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        return {pk: False if state else Left("does not have it") for pk, state in states.items()}


_ALL: tuple[Kind, ...] = (
    Route(),
    Overlap(),
    MarkGold(),
    UseGold(),
    RemoveGold(),
    Settle(),
    AddTag(),
    RemoveTag(),
    Archive(),
    Restore(),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
