"""The form that guidelines are written in."""

from django import forms
from django.core.exceptions import ValidationError

from frontend.form_editor.question_forms import NOTE_LENGTH
from frontend.forms import storable


class GuidelinesForm(forms.Form):
    # The version that is edited, 0 for none; whoever leaves it out is not told of others' edits.
    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    text = forms.CharField(
        label="Guidelines",
        strip=False,
        max_length=200_000,
        help_text="Markdown. Stored as a new version; labels name the version their annotator saw.",
        widget=forms.Textarea(attrs={"rows": 28, "class": "source", "dir": "auto"}),
    )
    note = forms.CharField(
        label="What changed and why",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_text(self) -> str:
        text = storable(self.cleaned_data["text"]).replace("\r\n", "\n")
        if not text.strip():
            raise ValidationError("There is no text; write what annotators should do.")
        return text

    def clean_note(self) -> str:
        return storable(self.cleaned_data["note"])
