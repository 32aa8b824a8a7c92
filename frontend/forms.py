"""Forms of the researchers' and admins' pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from annotate.models import Project
from annotate.models.projects import Route
from annotate.presets import UnknownPreset, preset_named
from annotate.questions.base.text import RefusedText, check_text

ROUTES = [("", "leave it to the routing policy"), *Route.choices]
RESERVED_SLUGS = {"new"}  # a page of ours has this place


def storable(value: str) -> str:
    """``value`` if PostgreSQL can hold it. Raises ``ValidationError``."""
    try:
        return check_text(value)
    except RefusedText as fault:
        raise ValidationError(f"{str(fault)[0].upper()}{str(fault)[1:]}.") from fault


class NewProjectForm(forms.Form):
    preset = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(
        max_length=120, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    slug = forms.SlugField(
        max_length=60,
        required=False,
        label="Short name",
        help_text="Stands in addresses and commands; made from the name when left empty.",
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=100,
        required=False,
        label="Labels wanted for each item",
        help_text="From different people. The preset's number when left empty.",
    )
    default_route = forms.ChoiceField(
        choices=ROUTES,
        required=False,
        initial=Route.HUMAN,
        label="Who labels new items",
        help_text="Can be changed at any time, and a routing policy can decide item by item.",
    )

    def clean_name(self) -> str:
        return storable(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            given["preset"] = preset_named(given.get("preset", ""))
        except UnknownPreset as fault:
            self.add_error(None, str(fault))
        slug = given.get("slug") or slugify(given.get("name", ""))[:60].strip("-")
        if "name" in given and not slug:
            self.add_error("slug", "The name has no letters for an address; write a short name.")
        elif slug in RESERVED_SLUGS or Project.objects.filter(slug=slug).exists():
            self.add_error("slug", f"The short name “{slug}” is taken; choose another one.")
        return given | {"slug": slug}

    @property
    def settings(self) -> dict[str, Any]:
        """What ``create_project`` takes."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "slug": given["slug"],
            "preset": given["preset"],
            "overlap": given["overlap"],
            "default_route": given["default_route"] or None,
        }
