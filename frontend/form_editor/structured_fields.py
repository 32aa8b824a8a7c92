"""Settings that are more than one text: lists of options, and what a question is asked upon."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from annotate.questions.base.conditions import read_condition
from annotate.questions.base.options import LONGEST_HELP, LONGEST_LABEL, read_options, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPARE_ROWS = 2


class OptionsWidget(forms.Widget):
    """A row an option, and empty ones for more."""

    template_name = "frontend/forms/options.html"
    # Whether its parts have labels of their own, so that it stands in a fieldset.
    use_fieldset = True
    parts: ClassVar[tuple[str, ...]] = ("label", "help", "value")
    most_rows: ClassVar[int] = 40

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        rows = (
            {part: str(data.get(f"{name}-{n}-{part}", "")).strip() for part in self.parts}
            for n in range(self.most_rows)
        )
        return [row for row in rows if self.is_given(row)]

    def is_given(self, row: dict[str, str]) -> bool:
        return any(row.values())

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-0-label" not in data

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        given = [dict(row) for row in value or ()]
        rows = given + [{}] * max(0, min(SPARE_ROWS, self.most_rows - len(given)))
        limits = {"label": LONGEST_LABEL, "help": LONGEST_HELP}
        return super().get_context(name, value, attrs) | {
            "rows": [
                {part: row.get(part, "") for part in self.parts}
                | {"number": n + 1, "name": f"{name}-{n}"}
                for n, row in enumerate(rows)
            ],
            "limits": limits,
        }


class OptionsField(forms.Field):
    """A list of ``{"value", "label", "help"}``; a value that is left out is made of the label."""

    widget = OptionsWidget

    def prepare_value(self, value: Any) -> Any:
        return [row if isinstance(row, dict) else vars(row) for row in value or ()]

    def posted(self, name: str, value: Any) -> dict[str, str]:
        """The fields that ``value`` would be posted as."""
        return {
            f"{name}-{n}-{part}": row.get(part, "")
            for n, row in enumerate(value or ())
            for part in self.widget.parts
        }

    def clean(self, value: Any) -> list[dict[str, str]]:
        rows = options_of(value)
        try:
            read_options(rows)
        except ValueError as fault:
            raise ValidationError(f"The list {fault}.") from fault
        return rows


def options_of(rows: "Sequence[Mapping[str, str]]") -> list[dict[str, str]]:
    """Rows as options, with values made where they are left out. Raises ``ValidationError``."""
    found, taken = [], [row["value"] for row in rows if row["value"]]
    for row in rows:
        if not row["label"]:
            raise ValidationError(f"“{row['value'] or row['help']}” has no words; write some.")
        made = row["value"] or value_of(row["label"], taken)
        taken.append(made)
        found.append({"value": made, "label": row["label"], "help": row["help"]})
    return found


class ConditionWidget(forms.Widget):
    """An earlier question to choose, and of that one the answers upon which this one is asked."""

    template_name = "frontend/forms/condition.html"
    use_fieldset = True

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        # By name of the questions before: the outcomes, with words for each.
        self.earlier: Mapping[str, Mapping[str, str]] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any] | None:
        question = data.get(f"{name}-question", "")
        given = data.getlist(f"{name}-answer") if hasattr(data, "getlist") else []
        # Answers belong to the question that they were shown for.
        answers = given if data.get(f"{name}-shown", question) == question else []
        return {"question": question, "answer": answers} if question else None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        question = value["question"] if value else ""
        outcomes = self.earlier.get(question, {})
        chosen: Sequence[str] = value["answer"] if value else ()
        return super().get_context(name, value, attrs) | {
            "questions": [
                *self.earlier,
                *([question] if question not in ("", *self.earlier) else []),
            ],
            "question": question,
            "answers": [
                {"value": one, "words": words, "checked": one in chosen}
                for one, words in outcomes.items()
            ],
        }


class ConditionField(forms.Field):
    """``{"question", "answer"}`` or None; what may be asked upon is checked with the whole form."""

    widget = ConditionWidget

    def posted(self, name: str, value: Any) -> dict[str, str]:
        return {}  # a new question is always asked

    def clean(self, value: Any) -> dict[str, Any] | None:
        if value is not None and not value["answer"]:
            raise ValidationError(f"Tick which answers to {value['question']} it is asked upon.")
        try:
            read_condition(value)
        except ValueError as fault:
            raise ValidationError(f"It {fault}.") from fault
        return dict(value) if value else None
