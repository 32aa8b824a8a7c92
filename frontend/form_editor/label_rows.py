"""Lists of labels: rows like those of options, with a place, a colour, a key and a heading each."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from annotate.questions.base.labels import COLOURS, MOST_LABELS, read_labels
from frontend.form_editor.structured_fields import OptionsField, OptionsWidget, options_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]
PLACE_DIGITS = 3


class LabelsWidget(OptionsWidget):
    """``place`` is typed to move a row: rows are in order of priority."""

    template_name = "frontend/forms/labels.html"
    parts = ("label", "help", "value", "colour", "key", "parent", "missing", "place")
    most_rows = MOST_LABELS

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        rows = super().value_from_datadict(data, files, name)
        return sorted(rows, key=_place)

    def is_given(self, row: Row) -> bool:
        """Colours and places of empty rows say nothing."""
        return any(row[part] for part in ("label", "help", "value"))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        found = super().get_context(name, value, attrs)
        given = [row for row in value or () if row.get("label")]
        headings = {row.get("parent") for row in given}
        for row in found["rows"]:
            row["heading"] = bool(row["value"]) and row["value"] in headings
        return found | {
            "colours": COLOURS,
            # What other rows can stand under: those under nothing themselves.
            "headings": [row for row in given if row.get("value") and not row.get("parent")],
        }


def _place(row: Row) -> float:
    """Rows without a number that makes sense come last, in the order of the page."""
    place = row["place"]
    known = place.isdecimal() and place.isascii() and len(place) <= PLACE_DIGITS
    return int(place) if known else float("inf")


class LabelsField(OptionsField):
    """A list of ``{"value", "label", "help", "colour", "key", "parent", "missing"}`` in order.

    What is empty is left out, so that a form says no more than was said.
    """

    widget = LabelsWidget

    def posted(self, name: str, value: Any) -> dict[str, str]:
        rows = [row | {"missing": "on" if row.get("missing") else ""} for row in value or ()]
        return super().posted(name, rows)

    def clean(self, value: Any) -> list[Row]:
        rows = [
            option
            | {part: row[part] for part in ("colour", "key", "parent") if row[part]}
            | ({"missing": True} if row["missing"] else {})
            for option, row in zip(options_of(value), value, strict=True)
        ]
        return self.checked(rows)

    @staticmethod
    def checked(rows: "Sequence[Row]") -> list[Row]:
        try:
            read_labels(rows)
        except ValueError as fault:
            raise ValidationError(f"The list {fault}.") from fault
        return list(rows)
