"""What a trial of a judge asks for, and how it looks when it has run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from django import forms

from annotate.models import Aggregate, Item
from annotate.questions import Answers, Questions
from annotate.questions.base.question import letter
from frontend.items.history import answers_in_words
from frontend.judges.figures import Refused, refused_in
from routing.judges.kinds import kinds
from routing.judges.orders import asked_in
from routing.judges.prompts import messages as prompt_messages
from routing.judges.reconcile import reconcile
from routing.judges.trials import MOST_ITEMS, view_of
from routing.models import Judge
from routing.trial_models import JudgeTrial, JudgeTrialCall


class TrialForm(forms.Form):
    items = forms.IntegerField(
        min_value=1,
        max_value=MOST_ITEMS,
        initial=5,
        label="Items",
        help_text="Drawn at random, those that people have labelled first.",
    )
    cap_usd = forms.DecimalField(
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
        initial=Decimal("0.10"),
        label="At most, in USD",
        help_text="No call is sent that could cost more than what is left of it.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(self, *args: Any, offline: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if offline:
            del self.fields["cap_usd"]

    @property
    def wanted(self) -> dict[str, Any]:
        return {"cap_usd": Decimal(0)} | self.cleaned_data


@dataclass(frozen=True)
class Asked:
    """One call as a page shows it."""

    call: JudgeTrialCall
    letters: str
    said: Sequence[tuple[str, str]]
    raw: str
    prompt: Sequence[Mapping[str, str]]
    refused: Sequence[Refused]


@dataclass(frozen=True)
class Tried:
    """One item: its calls, what they add up to, and what people say."""

    item: Item
    calls: Sequence[Asked]
    verdict: Sequence[tuple[str, str]] | None
    undecided: bool
    people: Aggregate | None
    agrees: bool | None = field(default=None)


def tried(trial: JudgeTrial) -> list[Tried]:
    """The trial's items in the order they were asked."""
    judge = trial.judge
    rows = trial.calls.select_related("item").prefetch_related("item__completions")
    calls = list(rows.order_by("item_id", "order"))
    people = _people(judge, [call.item_id for call in calls])
    return [
        _tried(judge, list(group), people.get(item))
        for item, group in groupby(calls, key=lambda call: call.item_id)
    ]


def _people(judge: Judge, items: Sequence[int]) -> dict[int, Aggregate]:
    main = judge.form.parsed.main_preference()
    if main is None:
        return {}
    rows = Aggregate.objects.filter(
        item__in=items, question=main.name, source=Aggregate.Source.PEOPLE
    )
    return {row.item_id: row for row in rows}


def _tried(judge: Judge, calls: list[JudgeTrialCall], people: Aggregate | None) -> Tried:
    questions = judge.form.parsed
    over = all(call.state == JudgeTrialCall.State.ANSWERED for call in calls)
    found = reconcile(questions, calls) if over else None  # type: ignore[arg-type]  # they have what it reads
    answers = found.answers if found else None
    return Tried(
        item=calls[0].item,
        calls=[_asked(judge, call) for call in calls],
        verdict=answers_in_words(questions, answers) if answers is not None else None,
        undecided=found is not None and answers is None,
        people=people,
        agrees=_agrees(questions, answers, people),
    )


def _agrees(questions: Questions, answers: Answers | None, people: Aggregate | None) -> bool | None:
    """Whether the judge takes people's side; None where one of them takes none."""
    main = questions.main_preference()
    if main is None or answers is None or people is None or people.majority is None:
        return None
    value = answers.get(main.name, {}).get("value")
    return None if value is None else (value > 0) - (value < 0) == people.majority


def _asked(judge: Judge, call: JudgeTrialCall) -> Asked:
    questions = judge.form.parsed
    own = questions.permute(call.verdict, call.shown_order) if call.verdict else {}
    raw = call.raw or {}
    return Asked(
        call=call,
        letters="".join(letter(position) for position in call.shown_order),
        said=answers_in_words(questions, own),
        raw=str(raw.get("text", "")) or "\n".join(_raw_lines(raw)),
        prompt=_prompt(judge, call),
        refused=refused_in(questions, raw),
    )


def _raw_lines(raw: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in raw.items())


def _prompt(judge: Judge, call: JudgeTrialCall) -> Sequence[Mapping[str, str]]:
    """The chat that a language model gets; an offline judge reads the item itself."""
    if judge.kind not in kinds() or kinds()[judge.kind].offline:
        return []
    view = view_of(call)
    return prompt_messages(
        judge.prompt_version,
        view,
        questions=asked_in(judge.form.parsed, view.order),
        guidelines=judge.guidelines.text if judge.guidelines else "",
    )
