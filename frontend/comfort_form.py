"""The form in which annotators set their own display and keys."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField

from annotate.models import User
from frontend.comfort import (
    COMMANDS,
    DEFAULT_KEYS,
    DEFAULT_SIZE,
    DEFAULT_WIDTH,
    SIZES,
    THEMES,
    WIDTHS,
    Command,
    key_named,
    keys_of,
    shown,
)

LONGEST_KEY = 12  # characters of a key's name


class KeyField(forms.CharField):
    """One key, by its sign or its name."""

    def __init__(self, command: Command) -> None:
        attributes = {
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
            "size": 7,
            "data-key-for": command.name,
        }
        super().__init__(
            label=command.words,
            required=False,
            strip=False,
            max_length=LONGEST_KEY,
            widget=forms.TextInput(attrs=attributes),
            help_text=f"Usually {shown(command.key)}",
        )
        self.usual = command.key

    def prepare_value(self, value: Any) -> Any:
        return shown(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        """As the browser names the key; the usual one where nothing is typed."""
        typed = super().clean(value)
        if not typed:
            return self.usual
        try:
            return key_named(typed)
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from fault


class ComfortForm(forms.Form):
    theme = forms.ChoiceField(
        choices=list(THEMES.items()), required=False, label="Colours", widget=forms.RadioSelect
    )
    size = forms.TypedChoiceField(
        choices=[(size, f"{size} px") for size in SIZES],
        coerce=int,
        label="Size of texts",
    )
    width = forms.TypedChoiceField(
        choices=[(width, f"{width} characters") for width in WIDTHS],
        coerce=int,
        label="Width of a column of text, at most",
    )

    def __init__(self, data: Any = None, *, comfort: Mapping[str, Any]) -> None:
        keys = {_field(name): key for name, key in keys_of(comfort).items()}
        usual = {"theme": "", "size": DEFAULT_SIZE, "width": DEFAULT_WIDTH}
        initial = {**usual, **comfort, **keys}
        super().__init__(data, initial=initial, auto_id="comfort-%s")
        for command in COMMANDS:
            self.fields[_field(command.name)] = KeyField(command)

    @property
    def display(self) -> list[BoundField]:
        return [self[name] for name in ("theme", "size", "width")]

    @property
    def keys(self) -> list[BoundField]:
        return [self[_field(command.name)] for command in COMMANDS]

    def clean(self) -> dict[str, Any]:
        """No key does two things."""
        given = super().clean() or {}
        holders: dict[str, Command] = {}
        for command in COMMANDS:
            key = given.get(_field(command.name))
            if key is None:
                continue
            other = holders.setdefault(key, command)
            if other is not command:
                words = f"{shown(key)} is there for “{other.words}” already: take another key."
                self.add_error(_field(command.name), words)
        return given

    def save(self, user: User) -> None:
        """Only what is not as usual is stored, so that a new usual reaches everybody else."""
        given = self.cleaned_data
        keys = {name: given[_field(name)] for name in DEFAULT_KEYS}
        wanted = {
            "theme": given["theme"],
            "size": given["size"],
            "width": given["width"],
            "keys": {name: key for name, key in keys.items() if key != DEFAULT_KEYS[name]},
        }
        usual = {"theme": "", "size": DEFAULT_SIZE, "width": DEFAULT_WIDTH, "keys": {}}
        user.comfort = {name: value for name, value in wanted.items() if value != usual[name]}
        user.save(update_fields=["comfort"])


def _field(command: str) -> str:
    return f"key-{command}"
