"""One or several of given options, about the item or about each completion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.questions.base.options import Option, read_options
from annotate.questions.base.question import (
    Answer,
    Combined,
    Config,
    Found,
    InvalidAnswer,
    InvalidForm,
    Question,
    Shown,
    letter,
)
from annotate.questions.base.settings import setting
from annotate.questions.base.text import RefusedText, check_text
from annotate.questions.choice import counting, judging, page
from annotate.questions.choice.naming import NONE, OTHER
from annotate.questions.choice.sets import common_to, masi_distance

MOST_OPTIONS, LONGEST_OTHER = 30, 1_000
YES_NO = (Option("yes", "Yes"), Option("no", "No"))


@dataclass(frozen=True, kw_only=True)
class ChoiceConfig(Config):
    options: tuple[Option, ...] = setting(
        YES_NO,
        "What there is to choose from. Answers hold what is stored; words may change later.",
        type="options",
        read=read_options,
    )
    several: bool = setting(False, "Any number of them may be chosen.", label="Several")
    each: bool = setting(
        False, "Asked of each completion, not of the item.", label="For each completion"
    )
    other: bool = setting(
        False, "Offers “other”, with a field for own words.", label="Other, in own words"
    )
    none: str = setting(
        "",
        "Where several may be chosen: words for none of them, such as “No problem”. Else at least one "
        "has to be.",
        label="None of them",
        scale=False,
    )
    reasons: tuple[Option, ...] = setting(
        (),
        "Boxes to tick beside the choice, if one likes.",
        scale=False,
        type="options",
        read=read_options,
    )


class Choice(Question[ChoiceConfig]):
    """Answers are ``{"chosen": [value, …]}``, in the order of the options.

    Beside it stand ``"other"``, own words where that was chosen, and ``"reasons"``, where they are
    offered. Of each completion: ``{"each": [[value, …] or None, …]}`` in the item's order.
    """

    kind = "choice"
    title = "Choice"
    about = "One or several of given options, about the item or about each completion."
    Config = ChoiceConfig

    @classmethod
    def check(cls, config: ChoiceConfig) -> None:
        where, values = f"Question {config.name!r}", [one.value for one in config.options]
        least = 1 if config.several else 2
        if not least <= len(values) + config.other <= MOST_OPTIONS:
            raise InvalidForm(
                f"{where}: {len(values)} options; give {least} to {MOST_OPTIONS} to choose from."
            )
        if len(config.reasons) > MOST_OPTIONS:
            raise InvalidForm(
                f"{where}: {len(config.reasons)} reasons; give {MOST_OPTIONS} at most."
            )
        for reserved in (OTHER, NONE):
            if reserved in values:
                raise InvalidForm(
                    f"{where}: an option has the value {reserved!r}, which stands for the setting "
                    "of that name; use another one."
                )
        if config.none and not config.several:
            raise InvalidForm(
                f"{where}: “none of them” is a box beside several; where one is chosen make it an "
                "option, or allow several."
            )
        if config.each and (config.other or config.reasons):
            raise InvalidForm(
                f"{where}: own words and reasons are about the item; leave them out where each "
                "completion is asked about."
            )

    @property
    def scale_settings(self) -> dict[str, Any]:
        """Of the options their values alone: words may change."""
        found = super().scale_settings
        return found | {"Options": self.values_of_options, "None of them": bool(self.config.none)}

    @property
    def values_of_options(self) -> list[str]:
        return [option.value for option in self.config.options]

    @property
    def choices(self) -> list[str]:
        """What an answer may hold, in order."""
        return self.values_of_options + [OTHER] * self.config.other

    @property
    def labels(self) -> dict[str, str]:
        return {option.value: option.label for option in self.config.options} | {OTHER: "other"}

    @property
    def outcomes(self) -> dict[str, str]:
        found = {value: self.labels[value] for value in self.choices}
        return found | ({NONE: self.config.none} if self.config.none else {})

    def came_to(self, answer: Answer) -> list[str]:
        return [
            value
            for chosen in self.sets(answer)
            if chosen is not None
            for value in chosen or [NONE]
        ]

    @staticmethod
    def sets(answer: Answer) -> list[list[str] | None]:
        """What was chosen: of the item, or of each completion, where None is no answer."""
        return list(answer["each"]) if "each" in answer else [answer["chosen"]]

    # ---------------------------------------------------------------------------------- validation

    @property
    def parts(self) -> list[str]:
        """What an answer about the item may consist of."""
        return ["chosen"] + [OTHER] * self.config.other + ["reasons"] * bool(self.config.reasons)

    def parse(self, raw: object, *, completions: int) -> Answer:
        if self.config.each:
            return {"each": self._each(raw, completions)}
        if not isinstance(raw, Mapping) or "chosen" not in raw or not set(raw) <= set(self.parts):
            raise InvalidAnswer(
                self.name,
                f"{raw!r} is not a choice; send an object with {' and '.join(self.parts)}",
            )
        answer: Answer = {"chosen": self._chosen(raw["chosen"])}
        if OTHER in answer["chosen"]:
            answer[OTHER] = self._own_words(raw.get(OTHER, ""))
        if self.config.reasons:
            answer["reasons"] = self._reasons(raw.get("reasons", []))
        return answer

    def _each(self, raw: object, completions: int) -> list[list[str] | None]:
        given = raw.get("each") if isinstance(raw, Mapping) and set(raw) == {"each"} else None
        if not isinstance(given, list | tuple) or len(given) != completions:
            raise InvalidAnswer(
                self.name, f"wants {completions} choices, one a completion; send {{'each': [[…]]}}"
            )
        if all(chosen is None for chosen in given):
            raise InvalidAnswer(self.name, "says nothing of any completion; choose for each")
        return [None if chosen is None else self._chosen(chosen) for chosen in given]

    def _chosen(self, given: object) -> list[str]:
        """In the order of the options, each once; empty for none of them."""
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise InvalidAnswer(self.name, f"{given!r} is no list of options; send ['…']")
        none = [NONE] * bool(self.config.none)
        if unknown := [value for value in given if value not in (*self.choices, *none)]:
            known = ", ".join([*self.choices, *none])
            raise InvalidAnswer(self.name, f"{unknown[0]!r} is no option; use {known}")
        if NONE in given and len(set(given)) > 1:
            raise InvalidAnswer(
                self.name, f"“{self.config.none}” is chosen beside others; leave one of them out"
            )
        chosen = [value for value in self.choices if value in given]
        if not chosen and not self.config.none:
            raise InvalidAnswer(self.name, "chooses nothing; choose an option")
        if len(chosen) > 1 and not self.config.several:
            raise InvalidAnswer(self.name, f"chooses {len(chosen)} options; choose one")
        return chosen

    def _own_words(self, text: object) -> str:
        if not isinstance(text, str):
            raise InvalidAnswer(self.name, f"the own words are {text!r}; send a text")
        try:
            check_text(text)
        except RefusedText as fault:
            raise InvalidAnswer(self.name, str(fault)) from fault
        if len(text) > LONGEST_OTHER:
            raise InvalidAnswer(
                self.name, f"has {len(text)} characters; shorten it to {LONGEST_OTHER} at most"
            )
        return text

    def _reasons(self, given: object) -> list[str]:
        values = [reason.value for reason in self.config.reasons]
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise InvalidAnswer(self.name, f"{given!r} is no list of reasons; send ['…']")
        if unknown := [value for value in given if value not in values]:
            raise InvalidAnswer(self.name, f"{unknown[0]!r} is no reason; use {', '.join(values)}")
        return [value for value in values if value in given]

    def is_complete(self, answer: Answer, *, completions: int) -> bool:
        if OTHER in answer.get("chosen", ()):
            return bool(answer[OTHER].strip())
        return None not in self.sets(answer)

    def read(self, data: Mapping[str, Any], *, completions: int) -> object | None:
        if self.config.each:
            given = [self._ticked(data, f"{self.field}-{n}") for n in range(completions)]
            return {"each": given} if any(one is not None for one in given) else None
        chosen = self._ticked(data, self.field)
        if chosen is None:
            return None
        raw: dict[str, object] = {"chosen": chosen}
        if OTHER in chosen:
            raw[OTHER] = data.get(f"{self.field}-text", "").replace("\r\n", "\n")
        if self.config.reasons:
            names = [reason.value for reason in self.config.reasons]
            raw["reasons"] = [one for one in names if data.get(f"{self.field}-why-{one}")]
        return raw

    def _ticked(self, data: Mapping[str, Any], field: str) -> list[str] | None:
        """None where nothing is: neither an option nor none of them."""
        if not self.config.several:
            return [data[field]] if data.get(field) else None
        return [one for one in (*self.choices, NONE) if data.get(f"{field}-is-{one}")] or None

    def permute(self, answer: Answer, order: Sequence[int]) -> Answer:
        if "each" not in answer:
            return answer
        own: list[list[str] | None] = [None] * len(order)
        for place, position in enumerate(order):
            own[position] = answer["each"][place]
        return {"each": own}

    # --------------------------------------------------------------------------------- aggregation

    def combine(self, answers: Sequence[Answer]) -> Combined:
        return counting.combine(self, answers)

    def settle(self, combined: Combined, found: Mapping[str, Found]) -> Combined:
        return counting.settle(self, combined, found)

    def summary(self, combined: Mapping[str, Any]) -> str:
        return counting.summary(self, combined)

    @property
    def methods(self) -> tuple[str, ...]:
        """Of several options each is voted on alone, by count: they differ in how hard they are."""
        weighing = ("weighted", "mace", "glad")
        if self.config.several:
            return ("majority", "dawid_skene", *weighing)
        return ("dawid_skene", "majority", *weighing)

    @property
    def classes(self) -> list[float]:
        """The places of the options; of several, not chosen and chosen."""
        return [0.0, 1.0] if self.config.several else [float(n) for n in range(len(self.choices))]

    def votes(self, answer: Answer) -> dict[str, float]:
        found: dict[str, float] = {}
        for unit, chosen in self.units(answer).items():
            if self.config.several:
                found |= {
                    counting.of_option(unit, value): float(value in chosen)
                    for value in self.choices
                }
            elif chosen[0] in self.choices:
                found[unit] = float(self.choices.index(chosen[0]))
        return found

    def units(self, answer: Answer) -> dict[str, list[str]]:
        """What was chosen, by "" for the item or the position of a completion."""
        if "each" not in answer:
            return {"": answer["chosen"]}
        return {str(n): chosen for n, chosen in enumerate(answer["each"]) if chosen is not None}

    # ----------------------------------------------------------------------------------- agreement

    @property
    def whole(self) -> bool:
        return self.config.several

    @property
    def scale(self) -> range:
        return range(0 if self.config.several else len(self.choices))

    def values(self, answer: Answer) -> dict[str, float]:
        return {} if self.config.several else self.votes(answer)

    def value_words(self, value: float) -> str:
        return self.labels[self.choices[int(value)]]

    def distance(self, first: Answer, second: Answer) -> float:
        """Of one option 0 or 1, of several by MASI; of completions the mean over those in both."""
        one, other = self.units(first), self.units(second)
        shared = one.keys() & other.keys()
        apart = [masi_distance(one[unit], other[unit]) for unit in sorted(shared)]
        return sum(apart) / len(apart) if apart else 0.0

    # ------------------------------------------------------------------------------------- exports

    def columns(self, answer: Answer) -> dict[str, Any]:
        cells: dict[str, Any] = {}
        for unit, chosen in self.units(answer).items():
            name = str(int(unit) + 1) if unit else ""
            if self.config.several:
                cells |= {
                    counting.of_option(name, value): value in chosen for value in self.choices
                }
            else:
                cells[name] = chosen[0]
        if OTHER in answer:
            cells["other_words"] = answer[OTHER]
        if answer.get("reasons"):
            cells["reasons"] = ", ".join(answer["reasons"])
        return cells

    def words(self, answer: Answer) -> str:
        parts = [
            f"{letter(int(unit))}: {self._named(chosen)}" if unit else self._named(chosen)
            for unit, chosen in self.units(answer).items()
        ]
        if answer.get(OTHER):
            parts.append(f"“{answer[OTHER]}”")
        if answer.get("reasons"):
            labels = {reason.value: reason.label for reason in self.config.reasons}
            parts.append(f"because {', '.join(labels.get(one, one) for one in answer['reasons'])}")
        return "; ".join(parts)

    def _named(self, chosen: Sequence[str]) -> str:
        named = ", ".join(self.labels.get(value, value) for value in chosen)
        return named or self.config.none or "none"

    # -------------------------------------------------------------------------------------- judges

    def judge_schema(self, *, completions: int) -> dict[str, Any]:
        return judging.schema(self, completions)

    def judge_instruction(self, *, completions: int) -> str:
        return judging.instruction(self, completions)

    def from_judge(self, payload: object, *, completions: int) -> Answer:
        return self.parse(judging.raw(self, payload, completions), completions=completions)

    def reconcile(self, answers: Sequence[Answer]) -> Answer | None:
        """What a judge's answers have in common; None where that says nothing."""
        common = [
            self._common([one for one in chosen if one is not None])
            for chosen in zip(*map(self.sets, answers), strict=True)
        ]
        if all(chosen is None for chosen in common):
            return None
        if self.config.each:
            return {"each": common}
        reconciled: Answer = {**answers[0], "chosen": common[0]}
        if self.config.reasons:
            given = [set(answer["reasons"]) for answer in answers]
            reconciled["reasons"] = [
                one for one in answers[0]["reasons"] if one in set.intersection(*given)
            ]
        return reconciled

    def _common(self, sets: Sequence[Sequence[str]]) -> list[str] | None:
        return common_to(sets, may_be_empty=bool(self.config.none)) if sets else None

    # ---------------------------------------------------------------------------------------- page

    def examples(self) -> list[Answer]:
        first, last = [self.values_of_options[0]], [self.values_of_options[-1]]
        sets = [first, last] + ([self.values_of_options] * self.config.several)
        sets += [[]] * bool(self.config.none)
        if self.config.each:
            return [{"each": [chosen, None]} for chosen in sets] + [{"each": [last, first]}]
        found: list[Answer] = [{"chosen": chosen} for chosen in sets]
        if self.config.reasons:
            found = [{**answer, "reasons": [self.config.reasons[0].value]} for answer in found]
        if self.config.other:
            found.append({**found[0], "chosen": [OTHER], OTHER: "Something else."})
        return found

    def context(self, shown: Shown) -> dict[str, Any]:
        return super().context(shown) | page.context(self, shown)
