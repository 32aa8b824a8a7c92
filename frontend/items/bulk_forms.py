"""The settings of a change of many items, and which items were chosen, as a page asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from routing.bulk.actions import Chosen
from routing.bulk.base import InvalidSetting
from routing.selection import Selection

if TYPE_CHECKING:
    from django.http import QueryDict

    from annotate.models import Project
    from routing.bulk.base import Field, Kind, Settings

MOST_TICKED = 1_000
# Before the names of settings: some are those of conditions too.
PREFIX = "do"


class SettingsForm(forms.Form):
    """A field for each of a kind's settings; the kind itself says what is wrong with them."""

    def __init__(self, kind: Kind, data: QueryDict) -> None:
        given = any(f"{PREFIX}-{field.name}" in data for field in kind.fields)
        super().__init__(data if given else None, prefix=PREFIX)
        self.kind = kind
        for field in kind.fields:
            self.fields[field.name] = _form_field(field)

    def settings(self) -> Settings | None:
        """None where something is missing or wrong: the form says what, once it is filled in."""
        given = {field.name: field.default for field in self.kind.fields}
        if self.is_bound:
            given = {name: str(self.data.get(self.add_prefix(name), "")) for name in given}
        try:
            return self.kind.read(given)
        except InvalidSetting as fault:
            if self.is_bound and self.is_valid():
                self.add_error(fault.name, str(fault))
            return None


def _form_field(field: Field) -> forms.Field:
    made: forms.Field
    if field.choices:
        made = forms.ChoiceField(choices=field.choices)
    elif field.whole:
        # What is no number is the kind's to refuse, in words.
        made = forms.CharField(widget=forms.NumberInput(attrs={"min": 1, "max": 100}))
    else:
        made = forms.CharField(max_length=2000)
    made.label, made.help_text, made.initial = field.title, field.help, field.default
    made.required = not field.optional
    return made


def chosen_in(project: Project, data: QueryDict) -> Chosen | None:
    """The items that a page's form names: all that fit its conditions, or the ticked ones."""
    if data.get("all"):
        return Chosen(Selection.of(project, data))
    ticked = dict.fromkeys(pk for text in data.getlist("item") if (pk := _id(text)) is not None)
    return Chosen(Selection(project), tuple(ticked)[:MOST_TICKED]) if ticked else None


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < len(text) < 19 else None


def hidden_fields(chosen: Chosen, data: QueryDict) -> list[tuple[str, str]]:
    """Names and values that name the same items again."""
    if chosen.ticked is not None:
        fields = [("item", str(pk)) for pk in chosen.ticked]
    else:
        fields = [("all", "1"), *((one.name, one.raw) for one in chosen.selection.given)]
    page = data.get("list", "")
    return [*fields, ("list", str(page))] if page else fields
