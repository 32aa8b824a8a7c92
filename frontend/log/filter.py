"""Which entries of the audit log are shown or taken out."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from frontend.forms import storable
from frontend.log.words import action_words, thing

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from annotate.models import AuditEntry


def _day(name: str) -> forms.DateField:
    return forms.DateField(
        required=False,
        label=name,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class LogFilter(forms.Form):
    """Choices are what the log has; days are UTC, both of them included."""

    who = forms.ChoiceField(required=False)
    what = forms.ChoiceField(required=False)
    on = forms.ChoiceField(required=False)
    since = _day("From")
    until = _day("to")
    words = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "words in it", "type": "search"}),
    )

    def __init__(self, *args: Any, entries: "QuerySet[AuditEntry]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries
        for name, column, words, first in (
            ("who", "actor", str, "anybody"),
            ("what", "action", action_words, "anything"),
            ("on", "target_kind", thing, "to anything"),
        ):
            found = entries.order_by(column).values_list(column, flat=True).distinct()
            options = [(value, words(value)) for value in found if value]
            self.fields[name].choices = [("", first), *options]  # type: ignore[attr-defined]  # they are ChoiceFields
            self.fields[name].widget.attrs["aria-label"] = name.capitalize()

    def clean_words(self) -> str:
        return storable(self.cleaned_data["words"])

    def rows(self) -> "QuerySet[AuditEntry]":
        """None where the filter makes no sense."""
        if not self.is_valid():
            return self.entries.none()
        given = self.cleaned_data
        rows = self.entries
        for field, column in (("who", "actor"), ("what", "action"), ("on", "target_kind")):
            if given[field]:
                rows = rows.filter(**{column: given[field]})
        if given["since"]:
            rows = rows.filter(at__gte=_start(given["since"]))
        if given["until"]:
            rows = rows.filter(at__lt=_start(given["until"]) + timedelta(days=1))
        for word in given["words"].split()[:10]:
            rows = rows.annotate(said=Cast("details", TextField())).filter(
                Q(said__icontains=word) | Q(target__icontains=word) | Q(actor__icontains=word)
            )
        return rows


def _start(day: Any) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
