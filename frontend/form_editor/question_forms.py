"""The fields of a question, made from what its kind says of its settings."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from annotate.questions import Question
from annotate.questions.base.configs import TEXT_LENGTH, TITLE_LENGTH
from annotate.questions.base.question import NAME_LENGTH
from annotate.questions.base.settings import LAST, Setting, settings_of
from frontend.form_editor.label_rows import GroupedLabelsWidget, LabelsField
from frontend.form_editor.structured_fields import (
    ConditionField,
    ConditionWidget,
    OptionsField,
)
from frontend.forms import storable

NOTE_LENGTH = 300


class TextsField(forms.CharField):
    """One text a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, tuple | list) else value

    def clean(self, value: Any) -> Any:
        lines = (line.strip() for line in super().clean(value).splitlines())
        return [line for line in lines if line]


class NumbersField(forms.CharField):
    """Whole numbers between commas, counted from ``first`` on the page and from 0 in the form."""

    def __init__(self, *, first: int, least: float | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first, self.least = first, least

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return ", ".join(str(number + self.first) for number in value)
        return value

    def clean(self, value: Any) -> Any:
        parts = super().clean(value).replace(",", " ").split()
        try:
            numbers = [int(part) - self.first for part in parts]
        except ValueError:
            raise ValidationError("Write whole numbers between commas.") from None
        if self.least is not None and any(number < self.least for number in numbers):
            raise ValidationError(f"Write numbers from {self.least + self.first:g}.")
        return numbers


def _field(setting: Setting) -> forms.Field:
    common: dict[str, Any] = {"label": setting.label, "help_text": setting.words}
    bounds: dict[str, Any] = {"min_value": setting.least, "max_value": setting.most}
    match setting.type:
        case "yes/no":
            return forms.BooleanField(required=False, **common)
        case "whole number":
            return forms.IntegerField(**common, **bounds)
        case "number":
            any_number = forms.NumberInput(attrs={"step": "any"})
            return forms.FloatField(widget=any_number, **common, **bounds)
        case "choice":
            return forms.ChoiceField(choices=list(setting.choices.items()), **common)
        case "options":
            return OptionsField(required=False, **common)
        case "labels":
            return LabelsField(required=False, **common)
        case "grouped labels":
            return LabelsField(widget=GroupedLabelsWidget, required=False, **common)
        case "condition":
            return ConditionField(required=False, **common)
        case "texts":
            return TextsField(required=False, **common)
        case "numbers":
            wanted = bool(
                setting.default
            )  # where none stands for something of its own, it may be left so
            return NumbersField(first=setting.first, least=setting.least, required=wanted, **common)
        case "text":
            long = setting.name in LAST
            widget: forms.Widget = forms.Textarea(attrs={"rows": 1}) if long else forms.TextInput()
            return forms.CharField(required=False, max_length=TEXT_LENGTH, widget=widget, **common)


class QuestionForm(forms.Form):
    """Everything that can be said of one question of a kind."""

    title = forms.CharField(max_length=TITLE_LENGTH, label="Question")
    help = forms.CharField(
        max_length=TEXT_LENGTH,
        required=False,
        label="Hint, shown while it is answered, and to judges",
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    name = forms.CharField(
        max_length=NAME_LENGTH,
        help_text="Answers are kept under it. Small letters, digits, underscores.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    required = forms.BooleanField(
        required=False, label="Must be answered", help_text="Else people may leave it out."
    )

    def __init__(self, *args: Any, kind: type[Question[Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = settings_of(kind.Config)
        for setting in self.own:
            self.fields[setting.name] = _field(setting)
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{self.prefix}-{name}_helptext"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, value in list(given.items()):
            try:
                for text in _texts(value):
                    storable(text)
            except ValidationError as fault:
                self.add_error(name, fault)
        return given

    def follow(self, earlier: Mapping[str, Question[Any]]) -> None:
        """Offer the questions before this one as what it may be asked upon."""
        widget = self.fields["ask_if"].widget
        assert isinstance(widget, ConditionWidget)
        widget.earlier = {name: one.outcomes for name, one in earlier.items() if one.outcomes}

    @property
    def usual(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in LAST]

    @property
    def seldom(self) -> list[forms.BoundField]:
        """What most questions leave as it is, and what therefore stands behind a click."""
        return [self[name] for name in LAST]

    @property
    def has_seldom(self) -> bool:
        return any(self[name].value() or self[name].errors for name in LAST)

    @property
    def definition(self) -> dict[str, Any]:
        """The question's settings as a form's JSON has them; browsers send lines with \\r\\n."""
        return {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }

    @property
    def faults(self) -> list[str]:
        """What is wrong with the fields, each with its name."""
        return [
            f"{self.fields[name].label or name.title()}: {fault}"
            for name, found in self.errors.items()
            for fault in found
        ]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value made of lists and dicts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def defaults(kind: type[Question[Any]]) -> dict[str, Any]:
    """What a new question of a kind starts with."""
    return {f.name: f.default for f in fields(kind.Config) if f.default is not MISSING}
