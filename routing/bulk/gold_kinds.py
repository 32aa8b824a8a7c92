"""Changes of many items' gold: marking it, saying what it is for, taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.gold import LEAST_LABELS, agreed, in_words
from annotate.gold_uses import follow_uses
from annotate.models import Gold
from routing.bulk.base import Batch, Field, InvalidSetting, Kind, Left, Settings, State, live

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LABELS = 100  # that a majority may be asked of
USES = {
    Gold.Use.CHECK: "checks whoever comes across it as work",
    Gold.Use.PLANTED: "is planted among everybody's work",
    Gold.Use.QUALIFICATION: "is asked in the qualification test",
    Gold.Use.EXAMPLE: "is shown as a worked example",
}
USE = Field(
    "use",
    "What it is for",
    "Unless it only checks, the items are set aside: nobody is given them as work any more.",
    choices=tuple((str(use), words) for use, words in USES.items()),
    default=Gold.Use.CHECK,
)


def read_use(data: Mapping[str, str]) -> str:
    use = data.get("use") or str(Gold.Use.CHECK)
    if use not in Gold.Use.values:
        raise InvalidSetting("use", f"“{use}” is no use of gold; choose one of the list.")
    return use


class GoldKind(Kind):
    """States are None, or {"answers", "form", "note", "by"}, with "use" where it is no check."""

    def states(self, batch: Batch) -> dict[int, State]:
        found: dict[int, State] = dict.fromkeys(batch.ids)
        for gold in Gold.objects.filter(item__in=batch.ids):
            found[gold.item_id] = {
                "answers": gold.answers,
                "form": gold.form_id,
                "note": gold.note,
                "by": gold.created_by_id,
                **_said(gold.use),
            }
        return found

    def set(self, batch: Batch, targets: Mapping[int, State]) -> dict[int, Left]:
        there = Gold.objects.filter(item__in=list(targets))
        before = dict(there.values_list("item_id", "use"))
        there.delete()
        Gold.objects.bulk_create(
            Gold(
                item_id=pk,
                answers=state["answers"],
                form_id=state["form"],
                note=state["note"],
                created_by_id=state["by"],
                use=_use_of(state),
            )
            for pk, state in targets.items()
            if state is not None
        )
        after = {pk: _use_of(state) if state else None for pk, state in targets.items()}
        follow_uses(batch.project, before=before, after=after)
        return {}

    def say(self, state: State) -> str:
        if state is None:
            return "not gold"
        return f"gold: {in_words(state['answers'], state['form'])}; it {USES[_use_of(state)]}"


def _use_of(state: State) -> Gold.Use:
    return Gold.Use(state.get("use", Gold.Use.CHECK))


def _said(use: str) -> dict[str, str]:
    return {} if use == Gold.Use.CHECK else {"use": use}


class MarkGold(GoldKind):
    name = "gold"
    title = "Mark gold"
    about = (
        "What a review says, or else most people, becomes the known answer that annotators are "
        "checked against. Every required question needs a majority."
    )
    fields = (
        USE,
        Field(
            "least",
            "Labels at least",
            "By people, where there is no review.",
            default="2",
            whole=True,
        ),
        Field(
            "sure",
            "Confidence at least, in per cent",
            "Of the aggregate, where its method gives one.",
            whole=True,
            optional=True,
        ),
        Field("note", "Note", "Why it is right; annotators may be told.", optional=True),
    )

    def read(self, data: Mapping[str, str]) -> Settings:
        text = data.get("least", "").strip() or str(LEAST_LABELS)
        if not (text.isdecimal() and 1 <= int(text) <= MOST_LABELS):
            raise InvalidSetting(
                "least", f"“{text}” is no number from 1 to {MOST_LABELS}; write one."
            )
        sure = data.get("sure", "").strip() or "0"
        if not (sure.isdecimal() and int(sure) <= 100):
            raise InvalidSetting("sure", f"“{sure}” is no number from 0 to 100; write one.")
        note = data.get("note", "").replace("\0", "").strip()[:2000]
        return {"least": int(text), "sure": int(sure), "note": note, "use": read_use(data)}

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        settings = batch.settings
        found = agreed(
            batch.project, batch.ids, least=settings["least"], sure=settings["sure"] / 100
        )
        more = {
            "form": batch.project.form.pk,
            "note": batch.settings["note"],
            "by": batch.action.user_id if batch.action else None,
            **_said(settings.get("use", Gold.Use.CHECK)),
        }
        return live(
            batch,
            {
                pk: Left("is gold already")
                if state is not None
                else Left(found[pk].fault)
                if found[pk].fault
                else {"answers": found[pk].answers, **more}
                for pk, state in states.items()
            },
        )


class UseGold(GoldKind):
    name = "use-gold"
    title = "Use gold for"
    about = (
        "Known answers stay; what they are for changes. Notes of examples are shown to everybody."
    )
    fields = (USE,)

    def read(self, data: Mapping[str, str]) -> Settings:
        return {"use": read_use(data)}

    def words(self, settings: Settings) -> str:
        return f"Use gold: it {USES[Gold.Use(settings['use'])]}"

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        use = batch.settings["use"]
        return live(
            batch,
            {
                pk: Left("is not gold; mark it first")
                if state is None
                else Left("is used so already")
                if _use_of(state) == use
                else {**{k: v for k, v in state.items() if k != "use"}, **_said(use)}
                for pk, state in states.items()
            },
        )


class RemoveGold(GoldKind):
    name = "ungold"
    title = "Remove gold"
    about = "The items are no longer used to check annotators."

    def targets(self, batch: Batch, states: Mapping[int, State]) -> dict[int, State | Left]:
        return {pk: Left("is not gold") if state is None else None for pk, state in states.items()}
