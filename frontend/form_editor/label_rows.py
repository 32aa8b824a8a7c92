"""Lists of labels: rows like those of options, with a place, a colour, a key and a heading each."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError

from annotate.questions.base.labels import COLOURS, MOST_LABELS, read_labels
from frontend.form_editor.structured_fields import OptionsField, OptionsWidget, options_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]
PLACE_DIGITS = 3


class LabelsWidget(OptionsWidget):
    """``place`` is typed to move a row; rows without one come last."""

    template_name = "frontend/forms/labels.html"
    parts: ClassVar[tuple[str, ...]] = ("place", "label", "help", "value", "colour", "key")
    most_rows = MOST_LABELS

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        return sorted(super().value_from_datadict(data, files, name), key=_place)

    def is_given(self, row: Row) -> bool:
        """Colours and places of empty rows say nothing."""
        return any(row[part] for part in ("label", "help", "value"))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"colours": COLOURS}


class GroupedLabelsWidget(LabelsWidget):
    """Labels that stand under headings, and labels of what is missing."""

    parts = (*LabelsWidget.parts, "parent", "missing")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        given = [row for row in value or () if row.get("label") and row.get("value")]
        # What others can stand under: those that stand under nothing themselves.
        headings = [row for row in given if not row.get("parent")]
        return super().get_context(name, value, attrs) | {"grouped": True, "headings": headings}


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
            | {part: row[part] for part in ("colour", "key", "parent") if row.get(part)}
            | ({"missing": True} if row.get("missing") else {})
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
