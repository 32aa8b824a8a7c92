"""Deciding many items by what most people say, and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate import adjudication
from annotate.gold import agreed, in_words
from annotate.models import Annotation
from routing.bulk.base import Batch, Field, InvalidSetting, Kind, Left, Settings, State, live

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LABELS = 100
SETTLED = "majority"  # in the decision's ``raw``: no figure counts it as a reviewer's own judgement


class Settle(Kind):
    """States are None, or {"answers", "form", "reason"} of the decision that stands."""

    name = "settle"
    title = "Settle by majority"
    about = (
        "What most people say becomes the decision on the item, as if a reviewer had taken it. "
        "Every required question needs a majority."
    )
    fields = (
        Field("least", "Labels at least", "By people.", default="3", whole=True),
        Field("reason", "Reason", "Kept with each decision.", default="Settled by majority."),
    )
    jobs = ("aggregate",)

    def read(self, data: Mapping[str, str]) -> Settings:
        text = data.get("least", "").strip()
        if not (text.isdecimal() and 1 <= int(text) <= MOST_LABELS):
            raise InvalidSetting(
                "least", f"“{text}” is no number from 1 to {MOST_LABELS}; write one."
            )
        reason = data.get("reason", "").replace("\0", "").strip()
        if not reason:
            raise InvalidSetting("reason", "There is no reason; say why in a few words.")
        return {"least": int(text), "reason": reason[: adjudication.LONGEST_REASON]}

    def states(self, batch: Batch) -> dict[int, State]:
        found: dict[int, State] = dict.fromkeys(batch.ids)
        reviews = Annotation.objects.current().filter(
            item__in=batch.ids, purpose=Annotation.Purpose.REVIEW
        )
        for review in reviews.order_by("pk"):
            found[review.item_id] = (
                {"answers": review.answers, "form": review.form_id, "reason": review.reason}
                if review.answers
                else None
            )
        return found

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        found = agreed(batch.project, batch.ids, least=batch.settings["least"])
        more = {"form": batch.project.form.pk, "reason": batch.settings["reason"]}
        return live(
            batch,
            {
                pk: Left("is decided already")
                if state is not None
                else Left(found[pk].fault)
                if found[pk].fault
                else {"answers": found[pk].answers, **more}
                for pk, state in states.items()
            },
        )

    def set(self, batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        by = batch.action.user if batch.action else None
        if by is None:
            return {
                pk: Left("is decided by people alone, and nobody asked for it") for pk in targets
            }
        made = {
            pk: (state or {"answers": {}, "form": batch.project.form.pk, "reason": ""})
            for pk, state in targets.items()
        }
        raw = {"settled": SETTLED, "action": batch.action.pk if batch.action else None}
        adjudication.store_many(batch.project, made, by=by, raw=raw)
        return {}

    def say(self, state: State) -> str:
        return "open" if state is None else f"decided: {in_words(state['answers'], state['form'])}"
