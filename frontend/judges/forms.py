"""The form for a judge's version; its settings come from the judge's kind."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from django import forms

from annotate.models import User
from frontend.forms import storable
from routing.judges.base import Kind
from routing.models import Judge

PREFIX = "setting-"


def _setting(setting: Any) -> forms.Field:
    bounds = setting.metadata
    name = setting.name.replace("_", " ")
    common: dict[str, Any] = {
        "label": f"{name[0].upper()}{name[1:]}",
        "help_text": bounds["words"],
        "initial": setting.default,
        "min_value": bounds["least"],
        "max_value": bounds["most"],
        "required": False,
    }
    if isinstance(setting.default, int) and "seconds" not in setting.name:
        return forms.IntegerField(**common)
    return forms.FloatField(**common, widget=forms.NumberInput(attrs={"step": "any"}))


class JudgeForm(forms.Form):
    """Everything that makes a version. Only staff are asked for an address."""

    name = forms.CharField(max_length=100, help_text="The same name makes its next version.")

    def __init__(self, *args: Any, kind: type[Kind[Any]], user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if not kind.offline:
            self._ask_for_endpoint(staff=user.is_staff)
        for setting in fields(kind.Settings):
            if "least" in setting.metadata:
                self.fields[PREFIX + setting.name] = _setting(setting)

    @classmethod
    def after(
        cls, judge: Judge | None, data: Any = None, *, kind: type[Kind[Any]], user: User
    ) -> "JudgeForm":
        """Filled with what a version has, so that the next one says only what is new."""
        known = ("name", "model", "base_url", "key_env", "input_price_usd", "output_price_usd")
        initial = {name: getattr(judge, name) for name in known} if judge is not None else {}
        for name, value in (judge.settings if judge is not None else {}).items():
            initial[PREFIX + name] = value
        return cls(data, kind=kind, user=user, initial=initial)

    def _ask_for_endpoint(self, *, staff: bool) -> None:
        self.fields["model"] = forms.CharField(
            max_length=200, help_text="As the endpoint calls it, such as gpt-4o-mini."
        )
        if staff:
            self.fields["base_url"] = forms.URLField(
                required=False,
                assume_scheme="https",
                label="Address",
                help_text="Of an OpenAI-compatible endpoint, such as http://localhost:8001/v1. "
                "OpenAI's own when left empty.",
            )
        self.fields["key_env"] = forms.CharField(
            max_length=100,
            required=False,
            label="Environment variable with the key",
            help_text="Its name, never the key itself; such as OPENAI_API_KEY. "
            "It has to be set where the workers run.",
        )
        for name, word in (("input_price_usd", "Input"), ("output_price_usd", "Output")):
            self.fields[name] = forms.DecimalField(
                required=False,
                min_value=Decimal(0),
                max_digits=10,
                decimal_places=4,
                label=f"{word} price",
                help_text="USD for a million tokens. While it is unknown and there is a budget in "
                "USD, the judge stands still.",
                widget=forms.NumberInput(attrs={"step": "any"}),
            )

    def clean_name(self) -> str:
        return storable(self.cleaned_data["name"].strip())

    @property
    def version(self) -> dict[str, Any]:
        """What ``create_judge`` takes."""
        given = self.cleaned_data
        own = {name: value for name, value in given.items() if not name.startswith(PREFIX)}
        settings = {
            name.removeprefix(PREFIX): value
            for name, value in given.items()
            if name.startswith(PREFIX) and value is not None
        }
        return {**own, "settings": settings}


def _price(word: str) -> forms.DecimalField:
    return forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
        label=f"{word}, USD for a million tokens",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


class PriceForm(forms.Form):
    """Prices are no part of a version; empty is unknown."""

    input_usd = _price("Input")
    output_usd = _price("Output")
